//! Holds the site of this repository to rules of its own: it builds and checks without a word, and its
//! series is the book that it means to be.
//!
//! Its bounds are in `tests/content/rules.toml`, the phrases that it does without in `phrases.txt`
//! beside them: to change one takes no Rust.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jiff::Timestamp;
use partwork::blocks::comparison::Comparison;
use partwork::blocks::decision::Decision;
use partwork::blocks::figure::Figure;
use partwork::blocks::quiz::Quiz;
use partwork::check::lint;
use partwork::diagnostic::{Code, report};
use partwork::parse::Article;
use partwork::parse::block::{Body, Inline};
use partwork::project::load::load;
use partwork::project::{Project, Run};
use partwork::site::Site;
use partwork::site::behind;
#[cfg(feature = "system-tests")]
use partwork::site::ids::PartId;
#[cfg(feature = "system-tests")]
use partwork::site::program::ProgramState;
use partwork::site::series::{Part, Series, State};
use partwork::store::cache::Caches;
use partwork::store::emit::EmitError;
use partwork::store::kind::Kind;
use partwork::store::tree::{Content, Entry, OutputPath};
use partwork::{Built, Shell, build};
use serde::Deserialize;

/// `rules.toml`, which says what each is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    now: Timestamp,
    series: Vec<String>,
    book: BookRules,
    part: PartRules,
    quizzes: QuizRules,
    drawing: DrawingRules,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BookRules {
    id: String,
    parts: usize,
    published: usize,
    least_comparisons: usize,
    least_shared: usize,
    least_decisions: usize,
    most_tags: usize,
    least_drawings: usize,
    #[cfg_attr(not(feature = "system-tests"), expect(dead_code, reason = "no sample is run"))]
    least_samples: usize,
    least_states: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartRules {
    least_words: usize,
    most_words: usize,
    most_description: usize,
    least_figures: usize,
    least_words_of_alt: usize,
    least_questions: usize,
    most_questions: usize,
    checked: String,
    most_dashes: usize,
    most_dashes_of_a_paragraph: usize,
    words_of_a_sentence: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QuizRules {
    least_of_a_place: f64,
    most_longest: f64,
    most_shortest: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DrawingRules {
    width: f64,
    least_font_size: f64,
}

static RULES: LazyLock<Rules> =
    LazyLock::new(|| toml::from_str(&read(Path::new("tests/content/rules.toml"))).expect("rules"));

/// The site as readers have it.
static BUILT: LazyLock<(Project, Built)> = LazyLock::new(|| built(false));

fn built(drafts: bool) -> (Project, Built) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let run = Run { now: RULES.now, drafts, ..Run::default() };
    let project = load(root, &run).expect("the repository");
    let nowhere =
        |_: &OutputPath, _: Kind, _: &Content| -> Result<Entry, EmitError> { Ok(Entry { size: 0, hash: [0; 32] }) };
    let shell =
        Shell { caches: &Caches::open(None), look: Some(&lint::look), store: &nowhere, earlier: None, resized: None };
    let built = build(&project, &run, shell).expect("a build");
    (project, built)
}

fn site() -> &'static Site {
    BUILT.1.site().expect("a site")
}

/// The text of a file of this repository.
fn read(path: &Path) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect("a file of this repository")
}

/// The series of the rules.
fn book() -> &'static Series {
    site().series.iter().find(|series| series.plan.id == RULES.book.id).expect("the series of the rules")
}

/// A part with its file.
struct Chapter {
    part: &'static Part,
    article: &'static Article,
    text: &'static str,
}

fn chapters() -> impl Iterator<Item = Chapter> {
    book().parts.iter().map(|part| {
        let article = &site().articles[part.article.expect("every part has a file")];
        Chapter { part, article, text: BUILT.0.sources.text(article.source) }
    })
}

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

/// Problems as they are found, each told with where it is.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    /// Adds what is wrong unless a rule holds.
    fn hold(&mut self, rule: bool, place: &str, problem: impl FnOnce() -> String) {
        if !rule {
            self.0.push(format!("{place}: {}", problem()));
        }
    }

    fn tell(self) {
        assert!(self.0.is_empty(), "{}", self.0.join("\n"));
    }
}

#[test]
fn it_builds_without_a_diagnostic() {
    for (project, built) in [&*BUILT, &built(true)] {
        let mut text = Vec::new();
        report::write(
            &mut text,
            &built.diagnostics,
            &project.sources,
            report::Format::Human,
            report::Look { color: false, all: true },
        )
        .expect("written");
        assert!(built.diagnostics.is_empty(), "{}", String::from_utf8_lossy(&text));
    }
}

/// `check` asks for nothing but the addresses that whoever takes the site over has to put in.
#[test]
fn it_leaves_nothing_to_mend() {
    let project = &BUILT.0;
    let mut found = BUILT.1.diagnostics.clone();
    lint::lint(project, (&BUILT.1.sites, &BUILT.1.references), &mut found);
    behind::check(project, &BUILT.1.sites, &mut found);
    found.retain(|diagnostic| diagnostic.code != Code::PlaceholderAddress);
    assert!(found.is_empty(), "{found:#?}");
}

/// A part that is out has its address in the ledger, so that none is lost when a slug changes.
#[test]
fn the_ledger_knows_every_address() {
    let project = &BUILT.0;
    let ledger: toml::Table = project.sources.text(project.ledger.expect("a ledger")).parse().expect("TOML");
    let mut problems = Problems::default();
    for series in &site().series {
        for part in series.parts.iter().filter(|part| part.state == State::Out) {
            let known = ledger["series"][&series.plan.id].get(&part.id).and_then(|known| known.as_array());
            let address = toml::Value::String(format!("/{}", part.address));
            problems.hold(known.is_some_and(|known| known.contains(&address)), &part.id, || {
                "run `partwork build --record`, and commit urls.toml".into()
            });
        }
    }
    problems.tell();
}

#[test]
fn the_series_is_whole() {
    let ids: Vec<&str> = site().series.iter().map(|series| series.plan.id.as_str()).collect();
    assert_eq!(ids, RULES.series);
    let series = book();
    assert_eq!((series.published, series.total), (RULES.book.published, RULES.book.parts));
    let (mut tags, mut used) = (BTreeSet::new(), BTreeSet::new());
    let (mut compared, mut decisions) = (Vec::new(), 0);
    for Chapter { article, .. } in chapters() {
        tags.extend(article.front.tags.iter().map(|tag| &tag.value));
        for block in &article.blocks {
            match &block.body {
                Body::Use(id) => {
                    compared.push(&series.shared[&id.value].comparison);
                    used.insert(&id.value);
                }
                body => {
                    compared.extend(body.get::<Comparison>());
                    decisions += usize::from(body.get::<Decision>().is_some());
                }
            }
        }
    }
    let mut problems = Problems::default();
    let mut bound = |holds: bool, n: usize, what: &str| problems.hold(holds, "the series", || format!("{n} {what}"));
    bound(compared.len() >= RULES.book.least_comparisons, compared.len(), "comparisons");
    bound(used.len() >= RULES.book.least_shared, used.len(), "shared comparisons");
    bound(decisions >= RULES.book.least_decisions, decisions, "decisions");
    bound(tags.len() <= RULES.book.most_tags, tags.len(), "tags");
    // A reader who has learned what an effort of Medium is need not learn it again.
    let mut scales = BTreeMap::new();
    for comparison in compared {
        for field in comparison.fields.iter().filter(|field| !field.scale.is_empty()) {
            let scale = scales.entry(&field.id).or_insert(&field.scale);
            problems.hold(*scale == &field.scale, &comparison.id, || format!("another scale of {}", field.id));
        }
    }
    problems.tell();
}

#[test]
fn parts_have_their_length_and_form() {
    let rules = &RULES.part;
    let mut problems = Problems::default();
    for Chapter { part, article, .. } in chapters() {
        let mut hold = |rule, problem: &dyn Fn() -> String| problems.hold(rule, &part.id, problem);
        let described = part.description.as_ref().map(|description| description.chars().count());
        hold(described.is_some_and(|length| length <= rules.most_description), &|| {
            format!("a description of {described:?} characters")
        });
        hold(!part.teaches.is_empty(), &|| "it teaches nothing".into());
        hold((rules.least_words..=rules.most_words).contains(&article.words), &|| format!("{} words", article.words));
        let mut last = 1;
        for heading in &article.headings {
            hold(heading.level > 1, &|| format!("{:?} is a second h1", heading.text));
            hold(heading.level <= last + 1, &|| format!("the heading {:?} skips a level", heading.text));
            last = heading.level;
        }
        let figures = article.blocks.iter().filter_map(|block| block.body.get::<Figure>());
        let alts: Vec<&str> = figures.map(|figure| figure.alt.as_str()).collect();
        hold(alts.len() >= rules.least_figures, &|| format!("{} figures", alts.len()));
        for alt in alts {
            hold(alt.split_whitespace().count() >= rules.least_words_of_alt, &|| format!("few words: {alt:?}"));
        }
    }
    problems.tell();
}

#[test]
fn parts_speak_for_themselves() {
    let rules = &RULES.part;
    let phrases = read(Path::new("tests/content/phrases.txt"));
    let phrases: Vec<&str> = phrases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert!(!phrases.is_empty(), "no phrase is looked for");
    let mut problems = Problems::default();
    let mut sentences: BTreeMap<String, &str> = BTreeMap::new();
    for Chapter { part, text, .. } in chapters() {
        let said = text.to_lowercase().replace(&part.title.to_lowercase(), "");
        for phrase in &phrases {
            problems.hold(!said.contains(phrase), &part.id, || format!("it says {phrase:?}"));
        }
        let prose = prose(text);
        let dashes = |text: &str| text.matches('—').count();
        problems.hold(dashes(&prose) <= rules.most_dashes, &part.id, || "dashes pile up".into());
        for paragraph in prose.lines() {
            let few = dashes(paragraph) <= rules.most_dashes_of_a_paragraph;
            problems.hold(few, &part.id, || format!("dashes pile up in {paragraph:?}"));
            for sentence in paragraph.split_inclusive(['.', '?', '!']).map(str::trim) {
                if sentence.split_whitespace().count() >= rules.words_of_a_sentence {
                    let other = sentences.insert(sentence.to_owned(), &part.id);
                    let place = other.unwrap_or_default();
                    problems.hold(other.is_none(), &part.id, || format!("{sentence:?} stands in {place}"));
                }
            }
        }
    }
    problems.tell();
}

/// Every part leads back to what it builds on and forward to what will use it, and says when its facts were checked.
#[test]
fn parts_lead_to_parts_and_say_when_they_were_checked() {
    let parts = &book().parts;
    let mut problems = Problems::default();
    for (at, Chapter { part, text, .. }) in chapters().enumerate() {
        let leads = |part: &Part| text.contains(&format!("]({}.md", part.id));
        problems.hold(at == 0 || parts[..at].iter().any(leads), &part.id, || "it leads to no earlier part".into());
        let last = at + 1 == parts.len();
        problems.hold(last || parts[at + 1..].iter().any(leads), &part.id, || "it leads to no later part".into());
        let checked = text.trim_end().ends_with(&RULES.part.checked);
        problems.hold(checked, &part.id, || format!("it doesn't end with {:?}", RULES.part.checked));
    }
    problems.tell();
}

#[test]
fn quizzes_give_nothing_away() {
    let mut problems = Problems::default();
    let (mut answers, mut longest, mut shortest) = ([0_usize; 4], 0_usize, 0_usize);
    for Chapter { part, article, .. } in chapters() {
        let quizzes: Vec<&Quiz> = article.blocks.iter().filter_map(|block| block.body.get()).collect();
        let questions: Vec<_> = quizzes.iter().flat_map(|quiz| &quiz.questions).collect();
        let asked = questions.len();
        let bounds = RULES.part.least_questions..=RULES.part.most_questions;
        problems.hold(bounds.contains(&asked), &part.id, || format!("{asked} questions"));
        for question in questions {
            let length = |choice: &Inline| choice.text.chars().count();
            let right = length(&question.choices[question.answer - 1]);
            longest += usize::from(question.choices.iter().all(|choice| length(choice) <= right));
            shortest += usize::from(question.choices.iter().all(|choice| length(choice) >= right));
            answers[question.answer - 1] += 1;
            problems.hold(question.why.is_some(), &part.id, || "an answer that explains nothing".into());
        }
    }
    let questions: usize = answers.iter().sum();
    let share = |n: usize| n as f64 / questions as f64;
    let even = answers[..3].iter().all(|count| share(*count) >= RULES.quizzes.least_of_a_place);
    problems.hold(even, "the quizzes", || format!("places of the answers: {answers:?}"));
    problems.hold(share(longest) <= RULES.quizzes.most_longest, "the quizzes", || {
        format!("{longest} of {questions} answers are the longest choice")
    });
    problems.hold(share(shortest) <= RULES.quizzes.most_shortest, "the quizzes", || {
        format!("{shortest} of {questions} answers are the shortest choice")
    });
    problems.tell();
}

/// The files of a folder of this repository that have an extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    files.sort();
    files
}

fn folder_of_the_book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("content").join(&RULES.book.id)
}

/// A drawing says in words what it shows, and is drawn for a phone.
#[test]
fn drawings_speak_and_fit_a_phone() {
    let parts = fs::read_dir(folder_of_the_book()).expect("the series").map(|part| part.expect("an entry").path());
    let drawings: Vec<PathBuf> = parts.filter(|part| part.is_dir()).flat_map(|part| files(&part, "svg")).collect();
    let mut problems = Problems::default();
    for path in &drawings {
        let text = read(path);
        let place = path.display().to_string();
        let inside = |tag: &str| text.split(&format!("<{tag}>")).nth(1).and_then(|rest| rest.split("</").next());
        for tag in ["title", "desc"] {
            problems.hold(inside(tag).is_some_and(|words| words.len() >= 10), &place, || format!("no <{tag}>"));
        }
        let number = |text: &str, end| text.split(end).next().and_then(|number| number.parse::<f64>().ok());
        let width = text.split("viewBox=\"0 0 ").nth(1).and_then(|rest| number(rest, ' ')).expect("a view box");
        for size in text.split("font-size=\"").skip(1) {
            let size = number(size, '"').expect("a size");
            let legible = size * RULES.drawing.width / width >= RULES.drawing.least_font_size;
            problems.hold(legible, &place, || format!("text of size {size} in a width of {width}"));
        }
        problems.hold(text.contains("currentColor"), &place, || "a color of its own".into());
    }
    let enough = drawings.len() >= RULES.book.least_drawings;
    problems.hold(enough, "the series", || format!("only {} drawings", drawings.len()));
    problems.tell();
}

/// The Python samples of announced parts print what the articles say they print.
#[test]
#[cfg(feature = "system-tests")]
#[expect(clippy::disallowed_methods, reason = "the samples are run")]
fn samples_print_what_is_printed() {
    let mut count = 0;
    for path in files(&folder_of_the_book(), "md") {
        let text = read(&path);
        // Samples of one article may import each other by their titles.
        let folder = tempfile::tempdir().expect("a folder");
        for sample in text.split("\n```python title=").skip(1) {
            let (code, rest) = sample.split_once("\n```\n").expect("a closed fence");
            let (info, code) = code.split_once('\n').expect("some code");
            let title = info.split('"').nth(1).expect("a title");
            fs::write(folder.path().join(title), code).expect("written");
            let expected = rest.strip_prefix("\n```text title=\"Output\"\n").and_then(|rest| rest.split("```").next());
            let output =
                std::process::Command::new("python3").arg(title).current_dir(&folder).output().expect("python3");
            let place = format!("{} {title}", path.display());
            assert!(output.status.success(), "{place}: {}", String::from_utf8_lossy(&output.stderr));
            assert_eq!(String::from_utf8_lossy(&output.stdout), expected.unwrap_or_default(), "{place}");
            count += 1;
        }
    }
    assert!(count >= RULES.book.least_samples, "only {count} samples");
}

/// Python, with the packages that `tests/run` installs for the validators where it has been run.
#[cfg(feature = "system-tests")]
fn python() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/validate/bin/python");
    if own.exists() { own } else { "python3".into() }
}

/// What was measured and what the prices come to stands in the articles and their drawings.
#[test]
#[cfg(feature = "system-tests")]
#[expect(clippy::disallowed_methods, reason = "the numbers are computed in Python")]
fn numbers_are_those_that_came_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/content");
    for program in ["numbers.py", "drawings.py"] {
        let output = std::process::Command::new("python3").arg(program).current_dir(&folder).output().expect("python3");
        let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(output.status.success(), "{}", told.concat());
    }
}

/// The files of the program as of a part, in a folder.
#[cfg(feature = "system-tests")]
fn exported(part: PartId) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, file) in book().program.files(part) {
        let to = folder.path().join(path);
        fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        fs::copy(file.path(), to).expect("a copy");
    }
    folder
}

/// The small model learns and is measured for a few steps, as of each part that changes it and as of the last
/// that adds to it, where NumPy is installed.
#[test]
#[cfg(feature = "system-tests")]
#[expect(clippy::disallowed_methods, reason = "the program is run")]
fn the_small_model_runs() {
    let python = || std::process::Command::new(python());
    if !python().args(["-c", "import numpy"]).output().expect("python3").status.success() {
        return;
    }
    let program = &book().program;
    let grows = |state: &&ProgramState| state.files.keys().any(|path| path.starts_with("small/"));
    let last = program.states().rfind(grows).map(|state| state.part);
    for state in program.states() {
        if !state.files.contains_key("small/model.py") && Some(state.part) != last {
            continue;
        }
        let folder = exported(state.part);
        let started = folder.path().join("small/__main__.py").exists();
        let runs =
            if started { ["-m", "small"] } else { ["-c", "from small.model import Model; Model(9).forward([[1, 2]])"] };
        let output = python()
            .args(runs)
            .env("QUICK", "1")
            .env("OMP_NUM_THREADS", "1")
            .current_dir(&folder)
            .output()
            .expect("python3");
        let title = &site().part(state.part).title;
        assert!(output.status.success(), "{title}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The program of the published parts has a check, which `partwork check --code` runs as of each of them.
#[test]
fn the_program_of_the_book_is_checked_as_of_each_part() {
    let series = book();
    assert!(series.plan.code.check.is_some(), "`[code] check` of the series");
    let count = series.program.states().count();
    assert!(count >= RULES.book.least_states, "only {count} states");
}
