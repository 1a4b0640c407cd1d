//! `[theme]`: colors and faces that a project gives the built-in theme.

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::settings::checked::checked;
use crate::settings::data::{Data, Fields, wrong_type};
use crate::settings::keys;
use crate::text::source::{Span, Spanned};

/// `[theme]`: what the project sets of the theme's custom properties.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThemeSettings {
    /// A color for each track, in turn: in light and in dark.
    pub tracks: Vec<(String, String)>,
    /// In light and in dark.
    pub accent: Option<(String, String)>,
    /// Values of `font-family`, by the property they set.
    pub faces: Vec<(&'static str, String)>,
    /// A length.
    pub radius: Option<String>,
    /// Style sheets below `static/`, for every page.
    pub styles: Vec<Spanned<String>>,
    /// Whether notes stand after the paragraph that refers to them first.
    pub notes_in_margin: bool,
}

/// How many track colors the theme tells apart.
const TRACK_COLORS: usize = 6;

/// What the words of a color stand on, in light and in dark.
#[derive(Debug, Clone, Copy)]
pub enum Ground {
    /// `--paper` of `static/theme.css`.
    Page,
    /// `--tint` there.
    Box,
}

impl Ground {
    fn colors(self) -> ([u8; 3], [u8; 3]) {
        match self {
            Ground::Page => ([0xfd, 0xfd, 0xfc], [0x14, 0x16, 0x1a]),
            Ground::Box => ([0xf3, 0xf3, 0xf0], [0x1f, 0x22, 0x27]),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Ground::Page => "page",
            Ground::Box => "box",
        }
    }
}

/// Reads `[theme]`.
pub fn theme(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> ThemeSettings {
    let tracks = tracks(fields, out);
    let accent = fields.any("accent").and_then(|item| color("accent", item, Ground::Page, out));
    let mut faces = Vec::new();
    for (key, property) in [("text_face", "--text"), ("interface_face", "--ui"), ("mono_face", "--mono")] {
        let face = fields.string(key, out).and_then(|face| checked(face, css_problem, key, out));
        faces.extend(face.map(|face| (property, face.value)));
    }
    let radius = fields.string("radius", out).and_then(|radius| checked(radius, length_problem, "radius", out));
    let radius = radius.map(|radius| radius.value);
    let styles = fields.strings("styles", out);
    let notes_in_margin = fields.choice("notes", &[("end", false), ("margin", true)], out).unwrap_or_default();
    ThemeSettings { tracks, accent, faces, radius, styles, notes_in_margin }
}

fn tracks(fields: &mut Fields<'_>, out: &mut Vec<Diagnostic>) -> Vec<(String, String)> {
    let mut tracks = Vec::new();
    for item in fields.list("tracks", out).unwrap_or_default() {
        tracks.extend(color("tracks", item, Ground::Page, out));
    }
    if tracks.len() > TRACK_COLORS {
        let message = format!("the theme has {TRACK_COLORS} colors for tracks, which repeat; the rest are not used");
        out.push(Diagnostic::new(Code::InvalidValue, fields.span("tracks"), message));
    }
    tracks
}

/// A color in light and in dark: one for both, or one for each.
pub fn color(key: &str, item: &Spanned<Data>, ground: Ground, out: &mut Vec<Diagnostic>) -> Option<(String, String)> {
    let (light, dark) = match &item.value {
        Data::String(color) => (color.clone(), color.clone()),
        Data::Table(table) => {
            let mut fields = Fields::new(table, &keys::SCHEME_COLOR);
            let light = fields.required("light", out).map(|color| color.value);
            let dark = fields.required("dark", out).map(|color| color.value);
            fields.finish(out);
            light.zip(dark)?
        }
        _ => return wrong_type(key, "a color or `{ light, dark }`", item, out),
    };
    for (color, scheme) in [(&light, Scheme::Light), (&dark, Scheme::Dark)] {
        out.extend(color_problem(color, (scheme, ground), item.span));
    }
    Some((light, dark))
}

/// The page in light and the page in dark.
#[derive(Clone, Copy)]
enum Scheme {
    Light,
    Dark,
}

/// What is wrong with a color of text.
fn color_problem(color: &str, (scheme, ground): (Scheme, Ground), span: Span) -> Option<Diagnostic> {
    /// The least contrast of text to what it stands on (WCAG 2.2, success criterion 1.4.3).
    const LEAST_CONTRAST: f64 = 4.5;
    let (light, dark) = ground.colors();
    let (behind, name, help) = match scheme {
        Scheme::Light => (light, "light", "take a darker one"),
        Scheme::Dark => (dark, "dark", "take a lighter one: `{ light = \"…\", dark = \"…\" }`"),
    };
    let Some(ratio) = contrast(color, behind) else {
        let message = format!("{} is no color; write it like `#1e52a1`", quote(color));
        return Some(Diagnostic::new(Code::InvalidValue, span, message));
    };
    (ratio < LEAST_CONTRAST).then(|| {
        let ground = ground.name();
        let message =
            format!("{} has a contrast of {ratio:.1} to the {name} {ground}, less than {LEAST_CONTRAST}", quote(color));
        Diagnostic::new(Code::LowContrast, span, message).help(help)
    })
}

/// The contrast of a `#rrggbb` color to another (WCAG 2.2, relative luminance and contrast ratio).
fn contrast(color: &str, paper: [u8; 3]) -> Option<f64> {
    let hex =
        color.strip_prefix('#').filter(|hex| hex.len() == 6 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    let channel = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
    let luminance = |rgb: [u8; 3]| {
        let linear = rgb.map(|value| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (one, other) = (luminance([channel(0)?, channel(2)?, channel(4)?]), luminance(paper));
    Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

/// Why a text can't be the value of a font family: it would end the declaration.
fn css_problem(value: &str) -> Option<String> {
    let bad =
        value.chars().find(|c| matches!(c, ';' | '{' | '}' | '<' | '>' | '@' | '\\' | '(' | ')') || c.is_control());
    match bad {
        Some(bad) => Some(format!("has the character `{}`", bad.escape_debug())),
        None if value.trim().is_empty() => Some("is empty".into()),
        None => (value.matches('"').count() % 2 == 1 || value.matches('\'').count() % 2 == 1)
            .then(|| "has a quote that doesn't close".into()),
    }
}

fn length_problem(value: &str) -> Option<String> {
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &value[number.len()..];
    let good = value == "0" || number.parse::<f64>().is_ok_and(|n| n >= 0.0) && matches!(unit, "px" | "rem" | "em");
    (!good).then(|| "is no length, such as `4px` or `0`".into())
}
