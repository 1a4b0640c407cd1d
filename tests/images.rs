//! Real pictures, made with everything in them that must not be published.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use img_parts::{Bytes, jpeg::Jpeg, png::Png, webp::WebP};
use partwork::project::Run;
use partwork::project::images::Pictures;
use partwork::project::load::load;
use partwork::store::cache::{Cache, Caches};
use partwork::store::kind::Kind;
use partwork::store::origin::Root;
use partwork::store::state::State;
use partwork::store::tree::{Content, Entry, Made, OutputPath};
use partwork::{Shell, build};

/// A progressive JPEG of 2 × 1 pixels, a PNG and a WebP of as many; the last says that it has EXIF.
const JPEG: &str = "ffd8ffe000104a46494600010100000100010000ffdb004300281c1e231e19282321232d2b28303c64413c37373c7b585d4964918099968f808c8aa0b4e6c3a0aadaad8a8cc8ffcbdaeef5ffffff9bc1fffffffaffe6fdfff8ffdb0043012b2d2d3c353c76414176f8a58ca5f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8f8ffc20011080001000203012200021101031101ffc4001500010100000000000000000000000000000004ffc4001501010100000000000000000000000000000104ffda000c0301000210031000000194567fffc40014100100000000000000000000000000000000ffda00080101000105027fffc400161100030000000000000000000000000000000131ffda0008010301013f0174ffc400161100030000000000000000000000000000000131ffda0008010201013f0150ffc40014100100000000000000000000000000000000ffda0008010100063f027fffc400161000030000000000000000000000000000000131ffda0008010100013f2174ffda000c03010002000300000010f3ffc4001511010100000000000000000000000000000031ffda0008010301013f10a3ffc4001511010100000000000000000000000000000031ffda0008010201013f1093ffc400161000030000000000000000000000000000003171ffda0008010100013f10653fffd9";
const PNG: &str = "89504e470d0a1a0a0000000d49484452000000020000000108020000007b40e8dd0000000f4944415478da63f8cfc0c0c0f01f00070001ffc7730d970000000049454e44ae426082";
const WEBP: &str = "524946464200000057454250565038580a000000080000000100000000005650384c110000002f010000000f10f3bffff31f0e32a2ff0100455849460a0000004d4d002a000000080000";

/// An AVIF of 2 × 1 pixels that is to be turned, with EXIF and XMP that hold the secret.
const AVIF: &str = "00000020667479706176696600000000617669666d6966316d6961664d4131420000017e6d657461000000000000002168646c72000000000000000070696374000000000000000000000000000000000e7069746d0000000000010000003a696c6f630000000044000003000100000001000002190000001a000200000001000001a600000034000300000001000001da0000003f0000006d69696e660000000000030000001a696e6665020000000001000061763031436f6c6f720000000019696e666502000000000200004578696645786966000000002c696e666502000000000300006d696d65584d50006170706c69636174696f6e2f7264662b786d6c000000002869726566000000000000000e636473630002000100010000000e636473630003000100010000007469707270000000546970636f0000001469737065000000000000000200000001000000107069786900000000030808080000000c6176314381000c0000000013636f6c726e636c780001000d0006800000000969726f74030000001869706d6100000000000000010001050102830485000000956d646174000000064578696600004d4d002a000000080001010e0002000000100000001a000000005345435245542d35392e333239334e003c783a786d706d65746120786d6c6e733a783d2261646f62653a6e733a6d6574612f223e5345435245542d35392e333239334e3c2f783a786d706d6574613e12000a051800260420320f1b001a69a6840000b00f5c4f344530";

const SECRET: &[u8] = b"SECRET-59.3293N";

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")).collect()
}

/// EXIF with an orientation and a secret, big endian.
fn exif(orientation: u8) -> Vec<u8> {
    let mut exif = b"MM\0*\0\0\0\x08\0\x02\x01\x0e\0\x02\0\0\0\x0f\0\0\0\x26\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    exif.extend(SECRET);
    exif
}

fn holds_secret(bytes: &[u8]) -> bool {
    bytes.windows(6).any(|window| window == &SECRET[..6])
}

fn cleaned(name: &str, bytes: &[u8]) -> (Vec<u8>, Option<(u32, u32)>) {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(name), bytes).expect("a file");
    let file = Root::open(folder.path()).expect("a folder").file(Path::new(name), Path::new(name));
    let cache = Cache::open(None);
    let pictures = Pictures::new(&cache);
    let size = pictures.size(&file);
    match pictures.published(&file).expect("readable").made().expect("bytes or a file") {
        Made::Bytes(bytes) => (bytes.to_vec(), size),
        Made::File(file) => (file.read(u64::MAX - 1).expect("readable"), size),
    }
}

#[test]
fn jpeg_loses_what_it_tells() {
    let plain = bytes(JPEG);
    let segment = |marker: u8, content: &[u8]| {
        let length = u16::try_from(content.len() + 2).expect("short").to_be_bytes();
        [&[0xff, marker][..], &length, content].concat()
    };
    let icc = segment(0xe2, b"ICC_PROFILE\0\x01\x01profile");
    let told = [
        segment(0xe1, &[b"Exif\0\0", &exif(6)[..]].concat()),
        segment(0xe1, &[b"http://ns.adobe.com/xap/1.0/\0", SECRET].concat()),
        segment(0xed, SECRET),
        segment(0xe2, &[b"MPF\0", SECRET].concat()),
        segment(0xfe, SECRET),
    ]
    .concat();
    // After the JFIF segment; and a second picture behind the end, as phones append them.
    let whole = [&plain[..20], &told, &icc, &plain[20..], &plain, SECRET].concat();
    let (out, size) = cleaned("x.jpg", &whole);
    assert!(holds_secret(&whole) && !holds_secret(&out));
    assert_eq!(size, Some((1, 2)), "a turned picture is shown upright");
    let image = Jpeg::from_bytes(Bytes::from(out.clone())).expect("a JPEG");
    let frame = |bytes: &[u8]| bytes.windows(2).position(|window| window == [0xff, 0xdb]).expect("tables");
    assert_eq!(out[frame(&out)..], plain[frame(&plain)..], "the pixels are the same bytes");
    assert!(image.segments().iter().any(|segment| segment.contents().starts_with(b"ICC_PROFILE")));
    assert_eq!(cleaned("x.jpeg", &out), (out.clone(), Some((1, 2))), "a clean picture stays as it is");
    assert_eq!(cleaned("x.jpg", &plain).0, plain);
}

#[test]
fn png_loses_what_it_tells() {
    let plain = bytes(PNG);
    let mut image = Png::from_bytes(Bytes::from(plain.clone())).expect("a PNG");
    let mut add = |kind: &[u8; 4], content: Vec<u8>| {
        image.chunks_mut().insert(1, img_parts::png::PngChunk::new(*kind, content.into()));
    };
    add(b"eXIf", exif(1));
    add(b"tEXt", [b"Comment\0", SECRET].concat());
    add(b"iTXt", [b"XML:com.adobe.xmp\0\0\0\0\0", SECRET].concat());
    add(b"seCr", SECRET.to_vec());
    let whole = [&image.encoder().bytes()[..], SECRET].concat();
    let (out, size) = cleaned("x.png", &whole);
    assert!(holds_secret(&whole) && !holds_secret(&out));
    assert_eq!((out, size), (plain, Some((2, 1))));
}

#[test]
fn webp_loses_what_it_tells() {
    let mut image = WebP::from_bytes(Bytes::from(bytes(WEBP))).expect("a WebP");
    image.remove_chunks_by_id(*b"EXIF");
    for kind in [*b"EXIF", *b"XMP "] {
        let content = if kind == *b"EXIF" { exif(8) } else { SECRET.to_vec() };
        image
            .chunks_mut()
            .push(img_parts::riff::RiffChunk::new(kind, img_parts::riff::RiffContent::Data(content.into())));
    }
    let whole = image.encoder().bytes();
    let (out, size) = cleaned("x.webp", &whole);
    assert!(holds_secret(&whole) && !holds_secret(&out));
    assert_eq!(size, Some((1, 2)));
    let image = WebP::from_bytes(Bytes::from(out)).expect("a WebP");
    let flags = image.chunk_by_id(*b"VP8X").and_then(|chunk| chunk.content().data()).map(|data| data[0] & 0b1100);
    assert_eq!(flags, Some(0b1000), "what turns it is still there, and said");
}

#[test]
fn gif_loses_what_it_tells() {
    let pixels = b"!\xf9\x04\0\0\0\0\0,\0\0\0\0\x02\0\x01\0\0\x02\x02\x04\x0a\0";
    let head = b"GIF89a\x02\0\x01\0\x80\0\0\xff\0\0\0\0\xff";
    let repeat = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0";
    // XMP is no sub-blocks, but ends so that a reader of sub-blocks comes out behind it.
    let trailer: Vec<u8> = [1].into_iter().chain((0..=255).rev()).chain([0]).collect();
    let told = [&b"!\xfe\x0f"[..], SECRET, b"\0!\xff\x0bXMP DataXMP", SECRET, &trailer].concat();
    let plain = [&head[..], repeat, pixels, b";"].concat();
    let whole = [&head[..], repeat, &told, pixels, &told, b";", SECRET].concat();
    assert!(holds_secret(&whole));
    assert_eq!(cleaned("x.gif", &whole), (plain.clone(), Some((2, 1))));
    assert_eq!(cleaned("x.gif", &plain).0, plain);
    for end in 0..whole.len() {
        cleaned("x.gif", &whole[..end]);
    }
}

#[test]
fn avif_loses_what_it_tells() {
    let whole = bytes(AVIF);
    let (out, size) = cleaned("x.avif", &whole);
    assert!(holds_secret(&whole) && !holds_secret(&out));
    assert_eq!(size, Some((1, 2)), "a turned picture is shown upright");
    assert_eq!(out.len(), whole.len(), "nothing moves");
    let differ: Vec<usize> = (0..out.len()).filter(|at| out[*at] != whole[*at]).collect();
    let exif = whole.windows(4).position(|window| window == b"Exif").expect("an item");
    assert!(
        differ.iter().all(|at| *at > exif) && out[whole.len() - 26..] == whole[whole.len() - 26..],
        "the pixels stay"
    );
    assert_eq!(cleaned("x.avif", &out).0, out);
    for end in 0..whole.len() {
        cleaned("x.avif", &whole[..end]);
    }
    // Lengths that lead out of the file.
    for at in 0..whole.len() - 4 {
        let mut broken = whole.clone();
        broken[at..at + 4].fill(0xff);
        cleaned("x.avif", &broken);
    }
}

#[test]
fn svg_loses_what_it_tells() {
    let (before, after) = (
        "<?xml version=\"1.0\"?><!-- mine --><?xpacket SECRET-?><svg xmlns=\"http://www.w3.org/2000/svg\" \
         xmlns:i=\"http://www.inkscape.org/namespaces/inkscape\" xmlns:s='http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd' \
         xmlns:rdf=\"urn:x\" width=\"4\" height=\"2\" s:docname=\"SECRET-\" i:export=\"/home/SECRET-\">\n\
         <s:namedview a=\"SECRET-\"><i:grid/><metadata/></s:namedview><metadata><rdf:RDF>SECRET-</rdf:RDF></metadata>\n\
         <i:x/><g  id = 'a'><title>A &amp; b</title><rect i:label=\"SECRET-\" font-family='\"a\"' width=\"4\"/></g></svg>\n",
        "<?xml version=\"1.0\"?><!-- mine --><svg xmlns=\"http://www.w3.org/2000/svg\" \
         xmlns:i=\"http://www.inkscape.org/namespaces/inkscape\" xmlns:s=\"http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd\" \
         xmlns:rdf=\"urn:x\" width=\"4\" height=\"2\">\n\n\
         <g  id = 'a'><title>A &amp; b</title><rect font-family='\"a\"' width=\"4\"/></g></svg>\n",
    );
    assert_eq!(String::from_utf8_lossy(&cleaned("x.svg", before.as_bytes()).0), after);
    assert_eq!(cleaned("x.svg", "\u{feff}<svg><metadata/></svg>".as_bytes()).0, b"<svg></svg>");
    for whole in ["<svg", "<svg><metadata></svg>", "<svg></svg><metadata>", "no drawing", "<svg><!-- a --></svg>"] {
        assert_eq!(cleaned("x.svg", whole.as_bytes()).0, whole.as_bytes());
    }
}

/// Browsers look at the bytes, and so do those who want to know where a picture was taken.
#[test]
fn a_wrong_name_hides_nothing() {
    let plain = bytes(JPEG);
    let told = [&b"\xff\xe1\0\x17Exif\0\0"[..], SECRET].concat();
    let whole = [&plain[..2], &told, &plain[2..]].concat();
    for name in ["x.png", "x.webp", "x.gif", "x.svg", "x.bin", "x"] {
        let (out, size) = cleaned(name, &whole);
        assert!(!holds_secret(&out), "{name}");
        assert_eq!(size, Some((2, 1)), "{name}");
    }
}

#[test]
fn what_is_no_image_stays() {
    for name in ["x.jpg", "x.png", "x.webp", "x.gif", "x.avif"] {
        for bytes in
            [&b""[..], b"no image", b"\xff\xd8\xff\xe1\xff\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\xff\xff\xff\xffWEBP"]
        {
            assert_eq!(cleaned(name, bytes), (bytes.to_vec(), None), "{name}");
        }
    }
}

/// A JPEG with a color profile, wide enough to be published in smaller widths.
fn photo(width: u16, height: u16) -> Vec<u8> {
    let value = |at: usize| u8::try_from((at * 7 + at / 640 * 13) % 251).unwrap_or_default();
    let data: Vec<u8> = (0..usize::from(width) * usize::from(height) * 3).map(value).collect();
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
    encoder.add_icc_profile(b"a profile").expect("short");
    encoder.encode(&data, width, height, jpeg_encoder::ColorType::Rgb).expect("a picture");
    bytes
}

/// Builds a project in a folder of its own memory; gives its files by path, and how many pictures were made smaller.
fn site(root: &Path) -> (BTreeMap<String, Vec<u8>>, usize) {
    let run = Run { now: "2025-06-01T00:00:00Z".parse().expect("an instant"), ..Run::default() };
    let project = load(root, &run).expect("a project");
    let caches = Caches::open(Some(&State::of(&root.join("memory"), root)));
    let files = Mutex::new(BTreeMap::new());
    let store = |path: &OutputPath, _: Kind, content: &Content| {
        let bytes = match content.made().expect("made") {
            Made::Bytes(bytes) => bytes.to_vec(),
            Made::File(file) => file.read(u64::MAX - 1).expect("readable"),
        };
        files.lock().expect("whole").insert(path.to_string(), bytes);
        Ok(Entry { size: 0, hash: [0; 32] })
    };
    let resized = AtomicUsize::new(0);
    let tell = |done: usize, _: usize| _ = resized.fetch_max(done, Ordering::Relaxed);
    let shell = Shell { caches: &caches, look: None, store: &store, earlier: None, resized: Some(&tell) };
    let built = build(&project, &run, shell).expect("a build");
    assert!(built.diagnostics.is_empty(), "{:?}", built.diagnostics);
    caches.save().expect("saved");
    (files.into_inner().expect("whole"), resized.into_inner())
}

#[test]
fn wide_pictures_are_published_in_smaller_widths() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let write = |path: &str, content: &[u8]| {
        std::fs::create_dir_all(root.join(path).parent().expect("a parent")).expect("a folder");
        std::fs::write(root.join(path), content).expect("room");
    };
    write("partwork.toml", b"base_url = \"https://a.se/x/\"\ntitle = \"Site\"\n[languages.sv]\n");
    write("content/s/series.toml", b"title = \"Series\"\nparts = [\"a\"]\n");
    let front = "+++\ntitle = \"A\"\ndescription = \"A part with pictures that are wider than its text is.\"\ndate = 2025-01-01\n+++\n";
    let text = "![One](a/wide.jpg)\n\n[![Two](a/wide.jpg)](https://b.org/)\n\n<img src=\"a/wide.jpg\" alt=\"Three\" width=\"300\">\n\n```figure\nsrc = \"a/wide.jpg\"\nalt = \"Four\"\n```\n\n![Small](a/small.jpg)\n";
    write("content/s/a.md", format!("{front}{text}").as_bytes());
    write("content/s/a.sv.md", format!("{front}{text}").as_bytes());
    write("content/s/a/wide.jpg", &photo(1400, 700));
    write("content/s/a/other name.jpg", &photo(1400, 700));
    write("content/s/a/small.jpg", &photo(600, 300));
    let (files, resized) = site(root);
    assert_eq!(resized, 1, "one picture, in two languages, and another that nothing shows");
    let widths = |text: &str| -> Vec<String> {
        let all = text.split([' ', ',', '"']).filter(|piece| piece.starts_with("/x/pw-pictures/wide-"));
        all.map(|piece| piece.trim_start_matches("/x/").to_string()).collect()
    };
    for page in ["s/a/index.html", "sv/s/a/index.html"] {
        let html = String::from_utf8(files[page].clone()).expect("a page");
        let images: Vec<&str> =
            html.split("<img ").skip(1).map(|rest| rest.split('>').next().expect("an end")).collect();
        let images: Vec<&&str> = images.iter().filter(|image| image.contains("jpg")).collect();
        assert_eq!(images.len(), 5);
        for image in &images[..4] {
            let widths = widths(image);
            assert!(widths.len() >= 3 && widths.iter().all(|path| files.contains_key(path)), "{image}");
            assert!(image.contains(" sizes=\"") && image.contains("/s/a/wide.jpg 1400w\""), "{image}");
        }
        assert!(images[0].contains("fetchpriority=\"high\"") && !images[0].contains("lazy"));
        assert!(images[1..].iter().all(|image| image.contains("loading=\"lazy\"")));
        assert!(images[2].contains("sizes=\"300px\"") && !images[4].contains("srcset"));
        assert_eq!(
            html.matches("<a class=\"large\" href=\"/x/s/a/wide.jpg\">").count(),
            2,
            "not in a link, not in raw HTML"
        );
    }
    let feed = String::from_utf8(files["feed.xml"].clone()).expect("a feed");
    assert!(
        feed.contains("https://a.se/x/pw-pictures/wide-1280.")
            && !feed.contains("wide.jpg")
            && !feed.contains("srcset")
    );
    let headers = String::from_utf8(files["_headers"].clone()).expect("a text");
    assert!(headers.contains("\n/x/pw-pictures/*\n  Cache-Control: public, max-age=31536000, immutable\n"));
    let book = zip::ZipArchive::new(Cursor::new(files["s/s.epub"].clone())).expect("a book");
    let names: Vec<String> = book.file_names().map(|name| name.expect("a name").into_owned()).collect();
    let held: Vec<&String> = names.iter().filter(|name| name.ends_with(".jpg")).collect();
    assert!(
        held.len() == 2 && held.iter().any(|name| name.starts_with("EPUB/files/pw-pictures/wide-1280.")),
        "{held:?}"
    );
    let (again, resized) = site(root);
    assert_eq!((again == files, resized), (true, 0), "all is remembered");
    std::fs::remove_dir_all(root.join("memory")).expect("there");
    assert!(site(root).0 == files, "the same bytes from nothing");
}
