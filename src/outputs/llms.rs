//! `llms.txt` (<https://llmstxt.org>): the site in one file of Markdown, with a link to the twin of
//! each part.

use crate::generated::twin_address;
use crate::parse::inline::one_line;
use crate::series::State;
use crate::site::Site;

/// The text of the file: the site, its series in order, their published parts in order.
pub fn llms(site: &Site) -> String {
    let config = &site.config;
    let mut out = format!("# {}\n", one_line(&config.title));
    if !config.description.is_empty() {
        out.push_str(&format!("\n> {}\n", one_line(&config.description)));
    }
    for series in site.series.iter().filter(|series| series.published > 0) {
        out.push_str(&format!("\n## {}\n\n", one_line(&series.plan.title)));
        if !series.plan.description.is_empty() {
            out.push_str(&format!("{}\n\n", one_line(&series.plan.description)));
        }
        for part in series.parts.iter().filter(|part| part.state == State::Out) {
            let number = part.number.unwrap_or_default().to_string();
            let words = [("number", number), ("title", part.title.clone())];
            let title = site.words.say("part_title", &words).replace('[', "\\[").replace(']', "\\]");
            let url = config.base_url.absolute(&twin_address(part));
            out.push_str(&format!("- [{}]({url})", one_line(&title)));
            if let Some(description) = &part.description {
                out.push_str(&format!(": {}", one_line(description)));
            }
            out.push('\n');
        }
    }
    out
}
