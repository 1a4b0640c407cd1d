//! What a repository holds, read without a checkout.
//!
//! In: what git lists. Out: objects, and their content.

use std::process::Command;

use crate::publish::context::Context;
use crate::publish::error::PublishError;
use crate::publish::programs::run;

/// A line of `git ls-tree -l`.
#[derive(Debug, Clone)]
pub struct Object {
    pub id: String,
    pub size: u64,
    pub form: Form,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Neither executable nor anything below.
    Plain,
    Executable,
    Link,
    /// Another repository.
    Other,
}

/// Reads an entry of that list (git-ls-tree(1)).
pub fn parse_entry(entry: &str) -> Option<(String, Object)> {
    let (what, path) = entry.split_once('\t')?;
    let mut words = what.split_whitespace();
    let (mode, _, id, size) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let form = match mode {
        "100644" => Form::Plain,
        "100755" => Form::Executable,
        "120000" => Form::Link,
        _ => Form::Other,
    };
    Some((path.to_string(), Object { id: id.to_string(), size: size.parse().unwrap_or(0), form }))
}

/// Gets the path, the form and the content of an object.
pub type Each<'a> = &'a mut dyn FnMut(&str, Form, &[u8]) -> Result<(), PublishError>;

/// Hands on the content of each, in their order. Only so much is asked for at once as memory has room for.
pub fn read(
    git: &dyn Fn() -> Command,
    objects: &[(String, Object)],
    context: &Context<'_>,
    each: Each<'_>,
) -> Result<(), PublishError> {
    /// In bytes; a single larger one is asked for alone.
    const MOST: u64 = 64 << 20;
    let mut left = objects;
    while !left.is_empty() {
        let mut sum = 0;
        let fits = left.iter().take_while(|(_, object)| {
            sum += object.size;
            sum <= MOST
        });
        let (now, then) = left.split_at(fits.count().max(1));
        let ids: String = now.iter().map(|(_, object)| format!("{}\n", object.id)).collect();
        let answer = run(git().args(["cat-file", "--batch"]), ids.as_bytes(), context)?;
        let answer =
            answer.map_err(|failure| PublishError::Local(format!("`git cat-file` failed: {}", failure.stderr)))?;
        let mut rest = answer.stdout.as_slice();
        for (path, object) in now {
            let content = next(&mut rest).ok_or_else(|| {
                PublishError::Local(format!("the repository lacks an object of `{path}`; `git fetch` may bring it"))
            })?;
            each(path, object.form, content)?;
        }
        left = then;
    }
    Ok(())
}

/// The content at the front of an answer of `git cat-file --batch`: a line that ends in its size, its bytes, a line
/// end. `None` where the object is missing.
fn next<'a>(answer: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = answer.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let size: usize = head.rsplit(' ').next()?.parse().ok()?;
    let content = answer.get(end + 1..end + 1 + size)?;
    *answer = answer.get(end + 2 + size..)?;
    Some(content)
}
