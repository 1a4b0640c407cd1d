//! Where a page lies: the one place that decides it.
//!
//! In: what plan and article say. Out: an address below the base, and a diagnostic for each that is another
//! page's or would become one. All else asks the part or the page for its address.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::diagnostic::{Code, Diagnostic, quote};
use crate::parse::front::FrontMatter;
use crate::settings::permalink::Filling;
use crate::site::Site;
use crate::site::address::folder;
use crate::site::page::Page;
use crate::site::plan::{Order, Plan};
use crate::site::series::State;
use crate::site::unread::folder_of;
use crate::store::tree::fold;
use crate::text::path::folders_above;
use crate::text::source::Span;

/// The address of a part by its id alone: below the series.
pub fn plain(plan: &Plan, id: &str) -> String {
    format!("{}/{id}/", plan.folder)
}

/// The address of a part. One that is announced and has no date yet has none that is made of it either: nobody
/// is led there before it is out.
pub fn of_part(plan: &Plan, id: &str, front: Option<&FrontMatter>, day: Option<Date>) -> String {
    if let Some(whole) = front.and_then(|front| front.permalink.as_ref()) {
        return whole.value.clone();
    }
    let slug = front.and_then(|front| front.slug.as_ref()).map(|slug| slug.value.as_str());
    let pattern = plan.permalink.as_ref().and_then(|pattern| pattern.address(Filling { id, slug, day }));
    pattern.unwrap_or_else(|| plain(plan, slug.unwrap_or(id)))
}

/// The address of a side page, by that of its part and its name.
pub fn of_side(part: &str, name: &str) -> String {
    format!("{}/{name}/", folder(part))
}

/// The address of a page outside series: that of its file, unless it says another.
pub fn of_page(file: &str, front: &FrontMatter) -> String {
    match (&front.permalink, &front.slug) {
        (Some(whole), _) => whole.value.clone(),
        (None, None) => file.to_string(),
        (None, Some(slug)) => {
            let parent = folder_of(file);
            let separator = if parent.is_empty() { "" } else { "/" };
            format!("{parent}{separator}{}/", slug.value)
        }
    }
}

/// Where it is said that a part lies elsewhere than its id tells.
pub fn said(plan: &Plan, front: Option<&FrontMatter>) -> Option<Span> {
    let own = front.and_then(own);
    own.or(plan.permalink.as_ref().map(|pattern| pattern.span))
}

/// Where an article says its address.
pub fn own(front: &FrontMatter) -> Option<Span> {
    front.permalink.as_ref().or(front.slug.as_ref()).map(|said| said.span)
}

/// Reports addresses that pages of the site's own have, or will have once there is something for them, and puts
/// those who say them where their ids tell.
pub fn leave_reserved(site: &mut Site, out: &mut Vec<Diagnostic>) {
    let mut taken: BTreeMap<String, (&str, Option<Span>)> = BTreeMap::new();
    for name in ["tags/", "search/", "404.html"] {
        taken.insert(name.into(), ("every site", None));
    }
    for plan in site.folders().map(|series| &series.plan) {
        let whose = if plan.order == Order::Plan { "every series" } else { "every folder of posts" };
        for name in plan.order.reserved() {
            taken.insert(plain(plan, name), (whose, Some(Span::start_of(plan.source))));
        }
    }
    let mut check = |address: &str, said: Option<Span>| {
        let ((whose, series), span) = (taken.get(&fold(address))?, said?);
        let message = format!("the address {} is taken by a page that {whose} has", quote(&format!("/{address}")));
        let taken = Diagnostic::new(Code::InvalidId, span, message).help("choose another address");
        out.push(match series {
            Some(plan) => taken.note(*plan, "whose it is"),
            None => taken,
        });
        Some(())
    };
    let articles = &site.articles;
    for series in site.series.iter_mut().chain(&mut site.posts) {
        for part in &mut series.parts {
            let front = part.article.map(|article| &articles[article].front);
            if check(&part.address, said(&series.plan, front)).is_some() {
                part.address = plain(&series.plan, &part.id);
                part.sides.iter_mut().for_each(|side| side.address = of_side(&part.address, &side.name));
            }
        }
    }
    for page in &mut site.singles {
        if check(&page.address, own(&articles[page.article].front)).is_some() {
            page.address = format!("{}/", page.id);
        }
    }
}

/// A page, as far as its place goes.
struct Placed<'s> {
    address: String,
    /// Where it says its whole address itself, and where its series does.
    own: Option<Span>,
    pattern: Option<Span>,
    /// The page itself.
    span: Span,
    /// The part or the page that may have files of its own.
    owner: Option<&'s str>,
}

/// Reports pages among the files of another, and pages that hosts can't tell apart.
pub fn check(site: &Site, out: &mut Vec<Diagnostic>) {
    let pages = placed(site);
    let files = site.files.values().filter(|file| file.state != State::Draft);
    let sides = site.parts().filter(|part| part.state != State::Draft).flat_map(|part| &part.sides);
    let within = files.map(|file| &file.address).chain(sides.map(|side| &side.address));
    let filled: BTreeSet<&str> = within.flat_map(|address| folders_above(address)).collect();
    let has_files = |page: &Placed<'_>| page.owner.is_some() && filled.contains(folder(&page.address));
    let is_html = |page: &Placed<'_>| page.address.ends_with(".html");
    let owners = pages.iter().filter(|page| is_html(page) || has_files(page));
    let by_folder: BTreeMap<String, &Placed<'_>> = owners.map(|page| (fold(folder(&page.address)), page)).collect();
    for page in &pages {
        let address = fold(&page.address);
        let other = folders_above(&address).filter_map(|folder| by_folder.get(folder)).next_back();
        let Some(other) = other.filter(|other| other.address != page.address) else { continue };
        let is_twin = is_html(other) && format!("{}/", fold(folder(&other.address))) == address;
        // Whoever says its address can say another.
        let said = |page: &Placed<'_>| page.own.or(page.pattern);
        let (span, met): (Span, &Placed<'_>) = match (said(page), said(other)) {
            (Some(span), _) => (span, other),
            (None, Some(span)) => (span, page),
            (None, None) => continue,
        };
        let (own, of) = (quote(&format!("/{}", page.address)), quote(&format!("/{}", other.address)));
        let message = match other.owner.filter(|_| has_files(other)) {
            _ if is_twin => format!("many hosts can't tell {own} from {of}: they show both without their ends"),
            // Beside a page that is a file lies a folder as any other; what meets in it is told by its paths.
            Some(_) if is_html(other) => continue,
            Some(owner) => {
                format!("the page {own} lies in the folder of {}, {of}, among what belongs to it", quote(owner))
            }
            None => continue,
        };
        out.push(
            Diagnostic::new(Code::PathCollision, span, message)
                .note(met.own.unwrap_or(met.span), "the other")
                .help("choose another address"),
        );
    }
}

/// The pages that an address of an author's may meet, those of parts that aren't out yet among them.
fn placed(site: &Site) -> Vec<Placed<'_>> {
    let mut pages = Vec::new();
    for series in site.folders() {
        let address = Page::Series(series.at).address(site);
        let span = Span::start_of(series.plan.source);
        pages.push(Placed { address, own: None, pattern: None, span, owner: None });
        let pattern = series.plan.permalink.as_ref().map(|pattern| pattern.span);
        for part in series.parts.iter().filter(|part| part.state != State::Draft) {
            let front = part.article.map(|article| &site.article(article).front);
            let own = front.and_then(|front| front.permalink.as_ref()).map(|said| said.span);
            let span = front.map_or(part.span, |front| front.span);
            pages.push(Placed { address: part.address.clone(), own, pattern, span, owner: Some(&part.id) });
        }
    }
    for page in site.singles_out() {
        let front = &site.article(page.article).front;
        let own = front.permalink.as_ref().map(|said| said.span);
        let owner = own.map(|_| page.id.as_str());
        pages.push(Placed { address: page.address.clone(), own, pattern: None, span: front.span, owner });
    }
    pages
}
