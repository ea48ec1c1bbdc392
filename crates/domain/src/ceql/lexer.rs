//! Cuts a text into tokens, one at a time. It must not know in which order tokens may come.

use super::{
    error::{CeqlError, ErrorKind, excerpt},
    expr::Span,
    value::Comparison,
};

pub(super) struct Lexer<'s> {
    source: &'s str,
    /// The byte that comes next.
    at: usize,
    /// The column of the character that comes next.
    column: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Token<'s> {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
    /// The token as written.
    pub(super) text: &'s str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A name without back-quotes that is no keyword.
    Name,
    /// A name that was in back-quotes.
    QuotedName(String),
    Text(String),
    /// Something that begins like a number: a number, a date, or nonsense.
    Bare,
    Operator(Comparison),
    Keyword(Keyword),
    Open,
    Close,
    Comma,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    And,
    Or,
    Not,
    Like,
    In,
    Is,
    Null,
    True,
    False,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self {
            source,
            at: 0,
            column: 1,
        }
    }

    /// The next token; [`TokenKind::End`] again and again once the text is over.
    pub(super) fn next_token(&mut self) -> Result<Token<'s>, CeqlError> {
        self.skip_while(char::is_whitespace);
        let (at, start) = (self.at, self.column);
        let kind = self.next_kind()?;
        Ok(Token {
            kind,
            span: Span {
                start,
                end: self.column,
            },
            text: &self.source[at..self.at],
        })
    }

    fn next_kind(&mut self) -> Result<TokenKind, CeqlError> {
        let Some(first) = self.peek() else {
            return Ok(TokenKind::End);
        };
        if is_name_start(first) {
            let name = self.skip_while(is_name_part);
            return Ok(Keyword::of(name).map_or(TokenKind::Name, TokenKind::Keyword));
        }
        if first.is_ascii_digit()
            || first == '-' && self.peek_second().is_some_and(|c| c.is_ascii_digit())
        {
            self.skip_while(|c| c.is_alphanumeric() || matches!(c, '.' | ':' | '_' | '+' | '-'));
            return Ok(TokenKind::Bare);
        }
        match first {
            '\'' => self.quoted('\'').map(TokenKind::Text),
            '`' => {
                let column = self.column;
                let name = self.quoted('`')?;
                if name.is_empty() {
                    let kind = ErrorKind::Expected {
                        expected: "a name",
                        found: "nothing in back-quotes".to_owned(),
                    };
                    return Err(CeqlError::new(kind, column));
                }
                Ok(TokenKind::QuotedName(name))
            }
            '(' => Ok(self.single(TokenKind::Open)),
            ')' => Ok(self.single(TokenKind::Close)),
            ',' => Ok(self.single(TokenKind::Comma)),
            _ => self.operator().map(TokenKind::Operator),
        }
    }

    fn operator(&mut self) -> Result<Comparison, CeqlError> {
        // Longer ones first, so that none is taken for its beginning.
        const OPERATORS: [(&str, Comparison); 7] = [
            ("!=", Comparison::NotEqual),
            ("<>", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
            ("=", Comparison::Equal),
        ];
        const FOREIGN: [(&str, &str); 14] = [
            ("!==", "use !="),
            ("==", "use ="),
            ("=<", "use <="),
            ("=>", "use >="),
            ("&&", "use AND"),
            ("||", "use OR"),
            ("&", "use AND"),
            ("|", "use OR"),
            ("!", "use NOT"),
            ("\"", "text is written in single quotes"),
            ("‘", "text is written in straight single quotes"),
            ("’", "text is written in straight single quotes"),
            ("“", "text is written in straight single quotes"),
            ("+", "numbers are written without +"),
        ];
        let rest = &self.source[self.at..];
        let known = OPERATORS
            .iter()
            .find(|(symbol, _)| rest.starts_with(symbol));
        let foreign = FOREIGN.iter().find(|(symbol, _)| rest.starts_with(symbol));
        let Some((symbol, operator)) = known
            .filter(|(known, _)| foreign.is_none_or(|(foreign, _)| foreign.len() <= known.len()))
        else {
            let mut first = [0; 4];
            let first = rest
                .chars()
                .next()
                .map_or("", |c| c.encode_utf8(&mut first));
            let found = excerpt(foreign.map_or(first, |(symbol, _)| symbol));
            let error = CeqlError::new(ErrorKind::Unexpected { found }, self.column);
            return Err(match foreign {
                Some((_, advice)) => error.advise(*advice),
                None => error,
            });
        };
        self.at += symbol.len();
        self.column += symbol.len();
        Ok(*operator)
    }

    /// A text in quotes, in which a doubled quote stands for one.
    fn quoted(&mut self, quote: char) -> Result<String, CeqlError> {
        let column = self.column;
        self.bump();
        let mut text = String::new();
        while let Some(c) = self.bump() {
            if c != quote {
                text.push(c);
            } else if self.peek() == Some(quote) {
                self.bump();
                text.push(quote);
            } else {
                return Ok(text);
            }
        }
        Err(CeqlError::new(ErrorKind::Unterminated { quote }, column))
    }

    fn single(&mut self, kind: TokenKind) -> TokenKind {
        self.bump();
        kind
    }

    fn peek(&self) -> Option<char> {
        self.source[self.at..].chars().next()
    }

    fn peek_second(&self) -> Option<char> {
        self.source[self.at..].chars().nth(1)
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        self.column += 1;
        Some(c)
    }

    fn skip_while(&mut self, skipped: impl Fn(char) -> bool) -> &'s str {
        let from = self.at;
        while self.peek().is_some_and(&skipped) {
            self.bump();
        }
        &self.source[from..self.at]
    }
}

impl Keyword {
    fn of(name: &str) -> Option<Self> {
        const KEYWORDS: [(&str, Keyword); 9] = [
            ("AND", Keyword::And),
            ("OR", Keyword::Or),
            ("NOT", Keyword::Not),
            ("LIKE", Keyword::Like),
            ("IN", Keyword::In),
            ("IS", Keyword::Is),
            ("NULL", Keyword::Null),
            ("TRUE", Keyword::True),
            ("FALSE", Keyword::False),
        ];
        KEYWORDS
            .iter()
            .find(|(text, _)| text.eq_ignore_ascii_case(name))
            .map(|(_, keyword)| *keyword)
    }
}

/// Whether a name may stand without back-quotes.
pub(super) fn is_plain_name(name: &str) -> bool {
    name.starts_with(is_name_start) && name.chars().all(is_name_part) && Keyword::of(name).is_none()
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}
