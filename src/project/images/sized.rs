//! A picture in fixed widths below its own, so that a phone loads no more of it than it shows.
//!
//! In: the bytes of a JPEG or a PNG as they are published. Out: smaller ones, upright, with the color profile of the
//! first, each of fewer bytes than all that are wider. What can't be made smaller without showing something else (an
//! animation, colors for printers, a gamma of its own) has none. No more than [`MOST_PIXELS`] are decoded.

use std::io::Cursor;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{PixelType, Resizer};
use image_webp::{ColorType as WebPColor, WebPEncoder};
use img_parts::jpeg::Jpeg;
use img_parts::{Bytes, ImageICC};
use jpeg_encoder::{ChromaSubsamplingMethod, ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::clean::{Kind, turned};

/// What is decoded at most: each pixel takes four bytes.
pub const MOST_PIXELS: u64 = 64_000_000;

/// The width of the column of text, in CSS pixels.
pub const COLUMN: u32 = 608;

/// For phones at one, two and three pixels for each of CSS's, and for the column and a wide figure at one and two.
const WIDTHS: [u32; 5] = [320, 640, 960, 1280, 1920];

/// A smaller picture.
#[derive(Debug, PartialEq, Eq)]
pub struct Made {
    pub width: u32,
    pub height: u32,
    /// What its name ends in.
    pub extension: &'static str,
    pub bytes: Vec<u8>,
}

/// Pixels of four bytes each, red, green, blue and alpha, as they are stored.
struct Pixels {
    width: u32,
    height: u32,
    data: Vec<u8>,
}

/// What smaller ones have from the first.
struct Nature {
    kind: Kind,
    profile: Option<Vec<u8>>,
    /// How it is turned and mirrored, 1 to 8.
    turned: u16,
    has_alpha: bool,
}

/// The smaller ones of a picture, the narrowest first; says why it can't be decoded.
pub fn smaller(kind: Kind, bytes: &Bytes) -> Result<Vec<Made>, String> {
    let decoded = match kind {
        Kind::Jpeg => jpeg(bytes)?,
        Kind::Png => png(bytes)?,
        Kind::Gif | Kind::WebP | Kind::Heif | Kind::Svg => None,
    };
    let Some((pixels, profile, has_alpha)) = decoded else { return Ok(Vec::new()) };
    let nature = Nature { kind, profile, turned: turned(kind, bytes), has_alpha };
    let is_turned = nature.turned >= 5;
    let (width, height) = if is_turned { (pixels.height, pixels.width) } else { (pixels.width, pixels.height) };
    let mut resizer = Resizer::new();
    let mut made: Vec<Pixels> = Vec::new();
    let mut found = Vec::new();
    let mut least = bytes.len();
    for wanted in WIDTHS.into_iter().rev().filter(|wanted| *wanted < width) {
        // At least one row; in range, since it is below the height.
        let rows = u32::try_from(u64::from(wanted) * u64::from(height) / u64::from(width)).unwrap_or(height).max(1);
        let (columns, rows) = if is_turned { (rows, wanted) } else { (wanted, rows) };
        // From one that is twice as large, nothing is lost.
        let from = made.iter().rev().find(|made| made.width >= 2 * columns).unwrap_or(&pixels);
        let small = resized(&mut resizer, from, (columns, rows))?;
        let one = encoded(&upright(&small, nature.turned), &nature)?;
        made.push(small);
        if one.bytes.len() < least {
            least = one.bytes.len();
            found.push(one);
        }
    }
    found.reverse();
    Ok(found)
}

/// What was decoded, with its profile and whether something shows through it; nothing of what is left as it is.
type Decoded = Option<(Pixels, Option<Vec<u8>>, bool)>;

fn jpeg(bytes: &Bytes) -> Result<Decoded, String> {
    let most = usize::try_from(MOST_PIXELS).unwrap_or(usize::MAX);
    let options =
        DecoderOptions::default().set_max_width(most).set_max_height(most).jpeg_set_out_colorspace(ColorSpace::RGBA);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes.as_ref()), options);
    decoder.decode_headers().map_err(|error| error.to_string())?;
    let profile = Jpeg::from_bytes(bytes.clone()).ok().and_then(|image| image.icc_profile());
    match decoder.input_colorspace() {
        Some(ColorSpace::YCbCr | ColorSpace::RGB) => {}
        // A profile of grays can't go with colors.
        Some(ColorSpace::Luma) if profile.is_none() => {}
        _ => return Ok(None),
    }
    let (width, height) = decoder.info().map(|info| (info.width, info.height)).unwrap_or_default();
    let data = decoder.decode().map_err(|error| error.to_string())?;
    let pixels = Pixels { width: width.into(), height: height.into(), data };
    Ok(Some((pixels, profile.map(|profile| profile.to_vec()), false)))
}

fn png(bytes: &Bytes) -> Result<Decoded, String> {
    use png::{ColorType, Transformations};
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), png::Limits { bytes: 1 << 30 });
    decoder.set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let info = reader.info();
    let is_gray = matches!(info.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha);
    // What sRGB is said to have, beside which others show other colors (PNG, third edition, §11.3.2).
    let is_usual = |gamma: u32| (45_000..=46_000).contains(&gamma);
    let gamma = info.gama_chunk.map(|gamma| gamma.into_scaled());
    let is_special = info.icc_profile.is_none() && info.srgb.is_none() && gamma.is_some_and(|gamma| !is_usual(gamma));
    if info.animation_control.is_some()
        || info.coding_independent_code_points.is_some()
        || is_special
        || is_gray && info.icc_profile.is_some()
    {
        return Ok(None);
    }
    let (width, height) = (info.width, info.height);
    let profile = info.icc_profile.as_ref().map(|profile| profile.to_vec());
    let mut data = vec![0; reader.output_buffer_size().ok_or("it is too large")?];
    let color = reader.next_frame(&mut data).map_err(|error| error.to_string())?.color_type;
    if color == ColorType::GrayscaleAlpha {
        data = data.as_chunks::<2>().0.iter().flat_map(|[gray, alpha]| [*gray, *gray, *gray, *alpha]).collect();
    }
    let has_alpha = data.as_chunks::<4>().0.iter().any(|[.., alpha]| *alpha != u8::MAX);
    Ok(Some((Pixels { width, height, data }, profile, has_alpha)))
}

fn resized(resizer: &mut Resizer, from: &Pixels, (width, height): (u32, u32)) -> Result<Pixels, String> {
    let source = ImageRef::new(from.width, from.height, &from.data, PixelType::U8x4).map_err(|e| e.to_string())?;
    let mut small = Image::new(width, height, PixelType::U8x4);
    resizer.resize(&source, &mut small, None).map_err(|error| error.to_string())?;
    Ok(Pixels { width, height, data: small.into_vec() })
}

/// Turned and mirrored as it is shown (Exif 3.0, §4.6.4: where the first row and column of what is stored are shown).
fn upright(stored: &Pixels, turned: u16) -> Pixels {
    let (width, height) = (stored.width as usize, stored.height as usize);
    let (columns, rows) = if turned >= 5 { (height, width) } else { (width, height) };
    let stored_at = |x: usize, y: usize| match turned {
        2 => (width - 1 - x, y),
        3 => (width - 1 - x, height - 1 - y),
        4 => (x, height - 1 - y),
        5 => (y, x),
        6 => (y, height - 1 - x),
        7 => (width - 1 - y, height - 1 - x),
        8 => (width - 1 - y, x),
        _ => (x, y),
    };
    let pixels = stored.data.as_chunks::<4>().0;
    let mut data = Vec::with_capacity(stored.data.len());
    for y in 0..rows {
        for x in 0..columns {
            let (x, y) = stored_at(x, y);
            data.extend(pixels[y * width + x]);
        }
    }
    let (width, height) = if turned >= 5 { (stored.height, stored.width) } else { (stored.width, stored.height) };
    Pixels { width, height, data }
}

fn encoded(pixels: &Pixels, nature: &Nature) -> Result<Made, String> {
    let of = |extension, bytes| Made { width: pixels.width, height: pixels.height, extension, bytes };
    if nature.kind == Kind::Jpeg {
        return Ok(of("jpg", as_jpeg(pixels, nature)?));
    }
    let rgb: Vec<u8>;
    let data = match nature.has_alpha {
        true => &pixels.data,
        false => {
            rgb =
                pixels.data.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, _]| [*red, *green, *blue]).collect();
            &rgb
        }
    };
    let (webp, png) = (as_webp(data, pixels, nature)?, as_png(data, pixels, nature)?);
    Ok(if webp.len() < png.len() { of("webp", webp) } else { of("png", png) })
}

fn as_jpeg(pixels: &Pixels, nature: &Nature) -> Result<Vec<u8>, String> {
    /// What eyes don't tell from the first on a page.
    const QUALITY: u8 = 80;
    // Below the largest of `WIDTHS`, but for a strip that is very tall.
    let size = u16::try_from(pixels.width).and_then(|width| Ok((width, u16::try_from(pixels.height)?)));
    let (width, height) = size.map_err(|_| "it is too tall")?;
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.set_progressive(true);
    encoder.set_optimized_huffman_tables(true);
    if let Some(profile) = &nature.profile {
        encoder.add_icc_profile(profile).map_err(|error| error.to_string())?;
    }
    encoder.encode(&pixels.data, width, height, ColorType::Rgba).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn as_webp(data: &[u8], pixels: &Pixels, nature: &Nature) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new(&mut bytes);
    if let Some(profile) = &nature.profile {
        encoder.set_icc_profile(profile.clone());
    }
    let color = if nature.has_alpha { WebPColor::Rgba8 } else { WebPColor::Rgb8 };
    encoder.encode(data, pixels.width, pixels.height, color).map_err(|error| error.to_string())?;
    Ok(bytes)
}

fn as_png(data: &[u8], pixels: &Pixels, nature: &Nature) -> Result<Vec<u8>, String> {
    let mut info = png::Info::with_size(pixels.width, pixels.height);
    info.color_type = if nature.has_alpha { png::ColorType::Rgba } else { png::ColorType::Rgb };
    info.bit_depth = png::BitDepth::Eight;
    info.icc_profile = nature.profile.clone().map(Into::into);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::with_info(&mut bytes, info).map_err(|error| error.to_string())?;
    // The highest takes eight times as long for three hundredths of the bytes.
    encoder.set_compression(png::Compression::Balanced);
    let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
    writer.write_image_data(data).map_err(|error| error.to_string())?;
    writer.finish().map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use img_parts::{ImageEXIF, png::Png};

    use super::*;

    /// A slope from red at the top left, with so much in it that fewer pixels are fewer bytes.
    fn slope(width: u32, height: u32) -> Vec<u8> {
        let noise = |x: u32, y: u32| {
            (x.wrapping_mul(374_761_393) ^ y.wrapping_mul(668_265_263)).wrapping_mul(2_654_435_761) >> 26
        };
        let channel = |x: u32, y: u32| [255 - x * 255 / width, y * 255 / height, noise(x, y)];
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| channel(x, y)));
        pixels.flatten().map(|value| u8::try_from(value).unwrap_or(u8::MAX)).collect()
    }

    fn a_jpeg(color: ColorType, data: &[u8], (width, height): (u16, u16)) -> Bytes {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, 90);
        encoder.add_icc_profile(b"a profile").expect("short");
        encoder.encode(data, width, height, color).expect("a picture");
        bytes.into()
    }

    fn a_png(width: u32, height: u32, set: impl FnOnce(&mut png::Info<'_>), data: &[u8]) -> Bytes {
        let mut info = png::Info::with_size(width, height);
        info.bit_depth = png::BitDepth::Eight;
        info.color_type = png::ColorType::Rgb;
        set(&mut info);
        let mut bytes = Vec::new();
        let encoder = png::Encoder::with_info(&mut bytes, info).expect("an encoder");
        let mut writer = encoder.write_header().expect("a header");
        writer.write_image_data(data).expect("pixels");
        writer.finish().expect("an end");
        bytes.into()
    }

    fn sizes(made: &[Made]) -> Vec<(u32, u32)> {
        made.iter().map(|made| (made.width, made.height)).collect()
    }

    #[test]
    fn photographs_become_smaller_and_keep_their_profile() {
        let photo = a_jpeg(ColorType::Rgb, &slope(1400, 700), (1400, 700));
        let made = smaller(Kind::Jpeg, &photo).expect("a picture");
        assert_eq!(sizes(&made), [(320, 160), (640, 320), (960, 480), (1280, 640)]);
        let bytes: Vec<usize> = made.iter().map(|made| made.bytes.len()).collect();
        assert!(bytes.is_sorted() && bytes[3] < photo.len(), "{bytes:?} of {}", photo.len());
        for made in &made {
            let image = Jpeg::from_bytes(made.bytes.clone().into()).expect("a JPEG");
            assert_eq!(image.icc_profile().as_deref(), Some(&b"a profile"[..]));
            assert_eq!(made.extension, "jpg");
        }
        assert_eq!(smaller(Kind::Jpeg, &a_jpeg(ColorType::Rgb, &slope(320, 90), (320, 90))), Ok(Vec::new()));
    }

    #[test]
    fn what_is_turned_is_upright() {
        // Of what is stored, red is at the top left, and there it is shown at another corner.
        let stored = slope(900, 450);
        for (value, corner) in
            [(1, (0, 0)), (2, (1, 0)), (3, (1, 1)), (4, (0, 1)), (5, (0, 0)), (6, (1, 0)), (7, (1, 1)), (8, (0, 1))]
        {
            let mut image = Png::from_bytes(a_png(900, 450, |_| {}, &stored)).expect("a PNG");
            let exif = [&b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[value, 0, 0, 0, 0, 0, 0]].concat();
            image.set_exif(Some(exif.into()));
            let made = smaller(Kind::Png, &image.encoder().bytes()).expect("a picture");
            let first = &made[0];
            assert_eq!((first.width, first.height), if value < 5 { (320, 160) } else { (320, 640) }, "{value}");
            let webp = image_webp::WebPDecoder::new(Cursor::new(&first.bytes));
            let mut pixels = vec![0; (first.width * first.height * 3) as usize];
            match webp {
                Ok(mut webp) => webp.read_image(&mut pixels).expect("pixels"),
                Err(_) => {
                    let png = png::Decoder::new(Cursor::new(&first.bytes));
                    png.read_info().and_then(|mut png| png.next_frame(&mut pixels)).expect("pixels");
                }
            }
            let at = (corner.1 * (first.height - 1) * first.width + corner.0 * (first.width - 1)) as usize * 3;
            assert!(pixels[at] > 200 && pixels[at + 1] < 55, "{value}: {:?}", &pixels[at..at + 3]);
        }
    }

    #[test]
    fn pictures_of_all_kinds_become_smaller() {
        let (rgb, gray) = (slope(700, 300), slope(700, 100));
        let wide: Vec<u8> = rgb.iter().flat_map(|value| [*value, 0]).collect();
        let sixteen = a_png(700, 300, |info| info.bit_depth = png::BitDepth::Sixteen, &wide);
        let alpha = |info: &mut png::Info<'_>| info.color_type = png::ColorType::GrayscaleAlpha;
        let luma = a_jpeg(ColorType::Luma, &gray, (700, 300));
        for (kind, bytes, wanted) in [
            (Kind::Png, sixteen, vec![(320, 137), (640, 274)]),
            (
                Kind::Png,
                a_png(700, 300, |info| info.color_type = png::ColorType::Grayscale, &gray),
                vec![(320, 137), (640, 274)],
            ),
            (Kind::Png, a_png(700, 150, alpha, &gray), vec![(320, 68), (640, 137)]),
            // Left as they are: grays with a profile, and inks.
            (Kind::Jpeg, luma, Vec::new()),
            (Kind::Jpeg, a_jpeg(ColorType::Cmyk, &slope(700, 400), (700, 300)), Vec::new()),
            (Kind::Gif, Bytes::from_static(b"GIF89a"), Vec::new()),
        ] {
            assert_eq!(sizes(&smaller(kind, &bytes).expect("a picture")), wanted);
        }
    }

    #[test]
    fn what_would_look_otherwise_is_left() {
        let data = slope(700, 300);
        let gamma = |info: &mut png::Info<'_>| info.source_gamma = Some(png::ScaledFloat::from_scaled(100_000));
        assert_eq!(smaller(Kind::Png, &a_png(700, 300, gamma, &data)), Ok(Vec::new()));
        let usual = |info: &mut png::Info<'_>| info.source_gamma = Some(png::ScaledFloat::from_scaled(45_455));
        assert_eq!(smaller(Kind::Png, &a_png(700, 300, usual, &data)).map(|made| made.len()), Ok(2));
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 700, 300);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_animated(2, 0).expect("two frames");
        let mut writer = encoder.write_header().expect("a header");
        (0..2).for_each(|_| writer.write_image_data(&data).expect("a frame"));
        writer.finish().expect("an end");
        assert_eq!(smaller(Kind::Png, &bytes.into()), Ok(Vec::new()), "an animation");
    }

    #[test]
    fn what_is_damaged_is_told() {
        let whole = a_png(700, 300, |_| {}, &slope(700, 300));
        assert!(smaller(Kind::Png, &whole.slice(..whole.len() / 2)).is_err());
        assert!(smaller(Kind::Jpeg, &Bytes::from_static(b"\xff\xd8\xff")).is_err());
    }
}
