//! Query strings, encoded or half raw (contract, section 1, rule 7; section 5).

use percent_encoding::percent_decode_str;
use tenantry_domain::{
    Problem,
    page::{Cursor, PageRequest, Start},
};

/// The parameters of a query string, decoded. Unknown ones are nobody's concern.
#[derive(Clone, Debug, Default)]
pub struct Query {
    parameters: Vec<(String, Result<String, ()>)>,
}

impl Query {
    /// Splits at `&` and at the first `=`, and decodes both halves. What is no percent-encoding stands for itself, so
    /// that `where=name LIKE 'gre%'` may come as typed.
    pub fn parse(query: &str) -> Self {
        let decode = |text: &str| {
            let spaced = text.replace('+', " ");
            percent_decode_str(&spaced)
                .decode_utf8()
                .map(std::borrow::Cow::into_owned)
                .map_err(|_| ())
        };
        let parameters = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .filter_map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decode(name).ok()?, decode(value)))
            })
            .collect();
        Self { parameters }
    }

    /// All parameters in their order, but for values that are no UTF-8.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.as_deref().ok()?)))
    }

    /// The value of a parameter that may be given once; `None` if it is left out or empty.
    ///
    /// # Errors
    /// If it is given twice, or is no UTF-8.
    pub fn one(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut found = self
            .parameters
            .iter()
            .filter(|(given, _)| given == name)
            .map(|(_, value)| value);
        let Some(value) = found.next() else {
            return Ok(None);
        };
        if found.next().is_some() {
            return Err(Problem::new(name, "is given twice; give it once"));
        }
        match value {
            Ok(value) if value.is_empty() => Ok(None),
            Ok(value) => Ok(Some(value)),
            Err(()) => Err(Problem::new(
                name,
                "is not valid UTF-8; percent-encode the bytes of its UTF-8 form",
            )),
        }
    }

    /// The values of a list parameter, given as `name[]=x`.
    ///
    /// # Errors
    /// If one is no UTF-8.
    pub fn many(&self, name: &str) -> Result<Vec<&str>, Problem> {
        let listed = format!("{name}[]");
        self.parameters
            .iter()
            .filter(|(given, _)| *given == listed)
            .map(|(_, value)| {
                value
                    .as_deref()
                    .map_err(|()| Problem::new(name, "is not valid UTF-8"))
            })
            .collect()
    }

    /// The value of `true` or `false`; `false` if it is left out.
    ///
    /// # Errors
    /// If it is anything else.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.one(name)? {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(_) => Err(Problem::new(name, "must be true or false")),
        }
    }
}

/// Which page, and whether its size had to be clipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// Which page.
    pub request: PageRequest,
    /// The warning to send along, if the size was clipped.
    pub warning: Option<&'static str>,
}

impl Paging {
    /// The page size where none is given.
    pub const DEFAULT_SIZE: u32 = 200;
    /// The largest page.
    pub const MAX_SIZE: u32 = 1000;

    /// Reads `pageSize`, `offset` and `nextPage`. With `nextPage`, `offset` and `page` are ignored.
    ///
    /// # Errors
    /// Every parameter that is wrong.
    pub fn of(query: &Query) -> Result<Self, Vec<Problem>> {
        let size = query
            .one("pageSize")
            .and_then(|text| text.map_or(Ok((Self::DEFAULT_SIZE, None)), size));
        let start = query.one("nextPage").and_then(|token| match token {
            Some(token) => Ok(Start::After(Cursor::new(token))),
            None => query
                .one("offset")
                .and_then(|text| text.map_or(Ok(Start::Offset(0)), offset)),
        });
        match (size, start) {
            (Ok((size, warning)), Ok(start)) => Ok(Self {
                request: PageRequest { size, start },
                warning,
            }),
            (size, start) => Err(size.err().into_iter().chain(start.err()).collect()),
        }
    }
}

fn size(text: &str) -> Result<(u32, Option<&'static str>), Problem> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u32>() {
        Ok(0) => Err(Problem::new("pageSize", "must be at least 1")),
        Ok(size) if digits && size <= Paging::MAX_SIZE => Ok((size, None)),
        _ if digits => Ok((
            Paging::MAX_SIZE,
            Some("pageSize was clipped to 1000, the largest page"),
        )),
        _ => Err(Problem::new(
            "pageSize",
            "must be a whole number from 1 to 1000",
        )),
    }
}

fn offset(text: &str) -> Result<Start, Problem> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<i64>() {
        Ok(offset) if digits => Ok(Start::Offset(offset.unsigned_abs())),
        _ => Err(Problem::new(
            "offset",
            "must be a whole number of records to skip, 0 or more",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_encoded_and_half_raw() {
        for query in [
            "where=firstName%3D%27o%20b%27",
            "where=firstName='o+b'",
            "&&where=firstName='o%20b'&x",
        ] {
            assert_eq!(
                Query::parse(query).one("where"),
                Ok(Some("firstName='o b'")),
                "{query}"
            );
        }
        assert_eq!(
            Query::parse("where=name LIKE 'gre%'").one("where"),
            Ok(Some("name LIKE 'gre%'"))
        );
        assert_eq!(Query::parse("where=").one("where"), Ok(None));
        assert_eq!(
            Query::parse("tags[]=a&tags%5B%5D=b&tags=c").many("tags"),
            Ok(vec!["a", "b"])
        );
    }

    #[test]
    fn wrong_values_name_the_parameter() {
        let message = |query: &str| {
            let query = Query::parse(query);
            let value = query.one("where").map(|value| value.map(str::to_owned));
            value.map_err(|problem| problem.to_string())
        };
        assert_eq!(
            message("where=a&where=b"),
            Err("where is given twice; give it once".to_owned())
        );
        assert!(
            message("where=%ff")
                .is_err_and(|message| message.starts_with("where is not valid UTF-8"))
        );
        let flag = |query: &str| {
            Query::parse(query)
                .flag("permanent")
                .map_err(|problem| problem.to_string())
        };
        assert_eq!(flag("permanent=TRUE"), Ok(true));
        assert_eq!(flag(""), Ok(false));
        assert_eq!(
            flag("permanent=1"),
            Err("permanent must be true or false".to_owned())
        );
    }

    #[test]
    fn pages_are_read_clipped_or_refused() {
        let read = |query: &str| {
            Paging::of(&Query::parse(query))
                .map(|paging| {
                    (
                        paging.request.size,
                        paging.request.start,
                        paging.warning.is_some(),
                    )
                })
                .map_err(|problems| {
                    problems
                        .iter()
                        .map(ToString::to_string)
                        .collect::<Vec<_>>()
                        .join("; ")
                })
        };
        let after = |token: &str| Start::After(Cursor::new(token));
        for (query, expected) in [
            ("", Ok((200, Start::Offset(0), false))),
            ("pageSize=1&offset=5", Ok((1, Start::Offset(5), false))),
            ("pageSize=1000", Ok((1000, Start::Offset(0), false))),
            ("pageSize=1001", Ok((1000, Start::Offset(0), true))),
            (
                "pageSize=99999999999999999999",
                Ok((1000, Start::Offset(0), true)),
            ),
            (
                "nextPage=abc&page=7&offset=9",
                Ok((200, after("abc"), false)),
            ),
            ("nextPage=&offset=9", Ok((200, Start::Offset(9), false))),
        ] {
            assert_eq!(read(query), expected, "{query}");
        }
        for (query, expected) in [
            ("pageSize=0", "pageSize must be at least 1"),
            (
                "pageSize=-5",
                "pageSize must be a whole number from 1 to 1000",
            ),
            (
                "pageSize=%2B5",
                "pageSize must be a whole number from 1 to 1000",
            ),
            (
                "pageSize=ten",
                "pageSize must be a whole number from 1 to 1000",
            ),
            (
                "offset=-1",
                "offset must be a whole number of records to skip, 0 or more",
            ),
            (
                "offset=99999999999999999999",
                "offset must be a whole number of records to skip, 0 or more",
            ),
            (
                "pageSize=x&offset=y",
                "pageSize must be a whole number from 1 to 1000; offset must be a whole number of records to skip, 0 \
                 or more",
            ),
        ] {
            assert_eq!(read(query), Err(expected.to_owned()), "{query}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_query_makes_it_panic(query: String) {
            let query = Query::parse(&query);
            let _ = (Paging::of(&query), query.one("where"), query.many("tags"));
        }
    }
}
