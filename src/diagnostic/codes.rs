//! The one list of diagnostic codes, each with its severity and what `partwork explain` says.

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The site can't be built as it is.
    Error,
    /// The site is built, and something in it is likely not meant.
    Warning,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
        }
    }
}

/// Declares the codes: variant, stable name, severity, explanation in Markdown.
macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $explanation:literal)*) => {
        /// The stable name of a kind of problem. Names are never reused for another meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($variant),* }

        impl Code {
            /// Every code, in the order of this file.
            pub const ALL: &[Code] = &[$(Code::$variant),*];

            /// The name that stands in messages and that `partwork explain` takes.
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name),* }
            }

            /// How severe the problem is unless a setting or `--strict` says otherwise.
            pub fn severity(self) -> Severity {
                match self { $(Code::$variant => Severity::$severity),* }
            }

            /// What it means, why it matters, an example and its remedy; Markdown.
            pub fn explanation(self) -> &'static str {
                match self { $(Code::$variant => $explanation),* }
            }
        }
    };
}

codes! {
    UnreadableFile "unreadable-file" Error
"The file is there and could not be read: a permission, a broken link, or a disk error; or a folder stands where a file belongs, or a file where a folder does.

Example: `content/about.md` belongs to another user and is not readable.
Remedy: make it readable, or give it a name that begins with `.` so that it is left out."

    NotUtf8 "not-utf8" Error
"A source holds bytes that are not UTF-8, or a NUL, which stands in no text. The message gives the offset of the first such byte.

Example: a file saved as Latin-1, in which `é` is the single byte E9, or as UTF-16.
Remedy: save it as UTF-8, for example `iconv -f latin1 -t utf-8 old.md > new.md`."

    LfsPointer "lfs-pointer" Error
"The file is a pointer of Git LFS, three lines of text that stand for a file which wasn't fetched. Published as it is, it would be a broken picture or a style sheet without a rule.

Example: a clone made without Git LFS, or a workflow whose checkout doesn't say `lfs: true`.
Remedy: `git lfs install`, then `git lfs pull`."

    BrokenPicture "broken-picture" Warning
"A file that will be published as a picture can't be shown as one: it is empty, ends before its picture does, holds something else (often the page of an error that a download got), is an SVG that XML doesn't allow or that names no namespace, or is HEIC or TIFF, which few browsers know. Readers would see a torn frame.

Example: `content/rag/pipeline.png` with 0 bytes.
Remedy: export or download the picture again, a photograph of a phone as a JPEG."

    LargePicture "large-picture" Warning
"A picture that a text shows has more than 64 million pixels. That is more than is decoded here, so it is published as it is, and in no smaller width: a phone loads all of it.

Example: a scan of 30,000 by 30,000 pixels.
Remedy: export it in the size in which it is to be seen at most, and link to the large one."

    TooLarge "too-large" Error
"A source has more than 8 MiB. That is some twenty novels; a larger text came from a program, and would take gigabytes to render.

Remedy: divide it, or publish it as a file beside an article."

    TooDeep "too-deep" Error
"Quotes, lists, emphasis or pictures of an article stand more than 250 deep in one another. No text needs it, browsers give up on it, and each line would have to be looked at once for each of them. The article is not read.

Example: a line that begins with 300 times `> `, also in a listing.
Remedy: take some of the marks out; begin a line of a listing with another sign."

    TooMuch "too-much" Error
"An article, or all articles together, place so much of other files in themselves (drawings with `inline = true`, comparisons by `use = …`) that the pages would be many times what was typed: more than 4 MiB in one article, or in all more than 32 MiB and eight times the sources. Nothing is rendered.

Example: a drawing of 700 kB placed in a page forty times.
Remedy: place it once and link to it, or show the drawing as a picture, without `inline = true`."

    SkippedFile "skipped-file" Warning
"A FIFO, a socket or a device lies among the files. Reading one could wait for ever, so it is left out.

Example: `mkfifo content/pipe`.
Remedy: move it out of the project."

    LinkLeavesProject "link-leaves-project" Error
"A symbolic link leads to something that is not a source of the site: out of the project, beside `content`, `templates` and `static`, to a name that is never read such as `.git`, or in a circle. Following it would publish what nobody meant to, and a link can come with anybody's branch.

Example: `content/notes -> /home/me/notes`.
Remedy: copy the files in place of the link, or move them into one of the three folders and let the link lead there."

    InvalidToml "invalid-toml" Error
"The text is not TOML 1.1 as <https://toml.io> defines it.

Example: `title = AI Demystified`, a text without quotes.
Remedy: `title = \"AI Demystified\"`."

    InvalidYaml "invalid-yaml" Error
"The front matter between `---` lines is not YAML, or uses what front matter has no use for: anchors and aliases, tags, several documents.

Example: `title: Fine-tuning: when to use it`, where the second colon needs quotes.
Remedy: `title: \"Fine-tuning: when to use it\"`."

    UnknownKey "unknown-key" Error
"A key that nothing reads. It is likely misspelled; a key of your own goes under `[extra]`.

Example: `descripton = \"…\"`.
Remedy: correct the name, or move the key to `[extra]`."

    WrongType "wrong-type" Error
"A value is of another type than its key wants.

Example: `tags = \"rag\"`, where a list is wanted.
Remedy: `tags = [\"rag\"]`."

    MissingKey "missing-key" Error
"A key is required here and isn't given.

Example: a part without `title`, or a published part without `date`.
Remedy: add the key."

    MissingDescription "missing-description" Warning
"A published part has no `description`. Its page and its place in lists are without one; search engines, feeds, `llms.txt` and `series.json` get the first sentence of its text instead.

Remedy: say in a sentence what its readers will know, or `allow` this warning."

    InvalidValue "invalid-value" Error
"The value is of the right type and can't be used: an unknown status, a date that doesn't exist, an address that isn't one, an option that leaves a field out.

Example: `status = \"publshed\"`.
Remedy: the message names what is allowed."

    InvalidId "invalid-id" Error
"An id names a file, a URL and a feed entry for ever, so it is kept simple: lowercase letters of any script, digits, `-` and `_`, at most 100 bytes. In a series `index`, `comparisons`, `glossary`, `sources`, `code`, `print` and `feed` are taken, among posts `index` and `page`.

Example: `content/guide/First Part.md`.
Remedy: rename it to `content/guide/first-part.md`; the title is free to say what it likes."

    DuplicateId "duplicate-id" Error
"Two things have one id: a part listed twice in the plan, two tracks, two authors, two options of a comparison, two things of an article that a link could mean (a heading, a figure, an element of HTML), two sources of one key, two entries with one `feed_id`, an id in `was` that is another's or that two things were, or files that a disk which ignores letter case can't tell apart.

Example: `parts = [\"rag\", \"embeddings\", \"rag\"]`.
Remedy: remove or rename one."

    MissingFrontMatter "missing-front-matter" Error
"A Markdown file under `content/` begins with its front matter between two lines of `+++` (TOML) or `---` (YAML). It is missing, or its second line is.

Example: a file that begins with `# A title`.
Remedy: put `+++`, `title = \"A title\"`, `+++` above it."

    MissingPart "missing-part" Error
"The plan lists a part by its id alone, and no file of that name exists.

Example: `parts = [\"rag\"]` without `rag.md` or `rag/index.md`.
Remedy: write the file, or announce the part with its title: `{ id = \"rag\", title = \"RAG Explained\" }`."

    UnlistedPart "unlisted-part" Error
"A Markdown file lies in a series whose plan doesn't list it, so it would have no number and no place in the order.

Example: `content/guide/extra.md`, not in `content/guide/series.toml`.
Remedy: list it where it belongs, or say `status = \"draft\"` in it."

    TitleDiffers "title-differs" Warning
"The plan announces a part under one title and its file has another. The file's title is shown.

Example: `{ id = \"rag\", title = \"RAG\" }` and `title = \"RAG Explained\"` in `rag.md`.
Remedy: make them equal, or list the part by its id alone."

    TracksAndParts "tracks-and-parts" Error
"A `series.toml` has both `parts` at the top and `[[tracks]]`, so the order isn't clear.

Remedy: put the parts into tracks, or drop the tracks."

    UnmetNeed "unmet-need" Error
"A part builds on a term that no earlier part of the series teaches.

Example: part 3 says `needs = [\"embeddings\"]`, and the part that says `teaches = [\"embeddings\"]` is part 10.
Remedy: teach it earlier, change the order, or drop the need."

    TaughtTwice "taught-twice" Warning
"Two parts say that they introduce the same term. Readers are sent to the first.

Remedy: leave the term in the part that introduces it, and list it under `needs` in the other."

    NestedSeries "nested-series" Error
"A `series.toml` or a `posts.toml` lies inside the folder of another series or of other posts, or at the top of `content/`.

Remedy: move it to a folder of its own below `content/`."

    MarkdownInPart "markdown-in-part" Error
"A Markdown file lies deeper in a part's folder than its side pages do, or in a folder inside one of posts.

Example: `content/guide/setup/notes/old/first.md` below the part `content/guide/setup.md`; its side pages are `setup/<name>.md` or `setup/<name>/index.md`.
Remedy: move it, or give it a name that begins with `.`."

    SideWithoutPart "side-without-part" Error
"A Markdown file lies in a folder of a series that belongs to no part. In the folder of a part it is a side page: an article beside the part, such as its exercises, which is out when the part is.

Example: `content/guide/setup/exercises.md`, and neither the plan nor a file has the part `setup`.
Remedy: give the folder the name of its part, or write the part."

    BrokenProgram "broken-program" Error
"What lies below `code/` in the folder of a series is no program as of its parts: a folder or a file there is called by no part, a state goes on `from` no earlier part, `removed` names what isn't there, or one name is a file and a folder.

Example: `content/guide/code/setup/main.py`, and the plan lists no part `setup`.
Remedy: the message names what it may be; a state is `code/<part>/`, with whole files, and `code/<part>.toml` beside it."

    BrokenListing "broken-listing" Error
"A fence takes its code from a file that isn't there, that isn't text, or that has no such anchor or lines; or says by `since` that something changed which didn't. What is shown would be nothing, or not what is meant.

Example: `file=\"src/mian.rs\"`, or `anchor=\"parse\"` where no line of the file holds `ANCHOR: parse`.
Remedy: the message names the nearest; a file is looked for in the program as of the article's part (`content/<series>/code/<part>/`), then from the folder of the article, and with a `/` before it from the project's."

    FailedCheck "failed-check" Error
"The command that checks a program, `[code] check` of its series or `check` of the state, did not end well in the program as of a part: with a status that isn't 0, by a signal, after its time, or because it said without end. `partwork check --code` alone runs it.

Example: `check = \"python3 -m unittest\"`, and a test fails as of part 3.
Remedy: its last lines say what fails; where they name a line that a listing shows, the listing is shown. `partwork code export SERIES/PART DIR` writes the program as of the part, to try it by hand; `partwork code forward` brings what is mended there to the later parts."

    UnknownLanguage "unknown-language" Error
"A file is named like a translation into a language that `partwork.toml` doesn't have, or into that of the originals.

Example: `content/guide/rag.sv.md` beside `rag.md`, and no `[languages.sv]`.
Remedy: declare the language, or give the file another name."

    WithoutOriginal "without-original" Error
"A file is named like a translation, and there is nothing that it translates: its original was removed or renamed, or never written.

Example: `content/guide/rag.sv.md`, and neither `rag.md` nor `rag/index.md`.
Remedy: rename the translation with its original, or remove it with it. What readers know of its addresses goes under `[gone]` in `urls.toml`, as with any other."

    LooseFolder "loose-folder" Warning
"A folder holds several Markdown files, and neither a `series.toml` nor a `posts.toml`. They are published as single pages, without order or numbers.

Remedy: add a `series.toml` that lists them, if they are meant to be read in order, or a `posts.toml` with a `title`, if they go by their dates."

    UnreadData "unread-data" Warning
"A TOML file under `content/` that nothing reads, or a `sources.bib` that lies in no series. TOML there is the `series.toml` or `glossary.toml` of a series, one of its `comparisons/` or of the states in its `code/`, or a `posts.toml`.

Remedy: move it where it belongs, or give it a name that begins with `.`."

    TwoSources "two-sources" Error
"Two sources claim one part, post or address: `rag.md` and `rag/index.md`, two posts whose names differ in their dates alone, or two parts with one `slug` or `permalink`; or one folder has a `series.toml` and a `posts.toml`. Letter case alone makes no other address, since not every disk and host sees it.

Remedy: keep one of them, or give one another address."

    PathCollision "path-collision" Error
"Two outputs want one path, or paths that some file systems can't tell apart; a page lies in the folder where another's files are; or `/about.html` and `/about/` are two pages, which hosts that leave `.html` out can't tell apart.

Example: `static/about/index.html` and `content/about.md`.
Remedy: rename one, or give it another `permalink`. `static/` may supply `robots.txt`, `_headers`, `_redirects`, `CNAME`, `404.html` and icons; over any other generated file it is an error."

    InvalidPath "invalid-path" Error
"A file's name can't be a path of the site: control characters, `\\`, `:`, a device name of Windows, or more than 255 bytes.

Remedy: rename the file."

    VanishedAddress "vanished-address" Error
"`urls.toml` knows an address of a part, a post, a page or a tag, and neither a page nor a redirect would be there any more: the part is deleted, or soon or a draft again, or has another id or another series that no `was` connects, or its date was moved ahead; the file of a page has another name; nothing has the tag any more. Whoever kept the address would find nothing.

Example: `content/guide/setup.md` is deleted, and `urls.toml` has `setup = [\"/guide/setup/\"]` under `[series.guide]`.
Remedy: bring it back, or say what it was: `was = [\"old-id\"]` in the `series.toml` of a series that was renamed, `was = [\"guide/setup\"]` in a part that was, and the old address leads to the new one; the old one in `aliases` of a page whose file was renamed; `[tags.oil]` with `name = \"Lamp oil\"` in `partwork.toml` for a tag that is spelled otherwise. If it is meant to go, move the line to `[gone.guide]`."

    DuplicateTag "duplicate-tag" Error
"Two tags are spelled differently and have one address.

Example: `c++` and `C` both become `/tags/c/`.
Remedy: spell them alike, or give one an address of its own in `partwork.toml`: `[tags.cpp]` with `name = \"C++\"`."

    UnusableFont "unusable-font" Error
"A file that `[cards] fonts` names is missing, lies outside the project, or is no TTF or OTF font. Fonts of the web (WOFF, WOFF2) have to be unpacked first.

Example: `fonts = [\"fonts/NotoSansJP.woff2\"]`.
Remedy: put the TTF or OTF file into the project and name it by its path from the project's folder."

    MissingGlyphs "missing-glyphs" Warning
"Social cards show characters that no font has. The built-in faces cover Latin, Greek and Cyrillic; other scripts and emoji need a font of the project. What no font has is left out of the card; the page is not touched.

Example: a title in Japanese, and no `[cards] fonts`.
Remedy: `[cards] fonts = [\"fonts/NotoSansJP.ttf\"]`, or `enabled = false` for no cards at all."

    CardFailed "card-failed" Warning
"A social card could not be drawn, or made of the `image` in its place. Its page is published with another card or with none.

Example: a `templates/card.svg` that is not well-formed, or not 1200 by 630 pixels.
Remedy: mend the template; without one of the project the built-in template is used."

    BrokenLink "broken-link" Error
"A link or image points at a file that doesn't exist. Links between sources are relative paths to the file, as on GitHub; one that begins with `/` is an address of the site.

Example: `[RAG](rga.md)`.
Remedy: the message names the nearest file. `[links] broken = \"warn\"` in `partwork.toml` makes it a warning. A whole address of this site (`https://parts.se/guide/`) at which nothing is, is a warning in any case."

    BrokenAnchor "broken-anchor" Error
"The file that a link points at exists and has no such heading.

Example: `[chunks](rag.md#chunk)`, where the heading is `## Chunking`.
Remedy: the message names the nearest anchor."

    LinkToDraft "link-to-draft" Error
"A published page links to a draft, or into a series that is a draft as a whole, which appears nowhere on the site.

Remedy: make the draft `soon`, so that the link shows as announced, take `status` out of the `series.toml`, or remove the link."

    UnsafeLink "unsafe-link" Error
"A link with `javascript:`, `vbscript:` or `data:` would run in the reader's browser. It never becomes an `href`.

Remedy: link to a page or a file."

    UnknownSource "unknown-source" Error
"A text cites a source by a key that `sources.bib` of its series doesn't have. Letter case counts.

Example: `[@vaswani2107]` where the file has `@inproceedings{vaswani2017,`.
Remedy: correct the key, or add the source; `\\[@…]` is a word in brackets."

    InvalidSource "invalid-source" Error
"An entry of a `sources.bib` can't be read: a brace or a quote isn't closed, a field has no `=`, an abbreviation is said by no `@string`, or a field goes beyond 20,000 bytes or 40 braces in one another. All other entries are read.

Example: `title = {Attention Is All You Need,` without its second brace.
Remedy: correct the entry; each field is `key = {value},`."

    IncompleteSource "incomplete-source" Warning
"An entry of a `sources.bib` lacks what its line in the list is made of, a title or a year, or its `url` is no address. It is listed without.

Example: `@misc{openai2024, author = {OpenAI}}`.
Remedy: add the field."

    UnusedSource "unused-source" Warning
"Nothing in the series cites a source of its `sources.bib`. The page of sources lists it all the same.

Remedy: cite it, remove it, or `allow` the warning where the file is shared with other works."

    ReferenceWithoutTarget "reference-without-target" Error
"A link whose text is `#` takes its text from its target, so the target must be a part or a page of this site, one of its headings, or what has a number.

Example: `[#](https://example.org/)`.
Remedy: write the text of the link."

    ReferenceInHeading "reference-in-heading" Warning
"A heading has a link whose text is `#`. What that says is filled in where the heading stands, but headings are known before references are: the contents, the search and whatever names the heading do without.

Example: `## Why [#](#eval) is slow`.
Remedy: write the heading in words of its own, and refer to the thing in the text below it."

    StaleNumber "stale-number" Warning
"The text claims a part number that the plan denies.

Example: `as Part 7 of 20 showed`, in a series of 21.
Remedy: write `[#](that-part.md)`, which is filled in from the plan."

    MissingAlt "missing-alt" Warning
"An image has no text for readers who don't see it.

Example: `![](chart.png)`.
Remedy: `![Error rate falls from 12 to 3 percent](chart.png)`."

    InvalidMath "invalid-math" Error
"A formula between dollar signs is not the LaTeX that partwork reads.

Example: `$\\frac{1}$`, a fraction without its second argument.
Remedy: mend the formula, or write `\\$` for a plain dollar sign."

    InvalidFence "invalid-fence" Warning
"An attribute after a code fence's language is not understood, or marks lines that the code doesn't have. Known are `title=\"…\"`, `lines=\"3,5-7\"`, `ins=\"3\"` and `del=\"2\"` (counted from 1 within what is shown), `hide=\"^# \"` (an expression, found in the lines to leave out), `start=10`, `id=eval`, which gives a listing with a title its number, and `tab=\"npm\"`, which tells the fence from others right before and after it that say the same.

Remedy: correct the attribute."

    UnclosedFence "unclosed-fence" Warning
"A fence of backticks or tildes has no end, so all that follows in the article, or in the list or quote around it, is code. For a block that is an error.

Example: three backticks before the code, and two behind it.
Remedy: end the fence with a line of the same sign, at least as many of it as it begins with."

    UnbalancedHtml "unbalanced-html" Warning
"A tag of raw HTML has no partner in its article, or in the paragraph, item, cell or quote that it stands in. An end tag that ends nothing there would end the page's own elements; it is left out. What is not closed is closed where its article or paragraph ends.

Example: a `</div>` whose `<div>` was removed.
Remedy: remove the end tag, or add the other one beside it."

    NestedLink "nested-link" Warning
"A link stands within another, or within a button, and one of the two is raw HTML. Browsers end the outer link where the inner one begins, and books can't hold it. The inner one's words stay, as words of the outer one.

Example: `<a href=\"/plan/\">the plan, and [the study](study.md)</a>`.
Remedy: end the outer link before the inner one begins, or remove one of the two."

    MisspelledBlock "misspelled-block" Warning
"The language of a fence is almost the name of a block, and no language that is known. The fence is shown as code, and its TOML with it.

Example: a fence of the language `comparision`.
Remedy: correct the name."

    UnknownBox "unknown-box" Warning
"A quote begins like a box, and its kind is none that the site has, or something stands right behind its brackets. It is shown as a quote.

Example: `> [!WARNIG] Mind the gap`, or `> [!NOTE]A title`.
Remedy: correct the kind, put a space before the title, or add the kind to `partwork.toml`: `[boxes.exercise]` with a `title`."

    UndefinedReference "undefined-reference" Warning
"A link or a note refers to a definition that the article doesn't have, so its brackets are shown as text.

Example: `[the plan][plan]` without a line `[plan]: plan.md`, or `[^1]` without a line `[^1]: …`.
Remedy: add the definition."

    UnusedNote "unused-note" Warning
"Nothing refers to a footnote, so no reader sees it.

Example: `[^2]: …` in an article whose text has no `[^2]`.
Remedy: refer to it, or remove it."

    SpaceInAddress "space-in-address" Warning
"An address that holds a space ends there in Markdown, so the link or image is shown as text.

Example: `![A lamp](my lamp.png)`.
Remedy: `![A lamp](<my lamp.png>)`, or `%20` for the space."

    DecisionLoop "decision-loop" Error
"The questions of a decision lead back to one that was asked already, so a reader would never arrive.

Remedy: let one of the answers lead to an outcome."

    DecisionUnreachable "decision-unreachable" Error
"No answer leads to this question or outcome.

Remedy: lead an answer to it, or remove it."

    UnknownComparison "unknown-comparison" Error
"`use` names a comparison that the series doesn't have.

Example: `use = \"retrieval\"` without `content/<series>/comparisons/retrieval.toml`.
Remedy: the message names the nearest one."

    UnusedComparison "unused-comparison" Warning
"A shared comparison that no part uses.

Remedy: place it with `use = \"…\"` in a part, or remove the file."

    UnsafeSvg "unsafe-svg" Error
"An SVG placed in the page by `inline = true` holds what could run or load something: a script, an event handler, a style, or a reference to the outside. Elements and attributes that partwork doesn't know for harmless count as such.

Remedy: take it out of the SVG, or place the figure without `inline = true`."

    UndefinedTerm "undefined-term" Warning
"A part teaches a term, and `glossary.toml` doesn't define it.

Remedy: add `[terms.<id>]` with `name` and `definition`."

    UntaughtTerm "untaught-term" Warning
"`glossary.toml` defines a term that no part teaches.

Remedy: add it to the `teaches` of the part that introduces it, or remove the definition."

    UnknownSeries "unknown-series" Error
"`series` in `partwork.toml` names a folder of `content/` that holds no `series.toml`.

Remedy: correct the name, or create the series."

    InvalidTemplate "invalid-template" Error
"A template can't be read: its syntax is wrong, or it names a filter, function, component or template that doesn't exist.

Remedy: the message gives the template, line and column."

    TemplateFailed "template-failed" Error
"A template was read and failed while a page was rendered, most often on a value that the page doesn't have.

Example: `{{ part.subtitle }}`.
Remedy: test for the value first, `{% if part.next is defined %}`, or correct its name."

    UnusedOverride "unused-override" Warning
"A file of `templates/` has the name of no built-in template and nothing includes it.

Remedy: correct its name, or include it."

    UnchangedOverride "unchanged-override" Warning
"Files that `partwork theme eject` made are as it made them. A copy stands for the theme's own file
for ever, so it misses what a later partwork mends; `partwork theme eject` makes it again whenever
it is to be changed.

Example: `static/theme.css`, ejected to look at it.
Remedy: delete the copies that you don't change."

    OldOverride "old-override" Warning
"A file that `partwork theme eject` made was made for another version of the theme's contract than
this partwork has, and what the file can see or must provide has changed since. The version stands
in the comment on its first line; a file without that comment is never reported.

Example: `{#- partwork theme 1 -#}` at the head of a template whose values changed in contract 2.
Remedy: change it as the message says, then put the new version in the comment."

    LongPolicy "long-policy" Warning
"The Content-Security-Policy that the pages need has more characters than hosts take: Cloudflare refuses a site with a line of `_headers` beyond 2,000, and proxies have room for little more. Each script, `style` element and `style` attribute in a text adds a hash of 53 characters.

Example: an imported article with `style=\"…\"` on each of its tables.
Remedy: move scripts and styles from the texts into files of `static/` and name those in `templates/base.html`; or name the header for all addresses in `static/_headers` yourself."

    ShadowedRule "shadowed-rule" Warning
"A line of `static/_redirects` or a rule of `static/_headers` stands before one that partwork writes, speaks of the same address, and says something else. Hosts take the first redirect that fits; of two values for one header, one host joins them and the other takes the last.

Example: `/old/* /new/ 301` in `static/_redirects`, and a part with `aliases = [\"/old/rag/\"]`.
Remedy: let your line lead to the same place, or narrow its path; name a header for the path that the message names, where it replaces ours; or let `[hosts] own = [\"_headers\"]` in `partwork.toml` replace the whole file."

    ActiveContent "active-content" Error
"A file of `content/` that would be published is of a kind that runs in a browser, or can't be told from one: HTML, scripts, style sheets, XML, a drawing with a script in it, a name without a suffix. Opened by its address it would act in the name of the site, and whoever writes articles could bring it.

Example: `content/guide/demo.html`.
Remedy: move it to the same path below `static/`, which is published at the same address; take out of a drawing what runs; give a text its suffix, such as `.txt`."

    BeyondPolicy "beyond-policy" Error
"A text's raw HTML has a script, a style, a frame, a form or a source that its pages would refuse: their Content-Security-Policy lets in what the theme needs, and what `[policy]` grants. Whoever writes articles doesn't decide what runs in the name of the site.

Example: `<iframe src=\"https://video.example/1\">` in an article, and no `frame` under `[policy]`.
Remedy: add the line that is shown to `[policy]` in `partwork.toml`, move a script or a style to a file of `static/`, or leave it out."

    RefusedByPolicy "refused-by-policy" Warning
"The pages load a script or a style sheet of somebody else, which their Content-Security-Policy allows since it was seen in them. What the script asks for and the fonts that the style sheet loads can't be seen, and are refused.

Example: `<script src=\"https://plausible.io/js/script.js\">` in `templates/base.html`; it reports to `https://plausible.io`.
Remedy: name the source in `partwork.toml`: `[policy]` with `connect = [\"https://plausible.io\"]`, for fonts `font = [\"https://fonts.gstatic.com\"]`. An empty list says that there is nothing."

    LowContrast "low-contrast" Warning
"A color of `[theme]` stands too close to the page behind it: text needs a contrast of 4.5 to 1
(WCAG 2.2, 1.4.3), in light and in dark.

Example: `tracks = [\"#ffcc00\"]` is 1.5 to 1 on the light page.
Remedy: a darker color for light and a lighter one for dark: `{ light = \"#865400\", dark = \"#e6b55d\" }`."

    MissingWords "missing-words" Warning
"The theme's own words are not there in the site's language, all or some of them, and stand in
English.

Example: `language = \"fi\"`, and there is no `templates/languages/fi.toml`.
Remedy: copy `templates/languages/en.toml` (`partwork theme eject languages/en.toml`) under the tag
of the language and translate it."

    UnusedWords "unused-words" Warning
"A language's file has a phrase that no template says: most often a misspelled key.

Remedy: correct its name, or remove it."

    SecretInSettings "secret-in-settings" Error
"A `[[publish]]` target holds a password, a token or a key: in its address, or under a key of its own. `partwork.toml` is committed and shared, so nothing in it is secret. The line is not shown, so that the secret gets into no log.

Example: `to = \"git+https://name:token@example.org/site.git\"`.
Remedy: take it out, make a new one where it came from, and let the environment (`AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`), an ssh agent or git's credential helper supply it."

    UnsafeTarget "unsafe-target" Warning
"A `[[publish]]` target can be read, and to publish there could do harm: it names nothing, or a host or path that another program would take for an option. `partwork publish` refuses it with status 3.

Example: `to = \"rsync:-oProxyCommand=x:/www\"`.
Remedy: name the folder, bucket, branch or host that is meant."

    ForeignSyntax "foreign-syntax" Warning
"Words that another tool would read and partwork shows as they stand: shortcodes of Hugo and Zola, tags and variables of Liquid, containers of Docusaurus, admonitions of MkDocs, lines and components of MDX, links of wikis, citations of pandoc, attribute lists of kramdown, commands of mdBook, a kind of box that isn't one, a `mermaid` diagram, an attribute of a fence that nothing reads. Each form is told once for a file, at its first line. In code nothing is told, and `{{ x }}` alone is text.

Example: `{{< figure src=\"lamp.png\" >}}`.
Remedy: write what the message says instead; put words that are meant as they stand between backticks. `allow = [\"foreign-syntax\"]` in the front matter, or under `[check]` in `partwork.toml`, turns it off."

    ConflictMarker "conflict-marker" Error
"A merge was not finished: the file has git's marks of a conflict, `<<<<<<<` and `>>>>>>>`, and both texts between them. In code they are no mistake.

Example: a line `<<<<<<< HEAD`.
Remedy: keep what is meant of the two texts, and remove the three lines of marks."

    LocalAddress "local-address" Warning
"A link leads to `localhost`, to a file of one machine (`file:///…`, `C:\\…`), or to this machine's own number. Each reader has another machine, and finds nothing there.

Example: `[the page](http://localhost:8000/)`.
Remedy: link to where it is for all; an address that is an example belongs between backticks."

    EmptyLink "empty-link" Warning
"A link has no words, so that nobody sees it, or no address.

Example: `[](rag.md)`, `[RAG]()`.
Remedy: write what is missing; `[#](rag.md)` has its words from its target."

    MissingSpace "missing-space" Warning
"A line looks like a heading, and is a paragraph: Markdown wants a space behind the `#`.

Example: `##Chunks`.
Remedy: `## Chunks`, or `\\#` for the sign."

    LostCell "lost-cell" Warning
"A row of a table has more cells than its head, and what is over is not shown. Most often a `|` in a cell is the reason, which ends the cell between backticks too.

Example: ``| `a | b` | choice |`` in a table of two columns.
Remedy: ``| `a \\| b` | choice |``."

    VanishedTag "vanished-tag" Warning
"Words between `<` and `>` are a tag for Markdown and browsers. One that HTML doesn't have shows nothing.

Example: `Vec<T>`, of which `Vec` is shown.
Remedy: put it between backticks, or write `\\<`."

    UnreadMarkdown "unread-markdown" Warning
"A block of raw HTML ends at an empty line, and Markdown before that is not read: its links are shown as they stand.

Example: `[RAG](rag.md)` in the line below `<details>`.
Remedy: leave an empty line between the two."

    SwallowedBlock "swallowed-block" Warning
"A fence of code holds the first line of a block, which is then code as well. Most often the end of the code is missing, and the end of the block has become it.

Example: a fence `python` without an end, and a `figure` below.
Remedy: end the code before the block; what is meant as code stands in a fence with more signs than the one in it."

    CutText "cut-text" Warning
"In YAML a `#` behind a space begins a comment, so the rest of the line is not read.

Example: `title: Notes on C #1`, which is `Notes on C`.
Remedy: `title: \"Notes on C #1\"`."

    SkippedHeading "skipped-heading" Warning
"`partwork check`: a heading is more than one level below the one above it. Screen readers list headings as a tree, and the tree has a hole there. The title of the article is level 1.

Example: `### Chunks` right under the title.
Remedy: `## Chunks`; the size of a heading is the theme's matter."

    DuplicateTitle "duplicate-title" Warning
"`partwork check`: two published articles have one title, so that tabs, search results and lists can't tell them apart. Letter case and space don't count.

Example: `title = \"Introduction\"` in the first part of two series.
Remedy: say in each title what it introduces."

    DuplicateDescription "duplicate-description" Warning
"`partwork check`: two published articles have one description, most often because one file began as a copy of the other.

Remedy: say in each what its readers will know."

    TitleLength "title-length" Warning
"`partwork check`: a title has more than 100 characters. Tabs, lists and social cards cut it.

Remedy: shorten it; the rest goes into `description`."

    DescriptionLength "description-length" Warning
"`partwork check`: a description has more than 160 characters, where search results cut it, or fewer than 20, which describe nothing. Wide letters, such as Chinese, count twice towards the 20.

Example: `description = \"About RAG.\"`.
Remedy: one sentence that says what a reader will know afterwards."

    OddUpdate "odd-update" Warning
"`partwork check`: `updated` lies ahead of today, or before `date`. Feeds, the sitemap and structured data repeat it, and readers of these distrust a site that gives such days.

Example: `date = 2025-03-01` with `updated = 2025-01-03`.
Remedy: the day on which the text changed last, or no `updated` at all."

    LiteralNumber "literal-number" Warning
"`partwork check`: a text, title, description or `next_up` holds the number of a part, written by hand. It goes stale as soon as a part is added before that one. Only numbers that the plan has are reported. The words are known in English (`part 7`) and Swedish (`del 7`); in other languages of the site nothing is reported. The same is said, in any language, of `Figure 12.3` or `Listing 4` where a figure or a listing has that number.

Example: `as Part 12 explains`.
Remedy: `as [#](rag.md) explains`, or `[#](rag.md#pipeline)` for a figure, which is filled in; in metadata, name the part instead."

    StalePromise "stale-promise" Warning
"`partwork check`: a `next_up` says that something comes soon while the next part of the plan is out, or a paragraph says so beside a link to a part that is out. The words are known in English (such as `soon`, `coming`, `not yet`) and Swedish (such as `snart`, `kommer`, `ännu inte`); in other languages of the site nothing is reported.

Example: `next_up = \"Coming soon: embeddings\"`, with `embeddings` published.
Remedy: say what the part is about, not when it comes."

    TranslationBehind "translation-behind" Warning
"`partwork check`: an original says something else than when it was translated, or nothing says what a translation says, where others of its folder are recorded (`content/<series>/translated.<language>.toml`). A paragraph is named where the section has as many in both languages, else the section. Commas, markup and the addresses of links are no change; code counts to the letter.

Example: a sentence was added to `rag.md` after `rag.sv.md` was written.
Remedy: bring the translation up to date, then `partwork translated series/rag --language sv`."

    OutdatedListing "outdated-listing" Warning
"`partwork check`, in a repository of git: a listing shows something else than when its article was last committed, so what the article says of it may be of another day. A change elsewhere in the file is none, and an article that is being changed is not looked at.

Example: a line between the anchors `parse` of `code/lexer/main.rs` was mended, and the text below the listing still explains the old one.
Remedy: read the text beside the code again; any change of the article that is committed, or `allow = [\"outdated-listing\"]` in its front matter, says that it fits."

    UnusedFile "unused-file" Warning
"`partwork check`: a file under `content/` is published, and no article links to it or shows it, no author has it for an avatar, and no template or value of `[extra]` names it.

Example: `content/guide/rag/old-figure.svg`.
Remedy: remove it, link to it, or move it to `static/`."

    PlaceholderAddress "placeholder-address" Warning
"`partwork check`: the address of the site, the newsletter or the discussion is on `example.org`, `.com`, `.net` or a name that is reserved for examples and tests, or the site has a target or a ledger and its address is this machine's own, such as `localhost`. `partwork publish` refuses it. A build whose `--base-url` is another than such a `base_url` warns as well, since the ids of feeds are made of the latter.

Example: `base_url = \"https://example.org/\"`.
Remedy: put in the address that is meant."

    UnrecordedAddress "unrecorded-address" Warning
"`partwork check`: a part or a page is out, and `urls.toml` doesn't know its address, as when the part came out by itself or a machine published the site. Should its slug, id or series change, nothing would lead from the old address to the new one.

Example: `rag` came out on its date, and a workflow that can't commit published it.
Remedy: run `partwork build --record` and commit `urls.toml`."

    UnsettledFeedIds "unsettled-feed-ids" Warning
"`partwork check`: the site has a ledger, so it has readers, and `[feeds] authority` is missing. The ids of feeds are then made of the host of `base_url` and the year of the oldest part. With another host, or an older part added, every id changes, and all parts are new to feed readers.

Example: `tag:parts.se,2025:guide/rag` becomes `tag:parts.se,2019:guide/rag`, because a part of 2019 was added.
Remedy: write what they are made of into `[feeds] authority`, as the message says it."

    ExternalBroken "external-broken" Error
"`partwork check --external`: a link to the outside leads to nothing. Its server says so (404 or 410), redirects lead in a circle, or the address is none. An address below `base_url` is not asked for: every build looks it up. The answer is kept for an hour, then asked for again.

Example: `[the paper](https://example.se/moved-long-ago.pdf)`, which answers 404.
Remedy: link to what took its place, or to a copy in an archive. `[links] broken = \"warn\"` in `partwork.toml` makes it a warning."

    ExternalRefused "external-refused" Warning
"`partwork check --external`: a server answers, and doesn't say whether something is there: it wants a login (401), turns programs away (403), or has had enough requests (429). Many do so to protect themselves, and readers notice nothing. The answer is kept for a day. A private or loopback address isn't asked for at all, and no redirect leads to one: whoever writes an article must not make the machine that checks it talk to its neighbors.

Example: `[a profile](https://example.se/in/ada)`, which answers 403.
Remedy: look at it in a browser. `skip_prefixes = [\"https://example.se/in/\"]` under `[links]` leaves such addresses out; `--private` asks for private ones; an address that is an example, such as `http://localhost:8000`, belongs between backticks."

    ExternalUnreachable "external-unreachable" Warning
"`partwork check --external`: no answer came, three times: the name can't be looked up, nobody listens, the connection broke off or took too long, a certificate isn't valid, or the server says that it failed (500). That is often gone an hour later, so it isn't kept, and when two addresses of a host got no answer the others are not asked for.

Example: `[the archive](https://example.se/)`, whose server is being mended.
Remedy: check again later. A name that can't be looked up for days has likely been given up: link to something else."
}

impl Code {
    /// The code of a name, as typed after `partwork explain`.
    pub fn from_name(name: &str) -> Option<Code> {
        Code::ALL.iter().copied().find(|code| code.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_explained() {
        for (at, code) in Code::ALL.iter().enumerate() {
            assert_eq!(Code::from_name(code.name()), Some(Code::ALL[at]), "{}", code.name());
            assert!(code.explanation().contains("Remedy:"), "{}", code.name());
        }
    }
}
