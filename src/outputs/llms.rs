//! `llms.txt` (<https://llmstxt.org>): the site in one file of Markdown, with a link to the twin of
//! each part and of its side pages.

use super::output::{OutputType, of_site, text};
use crate::parse::inline::one_line;
use crate::site::Site;
use crate::site::address::{self, Subject};
use crate::site::page::Page;
use crate::site::series::Chapter;
use crate::store::kind::Kind;
use crate::text::url::uri;

/// The file.
pub const OUTPUT: OutputType = OutputType {
    kind: Kind::Index,
    of: of_site,
    address: address::llms,
    make: |material, _, _| text(llms(material.site())),
    holds_texts: false,
};

/// The text of the file: the site, its series and its folders of posts, then for each of these the list of its
/// published parts in order. What stands under a second-level heading is a list of files and nothing else, or
/// readers of the format fail.
fn llms(site: &Site) -> String {
    let config = &site.config;
    let mut out = format!("# {}\n", one_line(&config.title));
    if !config.description.is_empty() {
        out.push_str(&format!("\n> {}\n", one_line(&config.description)));
    }
    let published = || site.folders().filter(|series| series.is_out());
    for (at, series) in published().enumerate() {
        out.push_str(if at == 0 { "\n" } else { "" });
        let url = config.base_url.absolute(&Page::Series(series.at).address(site));
        out.push_str(&entry(&series.plan.title, &url, &series.plan.description));
    }
    for series in published() {
        out.push_str(&format!("\n## {}\n\n", one_line(&series.plan.title)));
        for part in series.out() {
            let title = site.full_title(part);
            let url = |of: Subject| config.base_url.absolute(&address::twin(site, of));
            out.push_str(&entry(&title, &url(Subject::Part(part.at)), part.summary().unwrap_or_default()));
            for side in &part.sides {
                let (title, summary) = (format!("{title}: {}", side.title), Chapter::Side(side, part).summary());
                out.push_str(&entry(&title, &url(Subject::Side(side.at)), summary.unwrap_or_default()));
            }
        }
    }
    out
}

/// A line of a list of files. Its readers know no escaped brackets.
fn entry(title: &str, url: &str, description: &str) -> String {
    let title = one_line(title).replace('[', "(").replace(']', ")");
    let colon = if description.trim().is_empty() { "" } else { ": " };
    let url = uri(url).replace('(', "%28").replace(')', "%29");
    format!("- [{title}]({url}){colon}{}\n", one_line(description))
}
