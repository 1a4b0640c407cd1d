//! This repository's own site: it builds without a single diagnostic, and its series is the book
//! that it means to be.

#![expect(clippy::disallowed_methods, reason = "samples of Python are run")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use partwork::diagnostic::Code;
use partwork::parse::blocks::{Body, Inline};
use partwork::project::{Options, load};
use partwork::site::series::State;
use partwork::store::cache::Caches;
use partwork::store::emit::EmitError;
use partwork::store::kind::Kind;
use partwork::store::tree::{Content, Entry, OutputPath};
use partwork::{Built, build};

fn built(drafts: bool) -> (partwork::project::Project, Built) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let now = "2026-01-01T00:00:00Z".parse().expect("an instant");
    let mut found = Vec::new();
    let project = load(root, Options { now, drafts, ..Options::default() }, &mut found).expect("the repository");
    let nowhere =
        |_: &OutputPath, _: Kind, _: &Content| -> Result<Entry, EmitError> { Ok(Entry { size: 0, hash: [0; 32] }) };
    let built = build(&project, found, &Caches::open(None), &nowhere).expect("a build");
    (project, built)
}

#[test]
fn it_builds_without_a_diagnostic() {
    for drafts in [false, true] {
        let (project, built) = built(drafts);
        let mut text = Vec::new();
        partwork::diagnostic::report::write(
            &mut text,
            &built.diagnostics,
            &project.sources,
            partwork::diagnostic::report::Format::Human,
            false,
        )
        .expect("written");
        assert!(built.diagnostics.is_empty(), "{}", String::from_utf8_lossy(&text));
    }
}

/// Words that stand in an article because nobody had anything to say there.
const STOCK: &[&str] = &[
    "in today's",
    "fast-moving world",
    "fast-paced",
    "ever-evolving",
    "rapidly evolving",
    "delve",
    "game changer",
    "game-changer",
    "cutting-edge",
    "state-of-the-art",
    "at the end of the day",
    "important to note",
    "worth noting",
    "needless to say",
    "in conclusion",
    "in summary",
    "in this article",
    "without further ado",
    "seamless",
    "leverage",
    "robust and",
    "powerful tool",
    "buckle up",
    "let's dive",
    "deep dive",
    "dive into",
    "unlock the",
    "unleash",
    "harness the",
    "navigate the",
    "landscape",
    "realm of",
    "tapestry",
    "testament to",
    "revolutioniz",
    "supercharge",
    "take it to the next level",
    "the power of",
    "look no further",
    "it's not just",
    "isn't just",
    "not only about",
    "crucial",
    "pivotal",
    "furthermore",
    "moreover",
    "simply put",
    "lorem ipsum",
    "todo",
];

/// What an article says in sentences of its own: its text without front matter, fences, tables and headings.
fn prose(text: &str) -> String {
    let body = text.split_once("\n+++\n").map_or(text, |(_, body)| body);
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in body.lines() {
        let fence = line.starts_with("```");
        fenced ^= fence;
        if !(fenced || fence || line.starts_with('|') || line.starts_with('#')) {
            lines.push(line.trim_start_matches("> "));
        }
    }
    lines.join("\n")
}

/// `check` asks for nothing but the addresses that whoever takes the site over has to put in.
#[test]
fn it_leaves_nothing_to_mend() {
    let (project, built) = built(false);
    let site = built.site.expect("a site");
    let references = partwork::site::resolve::resolve(&project, &site, &mut Vec::new());
    let mut found = Vec::new();
    partwork::check::lint::lint(&project, &site, &references, &mut found);
    found.retain(|diagnostic| diagnostic.code != Code::PlaceholderAddress);
    assert!(found.is_empty(), "{found:#?}");
    let ids: Vec<&str> = site.series.iter().map(|series| series.plan.id.as_str()).collect();
    assert_eq!(ids, ["ai-demystified", "guide"]);
}

#[test]
fn the_series_is_whole() {
    let (project, built) = built(false);
    let site = built.site.expect("a site");
    let at = site.series.iter().position(|series| series.plan.id == "ai-demystified").expect("the series");
    let (series, shared) = (&site.series[at], &site.shared[at]);
    assert_eq!((series.published, series.total), (16, 21));
    let sources = project.sources.iter().find(|(_, source)| source.path == "content/sources.md");
    let sources = sources.expect("the sources").1.text.as_str();
    let mut tags = BTreeSet::new();
    let mut sentences = BTreeMap::new();
    let (mut compared, mut used, mut decisions) = (Vec::new(), BTreeSet::new(), 0);
    let (mut answers, mut longest, mut shortest) = ([0; 4], 0, 0);
    for (place, part) in series.parts.iter().enumerate() {
        let article = &site.articles[part.article.expect("every part has a file")];
        let text = project.sources.text(article.source);
        let description = part.description.as_deref().expect("a description");
        assert!(description.chars().count() <= 160, "{}: the description is too long", part.id);
        assert!(!part.teaches.is_empty(), "{} teaches nothing", part.id);
        assert!((1_200..=2_000).contains(&article.words), "{} has {} words", part.id, article.words);

        let lower = text.to_lowercase();
        for phrase in STOCK {
            let title = part.title.to_lowercase();
            assert!(!lower.replace(&title, "").contains(phrase), "{}: {phrase:?}", part.id);
        }
        let prose = prose(text);
        assert!(prose.matches('—').count() <= 3, "{}: dashes pile up", part.id);
        for paragraph in prose.lines() {
            assert!(paragraph.matches('—').count() <= 1, "{}: two dashes in {paragraph:?}", part.id);
            for sentence in paragraph.split_inclusive(['.', '?', '!']).map(str::trim) {
                if sentence.split_whitespace().count() >= 7 {
                    let other = sentences.insert(sentence.to_owned(), &part.id);
                    assert!(other.is_none(), "{} repeats {sentence:?} of {}", part.id, other.expect("a part"));
                }
            }
        }

        // Every part leads back to what it builds on and forward to what will use it.
        let leads = |at: usize| text.contains(&format!("]({}.md", series.parts[at].id));
        assert!(place == 0 || (0..place).any(leads), "{} leads to no earlier part", part.id);
        let last = series.parts.len() - 1;
        assert!(place == last || (place + 1..=last).any(leads), "{} leads to no later part", part.id);

        // Whoever revises a part finds all of its sources in one list.
        let list = sources.split("\n## ").find(|list| list.starts_with(&format!("{}\n", part.title)));
        let list = list.unwrap_or_else(|| panic!("no sources of {}", part.id));
        for link in text.split("](http").skip(1) {
            let address = format!("http{}", link.split(')').next().unwrap_or_default());
            assert!(list.contains(&address), "{}: {address} is not among the sources", part.id);
        }

        let (mut figures, mut questions) = (0, 0);
        for block in &article.blocks {
            match &block.body {
                Body::Figure(figure) => {
                    assert!(figure.alt.split_whitespace().count() >= 8, "{}: a figure with few words", part.id);
                    figures += 1;
                }
                Body::Quiz(quiz) => {
                    questions += quiz.questions.len();
                    for question in &quiz.questions {
                        let length = |choice: &Inline| choice.text.chars().count();
                        let right = length(&question.choices[question.answer - 1]);
                        longest += usize::from(question.choices.iter().all(|choice| length(choice) <= right));
                        shortest += usize::from(question.choices.iter().all(|choice| length(choice) >= right));
                        answers[question.answer - 1] += 1;
                        assert!(question.why.is_some(), "{}: an answer that explains nothing", part.id);
                    }
                }
                Body::Comparison(comparison) => compared.push(comparison),
                Body::Use(id) => {
                    compared.push(&shared[&id.value].comparison);
                    used.insert(&id.value);
                }
                Body::Decision(_) => decisions += 1,
                _ => {}
            }
        }
        assert!(figures >= 1, "{} has no figure", part.id);
        assert_eq!(questions, 3, "{}: questions of its quiz", part.id);
        tags.extend(article.front.tags.iter().map(|tag| tag.value.clone()));
        assert!(article.headings.iter().all(|heading| heading.level > 1), "{}: a second h1", part.id);
        let mut last = 1;
        for heading in &article.headings {
            assert!(heading.level <= last + 1, "{}: the heading {:?} skips a level", part.id, heading.text);
            last = heading.level;
        }
    }
    assert!(compared.len() >= 10, "{} comparisons", compared.len());
    assert!(used.len() >= 3, "{} shared comparisons", used.len());
    // A reader who has learned what an effort of Medium is need not learn it again.
    let mut scales = BTreeMap::new();
    for comparison in compared {
        for field in comparison.fields.iter().filter(|field| !field.scale.is_empty()) {
            let scale = scales.entry(&field.id).or_insert(&field.scale);
            assert_eq!(*scale, &field.scale, "{}: the scale of {}", comparison.id, field.id);
        }
    }
    assert!(decisions >= 4, "{decisions} decisions");
    assert!(tags.len() <= 25, "{} tags", tags.len());
    // Neither its place nor its length may give an answer away.
    let questions: usize = answers.iter().sum();
    assert!(answers[..3].iter().all(|count| count * 4 >= questions), "places of the answers: {answers:?}");
    assert!(longest * 2 <= questions, "{longest} of {questions} answers are the longest choice");
    assert!(shortest * 2 <= questions, "{shortest} of {questions} answers are the shortest choice");
}

/// A drawing says in words what it shows, and is drawn for a phone: its text stays legible at 320 pixels.
#[test]
fn figures_speak_and_fit_a_phone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/ai-demystified");
    let mut count = 0;
    for part in std::fs::read_dir(folder).expect("the series") {
        let part = part.expect("an entry").path();
        if !part.is_dir() {
            continue;
        }
        for drawing in std::fs::read_dir(part).expect("a folder") {
            let path = drawing.expect("an entry").path();
            if path.extension().is_none_or(|extension| extension != "svg") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a drawing");
            let place = path.display();
            let inside = |tag: &str| text.split(&format!("<{tag}>")).nth(1).and_then(|rest| rest.split("</").next());
            for tag in ["title", "desc"] {
                assert!(inside(tag).is_some_and(|words| words.len() >= 10), "{place} has no <{tag}>");
            }
            let width = text.split("viewBox=\"0 0 ").nth(1).and_then(|rest| rest.split(' ').next());
            let width: f64 = width.and_then(|width| width.parse().ok()).expect("a view box");
            for size in text.split("font-size=\"").skip(1) {
                let size: f64 = size.split('"').next().and_then(|size| size.parse().ok()).expect("a size");
                // The page of a phone 320 pixels wide leaves 280 to a figure.
                assert!(size * 280.0 / width >= 10.0, "{place}: text of size {size} in a width of {width}");
            }
            assert!(text.contains("currentColor"), "{place} has a color of its own");
            count += 1;
        }
    }
    assert!(count >= 21, "only {count} drawings");
}

/// The Python samples print what the articles say they print.
#[test]
fn samples_print_what_is_printed() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("content/ai-demystified");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the series") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("an article");
        // Samples of one article may import each other by their titles.
        let folder = tempfile::tempdir().expect("a folder");
        for sample in text.split("\n```python").skip(1) {
            let (code, rest) = sample.split_once("\n```\n").expect("a closed fence");
            let (info, code) = code.split_once('\n').expect("some code");
            let title = info.split("title=\"").nth(1).and_then(|title| title.split('"').next()).unwrap_or("sample.py");
            std::fs::write(folder.path().join(title), code).expect("written");
            let expected = rest.strip_prefix("\n```text title=\"Output\"\n").and_then(|rest| rest.split("```").next());
            let output =
                std::process::Command::new("python3").arg(title).current_dir(&folder).output().expect("python3");
            let place = format!("{} {title}", path.display());
            assert!(output.status.success(), "{place}: {}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(String::from_utf8_lossy(&output.stdout), expected.unwrap_or_default(), "{place}");
            count += 1;
        }
    }
    assert!(count >= 10, "only {count} samples");
}

/// A part that is out has its address in the ledger, so that none is lost when a slug changes.
#[test]
fn the_ledger_knows_every_address() {
    let (project, built) = built(false);
    let ledger: toml::Table = project.sources.text(project.ledger.expect("a ledger")).parse().expect("TOML");
    for series in &built.site.expect("a site").series {
        for part in series.parts.iter().filter(|part| part.state == State::Out) {
            let known = ledger["series"][&series.plan.id].get(&part.id).and_then(|known| known.as_array());
            let address = toml::Value::String(format!("/{}", part.address));
            assert!(
                known.is_some_and(|known| known.contains(&address)),
                "{}: run `partwork build --record`, and commit urls.toml",
                part.id
            );
        }
    }
}
