//! A drawing as a PNG: by a palette where its colors are few.

use std::collections::BTreeMap;
use std::mem;

use fdeflate::Compressor;
use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Writer};

/// Takes rows of a drawing, all of them whole: pixels whose first three bytes are red, green and blue. Nothing where no
/// more are wanted.
pub type Take<'a, const N: usize> = &'a mut dyn FnMut(&[[u8; N]]) -> Option<()>;

/// The PNG of a drawing of a width and height in pixels; `draw` hands over its rows from the top, and is asked once more
/// where their colors are too many for a palette.
pub fn png<const N: usize>(
    size: (u32, u32),
    mut draw: impl FnMut(Take<'_, N>) -> Option<()>,
) -> Result<Vec<u8>, EncodingError> {
    let mut few = Few::new(size.0)?;
    if draw(&mut |rows| few.push(rows)).is_some() {
        let Few { palette, packed, .. } = few;
        let packed = packed.finish()?;
        // Noise is no such drawing, however few its colors are.
        if packed.len() <= size.0 as usize * size.1 as usize {
            return file(size, Some(palette.colors), |writer| writer.write_chunk(png::chunk::IDAT, &packed));
        }
    }
    let mut rgb = Vec::new();
    draw(&mut |rows| {
        rgb.extend(rows.iter().flat_map(|pixel| &pixel[..3]));
        Some(())
    });
    file(size, None, |writer| writer.write_image_data(&rgb))
}

/// A PNG with a palette, or of red, green and blue.
fn file(
    size: (u32, u32),
    palette: Option<Vec<u8>>,
    write: impl FnOnce(&mut Writer<&mut Vec<u8>>) -> Result<(), EncodingError>,
) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, size.0, size.1);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_color(if palette.is_some() { ColorType::Indexed } else { ColorType::Rgb });
    encoder.set_compression(Compression::Balanced);
    if let Some(palette) = palette {
        encoder.set_palette(palette);
    }
    let mut writer = encoder.write_header()?;
    write(&mut writer)?;
    writer.finish()?;
    Ok(bytes)
}

/// The filter of rows that are told by their difference from the one above (PNG, third edition, §9.2).
const UP: u8 = 2;

/// A picture of few colors on its way to a PNG, row by row.
///
/// Words and shapes of a few inks have few colors with all that lies between them: a palette is a third of the bytes to
/// pack. Most rows are like the one above, and their differences from it are zeros, of which this way of packing makes
/// next to nothing in a third of the time; all in all it takes half as many bytes more. The palette stands before the
/// rows, and is known after them, so these are packed as they come and nothing else of them is kept.
struct Few<const N: usize> {
    palette: Palette<N>,
    /// The last row, by the places of its colors.
    above: Vec<u8>,
    /// Room for how the next is told.
    line: Vec<u8>,
    /// How a row is told that is like the one above.
    same: Vec<u8>,
    packed: Compressor<Vec<u8>>,
}

impl<const N: usize> Few<N> {
    fn new(width: u32) -> Result<Self, EncodingError> {
        let width = width as usize;
        let mut same = vec![0; width + 1];
        same[0] = UP;
        Ok(Few {
            palette: Palette::default(),
            above: vec![0; width],
            line: same.clone(),
            same,
            packed: Compressor::new(Vec::new())?,
        })
    }

    /// Takes the next rows; nothing where there is a color too many.
    fn push(&mut self, pixels: &[[u8; N]]) -> Option<()> {
        let mut last: &[[u8; N]] = &[];
        for row in pixels.chunks(self.above.len()) {
            if row.as_flattened() == last.as_flattened() {
                self.packed.write_data(&self.same).ok()?;
                continue;
            }
            let told = self.line[1..].chunks_mut(STRETCH).zip(self.above.chunks_mut(STRETCH));
            for (at, (row, (told, above))) in row.chunks(STRETCH).zip(told).enumerate() {
                let is_same = last.get(at * STRETCH..).is_some_and(|last| last.starts_with(row));
                if is_same {
                    told.fill(0);
                } else {
                    self.palette.tell(row, above, told)?;
                }
            }
            last = row;
            self.packed.write_data(&self.line).ok()?;
        }
        Some(())
    }
}

/// So many pixels are looked at together. Nearly all such stretches of a card are those above, or have one color.
const STRETCH: usize = 40;

/// A color and its place.
type Recent<const N: usize> = Option<([u8; N], u8)>;

/// Colors in the order in which they come, at most as many as a byte can name.
#[derive(Debug)]
struct Palette<const N: usize> {
    /// Three bytes each.
    colors: Vec<u8>,
    known: BTreeMap<[u8; N], u8>,
    /// Edges of letters have the same few colors again and again.
    recent: Box<[Recent<N>; 256]>,
}

impl<const N: usize> Default for Palette<N> {
    fn default() -> Self {
        Palette { colors: Vec::new(), known: BTreeMap::new(), recent: Box::new([None; 256]) }
    }
}

impl<const N: usize> Palette<N> {
    /// The place of a color; nothing where there is no room for one more.
    fn index(&mut self, pixel: [u8; N]) -> Option<u8> {
        let slot = slot(pixel);
        if let Some((color, index)) = self.recent[slot]
            && color == pixel
        {
            return Some(index);
        }
        let index = match self.known.get(&pixel) {
            Some(index) => *index,
            None => {
                let index = u8::try_from(self.known.len()).ok()?;
                self.colors.extend_from_slice(&pixel[..3]);
                self.known.insert(pixel, index);
                index
            }
        };
        self.recent[slot] = Some((pixel, index));
        Some(index)
    }

    /// Puts the places of the colors of a stretch in the place of those above it, and how they differ from them;
    /// nothing where the colors are too many.
    fn tell(&mut self, stretch: &[[u8; N]], above: &mut [u8], told: &mut [u8]) -> Option<()> {
        let mut last = (stretch[0], self.index(stretch[0])?);
        // Where each pixel is the one before it, which is most often so.
        let bytes = stretch.as_flattened();
        if bytes[N..] == bytes[..bytes.len() - N] {
            for (told, above) in told.iter_mut().zip(above) {
                *told = last.1.wrapping_sub(mem::replace(above, last.1));
            }
            return Some(());
        }
        for ((pixel, told), above) in stretch.iter().zip(told).zip(above) {
            if last.0 != *pixel {
                last = (*pixel, self.index(*pixel)?);
            }
            *told = last.1.wrapping_sub(mem::replace(above, last.1));
        }
        Some(())
    }
}

/// Where a color is kept: the top byte of a product that each of its bytes reaches.
fn slot<const N: usize>(pixel: [u8; N]) -> usize {
    let whole = pixel.iter().fold(0, |whole: u32, byte| whole << 8 | u32::from(*byte));
    (whole.wrapping_mul(0x9E37_79B1) >> 24) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The colors of a picture of a width that comes in bands, and whether it has a palette.
    fn decoded<const N: usize>(width: usize, bands: &[&[[u8; N]]]) -> (Vec<[u8; 3]>, bool) {
        let height = bands.concat().len() / width;
        let draw = |take: Take<'_, N>| bands.iter().try_for_each(|band| take(band));
        let bytes = png((width as u32, height as u32), draw).expect("a PNG");
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().expect("a PNG");
        let mut pixels = vec![0; reader.output_buffer_size().expect("its size")];
        reader.next_frame(&mut pixels).expect("its pixels");
        let palette = reader.info().palette.as_deref().map(|palette| palette.as_chunks::<3>().0);
        let colors = match palette {
            Some(palette) => pixels.iter().map(|index| palette[usize::from(*index)]).collect(),
            None => pixels.as_chunks::<3>().0.to_vec(),
        };
        (colors, palette.is_some())
    }

    fn plain<const N: usize>(pixels: &[[u8; N]]) -> Vec<[u8; 3]> {
        pixels.iter().map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
    }

    fn colors(count: usize) -> Vec<[u8; 3]> {
        (0..count).map(|at| [(at % 256) as u8, (at / 256) as u8, 0]).collect()
    }

    /// What is alike in one stretch is not in the next, and rows are like the one above or not.
    #[test]
    fn each_pixel_has_its_color() {
        let (paper, ink, edge) = ([9, 9, 9, 255], [1, 2, 3, 255], [1, 2, 4, 255]);
        let width = 2 * STRETCH + 1;
        let mut pixels = vec![paper; 4 * width];
        for (at, color) in [(0, ink), (STRETCH - 1, edge), (2 * STRETCH, edge), (4 * STRETCH + 1, ink)] {
            pixels[at] = color;
        }
        pixels[3 * width..3 * width + STRETCH].fill(ink);
        assert_eq!(decoded(width, &[&pixels]), (plain(&pixels), true));
        let rows = [&[paper, ink, paper][..], &[paper, ink, paper], &[ink; 3], &[ink; 3], &[paper, ink, paper]];
        assert_eq!(decoded(3, &[&rows.concat()]).0, plain(&rows.concat()));
    }

    /// As many colors as a byte can name, some of which share a place with others, and each is found again.
    #[test]
    fn a_palette_has_room_for_256() {
        let twice = [colors(256), colors(256)].concat();
        assert_eq!(decoded(256, &[&twice]), (twice, true));
        assert_eq!(decoded(257, &[&colors(257)]), (colors(257), false));
    }

    /// What has few colors and no order is packed as what has many.
    #[test]
    fn noise_has_no_palette() {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [(state >> 24) as u8, 0, 0]
        };
        let pixels: Vec<[u8; 3]> = (0..64 * 64).map(|_| next()).collect();
        assert_eq!(decoded(64, &[&pixels]), (pixels, false));
    }

    /// Rows that come in several bands are those that come at once, also where one of them has a color too many.
    #[test]
    fn bands_are_one_picture() {
        let (few, many) = (colors(128), colors(512));
        let same = [&few[..], &few].concat();
        assert_eq!(decoded(128, &[&few, &few, &few]), ([&few[..], &same].concat(), true));
        assert_eq!(decoded(128, &[&same, &many, &few]), ([&same[..], &many, &few].concat(), false));
    }
}
