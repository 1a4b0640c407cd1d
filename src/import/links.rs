//! Links of an article, on their way to the files of the project.
//!
//! In: a text whose own syntax is translated, and where each page and file has gone. Out: the text with links
//! as they are here. One that leads nowhere stays as typed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::aliases::Aliases;
use super::index::{Index, Target};
use super::model::{Found, Page};
use super::plan::Layout;
use super::report::{Kind, Report};
use super::source::{folder_of, resolve, way};
use super::typed::{Edit, Place, Typed};
use super::view::{FenceAt, Looked, View};
use crate::cli::Tool;
use crate::text::url::{encode, percent_decode};

/// How readers name a file of the source in a link, until links are made; no address begins so.
pub const SOURCE: &str = "partwork-source:";

/// Where everything has gone.
#[derive(Debug)]
pub struct Way<'a> {
    pub tool: Tool,
    pub found: &'a Found,
    pub index: &'a Index,
    pub layout: &'a Layout,
    /// The addresses of lists, by the pages that they were.
    pub lists: &'a BTreeMap<usize, String>,
    pub aliases: &'a Aliases,
}

/// A fragment of a page that is linked to.
#[derive(Debug)]
pub struct Wanted {
    pub page: usize,
    pub anchor: String,
    pub place: Place,
    pub typed: String,
}

/// Rewrites the links of a page; gives the anchors that they name.
pub fn rewrite(way: &Way<'_>, at: usize, looked: Looked, report: &mut Report) -> (Typed, Vec<Wanted>) {
    let Looked { text: typed, seen: View { links, fences, .. } } = looked;
    let mut edits = Vec::new();
    let mut wanted = Vec::new();
    let figures =
        fences.iter().filter(|fence| fence.info == "figure").filter_map(|fence| source_of(&typed.text, fence));
    let links: Vec<_> = links.into_iter().map(|link| (link.dest, link.range)).chain(figures).collect();
    // What a tag leads to stands in words too, as an address.
    for (at, _) in typed.text.match_indices(SOURCE) {
        let length = typed.text[at..].find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ')'));
        let range = at..length.map_or(typed.text.len(), |length| at + length);
        if links.iter().all(|(_, link)| !link.contains(&at)) {
            edits.extend(way.old_address(&typed.text[range.clone()]).map(|old| Edit::new(range, old)));
        }
    }
    for (dest, range) in links {
        let place = typed.place(range.start);
        match way.lead(at, &dest) {
            Lead::Kept => {}
            Lead::Anchor(anchor) => {
                wanted.push(Wanted { page: at, anchor, place, typed: dest });
            }
            Lead::To(link, page) => {
                if let Some((page, anchor)) = page {
                    let typed = dest.strip_prefix(SOURCE).unwrap_or(&dest).to_string();
                    wanted.push(Wanted { page, anchor, place, typed });
                }
                if link != dest {
                    edits.push(Edit::new(range, link));
                }
            }
            Lead::Nowhere => {
                let old = way.old_address(&dest);
                report.tell(Kind::LinkTarget, place, old.as_deref().unwrap_or(&dest));
                edits.extend(old.map(|old| Edit::new(range, old)));
            }
        }
    }
    (typed.apply(edits), wanted)
}

/// What a `figure` shows, and where that is typed.
fn source_of(text: &str, fence: &FenceAt) -> Option<(String, std::ops::Range<usize>)> {
    let code = &text[fence.code.clone()];
    let start = code.find("src = \"")? + "src = \"".len();
    let end = start + code[start..].find('"')?;
    Some((code[start..end].to_string(), fence.code.start + start..fence.code.start + end))
}

/// Where a link leads.
enum Lead {
    /// Elsewhere, or what it was.
    Kept,
    /// To a place of its own page.
    Anchor(String),
    /// Here, and perhaps to an anchor of a page.
    To(String, Option<(usize, String)>),
    Nowhere,
}

impl Way<'_> {
    /// A link of a page as it is here; nothing where it leads nowhere, or elsewhere.
    pub fn link(&self, at: usize, dest: &str) -> Option<String> {
        match self.lead(at, dest) {
            Lead::To(link, _) => Some(link),
            Lead::Kept | Lead::Anchor(_) | Lead::Nowhere => None,
        }
    }

    /// Where a link to a file of the source led that has no place here.
    fn old_address(&self, dest: &str) -> Option<String> {
        let (path, anchor) = dest.strip_prefix(SOURCE)?.split_once('#').unwrap_or((&dest[SOURCE.len()..], ""));
        let address = match self.index.source(&percent_decode(path)) {
            Some(Target::Page(page)) => encode(&self.found.pages[page].address),
            Some(Target::File(_)) | None => path.to_string(),
        };
        Some(if anchor.is_empty() { address } else { format!("{address}#{anchor}") })
    }

    /// What a link of a page means here.
    pub fn leads(&self, at: usize, dest: &str) -> Option<Target> {
        self.target(&self.found.pages[at], dest.split(['#', '?']).next().unwrap_or(dest))
    }

    fn lead(&self, at: usize, dest: &str) -> Lead {
        let page = &self.found.pages[at];
        let (path, fragment) = dest.split_once('#').map_or((dest, None), |(path, fragment)| (path, Some(fragment)));
        if path.is_empty() {
            let anchor = fragment.map(percent_decode).filter(|anchor| !anchor.is_empty());
            return anchor.map_or(Lead::Kept, Lead::Anchor);
        }
        let bare = path.split('?').next().unwrap_or(path);
        let Some(target) = self.target(page, bare) else {
            return if is_elsewhere(bare) { Lead::Kept } else { Lead::Nowhere };
        };
        let anchor = fragment.filter(|fragment| !fragment.is_empty());
        let to = match target {
            Target::Page(to) => Some(self.in_language(at, to)),
            Target::File(_) => None,
        };
        let link = match (target, to) {
            (Target::File(file), _) => self.layout.files[file].as_deref().map(|path| self.path(at, path)),
            (_, Some(to)) if to == at && fragment.is_some() => Some(String::new()),
            (_, Some(to)) => self.page(at, to, anchor.is_some()),
            (Target::Page(_), None) => None,
        };
        let Some(mut link) = link else {
            return to.and_then(|to| self.lists.get(&to)).map_or(Lead::Nowhere, |list| Lead::To(list.clone(), None));
        };
        if let Some(anchor) = anchor {
            link.push('#');
            link.push_str(anchor);
        }
        let wanted = to.zip(anchor.map(percent_decode));
        Lead::To(link, wanted)
    }

    /// A link from a page to a path of the project.
    fn path(&self, at: usize, path: &str) -> String {
        let here = self.layout.pages[at].as_ref().map(|place| place.path.as_str()).unwrap_or_default();
        match path.strip_prefix("static/") {
            Some(address) => format!("/{}", encode(address)),
            None => encode(&way(here, path)),
        }
    }

    /// The page that a link from a page means: of an original its translation, where the tool has it so. Zola alone
    /// goes by the letter.
    fn in_language(&self, at: usize, to: usize) -> usize {
        let language = self.found.pages[at].language.clone().filter(|_| self.tool != Tool::Zola);
        let translation = language.and_then(|tag| self.found.translations.get(&(to, tag)).copied());
        translation.filter(|translation| *translation != at && self.layout.pages[*translation].is_some()).unwrap_or(to)
    }

    /// A link from a page to another. The path of an original leads to its translation where there is one, so who means
    /// the original itself, or an anchor of it, has its address.
    fn page(&self, at: usize, to: usize, has_anchor: bool) -> Option<String> {
        let found = self.found;
        let place = self.layout.pages[to].as_ref()?;
        let (own, other) = (&found.pages[at].language, &found.pages[to].language);
        if own == other {
            let original = found.originals[to].and_then(|original| self.layout.pages[original].as_ref());
            return Some(self.path(at, &original.unwrap_or(place).path));
        }
        let translation = own.clone().and_then(|tag| found.translations.get(&(to, tag)).copied());
        let is_exact = other.is_none() && translation.is_some_and(|translation| has_anchor || translation == at);
        Some(if is_exact && !place.address.is_empty() { encode(&place.address) } else { self.path(at, &place.path) })
    }

    /// What a link of a page means in the source, or at the old site.
    fn target(&self, page: &Page, typed: &str) -> Option<Target> {
        let index = self.index;
        if let Some(path) = typed.strip_prefix(SOURCE) {
            return index.source(&percent_decode(path));
        }
        let path = percent_decode(typed);
        if let Some(base) = &self.found.site.base_url
            && let Some(address) = typed.strip_prefix(base.as_str())
        {
            return index.address(address);
        }
        if is_elsewhere(typed) {
            return None;
        }
        if let Some(path) = path.strip_prefix("@/").filter(|_| self.tool == Tool::Zola) {
            return index.source(&format!("content/{path}"));
        }
        if path.starts_with('/') {
            let (typed, path) = (&*clamped(typed), clamped(&path));
            let base = self.found.site.base_url.as_deref().and_then(|base| base.splitn(4, '/').nth(3)).unwrap_or("");
            let below = typed.trim_start_matches('/').strip_prefix(base).filter(|_| !base.is_empty());
            let found = below.and_then(|below| index.address(below)).or_else(|| index.address(typed));
            return found.or_else(|| index.source(path.trim_start_matches('/')));
        }
        let by_source = resolve(folder_of(&page.from), &path).and_then(|path| index.source(&path));
        by_source.or_else(|| {
            let folder = folder_of(page.address.trim_start_matches('/'));
            index.address(&resolve(folder, &path)?)
        })
    }
}

/// An address without the steps upwards that browsers take out of it.
fn clamped(path: &str) -> Cow<'_, str> {
    if !path.contains("/..") {
        return Cow::Borrowed(path);
    }
    let mut pieces: Vec<&str> = Vec::new();
    for piece in path.split('/').skip(1) {
        match piece {
            ".." => {
                pieces.pop();
            }
            piece => pieces.push(piece),
        }
    }
    Cow::Owned(format!("/{}", pieces.join("/")))
}

/// Whether an address leads out of the site.
fn is_elsewhere(typed: &str) -> bool {
    let scheme = typed.split_once(':').map(|(scheme, _)| scheme);
    typed.starts_with("//")
        || scheme.is_some_and(|scheme| {
            scheme.len() > 1
                && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
        })
}
