//! Recursive descent over the grammar. Recursion happens only at a parenthesis, and those are counted.
//!
//! It must not know which fields there are nor what they hold.

use super::{
    MAX_LENGTH, MAX_LIST, MAX_NESTING, date,
    error::{CeqlError, ErrorKind, excerpt},
    expr::{Expr, FieldName, Literal, LiteralValue},
    lexer::{Keyword, Lexer, Token, TokenKind},
    nearest::nearest,
    value::Comparison,
};

pub(super) fn parse(source: &str) -> Result<Expr, CeqlError> {
    // Bytes first: they are known without looking at the text, and a character has four of them at most.
    if source.len() > MAX_LENGTH * 4 || source.chars().count() > MAX_LENGTH {
        return Err(CeqlError::new(ErrorKind::TooLong, MAX_LENGTH + 1));
    }
    let mut lexer = Lexer::new(source);
    let current = lexer.next_token()?;
    if current.kind == TokenKind::End {
        return Err(CeqlError::new(ErrorKind::Empty, 1));
    }
    let mut parser = Parser {
        lexer,
        current,
        nesting: 0,
    };
    let expr = parser.disjunction()?;
    if parser.current.kind != TokenKind::End {
        return Err(parser.expected_continuation("AND, OR or the end"));
    }
    Ok(expr)
}

struct Parser<'s> {
    lexer: Lexer<'s>,
    current: Token<'s>,
    /// How many parentheses are open.
    nesting: usize,
}

impl Parser<'_> {
    fn disjunction(&mut self) -> Result<Expr, CeqlError> {
        self.chain(Keyword::Or, Self::conjunction, Expr::Or)
    }

    fn conjunction(&mut self) -> Result<Expr, CeqlError> {
        self.chain(Keyword::And, Self::negation, Expr::And)
    }

    /// `part {keyword part}`: one part stays what it is, several are joined.
    fn chain(
        &mut self,
        keyword: Keyword,
        part: impl Fn(&mut Self) -> Result<Expr, CeqlError>,
        join: impl FnOnce(Vec<Expr>) -> Expr,
    ) -> Result<Expr, CeqlError> {
        let first = part(self)?;
        if !self.at_keyword(keyword) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.at_keyword(keyword) {
            self.advance()?;
            parts.push(part(self)?);
        }
        Ok(join(parts))
    }

    fn negation(&mut self) -> Result<Expr, CeqlError> {
        if !self.at_keyword(Keyword::Not) {
            return self.primary();
        }
        self.advance()?;
        if self.at_keyword(Keyword::Not) {
            return Err(self
                .expected("a condition after NOT")
                .advise("a second NOT needs parentheses, NOT (NOT …)"));
        }
        Ok(Expr::Not(Box::new(self.primary()?)))
    }

    fn primary(&mut self) -> Result<Expr, CeqlError> {
        if self.current.kind != TokenKind::Open {
            return self.condition();
        }
        if self.nesting == MAX_NESTING {
            return Err(CeqlError::new(ErrorKind::TooDeep, self.current.span.start));
        }
        self.nesting += 1;
        self.advance()?;
        let inner = self.disjunction()?;
        if self.current.kind != TokenKind::Close {
            return Err(self.expected_continuation("AND, OR or ')'"));
        }
        self.advance()?;
        self.nesting -= 1;
        Ok(inner)
    }

    fn condition(&mut self) -> Result<Expr, CeqlError> {
        let field = self.field()?;
        if let TokenKind::Operator(op) = self.current.kind {
            self.advance()?;
            let value = self.value(Some(op))?;
            return Ok(Expr::Compare { field, op, value });
        }
        if self.at_keyword(Keyword::Is) {
            self.advance()?;
            let negated = self.take_keyword(Keyword::Not)?;
            if !self.take_keyword(Keyword::Null)? {
                return Err(self.expected(if negated { "NULL" } else { "NULL or NOT NULL" }));
            }
            return Ok(Expr::IsNull { field, negated });
        }
        let negated = self.take_keyword(Keyword::Not)?;
        if self.take_keyword(Keyword::Like)? {
            let pattern = self.pattern()?;
            return Ok(Expr::Like {
                field,
                pattern,
                negated,
            });
        }
        if self.take_keyword(Keyword::In)? {
            let values = self.list()?;
            return Ok(Expr::In {
                field,
                values,
                negated,
            });
        }
        Err(if negated {
            self.expected("LIKE or IN")
        } else {
            self.expected_comparison()
        })
    }

    fn field(&mut self) -> Result<FieldName, CeqlError> {
        let advice = match &self.current.kind {
            TokenKind::Name => return self.take_name(self.current.text.to_owned()),
            TokenKind::QuotedName(name) => return self.take_name(name.clone()),
            TokenKind::Text(_) => "fields are written without quotes or in back-quotes",
            TokenKind::Keyword(_) => "a field of that name is written in back-quotes",
            TokenKind::Bare => "the field comes first, then the value",
            _ => return Err(self.expected("a field")),
        };
        Err(self.expected("a field").advise(advice))
    }

    fn take_name(&mut self, text: String) -> Result<FieldName, CeqlError> {
        let span = self.current.span;
        self.advance()?;
        Ok(FieldName { text, span })
    }

    /// A value of any type; the operator before it, if any, makes for better advice.
    fn value(&mut self, op: Option<Comparison>) -> Result<Literal, CeqlError> {
        let value = match &self.current.kind {
            TokenKind::Text(text) => LiteralValue::Text(text.clone()),
            TokenKind::Bare => self.bare()?,
            TokenKind::Keyword(Keyword::True) => LiteralValue::Boolean(true),
            TokenKind::Keyword(Keyword::False) => LiteralValue::Boolean(false),
            TokenKind::Keyword(Keyword::Null) => {
                let advice = if op == Some(Comparison::NotEqual) {
                    "use IS NOT NULL"
                } else {
                    "use IS NULL"
                };
                return Err(self.expected("a value").advise(advice));
            }
            TokenKind::Name | TokenKind::QuotedName(_) => {
                return Err(self
                    .expected("a value")
                    .advise("text is written in single quotes"));
            }
            _ => return Err(self.expected("a value")),
        };
        let span = self.current.span;
        self.advance()?;
        Ok(Literal { value, span })
    }

    fn bare(&self) -> Result<LiteralValue, CeqlError> {
        let text = self.current.text;
        if is_number(text) {
            return Ok(LiteralValue::Number(text.to_owned()));
        }
        let (found, column) = (excerpt(text), self.current.span.start);
        match date::parse(text) {
            Ok(_) => Ok(LiteralValue::Date(text.to_owned())),
            Err(advice) if text.as_bytes().get(4) == Some(&b'-') => {
                Err(CeqlError::new(ErrorKind::MalformedDate { found }, column).advise(advice))
            }
            Err(_) => Err(CeqlError::new(ErrorKind::MalformedValue { found }, column)
                .advise("text is written in single quotes")),
        }
    }

    fn pattern(&mut self) -> Result<Literal, CeqlError> {
        if matches!(self.current.kind, TokenKind::Text(_)) {
            return self.value(None);
        }
        Err(self.expected("a pattern in single quotes"))
    }

    fn list(&mut self) -> Result<Vec<Literal>, CeqlError> {
        if self.current.kind != TokenKind::Open {
            return Err(self.expected("'(' and a list of values"));
        }
        let mut values = Vec::new();
        loop {
            // Past the parenthesis the first time, past a comma after that.
            self.advance()?;
            if values.len() == MAX_LIST {
                return Err(CeqlError::new(
                    ErrorKind::ListTooLong,
                    self.current.span.start,
                ));
            }
            values.push(self.value(None)?);
            match self.current.kind {
                TokenKind::Comma => {}
                TokenKind::Close => break,
                _ => return Err(self.expected("',' or ')'")),
            }
        }
        self.advance()?;
        Ok(values)
    }

    fn expected(&self, expected: &'static str) -> CeqlError {
        let found = match self.current.kind {
            TokenKind::End => "the end".to_owned(),
            _ => excerpt(self.current.text),
        };
        CeqlError::new(
            ErrorKind::Expected { expected, found },
            self.current.span.start,
        )
    }

    fn expected_comparison(&self) -> CeqlError {
        let error = self.expected("a comparison");
        if self.current.kind != TokenKind::Name {
            return error;
        }
        if self.current.text.eq_ignore_ascii_case("between") {
            return error.advise("use >= and <=");
        }
        error.meant(nearest(self.current.text, ["LIKE", "IN", "IS", "NOT"]))
    }

    /// What follows a complete condition is neither a connection nor an end.
    fn expected_continuation(&self, expected: &'static str) -> CeqlError {
        let error = self.expected(expected);
        match self.current.kind {
            TokenKind::Name => error
                .meant(nearest(self.current.text, ["AND", "OR"]))
                .advise("conditions are joined by AND or OR"),
            TokenKind::QuotedName(_)
            | TokenKind::Open
            | TokenKind::Comma
            | TokenKind::Keyword(Keyword::Not) => {
                error.advise("conditions are joined by AND or OR")
            }
            TokenKind::Text(_) => error.advise("a quote inside of text is doubled"),
            TokenKind::Close => error.advise("it closes nothing"),
            _ => error,
        }
    }

    fn at_keyword(&self, keyword: Keyword) -> bool {
        self.current.kind == TokenKind::Keyword(keyword)
    }

    fn take_keyword(&mut self, keyword: Keyword) -> Result<bool, CeqlError> {
        let found = self.at_keyword(keyword);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    fn advance(&mut self) -> Result<(), CeqlError> {
        self.current = self.lexer.next_token()?;
        Ok(())
    }
}

/// `-12` or `1.5`. Fractions are read so that the message about them can name the field.
fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    match text.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => digits(text),
    }
}
