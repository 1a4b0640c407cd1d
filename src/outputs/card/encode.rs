//! A drawing as a PNG: by a palette where its colors are few.

use std::collections::BTreeMap;

/// A picture on its way to a PNG, row by row.
///
/// Words and shapes of a few inks have few colors with all that lies between them: a palette is a third of the bytes to
/// pack. Most rows are like the one above, and their differences from it are zeros, of which this way of packing makes
/// next to nothing in a third of the time; all in all it takes half as many bytes more.
#[derive(Debug)]
pub struct Picture<const N: usize> {
    size: (u32, u32),
    rows: Rows<N>,
}

/// The rows that have come.
#[derive(Debug)]
enum Rows<const N: usize> {
    /// By the places of their colors in a palette.
    Indexed { palette: Palette<N>, indices: Vec<u8> },
    /// There are more colors than a palette has room for.
    Rgb(Vec<u8>),
}

impl<const N: usize> Picture<N> {
    /// One of a width and height in pixels.
    pub fn new(size: (u32, u32)) -> Self {
        let indices = Vec::with_capacity(size.0 as usize * size.1 as usize);
        Picture { size, rows: Rows::Indexed { palette: Palette::default(), indices } }
    }

    /// Takes the next rows, all of them whole: pixels whose first three bytes are red, green and blue.
    pub fn push(&mut self, pixels: &[[u8; N]]) {
        let width = self.size.0 as usize;
        match &mut self.rows {
            Rows::Indexed { palette, indices } => {
                let before = indices.len();
                if palette.index_all(pixels, width, indices).is_none() {
                    let mut rgb: Vec<u8> = indices[..before].iter().flat_map(|index| palette.color(*index)).collect();
                    rgb.extend(plain(pixels));
                    self.rows = Rows::Rgb(rgb);
                }
            }
            Rows::Rgb(rgb) => rgb.extend(plain(pixels)),
        }
    }

    /// The PNG, once all rows have come.
    pub fn finish(self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.size.0, self.size.1);
        encoder.set_depth(png::BitDepth::Eight);
        let data = match self.rows {
            Rows::Indexed { palette, indices } => {
                encoder.set_color(png::ColorType::Indexed);
                encoder.set_palette(palette.colors);
                encoder.set_deflate_compression(png::DeflateCompression::FdeflateUltraFast);
                encoder.set_filter(png::Filter::Up);
                indices
            }
            Rows::Rgb(rgb) => {
                encoder.set_color(png::ColorType::Rgb);
                encoder.set_compression(png::Compression::Balanced);
                rgb
            }
        };
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&data)?;
        writer.finish()?;
        Ok(bytes)
    }
}

fn plain<const N: usize>(pixels: &[[u8; N]]) -> impl Iterator<Item = u8> {
    pixels.iter().flat_map(|pixel| &pixel[..3]).copied()
}

/// So many pixels are looked at together. Nearly all such stretches of a card have one color.
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
    /// Red, green and blue.
    fn color(&self, index: u8) -> [u8; 3] {
        self.colors[3 * usize::from(index)..].first_chunk().copied().unwrap_or_default()
    }

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

    /// Adds the places of the colors of rows of a width, many of which are like the row above them; nothing where the
    /// colors are too many.
    fn index_all(&mut self, pixels: &[[u8; N]], width: usize, indices: &mut Vec<u8>) -> Option<()> {
        let mut above: &[[u8; N]] = &[];
        for row in pixels.chunks(width) {
            if row.as_flattened() == above.as_flattened() {
                indices.extend_from_within(indices.len() - width..);
                continue;
            }
            above = row;
            for stretch in row.chunks(STRETCH) {
                // Each pixel is the one before it.
                let bytes = stretch.as_flattened();
                if bytes[N..] == bytes[..bytes.len() - N] {
                    indices.extend_from_slice(&[self.index(stretch[0])?; STRETCH][..stretch.len()]);
                    continue;
                }
                let mut last = (stretch[0], self.index(stretch[0])?);
                for pixel in stretch {
                    if last.0 != *pixel {
                        last = (*pixel, self.index(*pixel)?);
                    }
                    indices.push(last.1);
                }
            }
        }
        Some(())
    }
}

/// Where a color is kept: the top byte of a product that each of its bytes reaches.
fn slot<const N: usize>(pixel: [u8; N]) -> usize {
    let mixed = pixel.iter().fold(0_u32, |mixed, byte| (mixed ^ u32::from(*byte)).wrapping_mul(0x9E37_79B1));
    (mixed >> 24) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows<const N: usize>(size: (u32, u32), bands: &[&[[u8; N]]]) -> Rows<N> {
        let mut picture = Picture::new(size);
        bands.iter().for_each(|band| picture.push(band));
        picture.rows
    }

    fn indexed<const N: usize>(pixels: &[[u8; N]], width: usize) -> (Vec<u8>, Vec<u8>) {
        let size = (width as u32, (pixels.len() / width) as u32);
        match rows(size, &[pixels]) {
            Rows::Indexed { palette, indices } => (palette.colors, indices),
            Rows::Rgb(_) => panic!("so many colors"),
        }
    }

    /// The color of each pixel, by its index; what is alike in one stretch is not in the next.
    #[test]
    fn each_pixel_has_its_color() {
        let (paper, ink, edge) = ([9, 9, 9, 255], [1, 2, 3, 255], [1, 2, 4, 255]);
        let mut pixels = vec![paper; 4 * STRETCH + 7];
        for (at, color) in [(0, ink), (STRETCH - 1, edge), (2 * STRETCH, edge), (4 * STRETCH + 6, ink)] {
            pixels[at] = color;
        }
        pixels[3 * STRETCH..4 * STRETCH].fill(ink);
        let (palette, indices) = indexed(&pixels, 2 * STRETCH + 1);
        let shown: Vec<&[u8]> = indices.iter().map(|index| &palette[3 * usize::from(*index)..][..3]).collect();
        assert_eq!(shown, pixels.iter().map(|pixel| &pixel[..3]).collect::<Vec<_>>());
        assert_eq!(palette.len(), 3 * 3);
        // Rows that are like the one above, and one that is not.
        let rows = [&[paper, ink, paper][..], &[paper, ink, paper], &[ink; 3], &[ink; 3]].concat();
        assert_eq!(indexed(&rows, 3).1, [0, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1]);
        // Some of so many share a place with others, and each is found again.
        let (palette, indices) = indexed(&[colors(256), colors(256)].concat(), 256);
        assert_eq!(palette, colors(256).concat());
        assert_eq!(indices, (0..512).map(|at| (at % 256) as u8).collect::<Vec<_>>());
    }

    fn colors(count: usize) -> Vec<[u8; 3]> {
        (0..count).map(|at| [(at % 256) as u8, (at / 256) as u8, 0]).collect()
    }

    /// Rows that come in several bands are those that come at once, also where one of them has a color too many.
    #[test]
    fn bands_are_one_picture() {
        let (few, many) = (colors(128), colors(512));
        let few_at_once = [&few[..], &few].concat();
        assert_eq!(png((128, 2), &[&few, &few]), png((128, 2), &[&few_at_once]));
        let all = [&few[..], &few, &many, &few].concat();
        let bands: &[&[[u8; 3]]] = &[&few_at_once, &many, &few];
        let Rows::Rgb(rgb) = rows((128, 7), bands) else { panic!("a palette of 512 colors") };
        assert_eq!(rgb, all.concat());
        assert_eq!(png((128, 7), bands), png((128, 7), &[&all]));
    }

    fn png(size: (u32, u32), bands: &[&[[u8; 3]]]) -> Vec<u8> {
        Picture { size, rows: rows(size, bands) }.finish().expect("a PNG")
    }
}
