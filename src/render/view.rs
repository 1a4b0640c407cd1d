//! Everything that a template can see: the theme's contract.
//!
//! Plain values, made from what `resolve` gave. A change to a name here is a breaking change for
//! every theme. Texts are plain and escaped by the template, except for fields that say *HTML*,
//! which were escaped where they were made and are marked as safe.
//!
//! Which template has which of them, and which functions, is in `contract.rs`. URLs are rooted
//! (`/base/guide/`) unless they say *absolute*. `emoji`, `url` and other optional fields are absent,
//! not empty, when there is nothing to say: test them with `{% if %}`.

use std::marker::PhantomData;

use serde::{Serialize, Serializer};
use tera::Value;

use crate::project::documented::documented;

/// What many pages show: made once, and in all their contexts the same value.
#[derive(Debug)]
pub struct Shared<T>(Value, PhantomData<T>);

impl<T: Serialize> From<&T> for Shared<T> {
    fn from(plain: &T) -> Self {
        Shared(Value::from_serializable(plain), PhantomData)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Shared(self.0.clone(), PhantomData)
    }
}

impl<T> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

documented! { VIEWS:
/// `site`: what all pages share.
#[derive(Debug, Serialize)]
pub struct Site {
    /// From `partwork.toml`.
    pub title: String,
    /// From `partwork.toml`; empty without one.
    pub description: String,
    /// BCP 47, for `<html lang>`.
    pub language: String,
    /// `ltr` or `rtl`, for `<html dir>`.
    pub direction: &'static str,
    /// 1234567.8 as the language writes it, for scripts.
    pub number: String,
    /// URL of the home page.
    pub url: String,
    /// URL of the home page of the originals, by which browsers keep what was read: the same in all languages.
    pub root_url: String,
    /// Absolute, ends with a slash.
    pub base_url: String,
    /// The series in the order of the home page, without their parts.
    pub series: Vec<SeriesLink>,
    /// The folders of posts, by name, without their posts.
    pub posts: Vec<SeriesLink>,
    /// Pages outside series that stand in the footer, by title.
    pub pages: Vec<Link>,
    /// The page of all tags; absent when no part has one.
    pub tags_url: Option<String>,
    /// The page of the search; absent when it is turned off or nothing is published.
    pub search_url: Option<String>,
    /// Absent unless there is a `[newsletter]`.
    pub newsletter: Option<Newsletter>,
    /// Absent unless there is a `[discussion]`.
    pub discussion: Option<Discussion>,
    /// Style sheets of the project's own, by their paths below `static/`.
    pub styles: Vec<String>,
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
    /// The page's, else the site's.
    pub description: String,
    /// Where it stands.
    pub url: String,
    /// Absolute; the canonical address, which is elsewhere where the words were first published there.
    pub permalink: String,
    /// `home`, `series`, `part`, `side`, `posts`, `post`, `page`, `comparisons`, `glossary`, `print`, `tags`,
    /// `tag`, `search` or `404`.
    pub kind: &'static str,
    /// Whether search engines are to leave it out.
    pub noindex: bool,
    /// The languages of the site, the original's first; empty where it has no other.
    pub languages: Vec<LanguageLink>,
    /// Whether its original, in the first of the languages, says something else than when this was translated.
    pub is_behind: bool,
    #[serde(flatten)]
    pub meta: Meta,
    /// The free values of the article's `[extra]`, for parts, side pages, posts and pages.
    pub extra: Value,
}

/// What `parts/meta.html` says of a page to machines: further fields of [`Page`].
#[derive(Debug, Serialize)]
pub struct Meta {
    /// Feeds to offer: those of the page's series first, if it has any, then the site's.
    pub feeds: Vec<FeedLink>,
    /// The page in each language that has it, itself among them, and the original once more as `x-default`; empty
    /// where there is no other.
    pub alternates: Vec<Alternate>,
    /// Its language as Open Graph has it, `sv_SE`; absent where the site has no other.
    pub locale: Option<String>,
    /// Those of the same page in other languages.
    pub other_locales: Vec<String>,
    /// The picture for links to the page; absent when none is made.
    pub card: Option<Card>,
    /// When a part, a side page or a post was published, RFC 3339.
    pub published: Option<String>,
    /// When it changed, RFC 3339; absent when it has not.
    pub modified: Option<String>,
    /// The series of a part or a side page, the folder of a post.
    pub section: Option<String>,
    /// The tags of a part or a post.
    pub tags: Vec<String>,
    /// *HTML*: JSON-LD for the text of a `script` element; absent when `noindex`.
    pub json_ld: Option<Value>,
}

#[derive(Debug, Serialize)]
pub struct FeedLink {
    /// What it is called.
    pub title: String,
    /// Where it stands.
    pub url: String,
    /// `application/atom+xml` or `application/feed+json`.
    pub media: &'static str,
}

/// A language of the site, as every page offers it.
#[derive(Debug, Serialize)]
pub struct LanguageLink {
    /// A BCP 47 tag.
    pub tag: String,
    /// What its readers call it.
    pub name: String,
    /// `ltr` or `rtl`.
    pub direction: &'static str,
    /// The page in that language; where it isn't there, that of its series, or the home page.
    pub url: String,
    /// Whether the page at hand is in it.
    pub is_current: bool,
    /// Whether the link leads to the same page.
    pub is_same: bool,
    /// How much of the series, or of the site, it has, in its own words: `3 of 21 in Swedish`.
    pub tally: Option<String>,
    /// In its own words, that an address isn't there: a title, and a sentence more.
    pub not_found: String,
    /// The sentence.
    pub not_found_lede: String,
}

/// The same page in a language.
#[derive(Debug, Serialize)]
pub struct Alternate {
    /// A BCP 47 tag, or `x-default`.
    pub hreflang: String,
    /// Absolute.
    pub url: String,
}

/// A social card.
#[derive(Debug, Serialize)]
pub struct Card {
    /// Absolute.
    pub url: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// What it shows, in words.
    pub alt: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Link {
    /// Its words.
    pub title: String,
    /// Where it leads.
    pub url: String,
}

/// A series, or a folder of posts, as the site's lists have it.
#[derive(Debug, Clone, Serialize)]
pub struct SeriesLink {
    /// Its folder.
    pub id: String,
    /// From its plan.
    pub title: String,
    /// A sign that stands for it.
    pub emoji: Option<String>,
    /// Its page.
    pub url: String,
    /// Whether nothing of it is out.
    pub soon: bool,
    /// URL of its search index.
    pub search_url: Option<String>,
    /// Its glossary; absent without a `glossary.toml`, and for posts.
    pub glossary_url: Option<String>,
    /// The whole series on one page; absent when nothing is published, and for posts.
    pub print_url: Option<String>,
}

/// `series`: one series with its plan.
#[derive(Debug, Serialize)]
pub struct Series {
    /// Its folder.
    pub id: String,
    /// What the progress of readers knows it by: the first id that it had.
    pub known_as: String,
    /// From its plan.
    pub title: String,
    /// From its plan; empty without one.
    pub description: String,
    /// A sign that stands for it.
    pub emoji: Option<String>,
    /// Absent when it has none.
    pub category: Option<Category>,
    /// Who wrote it.
    pub authors: Vec<Author>,
    /// Its page.
    pub url: String,
    /// What its parts are called.
    pub label: Label,
    /// Whether nothing of it is out.
    pub soon: bool,
    /// `16 of 21 published`.
    pub tally: String,
    /// How many of the parts that count are out.
    pub published: usize,
    /// How many parts count: those that have a number, or all where none has; drafts left out.
    pub total: usize,
    /// How many parts its lists have: those that are out or soon, with and without a number.
    pub listed: usize,
    /// Minutes to read all published parts.
    pub minutes: usize,
    /// The same in hours, from two on.
    pub hours: Option<usize>,
    /// Whether the plan has tracks; without, `tracks` holds one without a title.
    pub has_tracks: bool,
    /// The plan.
    pub tracks: Vec<Track>,
    /// The first published part: where to begin.
    pub first: Option<Shared<Entry>>,
    /// The published part with the latest date; absent where none has one.
    pub latest: Option<Shared<Entry>>,
    /// The first part of the plan that is soon.
    pub coming: Option<Shared<Entry>>,
    /// The gallery; absent when no published part holds a comparison.
    pub comparisons_url: Option<String>,
    /// Absent without a `glossary.toml`.
    pub glossary_url: Option<String>,
    /// What changes in its program from part to part; absent when no published part changes one.
    pub code_url: Option<String>,
    /// The list of its sources; absent without a `sources.bib`.
    pub sources_url: Option<String>,
    /// The whole series on one page; absent when nothing is published.
    pub print_url: Option<String>,
    /// The series as a book; absent when books are turned off or nothing is published.
    pub epub_url: Option<String>,
    /// The free values of the plan's `[extra]`.
    pub extra: Value,
}

/// What the parts of a series are called, for phrases about them.
#[derive(Debug, Clone, Serialize)]
pub struct Label {
    /// `Part`, `Lecture`.
    pub part: String,
    /// `Parts`, `Lectures`.
    pub parts: String,
}

/// `posts`: a folder of posts, without the posts.
#[derive(Debug, Serialize)]
pub struct Posts {
    /// Its folder.
    pub id: String,
    /// From its `posts.toml`.
    pub title: String,
    /// From its `posts.toml`; empty without one.
    pub description: String,
    /// Absent when it has none.
    pub category: Option<Category>,
    /// Who writes it.
    pub authors: Vec<Author>,
    /// Its page, which lists the newest.
    pub url: String,
    /// Its Atom feed.
    pub feed_url: String,
    /// How many posts are out.
    pub count: usize,
    /// The free values of its `[extra]`.
    pub extra: Value,
}

/// Which page of a list of posts is at hand.
#[derive(Debug, Serialize)]
pub struct Pager {
    /// From 1, where the newest are.
    pub number: usize,
    /// How many pages the list has.
    pub pages: usize,
    /// URL of the page before, with newer posts; absent on the first.
    pub newer: Option<String>,
    /// URL of the page after, with older posts; absent on the last.
    pub older: Option<String>,
}

/// The newest posts of a folder, as the home page shows them.
#[derive(Debug, Serialize)]
pub struct Newest {
    /// The folder.
    pub posts: Posts,
    /// Five at most.
    pub entries: Vec<Shared<Entry>>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Category {
    /// What readers see.
    pub name: String,
    /// A sign that stands before the name.
    pub emoji: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Author {
    /// The name in `partwork.toml`.
    pub id: String,
    /// What readers see.
    pub name: String,
    /// The author's own page.
    pub url: Option<String>,
    /// URL of a picture.
    pub avatar: Option<String>,
    /// A sentence or two, in plain text.
    pub bio: Option<String>,
}

/// A track with the parts to show of it. In `index` of a long series the list is cut; `series.tracks`
/// is always whole.
#[derive(Debug, Clone, Serialize)]
pub struct Track {
    /// Counts from 1, for colors; 1 when there are no tracks.
    pub position: usize,
    /// Unique in the series.
    pub id: String,
    /// Absent when the plan has no tracks.
    pub title: Option<String>,
    /// From the plan.
    pub description: Option<String>,
    /// How many parts of it are out or soon, also where the list is cut.
    pub count: usize,
    /// How many twelfths of the series those are, from 1 to 12.
    pub share: usize,
    /// Those that are out or soon, in order.
    pub parts: Vec<Shared<Entry>>,
}

/// A part or a post as lists show it: published or soon, never a draft; a post is always published.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    /// Permanent, unique in the series.
    pub id: String,
    /// What the progress of readers knows it by: the first id that it had, after its series and
    /// a slash where that was another.
    pub known_as: String,
    /// The place in the plan; absent for a part without one, such as a preface, and for posts.
    pub number: Option<i64>,
    /// `Part 12`; absent for a part without a number.
    pub name: Option<String>,
    /// `Part 12 of 21`; the title of a part without a number.
    pub label: String,
    /// `Part 12, RAG`; the title alone of a part without a number.
    pub full_title: String,
    /// Of the article, else of the plan.
    pub title: String,
    /// One sentence.
    pub description: Option<String>,
    /// A sign that stands for it.
    pub emoji: Option<String>,
    /// Absent when the part is soon. A part that isn't translated leads to its original.
    pub url: Option<String>,
    /// Whether it is announced and not out.
    pub soon: bool,
    /// The language of what the link leads to, a BCP 47 tag, where it is the original's and not the page's.
    pub hreflang: Option<String>,
    /// What readers of that language call it.
    pub language: Option<String>,
    /// The language of title and description, where that is the original's and not the page's.
    pub lang: Option<String>,
    /// `2025-03-31`; absent when no date is known.
    pub date: Option<String>,
    /// The date in words: `March 31, 2025`.
    pub date_text: Option<String>,
    /// Minutes to read; absent when soon.
    pub minutes: Option<usize>,
    /// How many twelfths of the series' longest part that is, from 1 to 12; absent when soon.
    pub height: Option<usize>,
    /// The title of its track.
    pub track: Option<String>,
    /// The position of its track, from 1.
    pub track_position: usize,
}

/// `part` or `post`: the part or the post at hand, beside what [`Entry`] says of it (all of whose fields it has too).
#[derive(Debug, Serialize)]
pub struct Part {
    /// What lists show.
    #[serde(flatten)]
    pub entry: Entry,
    /// The anchor of a first heading that repeated the title; the page's `h1` carries it.
    pub title_id: Option<String>,
    /// Who wrote it, else who wrote the series.
    pub authors: Vec<Author>,
    /// The names of who translated it; empty for an original.
    pub translators: Vec<String>,
    /// The day of the last change: `2025-04-02`; absent when it was never changed.
    pub updated: Option<String>,
    /// That day in words.
    pub updated_text: Option<String>,
    /// With the page of each.
    pub tags: Vec<Link>,
    /// How long the article is.
    pub words: usize,
    /// *HTML*: the article.
    pub content: Value,
    /// Its headings.
    pub toc: Vec<TocEntry>,
    /// Its side pages, by the names of their files.
    pub sides: Vec<SideLink>,
    /// The nearest published part before this one; of a post, the one that came out before it.
    pub previous: Option<Shared<Entry>>,
    /// The nearest published part after this one; of a post, the one that came out after it.
    pub next: Option<Shared<Entry>>,
    /// The teaser of the plan's next entry, published or soon; absent on the last part and on posts.
    pub next_up: Option<NextUp>,
    /// What to read first: the terms this part builds on, with the parts that teach them.
    pub needs: Vec<Need>,
    /// URL of the discussion's frame, keyed by the part's id; for `giscus` alone.
    pub discussion_frame: Option<String>,
    /// The program of the series, where the part changes it.
    pub program: Option<Program>,
    /// Whether the page exists because of `--drafts` alone.
    pub preview: bool,
    /// The free values of the article's `[extra]`.
    pub extra: Value,
}

/// The program of a series as of a part.
#[derive(Debug, Serialize)]
pub struct Program {
    /// A ZIP archive of all of it.
    pub archive_url: String,
    /// Where the page of changes tells what the part changes in it.
    pub changes_url: String,
}

/// A published part that changes the program, on the page of changes.
#[derive(Debug, Serialize)]
pub struct ProgramState {
    /// The part.
    pub part: Shared<Entry>,
    /// A ZIP archive of the whole program as of the part.
    pub archive_url: String,
    /// What it changes since the published part before, by path.
    pub changes: Vec<ProgramChange>,
}

/// A file of the program that a part changes.
#[derive(Debug, Serialize)]
pub struct ProgramChange {
    /// Its path, and before that what it was called: `a.py → b.py`.
    pub path: String,
    /// `added`, `changed`, `removed` or `renamed`.
    pub how: &'static str,
    /// The same in the site's language.
    pub what: String,
    /// How much changed, in figures: `+12 -3`, or for what is no text its size, `1024 B → 2048 B`.
    pub amount: String,
}

/// A side page as lists show it: a further article of a part, such as its exercises.
#[derive(Debug, Clone, Serialize)]
pub struct SideLink {
    /// The name of its file, unique in its part.
    pub id: String,
    /// Its own.
    pub title: String,
    /// One sentence.
    pub description: Option<String>,
    /// Its page.
    pub url: String,
    /// The language of its page, where that is the original's, in a translation; so `language` for readers.
    pub hreflang: Option<String>,
    /// What readers call that language.
    pub language: Option<String>,
    /// Minutes to read.
    pub minutes: usize,
}

/// `side`: the side page at hand, beside what [`SideLink`] says of it (all of whose fields it has too).
#[derive(Debug, Serialize)]
pub struct Side {
    /// What lists show.
    #[serde(flatten)]
    pub link: SideLink,
    /// The anchor of a first heading that repeated the title; the page's `h1` carries it.
    pub title_id: Option<String>,
    /// Who wrote it, else who wrote the part.
    pub authors: Vec<Author>,
    /// `2025-03-31`; absent when it says none, and in a series without dates.
    pub date: Option<String>,
    /// The date in words: `March 31, 2025`.
    pub date_text: Option<String>,
    /// The day of the last change: `2025-04-02`; absent when it was never changed.
    pub updated: Option<String>,
    /// That day in words.
    pub updated_text: Option<String>,
    /// How long the article is.
    pub words: usize,
    /// *HTML*: the article.
    pub content: Value,
    /// Its headings.
    pub toc: Vec<TocEntry>,
    /// Whether the page exists because of `--drafts` alone.
    pub preview: bool,
    /// The free values of the article's `[extra]`.
    pub extra: Value,
}

/// A part on the page that holds the whole series.
#[derive(Debug, Serialize)]
pub struct PrintPart {
    /// What lists show.
    pub entry: Shared<Entry>,
    /// Its text.
    #[serde(flatten)]
    pub text: PrintText,
    /// Its side pages.
    pub sides: Vec<PrintSide>,
}

/// A side page on the page that holds the whole series.
#[derive(Debug, Serialize)]
pub struct PrintSide {
    /// Its own.
    pub title: String,
    /// One sentence.
    pub description: Option<String>,
    /// Its text.
    #[serde(flatten)]
    pub text: PrintText,
}

/// A text on the page that holds the whole series.
#[derive(Debug, Clone, Serialize)]
pub struct PrintText {
    /// The id of its heading; all ids in its text begin with it.
    pub anchor: String,
    /// *HTML*: the article, its headings moved down, a number behind each link elsewhere.
    pub content: Value,
    /// *HTML*: the list of the addresses behind those numbers; empty without any.
    pub notes: Value,
    /// The same addresses one by one, for a template of the project's own.
    pub links: Vec<PrintLink>,
}

#[derive(Debug, Clone, Serialize)]
pub struct PrintLink {
    /// The id of its line, which its number links to.
    pub id: String,
    /// Where it leads.
    pub url: String,
}

#[derive(Debug, Serialize)]
pub struct NextUp {
    /// The next entry of the plan.
    pub part: Shared<Entry>,
    /// The author's words about it.
    pub text: String,
}

/// Terms that one earlier part teaches.
#[derive(Debug, Serialize)]
pub struct Need {
    /// Where to read of them.
    pub part: Shared<Entry>,
    /// The names of the terms, from the glossary where it has them.
    pub terms: Vec<String>,
}

/// A heading of the article; `children` are the headings below it.
#[derive(Debug, Clone, Serialize)]
pub struct TocEntry {
    /// 2 to 6.
    pub level: u8,
    /// Its anchor.
    pub id: String,
    /// Its words.
    pub title: String,
    /// The headings below it.
    pub children: Vec<TocEntry>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Newsletter {
    /// The heading above the form.
    pub title: Option<String>,
    /// Where the form posts.
    pub action: String,
    /// The line under the form.
    pub promise: Option<String>,
    /// What the service wants beside the address.
    pub hidden: Vec<HiddenField>,
    /// The name of the field that a person leaves empty.
    pub honeypot: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub struct HiddenField {
    /// Of the field.
    pub name: String,
    /// Of the field.
    pub value: String,
}

/// Where readers talk. `kind` is `link` or `giscus`; the latter's `url` is the repository's
/// discussions, and `part.discussion_frame` is what a page may place.
#[derive(Debug, Clone, Serialize)]
pub struct Discussion {
    /// `link` or `giscus`.
    pub kind: &'static str,
    /// Where it is.
    pub url: String,
    /// The words of the link.
    pub label: Option<String>,
}

/// One comparison of the gallery.
#[derive(Debug, Serialize)]
pub struct GalleryEntry {
    /// Its anchor.
    pub id: String,
    /// What it compares.
    pub title: String,
    /// *HTML*: the block as its component renders it.
    pub content: Value,
    /// The parts that use it.
    pub parts: Vec<Shared<Entry>>,
}

/// A term of the glossary page.
#[derive(Debug, Clone, Serialize)]
pub struct Term {
    /// Its anchor.
    pub id: String,
    /// What readers see.
    pub name: String,
    /// *HTML*: inline Markdown.
    pub definition: Value,
    /// The published part that teaches it.
    pub part: Entry,
}

/// A source of the list of a series.
#[derive(Debug, Serialize)]
pub struct Source {
    /// Its anchor.
    pub id: String,
    /// *HTML*: names, year, title, where it appeared, and a link to it.
    pub content: Value,
    /// The published parts that cite it, themselves or on a side page.
    pub parts: Vec<Shared<Entry>>,
}

/// A tag with the published parts and posts that carry it, in the order of their series and folders.
#[derive(Debug, Serialize)]
pub struct Tag {
    /// As the articles write it.
    pub name: String,
    /// Its page.
    pub url: String,
    /// How many parts and posts carry it.
    pub count: usize,
    /// What the parts are called: by the word of their series, or the language's where they are of several.
    pub label: Label,
    /// How many of them are posts.
    pub posts: usize,
    /// The parts by series, then the posts by folder.
    pub series: Vec<TagSeries>,
}

#[derive(Debug, Serialize)]
pub struct TagSeries {
    /// The series, or the folder of posts.
    pub series: Shared<SeriesLink>,
    /// Whether it is a folder of posts.
    pub is_posts: bool,
    /// Its parts, or its posts.
    pub parts: Vec<Shared<Entry>>,
}

}
