//! Attributes behind the words of headings, as pulldown-cmark reads them for Zola and mdBook.
//!
//! In: a text. Out: the same without what stands in such braces and is neither an id, a class nor a pair: there it says
//! nothing, here braces with anything else in them are words.

use super::typed::Edit;
use super::view::Looked;
use crate::cli::Tool;

/// Takes out what says nothing.
pub fn settled(looked: Looked, tool: Tool) -> Looked {
    if !matches!(tool, Tool::Zola | Tool::Mdbook) {
        return looked;
    }
    let text = looked.text.text.as_str();
    let edits = looked.seen.headings.iter().filter(|heading| heading.id.is_none()).filter_map(|heading| {
        let line = text[heading.range.clone()].lines().next()?.trim_end();
        let open = line.strip_suffix('}')?.rfind('{')?;
        let inner = &line[open + 1..line.len() - 1];
        let is_read = !line[..open].ends_with('\\') && !inner.contains(['}', '<', '>', '\\']);
        let says = |word: &&str| match word.strip_prefix(['#', '.']) {
            Some(name) => !name.is_empty(),
            None => word.contains('='),
        };
        let kept: Vec<&str> = inner.split_whitespace().filter(says).collect();
        if !is_read || kept.len() == inner.split_whitespace().count() && !kept.is_empty() {
            return None;
        }
        let start = heading.range.start + line[..open].trim_end().len();
        let with = if kept.is_empty() { String::new() } else { format!(" {{{}}}", kept.join(" ")) };
        Some(Edit::new(start..heading.range.start + line.len(), with))
    });
    let edits = edits.collect();
    looked.apply(edits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::typed::Typed;

    #[test]
    fn what_says_nothing_goes() {
        let made = |text: &str| settled(Looked::new(Typed::new(text, &"a.md".into(), 1)), Tool::Zola).text.text;
        assert_eq!(made("# A {# b}\n\nc\n"), "# A\n\nc\n");
        assert_eq!(made("# A {}\n"), "# A\n");
        assert_eq!(made("# A {x .wide}\n"), "# A {.wide}\n");
        for kept in ["# A {#b}\n", "# A \\{b}\n", "# `{b}`\n", "# A {b} c\n"] {
            assert_eq!(made(kept), kept);
        }
    }
}
