//! Elements of a preprocessor's own around code: `<Listing number="1-1" file-name="a.rs" caption="A">`.
//!
//! In: a text. Out: the code with the name of its file as its title, and the number and the words of its caption as a
//! paragraph behind it, which no page would show.

use super::pieces::{is_alone, whole_line};
use super::typed::Edit;
use super::view::{ElementAt, Looked};

/// Puts into words what such elements say in attributes.
pub fn said(looked: Looked) -> Looked {
    let mut edits = Vec::new();
    let elements = &looked.seen.elements;
    for (at, open) in elements.iter().enumerate().filter(|(_, element)| !element.ends) {
        let close = elements[at + 1..].iter().find(|other| other.name == open.name).filter(|other| other.ends);
        edits.extend(close.and_then(|close| one(&looked, open, close)).unwrap_or_default());
    }
    looked.apply(edits)
}

fn one(looked: &Looked, open: &ElementAt, close: &ElementAt) -> Option<Vec<Edit>> {
    let text = looked.text.text.as_str();
    if !is_alone(text, &open.range) || !is_alone(text, &close.range) {
        return None;
    }
    let of = |names: &[&str]| {
        let value = |name: &&str| open.attributes.iter().find(|(known, _)| known == name);
        names.iter().find_map(value).map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    };
    let (number, caption, file) = (of(&["number"]), of(&["caption"]), of(&["file-name", "filename", "file"]));
    let name = text.get(open.range.start + 1..open.range.start + 1 + open.name.len())?;
    let caption = match (number, caption) {
        (Some(number), Some(caption)) => Some(format!("{name} {number}: {caption}")),
        (Some(number), None) => Some(format!("{name} {number}")),
        (None, caption) => caption.map(String::from),
    };
    if caption.is_none() && file.is_none() {
        return None;
    }
    let fences = looked.seen.fences.iter().filter(|fence| fence.is_fenced);
    let fence =
        fences.clone().find(|fence| open.range.end <= fence.range.start && fence.range.end <= close.range.start);
    let (first, last) = (whole_line(text, &open.range), whole_line(text, &close.range));
    let indent = &text[first.start..open.range.start];
    let mut edits = Vec::new();
    let before = match (file, fence) {
        (Some(file), Some(fence)) if !fence.info.contains("title=") => {
            let end = fence.info_range.end;
            edits.push(Edit::new(end..end, format!(" title=\"{}\"", file.replace('"', ""))));
            String::new()
        }
        (Some(file), None) => format!("{indent}`{file}`\n"),
        _ => String::new(),
    };
    edits.push(Edit::new(first, before));
    let behind = caption.map_or_else(String::new, |caption| {
        let is_apart = text[..last.start].ends_with("\n\n");
        let goes_on = text[last.end..].starts_with(|c: char| c != '\n');
        format!("{}{indent}{caption}\n{}", if is_apart { "" } else { "\n" }, if goes_on { "\n" } else { "" })
    });
    edits.push(Edit::new(last, behind));
    Some(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::typed::Typed;

    #[test]
    fn words_of_attributes_are_words() {
        let said = |text: &str| said(Looked::new(Typed::new(text, &"a.md".into(), 1))).text.text;
        let text = "A\n\n<Listing number=\"1-1\" file-name=\"a.rs\" caption=\"A `Box<T>`\">\n\n```rust\nx\n```\n\n</Listing>\n\nB\n";
        assert_eq!(said(text), "A\n\n\n```rust title=\"a.rs\"\nx\n```\n\nListing 1-1: A `Box<T>`\n\nB\n");
        for kept in ["<Card>\n\nA\n\n</Card>\n", "A <b>c</b>\n", "<Listing number=\"1\">\n"] {
            assert_eq!(said(kept), kept);
        }
    }
}
