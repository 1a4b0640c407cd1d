//! Blocks as HTML: what was parsed, as the arguments of its component.
//!
//! In: a block and the targets of its links. Out: what the component of that name renders. A
//! component that fails is a diagnostic at its template, and the block is left out.

use std::collections::BTreeMap;

use tera::{Context, Tera, Value};

use super::body::inline_html;
use super::style::Style;
use super::svg::{Offense, inline_svg};
use super::{plain, template_error, view};
use crate::diagnostic::{Code, Diagnostic, quote};
use crate::parse::blocks::{Answer, Block, Body, Comparison, Decision, Figure, Inline, Linked, Quiz};
use crate::project::Project;
use crate::project::images;
use crate::project::phrases::typeset;
use crate::site::page::comparison_anchor;
use crate::site::resolve::Target;
use crate::site::series::Shared;
use crate::text::source::{SourceId, Span};

/// What blocks need of the site while one page is rendered.
#[derive(Debug)]
pub struct Blocks<'a> {
    pub project: &'a Project,
    pub tera: &'a Tera,
    /// The shared comparisons of the series, and the targets of their links.
    pub shared: Option<&'a BTreeMap<String, Shared>>,
    pub shared_targets: Option<&'a BTreeMap<String, Vec<Target>>>,
    /// By URL, the files that can be placed inline, by their path below the root.
    pub inline_files: &'a BTreeMap<String, String>,
    /// `site` and `page`, for components that ask for them.
    pub implicits: &'a Context,
    /// How many blocks this page has rendered: their elements' ids are numbered.
    pub count: usize,
}

/// A built-in block, ready to be shown.
enum Shown {
    Comparison(view::Comparison),
    Figure(view::Figure),
    Decision(view::Decision),
    Quiz(view::Quiz),
}

impl Blocks<'_> {
    /// A block's HTML, under a heading of a level.
    pub fn render(
        &mut self,
        block: &Block,
        targets: &[Target],
        level: u8,
        style: Style<'_>,
        out: &mut Vec<Diagnostic>,
    ) -> String {
        let before = out.len();
        let html = self.html(block, targets, level, style, out);
        for diagnostic in out[before..].iter_mut().filter(|diagnostic| diagnostic.code == Code::TemplateFailed) {
            diagnostic.notes.push((block.span, "met while rendering this block".into()));
        }
        html
    }

    fn html(
        &mut self,
        block: &Block,
        targets: &[Target],
        level: u8,
        style: Style<'_>,
        out: &mut Vec<Diagnostic>,
    ) -> String {
        self.count += 1;
        let mut texts = Texts { targets, style, out };
        let level = style.level((level + 1).min(6));
        let prefix = style.prefix();
        let shown = match &block.body {
            Body::Comparison(comparison) => {
                let anchor = self.anchor(prefix, &comparison.id);
                Shown::Comparison(comparison_view(comparison, level, anchor, &mut texts))
            }
            Body::Use(id) => return self.shared_comparison(&id.value, level, style, out),
            Body::Figure(figure) => match self.figure(figure, &mut texts) {
                Some(view) => Shown::Figure(view),
                None => return String::new(),
            },
            Body::Decision(decision) => {
                let anchor = format!("{prefix}pw-decision-{}", self.count);
                Shown::Decision(decision_view(decision, level, &anchor, &mut texts))
            }
            Body::Quiz(quiz) => {
                Shown::Quiz(quiz_view(quiz, level, format!("{prefix}pw-quiz-{}", self.count), &mut texts))
            }
            Body::Custom { name, arguments } => return self.custom(name, arguments, block.span, out),
            Body::Broken => return String::new(),
        };
        self.show(&shown, style, out)
    }

    fn show(&self, shown: &Shown, style: Style<'_>, out: &mut Vec<Diagnostic>) -> String {
        match shown {
            Shown::Comparison(view) if style.is_plain() => plain::comparison(view),
            Shown::Comparison(view) => self.component("comparison", view, out),
            Shown::Figure(view) if style.is_plain() => plain::figure(view),
            Shown::Figure(view) => self.component("figure", view, out),
            Shown::Decision(view) if style.is_plain() => plain::decision(view, &style),
            Shown::Decision(view) => self.component("decision", view, out),
            Shown::Quiz(view) if style.is_plain() => plain::quiz(view, &style),
            Shown::Quiz(view) => self.component("quiz", view, out),
        }
    }

    /// A shared comparison's HTML; empty when there is none of that id, which has been reported.
    pub fn shared_comparison(&mut self, id: &str, level: u8, style: Style<'_>, out: &mut Vec<Diagnostic>) -> String {
        let (Some(shared), Some(targets)) = (self.shared, self.shared_targets) else { return String::new() };
        let (Some(shared), Some(targets)) = (shared.get(id), targets.get(id)) else { return String::new() };
        let anchor = self.anchor(style.prefix(), id);
        let view = comparison_view(&shared.comparison, level, anchor, &mut Texts { targets, style, out });
        self.show(&Shown::Comparison(view), style, out)
    }

    fn anchor(&self, prefix: &str, comparison: &str) -> String {
        let count = if self.count > 1 { format!("-{}", self.count) } else { String::new() };
        format!("{prefix}{}{count}", comparison_anchor(comparison))
    }

    fn component(&self, name: &str, arguments: &impl serde::Serialize, out: &mut Vec<Diagnostic>) -> String {
        let rendered = Context::from_serialize(arguments).and_then(|context| {
            self.tera.render_component_with_implicits(&component_name(name), &context, self.implicits, None, true)
        });
        rendered.unwrap_or_else(|error| {
            out.push(template_error(&error, self.project, &format!("blocks/{name}.html")));
            String::new()
        })
    }

    /// A project's own block: the TOML's keys are the component's arguments.
    fn custom(
        &self,
        name: &str,
        arguments: &crate::settings::data::Table,
        span: Span,
        out: &mut Vec<Diagnostic>,
    ) -> String {
        let Some(component) = self.tera.get_component_definition(&component_name(name)) else { return String::new() };
        let known: Vec<&str> = component.args().iter().filter(|arg| !arg.is_implicit()).map(|arg| arg.name()).collect();
        let before = out.len();
        for (key, value) in &arguments.entries {
            let Some(argument) = component.args().iter().find(|arg| arg.name() == key.value) else {
                if component.rest_param().is_none() {
                    let message = format!("the block {} has no key {}", quote(name), quote(&key.value));
                    let help =
                        crate::diagnostic::did_you_mean(&key.value, known.iter().copied()).unwrap_or_else(|| {
                            format!("known here: {}", crate::diagnostic::list(known.iter().copied(), "and"))
                        });
                    out.push(Diagnostic::new(Code::UnknownKey, key.span, message).help(help));
                }
                continue;
            };
            if let Some(wanted) = argument.arg_type()
                && !fits(wanted, &value.value)
            {
                let message = format!(
                    "{} is {} where {} is wanted",
                    quote(&key.value),
                    value.value.type_name(),
                    type_words(wanted)
                );
                out.push(Diagnostic::new(Code::WrongType, value.span, message));
            }
        }
        for argument in component.args().iter().filter(|arg| arg.is_required()) {
            if arguments.get(argument.name()).is_none() {
                let message = format!("the block {} has no {}", quote(name), quote(argument.name()));
                out.push(
                    Diagnostic::new(Code::MissingKey, span, message).help(format!("add `{} = …`", argument.name())),
                );
            }
        }
        if out.len() > before { String::new() } else { self.component(name, arguments, out) }
    }

    fn figure(&mut self, figure: &Figure, texts: &mut Texts<'_, '_>) -> Option<view::Figure> {
        let address = texts.address(&figure.src)?;
        // Only a file of the site has a size and a text.
        let src = match texts.targets.get(figure.src.at) {
            Some(Target::Url { url, .. }) => url.as_str(),
            _ => "",
        };
        // Outside the theme its colors mean nothing: the file shows itself.
        let svg = (figure.inline && !texts.style.is_plain())
            .then(|| {
                let path = self.inline_files.get(src)?;
                let source = self.project.files.get(path)?.text?;
                let prefix = format!("{}pw-figure-{}-", texts.style.prefix(), self.count);
                self.drawing(source, path, &prefix, figure.span, texts.out)
            })
            .flatten();
        let caption = figure.caption.as_ref().map(|caption| texts.inline(caption));
        let size = texts.style.size(src);
        Some(view::Figure {
            width: size.map(|size| size.0),
            height: size.map(|size| size.1),
            src: address,
            alt: figure.alt.clone(),
            caption,
            svg,
        })
    }

    /// An SVG for the page; each thing that may not stand there is reported at its place in the file.
    fn drawing(
        &self,
        source: SourceId,
        path: &str,
        prefix: &str,
        figure: Span,
        out: &mut Vec<Diagnostic>,
    ) -> Option<Value> {
        let text = self.project.sources.text(source);
        // As it would be published by itself.
        let plain = images::plain_svg(text);
        let drawing = plain.as_deref().unwrap_or(text);
        match inline_svg(drawing, prefix) {
            Ok(svg) => Some(safe(svg)),
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
}

/// The component of a block: Tera's names have no `-`.
pub fn component_name(block: &str) -> String {
    block.replace('-', "_")
}

/// Renders inline Markdown of one block.
struct Texts<'t, 'o> {
    targets: &'t [Target],
    style: Style<'t>,
    out: &'o mut Vec<Diagnostic>,
}

impl Texts<'_, '_> {
    fn inline(&mut self, inline: &Inline) -> Value {
        let targets = self.targets.get(inline.links.clone()).unwrap_or_default();
        safe(inline_html(&inline.text, inline.span, targets, self.style, self.out))
    }

    /// Where an address of a field leads, as the medium wants it; one elsewhere, an anchor of the
    /// article and a broken one that is only warned about stay as typed.
    fn address(&self, linked: &Linked) -> Option<String> {
        match self.targets.get(linked.at)? {
            Target::Url { url, .. } => Some(self.style.address(url).into_owned()),
            Target::AsTyped if linked.dest.starts_with('#') => {
                Some(self.style.medium.map_or_else(|| linked.dest.clone(), |medium| (medium.address)(&linked.dest)))
            }
            Target::AsTyped => Some(linked.dest.clone()),
            Target::Soon { .. } | Target::Nowhere => None,
        }
    }
}

/// HTML that was escaped where it was made.
pub fn safe(html: String) -> Value {
    Value::safe_string(&html)
}

fn comparison_view(comparison: &Comparison, level: u8, anchor: String, texts: &mut Texts<'_, '_>) -> view::Comparison {
    let smart = texts.style.smart_punctuation;
    let set = |text: &str| typeset(text, smart);
    let options = comparison
        .options
        .iter()
        .map(|option| view::ComparisonOption {
            name: set(&option.name),
            emoji: option.emoji.clone(),
            fields: comparison
                .fields
                .iter()
                .zip(&option.values)
                .map(|(field, value)| view::ComparisonField {
                    id: field.id.clone(),
                    label: set(&field.label),
                    value: texts.inline(value),
                    step: field.scale.iter().position(|step| *step == value.text).map(|at| at + 1),
                    steps: (!field.scale.is_empty()).then_some(field.scale.len()),
                })
                .collect(),
        })
        .collect();
    view::Comparison {
        anchor,
        title: set(&comparison.title),
        tagline: comparison.tagline.as_deref().map(set),
        lead: comparison.lead.as_ref().map(|lead| texts.inline(lead)),
        rule: comparison.rule.as_ref().map(|rule| texts.inline(rule)),
        options,
        level,
    }
}

fn decision_view(decision: &Decision, level: u8, anchor: &str, texts: &mut Texts<'_, '_>) -> view::Decision {
    let smart = texts.style.smart_punctuation;
    let set = |text: &str| typeset(text, smart);
    let answer = |answer: Answer| match answer {
        Answer::Question(at) => view::Answer {
            anchor: format!("{anchor}-{}", decision.questions[at].id),
            question: Some(at + 1),
            outcome: None,
        },
        Answer::Outcome(at) => {
            let outcome = &decision.outcomes[at];
            view::Answer {
                anchor: format!("{anchor}-{}", outcome.id),
                question: None,
                outcome: Some(set(&outcome.title)),
            }
        }
    };
    let questions = decision
        .questions
        .iter()
        .enumerate()
        .map(|(at, question)| view::Question {
            anchor: format!("{anchor}-{}", question.id),
            number: at + 1,
            ask: texts.inline(&question.ask),
            yes: answer(question.yes),
            no: answer(question.no),
        })
        .collect();
    let outcomes = decision
        .outcomes
        .iter()
        .map(|outcome| {
            let target = outcome.link.as_ref().and_then(|link| texts.targets.get(link.at));
            view::Outcome {
                anchor: format!("{anchor}-{}", outcome.id),
                title: set(&outcome.title),
                text: outcome.text.as_ref().map(|text| texts.inline(text)),
                url: outcome.link.as_ref().and_then(|link| texts.address(link)),
                link_text: match target {
                    Some(Target::Url { text, .. } | Target::Soon { text }) => text.clone(),
                    _ => None,
                },
                soon: matches!(target, Some(Target::Soon { .. })),
            }
        })
        .collect();
    view::Decision { anchor: anchor.to_string(), title: set(&decision.title), level, questions, outcomes }
}

fn quiz_view(quiz: &Quiz, level: u8, anchor: String, texts: &mut Texts<'_, '_>) -> view::Quiz {
    let questions = quiz
        .questions
        .iter()
        .enumerate()
        .map(|(at, question)| view::QuizQuestion {
            number: at + 1,
            ask: texts.inline(&question.ask),
            choices: question.choices.iter().map(|choice| texts.inline(choice)).collect(),
            answer: question.answer,
            why: question.why.as_ref().map(|why| texts.inline(why)),
        })
        .collect();
    view::Quiz { anchor, level, questions }
}

fn fits(wanted: tera::ComponentArgType, data: &crate::settings::data::Data) -> bool {
    use crate::settings::data::Data;
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
