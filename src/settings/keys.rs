//! Every key that an author can write, with its kind and what it means.
//!
//! One list for three readers: [`Fields`](crate::settings::data::Fields) lets a decoder ask for nothing that
//! isn't declared here and complains of what it never asks for, `schema` prints it for editors, and
//! the manual's tables are made of it. What a kind can't say (that an id is taught, that a scale
//! has a step) is checked by the decoders alone.

/// The keys of one kind of table.
#[derive(Debug)]
pub struct Shape {
    /// What the table is, for messages: "the front matter".
    pub what: &'static str,
    pub keys: &'static [Key],
    /// What keys of the author's own choice hold; none are allowed otherwise.
    pub others: Option<Kind>,
    /// Exactly one of these keys has to be there.
    pub either: &'static [&'static str],
    /// Keys that other programs or other files read there, for the remedy; the first list that has one counts.
    pub foreign: &'static [&'static [Foreign]],
}

/// A key that other programs read in the front matter of an article.
#[derive(Debug)]
pub struct Foreign {
    /// Its names, whatever their case and with or without `-` and `_`.
    pub names: &'static [&'static str],
    /// The key that says it here, if one does.
    pub here: Option<&'static str>,
    /// For a flag that becomes a `status`: what it says of an article that is out.
    pub published: bool,
    /// What else there is to know, as the end of a sentence; without `here`, why it can go.
    pub more: &'static str,
}

/// A key.
#[derive(Debug)]
pub struct Key {
    pub name: &'static str,
    pub kind: Kind,
    pub required: bool,
    /// What it means and what is meant without it, in Markdown.
    pub doc: &'static str,
}

/// What a value can be.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Text,
    /// Inline Markdown.
    Inline,
    /// A permanent name: see [`id_problem`](crate::text::source::id_problem).
    Id,
    /// An absolute address.
    Url,
    /// An address of this site, from its first `/` on.
    Alias,
    /// The whole address of a page of this site.
    Permalink,
    /// A date or an instant of RFC 3339, not in quotes.
    Date,
    Bool,
    /// A whole number, from and to.
    Integer(i64, i64),
    Choice(&'static [&'static str]),
    /// A list with at least so many items.
    List(&'static Kind, usize),
    Table(&'static Shape),
    /// Values by ids of the author's choice.
    Named(&'static Kind),
    /// One kind or the other.
    Either(&'static Kind, &'static Kind),
    /// Tables that differ by the value of one key; without that key it is the first of them, if
    /// the key is not required.
    Variants(&'static str, &'static [(&'static str, &'static Shape)]),
    /// Anything: templates get it as it is.
    Free,
}

impl Shape {
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

pub const fn shape(what: &'static str, keys: &'static [Key]) -> Shape {
    Shape { what, keys, others: None, either: &[], foreign: &[] }
}

pub const fn required(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: true, doc }
}

pub const fn optional(name: &'static str, kind: Kind, doc: &'static str) -> Key {
    Key { name, kind, required: false, doc }
}

const TEXTS: Kind = Kind::List(&Kind::Text, 0);
const IDS: Kind = Kind::List(&Kind::Id, 0);
const ALLOW: Key = optional("allow", TEXTS, "Codes of warnings that are not told, such as `foreign-syntax`.");
const EXTRA: Key = optional("extra", Kind::Table(&FREE), "Values of your own, for templates.");

/// `[extra]`.
pub const FREE: Shape = Shape { others: Some(Kind::Free), ..shape("`[extra]`", &[]) };

/// `partwork.toml`.
pub const SITE: Shape = shape(
    "`partwork.toml`",
    &[
        required(
            "base_url",
            Kind::Url,
            "Where the site stands, such as `https://example.org/`; it may have a path. Every URL honors it.",
        ),
        required("title", Kind::Text, "The site's title."),
        optional("description", Kind::Text, "What the site is about, for its home page, search engines and feeds."),
        optional("language", Kind::Text, "The language of the site, a BCP 47 tag such as `pt-BR`; `en` without it."),
        optional(
            "timezone",
            Kind::Text,
            "An IANA time zone, such as `Europe/Stockholm`, in which dates begin; `UTC` without it, never the machine's.",
        ),
        optional("series", TEXTS, "The series in the order of the home page, by id; the rest follow by name."),
        optional("authors", Kind::List(&Kind::Table(&AUTHOR), 0), "The people that series and parts name by id."),
        optional("categories", Kind::List(&Kind::Table(&CATEGORY), 0), "The categories that series name by id."),
        optional(
            "tags",
            Kind::Named(&Kind::Table(&TAG)),
            "Tags with a name or an address of their own, by ids that parts may use in place of the name.",
        ),
        optional(
            "boxes",
            Kind::Named(&Kind::Table(&BOX)),
            "Kinds of boxes of your own, `> [!KIND]` in an article, by the word between `[!` and `]`; or what GitHub's are called and look like.",
        ),
        optional(
            "languages",
            Kind::Named(&Kind::Table(&TRANSLATED_SITE)),
            "The languages that there are translations into, by their BCP 47 tags; an empty table is enough.",
        ),
        optional("newsletter", NEWSLETTER, "A form to subscribe, on each part; absent without it."),
        optional("discussion", DISCUSSION, "Where readers talk about a part; absent without it."),
        optional("build", Kind::Table(&BUILD), "Where the site is written."),
        optional("hosts", Kind::Table(&HOSTS), "What hosts are told."),
        optional(
            "copies",
            Kind::Named(&Kind::Text),
            "Files at a second address: `\"/old.png\" = \"images/new.png\"`, by paths below `content/` or, from a `/` on, by addresses of this site.",
        ),
        optional("policy", Kind::Table(&POLICY), "What pages may load beyond what is seen in them."),
        optional("links", Kind::Table(&LINKS), "What a broken link is, and which links are not checked."),
        optional("markdown", Kind::Table(&MARKDOWN), "How Markdown is read."),
        optional("check", Kind::Table(&CHECK), "Which warnings are not told."),
        optional("highlight", Kind::Table(&HIGHLIGHT), "Colors of code."),
        optional("search", Kind::Table(&SEARCH), "The search over all published parts."),
        optional("cards", Kind::Table(&CARDS), "The pictures that social networks show of a link."),
        optional("images", Kind::Table(&IMAGES), "Pictures in several widths."),
        optional("epub", Kind::Table(&EPUB), "Each series as a book."),
        optional("feeds", Kind::Table(&FEEDS), "Atom and JSON feeds."),
        optional("serve", Kind::Table(&SERVE), "Where `partwork serve` listens."),
        optional("theme", Kind::Table(&THEME), "Colors and faces of the built-in theme."),
        optional("publish", Kind::List(&Kind::Table(&PUBLISH), 0), "Where `partwork publish` sends the site."),
        EXTRA,
    ],
);

pub const AUTHOR: Shape = shape(
    "an author",
    &[
        required("id", Kind::Id, "The name by which series and parts refer to the author."),
        required("name", Kind::Text, "The name that readers see."),
        optional("url", Kind::Url, "The author's own page, or a `mailto:` address."),
        optional("avatar", Kind::Text, "A picture, by its path below `content/`."),
        optional("bio", Kind::Text, "A sentence or two, in plain text."),
    ],
);

pub const CATEGORY: Shape = shape(
    "a category",
    &[
        required("id", Kind::Id, "The name by which series refer to the category."),
        required("name", Kind::Text, "The name that readers see."),
        optional("emoji", Kind::Text, "A sign that stands before the name."),
    ],
);

pub const HOSTS: Shape = shape(
    "this section",
    &[optional(
        "own",
        Kind::List(&Kind::Choice(&["_headers", "_redirects"]), 0),
        "Files of `static/` that replace the generated ones; without it their lines stand before those.",
    )],
);

pub const POLICY: Shape = shape(
    "this section",
    &[
        optional("script", TEXTS, "Sources (Content Security Policy) of scripts, such as `https://plausible.io`."),
        optional("connect", TEXTS, "Where scripts may send to and ask, such as `https://plausible.io`."),
        optional("style", TEXTS, "Sources of style sheets."),
        optional("font", TEXTS, "Sources of fonts, such as `https://fonts.gstatic.com`."),
        optional("image", TEXTS, "Sources of pictures."),
        optional("frame", TEXTS, "What may be shown in frames."),
        optional("media", TEXTS, "Sources of sound and video."),
        optional("object", TEXTS, "What `object` and `embed` may show."),
        optional("form", TEXTS, "Where forms may be sent to."),
    ],
);

pub const TAG: Shape = shape(
    "a tag",
    &[
        optional("name", Kind::Text, "The name that readers see, such as `C++`; the id without it."),
        optional("slug", Kind::Id, "The last piece of its page's address; the id without it."),
    ],
);

pub const BOX: Shape = shape(
    "a kind of box",
    &[
        optional("title", Kind::Text, "The word for it, which stands above each; required but for GitHub's kinds."),
        optional("sign", Kind::Text, "What stands before the word, such as an emoji."),
        optional(
            "color",
            Kind::Either(&Kind::Text, &Kind::Table(&SCHEME_COLOR)),
            "The color of its title and edge, such as `#1e52a1`; that of a note without it.",
        ),
    ],
);

/// The site in a further language.
pub const TRANSLATED_SITE: Shape = shape(
    "the language",
    &[
        optional("name", Kind::Text, "What its readers call it; known for common languages."),
        optional("title", Kind::Text, "The site's title; the original's without it."),
        optional("description", Kind::Text, "What the site is about."),
        optional("tags", Kind::Named(&Kind::Text), "What tags are called, by their ids: those in their addresses."),
        optional("categories", Kind::Named(&Kind::Text), "What categories are called, by their ids."),
        optional("newsletter", NEWSLETTER, "A form for its readers, in place of the original's."),
        optional("discussion", DISCUSSION, "Where its readers talk, in place of the original's."),
    ],
);

pub const NEWSLETTER: Kind = Kind::Variants(
    "service",
    &[("form", &NEWSLETTER_FORM), ("buttondown", &NEWSLETTER_BUTTONDOWN), ("listmonk", &NEWSLETTER_LISTMONK)],
);
const NEWSLETTER_TITLE: Key = optional("title", Kind::Text, "The heading above the form.");
const NEWSLETTER_PROMISE: Key = optional("promise", Kind::Text, "The line under the form: what comes, and how often.");
const NEWSLETTER_SERVICE: Key = optional(
    "service",
    Kind::Choice(&["form", "buttondown", "listmonk"]),
    "Whose form it is; `form`, any service's, without it.",
);
const NEWSLETTER_ACTION: Key = required("action", Kind::Url, "Where the form posts the address.");

pub const NEWSLETTER_FORM: Shape =
    shape("`[newsletter]`", &[NEWSLETTER_TITLE, NEWSLETTER_PROMISE, NEWSLETTER_SERVICE, NEWSLETTER_ACTION]);

pub const NEWSLETTER_BUTTONDOWN: Shape = shape(
    "`[newsletter]`",
    &[
        NEWSLETTER_TITLE,
        NEWSLETTER_PROMISE,
        NEWSLETTER_SERVICE,
        required("username", Kind::Text, "The newsletter's name at Buttondown."),
    ],
);

pub const NEWSLETTER_LISTMONK: Shape = shape(
    "`[newsletter]`",
    &[
        NEWSLETTER_TITLE,
        NEWSLETTER_PROMISE,
        NEWSLETTER_SERVICE,
        required("lists", Kind::List(&Kind::Text, 1), "The UUIDs of the lists to subscribe to."),
        NEWSLETTER_ACTION,
    ],
);

pub const DISCUSSION: Kind = Kind::Variants("kind", &[("link", &DISCUSSION_LINK), ("giscus", &DISCUSSION_GISCUS)]);
const DISCUSSION_KIND: Key = required(
    "kind",
    Kind::Choice(&["link", "giscus"]),
    "A link to a place elsewhere, or comments kept by giscus in a GitHub repository.",
);

pub const DISCUSSION_LINK: Shape = shape(
    "`[discussion]`",
    &[
        DISCUSSION_KIND,
        required("url", Kind::Url, "The forum, list or mailbox."),
        optional("label", Kind::Text, "The words of the link."),
    ],
);

pub const DISCUSSION_GISCUS: Shape = shape(
    "`[discussion]`",
    &[
        DISCUSSION_KIND,
        required("repo", Kind::Text, "The repository, `owner/name`."),
        required("repo_id", Kind::Text, "Its id, as <https://giscus.app> tells it."),
        required("category", Kind::Text, "The category of its discussions."),
        required("category_id", Kind::Text, "The category's id, as <https://giscus.app> tells it."),
    ],
);

pub const BUILD: Shape = shape(
    "this section",
    &[optional(
        "output",
        Kind::Text,
        "The output folder, below the project's and behind no link; `public` without it. Another place takes `--output`.",
    )],
);

pub const LINKS: Shape = shape(
    "this section",
    &[
        optional(
            "broken",
            Kind::Choice(&["error", "warn"]),
            "What a link to a missing file or anchor is; `error` without it.",
        ),
        optional(
            "skip_prefixes",
            TEXTS,
            "Beginnings of addresses that `check --external` doesn't ask for, such as `https://example.org/private/`.",
        ),
    ],
);

pub const MARKDOWN: Shape = shape(
    "this section",
    &[
        optional(
            "smart_punctuation",
            Kind::Bool,
            "Whether quotes, dashes and ellipses are set as in print, quotes as the language has them; `true` without it.",
        ),
        optional("raw_html", Kind::Bool, "Whether HTML in Markdown goes into the page as it is; `true` without it."),
    ],
);

pub const CHECK: Shape = shape("this section", &[ALLOW]);
pub const HIGHLIGHT: Shape =
    shape("this section", &[optional("enabled", Kind::Bool, "Whether code is colored; `true` without it.")]);
pub const SEARCH: Shape =
    shape("this section", &[optional("enabled", Kind::Bool, "Whether there is a search; `true` without it.")]);
pub const EPUB: Shape =
    shape("this section", &[optional("enabled", Kind::Bool, "Whether each series becomes a book; `true` without it.")]);

pub const IMAGES: Shape = shape(
    "this section",
    &[optional("enabled", Kind::Bool, "Whether wide pictures are published in smaller widths too; `true` without it.")],
);

pub const CARDS: Shape = shape(
    "this section",
    &[
        optional("enabled", Kind::Bool, "Whether cards are drawn; `true` without it."),
        optional(
            "fonts",
            TEXTS,
            "Further fonts (TTF or OTF), by their paths in the project: for emoji, or scripts that the theme's faces lack. One below `content/` is published only where something links to it.",
        ),
    ],
);

const FEED_PATHS: Key =
    optional("paths", Kind::List(&Kind::Alias, 0), "Further addresses of the Atom feed, such as `/rss.xml`.");

pub const FEEDS: Shape = shape(
    "this section",
    &[
        optional("limit", Kind::Integer(1, 10_000), "How many parts a feed holds; 20 without it."),
        FEED_PATHS,
        optional(
            "authority",
            Kind::Text,
            "Who names the entries, such as `example.org,2026` (RFC 4151); keep it when the site moves.",
        ),
    ],
);

pub const SERVE: Shape = shape(
    "this section",
    &[
        optional("port", Kind::Integer(0, 65_535), "The port; the first free one from 4711 without it."),
        optional("host", Kind::Text, "The address to listen on; this machine alone without it."),
    ],
);

pub const THEME: Shape = shape(
    "this section",
    &[
        optional(
            "tracks",
            Kind::List(&Kind::Either(&Kind::Text, &Kind::Table(&SCHEME_COLOR)), 0),
            "A color for each track, in turn, such as `#1e52a1`.",
        ),
        optional(
            "accent",
            Kind::Either(&Kind::Text, &Kind::Table(&SCHEME_COLOR)),
            "The color of links and marks, such as `#1e52a1`, where no track has its own.",
        ),
        optional("text_face", Kind::Text, "The `font-family` of articles."),
        optional("interface_face", Kind::Text, "The `font-family` of headings, labels and menus."),
        optional("mono_face", Kind::Text, "The `font-family` of code."),
        optional("radius", Kind::Text, "How round corners are, a length such as `4px`."),
        optional(
            "styles",
            Kind::List(&Kind::Text, 0),
            "Style sheets of your own, by their paths below `static/`, for every page after the theme's.",
        ),
        optional(
            "notes",
            Kind::Choice(&["end", "margin"]),
            "Where footnotes stand on pages: at the end, or beside the text where there is room, with what glossary terms mean.",
        ),
    ],
);

pub const SCHEME_COLOR: Shape = shape(
    "a color",
    &[
        required("light", Kind::Text, "The color on the light page."),
        required("dark", Kind::Text, "The color on the dark page."),
    ],
);

pub const PUBLISH: Shape = shape(
    "a `[[publish]]` target",
    &[
        optional("name", Kind::Text, "The name to publish it by; needed when there are several."),
        required("to", Kind::Text, "Where to: the target's address."),
        optional("releases", Kind::Integer(1, 1000), "How many releases are kept to roll back to."),
        optional(
            "keep_assets",
            Kind::Integer(0, 3650),
            "For how many days files of earlier releases stay, for pages that are open in a browser.",
        ),
    ],
);

/// `series.toml`.
pub const SERIES: Shape = Shape {
    either: &["parts", "tracks"],
    ..shape(
        "the series",
        &[
            required("title", Kind::Text, "The title of the series."),
            optional("description", Kind::Text, "What the series is about."),
            optional("category", Kind::Text, "One of the site's categories, by id."),
            optional(
                "status",
                Kind::Choice(&["published", "draft"]),
                "`published` without it; `draft` hides the series with all that is in it.",
            ),
            optional("emoji", Kind::Text, "A sign for the series, and for its parts that have none."),
            IMAGE,
            optional("authors", TEXTS, "Authors of the site, by id; a part may name its own."),
            optional(
                "first_number",
                Kind::Integer(0, 1_000_000),
                "The number of the first part that has one; 1 without it.",
            ),
            optional(
                "undated",
                Kind::Bool,
                "Whether its parts need no date, show none and stand in no feed; `false` without it.",
            ),
            optional("label", Kind::Table(&LABEL), "What the parts are called, in place of \"Part\" and \"Parts\"."),
            optional(
                "permalink",
                Kind::Permalink,
                "The addresses of its parts, of `{id}`, `{slug}`, `{year}`, `{month}` and `{day}`: `/{year}/{slug}/`.",
            ),
            optional(
                "slug",
                Kind::Id,
                "The last piece of the series' address, when it must differ from its folder's name; its parts and files follow.",
            ),
            optional("aliases", Kind::List(&Kind::Alias, 0), "Earlier addresses of the series' page, such as `/old/`."),
            optional("feed_paths", FEED_PATHS.kind, "Further addresses of the series' Atom feed, such as `/book.xml`."),
            optional(
                "was",
                IDS,
                "Earlier ids of the series, the first one first: feeds and readers' progress go on, old addresses lead here.",
            ),
            optional(
                "parts",
                PARTS,
                "The parts in reading order, when there are no tracks: ids, or announcements of parts to come.",
            ),
            optional("tracks", Kind::List(&Kind::Table(&TRACK), 0), "Named stretches of the series, in reading order."),
            optional("code", Kind::Table(&CODE), "The program that grows with the series, in `code/`."),
            EXTRA,
        ],
    )
};

const PARTS: Kind = Kind::List(&Kind::Either(&Kind::Id, &Kind::Table(&ENTRY)), 0);

pub const CODE: Shape = shape(
    "`[code]`",
    &[
        optional(
            "ignore",
            TEXTS,
            "What in `code/` is no part of the program: names such as `target`, or paths from the state on, `*` for any letters.",
        ),
        optional(
            "check",
            Kind::Text,
            "The command that `partwork check --code` runs by `sh` in the program as of each part: `python3 -m unittest`.",
        ),
        optional("timeout", Kind::Integer(1, 86_400), "How long a command may take, in seconds; `120` without it."),
        optional(
            "tools",
            Kind::Text,
            "A command that says what the tools are, `python3 --version`: where it says something else, all is checked anew.",
        ),
    ],
);

/// `code/<part>.toml` of a series.
pub const STATE: Shape = shape(
    "the state",
    &[
        optional("removed", TEXTS, "Files of the program, or folders of it, that are gone as of the part."),
        optional(
            "from",
            Kind::Text,
            "The earlier part on whose program this one builds; `none` for nothing; without it the part before.",
        ),
        optional(
            "check",
            Kind::Text,
            "The command that checks the program as of this part, in place of the series' one.",
        ),
    ],
);

pub const LABEL: Shape = shape(
    "`[label]`",
    &[
        required("part", Kind::Text, "One of them, as it begins a line: `Lecture`."),
        required("parts", Kind::Text, "Several of them: `Lectures`."),
    ],
);

const NUMBERED: Key = optional(
    "numbered",
    Kind::Bool,
    "Whether it has a number; `true` without it. A preface, an appendix or an interlude has none, and is not counted.",
);

pub const TRACK: Shape = shape(
    "a track",
    &[
        required("title", Kind::Text, "The title of the track."),
        optional("id", Kind::Id, "A name for it; made from the title without it."),
        optional("description", Kind::Text, "What the track is about."),
        required("parts", PARTS, "Its parts in reading order: ids, or announcements of parts to come."),
    ],
);

pub const ENTRY: Shape = shape(
    "the plan's entry",
    &[
        required("id", Kind::Id, "The part's permanent id."),
        optional("title", Kind::Text, "What it will be called; with a title it needs no file yet."),
        optional("description", Kind::Text, "What it will be about; the file's own counts once it is there."),
        optional("emoji", Kind::Text, "A sign for it."),
        optional("date", Kind::Date, "When it will be out."),
        NUMBERED,
    ],
);

/// `posts.toml`.
pub const POSTS: Shape = shape(
    "the folder of posts",
    &[
        required("title", Kind::Text, "The title of the folder, such as `Notes`."),
        optional("description", Kind::Text, "What the posts are about."),
        optional("category", Kind::Text, "One of the site's categories, by id."),
        optional("authors", TEXTS, "Authors of the site, by id; a post may name its own."),
        IMAGE,
        optional(
            "permalink",
            Kind::Permalink,
            "The addresses of its posts, of `{id}`, `{slug}`, `{year}`, `{month}` and `{day}`: `/{year}/{month}/{slug}/`.",
        ),
        optional("feed_paths", FEED_PATHS.kind, "Further addresses of the folder's Atom feed, such as `/atom.xml`."),
        optional("per_page", Kind::Integer(1, 1000), "How many posts a page of the list has; 20 without it."),
        optional(
            "was",
            IDS,
            "Earlier names of the folder, the first one first: feeds and threads go on, old addresses lead here.",
        ),
        EXTRA,
    ],
);

const TITLE: Key = required("title", Kind::Text, "The title.");
const DESCRIPTION: Key = optional(
    "description",
    Kind::Text,
    "One sentence for lists, feeds and search engines; machines get the first one of the text without it.",
);
const DATE: Key = optional(
    "date",
    Kind::Date,
    "When it is out, without quotes; a published part needs it, unless its series is `undated`. One that lies ahead keeps it announced until then.",
);
const UPDATED: Key = optional("updated", Kind::Date, "When it was last changed in a way that readers should know of.");
const EMOJI: Key = optional("emoji", Kind::Text, "A sign; that of the series without it.");
const ALIASES: Key =
    optional("aliases", Kind::List(&Kind::Alias, 0), "Earlier addresses, such as `/old/address/`, that lead here.");
const SLUG: Key =
    optional("slug", Kind::Id, "The last piece of the address, when it must differ from the file's name.");

const PERMALINK: Key = optional(
    "permalink",
    Kind::Permalink,
    "The whole address, such as `/testing/` or `/testing.html`, in place of what folder, id and `slug` give.",
);

const WAS: Key = optional(
    "was",
    TEXTS,
    "What the part was before it moved or changed its id, such as `old-series/old-id`, the first one first: feeds and threads go on, old addresses lead here.",
);

const CANONICAL: Key = optional(
    "canonical",
    Kind::Url,
    "Where the text was first published, when that was elsewhere: search engines are led there, and it is not in the sitemap.",
);
const IMAGE: Key = optional(
    "image",
    Kind::Text,
    "A picture in place of the social card, scaled and cropped to 1200 × 630: its path from this file, or from a `/` on its address.",
);
const FEED_ID: Key = optional(
    "feed_id",
    Kind::Text,
    "What feed readers know it by, an absolute IRI such as `tag:example.org,2019:heat` or its address of before; made of its id without it.",
);
const THREAD: Key = optional(
    "thread",
    Kind::Text,
    "What its discussion is found by, such as the title or the path under which giscus has it; its id without it.",
);

/// The front matter of a part.
pub const PART: Shape = Shape {
    foreign: &[FOREIGN],
    ..shape(
        "the front matter",
        &[
            TITLE,
            DESCRIPTION,
            DATE,
            UPDATED,
            optional(
                "status",
                Kind::Choice(&["published", "soon", "draft"]),
                "`published` without it; `soon` is listed and has no page; `draft` appears nowhere.",
            ),
            EMOJI,
            optional("authors", TEXTS, "Authors of the site, by id; those of the series without it."),
            optional("tags", TEXTS, "Words to find it by."),
            optional("teaches", IDS, "The terms that this part introduces."),
            optional("needs", IDS, "The terms that it builds on, each taught by an earlier part."),
            optional("next_up", Kind::Text, "What to say of the next part at the end of this one."),
            NUMBERED,
            ALIASES,
            SLUG,
            PERMALINK,
            CANONICAL,
            IMAGE,
            WAS,
            FEED_ID,
            THREAD,
            ALLOW,
            EXTRA,
        ],
    )
};

/// The front matter of a post.
pub const POST: Shape = Shape {
    foreign: &[FOREIGN, OF_PARTS],
    ..shape(
        "the front matter",
        &[
            TITLE,
            DESCRIPTION,
            optional(
                "date",
                Kind::Date,
                "When it is out, without quotes; a published post needs it, here or in the name of its file.",
            ),
            UPDATED,
            optional(
                "status",
                Kind::Choice(&["published", "soon", "draft"]),
                "`published` without it; neither of the others appears anywhere.",
            ),
            optional("emoji", Kind::Text, "A sign for it."),
            optional("authors", TEXTS, "Authors of the site, by id; those of the folder without it."),
            optional("tags", TEXTS, "Words to find it by."),
            ALIASES,
            SLUG,
            PERMALINK,
            CANONICAL,
            IMAGE,
            WAS,
            FEED_ID,
            THREAD,
            ALLOW,
            EXTRA,
        ],
    )
};

/// The front matter of a side page.
pub const SIDE: Shape = Shape {
    foreign: &[OF_THE_PART, FOREIGN],
    ..shape(
        "the front matter of a side page",
        &[
            TITLE,
            optional("description", Kind::Text, "One sentence for the part's list and search engines."),
            optional("date", Kind::Date, "When it was written, without quotes; it is out when its part is."),
            UPDATED,
            optional("authors", TEXTS, "Authors of the site, by id; those of the part without it."),
            ALIASES,
            ALLOW,
            EXTRA,
        ],
    )
};

/// What a side page leaves to its part.
const OF_THE_PART: &[Foreign] = &[
    needless(&["status", "draft", "published"], "a side page is out when its part is"),
    needless(&["teaches", "needs"], "terms are introduced and needed by the part, which is read first"),
    needless(&["next_up"], "a side page follows its part, and the part says what is next"),
    needless(
        &["tags", "categories", "category", "keywords", "taxonomies"],
        "the tags of a part are for its side pages too",
    ),
    needless(
        &["slug", "permalink", "url", "path"],
        "the address of a side page is its part's with the name of its file; an old address goes under `aliases`",
    ),
    needless(&["was"], "a side page moves with its part; an old address goes under `aliases`"),
    needless(&["emoji"], "the sign is the part's"),
    needless(&["nav"], "a side page is listed by its part"),
];

/// The front matter of a page outside any series.
pub const PAGE: Shape = Shape {
    foreign: &[FOREIGN],
    ..shape(
        "the front matter",
        &[
            TITLE,
            DESCRIPTION,
            DATE,
            UPDATED,
            optional(
                "status",
                Kind::Choice(&["published", "draft"]),
                "`published` without it; `draft` appears nowhere.",
            ),
            EMOJI,
            optional("nav", Kind::Bool, "Whether it stands in the footer; `true` without it."),
            ALIASES,
            SLUG,
            PERMALINK,
            CANONICAL,
            IMAGE,
            ALLOW,
            EXTRA,
        ],
    )
};

/// What Hugo, Zola, Jekyll and their kin read in front matter, and what says it here.
const FOREIGN: &[Foreign] = &[
    Foreign { names: &["draft"], here: Some("status"), published: false, more: "" },
    Foreign { names: &["published"], here: Some("status"), published: true, more: "" },
    renamed(&["publish_date", "pub_date", "publish_at", "created", "created_at"], "date", ""),
    renamed(
        &[
            "lastmod",
            "modified",
            "modified_at",
            "last_modified_at",
            "last_modified",
            "last_updated",
            "updated_at",
            "updated_date",
        ],
        "updated",
        "",
    ),
    renamed(&["summary", "excerpt", "abstract"], "description", ""),
    renamed(&["author"], "authors", ", by the ids that `partwork.toml` gives them"),
    renamed(
        &["categories", "category", "keywords", "taxonomies"],
        "tags",
        "; a `category` is one of the whole series, in its `series.toml`",
    ),
    renamed(&["url", "path"], "permalink", ""),
    renamed(&["images", "og_image", "social_image"], "image", ""),
    renamed(&["redirect_from"], "aliases", ""),
    needless(
        &["weight", "order", "nav_order", "sidebar_position", "sidebar_order"],
        "the parts of a series have the order of its `series.toml`",
    ),
    needless(&["layout", "template", "type"], "the theme has one layout for each kind of page"),
    needless(&["series", "section", "parent"], "the folder says where an article belongs"),
    needless(&["id"], "the file's name is the id"),
    needless(&["toc"], "an article with several headings lists them"),
    needless(&["math", "mathjax", "katex"], "formulas are always read"),
];

/// What parts alone say.
const OF_PARTS: &[Foreign] =
    &[needless(&["teaches", "needs", "next_up", "numbered"], "a post has no place in a plan that it could speak of")];

const fn renamed(names: &'static [&'static str], here: &'static str, more: &'static str) -> Foreign {
    Foreign { names, here: Some(here), published: false, more }
}

const fn needless(names: &'static [&'static str], more: &'static str) -> Foreign {
    Foreign { names, here: None, published: false, more }
}

/// The front matter of a translation, of whatever kind its original is.
pub const TRANSLATION: Shape = Shape {
    foreign: &[OF_THE_ORIGINAL, FOREIGN],
    ..shape(
        "the front matter",
        &[
            TITLE,
            DESCRIPTION,
            optional(
                "date",
                Kind::Date,
                "When the translation is out, without quotes; the day of the original without it. Until then readers are led to the original.",
            ),
            UPDATED,
            optional("translators", TEXTS, "Who translated it: authors of the site, by id."),
            optional("next_up", Kind::Text, "What to say of the next part at the end of this one."),
            ALIASES,
            SLUG,
            PERMALINK,
            CANONICAL,
            FEED_ID,
            THREAD,
            ALLOW,
            EXTRA,
        ],
    )
};

/// What a translation leaves to its original.
const OF_THE_ORIGINAL: &[Foreign] = &[
    needless(&["status", "draft", "published"], "a translation is out when its original is, from its own date on"),
    needless(&["teaches", "needs", "numbered"], "the plan is one for all languages, and the original says it"),
    needless(
        &["tags", "categories", "category", "keywords", "taxonomies"],
        "the tags are the original's; what they are called stands under `[languages]`",
    ),
    needless(&["authors", "author"], "the authors are the original's; who translated it goes under `translators`"),
    needless(&["emoji", "image", "nav"], "the original says it for all languages"),
    needless(&["was"], "a translation moves with its original"),
];

/// `series.<tag>.toml`.
pub const TRANSLATED_SERIES: Shape = shape(
    "the series",
    &[
        optional("title", Kind::Text, "The title of the series; the original's without it."),
        optional("description", Kind::Text, "What the series is about."),
        optional("label", Kind::Table(&LABEL), "What the parts are called; the language's own words without it."),
        optional(
            "tracks",
            Kind::Either(&Kind::Named(&Kind::Table(&TRANSLATED_TRACK)), &TRANSLATED_TRACKS),
            "The tracks by their ids, or all of them in the order of the plan.",
        ),
        optional(
            "parts",
            Kind::Named(&Kind::Table(&TRANSLATED_ENTRY)),
            "What announced parts, and those without a translation, are called, by id.",
        ),
    ],
);

const TRANSLATED_TRACKS: Kind = Kind::List(&Kind::Table(&TRANSLATED_TRACK), 0);

pub const TRANSLATED_TRACK: Shape = shape(
    "the track",
    &[
        optional("title", Kind::Text, "The title of the track."),
        optional("description", Kind::Text, "What the track is about."),
    ],
);

pub const TRANSLATED_ENTRY: Shape = shape(
    "the part",
    &[required("title", Kind::Text, "What it is called."), optional("description", Kind::Text, "What it is about.")],
);

/// `posts.<tag>.toml`.
pub const TRANSLATED_POSTS: Shape = shape(
    "the folder of posts",
    &[
        optional("title", Kind::Text, "The title of the folder; the original's without it."),
        optional("description", Kind::Text, "What the posts are about."),
    ],
);

/// `glossary.toml`.
pub const GLOSSARY: Shape = shape(
    "the glossary",
    &[optional("terms", Kind::Named(&Kind::Table(&TERM)), "The terms, by the ids that parts teach.")],
);

pub const TERM: Shape = shape(
    "the term",
    &[
        required("name", Kind::Text, "The term as readers see it."),
        required("definition", Kind::Inline, "What it means, in inline Markdown."),
        optional("forms", TEXTS, "Other ways in which it is written."),
    ],
);

/// `urls.toml`.
pub const LEDGER: Shape = shape(
    "`urls.toml`",
    &[
        optional("series", ADDRESSES, "The addresses of parts that are out, by series and part."),
        optional("posts", ADDRESSES, "The addresses of posts that are out, by folder and post."),
        optional("pages", ADDRESSES_OF_KIND, "The addresses of pages outside series, by the paths of their files."),
        optional("tags", ADDRESSES_OF_KIND, "The addresses of tags."),
        optional(
            "gone",
            ADDRESSES,
            "The addresses that may vanish, by series or folder of posts, or under `pages` and `tags`.",
        ),
    ],
);

/// By series, by part.
const ADDRESSES: Kind = Kind::Named(&ADDRESSES_OF_KIND);
const ADDRESSES_OF_KIND: Kind = Kind::Named(&Kind::List(&Kind::Alias, 0));

/// The theme's words in one language.
pub const LANGUAGE: Shape = shape(
    "a language's file",
    &[
        optional("direction", Kind::Choice(&["ltr", "rtl"]), "Which way it is written; by the language without it."),
        optional("date", Kind::Text, "How a date is written: `{day}`, `{month}` by name, `{month_number}`, `{year}`."),
        optional("first_day", Kind::Text, "How the first day of a month is written, where it is no plain number."),
        optional("months", TEXTS, "The names of the twelve months."),
        optional("number", Kind::Text, "1234567.8 as the language writes it; all numbers follow it, digits too."),
        optional("pair", Kind::Text, "How two names stand in a row: `A and B`."),
        optional("list", Kind::Text, "How several do: `A, B, and C`."),
        optional(
            "words",
            Kind::Named(&Kind::Either(&Kind::Text, &Kind::Table(&PHRASE))),
            "The phrases, by the keys that templates say.",
        ),
    ],
);

/// A phrase with a number in it, by the plural categories of CLDR.
pub const PHRASE: Shape = shape(
    "a phrase",
    &[
        optional("zero", Kind::Text, "For a number of the category zero."),
        optional("one", Kind::Text, "For a number of the category one."),
        optional("two", Kind::Text, "For a number of the category two."),
        optional("few", Kind::Text, "For a number of the category few."),
        optional("many", Kind::Text, "For a number of the category many."),
        optional("other", Kind::Text, "For every other number; always needed."),
    ],
);
