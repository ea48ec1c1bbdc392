//! Where something sealed belongs, as the bytes that are authenticated with it. It must not know how things are sealed.

use tenantry_domain::{SealedPlace, SecretDigest};

use super::{Sealers, seal::Sealer};

/// The sealer of the kind of `place`, and what tells `place` from others of that kind.
pub(super) fn at<'a>(sealers: &'a Sealers, place: &SealedPlace) -> (&'a Sealer, Vec<u8>) {
    match place {
        // One kind, whoever the secret belongs to: equal digests are equal secrets, and there is nothing to move.
        SealedPlace::OrganizationSecret(digest)
        | SealedPlace::UserSecret(digest)
        | SealedPlace::InstanceToken(digest) => (&sealers.secret, secret(digest).to_vec()),
        SealedPlace::Configuration { instance, key } => {
            let context = [instance.as_bytes().as_slice(), &length(key), key.as_bytes()].concat();
            (&sealers.configuration, context)
        }
        SealedPlace::Reply(reply) => {
            let context = [
                &reply.organization_id.get().to_be_bytes(),
                &reply.user_id.get().to_be_bytes(),
                &length(&reply.key),
                reply.key.as_bytes(),
            ]
            .concat();
            (&sealers.reply, context)
        }
    }
}

/// What tells a secret from others.
pub(super) fn secret(digest: &SecretDigest) -> &[u8] {
    digest.as_bytes()
}

/// Before a text, so that nothing after it can be taken for a part of it.
fn length(text: &str) -> [u8; 8] {
    (text.len() as u64).to_be_bytes()
}
