//! Blocks in their forms: what was read of them, as a component shows it, or as plain HTML.
//!
//! In: a block and the targets of its links. Out: what its component renders, or its plain form, in
//! the medium at hand. A component that fails is a diagnostic at its template, and the block is left
//! out.

use std::collections::BTreeMap;

use tera::{ComponentInfo, Context, Value};

use super::components::component_name;
use super::engine::Engine;
use super::raw::foreign_html;
use super::style::{IN_FIGURE, escaped};
use super::svg::{Offense, inline_states};
use super::template::template_error;
use super::write::{BlockAt, Text, line_html, tree_html, write_line};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, list, quote};
use crate::parse::block::{
    Block, BlockBody, Body, Custom, Form, Inline, InlineValue, Leads, Linked, Page, Placed, Plain,
};
use crate::parse::component::{BODY, Components};
use crate::parse::numbered::Numbered;
use crate::project::Project;
use crate::project::images;
use crate::settings::data::{Data, Table};
use crate::site::resolve::{SeriesReferences, Target};
use crate::site::series::Series;
use crate::text::source::{SourceId, Span, Spanned};

/// What blocks need of the site while one text is written.
#[derive(Debug, Clone, Copy)]
pub struct Blocks<'a> {
    pub project: &'a Project,
    pub engine: &'a Engine,
    /// All blocks, by name.
    pub names: &'a Components,
    /// The series with its shared comparisons, and the targets of their links.
    pub series: Option<(&'a Series, &'a SeriesReferences)>,
    /// By URL, the files that can be placed inline, by their path below the root.
    pub inline_files: &'a BTreeMap<String, String>,
    /// `site` and `page`, for components that ask for them.
    pub implicits: &'a Context,
    /// How many blocks were written: their elements' ids are numbered.
    pub count: usize,
}

impl Blocks<'_> {
    /// Writes a block where it stands.
    pub fn write(&mut self, placed: &Placed, at: BlockAt<'_, '_>) {
        self.count += 1;
        let mut form = BlockForm { blocks: *self, at };
        let before = form.at.out.len();
        match &placed.body {
            Body::Known(block) => form.show(&placed.name, block.as_ref()),
            Body::Use(id) => form.shared(&id.value),
            Body::Custom(custom) => form.custom(&placed.name, custom, placed.span),
            Body::Broken => {}
        }
        let failed = form.at.out[before..].iter_mut().filter(|diagnostic| diagnostic.code == Code::TemplateFailed);
        failed.for_each(|diagnostic| diagnostic.notes.push((placed.span, "met while rendering this block".into())));
    }

    /// Writes a comparison that stands in a file of its own; nothing when there is none of that id, which
    /// has been reported.
    pub fn write_shared(&mut self, id: &str, at: BlockAt<'_, '_>) {
        self.count += 1;
        BlockForm { blocks: *self, at }.shared(id);
    }
}

/// A block on its way out.
struct BlockForm<'w, 'k> {
    blocks: Blocks<'w>,
    at: BlockAt<'w, 'k>,
}

impl<'w> BlockForm<'w, '_> {
    fn targets_of(&self, line: &Inline) -> &'w [Target] {
        self.at.targets.get(line.links.clone()).unwrap_or_default()
    }

    /// A line as a text, if its tree was made.
    fn text_of(&self, line: &Inline) -> Option<Text<'w>> {
        Some(Text {
            tree: self.at.lines.get(line)?,
            span: line.span,
            targets: self.targets_of(line),
            article: None,
            lines: self.at.lines,
            listings: None,
            labels: self.at.labels,
            cited: &[],
        })
    }

    fn shared(&mut self, id: &str) {
        let Some((series, references)) = self.blocks.series else { return };
        let (Some(shared), Some(targets)) = (series.shared.get(id), references.shared.get(id)) else { return };
        self.at.targets = targets;
        self.show("comparison", &shared.comparison);
    }

    fn show(&mut self, name: &str, block: &dyn Block) {
        if self.at.style.is_plain() {
            return block.plain(self);
        }
        if let Some(arguments) = block.view(self) {
            self.component(name, &arguments, None);
        }
    }

    fn component(&mut self, name: &str, arguments: &Context, body: Option<&str>) {
        let Blocks { engine, implicits, project, .. } = self.blocks;
        let template = format!("blocks/{name}.html");
        match engine.render_component([&template, &component_name(name)], arguments, implicits, body) {
            // A medium without the theme takes it as it takes an author's own HTML.
            Ok(html) if self.at.style.is_plain() => foreign_html(html, self.at.style, self.at.sink),
            Ok(html) => match &mut self.at.link_notes {
                Some(notes) => self.at.sink.page_html(&notes.in_component(&html, self.at.style.phrases)),
                None => self.at.sink.page_html(&html),
            },
            Err(error) => self.at.out.push(template_error(&error, project, &template)),
        }
    }

    /// A value that is Markdown, as HTML.
    fn lines(&mut self, lines: &InlineValue) -> Value {
        match lines {
            InlineValue::One(line) => Page::inline(self, line),
            InlineValue::Several(lines) => lines.iter().map(|line| Page::inline(self, line)).collect::<Vec<_>>().into(),
        }
    }

    /// A project's own block: the TOML's keys are the component's arguments, and what stands below is its body.
    fn custom(&mut self, name: &str, custom: &Custom, span: Span) {
        let Custom { arguments, inline, below } = custom;
        let body = match below {
            BlockBody::None => None,
            BlockBody::Text(text) => Some(escaped(text)),
            BlockBody::Markdown { .. } => Some(self.at.body.take().unwrap_or_default()),
        };
        let Some(component) = self.blocks.engine.component(&component_name(name)) else { return };
        let before = self.at.out.len();
        unfit(&component, name, arguments, self.at.out);
        for argument in component.args().iter().filter(|arg| arg.is_required()) {
            if arguments.get(argument.name()).is_none() {
                let message = format!("the block {} has no {}", quote(name), quote(argument.name()));
                let help = format!("add `{} = …`", argument.name());
                self.at.out.push(Diagnostic::new(Code::MissingKey, span, message).help(help));
            }
        }
        if self.at.out.len() > before {
            return;
        }
        match Context::from_serialize(arguments) {
            Ok(mut arguments) => {
                for (key, lines) in inline {
                    arguments.insert_value(key.clone(), self.lines(lines));
                }
                self.component(name, &arguments, body.as_deref());
            }
            Err(error) => {
                let path = format!("blocks/{name}.html");
                self.at.out.push(template_error(&error, self.blocks.project, &path));
            }
        }
    }
}

/// Reports the keys that a component doesn't take, and values of another type than it wants.
fn unfit(component: &ComponentInfo, name: &str, arguments: &Table, out: &mut Vec<Diagnostic>) {
    let known = || component.args().iter().filter(|arg| !arg.is_implicit()).map(|arg| arg.name());
    for (key, value) in &arguments.entries {
        let Some(argument) = component.args().iter().find(|arg| arg.name() == key.value) else {
            if component.rest_param().is_none() {
                let message = format!("the block {} has no key {}", quote(name), quote(&key.value));
                let near = did_you_mean(&key.value, known());
                let help = match near {
                    _ if key.value == BODY => "write it below the other keys, behind a line `---`".to_string(),
                    Some(near) => near,
                    None => format!("known here: {}", list(known(), "and")),
                };
                out.push(Diagnostic::new(Code::UnknownKey, key.span, message).help(help));
            }
            continue;
        };
        if let Some(wanted) = argument.arg_type()
            && !fits(wanted, &value.value)
        {
            let (found, wanted) = (value.value.type_name(), type_words(wanted));
            let message = format!("{} is {found} where {wanted} is wanted", quote(&key.value));
            out.push(Diagnostic::new(Code::WrongType, value.span, message));
        }
    }
}

impl Form for BlockForm<'_, '_> {
    fn level(&self) -> u8 {
        self.at.level
    }

    fn id(&self, name: &str) -> String {
        format!("{}{name}", self.at.style.prefix())
    }

    fn number(&self, of: &Numbered) -> Option<String> {
        self.at.labels.get(&of.id).cloned()
    }

    fn count(&self) -> usize {
        self.blocks.count
    }

    fn set(&self, text: &str) -> String {
        self.at.style.punctuation.typeset(text)
    }

    fn say(&self, key: &str, values: &[(&str, String)]) -> String {
        self.at.style.phrases.say(key, values)
    }

    /// One elsewhere, an anchor of the article and a broken one that is only warned about stay as typed.
    fn link(&self, linked: &Linked) -> Leads {
        match self.at.targets.get(linked.at) {
            Some(Target::Url { url, text, language }) => Leads {
                url: Some(self.at.style.address(url).into_owned()),
                text: text.clone(),
                language: language.as_ref().map(|language| (language.tag.clone(), language.name.clone())),
                ..Leads::default()
            },
            Some(Target::AsTyped) if linked.dest.starts_with('#') => {
                Leads { url: Some(self.own(&linked.dest)), ..Leads::default() }
            }
            Some(Target::AsTyped) => Leads { url: Some(linked.dest.clone()), ..Leads::default() },
            Some(Target::Soon { text }) => Leads { text: text.clone(), soon: true, ..Leads::default() },
            Some(Target::Text { text }) => Leads { text: text.clone(), ..Leads::default() },
            None => Leads::default(),
        }
    }

    fn picture(&self, linked: &Linked) -> Leads {
        let style = self.at.style;
        let leads = self.link(linked);
        let Some(Target::Url { url, .. }) = self.at.targets.get(linked.at) else { return leads };
        let Some(image) = style.picture(url) else { return leads };
        let shown = image.url.as_deref().map(|url| style.address(url).into_owned()).or(leads.url);
        Leads {
            srcset: shown.as_deref().and_then(|shown| image.srcset(style.base, shown)),
            size: Some(image.size),
            is_wide: image.is_wide(),
            url: shown,
            ..leads
        }
    }

    fn own(&self, anchor: &str) -> String {
        self.at.style.address(anchor).into_owned()
    }
}

impl Page for BlockForm<'_, '_> {
    fn inline(&mut self, line: &Inline) -> Value {
        safe(match self.text_of(line) {
            Some(text) => tree_html(text, self.at.style, self.at.out),
            None => line_html(&line.text, line.span, self.targets_of(line), self.at.style, self.at.out),
        })
    }

    fn drawing(&mut self, linked: &Linked, place: Span, states: &[Spanned<String>]) -> Option<Value> {
        let Some(Target::Url { url, .. }) = self.at.targets.get(linked.at) else { return None };
        let path = self.blocks.inline_files.get(url)?;
        let source = self.blocks.project.files.get(path)?.text?;
        let prefix = self.id(&format!("pw-figure-{}-", self.count()));
        let figure = Placing { prefix: &prefix, place, states };
        drawing(self.blocks.project, (source, path), figure, self.at.out)
    }

    fn shows_first(&self) -> bool {
        self.at.shows_first
    }

    fn room(&self, picture: &Leads) -> (&'static str, bool) {
        (IN_FIGURE, picture.is_wide && self.at.style.medium.is_none())
    }

    fn module(&self, linked: &Linked) -> Option<String> {
        let may_run = self.at.style.raw_html && self.at.style.medium.is_none();
        may_run.then(|| self.link(linked).url).flatten()
    }
}

impl Plain for BlockForm<'_, '_> {
    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.at.sink.open(name, attributes);
    }

    fn close(&mut self, name: &str) {
        self.at.sink.close(name);
    }

    fn text(&mut self, text: &str) {
        self.at.sink.text(text);
    }

    fn inline(&mut self, line: &Inline) {
        let Some(text) = self.text_of(line) else { return };
        write_line(text, self.at.style, self.at.sink, self.at.out);
    }

    fn line(&mut self) {
        self.at.sink.line();
    }
}

/// Where and how a drawing is placed.
struct Placing<'a> {
    /// Of its ids.
    prefix: &'a str,
    /// Of the figure.
    place: Span,
    states: &'a [Spanned<String>],
}

/// An SVG for the page; each thing that may not stand there is reported at its place in the file.
fn drawing(
    project: &Project,
    (source, path): (SourceId, &str),
    figure: Placing<'_>,
    out: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let Placing { prefix, place: figure, states } = figure;
    let text = project.sources.text(source);
    // As it would be published by itself.
    let plain = images::plain_svg(text);
    let drawing = plain.as_deref().unwrap_or(text);
    let names: Vec<&str> = states.iter().map(|state| state.value.as_str()).collect();
    match inline_states(drawing, prefix, &names) {
        Ok((svg, groups)) => {
            let missing = states.iter().filter(|state| !groups.contains(&state.value));
            out.extend(missing.map(|state| {
                let message = format!("no group of {} has `data-state=\"{}\"`", quote(path), state.value);
                let near = did_you_mean(&state.value, groups.iter().map(String::as_str));
                let help = near.unwrap_or_else(|| "name the group, or remove the state".into());
                Diagnostic::new(Code::InvalidValue, state.span, message).help(help)
            }));
            Some(safe(svg))
        }
        Err(offenses) => {
            for Offense { range, message } in offenses {
                // Without an editor's notes the same words stand elsewhere.
                let typed = drawing.get(range.clone()).unwrap_or_default();
                let start = if drawing == text { range.start } else { text.find(typed).unwrap_or(0) };
                let place = Span::new(source, start..start + typed.len());
                let message = format!("{} can't be placed inline: {message}", quote(path));
                out.push(
                    Diagnostic::new(Code::UnsafeSvg, place, message)
                        .note(figure, "the figure")
                        .help("take it out of the SVG, or remove `inline = true`"),
                );
            }
            None
        }
    }
}

/// HTML that was escaped where it was made.
pub fn safe(html: String) -> Value {
    Value::safe_string(&html)
}

fn fits(wanted: tera::ComponentArgType, data: &Data) -> bool {
    use tera::ComponentArgType as Type;
    match wanted {
        Type::String => matches!(data, Data::String(_) | Data::Date(_)),
        Type::Bool => matches!(data, Data::Bool(_)),
        Type::Integer => matches!(data, Data::Integer(_)),
        Type::Float => matches!(data, Data::Float(_)),
        Type::Number => matches!(data, Data::Integer(_) | Data::Float(_)),
        Type::Array => matches!(data, Data::List(_)),
        Type::Map => matches!(data, Data::Table(_)),
        _ => true,
    }
}

fn type_words(wanted: tera::ComponentArgType) -> &'static str {
    use tera::ComponentArgType as Type;
    match wanted {
        Type::String => "a text",
        Type::Bool => "true or false",
        Type::Integer => "a whole number",
        Type::Float | Type::Number => "a number",
        Type::Array => "a list",
        Type::Map => "a table",
        _ => "another type",
    }
}
