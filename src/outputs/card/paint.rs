//! What a card shows, painted: shapes of one color by what of each pixel they cover, all else by the renderer.
//!
//! In: a tree of SVG. Out: its pixels on a canvas. Words and shelves are such shapes, and nearly all that a card has.
//! The renderer looks at each of their rows four times; here each edge is looked at once, and a pixel is only touched
//! where an edge is or where there is color: half of the time of a card.

use std::mem;
use std::ops::Range;

use resvg::tiny_skia::{self, Color, PathSegment, Pixmap, Point, Rect, Transform};
use resvg::usvg::{FillRule, Group, Node, Opacity, Paint, Path, Tree};

/// A picture and what it takes to paint on it.
#[derive(Debug)]
pub struct Canvas {
    pixmap: Pixmap,
    /// All of them 0 between two shapes.
    cells: Vec<i32>,
}

impl Canvas {
    /// Of a width and height in pixels; nothing where there is no memory for it.
    pub fn new((width, height): (u32, u32)) -> Option<Canvas> {
        Some(Canvas { pixmap: Pixmap::new(width, height)?, cells: Vec::new() })
    }

    /// The pixels, row by row. Where nothing shows through white each is whole, and its last byte says nothing.
    pub fn pixels(&self) -> &[[u8; 4]] {
        self.pixmap.data().as_chunks().0
    }

    /// Paints a tree over white, so many pixels of it above the canvas.
    pub fn paint(&mut self, tree: &Tree, above: u32) {
        self.pixmap.fill(Color::WHITE);
        if self.group(tree.root(), Transform::identity(), above).is_none() {
            self.pixmap.fill(Color::WHITE);
            resvg::render(tree, up(Transform::identity(), above), &mut self.pixmap.as_mut());
        }
    }

    /// Paints what is in a group; nothing where the renderer has to paint the whole tree.
    fn group(&mut self, group: &Group, transform: Transform, above: u32) -> Option<()> {
        for node in group.children() {
            match node {
                Node::Group(group) if !group.should_isolate() => {
                    self.group(group, transform.pre_concat(group.transform()), above)?;
                }
                Node::Path(path) if self.shape(path, transform, above as usize).is_some() => {}
                node => {
                    // The renderer moves a node to the corner, and leaves out lines that are level or upright.
                    let place = node.abs_layer_bounding_box()?;
                    let transform = up(transform.pre_translate(place.x(), place.y()), above);
                    resvg::render_node(node, transform, &mut self.pixmap.as_mut());
                }
            }
        }
        Some(())
    }

    /// Paints a shape of one color that stands out neither at the left nor at the right; nothing is painted of another.
    fn shape(&mut self, path: &Path, transform: Transform, above: usize) -> Option<()> {
        let color = color(path)?;
        let bounds = path.data().bounds().transform(transform)?;
        let (columns, rows) = (self.pixmap.width() as usize, self.pixmap.height() as usize);
        let is_within = bounds.left() >= 0.0 && bounds.right() <= columns as f32 && bounds.height() <= MOST_TALL;
        if !is_within {
            return None;
        }
        // The rows of the tree at which it stands and that are on the canvas.
        let start = (bounds.top().max(0.0) as usize).max(above);
        let end = (bounds.bottom().max(0.0).ceil() as usize).min(above + rows).max(start);
        if start == end {
            return Some(());
        }
        let (left, right) = (bounds.left() as usize, bounds.right() as usize);
        let (pixels, _) = self.pixmap.data_mut().as_chunks_mut();
        let lines = pixels.chunks_exact_mut(columns).take(end - above).skip(start - above);
        if is_box(path.data(), transform, bounds) {
            lines.for_each(|line| line[left..right].fill(color));
            return Some(());
        }
        if !path.rendering_mode().use_shape_antialiasing() {
            return None;
        }
        // An edge that is rounded to the end of the last pixel has its rest in the one after the next.
        let stride = (right - left + 3).next_multiple_of(CELLS);
        // Who panics in between leaves none behind.
        let mut cells = mem::take(&mut self.cells);
        cells.resize(cells.len().max(stride * (end - start)), 0);
        let top = bounds.top().floor();
        let row = |row: usize| (row as f32 - top) as i32;
        Outline { cells: &mut cells, stride, rows: row(start)..row(end) }.trace(path.data(), |mut point| {
            transform.map_point(&mut point);
            Point::from_xy(point.x - left as f32, point.y - top)
        });
        for (line, cells) in lines.zip(cells.chunks_exact_mut(stride)) {
            color_row(&mut line[left..], cells, color);
        }
        self.cells = cells;
        Some(())
    }
}

fn up(transform: Transform, pixels: u32) -> Transform {
    transform.post_translate(0.0, -(pixels as f32))
}

/// Whether a shape, which has these bounds once it has been moved, has no edges but theirs, and these are between pixels.
fn is_box(path: &tiny_skia::Path, transform: Transform, bounds: Rect) -> bool {
    let [a, b, c, d] = path.points() else { return false };
    let is_turned = |by: [&Point; 3]| by[0].x == by[1].x && by[1].y == by[2].y;
    let is_upright = is_turned([a, b, c]) && is_turned([c, d, a]) || is_turned([d, a, b]) && is_turned([b, c, d]);
    let mut sides = path.segments().skip(1);
    let is_whole = sides.by_ref().take(3).all(|side| matches!(side, PathSegment::LineTo(_))) && sides.count() == 1;
    let edges = [bounds.left(), bounds.top(), bounds.right(), bounds.bottom()];
    is_upright && is_whole && !transform.has_skew() && edges.into_iter().all(|edge| edge.fract() == 0.0)
}

/// The color of a shape that has no other and no stroke.
fn color(path: &Path) -> Option<[u8; 4]> {
    let fill = path.fill().filter(|fill| fill.opacity() == Opacity::ONE && fill.rule() == FillRule::NonZero)?;
    let is_plain = path.is_visible() && path.stroke().is_none();
    match fill.paint() {
        Paint::Color(color) if is_plain => Some([color.red, color.green, color.blue, u8::MAX]),
        _ => None,
    }
}

/// In pixels, so that no place of a shape is too far from its top.
const MOST_TALL: f32 = 10_000.0;

/// In how many parts a pixel is divided in each direction, as a power of two.
const SHIFT: u32 = 8;
const ONE: i32 = 1 << SHIFT;

/// The edges of a shape, each by how much of the pixels at its right it has the shape begin or end to cover, as in
/// font-rs and FreeType: the sum of a row's cells up to a pixel is what the shape covers of it, twice the square of
/// [`ONE`] for all, and less than 0 where it goes round the other way.
struct Outline<'a> {
    cells: &'a mut [i32],
    /// How many cells a row has.
    stride: usize,
    /// Those that there are cells for, of all that the shape has.
    rows: Range<i32>,
}

impl Outline<'_> {
    /// Adds all edges of a path, whose points are put in their places: nowhere is one left of the first cell, or above
    /// the first row of the shape.
    fn trace(mut self, path: &tiny_skia::Path, place: impl Fn(Point) -> Point) {
        let (mut start, mut last) = (Point::zero(), Point::zero());
        for segment in path.segments() {
            last = match segment {
                PathSegment::MoveTo(to) => {
                    self.line(last, start);
                    start = place(to);
                    start
                }
                PathSegment::LineTo(to) => self.line(last, place(to)),
                PathSegment::QuadTo(by, to) => self.quad([last, place(by), place(to)]),
                PathSegment::CubicTo(by, before, to) => self.cubic([last, place(by), place(before), place(to)]),
                PathSegment::Close => self.line(last, start),
            };
        }
        self.line(last, start);
    }

    /// An edge from one point to another, and this.
    fn line(&mut self, start: Point, end: Point) -> Point {
        // No less than 0, as all of the shape, so that this rounds.
        let fixed = |at: f32| (at.max(0.0) * ONE as f32 + 0.5) as i32;
        let (from, to) = ((fixed(start.x), fixed(start.y)), (fixed(end.x), fixed(end.y)));
        let (sign, from, to) = if from.1 < to.1 { (1, from, to) } else { (-1, to, from) };
        let bottom = to.1.min(self.rows.end << SHIFT);
        let mut y = from.1.max(self.rows.start << SHIFT);
        if y >= bottom {
            return end;
        }
        let slope = f64::from(to.0 - from.0) / f64::from(to.1 - from.1);
        let x_at = |y: i32| match y {
            y if y == to.1 => to.0,
            y => from.0 + (f64::from(y - from.1) * slope) as i32,
        };
        let mut x = x_at(y);
        while y < bottom {
            let row = y >> SHIFT;
            let next = bottom.min((row + 1) << SHIFT);
            let next_x = x_at(next);
            self.row((row - self.rows.start) as usize, (x.min(next_x), x.max(next_x)), sign * (next - y));
            (x, y) = (next_x, next);
        }
        end
    }

    /// An edge within a row, from the left to the right, and how far down or up it goes.
    fn row(&mut self, row: usize, (left, right): (i32, i32), down: i32) {
        let cells = &mut self.cells[row * self.stride..][..self.stride];
        let (first, last) = (left >> SHIFT, right >> SHIFT);
        let mut add = |column: i32, (left, right): (i32, i32), down: i32| {
            let before = left + right - 2 * (column << SHIFT);
            cells[column as usize] += down * (2 * ONE - before);
            cells[column as usize + 1] += down * before;
        };
        if first == last {
            return add(first, (left, right), down);
        }
        // How far it has gone at an x; what it goes in each column adds up to all of it.
        let gone = |x: i32| down * (x - left) / (right - left);
        let (mut x, mut before) = (left, 0);
        for column in first..=last {
            let end = right.min((column + 1) << SHIFT);
            let now = gone(end);
            add(column, (x, end), now - before);
            (x, before) = (end, now);
        }
    }

    fn quad(&mut self, [from, by, to]: [Point; 3]) -> Point {
        let bend = (from + to - by - by).length();
        // A curve is nowhere farther from its chord than a quarter of this.
        let count = pieces(bend / 4.0);
        let at = |at| between(between(from, by, at), between(by, to, at), at);
        let last = (1..count).fold(from, |last, piece| self.line(last, at(f32::from(piece) / f32::from(count))));
        self.line(last, to)
    }

    fn cubic(&mut self, [from, by, before, to]: [Point; 4]) -> Point {
        let bend = (from + before - by - by).length().max((by + to - before - before).length());
        let count = pieces(bend * 0.75);
        let at = |at| {
            let middle = between(by, before, at);
            between(between(between(from, by, at), middle, at), between(middle, between(before, to, at), at), at)
        };
        let last = (1..count).fold(from, |last, piece| self.line(last, at(f32::from(piece) / f32::from(count))));
        self.line(last, to)
    }
}

/// In how many lines a curve is drawn that is so far from its chord: none is farther from it than a twentieth of a pixel.
fn pieces(far: f32) -> u16 {
    (far * 20.0).sqrt().ceil().max(1.0) as u16
}

fn between(from: Point, to: Point, at: f32) -> Point {
    Point::from_xy(from.x + (to.x - from.x) * at, from.y + (to.y - from.y) * at)
}

/// So many cells are looked at together. Nearly all of a card's words are such in which no edge is.
const CELLS: usize = 8;

/// Colors a row by its cells, and leaves them at 0.
fn color_row(row: &mut [[u8; 4]], cells: &mut [i32], color: [u8; 4]) {
    let mut sum = 0;
    for (at, cells) in cells.as_chunks_mut::<CELLS>().0.iter_mut().enumerate() {
        let start = row.len().min(at * CELLS);
        let end = row.len().min(start + CELLS);
        let pixels = &mut row[start..end];
        if *cells == [0; CELLS] {
            match coverage(sum) {
                0 => {}
                MOST => pixels.fill(color),
                part => pixels.iter_mut().for_each(|pixel| blend(pixel, color, part)),
            }
            continue;
        }
        for (at, cell) in cells.iter_mut().enumerate() {
            sum += mem::take(cell);
            if let Some(pixel) = pixels.get_mut(at) {
                blend(pixel, color, coverage(sum));
            }
        }
    }
}

/// All of a pixel. Steps as fine as nobody sees, and so few that the colors of a card have room in a palette.
const MOST: u32 = 16;

/// How much of a pixel a sum of cells says is covered.
fn coverage(sum: i32) -> u32 {
    const STEP: u32 = (2 * ONE * ONE) as u32 / MOST;
    MOST.min((sum.unsigned_abs() + STEP / 2) / STEP)
}

fn blend(pixel: &mut [u8; 4], color: [u8; 4], part: u32) {
    match part {
        0 => {}
        MOST => *pixel = color,
        part => {
            for (under, over) in pixel.iter_mut().zip(color) {
                let mixed = u32::from(*under) * (MOST - part) + u32::from(over) * part;
                *under = ((mixed + MOST / 2) / MOST) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (8, 4);

    fn tree(inner: &str) -> Tree {
        let (width, height) = SIZE;
        let svg = format!("<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}'>{inner}</svg>");
        Tree::from_str(&svg, &resvg::usvg::Options::default()).expect("good SVG")
    }

    fn painted(inner: &str, canvas: &mut Canvas) -> Vec<[u8; 4]> {
        canvas.paint(&tree(inner), 0);
        canvas.pixels().to_vec()
    }

    /// Each pixel by how dark it is: nothing, up to 7 eighths, and all.
    fn darkness(pixels: &[[u8; 4]]) -> String {
        let sign = |pixel: &[u8; 4]| {
            [".", "1", "2", "3", "4", "5", "6", "7", "#"][(usize::from(255 - pixel[0]) * 8 + 127) / 255]
        };
        pixels.chunks(SIZE.0 as usize).map(|row| row.iter().map(sign).collect::<String>() + "\n").collect()
    }

    /// Expects the same pictures of shapes, in whatever way they are said, and each on what the last one left.
    #[test]
    fn shapes_cover_what_they_cover() {
        let mut canvas = Canvas::new(SIZE).expect("small");
        for (shape, picture) in [
            ("<path d='M1 1h3v2h-3z'/>", "........\n.###....\n.###....\n........\n"),
            ("<path d='M1 1v2h3v-2z'/>", "........\n.###....\n.###....\n........\n"),
            (
                "<rect x='1' y='1' width='3' height='2' shape-rendering='crispEdges'/>",
                "........\n.###....\n.###....\n........\n",
            ),
            ("<path d='M1.5 1.5h3v1h-3'/>", "........\n.2442...\n.2442...\n........\n"),
            ("<path d='M0 0l4 4h-4z'/>", "4.......\n#4......\n##4.....\n###4....\n"),
            ("<path d='M8 0l-8 4h8z'/>", "......26\n....26##\n..26####\n26######\n"),
            ("<path d='M0 0h8v4h-8zM1 1v2h3v-2z'/>", "########\n#...####\n#...####\n########\n"),
            ("<path d='M0 0h4v4h-4zM1 1h6v2h-6z'/>", "####....\n#######.\n#######.\n####....\n"),
            ("<path d='M0 0h1v1zM7 3h1v1z'/>", "4.......\n........\n........\n.......4\n"),
            ("<path d='M0 0Q4 0 4 4L0 4z'/>", "763.....\n###3....\n###6....\n###7....\n"),
            (
                "<g transform='translate(2 1) scale(2 1)'><path d='M0 0h1v1h-1z'/></g>",
                "........\n..##....\n........\n........\n",
            ),
            ("<path visibility='hidden' d='M0 0h8v4h-8z'/>", "........\n........\n........\n........\n"),
        ] {
            let pixels = painted(shape, &mut canvas);
            assert_eq!(darkness(&pixels), picture, "{shape}");
            assert!(canvas.cells.iter().all(|cell| *cell == 0), "{shape}");
        }
    }

    /// All that is painted here is what the renderer makes of it, to an eighth of each pixel, and what isn't, is its.
    #[test]
    fn the_renderer_says_the_same() {
        let mut canvas = Canvas::new(SIZE).expect("small");
        let mut own = 0;
        for inner in [
            "<path fill='#b12a0e' d='M0.3 3.9C1 -3 6 2 7.6 0.2L5 4z'/>",
            "<path fill='#b12a0e' fill-opacity='.5' d='M1 1h3v2h-3z'/>",
            "<path fill-rule='evenodd' d='M0 0h4v4h-4zM1 1h6v2h-6z'/>",
            "<path d='M-3 -3h5v5h-5z'/><path d='M6 3h9v9h-9z'/>",
            "<path fill='none' stroke='#00f' stroke-width='.7' d='M1 1L6 3'/>",
            "<path stroke='#00f' d='M1 1h6v2h-6z'/>",
            "<rect x='1.3' y='1.2' width='3' height='2' shape-rendering='crispEdges'/>",
            "<rect width='3' height='2' transform='rotate(30 2 2) translate(2 1)'/>",
            "<g transform='translate(1.25 .5)'><g opacity='.5'><rect width='2' height='2'/><rect x='1' width='3' height='2'/></g></g>",
            "<g transform='scale(2)'><path stroke='#000' d='M1 1h2'/><text font-size='2'>x</text></g>",
            "<path d='M0 0h3v3z'/><g transform='scale(2)'><path stroke='#000' d='M3 .5v2'/></g>",
            "<linearGradient id='a'><stop stop-color='#f00'/><stop offset='1'/></linearGradient><rect fill='url(#a)' width='8' height='4'/>",
            "<rect width='8' height='4' fill='#fdfdfc'/><rect x='2' width='3' height='4' fill='#1e52a1'/><path fill='#fdfdfc' d='M2.5 .5h2l-1 3z'/>",
        ] {
            let mut theirs = Pixmap::new(SIZE.0, SIZE.1).expect("small");
            theirs.fill(Color::WHITE);
            resvg::render(&tree(inner), Transform::identity(), &mut theirs.as_mut());
            let ours = painted(inner, &mut canvas);
            own += usize::from(!canvas.cells.is_empty());
            canvas.cells.clear();
            for (ours, theirs) in ours.as_flattened().iter().zip(theirs.data()) {
                assert!(ours.abs_diff(*theirs) <= 32, "{inner}: {ours:?} {theirs:?}");
            }
        }
        assert_eq!(own, 4);
    }

    #[test]
    fn what_is_above_the_canvas_is_left_out() {
        let mut canvas = Canvas::new(SIZE).expect("small");
        for (shape, picture) in [
            ("<path d='M0 1h8v2h-8z'/>", "########\n........\n........\n........\n"),
            ("<path d='M0 0h4l2 6h-6z'/>", "####6...\n#####2..\n#####4..\n#####6..\n"),
            ("<path d='M0 -9h2l6 18h-8z'/>", "#####6..\n######2.\n######4.\n######6.\n"),
            ("<path d='M0 0h8v2h-8z'/><path d='M0 7h8l-4 5z'/>", "........\n........\n........\n........\n"),
        ] {
            canvas.paint(&tree(shape), 2);
            assert_eq!(darkness(canvas.pixels()), picture, "{shape}");
        }
    }
}
