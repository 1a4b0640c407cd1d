//! A project in one text: a head, then each file under a line `-- path --`.

/// The head and the files.
pub fn split(text: &str) -> (&str, Vec<(&str, &str)>) {
    let marker = |line: &str| line.strip_prefix("-- ").and_then(|line| line.trim_end().strip_suffix(" --")).is_some();
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if marker(line) {
            starts.push((at, at + line.len()));
        }
        at += line.len();
    }
    let head = &text[..starts.first().map_or(text.len(), |(start, _)| *start)];
    let files = starts
        .iter()
        .enumerate()
        .map(|(index, (start, content))| {
            let end = starts.get(index + 1).map_or(text.len(), |(next, _)| *next);
            let name = text[*start..*content].trim().trim_start_matches("-- ").trim_end_matches(" --");
            (name, &text[*content..end])
        })
        .collect();
    (head, files)
}
