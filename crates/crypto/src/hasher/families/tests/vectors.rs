//! Hashes that others made, and texts that are nearly hashes.

use super::super::Family;

const STAPLE: &str = "correct horse battery staple";
const GRUSS: &str = "Grüße, Jürgen ✓";

/// Published test vectors, and what the programs named here made of [`STAPLE`] and others.
pub(super) const KNOWN: &[(Family, &str, &str)] = &[
    // argon2-cffi 25.1, which is libargon2. More in `argon2.rs`.
    (
        Family::Argon2,
        STAPLE,
        "$argon2i$v=19$m=64,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$LhHRz4t6ELVYGt19AvAYa7aN/3sMrww/m0fJJIW52fY",
    ),
    // The test suite of jBCrypt.
    (
        Family::Bcrypt,
        "",
        "$2a$06$DCq7YPn5Rq63x1Lad4cll.TV4S6ytwfsfvkgY8jIucDrjc8deX1s.",
    ),
    (
        Family::Bcrypt,
        "a",
        "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe",
    ),
    // bcrypt 5.0 for Python.
    (
        Family::Bcrypt,
        STAPLE,
        "$2a$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ),
    (
        Family::Bcrypt,
        STAPLE,
        "$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ),
    (
        Family::Bcrypt,
        STAPLE,
        "$2y$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ),
    (
        Family::Bcrypt,
        GRUSS,
        "$2b$04$abcdefghijklmnopqrstuunKWmQsZXAMQIuJoyVFjyIYCJEKdoori",
    ),
    // With something in the bits that no byte of the salt needs, as old versions of py-bcrypt wrote.
    (
        Family::Bcrypt,
        GRUSS,
        "$2b$04$abcdefghijklmnopqrstuvnKWmQsZXAMQIuJoyVFjyIYCJEKdoori",
    ),
    // RFC 6070, in the text form of passlib; the second takes two blocks.
    (
        Family::Pbkdf2,
        "password",
        "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE",
    ),
    (
        Family::Pbkdf2,
        "passwordPASSWORDpassword",
        "$pbkdf2$4096$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0$PS7sT.QchJuAyNg2YsDkSospGpZM8vBwOA",
    ),
    // RFC 7914, section 11.
    (
        Family::Pbkdf2,
        "passwd",
        "$pbkdf2-sha256$i=1,l=64$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw",
    ),
    // passlib 1.7.4.
    (
        Family::Pbkdf2,
        STAPLE,
        "$pbkdf2$1000$..................../w$e0hIHHhXe1vCZts4qbT8QGhlc6U",
    ),
    (
        Family::Pbkdf2,
        STAPLE,
        "$pbkdf2-sha256$1000$..................../w$Xfn2NJiLRXU1qSD05Okj4RXH3SUpF1Me5PyazKnrujA",
    ),
    (
        Family::Pbkdf2,
        STAPLE,
        "$pbkdf2-sha512$1000$..................../w$puXx7zU1iNkMjWKDPr9MAQ1MTxjyuPdnXSc0Rb/96.6pNAtHJj5F2TgbtrNRieH4XK4dh6jBe7aPpvhnrEoBmg",
    ),
    // Keys by Python's hashlib, as PHC strings.
    (
        Family::Pbkdf2,
        STAPLE,
        "$pbkdf2-sha1$i=1000,l=20$AAECAwQFBgcICQoLDA0ODw$AOm/kOb/+YAZ3ZwSogYgNu9fO1g",
    ),
    (
        Family::Pbkdf2,
        STAPLE,
        "$pbkdf2-sha256$i=1000,l=32$AAECAwQFBgcICQoLDA0ODw$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4",
    ),
    (
        Family::Pbkdf2,
        STAPLE,
        "$pbkdf2-sha512$i=1000$AAECAwQFBgcICQoLDA0ODw$A6AmFIti7CKlYdoPiV9jf1d9llp37o27Wms8Zx8fwMI",
    ),
    // Django 5.2.
    (
        Family::Pbkdf2,
        STAPLE,
        "pbkdf2_sha256$1000$seasalt$3xmXbyk2QpiyNcnoBbzRPwEBsYPTbDlRdtmLyBvQltA=",
    ),
    (
        Family::Pbkdf2,
        STAPLE,
        "pbkdf2_sha1$1000$seasalt$9iRYj0as1r5j+cCBxB+HMlxkyr4=",
    ),
    // RFC 7914, section 12.
    (
        Family::Scrypt,
        "password",
        "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA",
    ),
    // passlib 1.7.4.
    (
        Family::Scrypt,
        STAPLE,
        "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$IZMORLo+NKM9sf3dDH1ZCk4hbDj0SQeYfTHU51eMJgU",
    ),
    (
        Family::Scrypt,
        STAPLE,
        "$scrypt$ln=10,r=4,p=3$++++++++++++++++++++$JqfshpSuHP2rZhuV+YFBjpNCFCdJ3AkmHoWurg+7nCU",
    ),
    // The crypt(3) of glibc 2.36.
    (
        Family::ShaCrypt,
        "Hello world!",
        "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA",
    ),
    (
        Family::ShaCrypt,
        "Hello world!",
        "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
    ),
    // passlib 1.7.4.
    (
        Family::ShaCrypt,
        STAPLE,
        "$5$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
    ),
    (
        Family::ShaCrypt,
        STAPLE,
        "$6$saltstring$qvPJY4PeugKzKQqyIJ0gRdJnpS0uaaiZ.X1SaheFedsK/yZPwlluTLS90fJPM41sD5JxCHKgGr1..qt5HqEY8.",
    ),
    (
        Family::ShaCrypt,
        GRUSS,
        "$6$rounds=1000$s.a/l$GYaETTqTaXfDzFpXz5EZIoFQpBc.aBrIelYxmJj7wFm4epzeiXVrfsspJSsQmLuUx2rW266vDdhitURItFlZn/",
    ),
    (
        Family::SaltedSha,
        STAPLE,
        "{SSHA}f6ytUsSs8Zsq6C3sv1hZJy2XemwAAQID",
    ),
    (
        Family::SaltedSha,
        STAPLE,
        "{ssha}f6ytUsSs8Zsq6C3sv1hZJy2XemwAAQID",
    ),
    (
        Family::SaltedSha,
        STAPLE,
        "{SSHA256}9kf/3D71KxmHT9Pb5mkLVDsK0aL0nXs/BAH9FvojYfgAAQIDBAUGBw==",
    ),
    // Digest by Python's hashlib.
    (
        Family::SaltedSha,
        STAPLE,
        "{SSHA384}m3Wujkz1D46+Utz5K/BhZ12CqtLUHsW9ciJYxY4/Jp716vU3PN4cKbpFA3YJivTQAAECAwQFBgc=",
    ),
    (
        Family::SaltedSha,
        STAPLE,
        "{SSHA512}airehsiaib2WDPFCOi2ggf5xtiapt8g2WTiyeBFa0Jyk9cJb+bU8hlq53/DcohLiQlVNCuyVloGVfMIzqEToygABAgMEBQYHCAkKCwwNDg8=",
    ),
];

/// Texts that begin like one of a family and go on otherwise.
pub(super) const MALFORMED: &[(Family, &str)] = &[
    (Family::Argon2, "$argon2d$v=19$m=64,t=2,p=1"),
    (Family::Bcrypt, "$2b$"),
    (Family::Bcrypt, "$2b$05$"),
    // The cost.
    (
        Family::Bcrypt,
        "$2b$5$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ),
    (
        Family::Bcrypt,
        "$2b$005$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ),
    (
        Family::Bcrypt,
        "$2b$+5$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ),
    (
        Family::Bcrypt,
        "$2b$00$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ),
    (
        Family::Bcrypt,
        "$2b$03$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ),
    (
        Family::Bcrypt,
        "$2b$32$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ),
    // Too short, too long, another alphabet, cut within a character.
    (
        Family::Bcrypt,
        "$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/Zsu",
    ),
    (
        Family::Bcrypt,
        "$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/ZsuSS",
    ),
    (
        Family::Bcrypt,
        "$2b$05$abcdefghijklmnopqrstuuFiPhXf1sVd3pCCRO.uVh34H/qI/Zsu+",
    ),
    (
        Family::Bcrypt,
        "$2b$05$abcdefghijklmnopqrstuéiPhXf1sVd3pCCRO.uVh34H/qI/ZsuS",
    ),
    (Family::Pbkdf2, "$pbkdf2-sha256$"),
    (
        Family::Pbkdf2,
        "$pbkdf2-sha256$0$c2FsdA$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4",
    ),
    (
        Family::Pbkdf2,
        "$pbkdf2-sha256$-1$c2FsdA$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4",
    ),
    (
        Family::Pbkdf2,
        "$pbkdf2-sha256$l=32,i=1$c2FsdA$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4",
    ),
    (
        Family::Pbkdf2,
        "$pbkdf2-sha256$i=1,l=20$c2FsdA$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4",
    ),
    (
        Family::Pbkdf2,
        "$pbkdf2-sha256$4294967296$c2FsdA$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4",
    ),
    (
        Family::Pbkdf2,
        "$pbkdf2-sha256$1000$!$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4",
    ),
    (
        Family::Pbkdf2,
        "$pbkdf2-sha256$1000$c2FsdA$ppsXnjrdPB4KryJ6DrOqKqhkWrhv7PbKAMF1Eml8cZ4$",
    ),
    // A key of one byte is met by every 256th password.
    (Family::Pbkdf2, "$pbkdf2-sha256$1000$c2FsdA$pg"),
    (Family::Pbkdf2, "pbkdf2_sha256$1000$seasalt$"),
    (Family::Scrypt, "$scrypt$"),
    (
        Family::Scrypt,
        "$scrypt$ln=0,r=8,p=1$c2FsdA$IZMORLo+NKM9sf3dDH1ZCk4hbDj0SQeYfTHU51eMJgU",
    ),
    (
        Family::Scrypt,
        "$scrypt$ln=64,r=8,p=1$c2FsdA$IZMORLo+NKM9sf3dDH1ZCk4hbDj0SQeYfTHU51eMJgU",
    ),
    (
        Family::Scrypt,
        "$scrypt$ln=4,r=0,p=1$c2FsdA$IZMORLo+NKM9sf3dDH1ZCk4hbDj0SQeYfTHU51eMJgU",
    ),
    (
        Family::Scrypt,
        "$scrypt$ln=4,r=8,p=0$c2FsdA$IZMORLo+NKM9sf3dDH1ZCk4hbDj0SQeYfTHU51eMJgU",
    ),
    (
        Family::Scrypt,
        "$scrypt$ln=4,r=8$c2FsdA$IZMORLo+NKM9sf3dDH1ZCk4hbDj0SQeYfTHU51eMJgU",
    ),
    (Family::Scrypt, "$scrypt$ln=4,r=8,p=1$c2FsdA$IZMO"),
    (Family::ShaCrypt, "$5$"),
    (
        Family::ShaCrypt,
        "$5$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE",
    ),
    (
        Family::ShaCrypt,
        "$6$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
    ),
    (
        Family::ShaCrypt,
        "$5$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE+",
    ),
    (
        Family::ShaCrypt,
        "$5$seventeenletters!$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
    ),
    (
        Family::ShaCrypt,
        "$5$rounds=999$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
    ),
    (
        Family::ShaCrypt,
        "$5$rounds=1000000000$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
    ),
    (
        Family::ShaCrypt,
        "$5$5000$saltstring$hixOXgchwauyzVtlSM/e7UnQx0qiTk74JE/YU53IbE0",
    ),
    (Family::SaltedSha, "{SSHA}"),
    (Family::SaltedSha, "{SSHA}f6ytUsSs8Zsq6C3sv1hZJy2X"),
    (Family::SaltedSha, "{SSHA}f6ytUsSs8Zsq6C3sv1hZJy2X!mwAAQID"),
    (Family::SaltedSha, "{SHA}f6ytUsSs8Zsq6C3sv1hZJy2XemwAAQID"),
];
