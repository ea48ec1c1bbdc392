//! The families, all in the same way: hashes that others made, hashes that nobody should make, and any text at all.

mod vectors;

use ::argon2::{Algorithm, Argon2, Version};
use base64::{
    Engine, alphabet,
    engine::{
        GeneralPurpose, GeneralPurposeConfig,
        general_purpose::{STANDARD, STANDARD_NO_PAD},
    },
};
use proptest::prelude::*;
use sha2::{Digest, Sha384, Sha512};

use super::*;
use vectors::{KNOWN, MALFORMED};

/// How many blocks of memory a hash of ours takes.
const OURS: usize = 19_456;

/// Without the work that hides how fast a family is.
fn is_of(password: &str, text: &str) -> bool {
    let (_, stored) = read(text).unwrap();
    stored
        .is_of(password.as_bytes(), &mut Memory::default())
        .unwrap()
}

fn family(text: &str) -> Result<Family, RefusedHash> {
    Family::of(&PasswordHash::new(text))
}

#[test]
fn hashes_that_others_made_are_understood() {
    for (expected, password, text) in KNOWN {
        assert_eq!(family(text), Ok(*expected), "{text}");
        assert!(is_of(password, text), "{text}");
        for wrong in [format!("{password}x"), password.to_uppercase()] {
            assert_eq!(is_of(&wrong, text), wrong == *password, "{wrong}: {text}");
        }
    }
}

#[test]
fn a_right_password_of_every_family_is_outdated() {
    let mut memory = Memory::default();
    for of_one_family in KNOWN.chunk_by(|a, b| a.0 == b.0) {
        let (_, password, text) = of_one_family[0];
        let hash = PasswordHash::new(text);
        let mut verdict = |password: &str| verify(password.as_bytes(), &hash, &mut memory).unwrap();
        assert_eq!(verdict(password), Verdict::RightButOutdated, "{text}");
        assert_eq!(verdict("p4ss"), Verdict::Wrong, "{text}");
    }
}

/// bcrypt 5.0 for Python, from the first 72 and the first 71 digits.
#[test]
fn of_a_long_password_bcrypt_compares_72_bytes() {
    let digits = "0123456789".repeat(8);
    let of_72 = "$2b$04$abcdefghijklmnopqrstuum2G75IXDN/xsgbNa/hCiPSKyIHQd70S";
    let of_71 = "$2b$04$abcdefghijklmnopqrstuukow.iL/GuIgNNTSpCKVqIJG617.YQsi";
    for (length, matches_72, matches_71) in [
        (70, false, false),
        (71, false, true),
        (72, true, false),
        (73, true, false),
        (80, true, false),
    ] {
        assert_eq!(is_of(&digits[..length], of_72), matches_72, "{length}");
        assert_eq!(is_of(&digits[..length], of_71), matches_71, "{length}");
    }
}

/// By passlib 1.7.4.
#[test]
fn sha_crypt_compares_the_whole_of_a_long_password() {
    for (length, text) in [
        (
            100,
            "$5$rounds=1000$s.a/l$AT/hz9c1ZLXydzJI3zaSJKoolnFLY7oKjyDpAut/ig6",
        ),
        (
            300,
            "$6$rounds=1000$s.a/l$JS5oNBp51ZwuSaR6mhPXerxPs8RAjIRqcEw80rOBp/WoHyS1r5m4QsVf47MC9Slrb7nS4SqkJdLbR75oxRUjr1",
        ),
    ] {
        assert!(is_of(&"x".repeat(length), text));
        assert!(!is_of(&"x".repeat(length - 1), text));
    }
}

#[test]
fn a_fast_hash_does_not_tell_itself_by_its_time() {
    let works_as_for_nobody = |text: &str| {
        let mut memory = Memory::default();
        verify(b"p4ss", &PasswordHash::new(text), &mut memory).unwrap();
        memory.len() == OURS
    };
    for fast in [
        "{SSHA}f6ytUsSs8Zsq6C3sv1hZJy2XemwAAQID",
        "$argon2i$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LhHRz4t6ELVYGt19AvAYa7aN/3sMrww/m0fJJIW52fY",
        "$2b$07$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
        "$5$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
        "pbkdf2_sha256$1000$seasalt$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=",
        "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$IZMORLo+NKM9sf3dDH1ZCk4hbDj0SQeYfTHU51eMJgU",
    ] {
        assert!(works_as_for_nobody(fast), "{fast}");
    }
    for slow in [
        "$2b$08$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
        "$scrypt$ln=14,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$IZMORLo+NKM9sf3dDH1ZCk4hbDj0SQeYfTHU51eMJgU",
    ] {
        assert!(!works_as_for_nobody(slow), "{slow}");
    }
}

#[test]
fn what_no_family_understands_is_unknown() {
    for text in [
        "",
        "$",
        "$$",
        "{",
        "{}",
        "{SSHA",
        "p4ss",
        "argon2id",
        "$argon2id",
        "argon2id$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw",
        "$argon2x$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw",
        "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
        "$2$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
        "$2x$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
        "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
        "$pbkdf2_sha256$1000$seasalt$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=",
        "pbkdf2-sha256$1000$seasalt$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=",
        "{MD5}X03MO1qnZdYdgyfeuILPmQ==",
        "{CRYPT}$6$saltstring$x",
        "5f4dcc3b5aa765d61d8327deb882cf99",
    ] {
        assert_eq!(family(text), Err(RefusedHash::Unknown), "{text}");
    }
}

#[test]
fn what_begins_like_a_family_and_goes_on_otherwise_is_malformed() {
    for (family_of_it, text) in MALFORMED {
        let refused = RefusedHash::Malformed(*family_of_it);
        assert_eq!(family(text), Err(refused), "{text}");
    }
    let too_long = format!("{{SSHA}}{}", "AAAA".repeat(300));
    assert_eq!(
        family(&too_long),
        Err(RefusedHash::Malformed(Family::SaltedSha))
    );
}

#[test]
fn what_demands_too_much_is_refused_by_name() {
    let bcrypt = |cost| format!("$2b${cost}$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS");
    let scrypt =
        |cost| format!("$scrypt${cost}$c2FsdA$IZMORLo+NKM9sf3dDH1ZCk4hbDj0SQeYfTHU51eMJgU");
    let argon2 = |cost| {
        format!(
            "$argon2id$v=19${cost}$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw"
        )
    };
    let pbkdf2 = |rounds, key| format!("$pbkdf2-sha256${rounds}$c2FsdA${key}");
    let sha_crypt = |rounds| {
        format!("$5$rounds={rounds}$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0")
    };
    let one_block = "ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4";
    let two_blocks =
        "ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ7TX23G+6QgERwdCrtdq7/IU5aB6IVSOpTz6igHBLZ5Gw";
    for (most, more, demand) in [
        (
            argon2("m=262144,t=3,p=1"),
            argon2("m=262145,t=3,p=1"),
            "Argon2 hash demands too much work: m=262145, where 262144 is the most",
        ),
        (
            argon2("m=49152,t=16,p=1"),
            argon2("m=49153,t=16,p=1"),
            "Argon2 hash demands too much work: 786448 KiB in all passes (m times t), where 786432 is the most",
        ),
        (
            argon2("m=262144,t=1,p=1"),
            argon2("m=262144,t=16,p=1"),
            "Argon2 hash demands too much work: 4194304 KiB in all passes (m times t), where 786432 is the most",
        ),
        (
            argon2("m=64,t=16,p=1"),
            argon2("m=64,t=17,p=1"),
            "Argon2 hash demands too much work: t=17, where 16 is the most",
        ),
        (
            argon2("m=256,t=2,p=16"),
            argon2("m=256,t=2,p=17"),
            "Argon2 hash demands too much work: p=17, where 16 is the most",
        ),
        (
            bcrypt("13"),
            bcrypt("14"),
            "bcrypt hash demands too much work: a cost of 14, where 13 is the most",
        ),
        (
            pbkdf2("1500000", one_block),
            pbkdf2("1500001", one_block),
            "PBKDF2 hash demands too much work: 1500001 rounds, where 1500000 is the most",
        ),
        (
            pbkdf2("i=750000,l=64", two_blocks),
            pbkdf2("i=750001,l=64", two_blocks),
            "PBKDF2 hash demands too much work: 1500002 rounds, where 1500000 is the most",
        ),
        (
            pbkdf2("1", one_block),
            pbkdf2("4294967295", two_blocks),
            "PBKDF2 hash demands too much work: 8589934590 rounds, where 1500000 is the most",
        ),
        (
            scrypt("ln=17,r=8,p=2"),
            scrypt("ln=18,r=8,p=1"),
            "scrypt hash demands too much work: 262145 KiB of memory, where 262144 is the most",
        ),
        (
            scrypt("ln=1,r=8,p=1024"),
            scrypt("ln=1,r=4294967295,p=4294967295"),
            "scrypt hash demands too much work: 2305843009213693951 KiB of memory, where 262144 is the most",
        ),
        (
            scrypt("ln=14,r=8,p=16"),
            scrypt("ln=14,r=8,p=17"),
            "scrypt hash demands too much work: 2228224 blocks (N times r times p), where 2097152 is the most",
        ),
        (
            scrypt("ln=1,r=1,p=1"),
            scrypt("ln=63,r=1,p=1"),
            "scrypt hash demands too much work: 1152921504606846976 KiB of memory, where 262144 is the most",
        ),
        (
            sha_crypt("1000000"),
            sha_crypt("1000001"),
            "SHA-crypt hash demands too much work: 1000001 rounds, where 1000000 is the most",
        ),
        (
            sha_crypt("1000"),
            sha_crypt("999999999"),
            "SHA-crypt hash demands too much work: 999999999 rounds, where 1000000 is the most",
        ),
    ] {
        assert!(family(&most).is_ok(), "{most}");
        assert_eq!(
            family(&more).unwrap_err().to_string(),
            format!("the {demand}")
        );
        let (_, stored) = read(&most).unwrap();
        assert!(stored.takes() <= LONGEST_WORK, "{most}");
    }
}

#[test]
fn with_a_hash_that_is_refused_every_password_is_wrong_after_the_work_for_nobody() {
    let nothing_but_x = "x".repeat(1_500_000);
    for refused in [
        "",
        "$elsewhere$",
        "p4ss",
        &nothing_but_x,
        "\u{1b}[2J\0",
        "$argon2id$",
        "{SHA}q/eq1kOINtvlJqojGr3i0O73TUI=",
        "$2b$31$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
        "$argon2id$v=19$m=4194304,t=1,p=1$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw",
    ] {
        let (hash, mut memory) = (PasswordHash::new(refused), Memory::default());
        assert!(family(refused).is_err());
        assert_eq!(weight(b"p4ss", &hash), Weight::Usual);
        assert!(!is_heavy(&hash));
        let verdict = verify(b"p4ss", &hash, &mut memory).unwrap();
        assert_eq!(verdict, Verdict::Wrong);
        assert_eq!(memory.len(), OURS);
    }
}

#[test]
fn what_takes_more_than_four_times_as_long_as_ours_is_heavy() {
    let bcrypt = |cost| format!("$2b${cost}$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS");
    let argon2 = |cost| {
        format!(
            "$argon2id$v=19${cost}$AAECAwQFBgcICQoLDA0ODw$LfR+3mNY7Repl21PztuJehADbUMqSs7xfSY7/Ji9IKw"
        )
    };
    for (text, expected) in [
        (argon2("m=19456,t=2,p=1"), false),
        (argon2("m=77824,t=2,p=1"), false),
        (argon2("m=77825,t=2,p=1"), true),
        (argon2("m=262144,t=3,p=1"), true),
        (bcrypt("10"), false),
        (bcrypt("11"), true),
        (
            "$pbkdf2-sha256$600000$c2FsdA$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4".to_owned(),
            false,
        ),
        (
            "$scrypt$ln=17,r=8,p=1$c2FsdA$IZMORLo+NKM9sf3dDH1ZCk4hbDj0SQeYfTHU51eMJgU".to_owned(),
            true,
        ),
    ] {
        let hash = PasswordHash::new(&text);
        assert_eq!(is_heavy(&hash), expected, "{text}");
        let expected = if expected {
            Weight::Heavy
        } else {
            Weight::Usual
        };
        assert_eq!(weight(b"p4ss", &hash), expected, "{text}");
    }
}

/// Every round of SHA-crypt goes through the password.
#[test]
fn a_long_password_makes_sha_crypt_heavy_and_a_longer_one_is_wrong() {
    let hash = |rounds: u32| {
        let text =
            format!("$5$rounds={rounds}$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0");
        PasswordHash::new(text)
    };
    let password = "x".repeat(1024);
    let password = password.as_bytes();
    assert_eq!(weight(&password[..8], &hash(1_000_000)), Weight::Usual);
    assert_eq!(weight(&password[..100], &hash(1_000_000)), Weight::Heavy);
    assert_eq!(weight(password, &hash(5000)), Weight::Usual);
    assert_eq!(weight(password, &hash(100_000)), Weight::Heavy);
    // 476,470 rounds of it are as much as may be.
    assert!(comparable(password, &hash(476_470)).is_some());
    assert!(comparable(password, &hash(476_471)).is_none());
    let mut memory = Memory::default();
    let verdict = verify(password, &hash(1_000_000), &mut memory).unwrap();
    assert_eq!(verdict, Verdict::Wrong);
    assert_eq!(memory.len(), OURS);
}

#[test]
fn what_has_no_salt_is_refused_by_name() {
    for (family_of_it, text) in [
        (Family::SaltedSha, "{SHA}q/eq1kOINtvlJqojGr3i0O73TUI="),
        (Family::SaltedSha, "{sha}q/eq1kOINtvlJqojGr3i0O73TUI="),
        (Family::SaltedSha, "{SSHA}q/eq1kOINtvlJqojGr3i0O73TUI="),
        (
            Family::Pbkdf2,
            "$pbkdf2-sha256$1000$$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4",
        ),
        (
            Family::Pbkdf2,
            "pbkdf2_sha1$1000$$9iRYj0as1r5j+cCBxB+HMlxkyr4=",
        ),
        (
            Family::Scrypt,
            "$scrypt$ln=4,r=8,p=1$$IZMORLo+NKM9sf3dDH1ZCk4hbDj0SQeYfTHU51eMJgU",
        ),
        (
            Family::ShaCrypt,
            "$5$$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
        ),
    ] {
        assert_eq!(
            family(text),
            Err(RefusedHash::Unsalted(family_of_it)),
            "{text}"
        );
    }
    assert_eq!(
        family("{SHA}q/eq1kOINtvlJqojGr3i0O73TUI=")
            .unwrap_err()
            .to_string(),
        "the salted SHA hash has no salt: bring its user along without a password"
    );
}

/// A known hash with one character replaced, taken out, or put in.
fn mutated() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        proptest::char::range(' ', '~'),
        Just('$'),
        Just('9'),
        any::<char>()
    ];
    (
        0..KNOWN.len(),
        any::<prop::sample::Index>(),
        0..3,
        character,
    )
        .prop_map(|(known, at, how, character)| {
            let mut text: Vec<char> = KNOWN[known].2.chars().collect();
            let at = at.index(text.len());
            match how {
                0 => text[at] = character,
                1 => drop(text.remove(at)),
                _ => text.insert(at, character),
            }
            text.into_iter().collect()
        })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*") {
        let _ = family(&text);
    }

    #[test]
    fn nearly_a_hash_is_read_or_refused(text in mutated()) {
        if let Ok((_, stored)) = read(&text) {
            prop_assert!(stored.takes() <= LONGEST_WORK, "{text}");
        }
    }

    #[test]
    fn what_a_family_makes_it_verifies(
        password in "\\PC{0,40}",
        other in "\\PC{0,40}",
        salt: [u8; 16],
    ) {
        for text in made_of(&password, &salt) {
            prop_assert!(is_of(&password, &text), "{text}");
            prop_assert_eq!(is_of(&other, &text), other == password, "{}", text);
        }
    }
}

/// Hashes of `password`, one of each family and about as cheap as they come, made with the crates alone.
fn made_of(password: &str, salt: &[u8; 16]) -> Vec<String> {
    let password = password.as_bytes();
    let plain = |bytes: &[u8]| STANDARD_NO_PAD.encode(bytes);

    let mut argon2 = [0; 32];
    let params = ::argon2::Params::new(8, 1, 1, None).unwrap();
    Argon2::new(Algorithm::Argon2d, Version::V0x13, params)
        .hash_password_into(password, salt, &mut argon2)
        .unwrap();

    let terminated = [password, b"\0"].concat();
    let read = &terminated[..terminated.len().min(72)];
    let bcrypt = ::bcrypt::bcrypt(4, *salt, read);
    let config = GeneralPurposeConfig::new().with_encode_padding(false);
    let bcrypts = GeneralPurpose::new(&alphabet::BCRYPT, config);

    let mut pbkdf2 = [0; 40];
    ::pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, 3, &mut pbkdf2);

    let mut scrypt = [0; 24];
    let params = ::scrypt::Params::new(1, 2, 3).unwrap();
    ::scrypt::scrypt(password, salt, &params, &mut scrypt).unwrap();

    let crypts_salt = &plain(salt).replace('+', ".")[..16];
    let params = ::sha_crypt::Params::new(1000).unwrap();
    let sha_crypt = ::sha_crypt::sha512_crypt(password, crypts_salt.as_bytes(), params);

    let salted = Sha384::new()
        .chain_update(password)
        .chain_update(salt)
        .finalize();

    vec![
        format!(
            "$argon2d$v=19$m=8,t=1,p=1${}${}",
            plain(salt),
            plain(&argon2)
        ),
        format!(
            "$2b$04${}{}",
            bcrypts.encode(salt),
            bcrypts.encode(&bcrypt[..23])
        ),
        format!("$pbkdf2-sha512$i=3,l=40${}${}", plain(salt), plain(&pbkdf2)),
        format!("$scrypt$ln=1,r=2,p=3${}${}", plain(salt), plain(&scrypt)),
        format!(
            "$6$rounds=1000${}${}",
            crypts_salt,
            String::from_utf8(sha_crypt::encode_512(&sha_crypt)).unwrap()
        ),
        format!(
            "{{SSHA384}}{}",
            STANDARD.encode([&salted[..], salt].concat())
        ),
    ]
}
