//! Links on paper: their addresses as notes.
//!
//! In: an article's HTML. Out: the HTML with a number behind each link to another site, and the
//! addresses in the order of their numbers; the same address twice has one number. Links within
//! the site are left alone: what they lead to is most often on the same paper.

use super::style::escape;

/// Numbers the links of a part. `label` gives the words that a screen reader says for a number.
pub fn number_links(html: &str, anchor: &str, label: impl Fn(usize) -> String) -> (String, Vec<String>) {
    let mut out = String::with_capacity(html.len() + html.len() / 16);
    let mut addresses: Vec<String> = Vec::new();
    let mut open = None;
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        let tag = &rest[at..end];
        out.push_str(&rest[..end]);
        rest = &rest[end..];
        if tag.starts_with("<a ") {
            open = address(tag).filter(|url| url.starts_with("http://") || url.starts_with("https://"));
        } else if tag == "</a>"
            && let Some(url) = open.take()
        {
            let number = addresses.iter().position(|known| *known == url).unwrap_or_else(|| {
                addresses.push(url.to_string());
                addresses.len() - 1
            }) + 1;
            let mut words = String::new();
            escape(&mut words, &label(number));
            out.push_str(&format!(
                "<sup class=\"link-note\"><a href=\"#{anchor}-link-{number}\" aria-label=\"{words}\">{number}</a></sup>"
            ));
        }
    }
    out.push_str(rest);
    (out, addresses)
}

/// The `href` of a tag that our own writer wrote, still escaped.
fn address(tag: &str) -> Option<&str> {
    let start = tag.find("href=\"")? + 6;
    let end = tag[start..].find('"')?;
    Some(&tag[start..start + end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_elsewhere_are_numbered_once() {
        let html = r##"<p><a href="https://a.example/?x&amp;y">A</a>, <a href="#here">here</a>, <a href="https://a.example/?x&amp;y">again</a></p>"##;
        let (numbered, addresses) = number_links(html, "p", |n| format!("Link {n}"));
        assert_eq!(addresses, ["https://a.example/?x&amp;y"]);
        assert_eq!(numbered.matches("#p-link-1").count(), 2);
        assert!(numbered.contains("<a href=\"#here\">here</a>,"));
    }
}
