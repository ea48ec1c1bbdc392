//! The port `PasswordHasher` as its callers see it.

use tenantry_crypto::{Argon2Hasher, Family, HasherConfig};
use tenantry_domain::{
    Password, PasswordHash,
    ports::{PasswordHasher, Verdict},
};

fn hasher() -> Argon2Hasher {
    Argon2Hasher::new(HasherConfig {
        parallelism: 2,
        queue: 8,
    })
}

#[tokio::test]
async fn a_hash_verifies_its_password_alone() {
    let hasher = hasher();
    let password = Password::new("Grüße, Jürgen ✓");
    let hash = hasher.hash(&password).await.unwrap();
    assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_eq!(
        hasher.verify(&password, Some(&hash)).await.unwrap(),
        Verdict::Right
    );
    let other = Password::new("Grüße, Jürgen");
    assert_eq!(
        hasher.verify(&other, Some(&hash)).await.unwrap(),
        Verdict::Wrong
    );
}

#[tokio::test]
async fn one_password_has_many_hashes() {
    let hasher = hasher();
    let password = Password::new("same");
    let (a, b) = tokio::join!(hasher.hash(&password), hasher.hash(&password));
    assert_ne!(a.unwrap().expose(), b.unwrap().expose());
}

#[tokio::test]
async fn without_a_hash_everything_is_wrong() {
    for password in ["", "p4ss"] {
        let verdict = hasher()
            .verify(&Password::new(password), None)
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::Wrong);
    }
}

/// Not even the text that stands for it.
#[tokio::test]
async fn where_the_password_is_held_elsewhere_everything_is_wrong() {
    let marker = PasswordHash::held_elsewhere();
    for password in ["", "p4ss", "$elsewhere$"] {
        let verdict = hasher()
            .verify(&Password::new(password), Some(&marker))
            .await
            .unwrap();
        assert_eq!(verdict, Verdict::Wrong);
    }
}

#[tokio::test]
async fn weaker_parameters_are_outdated() {
    let hash = PasswordHash::new(
        "$argon2id$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw",
    );
    let password = Password::new("correct horse battery staple");
    let verdict = hasher().verify(&password, Some(&hash)).await.unwrap();
    assert_eq!(verdict, Verdict::RightButOutdated);
}

/// Made by bcrypt 5.0 for Python.
#[tokio::test]
async fn a_hash_that_was_brought_along_verifies_and_is_outdated() {
    let hash = PasswordHash::new("$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS");
    assert_eq!(Family::of(&hash), Ok(Family::Bcrypt));
    let hasher = hasher();
    for (password, expected) in [
        ("correct horse battery staple", Verdict::RightButOutdated),
        ("Correct horse battery staple", Verdict::Wrong),
    ] {
        let verdict = hasher.verify(&Password::new(password), Some(&hash)).await;
        assert_eq!(verdict.unwrap(), expected);
    }
}

#[tokio::test]
async fn with_a_hash_that_is_not_accepted_everything_is_wrong() {
    let hasher = hasher();
    for refused in ["$1$salt$qJH7.N4xYta3aEG/dfqo/0", "", "p4ss"] {
        let hash = PasswordHash::new(refused);
        assert!(hasher.accepts(&hash).is_err());
        let verdict = hasher.verify(&Password::new("p4ss"), Some(&hash)).await;
        assert_eq!(verdict.unwrap(), Verdict::Wrong);
    }
}

#[test]
fn what_takes_several_times_as_long_is_costly() {
    let hasher = hasher();
    for (cost, expected) in [("10", false), ("11", true), ("13", true), ("14", false)] {
        let text = format!("$2b${cost}$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS");
        assert_eq!(
            hasher.is_costly(&PasswordHash::new(text)),
            expected,
            "{cost}"
        );
    }
}

#[tokio::test]
async fn the_longest_password_is_hashed_and_a_longer_one_is_not() {
    let hasher = hasher();
    let longest = Password::new("𝄞".repeat(256));
    let hash = hasher.hash(&longest).await.unwrap();
    assert_eq!(
        hasher.verify(&longest, Some(&hash)).await.unwrap(),
        Verdict::Right
    );

    let longer = Password::new(format!("{}x", longest.expose()));
    assert_eq!(
        hasher.verify(&longer, Some(&hash)).await.unwrap(),
        Verdict::Wrong
    );
    assert_eq!(
        hasher.hash(&longer).await.unwrap_err().to_string(),
        "password hashing failed: the password has more than 1024 bytes"
    );
}

#[test]
fn no_parallelism_means_one_at_a_time() {
    let hasher = Argon2Hasher::new(HasherConfig {
        parallelism: 0,
        queue: 3,
    });
    assert_eq!(
        format!("{hasher:?}"),
        "Argon2Hasher { pool: Pool { parallelism: 1, queue: 3, .. } }"
    );
}

#[test]
fn hashes_from_elsewhere_are_accepted_or_refused_in_words_that_do_not_show_them() {
    let hasher = hasher();
    let accepts = |hash: &str| hasher.accepts(&PasswordHash::new(hash));
    let sound = "$2b$12$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS";
    assert_eq!(accepts(sound), Ok(()));
    assert_eq!(
        accepts("correct horse").unwrap_err(),
        "the password hash is of an unknown kind"
    );
    assert_eq!(
        accepts("$2b$31$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS").unwrap_err(),
        "the bcrypt hash demands too much work: a cost of 31, where 13 is the most"
    );
}
