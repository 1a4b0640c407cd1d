//! `decision`: questions to be answered by yes or no, and where they lead.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tera::Context;

use super::plain;
use crate::diagnostic::{Code, Diagnostic, Severity, did_you_mean, quote};
use crate::parse::LinkKind;
use crate::parse::block::{Block, BlockKind, Body, Form, Inline, Linked, Markdown, Page, Plain, Reader};
use crate::settings::data::{Fields, Table};
use crate::settings::keys::{Kind, Shape, optional, required, shape};
use crate::text::markdown::{destination, escape};
use crate::text::source::Spanned;

/// The kind of block.
pub const KIND: BlockKind =
    BlockKind { name: "decision", title: "A decision tree", shape: &DECISION, views: view::VIEWS, read: decision };

/// A decision tree.
pub const DECISION: Shape = shape(
    "the decision",
    &[
        required("title", Kind::Text, "What is decided."),
        required("start", Kind::Id, "The id of the first question."),
        required("questions", Kind::Named(&Kind::Table(&QUESTION)), "The questions, by ids of your choice."),
        required("outcomes", Kind::Named(&Kind::Table(&OUTCOME)), "Where they lead, by ids of your choice."),
    ],
);

const QUESTION: Shape = shape(
    "a question",
    &[
        required("ask", Kind::Inline, "A question that can be answered by yes or no."),
        required("yes", Kind::Id, "The question or outcome that yes leads to."),
        required("no", Kind::Id, "The question or outcome that no leads to."),
    ],
);

const OUTCOME: Shape = shape(
    "an outcome",
    &[
        required("title", Kind::Text, "What to do."),
        optional("text", Kind::Inline, "Why, or how."),
        optional("link", Kind::Text, "Where to read on: a file as in a link, or an address."),
    ],
);

#[derive(Debug, Clone)]
pub struct Decision {
    pub title: String,
    /// The first is where it starts; each stands before the questions it leads to.
    pub questions: Vec<Question>,
    pub outcomes: Vec<Outcome>,
}

#[derive(Debug, Clone)]
pub struct Question {
    pub id: String,
    pub ask: Inline,
    pub yes: Answer,
    pub no: Answer,
}

/// Where an answer leads: an index into the questions or the outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    Question(usize),
    Outcome(usize),
}

#[derive(Debug, Clone)]
pub struct Outcome {
    pub id: String,
    pub title: String,
    pub text: Option<Inline>,
    pub link: Option<Linked>,
}

fn decision(table: &Table, reader: &mut Reader<'_>) -> Option<Body> {
    let mut fields = Fields::new(table, &DECISION);
    let title = fields.required("title", reader.out);
    let start = fields.required("start", reader.out);
    let questions = fields.table("questions", reader.out);
    let outcomes = fields.table("outcomes", reader.out);
    for (key, value) in [("questions", questions), ("outcomes", outcomes)] {
        if value.is_none() && table.get(key).is_none() {
            fields.missing(key, reader.out);
        }
    }
    fields.finish(reader.out);
    let before = reader.out.len();
    let questions = reader.named_tables(questions?);
    let outcomes = reader.named_tables(outcomes?);
    let mut index = Ids { answers: BTreeMap::new() };
    let asked = questions.iter().enumerate().map(|(at, (id, _))| (id.value.as_str(), Answer::Question(at)));
    index.answers.extend(asked);
    for (at, (id, _)) in outcomes.iter().enumerate() {
        if index.answers.contains_key(id.value.as_str()) {
            let message = format!("{} is a question and an outcome", quote(&id.value));
            reader.report(Diagnostic::new(Code::DuplicateId, id.span, message));
        } else {
            index.answers.insert(&id.value, Answer::Outcome(at));
        }
    }
    let asked: Vec<Option<Question>> =
        questions.iter().map(|(id, table)| question(reader, id, table, &index)).collect();
    let reached: Vec<Option<Outcome>> = outcomes.iter().map(|(id, table)| outcome(reader, id, table)).collect();
    let (title, start) = (title?, start?);
    let first = match index.find(&start, reader.out)? {
        Answer::Question(first) => first,
        Answer::Outcome(_) => {
            let message = format!("`start` names the outcome {}", quote(&start.value));
            reader.report(Diagnostic::new(Code::InvalidValue, start.span, message).help("name a question"));
            return None;
        }
    };
    let asked: Vec<Question> = asked.into_iter().collect::<Option<_>>()?;
    let reached: Vec<Outcome> = reached.into_iter().collect::<Option<_>>()?;
    let order = order(reader, first, &asked, &questions)?;
    unreachable(reader, &order, &asked, &questions, &outcomes);
    if reader.out[before..].iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return None;
    }
    let questions = reorder(asked, &order);
    Some(Body::Known(Arc::new(Decision { title: title.value, questions, outcomes: reached })))
}

fn question(reader: &mut Reader<'_>, id: &Spanned<String>, table: &Table, index: &Ids<'_>) -> Option<Question> {
    let mut fields = Fields::new(table, &QUESTION);
    let ask = reader.required_inline(&mut fields, "ask");
    let yes = fields.required("yes", reader.out).and_then(|answer| index.find(&answer, reader.out));
    let no = fields.required("no", reader.out).and_then(|answer| index.find(&answer, reader.out));
    fields.finish(reader.out);
    Some(Question { id: id.value.clone(), ask: ask?, yes: yes?, no: no? })
}

fn outcome(reader: &mut Reader<'_>, id: &Spanned<String>, table: &Table) -> Option<Outcome> {
    let mut fields = Fields::new(table, &OUTCOME);
    let title = fields.required("title", reader.out);
    let text = reader.optional_inline(&mut fields, "text");
    let link = fields.string("link", reader.out).map(|link| {
        // A link to a source takes its words from there.
        let reference = link.value.split('#').next().is_some_and(|path| path.ends_with(".md"));
        reader.linked(LinkKind::Link, link, reference)
    });
    fields.finish(reader.out);
    Some(Outcome { id: id.value.clone(), title: title?.value, text, link })
}

/// The questions that can be reached, each before those it leads to; `None` when they loop.
fn order(
    reader: &mut Reader<'_>,
    first: usize,
    questions: &[Question],
    ids: &[(&Spanned<String>, &Table)],
) -> Option<Vec<usize>> {
    // A depth-first walk with its own stack: decisions come from authors, and may be long.
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; questions.len()];
    let mut finished = Vec::new();
    let mut stack = vec![(first, 0)];
    marks[first] = Mark::Open;
    while let Some((at, step)) = stack.pop() {
        let answers = [questions[at].no, questions[at].yes];
        if step == answers.len() {
            marks[at] = Mark::Done;
            finished.push(at);
            continue;
        }
        stack.push((at, step + 1));
        let Answer::Question(next) = answers[step] else { continue };
        match marks[next] {
            Mark::Open => {
                let message = format!("{} leads back to {}", quote(&ids[at].0.value), quote(&ids[next].0.value));
                reader.report(
                    Diagnostic::new(Code::DecisionLoop, ids[at].0.span, message)
                        .note(ids[next].0.span, "asked before")
                        .help("let one of its answers lead to an outcome"),
                );
                return None;
            }
            Mark::New => {
                marks[next] = Mark::Open;
                stack.push((next, 0));
            }
            Mark::Done => {}
        }
    }
    finished.reverse();
    Some(finished)
}

fn unreachable(
    reader: &mut Reader<'_>,
    order: &[usize],
    asked: &[Question],
    questions: &[(&Spanned<String>, &Table)],
    outcomes: &[(&Spanned<String>, &Table)],
) {
    let asked_once: BTreeSet<usize> = order.iter().copied().collect();
    let led_to: BTreeSet<Answer> = order.iter().flat_map(|at| [asked[*at].yes, asked[*at].no]).collect();
    let lost_questions = questions.iter().enumerate().filter(|(at, _)| !asked_once.contains(at));
    let lost_outcomes = outcomes.iter().enumerate().filter(|(at, _)| !led_to.contains(&Answer::Outcome(*at)));
    for (_, (id, _)) in lost_questions.chain(lost_outcomes) {
        let message = format!("no answer leads to {}", quote(&id.value));
        reader.report(
            Diagnostic::new(Code::DecisionUnreachable, id.span, message).help("lead an answer to it, or remove it"),
        );
    }
}

/// The ids that answers may lead to.
struct Ids<'a> {
    answers: BTreeMap<&'a str, Answer>,
}

impl Ids<'_> {
    fn find(&self, id: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Answer> {
        let found = self.answers.get(id.value.as_str()).copied();
        if found.is_none() {
            let known = self.answers.keys().copied();
            let message = format!("{} is no question and no outcome", quote(&id.value));
            out.push(Diagnostic::new(Code::InvalidValue, id.span, message).maybe_help(did_you_mean(&id.value, known)));
        }
        found
    }
}

/// Puts questions into an order and rewrites the answers that lead to them.
fn reorder(questions: Vec<Question>, order: &[usize]) -> Vec<Question> {
    let mut position = vec![0; questions.len()];
    for (new, old) in order.iter().enumerate() {
        position[*old] = new;
    }
    let moved = |answer: Answer| match answer {
        Answer::Question(at) => Answer::Question(position[at]),
        outcome => outcome,
    };
    order
        .iter()
        .map(|at| {
            let question = &questions[*at];
            Question { yes: moved(question.yes), no: moved(question.no), ..question.clone() }
        })
        .collect()
}

impl Block for Decision {
    fn lines(&self) -> Vec<&Inline> {
        let asked = self.questions.iter().map(|question| &question.ask);
        asked.chain(self.outcomes.iter().filter_map(|outcome| outcome.text.as_ref())).collect()
    }

    fn view(&self, page: &mut dyn Page) -> Option<Context> {
        let anchor = anchor(page);
        let answer = |answer: Answer, page: &dyn Page| {
            let (id, question, outcome) = match answer {
                Answer::Question(at) => (&self.questions[at].id, Some(at + 1), None),
                Answer::Outcome(at) => (&self.outcomes[at].id, None, Some(page.set(&self.outcomes[at].title))),
            };
            view::Answer { anchor: format!("{anchor}-{id}"), question, outcome }
        };
        let questions = self.questions.iter().enumerate().map(|(at, question)| view::Question {
            anchor: format!("{anchor}-{}", question.id),
            number: at + 1,
            ask: page.inline(&question.ask),
            yes: answer(question.yes, page),
            no: answer(question.no, page),
        });
        let questions = questions.collect();
        let outcomes = self.outcomes.iter().map(|outcome| {
            let leads = outcome.link.as_ref().map(|link| page.link(link)).unwrap_or_default();
            view::Outcome {
                anchor: format!("{anchor}-{}", outcome.id),
                title: page.set(&outcome.title),
                text: outcome.text.as_ref().map(|text| page.inline(text)),
                url: leads.url,
                link_text: leads.text,
                soon: leads.soon,
                hreflang: leads.language.as_ref().map(|(tag, _)| tag.clone()),
                language: leads.language.map(|(_, name)| name),
            }
        });
        let outcomes = outcomes.collect();
        let (title, level) = (page.set(&self.title), page.level());
        Context::from_serialize(&view::Decision { anchor, title, level, questions, outcomes }).ok()
    }

    /// Numbered questions that say where their answers lead, and the outcomes.
    fn plain(&self, form: &mut dyn Plain) {
        let anchor = anchor(form);
        plain::heading(form, &anchor, &self.title, None);
        form.open("ol", &[]);
        form.line();
        for question in &self.questions {
            form.open("li", &[("id", &format!("{anchor}-{}", question.id))]);
            plain::paragraph(form, &question.ask);
            form.open("ul", &[]);
            for (key, answer) in [("yes", question.yes), ("no", question.no)] {
                self.plain_answer(key, answer, form);
            }
            form.close("ul");
            form.close("li");
            form.line();
        }
        form.close("ol");
        form.line();
        form.open("ul", &[]);
        form.line();
        for outcome in &self.outcomes {
            form.open("li", &[("id", &format!("{anchor}-{}", outcome.id))]);
            plain_outcome(outcome, form);
            form.close("li");
            form.line();
        }
        form.close("ul");
        form.line();
    }

    fn markdown(&self, form: &dyn Markdown) -> String {
        let mut out = format!("**{}**\n\n", escape(&self.title));
        let leads = |answer: Answer| match answer {
            Answer::Question(at) => form.say("question", &[("number", (at + 1).to_string())]),
            Answer::Outcome(at) => format!("**{}**", escape(&self.outcomes[at].title)),
        };
        for (at, question) in self.questions.iter().enumerate() {
            out.push_str(&format!("{}. {}\n", at + 1, form.inline(&question.ask)));
            for (key, answer) in [("yes", question.yes), ("no", question.no)] {
                out.push_str(&format!("   - {}: {}\n", form.say(key, &[]), leads(answer)));
            }
        }
        out.push('\n');
        for outcome in &self.outcomes {
            out.push_str(&format!("- **{}**", escape(&outcome.title)));
            if let Some(text) = &outcome.text {
                out.push_str(&format!(": {}", form.inline(text)));
            }
            let leads = outcome.link.as_ref().map(|link| form.link(link)).unwrap_or_default();
            if let Some(url) = leads.url {
                let words = leads.text.unwrap_or_else(|| form.say("read_on", &[]));
                let language = leads.language.map(|(_, name)| format!(" ({})", escape(&name))).unwrap_or_default();
                out.push_str(&format!(" [{}]({}){language}", escape(&words), destination(url)));
            }
            out.push('\n');
        }
        out
    }
}

/// The id of its element on the page at hand.
fn anchor(form: &(impl Form + ?Sized)) -> String {
    form.id(&format!("pw-decision-{}", form.count()))
}

impl Decision {
    fn plain_answer(&self, key: &str, answer: Answer, form: &mut dyn Plain) {
        let (id, words) = match answer {
            Answer::Question(at) => (&self.questions[at].id, form.say("question", &[("number", (at + 1).to_string())])),
            Answer::Outcome(at) => (&self.outcomes[at].id, form.set(&self.outcomes[at].title)),
        };
        let url = form.own(&format!("#pw-decision-{}-{id}", form.count()));
        form.open("li", &[]);
        form.text(&form.say(key, &[]));
        form.text(": ");
        form.open("a", &[("href", &url)]);
        form.text(&words);
        form.close("a");
        form.close("li");
    }
}

fn plain_outcome(outcome: &Outcome, form: &mut dyn Plain) {
    form.open("p", &[]);
    form.open("strong", &[]);
    form.text(&form.set(&outcome.title));
    form.close("strong");
    if let Some(text) = &outcome.text {
        form.text(". ");
        form.inline(text);
    }
    form.close("p");
    let leads = outcome.link.as_ref().map(|link| form.link(link)).unwrap_or_default();
    if let Some(url) = &leads.url {
        form.open("p", &[]);
        let hreflang = leads.language.as_ref().map(|(tag, _)| ("hreflang", tag.as_str()));
        form.open("a", &[("href", url.as_str())].into_iter().chain(hreflang).collect::<Vec<_>>());
        form.text(&leads.text.unwrap_or_else(|| form.say("read_on", &[])));
        form.close("a");
        if let Some((_, name)) = &leads.language {
            form.text(&format!(" ({name})"));
        }
        form.close("p");
    } else if let (true, Some(words)) = (leads.soon, &leads.text) {
        form.open("p", &[]);
        form.text(words);
        form.close("p");
    }
}

/// What its component is given.
pub mod view {
    use serde::Serialize;
    use tera::Value;

    use crate::project::documented::documented;

    documented! { VIEWS:
    /// Arguments of `blocks/decision.html`, the component `decision`. Without JavaScript it reads as
    /// an outline: each question names where its answers lead by anchors.
    #[derive(Debug, Serialize)]
    pub struct Decision {
        /// An id for the element, unique on the page.
        pub anchor: String,
        /// What is decided.
        pub title: String,
        /// The level of the block's heading, 2 to 6.
        pub level: u8,
        /// The questions, from the first one on, each before the questions it leads to.
        pub questions: Vec<Question>,
        /// Where the questions lead.
        pub outcomes: Vec<Outcome>,
    }

    #[derive(Debug, Serialize)]
    pub struct Question {
        /// The element's id, unique on the page.
        pub anchor: String,
        /// Counts from 1.
        pub number: usize,
        /// *HTML*, inline.
        pub ask: Value,
        /// Where a yes leads.
        pub yes: Answer,
        /// Where a no leads.
        pub no: Answer,
    }

    /// Where an answer leads.
    #[derive(Debug, Serialize)]
    pub struct Answer {
        /// The id of what it leads to.
        pub anchor: String,
        /// The number of a question, or absent for an outcome.
        pub question: Option<usize>,
        /// The title of an outcome, or absent for a question.
        pub outcome: Option<String>,
    }

    #[derive(Debug, Serialize)]
    pub struct Outcome {
        /// The element's id, unique on the page.
        pub anchor: String,
        /// What was decided.
        pub title: String,
        /// *HTML*, inline.
        pub text: Option<Value>,
        /// Absent when the outcome has no link or its target is soon.
        pub url: Option<String>,
        /// The words of the link.
        pub link_text: Option<String>,
        /// Whether the link's target is a soon part.
        pub soon: bool,
        /// The language of the link's target, a BCP 47 tag; absent where it is the page's.
        pub hreflang: Option<String>,
        /// What readers of that language call it.
        pub language: Option<String>,
    }
    }
}
