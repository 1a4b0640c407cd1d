//! Writing Markdown.

/// Plain text as Markdown that means the same, on one line.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '|') {
            out.push('\\');
        }
        out.push(if c == '\n' { ' ' } else { c });
    }
    out
}

/// Markdown in a cell of a table.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace("\\\\|", "\\|")
}

/// An address as it stands between the parentheses of a link.
pub fn destination(url: String) -> String {
    if url.contains(['(', ')', ' ', '<', '>']) { format!("<{url}>") } else { url }
}
