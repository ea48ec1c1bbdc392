//! The grammar of the `Authorization` header (contract, section 4).

use tenantry_domain::{SecretText, services::PresentedSecrets};

/// Reads `User <secret>, Organization <secret>`, `Element <token>`, `Bearer <token>`: parts in any order, scheme words in
/// any case, white space around the commas free. Secrets are taken as they are, not URL-decoded.
///
/// `None` for anything else: an unknown scheme, a part given twice, an empty value, `Bearer` beside `User` or `Organization`. Why it
/// is refused is nobody's business: every refusal of credentials reads the same.
pub fn parse(header: &str) -> Option<PresentedSecrets> {
    let mut secrets = PresentedSecrets::default();
    for part in header.split(',') {
        let (scheme, value) = part.trim().split_once([' ', '\t'])?;
        let value = value.trim();
        if value.is_empty() || value.contains([' ', '\t']) {
            return None;
        }
        let place = if scheme.eq_ignore_ascii_case("User") {
            &mut secrets.user
        } else if scheme.eq_ignore_ascii_case("Organization") {
            &mut secrets.organization
        } else if scheme.eq_ignore_ascii_case("Element") {
            &mut secrets.element
        } else if scheme.eq_ignore_ascii_case("Bearer") {
            &mut secrets.bearer
        } else {
            return None;
        };
        if place.replace(SecretText::new(value)).is_some() {
            return None;
        }
    }
    let alone = secrets.user.is_none() && secrets.organization.is_none();
    (secrets.bearer.is_none() || alone).then_some(secrets)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(header: &str) -> Option<[Option<String>; 4]> {
        let text = |secret: Option<SecretText>| secret.map(|secret| secret.expose().to_owned());
        parse(header).map(|found| {
            [
                text(found.user),
                text(found.organization),
                text(found.element),
                text(found.bearer),
            ]
        })
    }

    #[test]
    fn headers_are_read_or_refused() {
        let some = |text: &str| Some(text.to_owned());
        let both = Some([some("a+/="), some("b_-"), None, None]);
        for (header, expected) in [
            ("User a+/=, Organization b_-", both.clone()),
            ("Organization b_-,User a+/=", both.clone()),
            ("  uSER   a+/=  ,\tORGANIZATION\tb_-  ", both),
            (
                "User a, Element e",
                Some([some("a"), None, some("e"), None]),
            ),
            ("Element e", Some([None, None, some("e"), None])),
            ("Bearer t", Some([None, None, None, some("t")])),
            ("User %41", Some([some("%41"), None, None, None])),
            ("", None),
            ("User", None),
            ("User ", None),
            ("User a,", None),
            (",User a", None),
            ("User a, User b", None),
            ("User a, user a", None),
            ("User a b, Organization c", None),
            ("Basic dXNlcg==", None),
            ("Bearer t, User a", None),
            ("a", None),
        ] {
            assert_eq!(read(header), expected, "{header:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_makes_it_panic(header: String) {
            let _ = parse(&header);
        }
    }
}
