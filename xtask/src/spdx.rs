//! Licence expressions as crates write them: `OR`, `AND`, `WITH`, parentheses, and the old slash for `OR`. Knows no list of licences.

use std::iter::Peekable;
use std::vec::IntoIter;

/// Whether the expression can be satisfied with allowed licences alone. The error says what could not be read.
pub(crate) fn is_satisfied(
    expression: &str,
    allowed: &dyn Fn(&str) -> bool,
) -> Result<bool, String> {
    let mut parser = Parser {
        tokens: tokens(expression).into_iter().peekable(),
        allowed,
    };
    let satisfied = parser.alternatives()?;
    match parser.tokens.next() {
        None => Ok(satisfied),
        Some(token) => Err(format!("unexpected `{token}`")),
    }
}

struct Parser<'a> {
    tokens: Peekable<IntoIter<String>>,
    allowed: &'a dyn Fn(&str) -> bool,
}

impl Parser<'_> {
    fn alternatives(&mut self) -> Result<bool, String> {
        let mut satisfied = self.conjunction()?;
        while self
            .tokens
            .next_if(|token| token == "OR" || token == "/")
            .is_some()
        {
            satisfied |= self.conjunction()?;
        }
        Ok(satisfied)
    }

    /// `AND` binds tighter than `OR`.
    fn conjunction(&mut self) -> Result<bool, String> {
        let mut satisfied = self.licence()?;
        while self.tokens.next_if(|token| token == "AND").is_some() {
            satisfied &= self.licence()?;
        }
        Ok(satisfied)
    }

    fn licence(&mut self) -> Result<bool, String> {
        let token = self
            .tokens
            .next()
            .ok_or("a licence is missing at the end")?;
        match token.as_str() {
            "(" => {
                let satisfied = self.alternatives()?;
                self.tokens
                    .next_if(|token| token == ")")
                    .ok_or("a `)` is missing")?;
                Ok(satisfied)
            }
            ")" | "/" | "OR" | "AND" | "WITH" => {
                Err(format!("a licence is missing before `{token}`"))
            }
            licence => {
                if self.tokens.next_if(|token| token == "WITH").is_none() {
                    return Ok((self.allowed)(licence));
                }
                let exception = self
                    .tokens
                    .next()
                    .ok_or("an exception is missing at the end")?;
                Ok((self.allowed)(&format!("{licence} WITH {exception}")))
            }
        }
    }
}

fn tokens(expression: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(expression.len());
    for c in expression.chars() {
        if matches!(c, '(' | ')' | '/') {
            spaced.extend([' ', c, ' ']);
        } else {
            spaced.push(c);
        }
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(expression: &str) -> Result<bool, String> {
        is_satisfied(expression, &|licence| {
            ["MIT", "ISC", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"].contains(&licence)
        })
    }

    #[test]
    fn expressions_are_judged() {
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("GPL-3.0-only OR MIT", true),
            ("GPL-3.0-only AND MIT", false),
            ("Apache-2.0 AND ISC", true),
            ("GPL-3.0-only/MIT", true),
            ("GPL-3.0-only / LGPL-2.1", false),
            ("MIT OR GPL-3.0-only AND GPL-2.0-only", true),
            ("(MIT OR GPL-3.0-only) AND GPL-2.0-only", false),
            ("(MIT OR GPL-3.0-only) AND (ISC)", true),
            ("Apache-2.0 WITH LLVM-exception", true),
            ("MIT WITH LLVM-exception", false),
            ("GPL-2.0-only WITH Classpath-exception-2.0 OR MIT", true),
        ] {
            assert_eq!(judge(expression), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (expression, expected) in [
            ("", "a licence is missing at the end"),
            ("MIT OR", "a licence is missing at the end"),
            ("MIT ISC", "unexpected `ISC`"),
            ("(MIT", "a `)` is missing"),
            ("MIT)", "unexpected `)`"),
            ("OR MIT", "a licence is missing before `OR`"),
            ("MIT WITH", "an exception is missing at the end"),
        ] {
            assert_eq!(judge(expression), Err(expected.to_owned()), "{expression}");
        }
    }
}
