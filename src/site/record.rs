//! New addresses for the ledger.
//!
//! In: a site and the text of its ledger. Out: the file with what is new; the rest stays as it was
//! typed. Reads and writes `urls.toml` alone.

use std::collections::BTreeMap;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

use crate::diagnostic::quote;
use crate::project::LEDGER;
use crate::site::Site;
use crate::site::ledger::{Held, Holder, below_base, holders, known};
use crate::store::dir::Dir;

/// Adds every address that a part of the site has, in any language, to the ledger of the project in `root`, and
/// writes it if that changes anything; gives how many addresses were new. What stands in the file
/// stays as it was typed. A part that is out again leaves `[gone]`. The file is replaced whole or
/// not at all; fails when it can't be read or written, is no ledger, or a link to a place outside.
///
/// For a site that was built without errors, and neither with `--drafts` nor with `--at`.
pub fn record(root: &Path, sites: &[&Site]) -> io::Result<usize> {
    let folder = Dir::open(root)?;
    // A link that stays in the project is followed, so that it stays one.
    let path = folder.resolve(Path::new(LEDGER))?;
    let mut text = String::new();
    let permissions = match folder.read(&path) {
        Ok(mut file) => {
            file.read_to_string(&mut text)?;
            Some(file.metadata()?.permissions())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let (updated, new) = recorded(&text, sites).map_err(|reason| io::Error::new(io::ErrorKind::InvalidData, reason))?;
    if updated != text {
        let (draft, mut file) = folder.draft(&path, false)?;
        let written = file
            .write_all(updated.as_bytes())
            .and_then(|()| permissions.map_or(Ok(()), |permissions| file.set_permissions(permissions)))
            .and_then(|()| file.sync_all())
            .and_then(|()| folder.rename(&draft, &folder, &path));
        written.inspect_err(|_| {
            // What went wrong first says more.
            let _ = folder.remove_file(&draft);
        })?;
    }
    Ok(new)
}

const HEAD: &str = "# Every address that a part, a post, a page or a tag ever had, so that none is lost: an old one leads to the new one.\n\
                    # `partwork build --record` and `partwork publish` add to it. Commit it.\n";

/// The text of a ledger with the addresses of a site added, and how many were new.
fn recorded(text: &str, sites: &[&Site]) -> Result<(String, usize), String> {
    // The editor knows one kind of line end, and no byte order mark.
    let windows = text.contains("\r\n");
    let (mark, text) = text.strip_prefix('\u{feff}').map_or(("", text), |text| ("\u{feff}", text));
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let mut new = 0;
    let all = sites.iter().flat_map(|site| holders(site).map(move |(holder, held)| (holder, (*site, held))));
    for (holder, (site, Held { address, article })) in all.collect::<BTreeMap<_, _>>() {
        let aliases = article.map(|article| &site.article(article).front.aliases).into_iter().flatten();
        let all = std::iter::once(address.into_owned()).chain(aliases.map(|alias| below_base(&alias.value)));
        let addresses = all.map(|address| format!("/{address}"));
        let returned = take_gone(&mut document, &holder);
        let list = list_of(&mut document, &holder, returned)?;
        for address in addresses {
            let is_there = list.iter().filter_map(Value::as_str).any(|there| known(there) == known(&address));
            if !is_there {
                push(list, address);
                new += 1;
            }
        }
    }
    let updated = if text.is_empty() && new > 0 { format!("{HEAD}\n{document}") } else { document.to_string() };
    Ok((format!("{mark}{}", if windows { with_crlf(&updated) } else { updated }), new))
}

fn with_crlf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

/// Takes its line out of `[gone]`.
fn take_gone(document: &mut DocumentMut, holder: &Holder<'_>) -> Option<Item> {
    document.get_mut("gone")?.as_table_like_mut()?.get_mut(holder.table())?.as_table_like_mut()?.remove(holder.id())
}

/// Its list of addresses, which is made if it isn't there.
fn list_of<'a>(
    document: &'a mut DocumentMut,
    holder: &Holder<'_>,
    returned: Option<Item>,
) -> Result<&'a mut Array, String> {
    let mut table: &mut dyn TableLike = document.as_table_mut();
    if let Some(outer) = holder.outer_table() {
        table = table_in(table, outer, true)?;
    }
    let lists = table_in(table, holder.table(), false)?;
    let list = lists.entry(holder.id()).or_insert_with(|| returned.unwrap_or_else(|| toml_edit::value(Array::new())));
    list.as_array_mut().ok_or_else(|| format!("{} is no list", quote(holder.id())))
}

/// A table in another. One that is `implicit` gets no head of its own when it is made.
fn table_in<'a>(table: &'a mut dyn TableLike, name: &str, implicit: bool) -> Result<&'a mut dyn TableLike, String> {
    let item = table.entry(name).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(implicit);
        Item::Table(table)
    });
    item.as_table_like_mut().ok_or_else(|| format!("{} is no table", quote(name)))
}

/// Adds an address to a list, on a line of its own where the others have theirs.
fn push(list: &mut Array, address: String) {
    let before = list.iter().last().and_then(|last| last.decor().prefix()?.as_str().map(str::to_string));
    let Some(mut prefix) = before else {
        list.push(address);
        return;
    };
    // What follows the only value of a list, a space at most, follows the last one then.
    if list.len() == 1 && prefix.is_empty() {
        prefix = " ".into();
    }
    // A comment after the last value stays there, before the new one's line.
    let trailing = list.trailing().as_str().unwrap_or_default().to_string();
    if let (true, Some(end)) = (list.trailing_comma() && trailing.contains('#'), trailing.rfind('\n')) {
        prefix.insert_str(0, &trailing[..end]);
        list.set_trailing(&trailing[end..]);
    }
    let mut value = Value::from(address);
    *value.decor_mut() = toml_edit::Decor::new(prefix, "");
    list.push_formatted(value);
}
