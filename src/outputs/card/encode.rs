//! A drawing as a PNG: by a palette where its colors are few.

use std::collections::BTreeMap;

/// A PNG of pixels whose first three bytes are red, green and blue. Words and shapes of a few inks have few colors with
/// all that lies between them: a palette is a third of the bytes to pack. Most rows are like the one above, and their
/// differences from it are zeros, of which this way of packing makes next to nothing in a third of the time; all in all
/// it takes half as many bytes more.
pub fn encode<const N: usize>(pixels: &[[u8; N]], (width, height): (u32, u32)) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_depth(png::BitDepth::Eight);
    let data = match indexed(pixels, width as usize) {
        Some((palette, indices)) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette);
            encoder.set_deflate_compression(png::DeflateCompression::FdeflateUltraFast);
            encoder.set_filter(png::Filter::Up);
            indices
        }
        None => {
            encoder.set_color(png::ColorType::Rgb);
            encoder.set_compression(png::Compression::Balanced);
            pixels.iter().flat_map(|pixel| &pixel[..3]).copied().collect()
        }
    };
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&data)?;
    writer.finish()?;
    Ok(bytes)
}

/// So many pixels are looked at together. Nearly all such stretches of a card have one color.
const STRETCH: usize = 40;

/// The colors in the order in which they come, and which of them each pixel has; nothing where they are more than
/// a palette has room for. The pixels are those of rows of a width, many of which are like the row above them.
fn indexed<const N: usize>(pixels: &[[u8; N]], width: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut palette, mut indices) = (Vec::new(), Vec::with_capacity(pixels.len()));
    let mut known: BTreeMap<[u8; N], u8> = BTreeMap::new();
    // Edges of letters have the same few colors again and again.
    let mut recent = [None; 256];
    let mut index = |pixel: [u8; N]| {
        let recent = &mut recent[slot(pixel)];
        if let Some((color, index)) = *recent
            && color == pixel
        {
            return Some(index);
        }
        let index = match known.get(&pixel) {
            Some(index) => *index,
            None => {
                let index = u8::try_from(known.len()).ok()?;
                palette.extend_from_slice(&pixel[..3]);
                known.insert(pixel, index);
                index
            }
        };
        *recent = Some((pixel, index));
        Some(index)
    };
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
                indices.extend_from_slice(&[index(stretch[0])?; STRETCH][..stretch.len()]);
                continue;
            }
            let mut last = (stretch[0], index(stretch[0])?);
            for pixel in stretch {
                if last.0 != *pixel {
                    last = (*pixel, index(*pixel)?);
                }
                indices.push(last.1);
            }
        }
    }
    Some((palette, indices))
}

/// Where a color is kept: the top byte of a product that each of its bytes reaches.
fn slot<const N: usize>(pixel: [u8; N]) -> usize {
    let mixed = pixel.iter().fold(0_u32, |mixed, byte| (mixed ^ u32::from(*byte)).wrapping_mul(0x9E37_79B1));
    (mixed >> 24) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The color of each pixel, by its index; what is alike in one stretch is not in the next.
    #[test]
    fn each_pixel_has_its_color() {
        let (paper, ink, edge) = ([9, 9, 9, 255], [1, 2, 3, 255], [1, 2, 4, 255]);
        let mut pixels = vec![paper; 4 * STRETCH + 7];
        for (at, color) in [(0, ink), (STRETCH - 1, edge), (2 * STRETCH, edge), (4 * STRETCH + 6, ink)] {
            pixels[at] = color;
        }
        pixels[3 * STRETCH..4 * STRETCH].fill(ink);
        let (palette, indices) = indexed(&pixels, 2 * STRETCH + 1).expect("three colors");
        let shown: Vec<&[u8]> = indices.iter().map(|index| &palette[3 * usize::from(*index)..][..3]).collect();
        assert_eq!(shown, pixels.iter().map(|pixel| &pixel[..3]).collect::<Vec<_>>());
        assert_eq!(palette.len(), 3 * 3);
        // Rows that are like the one above, and one that is not.
        let rows = [&[paper, ink, paper][..], &[paper, ink, paper], &[ink; 3], &[ink; 3]].concat();
        assert_eq!(indexed(&rows, 3).expect("two colors").1, [0, 1, 0, 0, 1, 0, 1, 1, 1, 1, 1, 1]);
        let colors = |count: usize| (0..count).map(|at| [(at % 256) as u8, (at / 256) as u8, 0]).collect::<Vec<_>>();
        assert!(indexed(&colors(257), 257).is_none());
        // Some of so many share a place with others, and each is found again.
        let (palette, indices) = indexed(&[colors(256), colors(256)].concat(), 100).expect("256 colors");
        assert_eq!(palette, colors(256).concat());
        assert_eq!(indices, (0..512).map(|at| (at % 256) as u8).collect::<Vec<_>>());
    }
}
