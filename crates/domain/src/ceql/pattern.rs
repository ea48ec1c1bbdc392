//! The patterns of `LIKE`. It must not know which field is compared.

use super::{
    error::{CeqlError, ErrorKind},
    fold::fold,
};

/// A pattern of `LIKE`: `%` stands for any run of characters, `_` for exactly one, `\` takes the meaning from the
/// character after it. It is folded, and compares with folded text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    tokens: Vec<PatternToken>,
}

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternToken {
    /// These characters, folded; never empty, and never two in a row.
    Literal(String),
    /// Any run of characters, the empty one included; never two in a row.
    AnyRun,
    /// Exactly one character of the folded text.
    AnyOne,
}

/// Where texts lie that begin as a pattern does, in the order of their bytes, which is that of their characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix<'a> {
    /// How they begin; the first of them is this itself.
    pub from: &'a str,
    /// The first text behind them; `None` if there is none.
    pub below: Option<String>,
    /// Whether all of them fit the pattern.
    pub is_all: bool,
}

impl Pattern {
    /// Reads a pattern. A `\` with nothing after it is an error.
    pub fn parse(text: &str) -> Result<Self, CeqlError> {
        let mut tokens = Vec::new();
        let mut literal = String::new();
        let mut chars = text.chars().enumerate();
        while let Some((index, c)) = chars.next() {
            let wildcard = match c {
                '%' => PatternToken::AnyRun,
                '_' => PatternToken::AnyOne,
                '\\' => match chars.next() {
                    Some((_, escaped)) => {
                        literal.push(escaped);
                        continue;
                    }
                    None => {
                        return Err(CeqlError::new(ErrorKind::DanglingEscape, index + 1)
                            .advise("write \\\\ for a backslash itself"));
                    }
                },
                _ => {
                    literal.push(c);
                    continue;
                }
            };
            push_literal(&mut tokens, &mut literal);
            push_wildcard(&mut tokens, wildcard);
        }
        push_literal(&mut tokens, &mut literal);
        Ok(Self { tokens })
    }

    /// The pattern of what contains `text`, in which no character has a special meaning.
    pub fn containing(text: &str) -> Self {
        let mut tokens = vec![PatternToken::AnyRun];
        if !text.is_empty() {
            tokens.push(PatternToken::Literal(fold(text)));
            tokens.push(PatternToken::AnyRun);
        }
        Self { tokens }
    }

    /// The parts, in order. Among neighbouring wildcards, [`PatternToken::AnyOne`] comes first.
    pub fn tokens(&self) -> &[PatternToken] {
        &self.tokens
    }

    /// Where the texts lie that fit; `None` if they may begin with anything.
    pub fn prefix(&self) -> Option<Prefix<'_>> {
        let (PatternToken::Literal(from), rest) = self.tokens.split_first()? else {
            return None;
        };
        Some(Prefix {
            from,
            below: behind_all(from),
            is_all: rest == [PatternToken::AnyRun],
        })
    }

    /// Whether a text, already folded, fits the pattern as a whole. The time is bounded by the product of the lengths.
    pub fn matches(&self, folded_text: &str) -> bool {
        let mut tokens = self.tokens.as_slice();
        let mut text = folded_text;
        // Where to go on if the present try fails: behind the last run, which then takes one more character. Earlier
        // runs need no second try: what they could gain, the last one gains too.
        let mut retry: Option<(&[PatternToken], &str)> = None;
        loop {
            let step = match tokens.split_first() {
                Some((PatternToken::AnyRun, rest)) => {
                    retry = Some((rest, text));
                    Some((rest, text))
                }
                Some((PatternToken::AnyOne, rest)) => without_first(text).map(|text| (rest, text)),
                Some((PatternToken::Literal(literal), rest)) => {
                    text.strip_prefix(literal.as_str()).map(|text| (rest, text))
                }
                None if text.is_empty() => return true,
                None => None,
            };
            let next = step.or_else(|| {
                let (behind, from) = retry?;
                let longer = without_first(from)?;
                retry = Some((behind, longer));
                retry
            });
            let Some(next) = next else {
                return false;
            };
            (tokens, text) = next;
        }
    }

    /// The pattern as text, folded, with `%` and `_` and this escape character, which must be neither of the two.
    pub fn escaped(&self, escape: char) -> String {
        let mut text = String::new();
        for token in &self.tokens {
            match token {
                PatternToken::AnyRun => text.push('%'),
                PatternToken::AnyOne => text.push('_'),
                PatternToken::Literal(literal) => {
                    for c in literal.chars() {
                        if c == '%' || c == '_' || c == escape {
                            text.push(escape);
                        }
                        text.push(c);
                    }
                }
            }
        }
        text
    }
}

fn push_literal(tokens: &mut Vec<PatternToken>, literal: &mut String) {
    if !literal.is_empty() {
        tokens.push(PatternToken::Literal(fold(literal)));
        literal.clear();
    }
}

/// Brings neighbouring wildcards into one order and drops runs beside runs, so that equal patterns compare as equal.
fn push_wildcard(tokens: &mut Vec<PatternToken>, wildcard: PatternToken) {
    if tokens.last() != Some(&PatternToken::AnyRun) {
        tokens.push(wildcard);
    } else if wildcard == PatternToken::AnyOne {
        tokens.insert(tokens.len() - 1, wildcard);
    }
}

/// The first text behind all that begin with this one.
fn behind_all(beginning: &str) -> Option<String> {
    let mut left = beginning.chars();
    while let Some(last) = left.next_back() {
        // Behind the last of all characters there is none, so the one before it counts.
        if let Some(next) = (last..=char::MAX).nth(1) {
            return Some(format!("{}{next}", left.as_str()));
        }
    }
    None
}

fn without_first(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    chars.next().map(|_| chars.as_str())
}
