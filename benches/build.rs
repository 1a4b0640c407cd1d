//! Whole builds against the least that any generator has to do.
//!
//! `cargo bench --bench build` writes a corpus of its own (series of 20 parts of about 1,200 words
//! with headings, lists, a table, two code fences, a footnote, links and a comparison), builds it
//! with the release binary, and runs beside it the *floor*: a bare program that reads the same
//! files, runs pulldown-cmark over them in parallel and writes as many files of the same sizes.
//! Figures are processor seconds, wall seconds and peak memory of whole processes, the median of
//! several runs taken in turn; ratios hold from machine to machine, seconds don't.
//!
//! Everything lies on tmpfs (`/dev/shm`, or where `BENCH_DIR` says), so that the disk is not
//! measured. `BENCH_PARTS=1000,10000` chooses the sizes, `BENCH_RUNS=3` the runs,
//! `BENCH_LONG=1` adds one series of 10,000 parts. With cards and books in the cache, a build is to take
//! no more than twice as long as one without cards, books and search.
//!
//! Where the time goes, at 10,000 parts: a first build spends six sevenths of its processor time on
//! drawing cards and packing books, and another sixth on top on highlighting, in the grammars'
//! regular expressions; all three are remembered. Of what is left, pages are the most: there
//! `perf record` finds Tera, most of it the index of the series on each page. `partwork build -v`
//! prints reading, rendering and putting in place, and `stages` the steps before rendering.

#![expect(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use partwork::outputs::all;
use partwork::project::load::load;
use partwork::project::{Project, Run};
use partwork::render::block_names;
use partwork::site::read::Blocks;
use partwork::site::resolve;
use partwork::store::cache::Caches;
use partwork::store::emit::EmitError;
use partwork::store::kind::Kind;
use partwork::store::state::State;
use partwork::store::tree::{Content, Entry, OutputPath};
use partwork::{Shell, blocks, site};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "floor", content, public, output] => floor(Path::new(content), Path::new(public), Path::new(output)),
        [_, "stages", root] => stages(Path::new(root)),
        _ => compare(),
    }
}

fn compare() {
    let folder = std::env::var("BENCH_DIR").map_or_else(|_| PathBuf::from("/dev/shm"), PathBuf::from);
    let folder =
        tempfile::Builder::new().prefix("partwork-bench-").tempdir_in(folder).expect("a folder for the corpus");
    let sizes = std::env::var("BENCH_PARTS").unwrap_or_else(|_| "1000,10000".into());
    let runs: usize = std::env::var("BENCH_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(3);
    println!("{:<44} {:>8} {:>8} {:>8} {:>8} {:>9}", "", "cpu s", "wall s", "x floor", "wall/cpu", "peak MB");
    for size in sizes.split(',').filter_map(|size| size.parse().ok()) {
        measure(folder.path(), size, 20, runs);
    }
    if std::env::var_os("BENCH_LONG").is_some() {
        measure(folder.path(), 10_000, 10_000, runs);
    }
}

fn measure(folder: &Path, parts: usize, a_series: usize, runs: usize) {
    let root = folder.join(format!("{parts}-{a_series}"));
    corpus(&root, parts, a_series);
    let partwork = env!("CARGO_BIN_EXE_partwork");
    let me = std::env::current_exe().expect("this program");
    let title = if a_series == 20 { format!("{parts} parts") } else { format!("{parts} parts in one series") };
    let public = root.join("public");
    let bare = root.join("bare");
    let build = |plain: bool| {
        let config = root.join("partwork.toml");
        fs::write(config, settings(plain)).expect("settings");
        run(Command::new(partwork).args(["build", "-q", "--root"]).arg(&root).env("PARTWORK_CACHE", root.join("cache")))
    };
    let clear = |names: &[&str]| {
        for name in names {
            let _ = fs::remove_dir_all(root.join(name));
        }
    };
    build(true);
    let floor_run = || {
        let _ = fs::remove_dir_all(&bare);
        run(Command::new(&me).arg("floor").arg(root.join("content")).arg(&public).arg(&bare))
    };
    let (mut floors, mut plain, mut again, mut first, mut cached, mut one) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..runs {
        floors.push(floor_run());
        clear(&["public", "cache", "bare"]);
        plain.push(build(true));
        again.push(build(true));
        clear(&["public", "cache"]);
        first.push(build(false));
        clear(&["public"]);
        cached.push(build(false));
        let edited = root.join("content/series-0/part-3.md");
        let mut text = fs::read_to_string(&edited).expect("a part");
        text.push_str("\nOne more line.\n");
        fs::write(&edited, text).expect("a part");
        one.push(build(false));
    }
    let floor = median(&floors);
    let row = |name: &str, figures: &[Figures]| {
        let figures = median(figures);
        println!(
            "{:<44} {:>8.3} {:>8.3} {:>8.2} {:>8.2} {:>9.0}",
            format!("{title}, {name}"),
            figures.cpu,
            figures.wall,
            figures.cpu / floor.cpu,
            figures.wall / figures.cpu,
            figures.peak
        );
    };
    row("floor", &floors);
    row("no highlighting", &plain);
    row("no highlighting, nothing changed", &again);
    row("highlighting, first build", &first);
    row("highlighting, cached", &cached);
    row("highlighting, one part edited", &one);
    let mut stages = Command::new(&me).arg("stages").arg(&root).stdout(Stdio::piped()).spawn().expect("this program");
    let mut text = String::new();
    stages.stdout.take().expect("a pipe").read_to_string(&mut text).expect("text");
    stages.wait().expect("an end");
    print!("{text}");
    let _ = fs::remove_dir_all(&root);
}

/// Stages of a build in one process, wall seconds on all cores.
fn stages(root: &Path) {
    let mut out = Vec::new();
    let mut last = Instant::now();
    let mut lap = |name: &str| {
        println!("    {name:<40} {:>8.3} s", last.elapsed().as_secs_f64());
        last = Instant::now();
    };
    // After the dates of the corpus, so that all of it is out; without highlighting, which is a cost
    // of its own.
    fs::write(root.join("partwork.toml"), settings(true)).expect("settings");
    let now = "2026-01-01T00:00:00Z".parse().expect("an instant");
    let run = Run { now, ..Run::default() };
    let project = load(root, &run).expect("a project");
    lap("load");
    let blocks = Blocks { names: &block_names(&project), kinds: blocks::ALL };
    let site = site::read::read(&project, &run, blocks, &mut out).expect("a site");
    lap("parse and assemble");
    resolve::resolve(&project, &site, &all::addresses(&site), &mut out);
    lap("resolve");
    drop(site);
    let caches = Caches::open(Some(&State::of(&root.join("stages"), root)));
    let nowhere = |_: &OutputPath, _: Kind, content: &Content| -> Result<Entry, EmitError> {
        let size = match content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::File(_) | Content::Later(_) => 0,
        };
        Ok(Entry { size, hash: [0; 32] })
    };
    let whole = |project: &Project, name: &str| {
        let started = Instant::now();
        let shell = Shell { caches: &caches, look: None, store: &nowhere };
        let built = partwork::build(project, &run, shell).expect("a build");
        let seconds = started.elapsed().as_secs_f64();
        println!("    {name:<40} {seconds:>8.3} s");
        assert!(!built.has_errors(), "{:?}", built.diagnostics.first());
        seconds
    };
    whole(&project, "all of it, nothing written");
    let cached = whole(&project, "again, cards and books in the cache");
    let bare_settings =
        settings(true) + "[cards]\nenabled = false\n[epub]\nenabled = false\n[search]\nenabled = false\n";
    fs::write(root.join("partwork.toml"), bare_settings).expect("settings");
    let bare = load(root, &run).expect("a project");
    let bare = whole(&bare, "without cards, books and search");
    println!("    {:<40} {:>8.2}", "the cached one by that", cached / bare);
}

/// What a run of a program took.
#[derive(Clone, Copy)]
struct Figures {
    cpu: f64,
    wall: f64,
    /// Megabytes.
    peak: f64,
}

fn median(figures: &[Figures]) -> Figures {
    let of = |pick: fn(&Figures) -> f64| {
        let mut values: Vec<f64> = figures.iter().map(pick).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Figures { cpu: of(|f| f.cpu), wall: of(|f| f.wall), peak: of(|f| f.peak) }
}

/// Runs a program; processor time is what the kernel adds to ours when it ends, memory its own
/// high-water mark, looked at while it runs.
fn run(command: &mut Command) -> Figures {
    let before = children_seconds();
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).spawn().expect("the program starts");
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0.0_f64;
    let status = loop {
        if let Some(status) = child.try_wait().expect("a status") {
            break status;
        }
        let text = fs::read_to_string(&status_file).unwrap_or_default();
        let kilobytes = text
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix("kB")?.trim().parse::<f64>().ok());
        peak = peak.max(kilobytes.unwrap_or(0.0) / 1000.0);
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    assert!(status.success(), "{command:?} failed");
    Figures { cpu: children_seconds() - before, wall: started.elapsed().as_secs_f64(), peak }
}

/// Processor seconds of all children that have ended; proc(5), `/proc/pid/stat`, fields 16 and 17,
/// in hundredths.
fn children_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("/proc");
    let after = stat.rsplit_once(") ").expect("a name in brackets").1;
    after.split(' ').skip(13).take(2).map(|ticks| ticks.parse::<f64>().expect("a number")).sum::<f64>() / 100.0
}

/// The floor: read, parse to HTML, write as many files of the same sizes as the site has.
fn floor(content: &Path, public: &Path, output: &Path) {
    let articles: Vec<PathBuf> =
        files(content).into_iter().filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    let html: usize = articles
        .par_iter()
        .map(|path| {
            let text = fs::read_to_string(path).expect("an article");
            let mut html = String::with_capacity(text.len() * 3 / 2);
            pulldown_cmark::html::push_html(
                &mut html,
                pulldown_cmark::Parser::new_ext(&text, partwork::parse::dialect::OPTIONS),
            );
            html.len()
        })
        .sum();
    assert!(html > 0);
    let sizes: Vec<(PathBuf, u64)> = files(public)
        .into_iter()
        .map(|path| (path.strip_prefix(public).expect("below").to_path_buf(), fs::metadata(&path).expect("data").len()))
        .collect();
    sizes.par_iter().for_each(|(path, size)| {
        let target = output.join(path);
        fs::create_dir_all(target.parent().expect("a parent")).expect("a folder");
        fs::write(target, vec![b'x'; usize::try_from(*size).expect("a size")]).expect("a file");
    });
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("an entry"));
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

fn settings(plain: bool) -> String {
    format!("base_url = \"https://example.org/\"\ntitle = \"Benchmark\"\n[highlight]\nenabled = {}\n", !plain)
}

const WORDS: &[&str] = &[
    "index", "token", "reader", "of", "the", "a", "measure", "under", "cache", "plan", "and", "with", "series", "part",
    "number", "follows", "before", "after", "model", "builds", "text", "small", "large", "each", "writes", "one",
    "answer", "question", "is", "to", "in", "order", "shelf", "page", "figure", "letter", "machine", "slow", "fast",
];

/// A generator of numbers that are the same on every machine.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        // xorshift64*, Vigna 2016.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        usize::try_from(self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33).expect("31 bits") % below
    }

    fn sentence(&mut self, words: usize) -> String {
        let mut text: Vec<&str> = (0..words).map(|_| WORDS[self.next(WORDS.len())]).collect();
        text.push("so.");
        text.join(" ")
    }
}

fn corpus(root: &Path, parts: usize, a_series: usize) {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    fs::create_dir_all(root).expect("a folder");
    fs::write(root.join("partwork.toml"), settings(true)).expect("settings");
    for series in 0..parts / a_series {
        let folder = root.join(format!("content/series-{series}"));
        fs::create_dir_all(&folder).expect("a folder");
        let ids: Vec<String> = (0..a_series).map(|part| format!("\"part-{part}\"")).collect();
        let plan = format!(
            "title = \"Series {series}\"\ndescription = \"A series of the benchmark.\"\nparts = [{}]\n",
            ids.join(", ")
        );
        fs::write(folder.join("series.toml"), plan).expect("a plan");
        for part in 0..a_series {
            let text = article(series, part, a_series, &mut numbers);
            fs::write(folder.join(format!("part-{part}.md")), text).expect("an article");
        }
    }
    std::io::stdout().flush().expect("a terminal");
}

fn article(series: usize, part: usize, a_series: usize, numbers: &mut Numbers) -> String {
    let tag = WORDS[part % 7];
    let mut text = format!(
        "+++\ntitle = \"Part {part} of the work\"\ndescription = \"{}\"\ndate = 2025-01-{:02}\ntags = [\"{tag}\"]\nteaches = [\"term-{part}\"]\n",
        numbers.sentence(12),
        part % 28 + 1
    );
    if part > 0 {
        text.push_str(&format!("needs = [\"term-{}\"]\n", part - 1));
    }
    text.push_str("+++\n");
    for section in 0..8 {
        text.push_str(&format!("\n## Section {section} on {}\n\n", WORDS[numbers.next(WORDS.len())]));
        for _ in 0..2 {
            text.push_str(&format!("{} *{}* {}\n\n", numbers.sentence(28), numbers.sentence(2), numbers.sentence(28)));
        }
        match section {
            1 => {
                for _ in 0..5 {
                    text.push_str(&format!("- {} `{}`\n", numbers.sentence(9), WORDS[numbers.next(WORDS.len())]));
                }
            }
            2 => {
                text.push_str("| size | cost | note |\n|--|--:|--|\n");
                for row in 0..4 {
                    text.push_str(&format!("| {row} | {} | {} |\n", numbers.next(900), numbers.sentence(3)));
                }
            }
            3 | 5 => text.push_str(&code(section, series * a_series + part)),
            4 => text.push_str(&format!(
                "See [the one before](part-{}.md#section-1) and [the next](part-{}.md).[^1]\n\n[^1]: {}\n",
                part,
                (part + 1) % a_series,
                numbers.sentence(10)
            )),
            6 => text.push_str(&comparison(series, part, numbers)),
            _ => {}
        }
    }
    text.replace("#section-1)", ")")
}

fn code(section: usize, seed: usize) -> String {
    if section == 3 {
        return format!(
            "```python title=\"count.py\" lines=\"3\"\nimport sys\n\ndef count_{seed}(path, least={}):\n    \"\"\"Count the words of a file.\"\"\"\n    words = {{}}\n    with open(path) as file:\n        for line in file:\n            for word in line.split():\n                words[word] = words.get(word, 0) + 1\n    return [w for w, n in words.items() if n >= least]\n\nprint(count_{seed}(sys.argv[1]))\n```\n",
            seed % 9
        );
    }
    format!(
        "```rust\n/// A row of the table.\nstruct Row{seed} {{\n    name: String,\n    cost: u64,\n}}\n\nfn total(rows: &[Row{seed}]) -> u64 {{\n    rows.iter().map(|row| row.cost + {}).sum()\n}}\n```\n",
        seed % 17
    )
}

fn comparison(series: usize, part: usize, numbers: &mut Numbers) -> String {
    let mut text = format!(
        "```comparison\ntitle = \"Ways of part {part} in series {series}\"\nrule = \"{}\"\n[fields]\nwhen = \"When\"\neffort = {{ label = \"Effort\", scale = [\"Low\", \"Medium\", \"High\"] }}\n",
        numbers.sentence(8)
    );
    for (option, effort) in ["Low", "Medium", "High"].iter().enumerate() {
        text.push_str(&format!(
            "[[options]]\nname = \"Way {option}\"\nwhen = \"{}\"\neffort = \"{effort}\"\n",
            numbers.sentence(9)
        ));
    }
    text.push_str("```\n");
    text
}
