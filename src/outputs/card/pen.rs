//! Outlines of letters as SVG.
//!
//! In: the curves of a glyph as its font has them, upwards from its baseline. Out: data of a path in pixels, downwards,
//! relative to where the command before ended (SVG 2, §9.3), which is shorter to write and to read.

use std::fmt::Write;

use skrifa::outline::OutlinePen;

/// In tenths of a pixel, which nobody sees: with more digits a card takes longer to write, to read and to hash.
type Point = (i64, i64);

/// Writes outlines in units of a font as the data of an SVG path in pixels.
#[derive(Debug, Default)]
pub struct Pen {
    pub data: String,
    /// In pixels: where the origin of the glyph is.
    pub origin: (f64, f64),
    /// Pixels a unit.
    pub scale: f64,
    /// Where the last command ended.
    at: Point,
    /// Where the outline began that is being written.
    begun: Point,
}

impl Pen {
    fn command(&mut self, letter: char, points: &[(f32, f32)]) {
        self.data.push(letter);
        let before = self.at;
        for (x, y) in points {
            self.at = self.place(*x, *y);
            self.number(self.at.0 - before.0);
            self.number(self.at.1 - before.1);
        }
    }

    fn place(&self, x: f32, y: f32) -> Point {
        let tenths = |pixels: f64| (pixels * 10.0).round() as i64;
        (tenths(self.origin.0 + f64::from(x) * self.scale), tenths(self.origin.1 - f64::from(y) * self.scale))
    }

    fn number(&mut self, tenths: i64) {
        let (whole, rest) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
        if tenths < 0 {
            self.data.push('-');
        } else if self.data.ends_with(|c: char| c.is_ascii_digit()) {
            self.data.push(' ');
        }
        if whole > 0 || rest == 0 {
            let _ = write!(self.data, "{whole}");
        }
        if rest > 0 {
            let _ = write!(self.data, ".{rest}");
        }
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.command('m', &[(x, y)]);
        self.begun = self.at;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (before, (right, down)) = (self.at, self.place(x, y));
        match (right - before.0, down - before.1) {
            (right, 0) => {
                self.data.push('h');
                self.number(right);
            }
            (0, down) => {
                self.data.push('v');
                self.number(down);
            }
            _ => return self.command('l', &[(x, y)]),
        }
        self.at = (right, down);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        self.command('q', &[(cx0, cy0), (x, y)]);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.command('c', &[(cx0, cy0), (cx1, cy1), (x, y)]);
    }

    fn close(&mut self) {
        self.data.push('z');
        self.at = self.begun;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_written_to_a_tenth_of_a_pixel() {
        let mut pen = Pen { origin: (10.0, 100.0), scale: 0.01, ..Pen::default() };
        pen.move_to(0.0, 0.0);
        pen.line_to(-1000.4, 50.0);
        pen.quad_to(1.0, 2.0, 3.0, 20_000.0);
        pen.curve_to(0.0, 0.0, 100.0, -100.0, -1100.0, 0.0);
        pen.close();
        // From where the one before began.
        pen.move_to(100.0, 0.0);
        pen.line_to(100.0, -50.0);
        pen.line_to(-400.0, -50.0);
        assert_eq!(pen.data, "m10 100l-10-.5q10 .5 10-199.5c0 200 1 201-11 200zm1 0v.5h-5");
    }
}
