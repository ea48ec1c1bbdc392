//! Archives that somebody made up. Each gives an error with its line, and none a panic.

use std::io::Cursor;

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use tenantry_archive::{Archive, FileKind, detect};

use crate::support::{said, sample, written};

const HEADER: &str = r#"{"kind":"tenantry-archive","version":1,"organizationId":2}"#;
const ORGANIZATION: &str = r#"{"kind":"organization","id":2,"name":"Shire","active":true,"roles":[],"defaultAccount":{"id":3,"name":"Shire","active":true,"roles":[],"createdDate":"2026-01-02T03:04:05.000000Z","updatedDate":"2026-01-02T03:04:05.000000Z","revision":1},"createdDate":"2026-01-02T03:04:05.000000Z","updatedDate":"2026-01-02T03:04:05.000000Z","revision":1}"#;

fn element(id: i64) -> String {
    format!(r#"{{"kind":"element","id":{id},"key":"k{id}","name":"n","hub":"h"}}"#)
}

/// What is said to these records, with an end that fits them.
fn said_to(records: &[String]) -> String {
    let lines: Vec<&str> = [HEADER, ORGANIZATION]
        .into_iter()
        .chain(records.iter().map(String::as_str))
        .collect();
    let body = lines.join("\n") + "\n";
    let digest: String = Sha256::digest(&body)
        .iter()
        .map(|byte| [byte >> 4, byte & 15].map(|it| char::from_digit(it.into(), 16).unwrap()))
        .flat_map(IntoIterator::into_iter)
        .collect();
    let end = format!(
        r#"{{"kind":"end","accounts":0,"elements":{},"users":0,"instances":0,"sha256":"{digest}"}}"#,
        records.len()
    );
    opened(format!("{body}{end}\n").as_bytes())
}

fn opened(bytes: &[u8]) -> String {
    match Archive::open(Cursor::new(bytes)) {
        Ok(archive) => format!("fine: {}", archive.counts().total()),
        Err(error) => said(error),
    }
}

#[test]
fn records_that_cannot_be_are_refused_with_their_line() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let longest = 4 * 1024 * 1024;
    for (records, expected) in [
        (vec![], "fine: 0".to_owned()),
        (vec![element(1), element(2)], "fine: 2".to_owned()),
        (
            vec![element(1), element(1)],
            "line 4: the id 1 stands here twice".to_owned(),
        ),
        (
            vec![element(2), element(1)],
            "line 4: the id 1 comes behind the id 2".to_owned(),
        ),
        (vec![element(0)], "line 3: id must be at least 1".to_owned()),
        (
            vec![element(i64::MIN)],
            "line 3: id must be at least 1".to_owned(),
        ),
        (
            vec![element(1).replace("k1", r"a\u0000b")],
            "line 3: key must not contain control characters".to_owned(),
        ),
        (
            vec![element(1).replace(r#""hub""#, r#""Hub""#)],
            "line 3: unknown field `Hub`, expected one of `id`, `key`, `name`, `hub`".to_owned(),
        ),
        (
            vec![ORGANIZATION.to_owned()],
            "line 3: a line of the kind organization does not belong here".to_owned(),
        ),
        (
            vec!["x".repeat(longest)],
            format!("line 3: it has more than {longest} bytes"),
        ),
        (
            vec![String::new()],
            "line 3: EOF while parsing a value (column 0)".to_owned(),
        ),
        (
            vec![deep.clone()],
            "line 3: invalid type: sequence, expected variant identifier (column 1)".to_owned(),
        ),
        (
            vec![format!(r#"{{"kind":"element","id":{deep}}}"#)],
            "line 3: recursion limit exceeded".to_owned(),
        ),
    ] {
        let said = said_to(&records);
        assert!(said.starts_with(&expected), "{said}\n{expected}");
    }
}

#[test]
fn files_that_are_no_archives_are_refused_with_their_line() {
    let header = |text: &str| format!("{text}\n{ORGANIZATION}\n");
    let torn = "the archive ends here, without its last line: it is not whole";
    for (text, expected) in [
        (String::new(), format!("line 0: {torn}")),
        (format!("{HEADER}\n"), format!("line 1: {torn}")),
        (header(HEADER), format!("line 2: {torn}")),
        (
            header(&HEADER.replace(r#""version":1"#, r#""version":2"#)),
            "line 1: the archive has version 2, and this program reads version 1".to_owned(),
        ),
        (
            header(&HEADER.replace(":2}", ":3}")),
            "line 2: it is the organization 2, where the first line says 3".to_owned(),
        ),
        (
            format!("{ORGANIZATION}\n"),
            "line 1: it does not say that this is an archive of Tenantry".to_owned(),
        ),
        (
            "email,firstName\n".to_owned(),
            "line 1: expected value (column 1)".to_owned(),
        ),
    ] {
        assert_eq!(opened(text.as_bytes()), expected);
    }
    assert_eq!(
        opened(b"{\"kind\":\"\xff\"}\n"),
        "line 1: it is not UTF-8 from byte 10 on"
    );
}

#[test]
fn nothing_may_stand_behind_the_end() {
    let mut bytes = written(&sample(false), None);
    bytes.extend_from_slice(b"\n");
    assert!(opened(&bytes).ends_with("it stands behind the end"));
}

#[test]
fn an_archive_is_known_by_its_beginning() {
    let mut file = Cursor::new(written(&sample(false), None));
    assert_eq!(detect(&mut file).unwrap(), FileKind::Archive);
}

proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>()) {
        let mut whole = written(&sample(false), None);
        let at = at.index(whole.len());
        whole.splice(at..at, bytes);
        opened(&whole);
    }
}
