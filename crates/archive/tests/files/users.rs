//! Files of users from elsewhere.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
    sync::Arc,
};

use proptest::prelude::*;
use tenantry_archive::{Accounts, FileError, FileKind, UsersFile, UsersOptions, detect};
use tenantry_domain::{
    AccountId, Name, OrganizationId, PasswordHash, PasswordState, Revision, RoleKey, SecretText,
    Text, UserId,
    ports::TransferSource as _,
    transfer::{Record, UserRecord},
};
use tenantry_testkit::{PlainHasher, PlainVault, run};
use time::macros::datetime;

use crate::support::said;

type Found = (Vec<UserRecord<Option<SecretText>>>, Vec<String>);

fn options() -> UsersOptions {
    let account = AccountId::new;
    UsersOptions {
        organization: OrganizationId::new(2),
        accounts: Accounts {
            otherwise: account(3),
            ids: BTreeSet::from([account(3), account(4)]),
            by_external_id: BTreeMap::from([("sales".to_owned(), account(4))]),
        },
        ignore_unknown: false,
        at: datetime!(2026-05-06 7:08:09 UTC),
        hasher: Arc::new(PlainHasher::new()),
        vault: Arc::new(PlainVault::new()),
    }
}

fn opened(bytes: &[u8], options: UsersOptions) -> Result<UsersFile<Cursor<Vec<u8>>>, FileError> {
    let mut file = Cursor::new(bytes.to_vec());
    let FileKind::Users(format) = detect(&mut file)? else {
        panic!("an archive");
    };
    UsersFile::open(file, format, options)
}

fn read_with(bytes: &[u8], options: UsersOptions) -> Result<Found, String> {
    let mut file = opened(bytes, options).map_err(said)?;
    run(async {
        let (mut users, mut problems) = (Vec::new(), Vec::new());
        while let Some(batch) = file.next().await.map_err(|error| error.to_string())? {
            problems.extend(batch.unreadable.into_iter().map(|one| one.what));
            users.extend(batch.records.into_iter().map(|record| match record {
                Record::User(user) => *user,
                other => panic!("{other:?}"),
            }));
        }
        Ok((users, problems))
    })
}

fn read(text: &str) -> Result<Found, String> {
    read_with(text.as_bytes(), options())
}

fn problems(text: &str) -> Vec<String> {
    read(text).unwrap().1
}

const FULL_NDJSON: &str = r#"
{"email":"frodo@shire.example","firstName":"Frodo","lastName":"Baggins","passwordHash":"plain$x,y","mustChange":true,"active":false,"externalId":"E1","phone":"1","street1":"Bag End","street2":"2","city":"Hobbiton","stateProvince":"Shire","postalCode":"P","country":"ME","accountExternalId":"sales","roles":["admin"],"createdDate":"2020-01-31","secret":"q6sYq6sYq6sYq6sY="}
{"email":"sam@shire.example","firstName":"Sam","lastName":"Gamgee","phone":null,"city":""}
"#;

const FULL_CSV: &str = "\u{feff}email,firstName,lastName,passwordHash,mustChange,active,externalId,phone,street1,street2,city,stateProvince,postalCode,country,accountExternalId,roles,createdDate,secret\r
frodo@shire.example,Frodo,Baggins,\"plain$x,y\",true,false,E1,1,Bag End,2,Hobbiton,Shire,P,ME,sales,admin,2020-01-31,q6sYq6sYq6sYq6sY=\r
sam@shire.example,Sam,Gamgee,,,,,,,,,,,,,,,\r
";

#[test]
fn everything_that_may_be_said_of_a_user_is_taken() {
    let (users, problems) = read(FULL_NDJSON).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    let frodo = &users[0];
    assert_eq!(frodo.user.id, UserId::new(2));
    assert_eq!(frodo.user.organization_id, OrganizationId::new(2));
    assert_eq!(frodo.user.account_id, AccountId::new(4));
    assert_eq!(frodo.user.email.as_str(), "frodo@shire.example");
    assert_eq!(frodo.user.first_name, Name::parse("Frodo").unwrap());
    assert!(!frodo.user.active);
    assert_eq!(frodo.user.profile.city, Text::parse("Hobbiton").ok());
    assert_eq!(
        frodo.user.password,
        PasswordState::Set {
            changed_at: datetime!(2026-05-06 7:08:09 UTC),
            must_change: true
        }
    );
    assert_eq!(frodo.password, Some(PasswordHash::new("plain$x,y")));
    assert_eq!(frodo.secret, Some(SecretText::new("q6sYq6sYq6sYq6sY=")));
    assert_eq!(frodo.roles, Some(vec![RoleKey::Admin]));
    assert_eq!(frodo.user.created_at, datetime!(2020-01-31 0:00 UTC));
    assert_eq!(frodo.user.revision, Revision::FIRST);
    let sam = &users[1];
    assert_eq!(sam.user.account_id, AccountId::new(3));
    assert!(sam.user.active);
    assert_eq!(sam.user.password, PasswordState::Absent);
    assert_eq!(sam.user.profile.city, None);
    assert_eq!((&sam.secret, &sam.roles), (&None, &Some(vec![])));
}

#[test]
fn a_csv_says_the_same() {
    let (users, problems) = read(FULL_CSV).unwrap();
    assert_eq!(problems, Vec::<String>::new());
    assert_eq!(users, read(FULL_NDJSON).unwrap().0);
    let semicolons = FULL_CSV.replace("x,y", "x.y").replace(',', ";");
    let with_dot = |users: Vec<UserRecord<Option<SecretText>>>| users[1].clone();
    assert_eq!(with_dot(read(&semicolons).unwrap().0), with_dot(users));
}

#[test]
fn a_wrong_line_keeps_no_other_from_coming() {
    let text = "email,firstName,lastName\n\
                frodo,Frodo,Baggins\n\
                sam@shire.example,Sam\n\
                \"merry@shire.example\",\"Mer\nry\",Brandybuck\n\
                ,,\n\
                pippin@shire.example,Pippin,Took\n";
    let (users, problems) = read(text).unwrap();
    assert_eq!(
        problems,
        [
            "line 2: email must have the form name@domain",
            "line 3: it has 2 values, and the first line names 3 columns",
            "line 4: firstName must not contain control characters",
            "line 6: email is missing; firstName is missing; lastName is missing",
        ]
    );
    assert_eq!(users.len(), 1);
    assert_eq!(users[0].user.id, UserId::new(7));
}

#[test]
fn what_is_wrong_with_a_line_is_said_all_at_once() {
    let user =
        |more: &str| format!(r#"{{"email":"a@b.example","firstName":"A","lastName":"B"{more}}}"#);
    for (line, expected) in [
        (user(""), ""),
        (
            user(r#","passwordHash":"p4ss""#),
            "passwordHash: the password hash is of an unknown kind",
        ),
        (
            user(r#","password":"p4ss""#),
            "a password in clear is not taken: bring its hash along as passwordHash, or leave it out",
        ),
        (
            user(r#","fristName":"x","shoeSize":46"#),
            "unknown column 'fristName': did you mean firstName?; unknown column 'shoeSize': pass over such columns with --ignore-unknown",
        ),
        (
            user(r#","active":"yes","accountId":9"#),
            "active must be true or false: 'yes' is neither; accountId: the organization 2 has no account 9",
        ),
        (
            user(r#","accountExternalId":"x\u0007""#),
            r"accountExternalId: the organization 2 has no active account with the externalId 'x\u{7}'",
        ),
        (
            user(r#","accountId":3,"accountExternalId":"sales""#),
            "accountId and accountExternalId name two accounts, 3 and 4: leave one out",
        ),
        (
            user(r#","roles":"admin, boss""#),
            "roles must be among org-admin, admin, org, default-user: 'boss' is none",
        ),
        (
            user(r#","roles":["sys-admin"]"#),
            "roles: sys-admin is the operator's alone",
        ),
        (user(r#","roles":[1]"#), "roles must be a list of texts"),
        (user(r#","city":{"a":1}"#), "city must be a text"),
        (user(r#","city":["a"]"#), "city must be one value"),
        (
            user(r#","mustChange":true"#),
            "mustChange needs a passwordHash",
        ),
        (
            user(r#","createdDate":"yesterday""#),
            "createdDate must have the form 2026-01-31, or 2026-01-31T12:00:00Z",
        ),
        (
            user(r#","secret":"tu_x0123456789-badsum""#),
            "secret looks like one of Tenantry, but its checksum is wrong: it was mistyped",
        ),
        (
            user(r#","secret":"a b 0123456789abc""#),
            "secret must have at most 255 bytes, and no blank or comma: no Authorization header could hold it",
        ),
        (
            "[1]".to_owned(),
            "invalid type: sequence, expected a map (column 0)",
        ),
        (
            r#"{"email":"#.to_owned(),
            "EOF while parsing a value (column 9)",
        ),
        (
            format!("{}1{}", r#"{"city":"#.repeat(200), "}".repeat(200)),
            "recursion limit exceeded (column 1017)",
        ),
        (
            user(r#","city":"a\u0000b""#),
            "city must not contain control characters",
        ),
    ] {
        let said = problems(&format!("{{\n{line}\n")).split_off(1);
        let expected: Vec<String> = (!expected.is_empty())
            .then(|| format!("line 2: {expected}"))
            .into_iter()
            .collect();
        assert_eq!(said, expected);
    }
}

#[test]
fn unknown_columns_are_passed_over_on_request_but_for_passwords() {
    let lenient = UsersOptions {
        ignore_unknown: true,
        ..options()
    };
    let csv = "email,firstName,lastName,shoeSize\na@b.example,A,B,46\n";
    let (users, problems) = read_with(csv.as_bytes(), lenient.clone()).unwrap();
    assert_eq!((users.len(), problems.len()), (1, 0));
    let csv = csv.replace("shoeSize", "Password");
    assert_eq!(
        read_with(csv.as_bytes(), lenient).unwrap_err(),
        "line 1: a password in clear is not taken: bring its hash along as passwordHash, or leave it out"
    );
}

#[test]
fn the_first_line_of_a_csv_names_the_columns() {
    for (text, expected) in [
        (
            "",
            "line 1: the file is empty: its first line must name the columns",
        ),
        (
            "email,firstName\n",
            "line 1: the column lastName is missing: the first line must name the columns, with commas, semicolons or tabs between them",
        ),
        (
            "email,email\n",
            "line 1: the column email stands here twice",
        ),
        (
            "e-mail,firstName,lastName\n",
            "line 1: unknown column 'e-mail': did you mean email?",
        ),
    ] {
        assert_eq!(read(text).unwrap_err(), expected);
    }
}

#[test]
fn rows_without_an_end_do_not_fill_the_memory() {
    let text = format!(
        "email,firstName,lastName\na@b.example,A,B\n\"{}",
        "x\n".repeat(2 * 1024 * 1024)
    );
    assert_eq!(
        read(&text).unwrap_err(),
        "line 3: the row that begins here has no end: is a quote missing? Nothing behind it was read"
    );
    let long = format!("{{\"city\":\"{}\"}}\n", "x".repeat(1024 * 1024));
    assert_eq!(
        problems(&format!("{{\n{long}{{\n")),
        [
            "line 1: EOF while parsing an object (column 1)",
            "line 2: it has more than 1048576 bytes",
            "line 3: EOF while parsing an object (column 1)",
        ]
    );
}

#[test]
fn strange_bytes_are_refused_with_their_line() {
    let csv = b"email,firstName,lastName\na@b.example,\xff,B\n";
    let (_, problems) = read_with(csv, options()).unwrap();
    assert_eq!(problems, ["line 2: firstName is not UTF-8"]);
    let (_, problems) = read_with(b"{\n{\"email\":\"\xff\"}\n", options()).unwrap();
    assert_eq!(problems[1], "line 2: it is not UTF-8 from byte 11 on");
}

#[test]
fn it_says_about_how_many_there_are_and_belongs_to_no_organization() {
    run(async {
        let mut file = opened(FULL_CSV.as_bytes(), options()).unwrap();
        assert_eq!(file.total().await.unwrap(), Some(2));
        assert!(file.organization().await.is_err());
        let unended = FULL_CSV.trim_end();
        let mut file = opened(unended.as_bytes(), options()).unwrap();
        assert_eq!(file.total().await.unwrap(), Some(2));
    });
}

proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>(), csv: bool) {
        let mut file = if csv { FULL_CSV } else { FULL_NDJSON }.as_bytes().to_vec();
        let at = at.index(file.len());
        file.splice(at..at, bytes);
        let _ = read_with(&file, options());
    }
}
