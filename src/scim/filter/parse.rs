//! Text → [`Filter`]: recursive descent over RFC 7644's figure 1, with `not` binding tighter than
//! `and`, and `and` tighter than `or`. Operators and keywords ignore case; white space is free.

use serde_json::Value;

use super::{Filter, Literal, Located, MAX_BYTES, MAX_LEVELS, MAX_TERMS, Operator, Term, Test};
use crate::scim::error::{Result, ScimError};
use crate::scim::mode::{Mode, Quirk};
use crate::scim::path::AttrPath;

const OPERATORS: &str = "an operator (eq, ne, co, sw, ew, gt, lt, ge, le or pr)";

/// Parses a whole `filter` parameter.
pub fn parse(text: &str, mode: Mode) -> Result<Filter> {
    let mut parser = Parser::new(text, mode)?;
    let filter = parser.disjunction(Scope::Resource)?;
    if parser.peek().is_some() {
        return Err(parser.expected("\"and\", \"or\" or the end"));
    }
    Ok(filter)
}

/// Parses what stands between the brackets of a value path that begins after `text[..from]`, and
/// returns the filter with the byte offset behind its closing bracket.
pub fn parse_value_filter(text: &str, from: usize, mode: Mode) -> Result<(Filter, usize)> {
    let mut parser = Parser::new(text, mode)?;
    parser.at = from;
    let filter = parser.brackets()?;
    Ok((filter, parser.at))
}

/// A value path holds no further value path (figure 1's `valFilter`).
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    Resource,
    Element,
}

struct Parser<'t> {
    text: &'t str,
    /// A byte offset, always on a character's border.
    at: usize,
    mode: Mode,
    terms: usize,
    levels: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, mode: Mode) -> Result<Self> {
        if text.len() > MAX_BYTES {
            return Err(ScimError::invalid_filter(format!(
                "The filter is longer than {MAX_BYTES} bytes."
            )));
        }
        Ok(Self {
            text,
            at: 0,
            mode,
            terms: 0,
            levels: 0,
        })
    }

    fn disjunction(&mut self, scope: Scope) -> Result<Filter> {
        let mut branches = vec![self.conjunction(scope)?];
        while self.take_word("or") {
            branches.push(self.conjunction(scope)?);
        }
        Ok(one_or(branches, Filter::Or))
    }

    fn conjunction(&mut self, scope: Scope) -> Result<Filter> {
        let mut parts = vec![self.factor(scope)?];
        while self.take_word("and") {
            parts.push(self.factor(scope)?);
        }
        Ok(one_or(parts, Filter::And))
    }

    fn factor(&mut self, scope: Scope) -> Result<Filter> {
        if self.peek() == Some('(') {
            return self.group(scope);
        }
        // "not" is a negation only before a bracket; elsewhere it may name an attribute.
        let start = self.at;
        if self.take_word("not") {
            if self.peek() == Some('(') {
                return Ok(Filter::Not(Box::new(self.group(scope)?)));
            }
            self.at = start;
        }
        let path = self.path()?;
        // The bracket follows at once or after white space, which the RFC does not foresee.
        if scope == Scope::Resource && self.peek() == Some('[') {
            return self.value_path(path);
        }
        self.term(path)
    }

    fn group(&mut self, scope: Scope) -> Result<Filter> {
        self.open()?;
        let filter = self.disjunction(scope)?;
        self.close(')', "\"and\", \"or\" or \")\"")?;
        Ok(filter)
    }

    fn value_path(&mut self, path: Located) -> Result<Filter> {
        let mut filter = self.brackets()?;
        if self.text[self.at..].starts_with('.') {
            self.at += 1;
            let sub = self.path()?;
            let term = self.term(sub)?;
            filter = match filter {
                Filter::And(mut parts) => {
                    parts.push(term);
                    Filter::And(parts)
                }
                other => Filter::And(vec![other, term]),
            };
        }
        Ok(Filter::ValuePath {
            path,
            filter: Box::new(filter),
        })
    }

    fn brackets(&mut self) -> Result<Filter> {
        self.open()?;
        let filter = self.disjunction(Scope::Element)?;
        self.close(']', "\"and\", \"or\" or \"]\"")?;
        Ok(filter)
    }

    fn open(&mut self) -> Result<()> {
        if self.levels == MAX_LEVELS {
            return Err(self.wrong(format!("more than {MAX_LEVELS} levels of brackets")));
        }
        self.levels += 1;
        self.at += 1;
        Ok(())
    }

    fn close(&mut self, bracket: char, expected: &str) -> Result<()> {
        if self.peek() != Some(bracket) {
            return Err(self.expected(expected));
        }
        self.levels -= 1;
        self.at += 1;
        Ok(())
    }

    fn path(&mut self) -> Result<Located> {
        self.skip_space();
        let at = self.position();
        let word = self.word();
        match AttrPath::parse(word) {
            Ok(path) => {
                self.at += word.len();
                Ok(Located { path, at })
            }
            Err(_) => Err(self.expected("an attribute's name")),
        }
    }

    fn term(&mut self, path: Located) -> Result<Filter> {
        if self.terms == MAX_TERMS {
            return Err(self.wrong(format!("more than {MAX_TERMS} comparisons")));
        }
        self.terms += 1;
        if self.take_word("pr") {
            let test = Test::Present;
            return Ok(Filter::Term(Term { path, test }));
        }
        let Some(operator) = Operator::ALL
            .into_iter()
            .find(|operator| self.take_word(operator.as_str()))
        else {
            return Err(self.expected(OPERATORS));
        };
        let test = Test::Compare(operator, self.literal()?);
        Ok(Filter::Term(Term { path, test }))
    }

    fn literal(&mut self) -> Result<Literal> {
        self.skip_space();
        let at = self.position();
        let text = match self.peek() {
            Some('"') => self.quoted()?,
            _ => self.word(),
        };
        let value = match text {
            "" => return Err(self.expected("a value")),
            _ if text.eq_ignore_ascii_case("true") => Value::Bool(true),
            _ if text.eq_ignore_ascii_case("false") => Value::Bool(false),
            _ if text.eq_ignore_ascii_case("null") => Value::Null,
            // Strings and numbers are JSON's (RFC 8259), escapes and surrogates included.
            _ => match crate::scim::json::read(text) {
                Ok(value @ (Value::String(_) | Value::Number(_))) => value,
                _ if text.starts_with('"') => {
                    return Err(self.wrong("a string that is not valid JSON".to_owned()));
                }
                _ if self.mode.allows(Quirk::UnquotedFilterValue) => Value::from(text),
                _ => {
                    return Err(self.expected("a value (a string needs double quotes)"));
                }
            },
        };
        // No stored string holds it, and SQLite's string functions stop there.
        if value.as_str().is_some_and(|string| string.contains('\0')) {
            return Err(self.wrong("the character U+0000".to_owned()));
        }
        self.at += text.len();
        Ok(Literal {
            value,
            text: text.to_owned(),
            at,
        })
    }

    /// The string that begins here with its quotes, not yet decoded.
    fn quoted(&self) -> Result<&'t str> {
        let rest = &self.text[self.at..];
        let mut escaped = false;
        for (index, byte) in rest.bytes().enumerate().skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => return Ok(&rest[..=index]),
                _ => {}
            }
        }
        Err(self.wrong("a string without its closing quote".to_owned()))
    }

    /// Takes the keyword if it is the next whole word.
    fn take_word(&mut self, keyword: &str) -> bool {
        self.skip_space();
        let word = self.word();
        let taken = word.eq_ignore_ascii_case(keyword);
        if taken {
            self.at += word.len();
        }
        taken
    }

    /// Everything up to white space, a bracket or a quote; may be empty.
    fn word(&self) -> &'t str {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '"'))
            .unwrap_or(rest.len());
        &rest[..end]
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_space();
        self.text[self.at..].chars().next()
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn position(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    fn expected(&self, what: &str) -> ScimError {
        let found = match self.word() {
            "" => self.text[self.at..].chars().take(1).collect(),
            word => excerpt(word),
        };
        let found = match found.as_str() {
            "" => "the filter ends".to_owned(),
            found => format!("found {found:?}"),
        };
        error_at(self.position(), &format!("expected {what}, but {found}"))
    }

    fn wrong(&self, what: String) -> ScimError {
        let found = excerpt(&self.text[self.at..]);
        error_at(self.position(), &format!("{what}: {found:?}"))
    }
}

/// Positions count characters from 1, as an editor shows them.
pub(super) fn error_at(position: usize, what: &str) -> ScimError {
    ScimError::invalid_filter(format!("Filter, character {position}: {what}."))
}

fn excerpt(text: &str) -> String {
    const LENGTH: usize = 24;
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn one_or(mut filters: Vec<Filter>, many: fn(Vec<Filter>) -> Filter) -> Filter {
    match filters.pop() {
        Some(only) if filters.is_empty() => only,
        Some(last) => {
            filters.push(last);
            many(filters)
        }
        None => many(filters),
    }
}
