//! The media type of a file, by its name.
//!
//! In: the path of a file. Out: what hosts, targets, settings for hosts and the preview server say
//! of it, so that they say the same.

/// Media types with the extensions of their files. With `nosniff` a wrong one is a file that
/// doesn't work.
pub const TYPES: &[(&str, &[&str])] = &[
    ("text/html; charset=utf-8", &["html", "htm"]),
    ("text/css; charset=utf-8", &["css"]),
    ("text/javascript; charset=utf-8", &["js", "mjs"]),
    ("text/markdown; charset=utf-8", &["md"]),
    ("text/csv; charset=utf-8", &["csv"]),
    ("text/calendar; charset=utf-8", &["ics"]),
    ("text/vtt; charset=utf-8", &["vtt"]),
    (
        "text/plain; charset=utf-8",
        &["txt", "text", "log", "toml", "yaml", "yml", "py", "rs", "sh", "c", "h", "go", "java", "sql", "ts"],
    ),
    ("application/json; charset=utf-8", &["json", "map"]),
    ("application/manifest+json; charset=utf-8", &["webmanifest"]),
    ("application/xml; charset=utf-8", &["xml", "xsl", "rss"]),
    ("application/atom+xml; charset=utf-8", &["atom"]),
    ("application/epub+zip", &["epub"]),
    ("application/pdf", &["pdf"]),
    ("application/wasm", &["wasm"]),
    ("application/zip", &["zip"]),
    ("application/gzip", &["gz", "tgz"]),
    ("image/svg+xml; charset=utf-8", &["svg"]),
    ("image/png", &["png"]),
    ("image/jpeg", &["jpg", "jpeg"]),
    ("image/gif", &["gif"]),
    ("image/webp", &["webp"]),
    ("image/avif", &["avif"]),
    ("image/bmp", &["bmp"]),
    ("image/x-icon", &["ico"]),
    ("font/woff2", &["woff2"]),
    ("font/woff", &["woff"]),
    ("font/ttf", &["ttf"]),
    ("font/otf", &["otf"]),
    ("audio/mpeg", &["mp3"]),
    ("audio/mp4", &["m4a"]),
    ("audio/ogg", &["ogg", "oga"]),
    ("audio/opus", &["opus"]),
    ("audio/wav", &["wav"]),
    ("audio/flac", &["flac"]),
    ("video/mp4", &["mp4", "m4v"]),
    ("video/webm", &["webm"]),
    ("video/quicktime", &["mov"]),
];

/// Files whose name says more than its extension.
pub const NAMED: &[(&str, &str)] =
    &[("feed.xml", "application/atom+xml; charset=utf-8"), ("feed.json", "application/feed+json; charset=utf-8")];

/// The media type of a file by its name, with the charset where it is text.
pub fn media_type(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    if let Some((_, kind)) = NAMED.iter().find(|(known, _)| *known == name) {
        return kind;
    }
    let Some((_, extension)) = name.rsplit_once('.') else {
        // Files of hosts, such as `_headers` and `CNAME`.
        return "text/plain; charset=utf-8";
    };
    let extension = extension.to_ascii_lowercase();
    let known = TYPES.iter().find(|(_, extensions)| extensions.contains(&extension.as_str()));
    known.map_or("application/octet-stream", |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (path, wanted) in [
            ("a/index.html", "text/html; charset=utf-8"),
            ("a/feed.xml", "application/atom+xml; charset=utf-8"),
            ("sitemap.xml", "application/xml; charset=utf-8"),
            ("A.JPEG", "image/jpeg"),
            ("a.b/CNAME", "text/plain; charset=utf-8"),
            (".nojekyll", "application/octet-stream"),
            ("x.unheard", "application/octet-stream"),
        ] {
            assert_eq!(media_type(path), wanted, "{path}");
        }
    }
}
