//! What a fence shows, whether it holds its code or takes it from elsewhere.
//!
//! In: a fence, and the code that was found for it. Out: what its info string says, with the lines that were found to
//! be new and gone, and the code.

use std::borrow::Cow;

use crate::parse::info::{self, Info};
use crate::parse::tree::Fence;
use crate::project::phrases::Phrases;
use crate::site::listings::Listed;

/// What a fence shows that begins at a place of its text.
pub fn shown<'f>(
    fence: &'f Fence<'_>,
    at: usize,
    listed: Option<&'f Listed>,
    phrases: &Phrases,
) -> (Info<'f>, Cow<'f, str>) {
    let (mut info, _) = info::parse(&fence.info);
    let Some(found) = listed.and_then(|listed| listed.get(&at)) else {
        let code = info.shown(fence.text());
        return (info, code);
    };
    info.ins.clone_from(&found.ins);
    info.del.clone_from(&found.del);
    info.gaps.clone_from(&found.gaps);
    if let Some((file, before)) = &found.renamed {
        let name = info.title.as_deref().unwrap_or(file).to_string();
        info.title = Some(phrases.say("renamed", &[("name", name), ("before", before.clone())]).into());
    }
    (info, Cow::Borrowed(&found.code))
}
