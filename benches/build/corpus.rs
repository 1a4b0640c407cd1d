//! The corpus of the benchmark: the same words in the form of partwork and in that of Hugo.
//!
//! In: a folder, how many parts there are and how many to a series. Out: a project in that folder, the same
//! on every machine.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// What a corpus is.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub parts: usize,
    pub a_series: usize,
}

/// What a build of it leaves out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Without {
    pub highlighting: bool,
    /// Cards, books and search.
    pub extras: bool,
}

/// The settings of partwork.
pub fn settings(without: Without) -> String {
    let mut text = format!(
        "base_url = \"https://example.org/\"\ntitle = \"Benchmark\"\n[highlight]\nenabled = {}\n",
        !without.highlighting
    );
    if without.extras {
        text.push_str("[cards]\nenabled = false\n[epub]\nenabled = false\n[search]\nenabled = false\n");
    }
    text
}

/// Writes the corpus for partwork, but for its settings.
pub fn partwork(root: &Path, shape: Shape) {
    each_series(root, Form::Partwork, shape, |folder, series| {
        let ids: Vec<String> = (0..shape.a_series).map(|part| format!("\"part-{part}\"")).collect();
        let plan = format!(
            "title = \"Series {series}\"\ndescription = \"A series of the benchmark.\"\nparts = [{}]\n",
            ids.join(", ")
        );
        put(&folder.join("series.toml"), &plan);
    });
}

/// Writes the corpus for Hugo, with templates that write what partwork's do of each text (metadata for search
/// engines and previews, contents, neighbors, the index of the series, tags, feeds), as those who know it write
/// them: what is the same on many pages is rendered once, and comparisons are tables.
pub fn hugo(root: &Path, shape: Shape, without: Without) {
    let settings = format!(
        "baseURL = \"https://example.org/\"\ntitle = \"Benchmark\"\nlocale = \"en\"\n\
         [taxonomies]\ntag = \"tags\"\n\
         [markup.highlight]\ncodeFences = {}\nnoClasses = false\n\
         [markup.goldmark.renderHooks.link]\nuseEmbedded = \"always\"\n",
        !without.highlighting
    );
    put(&root.join("hugo.toml"), &settings);
    for (path, text) in LAYOUTS {
        put(&root.join("layouts").join(path), text);
    }
    each_series(root, Form::Hugo, shape, |folder, series| {
        let front = format!("+++\ntitle = \"Series {series}\"\ndescription = \"A series of the benchmark.\"\n+++\n");
        put(&folder.join("_index.md"), &front);
    });
}

const LAYOUTS: &[(&str, &str)] = &[
    ("baseof.html", include_str!("hugo/baseof.html")),
    ("home.html", include_str!("hugo/home.html")),
    ("section.html", include_str!("hugo/section.html")),
    ("single.html", include_str!("hugo/single.html")),
    ("taxonomy.html", include_str!("hugo/taxonomy.html")),
    ("term.html", include_str!("hugo/term.html")),
    ("_partials/index.html", include_str!("hugo/index.html")),
];

/// Whose words they are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Partwork,
    Hugo,
}

/// Writes the articles of each series, and what `plan` makes of the series itself, into its folder.
fn each_series(root: &Path, form: Form, shape: Shape, plan: impl Fn(&Path, usize)) {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    for series in 0..shape.parts / shape.a_series {
        let folder = root.join(format!("content/series-{series}"));
        fs::create_dir_all(&folder).expect("a folder");
        plan(&folder, series);
        for part in 0..shape.a_series {
            let text = article(form, (series, part), shape.a_series, &mut numbers);
            put(&folder.join(format!("part-{part}.md")), &text);
        }
    }
}

fn put(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file in a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
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

/// An article in the form of one of them; what it says is the same.
fn article(form: Form, (series, part): (usize, usize), a_series: usize, numbers: &mut Numbers) -> String {
    let (day, tag) = (part % 28 + 1, WORDS[part % 7]);
    let mut text = format!(
        "+++\ntitle = \"Part {part} of the work\"\ndescription = \"{}\"\ndate = 2025-01-{day:02}\ntags = [\"{tag}\"]\n",
        numbers.sentence(12)
    );
    let _ = match (form, part.checked_sub(1)) {
        (Form::Hugo, _) => writeln!(text, "weight = {}", part + 1),
        (Form::Partwork, None) => writeln!(text, "teaches = [\"term-{part}\"]"),
        (Form::Partwork, Some(needed)) => {
            writeln!(text, "teaches = [\"term-{part}\"]\nneeds = [\"term-{needed}\"]")
        }
    };
    text.push_str("+++\n");
    for section in 0..8 {
        let _ = write!(text, "\n## Section {section} on {}\n\n", WORDS[numbers.next(WORDS.len())]);
        for _ in 0..2 {
            let _ = write!(text, "{} *{}* {}\n\n", numbers.sentence(28), numbers.sentence(2), numbers.sentence(28));
        }
        match section {
            1 => {
                for _ in 0..5 {
                    let _ = writeln!(text, "- {} `{}`", numbers.sentence(9), WORDS[numbers.next(WORDS.len())]);
                }
            }
            2 => {
                text.push_str("| size | cost | note |\n|--|--:|--|\n");
                for row in 0..4 {
                    let _ = writeln!(text, "| {row} | {} | {} |", numbers.next(900), numbers.sentence(3));
                }
            }
            3 | 5 => text.push_str(&code(form, section, series * a_series + part)),
            4 => {
                let (next, note) = ((part + 1) % a_series, numbers.sentence(10));
                let _ = write!(
                    text,
                    "See [this one](part-{part}.md) and [the next](part-{next}.md).[^1]\n\n[^1]: {note}\n"
                );
            }
            6 => text.push_str(&comparison(form, (series, part), numbers)),
            _ => {}
        }
    }
    text
}

fn comparison(form: Form, (series, part): (usize, usize), numbers: &mut Numbers) -> String {
    let (title, rule) = (format!("Ways of part {part} in series {series}"), numbers.sentence(8));
    let mut text = match form {
        Form::Partwork => format!(
            "```comparison\ntitle = \"{title}\"\nrule = \"{rule}\"\n[fields]\nwhen = \"When\"\neffort = {{ label = \"Effort\", scale = [\"Low\", \"Medium\", \"High\"] }}\n"
        ),
        Form::Hugo => format!("**{title}**\n\n{rule}\n\n| Way | When | Effort |\n|--|--|--|\n"),
    };
    for (way, effort) in ["Low", "Medium", "High"].iter().enumerate() {
        let when = numbers.sentence(9);
        let _ = match form {
            Form::Partwork => {
                writeln!(text, "[[options]]\nname = \"Way {way}\"\nwhen = \"{when}\"\neffort = \"{effort}\"")
            }
            Form::Hugo => writeln!(text, "| Way {way} | {when} | {effort} |"),
        };
    }
    if form == Form::Partwork {
        text.push_str("```\n");
    }
    text
}

fn code(form: Form, section: usize, seed: usize) -> String {
    if section == 3 {
        let info = match form {
            Form::Partwork => "title=\"count.py\" lines=\"3\"",
            Form::Hugo => "{hl_lines=[3]}",
        };
        return format!(
            "```python {info}\nimport sys\n\ndef count_{seed}(path, least={}):\n    \"\"\"Count the words of a file.\"\"\"\n    words = {{}}\n    with open(path) as file:\n        for line in file:\n            for word in line.split():\n                words[word] = words.get(word, 0) + 1\n    return [w for w, n in words.items() if n >= least]\n\nprint(count_{seed}(sys.argv[1]))\n```\n",
            seed % 9
        );
    }
    format!(
        "```rust\n/// A row of the table.\nstruct Row{seed} {{\n    name: String,\n    cost: u64,\n}}\n\nfn total(rows: &[Row{seed}]) -> u64 {{\n    rows.iter().map(|row| row.cost + {}).sum()\n}}\n```\n",
        seed % 17
    )
}
