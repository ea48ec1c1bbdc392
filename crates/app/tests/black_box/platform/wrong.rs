//! What is refused before anything is done, and what needs no store.

use super::{acme, failed, ok, words};
use crate::support::{Store, store::bare_command};

#[test]
fn what_cannot_be_undone_is_not_done_without_yes() {
    let (store, _) = acme();
    for (text, what) in [
        ("users delete 2", "The user 2 is erased, with all instances"),
        ("accounts delete 2", "All users of the account 2 are erased"),
        ("instances delete 1", "The instance 1 is erased"),
        (
            "org secret-reset",
            "The organization's secret is replaced, and the old one stops at once",
        ),
        (
            "users update 2 --active false --permanent",
            "All instances of the user 2 are erased",
        ),
        (
            "accounts update 2 --active false --permanent",
            "All users of the account 2 are erased",
        ),
    ] {
        let (code, said) = failed(&mut store.command(&words(text)));
        assert_eq!(
            (code, said),
            (
                2,
                format!(
                    "error: {what}, which cannot be undone, and there is no terminal to ask at: give --yes to do it"
                )
            )
        );
    }
    assert!(ok(&mut store.command(&words("users get 2"))).contains("ada@acme.example"));
}

#[test]
fn wrong_usage_is_exit_code_2_and_says_what_to_do() {
    let (store, _) = acme();
    for (text, expected) in [
        (
            "users update 2",
            "there is nothing to change: give an option, --set FIELD=VALUE or --body-stdin; --help lists them",
        ),
        ("users update 2 --set city", "--set must be like NAME=VALUE"),
        (
            "instances update 1",
            "there is nothing to change: give an option, --set FIELD=VALUE or --body-stdin; --help lists them",
        ),
        (
            "users update 2 --active true --permanent",
            "--permanent goes with --active false: it erases the user's instances",
        ),
        (
            "login --email a@b.example",
            "a server is missing: give --server, or set TENANTRY_SERVER",
        ),
        (
            "login --server http://127.0.0.1:1",
            "an e-mail is missing, and there is no terminal to ask at: give --email",
        ),
        (
            "login --server http://127.0.0.1:1 --email a@b.example",
            "a password is missing, and there is no terminal to ask at: give --password-stdin",
        ),
        (
            "users list --server http://127.0.0.1:1",
            "the user secret is missing: set TENANTRY_USER_SECRET and TENANTRY_ORGANIZATION_SECRET, or store both with `tenantry \
             login --server http://127.0.0.1:1` and give --profile",
        ),
    ] {
        let (code, said) = failed(&mut store.command(&words(text)));
        assert_eq!((code, said), (2, format!("error: {expected}")), "{text}");
    }
    for text in [
        "users list --limit 0",
        "users list --json --output table",
        "users list --server http://a.example --profile b",
        "users list --profile b --organization 2",
        "users roles",
    ] {
        let (code, _) = failed(&mut store.command(&words(text)));
        assert_eq!(code, 2, "{text}");
    }
}

#[test]
fn what_the_server_refuses_as_wrong_is_exit_code_2() {
    let (store, _) = acme();
    let mut command = store.command(&["users", "list", "--where", "colour = 1"]);
    let (code, said) = failed(&mut command);
    assert_eq!(code, 2);
    assert!(said.starts_with("error: where is wrong: "), "{said}");
    let (code, said) = failed(&mut store.command(&words("users create --email x")));
    assert_eq!(code, 2);
    assert!(said.contains("firstName is required"), "{said}");
}

#[test]
fn a_store_that_is_not_there_is_not_created() {
    let store = Store::sqlite();
    let (code, said) = failed(&mut store.command(&words("users list")));
    assert_eq!(code, 2);
    assert!(said.starts_with("error: there is no store in "), "{said}");
    assert!(!store.sqlite_file().exists());
}

#[test]
fn shells_complete_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = ok(&mut bare_command(&["completions", shell]));
        for word in ["accounts", "secret-reset", "order-by"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}
