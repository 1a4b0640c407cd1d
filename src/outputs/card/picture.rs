//! A picture of an author's in place of a card: scaled and cropped to a card's size.
//!
//! In: the bytes of a PNG, JPEG, WebP or GIF. Out: the pixels of a card. Writes no file, and decodes nothing that
//! has more than 64 megapixels.

use std::sync::Arc;

use imagesize::ImageType;
use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::{self, ImageHrefResolver, ImageKind};

use crate::project::images::{Kind, turned};

/// What a picture may have: decoded it takes four bytes for each.
const MOST_PIXELS: usize = 64_000_000;

/// How much larger than a card is drawn at most, before it is averaged down: the renderer looks at the nearest
/// pixels alone, and what lies between would be lost.
const MOST_SCALE: u32 = 4;

/// The pixels of a picture that covers `width` times `height`, its middle kept; says why there are none.
pub fn covering(bytes: Vec<u8>, (width, height): (u32, u32)) -> Result<Vec<[u8; 3]>, String> {
    // What is wrong with a header is no news to who exported it.
    let no_picture = |_| "it is no PNG, JPEG, WebP or GIF".to_string();
    let size = imagesize::blob_size(&bytes).map_err(no_picture)?;
    if size.width.saturating_mul(size.height) > MOST_PIXELS {
        return Err(format!("it has more than {} megapixels", MOST_PIXELS / 1_000_000));
    }
    let kind = imagesize::image_type(&bytes).map_err(no_picture)?;
    let shared = Arc::new(bytes);
    let bytes = Arc::clone(&shared);
    let (kind, image) = match kind {
        ImageType::Png => (Kind::Png, ImageKind::PNG(bytes)),
        ImageType::Jpeg => (Kind::Jpeg, ImageKind::JPEG(bytes)),
        ImageType::Webp => (Kind::WebP, ImageKind::WEBP(bytes)),
        ImageType::Gif => (Kind::Gif, ImageKind::GIF(bytes)),
        _ => return Err("it is no PNG, JPEG, WebP or GIF".into()),
    };
    let turned = turned(kind, &shared.to_vec().into());
    let shown = if turned >= 5 { (size.height, size.width) } else { (size.width, size.height) };
    let options = usvg::Options {
        resources_dir: None,
        image_href_resolver: ImageHrefResolver {
            resolve_string: Box::new(move |_, _| Some(image.clone())),
            ..ImageHrefResolver::default()
        },
        ..usvg::Options::default()
    };
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {} {}\" \
         preserveAspectRatio=\"xMidYMid slice\">\
         <image href=\"it\" width=\"{}\" height=\"{}\" transform=\"matrix({})\"/></svg>",
        shown.0,
        shown.1,
        size.width,
        size.height,
        matrix(turned, (size.width, size.height)),
    );
    let tree = usvg::Tree::from_str(&svg, &options).map_err(|error| error.to_string())?;
    if !tree.root().has_children() {
        return Err("it can't be decoded".into());
    }
    let times = |pixels: usize, wanted: u32| u32::try_from(pixels).unwrap_or(u32::MAX) / wanted;
    let scale = times(shown.0, width).min(times(shown.1, height)).clamp(1, MOST_SCALE);
    let mut pixmap = Pixmap::new(width * scale, height * scale).ok_or("there is no memory for it")?;
    pixmap.fill(Color::WHITE);
    // No more than four.
    let factor = f32::from(u8::try_from(scale).unwrap_or(1));
    resvg::render(&tree, Transform::from_scale(factor, factor), &mut pixmap.as_mut());
    Ok(averaged(pixmap.data(), (width, height), scale))
}

/// What turns an image as EXIF says (Exif 3.0, §4.6.4: where the first row and column of what is stored are shown).
fn matrix(turned: u16, (width, height): (usize, usize)) -> String {
    match turned {
        2 => format!("-1 0 0 1 {width} 0"),
        3 => format!("-1 0 0 -1 {width} {height}"),
        4 => format!("1 0 0 -1 0 {height}"),
        5 => "0 1 1 0 0 0".into(),
        6 => format!("0 1 -1 0 {height} 0"),
        7 => format!("0 -1 -1 0 {height} {width}"),
        8 => format!("0 -1 1 0 0 {width}"),
        _ => "1 0 0 1 0 0".into(),
    }
}

/// Each pixel the mean of as many in both directions as the scale says.
fn averaged(data: &[u8], (width, height): (u32, u32), scale: u32) -> Vec<[u8; 3]> {
    let (columns, scale) = (width as usize, scale as usize);
    let mut rows = data.chunks_exact(columns * scale * 4);
    let mut pixels = Vec::with_capacity(columns * height as usize);
    for _ in 0..height {
        let mut sums = vec![[0_u32; 3]; columns];
        for row in rows.by_ref().take(scale) {
            for (at, pixel) in row.chunks_exact(4).enumerate() {
                let sum = &mut sums[at / scale];
                (0..3).for_each(|channel| sum[channel] += u32::from(pixel[channel]));
            }
        }
        let count = (scale * scale) as u32;
        let mean = |sum: u32| u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX);
        pixels.extend(sums.into_iter().map(|sums| sums.map(mean)));
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A PNG of two colors, one above the other.
    fn flag(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(png::ColorType::Rgb);
        let half = (width * height / 2) as usize;
        let pixels = [[200, 0, 0], [0, 0, 200]].map(|color| [color].repeat(half).concat()).concat();
        encoder.write_header().expect("a header").write_image_data(&pixels).expect("an image");
        bytes
    }

    /// The same, to be shown as EXIF says.
    fn turned_flag(value: u8, width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut image = img_parts::png::Png::from_bytes(flag(width, height).into()).expect("a PNG");
        let exif = [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".as_slice(), &[value, 0, 0, 0, 0, 0, 0]];
        img_parts::ImageEXIF::set_exif(&mut image, Some(exif.concat().into()));
        image.encoder().write_to(&mut bytes).expect("written");
        bytes
    }

    #[test]
    fn pictures_cover_a_card() {
        for (width, height) in [(40, 40), (120, 63), (1200, 400), (50, 24)] {
            let pixels = covering(flag(width, height), (40, 21)).expect("a picture");
            assert_eq!(pixels.len(), 40 * 21);
            assert_eq!((pixels[0], pixels[40 * 21 - 1]), ([200, 0, 0], [0, 0, 200]), "{width} × {height}");
        }
        for (value, first, last) in [(1, 0, 1), (3, 1, 0), (4, 1, 0), (2, 0, 1)] {
            let pixels = covering(turned_flag(value, 120, 63), (40, 21)).expect("a picture");
            let colors = [[200, 0, 0], [0, 0, 200]];
            assert_eq!((pixels[0], pixels[40 * 21 - 1]), (colors[first], colors[last]), "{value}");
        }
        // What was above is at the right or at the left, and the picture stands upright before it is cropped.
        for (value, left) in [(5, [200, 0, 0]), (6, [0, 0, 200]), (7, [0, 0, 200]), (8, [200, 0, 0])] {
            let pixels = covering(turned_flag(value, 63, 120), (40, 21)).expect("a picture");
            assert_eq!((pixels[0], pixels[40 * 20]), (left, left), "{value}");
            assert_ne!(pixels[39], left, "{value}");
        }
        assert!(covering(b"no picture".to_vec(), (40, 21)).is_err());
        assert!(covering(flag(40, 40)[..60].to_vec(), (40, 21)).is_ok(), "what is cut is drawn as far as it goes");
    }
}
