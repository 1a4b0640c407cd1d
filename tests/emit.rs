//! The store against real folders: what a commit leaves, what it refuses, and what a kill can't do.

#![expect(clippy::disallowed_methods, reason = "a build is killed here, and it is a process for that")]

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use partwork::store::disk::Identity;
use partwork::store::emit::{EmitError, Named, Staging, Summary, Wanted, check_output};
use partwork::store::kind::Kind;
use partwork::store::origin::Root;
use partwork::store::state::State;
use partwork::store::tree::{Content, Entry, Leaf, OutputPath, Tree};
use tempfile::TempDir;

type Test = Result<(), Box<dyn Error>>;

/// A project in a folder of its own, so that a build may put things beside the output.
struct Project {
    folder: TempDir,
}

impl Project {
    fn new() -> io::Result<Project> {
        let folder = TempDir::new()?;
        fs::create_dir_all(folder.path().join("home/project/content"))?;
        Ok(Project { folder })
    }

    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn root(&self) -> PathBuf {
        self.home().join("project")
    }

    fn output(&self) -> PathBuf {
        self.root().join("public")
    }

    fn open(&self) -> Result<Staging, EmitError> {
        open(&self.root(), &self.output(), &|| {})
    }

    fn build(&self, files: &[(&str, &str)]) -> Result<Summary, Box<dyn Error>> {
        let staging = self.open()?;
        let tree = put_all(&staging, files)?;
        Ok(staging.commit(&tree)?)
    }

    fn check(&self, output: &Path) -> Result<(), EmitError> {
        check_output(Wanted { home: Some(&self.home()), ..by_user(output, &state_of(&self.root())) })
    }

    /// What the output holds.
    fn listing(&self) -> io::Result<BTreeMap<String, String>> {
        listing(&self.output())
    }

    /// What is remembered of outputs.
    fn accounts(&self) -> io::Result<Vec<PathBuf>> {
        fs::read_dir(cache_of(&self.root()).join("outputs"))?.map(|entry| Ok(entry?.path())).collect()
    }

    /// Whether nothing but the project, its output and what is remembered of that is left.
    fn is_tidy(&self) -> io::Result<bool> {
        let mut names: Vec<_> =
            fs::read_dir(self.root())?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
        names.sort();
        Ok(names == ["content", "public"] && self.accounts()?.len() == 1)
    }
}

/// The cache folder of the user who builds a project.
fn cache_of(root: &Path) -> PathBuf {
    root.with_file_name(".cache")
}

fn state_of(root: &Path) -> State {
    State::of(&cache_of(root), root)
}

fn by_user<'a>(output: &'a Path, state: &'a State) -> Wanted<'a> {
    Wanted { folder: output, named: Named::ByUser, home: None, state }
}

fn open(root: &Path, output: &Path, waiting: &dyn Fn()) -> Result<Staging, EmitError> {
    Staging::open(by_user(output, &state_of(root)), waiting)
}

/// The name that an account's seal goes for.
fn sealed_name(account: &Path) -> &[u8] {
    account.file_stem().expect("a name").as_encoded_bytes()
}

/// The text of an account.
fn account_text(project: &Project, account: &Path) -> Result<String, Box<dyn Error>> {
    let seal = state_of(&project.root()).known_seal("outputs").ok_or("no key")?;
    Ok(String::from_utf8(seal.open(sealed_name(account), fs::read(account)?).ok_or("no seal")?)?)
}

/// Writes an account as partwork does.
fn write_account(project: &Project, account: &Path, text: &str) -> Test {
    let seal = state_of(&project.root()).seal("outputs")?;
    Ok(fs::write(account, seal.close(sealed_name(account), text.as_bytes()))?)
}

/// What a killed build left of its folder: marked as partwork marks it.
fn left_by_us(project: &Project, left: &Path) -> Test {
    fs::create_dir_all(left)?;
    write_sealed(project, left, "mark", "mark")
}

/// Writes a file of a build's folder as partwork does.
fn write_sealed(project: &Project, left: &Path, name: &str, text: &str) -> Test {
    let folder = Identity::of(&fs::metadata(left)?).to_string();
    let seal = state_of(&project.root()).seal("workplace")?;
    Ok(fs::write(left.join(name), seal.close(folder.as_bytes(), text.as_bytes()))?)
}

fn put_all(staging: &Staging, files: &[(&str, &str)]) -> Result<Tree, Box<dyn Error>> {
    let put = |(path, text): &(&str, &str)| {
        let path = OutputPath::new(path)?;
        let entry = staging.put(&path, &Content::Bytes(text.as_bytes().to_vec()))?;
        Ok((path, leaf(entry)))
    };
    files.iter().map(put).collect()
}

fn leaf(entry: Entry) -> Leaf {
    Leaf { kind: Kind::Page, entry }
}

/// Every path below a folder with its text; folders as `name/`, links as `-> target`.
fn listing(folder: &Path) -> io::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).min_depth(1) {
        let entry = entry?;
        let path = entry.path().strip_prefix(folder).map_err(io::Error::other)?.display().to_string();
        let kind = entry.file_type();
        if kind.is_dir() {
            found.insert(format!("{path}/"), String::new());
        } else if kind.is_symlink() {
            found.insert(path, format!("-> {}", fs::read_link(entry.path())?.display()));
        } else {
            found.insert(path, fs::read_to_string(entry.path())?);
        }
    }
    Ok(found)
}

fn expected(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

fn state(path: &Path) -> io::Result<(u64, i64, i64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.ino(), found.mtime(), found.mtime_nsec()))
}

/// The message of a refusal; an error of any other kind fails the test.
fn refusal<T>(result: Result<T, EmitError>) -> Result<String, Box<dyn Error>> {
    match result {
        Err(EmitError::Refused(why)) => Ok(why),
        Err(other) => Err(other.into()),
        Ok(_) => Err("it was not refused".into()),
    }
}

#[test]
fn a_first_build_writes_everything() -> Test {
    let project = Project::new()?;
    let summary = project.build(&[("index.html", "home"), ("a/b/index.html", "part")])?;
    assert_eq!(summary, Summary { written: 2, unchanged: 0, removed: 0, bytes_written: 8 });
    let wanted = [("a/", ""), ("a/b/", ""), ("a/b/index.html", "part"), ("index.html", "home")];
    assert_eq!(project.listing()?, expected(&wanted));
    assert!(project.is_tidy()?);
    Ok(())
}

#[test]
fn missing_parents_of_the_output_are_made() -> Test {
    let project = Project::new()?;
    let output = project.root().join("out/deep");
    let staging = open(&project.root(), &output, &|| {})?;
    let tree = put_all(&staging, &[("a", "1")])?;
    staging.commit(&tree)?;
    assert_eq!(fs::read_to_string(output.join("a"))?, "1");
    Ok(())
}

#[test]
fn when_nothing_changed_nothing_is_touched() -> Test {
    let project = Project::new()?;
    let files = [("index.html", "home"), ("a/index.html", "part")];
    project.build(&files)?;
    let mut paths = ["", "a", "index.html", "a/index.html"].map(|path| project.output().join(path)).to_vec();
    paths.extend(project.accounts()?);
    let before = paths.iter().map(|path| state(path)).collect::<io::Result<Vec<_>>>()?;
    assert_eq!(project.build(&files)?, Summary { unchanged: 2, ..Summary::default() });
    assert_eq!(paths.iter().map(|path| state(path)).collect::<io::Result<Vec<_>>>()?, before);
    assert!(project.is_tidy()?);
    Ok(())
}

#[test]
fn an_empty_tree_is_remembered_too() -> Test {
    let project = Project::new()?;
    project.build(&[])?;
    let before = state(&project.output())?;
    project.build(&[])?;
    assert_eq!(state(&project.output())?, before);
    Ok(())
}

#[test]
fn only_what_changed_is_written() -> Test {
    let project = Project::new()?;
    project.build(&[("a.html", "1"), ("b.html", "2")])?;
    let kept = state(&project.output().join("a.html"))?;
    let summary = project.build(&[("a.html", "1"), ("b.html", "three")])?;
    assert_eq!(summary, Summary { written: 1, unchanged: 1, removed: 0, bytes_written: 5 });
    assert_eq!(state(&project.output().join("a.html"))?, kept);
    assert_eq!(project.listing()?, expected(&[("a.html", "1"), ("b.html", "three")]));
    assert!(project.is_tidy()?);
    Ok(())
}

#[test]
fn what_is_no_longer_wanted_goes_with_its_folder() -> Test {
    let project = Project::new()?;
    project.build(&[("a.html", "1"), ("gone/deep/b.html", "2")])?;
    assert_eq!(project.build(&[("a.html", "1")])?, Summary { unchanged: 1, removed: 1, ..Summary::default() });
    assert_eq!(project.listing()?, expected(&[("a.html", "1")]));
    Ok(())
}

#[test]
fn a_file_and_a_folder_change_places() -> Test {
    let project = Project::new()?;
    for _ in 0..2 {
        project.build(&[("x", "1"), ("y/z", "2")])?;
        project.build(&[("x/z", "3"), ("y", "4")])?;
        assert_eq!(project.listing()?, expected(&[("x/", ""), ("x/z", "3"), ("y", "4")]));
    }
    Ok(())
}

#[test]
fn files_are_copied_and_compared() -> Test {
    let project = Project::new()?;
    let source = project.root().join("content/picture.svg");
    fs::write(&source, "<svg/>")?;
    fs::set_permissions(&source, fs::Permissions::from_mode(0o400))?;
    let path = OutputPath::new("picture.svg")?;
    let below = Path::new("content/picture.svg");
    let build = || -> Result<Summary, Box<dyn Error>> {
        let staging = project.open()?;
        let entry = staging.put(&path, &Content::file(Root::open(&project.root())?.file(below, below)))?;
        assert_eq!(entry.hash, *blake3::hash(&fs::read(&source)?).as_bytes());
        Ok(staging.commit(&Tree::from_iter([(path.clone(), leaf(entry))]))?)
    };
    assert_eq!(build()?.written, 1);
    assert_ne!(fs::metadata(project.output().join("picture.svg"))?.mode() & 0o777, 0o400);
    assert_eq!(build()?, Summary { unchanged: 1, ..Summary::default() });
    fs::remove_file(&source)?;
    fs::write(&source, "<SVG/>")?;
    assert_eq!(build()?.written, 1);
    assert_eq!(project.listing()?, expected(&[("picture.svg", "<SVG/>")]));
    Ok(())
}

#[test]
fn what_was_put_and_not_wanted_is_not_published() -> Test {
    let project = Project::new()?;
    let staging = project.open()?;
    put_all(&staging, &[("extra/a", "1")])?;
    let tree = put_all(&staging, &[("b", "2")])?;
    staging.commit(&tree)?;
    assert_eq!(project.listing()?, expected(&[("b", "2")]));
    Ok(())
}

#[test]
fn a_tree_of_what_was_never_put_is_an_error() -> Test {
    let project = Project::new()?;
    project.build(&[("a", "1")])?;
    let staging = project.open()?;
    let tree = put_all(&staging, &[("a", "2")])?;
    let second = put_all(&staging, &[("a", "3")])?;
    assert_ne!(tree, second, "each put tells of its own content");
    assert!(matches!(staging.commit(&second), Err(EmitError::Io { .. })));
    assert_eq!(project.listing()?, expected(&[("a", "1")]));
    assert!(project.is_tidy()?);
    Ok(())
}

#[test]
fn names_of_our_own_cannot_be_published() -> Test {
    let project = Project::new()?;
    let staging = project.open()?;
    let name = ".partwork-staging/new/a";
    refusal(staging.put(&OutputPath::new(name)?, &Content::Bytes(Vec::new())))?;
    Ok(())
}

#[test]
fn what_is_foreign_stays() -> Test {
    let project = Project::new()?;
    project.build(&[("a/index.html", "1"), ("gone/index.html", "2")])?;
    let output = project.output();
    fs::create_dir_all(output.join(".git/refs"))?;
    fs::create_dir_all(output.join("empty"))?;
    fs::write(output.join(".git/HEAD"), "ref")?;
    fs::write(output.join("a/note.txt"), "mine")?;
    fs::write(output.join("gone/note.txt"), "mine")?;
    symlink("nowhere", output.join("link"))?;
    fs::set_permissions(output.join("empty"), fs::Permissions::from_mode(0o700))?;
    fs::set_permissions(&output, fs::Permissions::from_mode(0o750))?;
    let head = state(&output.join(".git/HEAD"))?;

    project.build(&[("a/index.html", "changed")])?;
    let wanted = [
        (".git/", ""),
        (".git/HEAD", "ref"),
        (".git/refs/", ""),
        ("a/", ""),
        ("a/index.html", "changed"),
        ("a/note.txt", "mine"),
        ("empty/", ""),
        ("gone/", ""),
        ("gone/note.txt", "mine"),
        ("link", "-> nowhere"),
    ];
    assert_eq!(project.listing()?, expected(&wanted));
    assert_eq!(state(&output.join(".git/HEAD"))?, head);
    assert_eq!(fs::metadata(output.join("empty"))?.mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(&output)?.mode() & 0o777, 0o750);
    Ok(())
}

#[test]
fn what_is_foreign_and_in_the_way_is_named() -> Test {
    type Put = fn(&Path) -> io::Result<()>;
    let cases: [(&str, Put); 5] = [
        ("new.html", |output| fs::write(output.join("new.html"), "mine")),
        ("new.html", |output| fs::create_dir(output.join("new.html"))),
        ("folder", |output| fs::write(output.join("folder"), "mine")),
        ("folder", |output| symlink("elsewhere", output.join("folder"))),
        ("old.html", |output| {
            fs::remove_file(output.join("old.html"))?;
            symlink("elsewhere", output.join("old.html"))
        }),
    ];
    for linked in [false, true] {
        for (name, put) in cases {
            let project = Project::new()?;
            if linked {
                fs::create_dir(project.root().join("real"))?;
                symlink("real", project.output())?;
            }
            project.build(&[("old.html", "1")])?;
            put(&project.output())?;
            let before = listing(&project.output().canonicalize()?)?;
            let staging = project.open()?;
            let tree = put_all(&staging, &[("old.html", "2"), ("new.html", "3"), ("folder/x", "4")])?;
            let why = refusal(staging.commit(&tree))?;
            assert!(why.contains(&format!("`{name}`")), "{why}");
            assert_eq!(listing(&project.output().canonicalize()?)?, before);
        }
    }
    Ok(())
}

#[test]
fn what_was_changed_or_deleted_by_hand_is_restored() -> Test {
    let project = Project::new()?;
    let files = [("a", "1"), ("b", "2"), ("c", "3")];
    project.build(&files)?;
    fs::write(project.output().join("a"), "mine")?;
    fs::remove_file(project.output().join("b"))?;
    assert_eq!(project.build(&files)?.written, 2);
    assert_eq!(project.listing()?, expected(&files));
    // The same size, at another time.
    fs::write(project.output().join("c"), "4")?;
    File::open(project.output().join("c"))?.set_modified(std::time::UNIX_EPOCH)?;
    assert_eq!(project.build(&files)?.written, 1);
    assert_eq!(project.listing()?, expected(&files));
    Ok(())
}

#[test]
fn an_account_that_cannot_be_read_is_no_license_to_delete() -> Test {
    let project = Project::new()?;
    project.build(&[("a", "1"), ("b", "2")])?;
    let account = project.accounts()?.pop().ok_or("no account")?;
    let (good, sealed) = (account_text(&project, &account)?, fs::read(&account)?);
    let refused = || -> Test {
        let why = refusal(project.open())?;
        assert!(why.contains("nothing says that partwork wrote them"), "{why}");
        assert_eq!(project.listing()?, expected(&[("a", "1"), ("b", "2")]));
        Ok(())
    };
    let cut = good.lines().take(2).collect::<Vec<_>>().join("\n");
    let newer = good.replacen("output 1", "output 2", 1);
    let outside = good.replacen(" a\n", " ../a\n", 1);
    for bad in ["", "\n", &cut, &newer, &outside, &good.replace("partwork", "\u{0}")] {
        write_account(&project, &account, bad)?;
        refused()?;
    }
    // What nobody with our key has written: without a seal, with one of another key, under another name.
    let foreign = State::of(&project.home().join("theirs"), &project.root()).seal("outputs")?;
    for bad in [good.as_bytes(), &foreign.close(sealed_name(&account), good.as_bytes())] {
        fs::write(&account, bad)?;
        refused()?;
    }
    fs::remove_file(&account)?;
    fs::write(account.with_file_name("0".repeat(32)), sealed)?;
    refused()?;
    // What it says to do helps.
    fs::remove_dir_all(project.output())?;
    assert_eq!(project.build(&[("a", "1")])?.written, 1);
    Ok(())
}

#[test]
fn without_an_account_nothing_is_ours() -> Test {
    let project = Project::new()?;
    project.build(&[("a", "1"), ("b", "2")])?;
    fs::write(project.output().join("note.txt"), "mine")?;
    let before = project.listing()?;
    fs::remove_dir_all(cache_of(&project.root()))?;
    let why = refusal(project.build(&[("a", "2")]).map_err(|error| *error.downcast().expect("ours")))?;
    assert!(why.contains("nothing says that partwork wrote them"), "{why}");
    assert_eq!(project.listing()?, before);
    assert!(!cache_of(&project.root()).exists());
    Ok(())
}

#[test]
fn a_folder_of_somebody_else_in_the_place_of_ours_is_theirs() -> Test {
    for name in ["a", "other"] {
        let project = Project::new()?;
        project.build(&[("a", "1"), ("b", "2")])?;
        fs::remove_dir_all(project.output())?;
        fs::create_dir(project.output())?;
        fs::write(project.output().join(name), "mine")?;
        let why = refusal(project.open())?;
        assert!(why.contains("nothing says that partwork wrote them"), "{why}");
        assert_eq!(project.listing()?, expected(&[(name, "mine")]));
    }
    Ok(())
}

#[test]
fn a_copy_is_known_by_what_is_in_it() -> Test {
    let project = Project::new()?;
    project.build(&[("a/x", "1"), ("b", "2"), ("c", "3"), ("gone", "4")])?;
    let output = project.output();
    let copy = |path: &str, text: &str| fs::write(output.join(path), text);
    fs::remove_dir_all(&output)?;
    fs::create_dir_all(output.join("a"))?;
    for (path, text) in [("a/x", "1"), ("b", "changed"), ("gone", "4"), ("note.txt", "mine")] {
        copy(path, text)?;
    }
    // Whoever changed it knows why.
    let why = refusal(project.build(&[("b", "2")]).map_err(|error| *error.downcast().expect("ours")))?;
    assert!(why.contains("`b`"), "{why}");
    fs::remove_file(output.join("b"))?;
    let summary = project.build(&[("a/x", "1"), ("b", "2"), ("c", "3")])?;
    assert_eq!((summary.unchanged, summary.removed), (1, 1));
    let wanted = [("a/", ""), ("a/x", "1"), ("b", "2"), ("c", "3"), ("note.txt", "mine")];
    assert_eq!(project.listing()?, expected(&wanted));
    Ok(())
}

#[test]
fn a_project_that_was_moved_knows_its_output() -> Test {
    let project = Project::new()?;
    project.build(&[("a", "1"), ("b", "2")])?;
    let elsewhere = project.home().join("elsewhere");
    fs::rename(project.root(), &elsewhere)?;
    fs::write(elsewhere.join("public/b"), "changed")?;
    let staging = open(&elsewhere, &elsewhere.join("public"), &|| {})?;
    let tree = put_all(&staging, &[("a", "1")])?;
    assert_eq!(staging.commit(&tree)?, Summary { unchanged: 1, removed: 1, ..Summary::default() });
    assert_eq!(listing(&elsewhere.join("public"))?, expected(&[("a", "1")]));
    assert_eq!(project.accounts()?.len(), 1, "the one of where it was is gone");
    Ok(())
}

/// A project may come with anything in the place where a site is built.
#[test]
fn nothing_that_comes_with_a_project_says_what_is_ours() -> Test {
    let project = Project::new()?;
    fs::create_dir(project.output())?;
    fs::write(project.output().join("a"), "mine")?;
    let hash = blake3::hash(b"mine").to_hex();
    fs::write(project.output().join(".partwork-manifest"), format!("partwork-manifest 1 1\n{hash} 4 0 a\n"))?;
    fs::create_dir_all(project.root().join(".partwork/outputs"))?;
    let before = project.listing()?;
    refusal(project.open())?;
    assert_eq!(project.listing()?, before);
    Ok(())
}

#[test]
fn places_that_no_output_may_have() -> Test {
    let project = Project::new()?;
    let root = project.root();
    fs::create_dir_all(root.join("static"))?;
    fs::create_dir_all(root.join(".git"))?;
    fs::create_dir_all(root.join("full"))?;
    fs::write(root.join("full/a"), "mine")?;
    fs::write(root.join("file"), "mine")?;
    symlink("static", root.join("link"))?;
    symlink("nowhere", root.join("dangling"))?;
    let before = listing(&project.folder.path().canonicalize()?)?;
    let home = project.home();
    let inside = |path: &str| root.join(path);
    let cases = [
        (PathBuf::new(), "no name"),
        (root.clone(), "the project itself"),
        (inside("."), "the project itself"),
        (inside("missing/.."), "the project itself"),
        (inside(".."), "holds the project"),
        (home, "holds the project"),
        (PathBuf::from("/"), "holds the project"),
        (inside("content"), "`content`"),
        (inside("content/deep/er"), "`content`"),
        (inside("missing/../content/y"), "`content`"),
        (inside("templates/x"), "`templates`"),
        (inside("static/x"), "`static`"),
        (inside("link/x"), "`static`"),
        (inside("link"), "`static`"),
        (cache_of(&root), "cache folder"),
        (cache_of(&root).join("x"), "cache folder"),
        (inside(".github/x"), "`.github`"),
        (inside("sub/.GIT/out"), "`.git`"),
        (inside(".git/out"), "`.git`"),
        (inside("sub/.git/out"), "`.git`"),
        (inside("file"), "not a folder"),
        (inside("file/x"), "in a file"),
        (inside("dangling"), "leads nowhere"),
        (inside("full"), "nothing says"),
    ];
    for (output, reason) in cases {
        let why = refusal(project.check(&output))?;
        assert!(why.contains(reason), "{}: {why}", output.display());
        let state = state_of(&root);
        refusal(Staging::open(Wanted { home: Some(&project.home()), ..by_user(&output, &state) }, &|| {}))?;
    }
    // A home that does not hold the project.
    let other = project.folder.path().join("other");
    fs::create_dir(&other)?;
    let state = state_of(&root);
    let why = refusal(check_output(Wanted { home: Some(&other), ..by_user(&other, &state) }))?;
    assert!(why.contains("your home folder"));
    fs::remove_dir(&other)?;
    assert_eq!(listing(&project.folder.path().canonicalize()?)?, before);
    for good in ["public", "public/deep", "contents", "missing/../public"] {
        project.check(&inside(good))?;
    }
    Ok(())
}

#[test]
fn a_project_names_no_place_but_its_own() -> Test {
    let project = Project::new()?;
    let root = project.root();
    fs::create_dir(project.home().join("site"))?;
    fs::create_dir_all(root.join("real/deep"))?;
    for (to, name) in [("../site", "public"), ("real", "inner"), ("../../site", "real/out")] {
        symlink(to, root.join(name))?;
    }
    let state = state_of(&root);
    let check = |output: &str, named| check_output(Wanted { named, ..by_user(Path::new(output), &state) });
    let site = project.home().join("site").display().to_string();
    let cases = [
        ("public", "the link `public`"),
        ("public/x", "the link `public`"),
        ("inner/deep", "the link `inner`"),
        ("real/out/x", "the link `real/out`"),
        ("real/../public", "the link `public`"),
        ("../site", "outside of the project"),
        ("real/../../site", "outside of the project"),
        (&site, "outside of the project"),
        (".config/x", "`.config`"),
        ("real/.hidden", "`real/.hidden`"),
    ];
    for (output, reason) in cases {
        let why = refusal(check(output, Named::ByProject))?;
        assert!(why.contains(reason) && why.contains("--output"), "{output}: {why}");
    }
    for good in ["site", "real/deep", "real/../site", "./site", "außen/ü"] {
        check(good, Named::ByProject)?;
    }
    // Whoever types the command may choose them all.
    check(&site, Named::ByUser)?;
    check(&root.join("public").display().to_string(), Named::ByUser)?;
    assert!(refusal(check("", Named::ByProject))?.contains("no name"));
    Ok(())
}

#[test]
fn a_build_that_is_dropped_leaves_nothing() -> Test {
    let project = Project::new()?;
    project.build(&[("a", "1")])?;
    let before = state(&project.output())?;
    let staging = project.open()?;
    put_all(&staging, &[("a", "2"), ("b", "3")])?;
    drop(staging);
    assert_eq!(project.listing()?, expected(&[("a", "1")]));
    assert_eq!(state(&project.output())?, before);
    assert!(project.is_tidy()?);
    Ok(())
}

#[test]
fn what_a_killed_build_left_is_cleared() -> Test {
    let project = Project::new()?;
    project.build(&[("a", "0")])?;
    let left = project.root().join(".public.partwork");
    left_by_us(&project, &left)?;
    fs::create_dir_all(left.join("new/x"))?;
    fs::create_dir_all(left.join("old/y"))?;
    fs::write(left.join("new/x/a"), "half")?;
    fs::write(left.join("lock"), "")?;
    project.build(&[("a", "1")])?;
    assert_eq!(project.listing()?, expected(&[("a", "1")]));

    // Between the two renames of a system that can't exchange: no output, and an old one.
    left_by_us(&project, &left)?;
    fs::create_dir_all(left.join("new"))?;
    fs::rename(project.output(), left.join("old"))?;
    drop(project.open()?);
    assert_eq!(project.listing()?, expected(&[("a", "1")]));
    assert!(project.is_tidy()?);

    // The same, and nobody remembers what was ours.
    left_by_us(&project, &left)?;
    fs::create_dir_all(left.join("new"))?;
    fs::rename(project.output(), left.join("old"))?;
    fs::remove_dir_all(cache_of(&project.root()).join("outputs"))?;
    refusal(project.open())?;
    assert_eq!(project.listing()?, expected(&[("a", "1")]));
    Ok(())
}

#[test]
fn a_staging_folder_that_is_none_is_left_alone() -> Test {
    let project = Project::new()?;
    let place = project.root().join(".public.partwork");
    symlink("nowhere", &place)?;
    assert!(refusal(project.open())?.contains("in the way"));
    fs::remove_file(&place)?;
    fs::create_dir(&place)?;
    fs::write(place.join("mine"), "kept")?;
    project.build(&[("a", "1")])?;
    assert_eq!(fs::read_to_string(place.join("mine"))?, "kept");
    Ok(())
}

/// A project may come with a folder of the name that a build works in.
#[test]
fn a_staging_folder_of_somebody_else_is_left_alone() -> Test {
    type Put = fn(&Path, &Path) -> io::Result<()>;
    let put: [Put; 7] = [
        |left, _| fs::create_dir(left.join("old")).and_then(|()| fs::write(left.join("old/x"), "mine")),
        |left, theirs| symlink(theirs, left.join("old")),
        |left, theirs| symlink(theirs, left.join("new")),
        |left, theirs| fs::create_dir(left.join("new")).and_then(|()| symlink(theirs, left.join("new/x"))),
        |left, _| fs::write(left.join("journal"), "partwork-journal 2\nremove a\n"),
        |left, theirs| symlink(theirs.join("file"), left.join("journal.draft")),
        |left, theirs| symlink(theirs.join("made"), left.join("lock")),
    ];
    for built in [false, true] {
        for put in put {
            let project = Project::new()?;
            if built {
                project.build(&[("a", "1")])?;
            }
            let theirs = project.home().join("theirs");
            fs::create_dir(&theirs)?;
            fs::write(theirs.join("file"), "mine")?;
            let left = project.root().join(".public.partwork");
            fs::create_dir(&left)?;
            put(&left, &theirs)?;
            // The lock is a file that holds nothing.
            let look = || -> io::Result<BTreeMap<String, String>> {
                let mut found = listing(&project.root())?;
                found.retain(|path, text| !(path.ends_with(".partwork/lock") && text.is_empty()));
                Ok(found)
            };
            let before = look()?;
            project.open().err().ok_or("it was taken for ours")?;
            assert_eq!(look()?, before);
            assert_eq!(fs::read_to_string(theirs.join("file"))?, "mine");
            assert_eq!(fs::read_dir(&theirs)?.count(), 1);
        }
    }
    Ok(())
}

/// What is written and deleted lies in the folders that were looked at, whatever takes their names meanwhile.
#[test]
fn a_folder_that_becomes_a_link_meanwhile_leads_nowhere() -> Test {
    let project = Project::new()?;
    project.build(&[("a/x", "1"), ("b/y", "2")])?;
    let theirs = project.home().join("theirs");
    fs::create_dir_all(theirs.join("x"))?;
    fs::write(theirs.join("y"), "2")?;
    let swap = |path: &Path| -> io::Result<()> {
        fs::rename(path, path.with_extension("moved"))?;
        symlink(&theirs, path)
    };
    // A folder of the output, the output itself, and the folder of the build.
    for path in ["public/b", "public", ".public.partwork"] {
        let staging = project.open()?;
        let tree = put_all(&staging, &[("a/x", "changed"), ("c/z", "new")])?;
        swap(&project.root().join(path))?;
        let before = listing(&theirs)?;
        let _ = staging.commit(&tree);
        assert_eq!(listing(&theirs)?, before, "{path}");
        let link = project.root().join(path);
        if link.is_symlink() {
            fs::remove_file(&link)?;
        }
        fs::remove_dir_all(link.with_extension("moved")).or_else(|_| fs::remove_dir_all(&link))?;
        let _ = fs::remove_dir_all(project.output());
        let _ = fs::remove_dir_all(project.root().join(".public.partwork"));
        project.build(&[("a/x", "1"), ("b/y", "2")])?;
    }
    Ok(())
}

#[test]
fn a_file_with_a_second_name_keeps_its_content_there() -> Test {
    let project = Project::new()?;
    project.build(&[("a", "1"), ("b", "2")])?;
    let elsewhere = project.home().join("elsewhere");
    fs::hard_link(project.output().join("a"), &elsewhere)?;
    project.build(&[("a", "changed")])?;
    assert_eq!(fs::read_to_string(elsewhere)?, "1");
    Ok(())
}

#[test]
fn a_linked_output_is_brought_up_to_date_in_place() -> Test {
    let project = Project::new()?;
    let real = project.home().join("site");
    fs::create_dir(&real)?;
    symlink(&real, project.output())?;
    let inode = fs::metadata(&real)?.ino();
    project.build(&[("x", "1"), ("y/z", "2"), ("kept", "3"), ("gone/a", "4")])?;
    fs::write(real.join("note.txt"), "mine")?;
    let kept = state(&real.join("kept"))?;
    let summary = project.build(&[("x/z", "5"), ("y", "6"), ("kept", "3")])?;
    assert_eq!(summary, Summary { written: 2, unchanged: 1, removed: 3, bytes_written: 2 });
    let found = listing(&real)?;
    let wanted = [("kept", "3"), ("note.txt", "mine"), ("x/", ""), ("x/z", "5"), ("y", "6")];
    assert_eq!(found, expected(&wanted));
    assert_eq!(state(&real.join("kept"))?, kept);
    assert_eq!(fs::metadata(&real)?.ino(), inode);
    assert!(project.output().is_symlink());
    assert!(project.is_tidy()?);
    assert!(!project.home().join(".site.partwork").exists());
    Ok(())
}

#[test]
fn nothing_is_deleted_through_a_link() -> Test {
    let project = Project::new()?;
    let real = project.home().join("site");
    fs::create_dir(&real)?;
    symlink(&real, project.output())?;
    project.build(&[("a", "1"), ("blog/post", "2")])?;
    let elsewhere = project.home().join("elsewhere");
    fs::rename(real.join("blog"), &elsewhere)?;
    symlink(&elsewhere, real.join("blog"))?;
    project.build(&[("a", "1")])?;
    assert_eq!(fs::read_to_string(elsewhere.join("post"))?, "2");
    Ok(())
}

#[test]
fn a_journal_is_carried_through() -> Test {
    let project = Project::new()?;
    let real = project.home().join("site");
    fs::create_dir(&real)?;
    symlink(&real, project.output())?;
    let (old, new) = ([("a", "1"), ("gone/b", "2"), ("c", "3")], [("a", "changed"), ("c", "4")]);
    let left = project.home().join(".site.partwork");
    project.build(&new)?;
    let account = project.accounts()?.pop().ok_or("no account")?;
    let wanted = account_text(&project, &account)?;
    let (head, files) = wanted.split_once('\n').ok_or("no line")?;
    project.build(&old)?;

    // As a build from `old` to `new` is killed after its second step.
    left_by_us(&project, &left)?;
    fs::create_dir_all(left.join("new"))?;
    // Of the folder that was to become the output.
    let head = head.split(' ').take(3).collect::<Vec<_>>().join(" ");
    write_account(&project, &account.with_extension("draft"), &format!("{head} 1 1\n{files}"))?;
    fs::write(real.join("a"), "changed")?;
    fs::write(left.join("new/c"), "4")?;
    write_sealed(&project, &left, "journal", "partwork-journal 2\naccount\nmove a\nmove c\nremove gone/b\n")?;
    drop(project.open()?);
    assert!(!left.exists());
    assert_eq!(project.accounts()?, std::slice::from_ref(&account), "no draft is left");
    assert_eq!(listing(&real)?, expected(&new));
    assert_eq!(account_text(&project, &account)?, wanted);
    project.build(&[("c", "4")])?;
    assert_eq!(listing(&real)?, expected(&[("c", "4")]), "all of it was known for ours");
    Ok(())
}

/// As a build is killed right before the exchange, and right after it.
#[test]
fn an_account_counts_once_its_tree_is_the_output() -> Test {
    let project = Project::new()?;
    project.build(&[("a", "1"), ("old", "2")])?;
    let account = project.accounts()?.pop().ok_or("no account")?;
    let draft = account.with_extension("draft");
    let old = fs::read(&account)?;
    write_account(&project, &draft, "partwork-output 1 0 1 1\n")?;
    drop(project.open()?);
    assert_eq!((fs::read(&account)?, draft.exists()), (old.clone(), false));

    project.build(&[("a", "1"), ("new", "3")])?;
    let new = fs::read(&account)?;
    fs::rename(&account, &draft)?;
    fs::write(&account, old)?;
    project.check(&project.output())?;
    drop(project.open()?);
    assert_eq!((fs::read(&account)?, draft.exists()), (new, false));
    project.build(&[("a", "1")])?;
    assert_eq!(project.listing()?, expected(&[("a", "1")]));
    Ok(())
}

#[test]
fn a_damaged_journal_changes_nothing() -> Test {
    let project = Project::new()?;
    project.build(&[("a", "1")])?;
    let left = project.root().join(".public.partwork");
    left_by_us(&project, &left)?;
    fs::create_dir_all(left.join("new"))?;
    fs::write(left.join("new/a"), "still needed")?;
    for bad in ["", "partwork-journal 2\nremove ../content\n", "partwork-journal 2\nburn a\n"] {
        write_sealed(&project, &left, "journal", bad)?;
        let why = refusal(project.open())?;
        assert!(why.contains("journal` is damaged"), "{why}");
        // Without a seal any journal is somebody else's.
        fs::write(left.join("journal"), "partwork-journal 2\nremove a\n")?;
        refusal(project.open())?;
        assert_eq!(project.listing()?, expected(&[("a", "1")]));
        assert_eq!(fs::read_to_string(left.join("new/a"))?, "still needed");
    }
    Ok(())
}

#[test]
fn a_second_build_waits_for_the_first() -> Test {
    let project = Project::new()?;
    let (waits, opened) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let (told, tell) = std::sync::mpsc::channel();
    let first = project.open()?;
    thread::scope(|scope| -> Test {
        let second = scope.spawn(|| -> Result<Summary, String> {
            let waiting = || {
                waits.fetch_add(1, Ordering::SeqCst);
                let _ = told.send(());
            };
            let staging = open(&project.root(), &project.output(), &waiting).map_err(|e| e.to_string())?;
            opened.fetch_add(1, Ordering::SeqCst);
            let tree = put_all(&staging, &[("a", "1"), ("b", "second")]).map_err(|e| e.to_string())?;
            staging.commit(&tree).map_err(|e| e.to_string())
        });
        tell.recv()?;
        assert_eq!(opened.load(Ordering::SeqCst), 0);
        let tree = put_all(&first, &[("a", "1"), ("b", "first")])?;
        first.commit(&tree)?;
        let summary = second.join().map_err(|_| "the second build panicked")??;
        assert_eq!((summary.written, summary.unchanged), (1, 1), "it saw what the first left");
        Ok(())
    })?;
    assert_eq!(waits.load(Ordering::SeqCst), 1);
    assert_eq!(project.listing()?, expected(&[("a", "1"), ("b", "second")]));
    assert!(project.is_tidy()?);
    Ok(())
}

#[test]
fn outputs_of_one_folder_do_not_wait_for_each_other() -> Test {
    let project = Project::new()?;
    let _first = project.open()?;
    let waited = AtomicUsize::new(0);
    let other = project.root().join("public2");
    drop(open(&project.root(), &other, &|| {
        waited.fetch_add(1, Ordering::SeqCst);
    })?);
    assert_eq!(waited.load(Ordering::SeqCst), 0);
    Ok(())
}

/// The site of one version: some files change with it, some don't, and some come and go.
fn version(number: usize) -> Vec<(String, String)> {
    let mut files = vec![("version".to_owned(), number.to_string())];
    for at in 0..40 {
        files.push((format!("part-{at}/index.html"), format!("part {at} in version {number}")));
        files.push((format!("part-{at}/picture"), format!("picture {at}")));
        files.push((format!("only-{}/{at}", number % 3), format!("{at}")));
    }
    files
}

/// Whether a folder holds one version and nothing of another, beside what is foreign.
fn is_whole(folder: &Path) -> Result<bool, Box<dyn Error>> {
    let mut found = listing(folder)?;
    found.retain(|path, _| !path.ends_with('/'));
    let foreign = found.remove(".git/HEAD");
    let number = found.get("version").ok_or("no version")?.parse()?;
    Ok(found == version(number).into_iter().collect() && foreign.as_deref() == Some("ref"))
}

fn build_version(root: &Path, output: &Path, number: usize, stage: &dyn Fn() -> io::Result<()>) -> Test {
    let staging = open(root, output, &|| {})?;
    stage()?;
    let files = version(number);
    let mut tree = Tree::default();
    for (at, (path, text)) in files.iter().enumerate() {
        if at == files.len() / 2 {
            stage()?;
        }
        let path = OutputPath::new(path)?;
        let entry = staging.put(&path, &Content::Bytes(text.clone().into_bytes()))?;
        tree.insert(path, leaf(entry));
    }
    stage()?;
    staging.commit(&tree)?;
    Ok(stage()?)
}

/// The child of the tests below: builds one version after the other, and tells of each stage.
#[test]
fn child() -> Test {
    let Some(root) = env::var_os("EMIT_TEST_ROOT").map(PathBuf::from) else {
        return Ok(());
    };
    let first: usize = env::var("EMIT_TEST_FIRST")?.parse()?;
    let rounds: usize = env::var("EMIT_TEST_ROUNDS")?.parse()?;
    let tell = || {
        let mut out = io::stdout().lock();
        out.write_all(b"@")?;
        out.flush()
    };
    for number in first..first + rounds {
        build_version(&root, &root.join("public"), number, &tell)?;
    }
    Ok(())
}

fn spawn_child(root: &Path, first: usize, rounds: usize) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .args(["child", "--exact", "--nocapture", "--test-threads=1"])
        .env("EMIT_TEST_ROOT", root)
        .env("EMIT_TEST_FIRST", first.to_string())
        .env("EMIT_TEST_ROUNDS", rounds.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
}

/// Kills a building child again and again, at every stage and a little after it.
fn kill_and_look(project: &Project, look: impl Fn() -> Test) -> Test {
    build_version(&project.root(), &project.output(), 0, &|| Ok(()))?;
    fs::create_dir(project.output().join(".git"))?;
    fs::write(project.output().join(".git/HEAD"), "ref")?;
    for round in 0..60_usize {
        let mut child = spawn_child(&project.root(), round, 1000)?;
        let mut out = child.stdout.take().ok_or("no output")?;
        let mut byte = [0];
        let mut stages = 1 + round % 8;
        while stages > 0 {
            out.read_exact(&mut byte)?;
            stages -= usize::from(byte[0] == b'@');
        }
        for _ in 0..round * 2_000 {
            std::hint::spin_loop();
        }
        child.kill()?;
        // One that had ended would prove nothing.
        assert_eq!(child.wait()?.signal(), Some(9));
        look()?;
    }
    drop(project.open()?);
    assert!(is_whole(&project.output().canonicalize()?)?);
    assert!(project.is_tidy()?);
    // Nothing of ours has become foreign.
    build_version(&project.root(), &project.output(), 1, &|| Ok(()))?;
    assert!(is_whole(&project.output().canonicalize()?)?);
    Ok(())
}

#[test]
fn a_killed_build_leaves_the_output_whole() -> Test {
    let project = Project::new()?;
    kill_and_look(&project, || {
        assert!(is_whole(&project.output())?);
        Ok(())
    })
}

#[test]
fn a_killed_build_in_place_is_completed_by_the_next() -> Test {
    let project = Project::new()?;
    let real = project.home().join("site");
    fs::create_dir(&real)?;
    symlink(&real, project.output())?;
    kill_and_look(&project, || {
        drop(project.open()?);
        assert!(is_whole(&real)?);
        Ok(())
    })
}

#[test]
fn builds_of_two_processes_never_mix() -> Test {
    let project = Project::new()?;
    build_version(&project.root(), &project.output(), 0, &|| Ok(()))?;
    fs::create_dir(project.output().join(".git"))?;
    fs::write(project.output().join(".git/HEAD"), "ref")?;
    let children = [spawn_child(&project.root(), 100, 20)?, spawn_child(&project.root(), 201, 20)?];
    for child in children {
        let done = child.wait_with_output()?;
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    }
    assert!(is_whole(&project.output())?);
    assert!(project.is_tidy()?);
    Ok(())
}
