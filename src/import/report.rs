//! What became of a source, and what is left to a person.
//!
//! In: what readers and passes tell as they go. Out: a line for each kind of thing, with where it stands
//! first and how often it does, or all of it as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::typed::Place;
use crate::diagnostic::{count, quote};

/// What is told of a source, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The project needs a value that the source doesn't have.
    Decide,
    /// A link leads out of the source, or to a folder.
    Link,
    /// A name that can't be read or written.
    Name,
    /// An article whose front matter can't be read, or that is no UTF-8.
    Unread,
    /// A file that an include names and that isn't there, or lies outside.
    Include,
    /// A tag, shortcode or include of the other tool.
    Tag,
    /// A loop over pages.
    List,
    /// A class or attribute that only a theme knows what to do with.
    Class,
    /// A formula that isn't read here.
    Formula,
    /// An element that no browser knows.
    Element,
    /// Scripts, frames and forms in a text.
    Policy,
    /// A link that leads nowhere in the source.
    LinkTarget,
    /// Two pages at one address.
    Address,
    /// An earlier address that leads elsewhere.
    Alias,
    /// A file at an address that partwork writes itself.
    Taken,
    /// What the old site didn't publish, such as an article that its own list doesn't have, and what a repository says of
    /// itself.
    Unlisted,
    /// An article in another language that has no place.
    Language,
    /// An article in another language without an original.
    Alone,
    /// A redirect to what is no page of the site.
    Redirect,
    /// A setting without a counterpart.
    Setting,
    /// A template, style or script of the old theme.
    Theme,
}

impl Kind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Decide => "decide",
            Kind::Link => "link-outside",
            Kind::Name => "name",
            Kind::Unread => "unread",
            Kind::Include => "include",
            Kind::Tag => "tag",
            Kind::List => "list",
            Kind::Class => "class",
            Kind::Formula => "formula",
            Kind::Element => "element",
            Kind::Policy => "policy",
            Kind::LinkTarget => "broken-link",
            Kind::Address => "address",
            Kind::Alias => "alias",
            Kind::Taken => "taken",
            Kind::Unlisted => "unlisted",
            Kind::Language => "language",
            Kind::Alone => "without-original",
            Kind::Redirect => "redirect",
            Kind::Setting => "setting",
            Kind::Theme => "theme",
        }
    }

    /// What it is, and what was done or is to do about it.
    fn what(self) -> &'static str {
        match self {
            Kind::Decide => "to decide",
            Kind::Link => "links of the file system that lead out of the source or to a folder: not followed",
            Kind::Name => "names that aren't UTF-8, or no files: left out",
            Kind::Unread => "articles that can't be read, or are no Markdown: left out",
            Kind::Include => "includes of what isn't there, is hidden or lies outside the source: left as typed",
            Kind::Tag => "tags and shortcodes without a counterpart: left as typed, and shown so",
            Kind::List => "loops over pages: written out as the list that they make now",
            Kind::Class => "classes and attributes behind words, which a theme dressed them by: left out",
            Kind::Formula => "formulas that aren't read here: shown as they are typed",
            Kind::Element => "elements that no browser knows: left as typed; their words are shown",
            Kind::Policy => "articles that bring scripts, frames or forms: let in by `[policy]`, for you to look at",
            Kind::LinkTarget => "links that lead nowhere in the source either: left as typed, told as warnings",
            Kind::Address => "pages at the address of another: at one of their own now",
            Kind::Alias => "earlier addresses that another page has, or has had too: left out",
            Kind::Taken => "files at an address that partwork writes itself: left out",
            Kind::Unlisted => "files that the old site didn't publish, or that are about the repository: left out",
            Kind::Language => "translations that are drafts, or stand for a list or nothing: left out",
            Kind::Alone => "translations without an original: pages of their own",
            Kind::Redirect => "redirects to what is no page, or from an anchor: left out",
            Kind::Setting => "settings without a counterpart: left out",
            Kind::Theme => "templates, styles and scripts of the old theme: left out",
        }
    }
}

/// What became of a source.
#[derive(Debug, Default)]
pub struct Report {
    found: BTreeMap<(Kind, String), Vec<Place>>,
    /// What was made, a line each.
    pub made: Vec<String>,
}

impl Report {
    /// Adds a thing that stands somewhere; `what` is the form that several may share.
    pub fn tell(&mut self, kind: Kind, place: Place, what: &str) {
        self.found.entry((kind, what.to_string())).or_default().push(place);
    }

    /// Takes over what another one was told.
    pub fn add(&mut self, other: Report) {
        for (key, places) in other.found {
            self.found.entry(key).or_default().extend(places);
        }
        self.made.extend(other.made);
    }

    /// Whether a kind of thing was told.
    pub fn has(&self, kind: Kind) -> bool {
        self.found.keys().any(|(known, _)| *known == kind)
    }

    /// A line for each kind, and for all that is to decide.
    pub fn human(&self) -> String {
        let mut text = String::new();
        for line in &self.made {
            let _ = writeln!(text, "{line}");
        }
        let mut kinds: BTreeMap<Kind, Vec<(&str, &Vec<Place>)>> = BTreeMap::new();
        for ((kind, what), places) in &self.found {
            kinds.entry(*kind).or_default().push((what, places));
        }
        for (kind, forms) in kinds {
            if kind == Kind::Decide {
                for (what, places) in forms {
                    let place = places.first().map(shown).unwrap_or_default();
                    let _ = writeln!(text, "to decide: {what} ({place})");
                }
                continue;
            }
            let total: usize = forms.iter().map(|(_, places)| places.len()).sum();
            let _ = writeln!(text, "{total} × {}", kind.what());
            let mut forms = forms;
            forms.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
            /// Whoever wants all asks for JSON.
            const SHOWN: usize = 8;
            for (what, places) in forms.iter().take(SHOWN) {
                let more = match places.len() {
                    0 | 1 => String::new(),
                    many => format!(" and {} more", many - 1),
                };
                let place = places.first().map(shown).unwrap_or_default();
                if place == *what {
                    let _ = writeln!(text, "  {}{more}", quote(what));
                } else {
                    let _ = writeln!(text, "  {} {place}{more}", quote(what));
                }
            }
            if forms.len() > SHOWN {
                let rest = count(forms.len() - SHOWN, "other form");
                let _ = writeln!(text, "  and {rest}; `--format json` has them all");
            }
        }
        text
    }

    /// All of it.
    pub fn json(&self) -> Value {
        let found = self.found.iter().map(|((kind, what), places)| {
            let places: Vec<Value> = places
                .iter()
                .map(|place| match place.line {
                    0 => json!({ "file": &*place.file }),
                    line => json!({ "file": &*place.file, "line": line }),
                })
                .collect();
            json!({ "kind": kind.name(), "what": what, "places": places })
        });
        json!({ "version": 1, "made": self.made, "left": found.collect::<Vec<_>>() })
    }
}

fn shown(place: &Place) -> String {
    match place.line {
        0 => place.file.to_string(),
        line => format!("{}:{line}", place.file),
    }
}
