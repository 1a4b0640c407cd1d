//! The declared keys as JSON schemas (draft 2020-12), for editors.
//!
//! In: one of the kinds of files and tables that an author writes. Out: its schema as JSON. Reads
//! nothing but `keys`, so that what an editor says and what a build says come from one list.

use serde_json::{Map, Value, json};

use crate::diagnostic::{did_you_mean, list, quote};
use crate::settings::keys::{self, Key, Kind, Shape};

/// What has a schema: the name that is typed, its title and its keys.
pub type Described = (&'static str, &'static str, &'static Shape);

/// The files and tables that stand by themselves; blocks stand between the second two.
const FILES: [Described; 7] = [
    ("site", "partwork.toml", &keys::SITE),
    ("series", "series.toml", &keys::SERIES),
    ("part", "The front matter of a part", &keys::PART),
    ("side", "The front matter of a side page", &keys::SIDE),
    ("posts", "posts.toml", &keys::POSTS),
    ("post", "The front matter of a post", &keys::POST),
    ("page", "The front matter of a page", &keys::PAGE),
];
const MORE_FILES: [Described; 6] = [
    ("glossary", "glossary.toml", &keys::GLOSSARY),
    ("translation", "The front matter of a translation", &keys::TRANSLATION),
    ("translated-series", "series.<tag>.toml", &keys::TRANSLATED_SERIES),
    ("translated-posts", "posts.<tag>.toml", &keys::TRANSLATED_POSTS),
    ("state", "code/<part>.toml", &keys::STATE),
    ("ledger", "urls.toml", &keys::LEDGER),
];

/// All that has a schema, `blocks` among it.
pub fn all(blocks: &[Described]) -> Vec<Described> {
    FILES.iter().chain(blocks).chain(&MORE_FILES).copied().collect()
}

/// The schema of that name, as JSON that ends in a line end. Says which there are when there is
/// none.
pub fn schema(name: &str, all: &[Described]) -> Result<String, String> {
    let names = || all.iter().map(|(name, ..)| *name);
    let Some((_, title, shape)) = all.iter().find(|(known, ..)| *known == name) else {
        let near = did_you_mean(name, names()).unwrap_or_else(|| format!("there are {}", list(names(), "and")));
        return Err(format!("there is no schema {}; {near}", quote(name)));
    };
    let mut schema = Map::new();
    schema.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("$comment".into(), json!(MADE_BY));
    schema.insert("title".into(), json!(title));
    schema.extend(object(shape));
    Ok(format!("{:#}\n", Value::Object(schema)))
}

/// What tells a schema of partwork's, of whatever version, from others.
const MADE_BY: &str = "made by `partwork schema`";

/// Whether the bytes of a file are a schema from here.
pub fn is_ours(bytes: &[u8]) -> bool {
    serde_json::from_slice(bytes).is_ok_and(|schema: Value| schema["$comment"] == MADE_BY)
}

/// Tables are written out where they stand, without `$ref`: editors differ in how they follow one.
fn object(shape: &Shape) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".into(), json!("object"));
    let properties: Map<String, Value> = shape.keys.iter().map(|key| (key.name.to_string(), property(key))).collect();
    schema.insert("properties".into(), Value::Object(properties));
    let required: Vec<&str> = shape.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    let others = shape.others.map_or(Value::Bool(false), |kind| Value::Object(value(kind)));
    schema.insert("additionalProperties".into(), others);
    if !shape.either.is_empty() {
        let one: Vec<Value> = shape.either.iter().map(|name| json!({ "required": [name] })).collect();
        schema.insert("oneOf".into(), Value::Array(one));
    }
    schema
}

fn property(key: &Key) -> Value {
    let mut schema = Map::new();
    schema.insert("description".into(), json!(key.doc));
    schema.extend(value(key.kind));
    // A text that has to be there has to say something.
    if key.required && matches!(key.kind, Kind::Text | Kind::Inline | Kind::Url) {
        schema.entry("pattern").or_insert(json!(r"\S"));
    }
    Value::Object(schema)
}

fn value(kind: Kind) -> Map<String, Value> {
    let schema = match kind {
        Kind::Text | Kind::Inline => json!({ "type": "string" }),
        Kind::Url => json!({ "type": "string", "pattern": r"^(https?://[^/]|mailto:.*@)" }),
        Kind::Alias => json!({ "type": "string", "pattern": "^/" }),
        Kind::Permalink => json!({ "type": "string", "pattern": r"^/.*(/|[^/]\.html)$" }),
        // Letters of every script are allowed; editors don't agree on how to say that in a pattern.
        Kind::Id => {
            json!({ "type": "string", "minLength": 1, "maxLength": 100, "pattern": r"^[^A-Z\s!-,./:-@\[-^`{-~]+$" })
        }
        Kind::Date => json!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}" }),
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::Integer(from, to) => json!({ "type": "integer", "minimum": from, "maximum": to }),
        Kind::Choice(names) => json!({ "enum": names }),
        Kind::List(item, 0) => json!({ "type": "array", "items": value(*item) }),
        Kind::List(item, least) => json!({ "type": "array", "items": value(*item), "minItems": least }),
        Kind::Table(shape) => return object(shape),
        Kind::Named(item) => json!({ "type": "object", "additionalProperties": value(*item) }),
        Kind::Either(one, other) => json!({ "anyOf": [value(*one), value(*other)] }),
        Kind::Variants(tag, shapes) => {
            let variants = shapes.iter().enumerate();
            let variants: Vec<Value> = variants.map(|(at, (name, shape))| variant(tag, name, shape, at == 0)).collect();
            json!({ "type": "object", "oneOf": variants })
        }
        Kind::Free => json!({}),
    };
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// A shape whose tag has one value; only the first one goes without, and only where it may.
fn variant(tag: &str, name: &str, shape: &Shape, is_first: bool) -> Value {
    let mut schema = object(shape);
    if let Some(Value::Object(key)) = schema.get_mut("properties").and_then(|properties| properties.get_mut(tag)) {
        key.remove("enum");
        key.insert("const".into(), json!(name));
    }
    let is_required = |required: &Value| required.as_array().is_some_and(|names| names.contains(&json!(tag)));
    if !is_first && !schema.get("required").is_some_and(is_required) {
        let required = schema.entry("required").or_insert(json!([]));
        if let Value::Array(names) = required {
            names.push(json!(tag));
        }
    }
    Value::Object(schema)
}
