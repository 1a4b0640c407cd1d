//! This repository's own site: it builds without a single diagnostic, and its series is the book
//! that it means to be.

use std::collections::BTreeSet;
use std::path::Path;

use partwork::cache::Caches;
use partwork::emit::EmitError;
use partwork::load::{Options, load};
use partwork::parse::blocks::Body;
use partwork::tree::{Content, Entry, OutputPath};
use partwork::{Built, build};

fn built(drafts: bool) -> (partwork::load::Project, Built) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let now = "2026-01-01T00:00:00Z".parse().expect("an instant");
    let mut found = Vec::new();
    let project = load(root, Options { now, drafts, ..Options::default() }, &mut found).expect("the repository");
    let nowhere = |_: &OutputPath, _: &Content| -> Result<Entry, EmitError> { Ok(Entry { size: 0, hash: [0; 32] }) };
    let built = build(&project, found, &Caches::open(None), &nowhere).expect("a build");
    (project, built)
}

#[test]
fn it_builds_without_a_diagnostic() {
    for drafts in [false, true] {
        let (project, built) = built(drafts);
        let mut text = Vec::new();
        partwork::report::write(
            &mut text,
            &built.diagnostics,
            &project.sources,
            partwork::report::Format::Human,
            false,
        )
        .expect("written");
        assert!(built.diagnostics.is_empty(), "{}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn the_series_is_whole() {
    let (project, built) = built(false);
    let site = built.site.expect("a site");
    let series = site.series.iter().find(|series| series.plan.id == "ai-demystified").expect("the series");
    assert_eq!((series.published, series.total), (16, 21));
    let mut tags = BTreeSet::new();
    let (mut comparisons, mut decisions) = (0, 0);
    for part in &series.parts {
        let article = &site.articles[part.article.expect("every part has a file")];
        let text = project.sources.text(article.source);
        let description = part.description.as_deref().expect("a description");
        assert!(description.chars().count() <= 160, "{}: the description is too long", part.id);
        assert!(!part.teaches.is_empty(), "{} teaches nothing", part.id);
        assert!((1_200..=2_000).contains(&article.words), "{} has {} words", part.id, article.words);
        let dashes = text.split("\n+++\n").nth(1).unwrap_or_default().matches('—').count();
        assert!(dashes <= 12, "{} has {dashes} dashes", part.id);
        let (mut figures, mut questions) = (0, 0);
        for block in &article.blocks {
            match &block.body {
                Body::Figure(figure) => {
                    assert!(!figure.alt.trim().is_empty(), "{}: a figure without words", part.id);
                    figures += 1;
                }
                Body::Quiz(quiz) => questions += quiz.questions.len(),
                Body::Comparison(_) | Body::Use(_) => comparisons += 1,
                Body::Decision(_) => decisions += 1,
                _ => {}
            }
        }
        assert!(figures >= 1, "{} has no figure", part.id);
        assert_eq!(questions, 3, "{}: questions of its quiz", part.id);
        tags.extend(article.front.tags.iter().map(|tag| tag.value.clone()));
        for phrase in [
            "in today's",
            "delve",
            "game changer",
            "game-changer",
            "at the end of the day",
            "important to note",
            "in conclusion",
            "seamless",
            "buckle up",
            "let's dive",
            "unlock the",
            "lorem ipsum",
            "TODO",
        ] {
            assert!(!text.to_lowercase().contains(&phrase.to_lowercase()), "{}: {phrase:?}", part.id);
        }
        assert!(article.headings.iter().all(|heading| heading.level > 1), "{}: a second h1", part.id);
        let mut last = 1;
        for heading in &article.headings {
            assert!(heading.level <= last + 1, "{}: the heading {:?} skips a level", part.id, heading.text);
            last = heading.level;
        }
    }
    assert!(comparisons >= 10, "{comparisons} comparisons");
    assert!(decisions >= 4, "{decisions} decisions");
    assert!(tags.len() <= 25, "{} tags", tags.len());
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
