//! Grammars of code, run with a bound on the work.
//!
//! In: a grammar of syntect's, and code line by line. Out: the changes of scopes in each line, as syntect's
//! own parser gives them, until the fuel is spent. That parser searches with no limit that is of use: a
//! grammar's expressions may try each of the 6ⁿ ways to read n groups of letters, a minute for 700 bytes.
//! What is counted here is what the expressions' engine counts, and never the time, so that the same code has
//! the same colors everywhere.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::{Arc, PoisonError, RwLock};

use onig::{MatchParam, Regex, RegexOptions, Region, SearchOptions, Syntax};
use syntect::parsing::syntax_definition::{
    Context, ContextId, ContextReference, MatchOperation, MatchPattern, context_iter,
};
use syntect::parsing::{ParseState, Scope, ScopeStackOp, SyntaxReference, SyntaxSet};

/// Fuel for a block, and for each of its bytes. A unit is about a microsecond; ordinary code takes two to
/// twelve for each byte.
const FUEL: u64 = 10_000;
const FUEL_OF_BYTE: u64 = 200;

/// Steps back of an expression that take a unit, and bytes passed without one.
const STEPS: u64 = 50;
const PASSED: u64 = 10_000;

/// How many steps back are free at each place of a line: grammars list the names of a language one after the
/// other, and try some hundreds.
const FREE: u32 = 64;

/// By how much the limit is raised where an expression needs more.
const MORE: u32 = 4;

/// What needs more than this at one place matches nothing there. Grammars have such expressions, Markdown's of
/// bold type among them; syntect waits for ten million steps.
const MOST: u32 = 65_536;

/// Contexts in one another, as in syntect.
const MOST_DEEP: usize = 100;

/// Matches one after the other that take no character. Contexts that set each other go round for ever, as JavaScript's
/// do at a comment behind a type; syntect goes with them.
const MOST_IDLE: usize = 100;

/// The grammars, and their expressions as far as they were needed.
pub struct Grammars {
    pub syntaxes: SyntaxSet,
    /// By the address of the pattern, which the set holds for good.
    expressions: RwLock<HashMap<usize, Option<Arc<Regex>>>>,
}

impl fmt::Debug for Grammars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grammars").finish_non_exhaustive()
    }
}

impl Grammars {
    pub fn new(syntaxes: SyntaxSet) -> Self {
        Grammars { syntaxes, expressions: RwLock::default() }
    }

    /// Begins to read code; nothing where the grammar has no beginning.
    pub fn begin(&self, grammar: &SyntaxReference, code: &str) -> Option<Reader<'_>> {
        let fuel = FUEL + FUEL_OF_BYTE * code.len() as u64;
        let mut reader = Reader {
            grammars: self,
            contexts: HashMap::new(),
            stack: Vec::new(),
            with_prototypes: Vec::new(),
            expressions: HashMap::new(),
            line: 0,
            fuel,
        };
        let context = reader.context(start(grammar)?)?;
        reader.stack.push(Level { context, prototypes: Vec::new(), captures: None });
        Some(reader)
    }

    fn expression(&self, pattern: &MatchPattern) -> Option<Arc<Regex>> {
        let address = std::ptr::from_ref(pattern).addr();
        if let Some(known) = self.expressions.read().unwrap_or_else(PoisonError::into_inner).get(&address) {
            return known.clone();
        }
        let made = compiled(pattern.regex().regex_str());
        let mut all = self.expressions.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(address).or_insert(made).clone()
    }
}

/// An expression as syntect makes it.
fn compiled(expression: &str) -> Option<Arc<Regex>> {
    let options = RegexOptions::REGEX_OPTION_CAPTURE_GROUP;
    Regex::with_options(expression, options, Syntax::default()).ok().map(Arc::new)
}

/// The context in which a grammar begins. syntect keeps it to itself, but for the words in which a state
/// describes itself; a test holds that they are understood.
fn start(grammar: &SyntaxReference) -> Option<ContextId> {
    let state = format!("{:?}", ParseState::new(grammar));
    let number = |name: &str| -> Option<usize> {
        let rest = &state[state.find(name)? + name.len()..];
        rest[..rest.find(|c: char| !c.is_ascii_digit())?].parse().ok()
    };
    let id = serde_json::json!({
        "syntax_index": number("syntax_index: ")?,
        "context_index": number("context_index: ")?,
    });
    serde_json::from_value(id).ok()
}

/// There is no fuel left.
#[derive(Debug)]
pub struct Spent;

/// What was caught by a match that opened a context, for expressions that refer to it.
type Captures = Rc<(Region, String)>;

#[derive(Clone)]
struct Level<'g> {
    context: &'g Context,
    prototypes: Vec<&'g Context>,
    captures: Option<Captures>,
}

/// Code that is being read.
pub struct Reader<'g> {
    grammars: &'g Grammars,
    contexts: HashMap<ContextId, &'g Context>,
    stack: Vec<Level<'g>>,
    /// The heights at which a context was pushed by a pattern of a `with_prototype`.
    with_prototypes: Vec<usize>,
    /// By the address of the pattern.
    expressions: HashMap<usize, Known>,
    /// The number of the line at hand.
    line: usize,
    fuel: u64,
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("line", &self.line).field("fuel", &self.fuel).finish_non_exhaustive()
    }
}

/// An expression, and what it found in the line of that number.
struct Known {
    expression: Option<Arc<Regex>>,
    line: usize,
    found: Option<Region>,
}

/// A place in a line.
#[derive(Default)]
struct Cursor {
    at: usize,
    /// Where a context was pushed without a character taken, and how deep: what pops it there would push it
    /// again for ever.
    pushed_at: (usize, usize),
    /// How many matches in a row took no character.
    idle: usize,
}

impl Cursor {
    /// Takes one character more, as Sublime Text does where it would not come on; says whether there was one.
    fn skip(&mut self, line: &str) -> bool {
        let next = line[self.at..].char_indices().nth(1);
        self.at += next.map_or(0, |(length, _)| length);
        self.idle = 0;
        next.is_some()
    }
}

/// The pattern that begins first.
struct Match<'g> {
    region: Region,
    pattern: &'g MatchPattern,
    from_with_prototype: bool,
    would_loop: bool,
}

impl Match<'_> {
    fn place(&self) -> (usize, usize) {
        self.region.pos(0).unwrap_or_default()
    }
}

impl<'g> Reader<'g> {
    /// The changes of scopes in a line, each with its place.
    pub fn line(&mut self, line: &str) -> Result<Vec<(usize, ScopeStackOp)>, Spent> {
        let mut changes = Vec::new();
        if self.line == 0 {
            let first = self.stack.last().and_then(|level| level.context.meta_content_scope.first());
            changes.extend(first.map(|scope| (0, ScopeStackOp::Push(*scope))));
        }
        self.line += 1;
        let mut cursor = Cursor::default();
        while self.token(line, &mut cursor, &mut changes)? {}
        Ok(changes)
    }

    /// Takes the next match; says whether there may be more.
    fn token(
        &mut self,
        line: &str,
        cursor: &mut Cursor,
        changes: &mut Vec<(usize, ScopeStackOp)>,
    ) -> Result<bool, Spent> {
        let may_loop = cursor.pushed_at == (cursor.at, self.stack.len());
        while self.with_prototypes.last().is_some_and(|height| *height >= self.stack.len()) {
            self.with_prototypes.pop();
        }
        let Some(found) = self.first_match(line, cursor.at, may_loop)? else { return Ok(false) };
        let (_, end) = found.place();
        cursor.idle = if end > cursor.at { 0 } else { cursor.idle + 1 };
        if found.would_loop || cursor.idle > MOST_IDLE {
            // What was found before costs nothing to find again.
            spend(&mut self.fuel, cursor.idle as u64)?;
            return Ok(cursor.skip(line));
        }
        if end <= cursor.at && matches!(found.pattern.operation, MatchOperation::Push(_)) {
            cursor.pushed_at = (end, self.stack.len() + 1);
        }
        cursor.at = end;
        if found.from_with_prototype {
            self.with_prototypes.push(self.stack.len());
        }
        let Some(level) = self.stack.last() else { return Ok(false) };
        write_changes(&found, level.context, &self.grammars.syntaxes, changes);
        self.follow(line, &found);
        Ok(!self.stack.is_empty())
    }

    fn first_match(&mut self, line: &str, start: usize, may_loop: bool) -> Result<Option<Match<'g>>, Spent> {
        let Some(level) = self.stack.last().cloned() else { return Ok(None) };
        let prototype = level.context.prototype.and_then(|id| self.context(id));
        let from = self.with_prototypes.last().copied().unwrap_or(0);
        // Sublime Text applies them from the bottom to the top.
        let mut chain: Vec<(bool, &'g Context, Option<Captures>)> = Vec::new();
        for level in &self.stack[from..] {
            chain.extend(level.prototypes.iter().map(|context| (true, *context, level.captures.clone())));
        }
        chain.extend(prototype.map(|context| (false, context, None)));
        chain.push((false, level.context, level.captures.clone()));
        let mut best: Option<Match<'g>> = None;
        for (from_with_prototype, context, captures) in chain {
            for (context, index) in context_iter(&self.grammars.syntaxes, context) {
                let Ok(pattern) = context.match_at(index) else { continue };
                let Some(region) = self.search(line, start, pattern, captures.as_ref())? else { continue };
                let (begin, end) = region.pos(0).unwrap_or_default();
                let is_first = best.as_ref().is_none_or(|best| {
                    let (first, _) = best.place();
                    begin < first || begin == first && best.would_loop
                });
                if !is_first {
                    continue;
                }
                if matches!(pattern.operation, MatchOperation::Push(_)) && self.stack.len() >= MOST_DEEP {
                    return Ok(None);
                }
                let would_loop = may_loop && end <= start && matches!(pattern.operation, MatchOperation::Pop);
                best = Some(Match { region, pattern, from_with_prototype, would_loop });
                if begin == start && !would_loop {
                    return Ok(best);
                }
            }
        }
        Ok(best)
    }

    /// Where a pattern matches first, if that does something.
    fn search(
        &mut self,
        line: &str,
        start: usize,
        pattern: &'g MatchPattern,
        captures: Option<&Captures>,
    ) -> Result<Option<Region>, Spent> {
        let refers = captures.filter(|_| pattern.has_captures);
        let address = std::ptr::from_ref(pattern).addr();
        let (expression, is_new_line) = match (refers, self.expressions.get(&address)) {
            (Some(captures), _) => (compiled(&referring(pattern.regex().regex_str(), captures)), true),
            (None, Some(known)) => (known.expression.clone(), known.line != self.line),
            (None, None) => (self.grammars.expression(pattern), true),
        };
        if let (None, false, Some(known)) = (refers, is_new_line, self.expressions.get(&address)) {
            match &known.found {
                None => return Ok(None),
                Some(found) if found.pos(0).is_some_and(|(begin, _)| begin >= start) => return Ok(known.found.clone()),
                Some(_) => {}
            }
        }
        let found = match &expression {
            Some(expression) => bounded(expression, line, start, &mut self.fuel)?,
            None => None,
        };
        let does_something = found.as_ref().is_some_and(|found| match pattern.operation {
            MatchOperation::None => found.pos(0).is_some_and(|(begin, end)| begin != end),
            MatchOperation::Push(_) => self.stack.len() < MOST_DEEP,
            _ => true,
        });
        // What does nothing here may do something further on.
        if refers.is_none() {
            let line = if found.is_none() || does_something { self.line } else { 0 };
            self.expressions.insert(address, Known { expression, line, found: found.clone() });
        }
        Ok(found.filter(|_| does_something))
    }

    /// Opens and closes contexts.
    fn follow(&mut self, line: &str, found: &Match<'g>) {
        let (contexts, mut kept) = match &found.pattern.operation {
            MatchOperation::Push(contexts) => (contexts, Vec::new()),
            // A `with_prototype` stays until its own level is popped.
            MatchOperation::Set(contexts) => {
                (contexts, self.stack.pop().map(|level| level.prototypes).unwrap_or_default())
            }
            MatchOperation::Pop => {
                self.stack.pop();
                return;
            }
            MatchOperation::None => return,
        };
        for (at, reference) in contexts.iter().enumerate() {
            let Some(context) = self.resolve(reference) else { continue };
            let mut prototypes = std::mem::take(&mut kept);
            if at == contexts.len() - 1 {
                prototypes.extend(found.pattern.with_prototype.as_ref().and_then(|with| self.resolve(with)));
            }
            let refers = context.uses_backrefs || prototypes.iter().any(|context| context.uses_backrefs);
            let captures = refers.then(|| Rc::new((found.region.clone(), line.to_string())));
            self.stack.push(Level { context, prototypes, captures });
        }
    }

    fn resolve(&self, reference: &ContextReference) -> Option<&'g Context> {
        reference.resolve(&self.grammars.syntaxes).ok()
    }

    /// A context by its id; only references can be resolved, and only serde can make one.
    fn context(&mut self, id: ContextId) -> Option<&'g Context> {
        if let Some(known) = self.contexts.get(&id) {
            return Some(known);
        }
        let reference = serde_json::json!({ "Direct": serde_json::to_value(id).ok()? });
        let context = self.resolve(&serde_json::from_value(reference).ok()?)?;
        self.contexts.insert(id, context);
        Some(context)
    }
}

/// Searches a line from a place on, for as long as there is fuel.
fn bounded(expression: &Regex, line: &str, start: usize, fuel: &mut u64) -> Result<Option<Region>, Spent> {
    let mut region = Region::with_capacity(8);
    let mut limit = FREE;
    loop {
        let mut param = MatchParam::default();
        param.set_retry_limit_in_match(limit);
        let options = SearchOptions::SEARCH_OPTION_NONE;
        let found = expression.search_with_param(line, start, line.len(), options, Some(&mut region), param);
        let Ok(found) = found else {
            spend(fuel, u64::from(limit) / STEPS)?;
            if limit >= MOST {
                return Ok(None);
            }
            limit = limit.saturating_mul(MORE);
            continue;
        };
        let passed = (found.unwrap_or(line.len()).saturating_sub(start) + 1) as u64;
        // At each place an expression may go on to the end of the line without a step back.
        spend(fuel, 1 + passed * line.len() as u64 / PASSED)?;
        if limit > FREE {
            // At some of the places it needed so many.
            spend(fuel, passed * u64::from(limit / MORE) / (8 * STEPS))?;
        }
        return Ok(found.map(|_| region));
    }
}

fn spend(fuel: &mut u64, units: u64) -> Result<(), Spent> {
    *fuel = fuel.checked_sub(units).ok_or(Spent)?;
    Ok(())
}

/// An expression with what was caught in place of `\1` and the like.
fn referring(expression: &str, captures: &Captures) -> String {
    let (region, text) = captures.as_ref();
    let mut made = String::with_capacity(expression.len());
    let mut is_escaped = false;
    for c in expression.chars() {
        match (is_escaped, c.to_digit(10)) {
            (true, Some(digit)) => {
                let caught = region.pos(digit as usize).and_then(|(start, end)| text.get(start..end));
                for c in caught.unwrap_or_default().chars() {
                    if is_meta(c) {
                        made.push('\\');
                    }
                    made.push(c);
                }
            }
            (true, None) => made.extend(['\\', c]),
            (false, _) if c != '\\' => made.push(c),
            (false, _) => {}
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    if is_escaped {
        made.push('\\');
    }
    made
}

/// What `regex_syntax::escape` escapes.
fn is_meta(c: char) -> bool {
    r"\.+*?()|[]{}^$#&-~".contains(c)
}

/// The changes of scopes that a match makes.
fn write_changes(found: &Match<'_>, level: &Context, syntaxes: &SyntaxSet, changes: &mut Vec<(usize, ScopeStackOp)>) {
    let ((begin, end), pattern) = (found.place(), found.pattern);
    before_match(begin, level, &pattern.operation, syntaxes, changes);
    changes.extend(pattern.scope.iter().map(|scope| (begin, ScopeStackOp::Push(*scope))));
    if let Some(captures) = &pattern.captures {
        // The outer one first, and of those that end at a place all before what begins there.
        let mut within: Vec<((usize, i32), ScopeStackOp)> = Vec::new();
        for (index, scopes) in captures {
            let Some((start, end)) = found.region.pos(*index).filter(|(start, end)| start != end) else { continue };
            let length = i32::try_from(end - start).unwrap_or(i32::MAX);
            within.extend(scopes.iter().map(|scope| ((start, -length), ScopeStackOp::Push(*scope))));
            within.push(((end, i32::MIN), ScopeStackOp::Pop(scopes.len())));
        }
        within.sort_by_key(|(key, _)| *key);
        changes.extend(within.into_iter().map(|((at, _), change)| (at, change)));
    }
    if !pattern.scope.is_empty() {
        changes.push((end, ScopeStackOp::Pop(pattern.scope.len())));
    }
    behind_match(end, level, &pattern.operation, syntaxes, changes);
}

/// The contexts that an operation opens.
fn opened<'g>(operation: &MatchOperation, syntaxes: &'g SyntaxSet) -> Vec<&'g Context> {
    match operation {
        MatchOperation::Push(contexts) | MatchOperation::Set(contexts) => {
            contexts.iter().filter_map(|context| context.resolve(syntaxes).ok()).collect()
        }
        MatchOperation::Pop | MatchOperation::None => Vec::new(),
    }
}

fn push_all(at: usize, scopes: &[Scope], changes: &mut Vec<(usize, ScopeStackOp)>) {
    changes.extend(scopes.iter().map(|scope| (at, ScopeStackOp::Push(*scope))));
}

fn before_match(
    at: usize,
    level: &Context,
    operation: &MatchOperation,
    syntaxes: &SyntaxSet,
    changes: &mut Vec<(usize, ScopeStackOp)>,
) {
    let is_set = matches!(operation, MatchOperation::Set(_));
    if matches!(operation, MatchOperation::Pop) && !level.meta_content_scope.is_empty() {
        changes.push((at, ScopeStackOp::Pop(level.meta_content_scope.len())));
    }
    if is_set && level.clear_scopes.is_some() {
        changes.push((at, ScopeStackOp::Restore));
    }
    for context in opened(operation, syntaxes) {
        let cleared = context.clear_scopes.filter(|_| !is_set);
        changes.extend(cleared.map(|amount| (at, ScopeStackOp::Clear(amount))));
        push_all(at, &context.meta_scope, changes);
    }
}

fn behind_match(
    at: usize,
    level: &Context,
    operation: &MatchOperation,
    syntaxes: &SyntaxSet,
    changes: &mut Vec<(usize, ScopeStackOp)>,
) {
    if matches!(operation, MatchOperation::Pop) {
        if !level.meta_scope.is_empty() {
            changes.push((at, ScopeStackOp::Pop(level.meta_scope.len())));
        }
        changes.extend(level.clear_scopes.map(|_| (at, ScopeStackOp::Restore)));
        return;
    }
    let (is_set, opened) = (matches!(operation, MatchOperation::Set(_)), opened(operation, syntaxes));
    let of_level = if is_set { level.meta_content_scope.len() + level.meta_scope.len() } else { 0 };
    let again = of_level > 0
        || opened
            .iter()
            .any(|context| !context.meta_content_scope.is_empty() || context.clear_scopes.is_some() && is_set);
    if !again {
        return;
    }
    // The scopes of the contexts themselves go, so that those of their contents come in the right order.
    let count = opened.iter().map(|context| context.meta_scope.len()).sum::<usize>() + of_level;
    if count > 0 {
        changes.push((at, ScopeStackOp::Pop(count)));
    }
    for context in opened {
        let cleared = context.clear_scopes.filter(|_| is_set);
        changes.extend(cleared.map(|amount| (at, ScopeStackOp::Clear(amount))));
        push_all(at, &context.meta_scope, changes);
        push_all(at, &context.meta_content_scope, changes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares the changes of scopes in a text with those of syntect's own parser.
    fn compare(grammars: &Grammars, language: &str, code: &str) {
        let grammar = grammars.syntaxes.find_syntax_by_token(language).expect("a language");
        let mut own = grammars.begin(grammar, code).expect("a beginning");
        let mut other = ParseState::new(grammar);
        for (at, line) in code.split_inclusive('\n').enumerate() {
            let wanted = other.parse_line(line, &grammars.syntaxes).expect("a good grammar");
            let found = own.line(line).ok();
            assert_eq!(found, Some(wanted), "{language}:{}: {line}", at + 1);
        }
    }

    #[test]
    fn code_is_read_as_syntect_reads_it() {
        let grammars = Grammars::new(two_face::syntax::extra_newlines());
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        for (language, path) in [
            ("rust", "src/render/grammar.rs"),
            ("rust", "src/parse/foreign.rs"),
            ("toml", "Cargo.toml"),
            ("md", "CONTRIBUTING.md"),
            ("html", "templates/base.html"),
            ("jinja", "templates/part.html"),
            ("css", "static/style.css"),
            ("bash", "tests/run"),
        ] {
            if let Ok(code) = std::fs::read_to_string(root.join(path)) {
                compare(&grammars, language, &code);
            }
        }
        for (language, code) in [
            ("python", "def f(x: int = 1) -> str:\n    r = re.compile(r'(a|b)+')\n    return f\"{x!r:>{10}} {{}}\"\n"),
            ("ruby", "x = <<~EOS + <<-'B'\n  a #{1 + 1}\nEOS\nb\nB\nputs %w[a b] # c\n"),
            ("sh", "cat <<EOF | grep \"$x\"\n${y:-z} $(date)\nEOF\nif [[ -f a ]]; then echo 'b'; fi\n"),
            ("php", "<?php $a = <<<X\n  {$b['c']}\nX;\n echo \"$d\"; ?>\n<b>x</b>\n"),
            ("scss", "$a: 1px;\n.b { &:hover { color: map-get($m, 'x'); } @include c($d...); }\n"),
            ("tsx", "const A = <T,>(p: T) => <B c={p} d=\"e\">{`f ${g} h`}</B>;\n"),
            ("yaml", "a: &x\n  - b: |\n      c\n    d: *x # e\n"),
            ("sql", "SELECT a, 'b''c' FROM \"d\" -- e\nWHERE f = 1;\n"),
            ("c", "#define A(x) \\\n  (x)\nint main(void) { return A(1); /* b */ }\n"),
            ("perl", "my $a = <<\"B\";\n$c\nB\ns{a}{b}gx; m/d+/;\n"),
            ("rust", "fn main() { let r = r##\"a\"##; /* b /* c */ */ }\n"),
            ("lua", "local a = [==[\nb\n]==] --[[ c ]]\n"),
        ] {
            compare(&grammars, language, code);
        }
    }

    #[test]
    fn contexts_that_go_round_are_left() {
        let grammars = Grammars::new(two_face::syntax::extra_newlines());
        let lines = ["  ): Promise<string> {\n", "  }\n", "  /**\n", "const a = 1;\n"];
        let grammar = grammars.syntaxes.find_syntax_by_token("javascript").expect("a language");
        let mut reader = grammars.begin(grammar, &lines.concat()).expect("a beginning");
        assert!(lines.iter().all(|line| reader.line(line).is_ok()));
    }

    #[test]
    fn code_that_takes_for_ever_is_left() {
        let grammars = Grammars::new(two_face::syntax::extra_newlines());
        let code = format!("a{{-webkit-{}\n", "\\aaaaaa".repeat(100));
        let grammar = grammars.syntaxes.find_syntax_by_token("scss").expect("a language");
        // By itself it would take the engine a minute; here it takes less than it may.
        let mut reader = grammars.begin(grammar, &code).expect("a beginning");
        assert!(reader.line(&code).is_ok());
        let mut reader = grammars.begin(grammar, &code).expect("a beginning");
        reader.fuel /= 100;
        assert!(reader.line(&code).is_err());
    }
}
