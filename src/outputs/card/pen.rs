//! Outlines of letters as SVG.
//!
//! In: the curves of a glyph as its font has them, upwards from its baseline. Out: data of a path in pixels, downwards,
//! relative to where the command before ended (SVG 2, §9.3), which is shorter to write and to read.

use std::fmt::Write;

use skrifa::outline::OutlinePen;

/// A hundredth of a pixel.
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
            let x = hundredths(self.origin.0 + f64::from(*x) * self.scale);
            let y = hundredths(self.origin.1 - f64::from(*y) * self.scale);
            self.number(x - before.0);
            self.number(y - before.1);
            self.at = (x, y);
        }
    }

    fn number(&mut self, hundredths: i64) {
        let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
        self.data.push(if hundredths < 0 { '-' } else { ' ' });
        let _ = write!(self.data, "{whole}");
        if rest > 0 {
            let _ = write!(self.data, ".{rest:02}");
        }
    }
}

fn hundredths(pixels: f64) -> i64 {
    (pixels * 100.0).round() as i64
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.command('m', &[(x, y)]);
        self.begun = self.at;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.command('l', &[(x, y)]);
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
    fn curves_are_written_to_a_hundredth_of_a_pixel() {
        let mut pen = Pen { origin: (10.0, 100.0), scale: 0.01, ..Pen::default() };
        pen.move_to(0.0, 0.0);
        pen.line_to(-1000.4, 50.0);
        pen.quad_to(1.0, 2.0, 3.0, 20_000.0);
        pen.curve_to(0.0, 0.0, 100.0, -100.0, -1100.0, 0.0);
        pen.close();
        // From where the one before began.
        pen.move_to(100.0, 0.0);
        assert_eq!(pen.data, "m 10 100l-10-0.50q 10.01 0.48 10.03-199.50c-0.03 200 0.97 201-11.03 200zm 1 0");
    }
}
