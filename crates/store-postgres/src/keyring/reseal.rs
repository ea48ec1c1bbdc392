//! Putting what was sealed anew in the place of what it was: one statement for each table that is concerned.

use sqlx::postgres::PgRow;
use tenantry_domain::{SealedPlace, ports::Resealed};
use uuid::Uuid;

use crate::{
    error::Failure,
    session::{Session, Work},
    sql::Statement,
};

pub(super) struct Reseal<'a> {
    pub(super) items: &'a [Resealed],
}

impl Work for Reseal<'_> {
    type Output = u64;

    async fn run(&self, session: &mut Session<'_>) -> Result<u64, Failure> {
        let mut replaced = 0;
        for (text, digest_of) in SECRETS {
            replaced += self.secrets(session, text, digest_of).await?.len();
        }
        replaced += self.configurations(session).await?.len();
        replaced += self.replies(session).await?.len();
        Ok(u64::try_from(replaced).unwrap_or(u64::MAX))
    }
}

/// Which digest leads to the row, if the place is in the table at all.
type DigestOf = fn(&SealedPlace) -> Option<&[u8; 32]>;

macro_rules! reseal_by_digest {
    ($table:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " AS secret SET sealed = item.new_sealed, key_id = item.new_key \
             FROM unnest($1::uuid[], $2::bytea[], $3::uuid[], $4::bytea[], $5::bytea[]) \
             AS item (old_key, old_sealed, new_key, new_sealed, digest) \
             WHERE secret.digest = item.digest AND secret.key_id = item.old_key AND secret.sealed = item.old_sealed \
             RETURNING 1"
        )
    };
}

const SECRETS: [(&str, DigestOf); 3] = [
    (
        reseal_by_digest!("organization_secrets"),
        |place| match place {
            SealedPlace::OrganizationSecret(digest) => Some(digest.as_bytes()),
            _ => None,
        },
    ),
    (reseal_by_digest!("user_secrets"), |place| match place {
        SealedPlace::UserSecret(digest) => Some(digest.as_bytes()),
        _ => None,
    }),
    (reseal_by_digest!("instance_secrets"), |place| match place {
        SealedPlace::InstanceToken(digest) => Some(digest.as_bytes()),
        _ => None,
    }),
];

impl Reseal<'_> {
    async fn secrets(
        &self,
        session: &mut Session<'_>,
        text: &'static str,
        digest_of: DigestOf,
    ) -> Result<Vec<PgRow>, Failure> {
        let of_table = self.items.iter().filter_map(|item| {
            let digest = digest_of(&item.place)?;
            Some((item, digest.to_vec()))
        });
        let (items, digests): (Vec<_>, Vec<_>) = of_table.unzip();
        if items.is_empty() {
            return Ok(Vec::new());
        }
        Ok(session.rows(bound(text, &items).bind(digests)).await?)
    }

    async fn configurations(&self, session: &mut Session<'_>) -> Result<Vec<PgRow>, Failure> {
        let (mut items, mut digests, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for item in self.items {
            if let SealedPlace::Configuration { instance, key } = &item.place {
                items.push(item);
                digests.push(instance.as_bytes().to_vec());
                keys.push(key.as_str());
            }
        }
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let statement = bound(
            "UPDATE instance_configurations AS entry SET sealed = item.new_sealed, key_id = item.new_key \
             FROM unnest($1::uuid[], $2::bytea[], $3::uuid[], $4::bytea[], $5::bytea[], $6::text[]) \
             AS item (old_key, old_sealed, new_key, new_sealed, digest, key) \
             JOIN instance_secrets ON instance_secrets.digest = item.digest \
             WHERE entry.organization_id = instance_secrets.organization_id \
             AND entry.instance_id = instance_secrets.instance_id AND entry.key = item.key \
             AND entry.key_id = item.old_key AND entry.sealed = item.old_sealed RETURNING 1",
            &items,
        )
        .bind(digests)
        .bind(keys);
        Ok(session.rows(statement).await?)
    }

    async fn replies(&self, session: &mut Session<'_>) -> Result<Vec<PgRow>, Failure> {
        let (mut items, mut organizations, mut users, mut keys) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for item in self.items {
            if let SealedPlace::Reply(reply) = &item.place {
                items.push(item);
                organizations.push(reply.organization_id.get());
                users.push(reply.user_id.get());
                keys.push(reply.key.as_str());
            }
        }
        if items.is_empty() {
            return Ok(Vec::new());
        }
        let statement = bound(
            "UPDATE replies SET sealed = item.new_sealed, key_id = item.new_key \
             FROM unnest($1::uuid[], $2::bytea[], $3::uuid[], $4::bytea[], $5::bigint[], $6::bigint[], $7::text[]) \
             AS item (old_key, old_sealed, new_key, new_sealed, organization_id, user_id, key) \
             WHERE replies.organization_id = item.organization_id AND replies.user_id = item.user_id \
             AND replies.key = item.key AND replies.key_id = item.old_key AND replies.sealed = item.old_sealed \
             RETURNING 1",
            &items,
        )
        .bind(organizations)
        .bind(users)
        .bind(keys);
        Ok(session.rows(statement).await?)
    }
}

/// Binds old key and bytes, new key and bytes of every item, in this order.
fn bound(text: &'static str, items: &[&Resealed]) -> Statement {
    Statement::new(text)
        .bind(keys(items, |item| item.old.key_id.0))
        .bind(bytes(items, |item| &item.old.bytes))
        .bind(keys(items, |item| item.new.key_id.0))
        .bind(bytes(items, |item| &item.new.bytes))
}

fn keys(items: &[&Resealed], of: impl Fn(&Resealed) -> Uuid) -> Vec<Uuid> {
    items.iter().map(|item| of(item)).collect()
}

fn bytes<'a>(items: &[&'a Resealed], of: impl Fn(&'a Resealed) -> &'a [u8]) -> Vec<&'a [u8]> {
    items.iter().map(|item| of(item)).collect()
}
