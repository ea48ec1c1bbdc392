//! What holds for every text that anybody may send. The fuzzer runs this with whatever reaches new code, the tests of `wire` with the
//! corpus and a fixed number of its mutations.
//!
//! The first byte of an input says who reads the rest; it is a letter, so that a corpus can be written by hand.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use tenantry_domain::{
    Account, AccountField, AccountId, Expected, InstanceField, Name, OrganizationId, Revision,
    Scope, SecretText, Text, UserField,
    ceql::{CeqlError, ErrorKind, Expr, Field, Filter, MAX_LENGTH},
    page::{Cursor, Keyset, Listed, Sort},
    services::PresentedSecrets,
};
use tenantry_wire::{
    authorization, path, precondition,
    query::{Paging, Query},
};
use time::macros::datetime;

const SCOPE: Scope = Scope::organization(OrganizationId::new(2));

/// Panics if the reader that the first byte names breaks a promise.
pub(crate) fn check(input: &[u8]) {
    let Some((reader, rest)) = input.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(rest);
    match reader {
        b'a' => authorization_header(&text),
        b'i' => path_part(&text),
        b'm' => preconditions(&text),
        b'o' => order(&text),
        b'p' => page_token_of(rest),
        b'q' => query_string(&text),
        b't' => page_token(&text),
        _ => expression(&text),
    }
}

/// CEQL: what is printed is read as the same.
fn expression(text: &str) {
    let expr = match Expr::parse(text) {
        Ok(expr) => expr,
        Err(error) => return refusal(&error, text),
    };
    let printed = expr.to_string();
    match Expr::parse(&printed) {
        Ok(again) => assert_eq!(again, expr, "{printed}"),
        // Blanks, parentheses and doubled quotes take room that the text did not need.
        Err(error) => assert!(passes_length(&error, &printed), "{error}: {printed}"),
    }
    filter::<UserField>(&expr, text);
    filter::<InstanceField>(&expr, text);
    let Some((filter, again)) = filter::<AccountField>(&expr, text) else {
        return;
    };
    for account in accounts() {
        assert_eq!(again.matches(&account), filter.matches(&account), "{again}");
    }
}

/// The filter over these fields, and the one that its canonical text means.
fn filter<F: Field>(expr: &Expr, text: &str) -> Option<(Filter<F>, Filter<F>)> {
    let filter = match Filter::<F>::resolve(expr) {
        Ok(filter) => filter,
        Err(error) => {
            refusal(&error, text);
            return None;
        }
    };
    // Only that it ends: what it means is asked by the properties of `domain`, over generated records.
    let _ = filter.normalized();
    let printed = filter.to_string();
    match Filter::<F>::parse(&printed) {
        Ok(again) => {
            assert_eq!(again.to_string(), printed);
            Some((filter, again))
        }
        // A day is printed as the two instants that bound it, which takes more room and may take one more parenthesis.
        Err(error) => {
            let expected = passes_length(&error, &printed) || *error.kind() == ErrorKind::TooDeep;
            assert!(expected, "{error}: {printed}");
            None
        }
    }
}

fn passes_length(error: &CeqlError, text: &str) -> bool {
    *error.kind() == ErrorKind::TooLong && text.chars().count() > MAX_LENGTH
}

/// An error names a place in the text, or the one behind it, and has a message.
fn refusal(error: &CeqlError, text: &str) {
    assert!(
        (1..=text.chars().count() + 1).contains(&error.column()),
        "{error}"
    );
    assert!(!error.to_string().is_empty());
}

/// Records on both sides of what a corpus asks for.
fn accounts() -> [Account; 2] {
    let account = |id, name, description, at| Account {
        id: AccountId::new(id),
        organization_id: OrganizationId::new(2),
        name: Name::parse(name).expect("a name"),
        description,
        external_id: Text::parse("O'Hara_%\\").ok(),
        active: id == 1,
        is_default: id == 1,
        created_at: at,
        updated_at: at,
        revision: Revision::FIRST,
    };
    [
        account(1, "Green É", None, datetime!(2017-01-15 00:00 UTC)),
        account(
            i64::MAX,
            "a",
            Text::parse("ab").ok(),
            datetime!(2017-01-15 23:59:59.999_999 UTC),
        ),
    ]
}

/// `orderBy`: what is printed is read as the same.
fn order(text: &str) {
    fn check<F: Listed>(text: &str) {
        match Sort::<F>::parse(text) {
            Ok(sort) => assert_eq!(Sort::parse(&sort.to_string()), Ok(sort)),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    check::<UserField>(text);
    check::<AccountField>(text);
    check::<InstanceField>(text);
}

/// A list of accounts that is ordered by a value of each kind.
fn list() -> (Filter<AccountField>, Sort<AccountField>) {
    let sort = Sort::parse("active, createdDate desc, description, id").expect("an order");
    (Filter::All, sort)
}

/// `nextPage` as it comes: a text that nobody made is refused.
fn page_token(text: &str) {
    let (filter, sort) = list();
    let cursor = Cursor::new(text);
    if let Some(keyset) = Keyset::parse(&cursor, &SCOPE, &filter, &sort) {
        assert_eq!(keyset.cursor(&SCOPE, &filter, &sort), cursor);
    }
}

/// `nextPage` with fingerprint and checksum right, which no fuzzer guesses, and these bytes as the values behind them.
fn page_token_of(values: &[u8]) {
    let (filter, sort) = list();
    let [account, _] = accounts();
    let genuine = Keyset::of(&sort, &account).cursor(&SCOPE, &filter, &sort);
    let genuine = URL_SAFE_NO_PAD.decode(genuine.as_str()).expect("base64");
    let mut payload = genuine[8..16].to_vec();
    payload.extend(values);
    let mut token = fnv1a(&payload).to_be_bytes().to_vec();
    token.append(&mut payload);
    let cursor = Cursor::new(URL_SAFE_NO_PAD.encode(token));
    let Some(keyset) = Keyset::parse(&cursor, &SCOPE, &filter, &sort) else {
        return;
    };
    assert_eq!(keyset.cursor(&SCOPE, &filter, &sort), cursor);
    let behind = keyset.filter(&sort);
    assert!(!behind.to_string().is_empty());
    let _ = behind.matches(&account);
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// `Authorization`: the parts that were found, written down again, are read as the same.
fn authorization_header(header: &str) {
    fn parts(secrets: &PresentedSecrets) -> Vec<String> {
        let part = |scheme: &str, secret: &Option<SecretText>| {
            let secret = secret.as_ref()?;
            Some(format!("{scheme} {}", secret.expose()))
        };
        [
            part("User", &secrets.user),
            part("Organization", &secrets.organization),
            part("Element", &secrets.element),
            part("Bearer", &secrets.bearer),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
    if let Some(secrets) = authorization::parse(header) {
        let written = parts(&secrets);
        let again = authorization::parse(&written.join(",")).expect("a header like those sent");
        assert_eq!(parts(&again), written);
    }
}

/// `If-Match` and `If-None-Match`: they take and refuse the same texts, and a tag of ours means its revision.
fn preconditions(header: &str) {
    let expected = precondition::if_match(header);
    let unchanged = precondition::if_none_match(header, Revision::FIRST);
    assert_eq!(expected.is_ok(), unchanged.is_ok());
    let Ok(Expected::OneOf(revisions)) = expected else {
        return;
    };
    for revision in revisions {
        let tag = precondition::etag(revision);
        assert_eq!(
            precondition::if_match(&tag),
            Ok(Expected::OneOf(vec![revision]))
        );
        assert_eq!(precondition::if_none_match(header, revision), Ok(true));
    }
}

/// A query string: a value means the same when every byte of it comes encoded, and a `where` in it is CEQL.
fn query_string(text: &str) {
    let query = Query::parse(text);
    let _ = (
        Paging::of(&query),
        query.flag("permanent"),
        query.many("tags"),
    );
    for name in ["where", "orderBy", "nextPage"] {
        let Ok(Some(value)) = query.one(name) else {
            continue;
        };
        let encoded: Vec<String> = value.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let again = Query::parse(&format!("{name}={}", encoded.concat()));
        assert_eq!(again.one(name), Ok(Some(value)));
        match name {
            "where" => expression(value),
            "orderBy" => order(value),
            _ => page_token(value),
        }
    }
}

/// An id or an e-mail in a path: whatever is an id is one as `{emailOrId}` as well.
fn path_part(text: &str) {
    if let Some(path::PathId::Id(id)) = path::id(text) {
        assert_eq!(path::email_or_id(text), path::email_or_id(&id.to_string()));
    } else {
        let _ = path::email_or_id(text);
    }
}
