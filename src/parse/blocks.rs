//! Blocks: the TOML in a fence whose language names a component.
//!
//! In: a block's name and its body. Out: the block with every field typed and checked, each
//! diagnostic at the TOML's own line in the Markdown file. Inline Markdown stays text here, but
//! for its links, which `resolve` has to see.

use std::collections::BTreeSet;
use std::ops::Range;

use super::inline::{self, inline_links};
use super::{Link, LinkKind};
use crate::diagnostic::{Code, Diagnostic, did_you_mean, list, quote};
use crate::settings::data::{Data, Excerpt, Fields, Table, parse_toml, unknown_key, wrong_type};
use crate::settings::keys;
use crate::text::source::{Span, Spanned, id_problem, slugify};

/// A block where it stands in an article.
#[derive(Debug, Clone)]
pub struct Block {
    /// The opening line of its fence.
    pub span: Span,
    pub body: Body,
}

/// What a block holds.
#[derive(Debug, Clone)]
pub enum Body {
    Comparison(Comparison),
    /// A shared comparison, by id.
    Use(Spanned<String>),
    Figure(Figure),
    Decision(Decision),
    Quiz(Quiz),
    /// A project's own block: the component's name and its arguments.
    Custom {
        name: String,
        arguments: Table,
    },
    /// Its mistakes have been reported.
    Broken,
}

/// A line of inline Markdown, and its share of the links of the article or file it stands in.
#[derive(Debug, Clone)]
pub struct Inline {
    pub text: String,
    pub span: Span,
    pub links: Range<usize>,
}

#[derive(Debug, Clone)]
pub struct Comparison {
    /// The slug of its title, or the id of its file.
    pub id: String,
    pub span: Span,
    pub title: String,
    pub tagline: Option<String>,
    pub lead: Option<Inline>,
    pub rule: Option<Inline>,
    pub fields: Vec<Field>,
    pub options: Vec<Choice>,
}

#[derive(Debug, Clone)]
pub struct Field {
    pub id: String,
    pub label: String,
    /// The steps of a scale from low to high; empty for a field of free text.
    pub scale: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Choice {
    pub name: String,
    pub emoji: Option<String>,
    /// One for each field, in the fields' order.
    pub values: Vec<Inline>,
}

/// An address in a field of its own.
#[derive(Debug, Clone)]
pub struct Linked {
    /// Index among the links.
    pub at: usize,
    /// As it was typed.
    pub dest: String,
}

#[derive(Debug, Clone)]
pub struct Figure {
    pub src: Linked,
    pub alt: String,
    pub caption: Option<Inline>,
    pub inline: bool,
    pub span: Span,
}

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

/// Reads the body of a block; its links are added to `links`.
pub fn parse(name: &str, span: Span, excerpt: &Excerpt<'_>, links: &mut Vec<Link>, out: &mut Vec<Diagnostic>) -> Block {
    let mut reader = Reader { links, out };
    let body = match parse_toml(excerpt, reader.out) {
        None => None,
        Some(mut table) => {
            table.span = span;
            match name {
                "comparison" => reader.placed_comparison(&table),
                "figure" => reader.figure(&table).map(Body::Figure),
                "decision" => reader.decision(&table).map(Body::Decision),
                "quiz" => reader.quiz(&table).map(Body::Quiz),
                _ => Some(Body::Custom { name: name.to_string(), arguments: table }),
            }
        }
    };
    Block { span, body: body.unwrap_or(Body::Broken) }
}

/// Reads a shared comparison, a file of its own whose name is its id.
pub fn parse_shared(
    id: &str,
    excerpt: &Excerpt<'_>,
    links: &mut Vec<Link>,
    out: &mut Vec<Diagnostic>,
) -> Option<Comparison> {
    let table = parse_toml(excerpt, out)?;
    let comparison = Reader { links, out }.comparison(&table)?;
    Some(Comparison { id: id.to_string(), ..comparison })
}

/// Where the readers of fields leave what they find.
struct Reader<'a> {
    links: &'a mut Vec<Link>,
    out: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.out.push(diagnostic);
    }

    fn inline(&mut self, text: Spanned<String>) -> Inline {
        let first = self.links.len();
        inline_links(&text.value, text.span, self.links);
        Inline { text: text.value, span: text.span, links: first..self.links.len() }
    }

    fn linked(&mut self, kind: LinkKind, typed: Spanned<String>, reference: bool) -> Linked {
        let Spanned { value: dest, span } = typed;
        self.links.push(Link { kind, dest: dest.clone(), span, reference });
        Linked { at: self.links.len() - 1, dest }
    }

    fn optional_inline(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<Inline> {
        fields.string(key, self.out).map(|text| self.inline(text))
    }

    fn required_inline(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<Inline> {
        fields.required(key, self.out).map(|text| self.inline(text))
    }

    fn placed_comparison(&mut self, table: &Table) -> Option<Body> {
        if table.get("use").is_none() {
            return self.comparison(table).map(Body::Comparison);
        }
        let mut fields = Fields::new(table, &keys::PLACED);
        let id = fields.required("use", self.out);
        for (key, _) in table.entries.iter().filter(|(key, _)| key.value != "use") {
            let message = format!("{} can't stand beside `use`", quote(&key.value));
            self.report(
                Diagnostic::new(Code::UnknownKey, key.span, message)
                    .help("change the shared comparison in its file, or write this one out in full"),
            );
        }
        id.map(Body::Use)
    }

    fn comparison(&mut self, table: &Table) -> Option<Comparison> {
        let mut fields = Fields::new(table, &keys::COMPARISON);
        let title = fields.required("title", self.out);
        let tagline = fields.string("tagline", self.out).map(|text| text.value);
        let lead = self.optional_inline(&mut fields, "lead");
        let rule = self.optional_inline(&mut fields, "rule");
        let described = match fields.any("fields") {
            None => {
                fields.missing("fields", self.out);
                None
            }
            Some(value) => match &value.value {
                Data::Table(table) => Some(self.fields(table)),
                _ => wrong_type("fields", "a table", value, self.out),
            },
        };
        if fields.any("options").is_none() {
            fields.missing("options", self.out);
        }
        let typed = fields.tables("options", self.out);
        let options_span = fields.span("options");
        fields.finish(self.out);
        let described = described?;
        if described.is_empty() {
            let message = "the comparison has no field";
            self.report(
                Diagnostic::new(Code::MissingKey, table.span, message)
                    .help("add one under `[fields]`: `effort = \"Effort\"`"),
            );
        }
        let is_list = matches!(table.get("options"), Some(Spanned { value: Data::List(_), .. }));
        if typed.len() < 2 && is_list {
            let message = format!(
                "the comparison has {}; there is nothing to compare",
                crate::diagnostic::count(typed.len(), "option")
            );
            self.report(Diagnostic::new(Code::MissingKey, options_span, message).help("add another `[[options]]`"));
        }
        let mut names = BTreeSet::new();
        let wanted = typed.len();
        let options: Vec<Choice> =
            typed.into_iter().filter_map(|option| self.option(option, &described, &mut names)).collect();
        let title = title?;
        let slug = slugify(&title.value);
        if slug.is_empty() {
            self.report(Diagnostic::new(
                Code::InvalidValue,
                title.span,
                "the title has no letter or digit to be known by",
            ));
            return None;
        }
        if options.len() < wanted || options.len() < 2 || described.is_empty() {
            return None;
        }
        Some(Comparison {
            id: slug,
            span: table.span,
            title: title.value,
            tagline,
            lead,
            rule,
            fields: described,
            options,
        })
    }

    fn fields(&mut self, table: &Table) -> Vec<Field> {
        let mut fields = Vec::new();
        for (key, value) in &table.entries {
            if matches!(key.value.as_str(), "name" | "emoji") || id_problem(&key.value).is_some() {
                let message = format!("{} can't be a field", quote(&key.value));
                self.report(Diagnostic::new(Code::InvalidId, key.span, message).help("give the field another id"));
                continue;
            }
            let (label, scale) = match &value.value {
                Data::String(label) => (label.clone(), Vec::new()),
                Data::Table(table) => {
                    let mut inner = Fields::new(table, &keys::FIELD);
                    let label = inner.required("label", self.out);
                    let steps = inner.strings("scale", self.out);
                    let span = inner.span("scale");
                    inner.finish(self.out);
                    if table.get("scale").is_some() && steps.len() < 2 {
                        self.report(Diagnostic::new(Code::InvalidValue, span, "a scale has at least two steps"));
                    }
                    let mut scale = Vec::new();
                    for step in steps {
                        if scale.contains(&step.value) {
                            let message = format!("the step {} stands twice in the scale", quote(&step.value));
                            self.report(Diagnostic::new(Code::DuplicateId, step.span, message));
                        }
                        scale.push(step.value);
                    }
                    (label.map(|label| label.value).unwrap_or_default(), scale)
                }
                _ => {
                    wrong_type::<()>(&key.value, "a text or a table", value, self.out);
                    continue;
                }
            };
            fields.push(Field { id: key.value.clone(), label, scale });
        }
        fields
    }

    fn option(&mut self, table: &Table, described: &[Field], names: &mut BTreeSet<String>) -> Option<Choice> {
        let mut fields = Fields::new(table, &keys::OPTION);
        let name = fields.required("name", self.out);
        let emoji = fields.string("emoji", self.out).map(|text| text.value);
        if let Some(name) = &name
            && !names.insert(name.value.clone())
        {
            let message = format!("two options are called {}", quote(&name.value));
            self.report(Diagnostic::new(Code::DuplicateId, name.span, message));
        }
        let mut values = Vec::new();
        for field in described {
            let of = name.as_ref().map_or("an option".into(), |name| format!("the option {}", quote(&name.value)));
            let Some(value) = table.get(&field.id) else {
                let message = format!("{of} has no {}", quote(&field.id));
                self.report(
                    Diagnostic::new(Code::MissingKey, table.span, message)
                        .help("every option gives every field of `[fields]`"),
                );
                continue;
            };
            let Data::String(text) = &value.value else {
                wrong_type::<()>(&field.id, "a text", value, self.out);
                continue;
            };
            if text.trim().is_empty() {
                self.report(Diagnostic::new(Code::InvalidValue, value.span, format!("{} is empty", quote(&field.id))));
                continue;
            }
            if !field.scale.is_empty() && !field.scale.contains(text) {
                let steps = || field.scale.iter().map(String::as_str);
                let message = format!("{} is no step of the scale of {}", quote(text), quote(&field.id));
                let help = did_you_mean(text, steps()).unwrap_or_else(|| format!("use {}", list(steps(), "or")));
                self.report(Diagnostic::new(Code::InvalidValue, value.span, message).help(help));
                continue;
            }
            let inline = self.inline(Spanned::new(text.clone(), value.span));
            values.push(inline);
        }
        for (key, value) in &table.entries {
            let known =
                matches!(key.value.as_str(), "name" | "emoji") || described.iter().any(|field| field.id == key.value);
            if !known {
                let near = did_you_mean(&key.value, described.iter().map(|field| field.id.as_str()));
                let diagnostic = unknown_key(key, &value.value, &keys::OPTION, table.syntax);
                let fallback = "describe it under `[fields]`, or remove it".to_string();
                self.report(diagnostic.help(near.unwrap_or(fallback)));
            }
        }
        let choice = Choice { name: name?.value, emoji, values };
        (choice.values.len() == described.len()).then_some(choice)
    }

    fn figure(&mut self, table: &Table) -> Option<Figure> {
        let mut fields = Fields::new(table, &keys::FIGURE);
        let src = fields.required("src", self.out);
        let alt = fields.required("alt", self.out);
        let caption = self.optional_inline(&mut fields, "caption");
        let inline = fields.bool("inline", self.out).unwrap_or(false);
        fields.finish(self.out);
        // Looked for also where something else is wrong.
        let src = src.map(|src| (src.span, is_own_svg(&src.value), self.linked(LinkKind::Image, src, false)));
        let (src, alt) = (src?, alt?);
        let (span, is_own_svg, src) = src;
        if inline && !is_own_svg {
            self.report(
                Diagnostic::new(Code::InvalidValue, span, "only an SVG of this site can be placed inline")
                    .help("remove `inline = true`"),
            );
        }
        Some(Figure { src, alt: alt.value, caption, inline, span })
    }

    fn quiz(&mut self, table: &Table) -> Option<Quiz> {
        let mut fields = Fields::new(table, &keys::QUIZ);
        if fields.any("questions").is_none() {
            fields.missing("questions", self.out);
        }
        let typed = fields.tables("questions", self.out);
        fields.finish(self.out);
        let wanted = typed.len();
        let questions: Vec<_> = typed.into_iter().filter_map(|table| self.quiz_question(table)).collect();
        (wanted > 0 && questions.len() == wanted).then_some(Quiz { questions })
    }

    fn quiz_question(&mut self, table: &Table) -> Option<QuizQuestion> {
        let mut fields = Fields::new(table, &keys::QUIZ_QUESTION);
        let ask = self.required_inline(&mut fields, "ask");
        let choices = fields.strings("choices", self.out);
        let choices_span = fields.span("choices");
        let why = self.optional_inline(&mut fields, "why");
        let has_answer = fields.any("answer").is_some();
        if !has_answer {
            fields.missing("answer", self.out);
        }
        if choices.len() < 2 {
            self.report(Diagnostic::new(Code::MissingKey, choices_span, "a question has at least two `choices`"));
            return None;
        }
        let most = i64::try_from(choices.len()).unwrap_or(i64::MAX);
        let answer = if has_answer { fields.integer("answer", 1..=most, self.out) } else { None };
        fields.finish(self.out);
        let choices = choices.into_iter().map(|choice| self.inline(choice)).collect();
        Some(QuizQuestion { ask: ask?, choices, answer: usize::try_from(answer?.value).unwrap_or(1), why })
    }

    fn decision(&mut self, table: &Table) -> Option<Decision> {
        let mut fields = Fields::new(table, &keys::DECISION);
        let title = fields.required("title", self.out);
        let start = fields.required("start", self.out);
        let questions = fields.table("questions", self.out);
        let outcomes = fields.table("outcomes", self.out);
        for (key, value) in [("questions", questions), ("outcomes", outcomes)] {
            if value.is_none() && table.get(key).is_none() {
                fields.missing(key, self.out);
            }
        }
        fields.finish(self.out);
        let before = self.out.len();
        let questions = self.named_tables(questions?);
        let outcomes = self.named_tables(outcomes?);
        for (id, _) in &outcomes {
            if questions.iter().any(|(question, _)| question.value == id.value) {
                let message = format!("{} is a question and an outcome", quote(&id.value));
                self.report(Diagnostic::new(Code::DuplicateId, id.span, message));
            }
        }
        let index = Targets {
            questions: questions.iter().map(|(id, _)| id.value.as_str()).collect(),
            outcomes: outcomes.iter().map(|(id, _)| id.value.as_str()).collect(),
        };
        let asked: Vec<Option<Question>> =
            questions.iter().map(|(id, table)| self.question(id, table, &index)).collect();
        let reached: Vec<Option<Outcome>> = outcomes.iter().map(|(id, table)| self.outcome(id, table)).collect();
        let (title, start) = (title?, start?);
        let first = match index.find(&start, self.out)? {
            Answer::Question(first) => first,
            Answer::Outcome(_) => {
                let message = format!("`start` names the outcome {}", quote(&start.value));
                self.report(Diagnostic::new(Code::InvalidValue, start.span, message).help("name a question"));
                return None;
            }
        };
        let asked: Vec<Question> = asked.into_iter().collect::<Option<_>>()?;
        let reached: Vec<Outcome> = reached.into_iter().collect::<Option<_>>()?;
        let order = self.order(first, &asked, &questions)?;
        self.unreachable(&order, &asked, &questions, &outcomes);
        if self.out[before..].iter().any(|diagnostic| diagnostic.severity == crate::diagnostic::Severity::Error) {
            return None;
        }
        Some(Decision { title: title.value, questions: reorder(asked, &order), outcomes: reached })
    }

    fn named_tables<'t>(&mut self, table: &'t Table) -> Vec<(&'t Spanned<String>, &'t Table)> {
        let mut named = Vec::new();
        for (key, value) in &table.entries {
            match &value.value {
                Data::Table(inner) => named.push((key, inner)),
                _ => {
                    wrong_type::<()>(&key.value, "a table", value, self.out);
                }
            }
            if let Some(problem) = id_problem(&key.value) {
                let message = format!("the id {} {problem}", quote(&key.value));
                self.report(Diagnostic::new(Code::InvalidId, key.span, message));
            }
        }
        named
    }

    fn question(&mut self, id: &Spanned<String>, table: &Table, index: &Targets<'_>) -> Option<Question> {
        let mut fields = Fields::new(table, &keys::QUESTION);
        let ask = self.required_inline(&mut fields, "ask");
        let yes = fields.required("yes", self.out).and_then(|answer| index.find(&answer, self.out));
        let no = fields.required("no", self.out).and_then(|answer| index.find(&answer, self.out));
        fields.finish(self.out);
        Some(Question { id: id.value.clone(), ask: ask?, yes: yes?, no: no? })
    }

    fn outcome(&mut self, id: &Spanned<String>, table: &Table) -> Option<Outcome> {
        let mut fields = Fields::new(table, &keys::OUTCOME);
        let title = fields.required("title", self.out);
        let text = self.optional_inline(&mut fields, "text");
        let link = fields.string("link", self.out).map(|link| {
            // A link to a source takes its words from there.
            let reference = link.value.split('#').next().is_some_and(|path| path.ends_with(".md"));
            self.linked(LinkKind::Link, link, reference)
        });
        fields.finish(self.out);
        Some(Outcome { id: id.value.clone(), title: title?.value, text, link })
    }

    /// The questions that can be reached, each before those it leads to; `None` when they loop.
    fn order(
        &mut self,
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
                    self.report(
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
        &mut self,
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
            self.report(
                Diagnostic::new(Code::DecisionUnreachable, id.span, message).help("lead an answer to it, or remove it"),
            );
        }
    }
}

/// Whether an address is that of an SVG that lies here, as far as it tells.
fn is_own_svg(address: &str) -> bool {
    address.ends_with(".svg") && !address.contains("://") && !address.starts_with("//")
}

/// The ids that answers may lead to.
struct Targets<'a> {
    questions: Vec<&'a str>,
    outcomes: Vec<&'a str>,
}

impl Targets<'_> {
    fn find(&self, id: &Spanned<String>, out: &mut Vec<Diagnostic>) -> Option<Answer> {
        let position = |ids: &[&str]| ids.iter().position(|known| *known == id.value);
        let found =
            position(&self.questions).map(Answer::Question).or_else(|| position(&self.outcomes).map(Answer::Outcome));
        if found.is_none() {
            let known = self.questions.iter().chain(&self.outcomes).copied();
            let message = format!("{} is no question and no outcome", quote(&id.value));
            out.push(Diagnostic::new(Code::InvalidValue, id.span, message).maybe_help(did_you_mean(&id.value, known)));
        }
        found
    }
}

/// Words that a reader reads in a block.
pub fn count_words(block: &Block) -> usize {
    let words = inline::count_words;
    let inline = |inline: &Inline| words(&inline.text);
    match &block.body {
        Body::Comparison(comparison) => {
            let values = comparison.options.iter().flat_map(|option| &option.values);
            values.chain(&comparison.lead).chain(&comparison.rule).map(inline).sum()
        }
        Body::Figure(figure) => figure.caption.iter().map(inline).sum(),
        Body::Decision(decision) => {
            let asked: usize = decision.questions.iter().map(|question| inline(&question.ask)).sum();
            asked + decision.outcomes.iter().flat_map(|outcome| &outcome.text).map(inline).sum::<usize>()
        }
        Body::Quiz(quiz) => {
            let texts = quiz.questions.iter().flat_map(|question| question.choices.iter().chain(&question.why));
            texts.chain(quiz.questions.iter().map(|question| &question.ask)).map(inline).sum()
        }
        Body::Use(_) | Body::Custom { .. } | Body::Broken => 0,
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
