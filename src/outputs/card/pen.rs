//! Outlines of letters as SVG.
//!
//! In: the curves of a glyph as its font has them, upwards from its baseline. Out: data of a path in pixels, downwards.

use std::fmt::Write;

use skrifa::outline::OutlinePen;

/// Writes outlines in units of a font as the data of an SVG path in pixels.
#[derive(Debug, Default)]
pub struct Pen {
    pub data: String,
    /// In pixels: where the origin of the glyph is.
    pub origin: (f64, f64),
    /// Pixels a unit.
    pub scale: f64,
}

impl Pen {
    fn command(&mut self, letter: char, points: &[(f32, f32)]) {
        self.data.push(letter);
        for (x, y) in points {
            self.number(self.origin.0 + f64::from(*x) * self.scale);
            self.number(self.origin.1 - f64::from(*y) * self.scale);
        }
    }

    /// To a hundredth.
    fn number(&mut self, value: f64) {
        let hundredths = (value * 100.0).round() as i64;
        let sign = if hundredths < 0 { '-' } else { ' ' };
        let (whole, rest) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
        let _ = write!(self.data, "{sign}{whole}.{rest:02}");
    }
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.command('M', &[(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.command('L', &[(x, y)]);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        self.command('Q', &[(cx0, cy0), (x, y)]);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        self.command('C', &[(cx0, cy0), (cx1, cy1), (x, y)]);
    }

    fn close(&mut self) {
        self.data.push('Z');
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
        assert_eq!(
            pen.data,
            "M 10.00 100.00L 0.00 99.50Q 10.01 99.98 10.03-100.00C 10.00 100.00 11.00 101.00-1.00 100.00Z"
        );
    }
}
