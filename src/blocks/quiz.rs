//! `quiz`: questions with choices, and why the right answer is right.

use std::sync::Arc;

use tera::Context;

use super::plain;
use crate::diagnostic::{Code, Diagnostic};
use crate::parse::block::{Block, BlockKind, Body, Form, Inline, Markdown, Page, Plain, Reader};
use crate::settings::data::{Fields, Table};
use crate::settings::keys::{Kind, Shape, optional, required, shape};

/// The kind of block.
pub const KIND: BlockKind = BlockKind { name: "quiz", title: "A quiz", shape: &QUIZ, views: view::VIEWS, read: quiz };

/// A quiz.
pub const QUIZ: Shape = shape(
    "the quiz",
    &[required("questions", Kind::List(&Kind::Table(&QUIZ_QUESTION), 1), "The questions, in order.")],
);

const QUIZ_QUESTION: Shape = shape(
    "a question",
    &[
        required("ask", Kind::Inline, "The question."),
        required("choices", Kind::List(&Kind::Inline, 2), "What can be answered."),
        optional("why", Kind::Inline, "Why the right answer is right."),
        required("answer", Kind::Integer(1, 1000), "Which choice is right, counted from 1."),
    ],
);

#[derive(Debug, Clone)]
pub struct Quiz {
    pub questions: Vec<QuizQuestion>,
}

#[derive(Debug, Clone)]
pub struct QuizQuestion {
    pub ask: Inline,
    pub choices: Vec<Inline>,
    /// From 1.
    pub answer: usize,
    pub why: Option<Inline>,
}

fn quiz(table: &Table, reader: &mut Reader<'_>) -> Option<Body> {
    let mut fields = Fields::new(table, &QUIZ);
    if fields.any("questions").is_none() {
        fields.missing("questions", reader.out);
    }
    let typed = fields.tables("questions", reader.out);
    fields.finish(reader.out);
    let wanted = typed.len();
    let questions: Vec<_> = typed.into_iter().filter_map(|table| quiz_question(reader, table)).collect();
    (wanted > 0 && questions.len() == wanted).then(|| Body::Known(Arc::new(Quiz { questions })))
}

fn quiz_question(reader: &mut Reader<'_>, table: &Table) -> Option<QuizQuestion> {
    let mut fields = Fields::new(table, &QUIZ_QUESTION);
    let ask = reader.required_inline(&mut fields, "ask");
    let choices = fields.strings("choices", reader.out);
    let choices_span = fields.span("choices");
    let why = reader.optional_inline(&mut fields, "why");
    let has_answer = fields.any("answer").is_some();
    if !has_answer {
        fields.missing("answer", reader.out);
    }
    if choices.len() < 2 {
        reader.report(Diagnostic::new(Code::MissingKey, choices_span, "a question has at least two `choices`"));
        return None;
    }
    let most = i64::try_from(choices.len()).unwrap_or(i64::MAX);
    let answer = if has_answer { fields.integer("answer", 1..=most, reader.out) } else { None };
    fields.finish(reader.out);
    let choices = choices.into_iter().map(|choice| reader.inline(choice)).collect();
    Some(QuizQuestion { ask: ask?, choices, answer: usize::try_from(answer?.value).unwrap_or(1), why })
}

impl Quiz {
    /// The id of its element on the page at hand.
    fn anchor(form: &(impl Form + ?Sized)) -> String {
        form.id(&format!("pw-quiz-{}", form.count()))
    }
}

impl QuizQuestion {
    /// The choice that is right.
    fn right(&self) -> Option<&Inline> {
        self.answer.checked_sub(1).and_then(|at| self.choices.get(at))
    }
}

impl Block for Quiz {
    fn lines(&self) -> Vec<&Inline> {
        let lines = self
            .questions
            .iter()
            .flat_map(|question| std::iter::once(&question.ask).chain(&question.choices).chain(&question.why));
        lines.collect()
    }

    fn view(&self, page: &mut dyn Page) -> Option<Context> {
        let questions = self.questions.iter().enumerate().map(|(at, question)| view::QuizQuestion {
            number: at + 1,
            ask: page.inline(&question.ask),
            choices: question.choices.iter().map(|choice| page.inline(choice)).collect(),
            answer: question.answer,
            why: question.why.as_ref().map(|why| page.inline(why)),
        });
        let questions = questions.collect();
        let (anchor, level) = (Quiz::anchor(page), page.level());
        Context::from_serialize(&view::Quiz { anchor, level, questions }).ok()
    }

    /// Questions with their choices; the answers follow all of them, so that none is read by accident.
    fn plain(&self, form: &mut dyn Plain) {
        form.open("ol", &[("id", &Quiz::anchor(form))]);
        form.line();
        for question in &self.questions {
            form.open("li", &[]);
            plain::paragraph(form, &question.ask);
            form.open("ol", &[("type", "a")]);
            for choice in &question.choices {
                form.open("li", &[]);
                form.inline(choice);
                form.close("li");
            }
            form.close("ol");
            form.close("li");
            form.line();
        }
        form.close("ol");
        form.line();
        form.open("p", &[]);
        form.open("strong", &[]);
        form.text(&form.say("answers", &[]));
        form.close("strong");
        form.close("p");
        form.line();
        form.open("ol", &[]);
        form.line();
        for question in &self.questions {
            form.open("li", &[]);
            form.open("p", &[]);
            form.open("strong", &[]);
            if let Some(right) = question.right() {
                form.inline(right);
            }
            form.close("strong");
            if let Some(why) = &question.why {
                form.text(" ");
                form.inline(why);
            }
            form.close("p");
            form.close("li");
            form.line();
        }
        form.close("ol");
        form.line();
    }

    fn markdown(&self, form: &dyn Markdown) -> String {
        let mut out = String::new();
        for (at, question) in self.questions.iter().enumerate() {
            out.push_str(&format!("{}. {}\n", at + 1, form.inline(&question.ask)));
            for choice in &question.choices {
                out.push_str(&format!("   - {}\n", form.inline(choice)));
            }
            let right = question.right().map(|choice| form.inline(choice)).unwrap_or_default();
            out.push_str(&format!("\n   {}: {right}", form.say("answer", &[])));
            if let Some(why) = &question.why {
                out.push_str(&format!("\n\n   {}", form.inline(why)));
            }
            out.push_str("\n\n");
        }
        out
    }
}

/// What its component is given.
pub mod view {
    use serde::Serialize;
    use tera::Value;

    use crate::project::documented::documented;

    documented! { VIEWS:
    /// Arguments of `blocks/quiz.html`, the component `quiz`.
    #[derive(Debug, Serialize)]
    pub struct Quiz {
        /// An id for the element, unique on the page.
        pub anchor: String,
        /// The level of the block's heading, 2 to 6.
        pub level: u8,
        /// In order.
        pub questions: Vec<QuizQuestion>,
    }

    #[derive(Debug, Serialize)]
    pub struct QuizQuestion {
        /// Counts from 1.
        pub number: usize,
        /// *HTML*, inline.
        pub ask: Value,
        /// *HTML*, inline, each.
        pub choices: Vec<Value>,
        /// Which choice is right, from 1.
        pub answer: usize,
        /// *HTML*, inline.
        pub why: Option<Value>,
    }
    }
}
