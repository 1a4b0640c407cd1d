//! The first sentence of an article, which stands for the description that its author didn't write.
//!
//! In: the tree of a text. Out: plain words, for machines alone: readers have the sentence itself before them.

use unicode_segmentation::UnicodeSegmentation;

use super::tree::{Kind, Node, Step, Tree};

/// More characters than these are cut.
const LONGEST: usize = 200;

/// The first sentence of the first paragraph that says something by itself: not in a list or a quote, and not by a
/// reference, whose words aren't known yet.
pub fn opening(tree: &Tree<'_>) -> Option<String> {
    let mut steps = tree.steps();
    while let Some(step) = steps.next() {
        let Step::Enter(node) = step else { continue };
        let words = if matches!(node.kind, Kind::Paragraph) { words(tree, node) } else { None };
        if let Some(sentence) = words.and_then(|words| sentence(&words)) {
            return Some(sentence);
        }
        steps.pass_over();
    }
    None
}

/// The words of a paragraph, without those that stand for a picture; nothing where a reference is among them.
fn words<'t>(tree: &Tree<'t>, paragraph: &Node<'t>) -> Option<String> {
    let mut text = String::new();
    let mut steps = tree.steps_within(paragraph);
    while let Some(step) = steps.next() {
        let Step::Enter(node) = step else { continue };
        match &node.kind {
            Kind::Link(_) if tree.text_of(node) == "#" => return None,
            Kind::Image(_) => steps.pass_over(),
            Kind::Text(words) | Kind::Code(words) | Kind::Url { text: words, .. } => text.push_str(words),
            Kind::Math(math) => text.push_str(&math.latex),
            Kind::SoftBreak | Kind::HardBreak => text.push(' '),
            Kind::Html(html) if html.breaks_line() => text.push(' '),
            _ => {}
        }
    }
    Some(text)
}

/// The first sentence of a text (Unicode Standard Annex 29), cut at a word where it is long.
fn sentence(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = text.split_sentence_bounds().next()?.trim();
    sentence.chars().any(char::is_alphanumeric).then(|| match sentence.char_indices().nth(LONGEST) {
        None => sentence.to_string(),
        Some((end, _)) => {
            let end = sentence[..end].rfind(' ').unwrap_or(end);
            format!("{}…", sentence[..end].trim_end_matches([',', ';', ':', '.']))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_ends_where_it_does() {
        for (text, first) in [
            ("One. Two.", Some("One.")),
            ("It costs 3.5 crowns, e.g. in\n Lund! Next", Some("It costs 3.5 crowns, e.g. in Lund!")),
            ("日本語です。次", Some("日本語です。")),
            (" … ", None),
            ("", None),
        ] {
            assert_eq!(sentence(text).as_deref(), first, "{text}");
        }
        let long = sentence(&"word, ".repeat(100)).expect("words");
        assert!(long.ends_with("word…") && long.chars().count() <= LONGEST + 1, "{long}");
    }
}
