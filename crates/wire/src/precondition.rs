//! `ETag`, `If-Match` and `If-None-Match` (contract, section 3; RFC 9110, sections 8.8.3 and 13.1).

use tenantry_domain::{Expected, Problem, Revision};

/// The strong entity tag of a revision.
pub fn etag(revision: Revision) -> String {
    format!("\"{revision}\"")
}

/// Reads the value of an `If-Match`: `*` or a list of entity tags. A weak tag, and one that is none of ours, is well formed
/// and never matches.
///
/// # Errors
/// If it is neither.
pub fn if_match(value: &str) -> Result<Expected, Problem> {
    if value.trim() == "*" {
        return Ok(Expected::Anything);
    }
    let tags = tags(value).ok_or_else(|| malformed("If-Match"))?;
    let strong = tags.iter().filter(|tag| !tag.weak);
    Ok(Expected::OneOf(
        strong.filter_map(|tag| tag.revision).collect(),
    ))
}

/// Whether an `If-None-Match` names this revision, weakly compared: then the reply is 304.
///
/// # Errors
/// If it is neither `*` nor a list of entity tags.
pub fn if_none_match(value: &str, revision: Revision) -> Result<bool, Problem> {
    if value.trim() == "*" {
        return Ok(true);
    }
    let tags = tags(value).ok_or_else(|| malformed("If-None-Match"))?;
    Ok(tags.iter().any(|tag| tag.revision == Some(revision)))
}

fn malformed(header: &str) -> Problem {
    Problem::new(
        header,
        "must be * or a list of quoted entity tags, for example \"7\"",
    )
}

struct Tag {
    weak: bool,
    revision: Option<Revision>,
}

fn tags(value: &str) -> Option<Vec<Tag>> {
    let mut tags = Vec::new();
    let mut rest = value.trim();
    loop {
        let (weak, after) = match rest.strip_prefix("W/") {
            Some(after) => (true, after),
            None => (false, rest),
        };
        let (tag, after) = after.strip_prefix('"')?.split_once('"')?;
        let ours = tag.bytes().all(|byte| byte.is_ascii_digit());
        let number = if ours { tag.parse().ok() } else { None };
        tags.push(Tag {
            weak,
            revision: number.map(Revision::new),
        });
        rest = after.trim_start();
        if rest.is_empty() {
            return Some(tags);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_is_read_or_refused() {
        let one_of = |revisions: &[i64]| {
            Some(Expected::OneOf(
                revisions.iter().copied().map(Revision::new).collect(),
            ))
        };
        for (value, expected) in [
            ("*", Some(Expected::Anything)),
            ("\"7\"", one_of(&[7])),
            (" \"7\" , \"8\"", one_of(&[7, 8])),
            ("W/\"7\"", one_of(&[])),
            ("\"abc\"", one_of(&[])),
            ("\"a,b\", \"7\"", one_of(&[7])),
            ("7", None),
            ("", None),
            ("\"7", None),
            ("\"7\",", None),
            ("\"7\" \"8\"", None),
        ] {
            assert_eq!(if_match(value).ok(), expected, "{value}");
        }
    }

    #[test]
    fn if_none_match_is_compared_weakly() {
        for (value, expected) in [
            ("*", Ok(true)),
            ("\"7\"", Ok(true)),
            ("W/\"7\"", Ok(true)),
            ("\"6\", \"8\"", Ok(false)),
        ] {
            assert_eq!(if_none_match(value, Revision::new(7)), expected, "{value}");
        }
        assert!(if_none_match("7", Revision::new(7)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_value_makes_it_panic(value: String) {
            let _ = (if_match(&value), if_none_match(&value, Revision::FIRST));
        }
    }
}
