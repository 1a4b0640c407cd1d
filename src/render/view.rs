//! Everything that a template can see: the theme's contract.
//!
//! Plain values, made from what `resolve` gave. A change to a name here is a breaking change for
//! every theme. Texts are plain and escaped by the template, except for fields that say *HTML*,
//! which were escaped where they were made and are marked as safe.
//!
//! Every template has `site` and `page`. Beside them: `home.html` has `series` (a list of
//! [`Series`]) and `content`; `series.html` has `series`; `part.html` has `series`, `part`, `index`
//! and `index_is_cut`, in a series too long to list whole; `page.html` has `content` and `toc`; `comparisons.html` has `series` and
//! `comparisons`; `glossary.html` has `series` and `terms`; `print.html` has `series`, `parts` (each
//! [`PrintPart`]) and `coming` (each [`Entry`]); `search.html` has no more; `tags.html` has `tags`; `tag.html` has
//! `tag`; `404.html` has no more. URLs are rooted (`/base/guide/`) unless they say *absolute*.
//!
//! Functions: `asset(path="theme.css")` gives the fingerprinted URL of a file of the theme's or
//! the project's `static/`, `integrity(path=…)` its `sha384-…` value; `say(key="soon")` gives a phrase
//! of `languages/<tag>.toml`, its `{values}` from further arguments, and `forms(key=…)` the forms of a
//! counted one by plural category. `emoji`, `url` and other
//! optional fields are absent, not empty, when there is nothing to say: test them with `{% if %}`.

use serde::Serialize;
use tera::Value;

/// `site`: what all pages share.
#[derive(Debug, Serialize)]
pub struct Site {
    pub title: String,
    pub description: String,
    /// BCP 47, for `<html lang>`.
    pub language: String,
    /// `ltr` or `rtl`, for `<html dir>`.
    pub direction: &'static str,
    /// URL of the home page.
    pub url: String,
    /// Absolute, ends with a slash.
    pub base_url: String,
    /// The series in the order of the home page, without their parts.
    pub series: Vec<SeriesLink>,
    /// Pages outside series that stand in the footer, by title.
    pub pages: Vec<Link>,
    /// The page of all tags; absent when no part has one.
    pub tags_url: Option<String>,
    /// The page of the search; absent when it is turned off or nothing is published.
    pub search_url: Option<String>,
    pub newsletter: Option<Newsletter>,
    pub discussion: Option<Discussion>,
    /// Whether drafts and soon parts are shown as if they were out.
    pub drafts: bool,
    /// `partwork` and its version.
    pub generator: String,
    /// The free values of `[extra]`.
    pub extra: Value,
}

/// `page`: the page at hand, for `<head>`.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The page's own title, without the site's.
    pub title: String,
    pub description: String,
    pub url: String,
    /// Absolute; the canonical address.
    pub permalink: String,
    /// `home`, `series`, `part`, `page`, `comparisons`, `glossary`, `print`, `tags`,
    /// `tag`, `search` or `404`.
    pub kind: &'static str,
    pub noindex: bool,
    #[serde(flatten)]
    pub meta: Meta,
    /// The free values of the article's `[extra]`, for parts and pages.
    pub extra: Value,
}

/// What `parts/meta.html` says of a page to machines: further fields of [`Page`].
#[derive(Debug, Serialize)]
pub struct Meta {
    /// Feeds to offer: those of the page's series first, then the site's.
    pub feeds: Vec<FeedLink>,
    /// The picture for links to the page; absent when none is made.
    pub card: Option<Card>,
    /// When a part was published, RFC 3339.
    pub published: Option<String>,
    /// When a part changed, RFC 3339; absent when it has not.
    pub modified: Option<String>,
    /// The series of a part.
    pub section: Option<String>,
    /// The tags of a part.
    pub tags: Vec<String>,
    /// *HTML*: JSON-LD for the text of a `script` element; absent when `noindex`.
    pub json_ld: Option<Value>,
}

#[derive(Debug, Serialize)]
pub struct FeedLink {
    pub title: String,
    pub url: String,
    /// `application/atom+xml` or `application/feed+json`.
    pub media: &'static str,
}

/// A social card.
#[derive(Debug, Serialize)]
pub struct Card {
    /// Absolute.
    pub url: String,
    /// In pixels.
    pub width: u32,
    pub height: u32,
    /// What it shows, in words.
    pub alt: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Link {
    pub title: String,
    pub url: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct SeriesLink {
    pub id: String,
    pub title: String,
    pub emoji: Option<String>,
    pub url: String,
    /// URL of its search index.
    pub search_url: Option<String>,
}

/// `series`: one series with its plan.
#[derive(Debug, Serialize)]
pub struct Series {
    pub id: String,
    pub title: String,
    pub description: String,
    pub emoji: Option<String>,
    pub category: Option<Category>,
    pub authors: Vec<Author>,
    pub url: String,
    /// `16 of 21 published`.
    pub tally: String,
    pub published: usize,
    pub total: usize,
    /// Minutes to read all published parts.
    pub minutes: usize,
    /// Whether the plan has tracks; without, `tracks` holds one without a title.
    pub has_tracks: bool,
    pub tracks: Vec<Track>,
    /// The first published part: where to begin.
    pub first: Option<Entry>,
    /// The published part with the latest date.
    pub latest: Option<Entry>,
    /// The first part of the plan that is soon.
    pub coming: Option<Entry>,
    /// The gallery; absent when no published part holds a comparison.
    pub comparisons_url: Option<String>,
    /// Absent without a `glossary.toml`.
    pub glossary_url: Option<String>,
    /// The whole series on one page; absent when nothing is published.
    pub print_url: Option<String>,
    /// The series as a book; absent when books are turned off or nothing is published.
    pub epub_url: Option<String>,
    pub extra: Value,
}

#[derive(Debug, Clone, Serialize)]
pub struct Category {
    pub name: String,
    pub emoji: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Author {
    pub id: String,
    pub name: String,
    pub url: Option<String>,
    /// URL of a picture.
    pub avatar: Option<String>,
    pub bio: Option<String>,
}

/// A track with the parts to show of it. In `index` of a long series the list is cut; `series.tracks`
/// is always whole.
#[derive(Debug, Clone, Serialize)]
pub struct Track {
    /// Counts from 1, for colours; 1 when there are no tracks.
    pub position: usize,
    pub id: String,
    pub title: Option<String>,
    pub description: Option<String>,
    pub parts: Vec<Entry>,
}

/// A part as lists show it: published or soon, never a draft.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    pub id: String,
    pub number: i64,
    /// `Part 12 of 21`.
    pub label: String,
    pub title: String,
    pub description: Option<String>,
    pub emoji: Option<String>,
    /// Absent when the part is soon.
    pub url: Option<String>,
    pub soon: bool,
    /// `2025-03-31`; absent when no date is known.
    pub date: Option<String>,
    /// The date in words: `March 31, 2025`.
    pub date_text: Option<String>,
    /// Minutes to read; absent when soon.
    pub minutes: Option<usize>,
    /// The title of its track.
    pub track: Option<String>,
    /// The position of its track, from 1.
    pub track_position: usize,
}

/// `part`: the part at hand, beside what [`Entry`] says of it (all of whose fields it has too).
#[derive(Debug, Serialize)]
pub struct Part {
    #[serde(flatten)]
    pub entry: Entry,
    /// The anchor of a first heading that repeated the title; the page's `h1` carries it.
    pub title_id: Option<String>,
    pub authors: Vec<Author>,
    pub updated: Option<String>,
    pub updated_text: Option<String>,
    pub tags: Vec<Link>,
    pub words: usize,
    /// *HTML*: the article.
    pub content: Value,
    pub toc: Vec<TocEntry>,
    pub previous: Option<Entry>,
    /// The nearest published part after this one.
    pub next: Option<Entry>,
    /// The teaser of the plan's next entry, published or soon; absent on the last part.
    pub next_up: Option<NextUp>,
    /// What to read first: the terms this part builds on, with the parts that teach them.
    pub needs: Vec<Need>,
    /// URL of the discussion's frame, keyed by the part's id; for `giscus` alone.
    pub discussion_frame: Option<String>,
    /// Whether the page exists because of `--drafts` alone.
    pub preview: bool,
}

/// A part on the page that holds the whole series.
#[derive(Debug, Serialize)]
pub struct PrintPart {
    pub entry: Entry,
    /// The id of its heading; all ids in its text begin with it.
    pub anchor: String,
    /// *HTML*: the article, its headings one level down, a number behind each link elsewhere.
    pub content: Value,
    /// *HTML*: the addresses behind those numbers.
    pub links: Vec<PrintLink>,
}

#[derive(Debug, Serialize)]
pub struct PrintLink {
    pub id: String,
    pub url: String,
}

#[derive(Debug, Serialize)]
pub struct NextUp {
    pub part: Entry,
    pub text: String,
}

/// Terms that one earlier part teaches.
#[derive(Debug, Serialize)]
pub struct Need {
    pub part: Entry,
    /// The names of the terms, from the glossary where it has them.
    pub terms: Vec<String>,
}

/// A heading of the article; `children` are the headings below it.
#[derive(Debug, Clone, Serialize)]
pub struct TocEntry {
    pub level: u8,
    pub id: String,
    pub title: String,
    pub children: Vec<TocEntry>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Newsletter {
    pub title: Option<String>,
    pub action: String,
    pub promise: Option<String>,
    /// What the service wants beside the address.
    pub hidden: Vec<HiddenField>,
    /// The name of the field that a person leaves empty.
    pub honeypot: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct HiddenField {
    pub name: String,
    pub value: String,
}

/// Where readers talk. `kind` is `link` or `giscus`; the latter's `url` is the repository's
/// discussions, and `part.discussion_frame` is what a page may place.
#[derive(Debug, Clone, Serialize)]
pub struct Discussion {
    pub kind: &'static str,
    pub url: String,
    pub label: Option<String>,
}

/// One comparison of the gallery.
#[derive(Debug, Serialize)]
pub struct GalleryEntry {
    pub id: String,
    pub title: String,
    /// *HTML*: the block as its component renders it.
    pub content: Value,
    /// The parts that use it.
    pub parts: Vec<Entry>,
}

/// A term of the glossary page.
#[derive(Debug, Serialize)]
pub struct Term {
    pub id: String,
    pub name: String,
    /// *HTML*: inline Markdown.
    pub definition: Value,
    /// The published part that teaches it.
    pub part: Entry,
}

/// A tag with the published parts that carry it, in the order of their series.
#[derive(Debug, Serialize)]
pub struct Tag {
    pub name: String,
    pub url: String,
    pub count: usize,
    pub series: Vec<TagSeries>,
}

#[derive(Debug, Serialize)]
pub struct TagSeries {
    pub series: SeriesLink,
    pub parts: Vec<Entry>,
}

/// Arguments of `blocks/comparison.html`, the component `comparison`.
#[derive(Debug, Serialize)]
pub struct Comparison {
    /// An id for the element, unique on the page.
    pub anchor: String,
    pub title: String,
    pub tagline: Option<String>,
    /// *HTML*, inline.
    pub lead: Option<Value>,
    /// *HTML*, inline.
    pub rule: Option<Value>,
    pub options: Vec<ComparisonOption>,
    /// The level of the block's heading, 2 to 6: one below the heading it stands under.
    pub level: u8,
}

#[derive(Debug, Serialize)]
pub struct ComparisonOption {
    pub name: String,
    pub emoji: Option<String>,
    pub fields: Vec<ComparisonField>,
}

#[derive(Debug, Serialize)]
pub struct ComparisonField {
    pub id: String,
    pub label: String,
    /// *HTML*, inline.
    pub value: Value,
    /// For a scaled field: where the value stands, from 1, and how many steps there are.
    pub step: Option<usize>,
    pub steps: Option<usize>,
}

/// Arguments of `blocks/figure.html`, the component `figure`.
#[derive(Debug, Serialize)]
pub struct Figure {
    pub src: String,
    pub alt: String,
    /// Pixels, when the image's own size is known; with `height`.
    pub width: Option<u32>,
    pub height: Option<u32>,
    /// *HTML*, inline.
    pub caption: Option<Value>,
    /// *HTML*: the SVG itself when it is placed in the page.
    pub svg: Option<Value>,
}

/// Arguments of `blocks/decision.html`, the component `decision`. Without JavaScript it reads as
/// an outline: each question names where its answers lead by anchors.
#[derive(Debug, Serialize)]
pub struct Decision {
    pub anchor: String,
    pub title: String,
    pub level: u8,
    /// The questions, from the first one on, each before the questions it leads to.
    pub questions: Vec<Question>,
    pub outcomes: Vec<Outcome>,
}

#[derive(Debug, Serialize)]
pub struct Question {
    /// The element's id, unique on the page.
    pub anchor: String,
    /// Counts from 1.
    pub number: usize,
    /// *HTML*, inline.
    pub ask: Value,
    pub yes: Answer,
    pub no: Answer,
}

/// Where an answer leads.
#[derive(Debug, Serialize)]
pub struct Answer {
    pub anchor: String,
    /// The number of a question, or absent for an outcome.
    pub question: Option<usize>,
    /// The title of an outcome, or absent for a question.
    pub outcome: Option<String>,
}

#[derive(Debug, Serialize)]
pub struct Outcome {
    pub anchor: String,
    pub title: String,
    /// *HTML*, inline.
    pub text: Option<Value>,
    /// Absent when the outcome has no link or its target is soon.
    pub url: Option<String>,
    /// The words of the link.
    pub link_text: Option<String>,
    /// Whether the link's target is a soon part.
    pub soon: bool,
}

/// Arguments of `blocks/quiz.html`, the component `quiz`.
#[derive(Debug, Serialize)]
pub struct Quiz {
    pub anchor: String,
    pub level: u8,
    pub questions: Vec<QuizQuestion>,
}

#[derive(Debug, Serialize)]
pub struct QuizQuestion {
    /// Counts from 1.
    pub number: usize,
    /// *HTML*, inline.
    pub ask: Value,
    /// *HTML*, inline, each.
    pub choices: Vec<Value>,
    /// Which choice is right, from 1.
    pub answer: usize,
    /// *HTML*, inline.
    pub why: Option<Value>,
}
