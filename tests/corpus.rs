//! Replays the corpora of the fuzz targets: whatever they hold, no panic and no hang; and holds larger inputs
//! to time that grows with their size.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

#[path = "targets/mod.rs"]
mod targets;

/// How often something is timed before its time counts.
const TRIES: usize = 3;

/// Whoever holds it has the processor time of this process for itself.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn corpus() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (name, target) in targets::TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut count = 0;
        for entry in fs::read_dir(folder).expect("the corpus") {
            target(&fs::read(entry.expect("an entry").path()).expect("a file"));
            count += 1;
        }
        assert!(count >= 2, "the corpus of {name} has only {count} files");
    }
}

/// Inputs too large to keep as files: each would be slow or deep for a careless parser.
///
/// Four times as much takes four times as long where time grows with the size, and sixteen times
/// where it grows with its square. Processor time counts, so that a busy machine makes no difference.
#[test]
fn time_grows_with_the_size_alone() {
    const BOUND: u32 = 8;
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut wrong = Vec::new();
    for (size, input) in INPUTS {
        let (few, many) = (input(size / 4), input(*size));
        // Each time all is measured anew, since a machine may be slower now than a minute ago.
        let times = || {
            let all_pages_take = time_of("");
            // What is quicker than a page of nothing varies by more than it takes.
            let beyond = |text: &str| time_of(text).saturating_sub(all_pages_take).max(all_pages_take / 4);
            (beyond(&few), beyond(&many))
        };
        let tries: Vec<_> = (0..TRIES).map(|_| times()).take_while(|(few, many)| *many > *few * BOUND).collect();
        if tries.len() == TRIES {
            let begins: String = few.chars().take(60).collect();
            wrong.push(format!("{begins:?}…: for {} and {size} {tries:?}", size / 4));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// How many pieces are enough to be slow, and what makes an input of so many.
type Input = (usize, fn(usize) -> String);

const INPUTS: &[Input] = &[
    (100_000, |n| article(&"> ".repeat(n))),
    (100_000, |n| article(&"[".repeat(n))),
    (100_000, |n| article(&"*a ".repeat(n))),
    (50_000, |n| article(&"![".repeat(n))),
    (50_000, |n| article(&"<a href=\"".repeat(n))),
    (100_000, |n| article(&"`".repeat(n))),
    (50_000, |n| article(&"- ".repeat(n))),
    (100_000, |n| article(&"&#1;".repeat(n))),
    (50_000, |n| article(&"$x$ ".repeat(n))),
    (50_000, |n| article(&format!("```figure\n{}\n```", "a = [".repeat(n)))),
    (20_000, |n| article(&format!("| a |{}\n|--|{}\n", " b |".repeat(n), "--|".repeat(n)))),
    (50_000, |n| article(&"[^1]".repeat(n))),
    (50_000, |n| article(&"www.a.b/".repeat(n))),
    (20_000, |n| article(&"x\n: y\n\n".repeat(n))),
    (50_000, |n| article(&"# a\n".repeat(n))),
    (5_000_000, |n| article(&"x".repeat(n))),
    // As many reference links as definitions.
    (50_000, |n| article(&(0..n).map(|n| format!("[a][r{n}]\n\n[r{n}]: https://e.se/{n}\n\n")).collect::<String>())),
    (20_000, |n| article(&format!("```{}\n```\n", "x".repeat(190)).repeat(n))),
    (20_000, |n| article(&"```quizz\n```\n".repeat(n))),
    (50_000, |n| article(&"~~~\nx\n~~\n".repeat(n))),
    (50_000, |n| article(&"<img src=a.png ".repeat(n))),
    (50_000, |n| article(&"<img src=a.png>".repeat(n))),
    (50_000, |n| article(&"::\n$$\n".repeat(n))),
    (50_000, |n| article(&"<b>".repeat(n))),
    (20_000, |n| article(&"<div><b></div>\n\n".repeat(n))),
    (50_000, |n| article(&"a <script>".repeat(n))),
    (50_000, |n| article(&"https://a.b/_c_`".repeat(n))),
    (50_000, |n| article(&"$`a".repeat(n))),
    (50_000, |n| article(&"[a[^1] ".repeat(n))),
    (50_000, |n| article(&"\"a 'b".repeat(n))),
    (50_000, |n| article(&"# a {b}\n".repeat(n))),
    (1_000_000, |n| article(&format!("<a href=\"{}\">x</a>;", "&".repeat(n)))),
    (300_000, |n| format!("---\ntitle: x\nextra: {{a: [{}]}}\n---\n", "é, ".repeat(n))),
    (400_000, |n| article(&">".repeat(n))),
    (20_000, |n| article(&"> - ".repeat(n))),
    (20_000, |n| article(&format!("{}x\n{}", "- ".repeat(n), "\n".repeat(n * 5)))),
    (10_000, |n| article(&"<div>\n\n".repeat(n))),
    (10_000, |n| article(&"<b><i></b>".repeat(n))),
    (10_000, |n| article(&"<table><tr><td>".repeat(n))),
    (50_000, |n| article(&format!("<p style=\"{}\">x</p>", "url(".repeat(n)))),
    (10_000, |n| article(&"<script>x</script>\n\n".repeat(n))),
    (8_000, |n| article(&(0..n).map(|n| format!("# heading {n}\n\n[x](#headng-x{n})\n\n")).collect::<String>())),
    (20_000, |n| article(&format!("# {} {{#x}}\n\n{}", "a".repeat(n), "[#](#x)\n\n".repeat(n)))),
    (4_000, |n| {
        let fields: String = (0..n).map(|n| format!("f{n} = \"F\"\n")).collect();
        let options: String = (0..n).map(|n| format!("[[options]]\nname = \"o{n}\"\n")).collect();
        article(&format!("```comparison\ntitle = \"C\"\n[fields]\n{fields}{options}```\n"))
    }),
    (40, |n| article(&format!("```scss\na {{ -webkit-{}\n```\n\n", "\\aaaaaa".repeat(100)).repeat(n))),
    (100_000, |n| {
        let keys: String = (0..n).map(|n| format!("  k{n}: 1\n")).collect();
        format!("---\ntitle: x\nextra:\n{keys}---\n")
    }),
];

fn article(body: &str) -> String {
    format!("+++\ntitle = \"x\"\n+++\n{body}")
}

/// The processor time that an article takes.
fn time_of(text: &str) -> Duration {
    let time = || Duration::try_from(clock_gettime(ClockId::ProcessCPUTime)).expect("not before the process began");
    let began = time();
    partwork::render_alone(text);
    time() - began
}
