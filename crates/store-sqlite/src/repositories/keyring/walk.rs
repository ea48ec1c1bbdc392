//! Walking along everything that is sealed, a stretch at a time, by the primary keys of the tables that hold it.

use std::ops::ControlFlow;

use rusqlite::{Connection, Row};
use tenantry_domain::{
    KeyId, OrganizationId, ReplyKey, Sealed, SealedPlace, SecretDigest, UserId,
    ports::{BoxError, SealedBatch},
};

use crate::{
    error::Failure,
    rows::{Cells, secret},
    sql::Sql,
};

/// Rows with nothing sealed in them, such as instances without credentials, that one stretch passes at most: they cost
/// time too.
const MOST_PASSED: u32 = 1_000;

/// Where something sealed can be, in the order of [`SealedPlace`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    OrganizationSecret,
    UserSecret,
    InstanceToken,
    Configuration,
    Reply,
}

/// What was seen of the stretch so far.
struct Walk {
    key: KeyId,
    limit: u64,
    passed: u32,
    last: Option<SealedPlace>,
    batch: SealedBatch,
}

/// The stretch that begins behind `after`.
pub(super) fn walk(
    connection: &Connection,
    key: KeyId,
    after: Option<&SealedPlace>,
    limit: u32,
) -> Result<SealedBatch, Failure> {
    let mut walk = Walk {
        key,
        limit: u64::from(limit.max(1)),
        passed: 0,
        last: None,
        batch: SealedBatch {
            others: Vec::new(),
            examined: 0,
            next: None,
        },
    };
    for kind in Kind::ALL {
        let after = match after {
            Some(after) if Kind::of(after) > kind => continue,
            Some(after) if Kind::of(after) == kind => Some(after),
            _ => None,
        };
        kind.behind(after).visit(connection, |row| {
            let (place, sealed) = kind.read(row).map_err(Failure::backend)?;
            Ok(walk.step(place, sealed))
        })?;
        if walk.batch.next.is_some() {
            break;
        }
    }
    Ok(walk.batch)
}

impl Walk {
    /// Takes the next row into the batch, or ends the stretch before it.
    fn step(&mut self, place: SealedPlace, sealed: Option<Sealed>) -> ControlFlow<()> {
        let Some(sealed) = sealed else {
            self.passed += 1;
            if self.passed < MOST_PASSED {
                return ControlFlow::Continue(());
            }
            self.batch.next = Some(place);
            return ControlFlow::Break(());
        };
        if self.batch.examined == self.limit {
            self.batch.next = self.last.take();
            return ControlFlow::Break(());
        }
        self.batch.examined += 1;
        self.last = Some(place.clone());
        if sealed.key_id != self.key {
            self.batch.others.push((place, sealed));
        }
        ControlFlow::Continue(())
    }
}

impl Kind {
    const ALL: [Self; 5] = [
        Self::OrganizationSecret,
        Self::UserSecret,
        Self::InstanceToken,
        Self::Configuration,
        Self::Reply,
    ];

    fn of(place: &SealedPlace) -> Self {
        match place {
            SealedPlace::OrganizationSecret(_) => Self::OrganizationSecret,
            SealedPlace::UserSecret(_) => Self::UserSecret,
            SealedPlace::InstanceToken(_) => Self::InstanceToken,
            SealedPlace::Configuration { .. } => Self::Configuration,
            SealedPlace::Reply(_) => Self::Reply,
        }
    }

    /// The rows of this kind behind `after`, which is of this kind too, in order. Nobody reads them to the end.
    fn behind(self, after: Option<&SealedPlace>) -> Sql {
        match self {
            Self::OrganizationSecret => secrets("organization_secrets", after),
            Self::UserSecret => secrets("user_secrets", after),
            Self::InstanceToken => secrets("instance_secrets", after),
            Self::Configuration => configurations(after),
            Self::Reply => replies(after),
        }
    }

    /// Where the row is, and what is sealed there, if anything is.
    fn read(self, row: &Row<'_>) -> Result<(SealedPlace, Option<Sealed>), BoxError> {
        let mut cells = Cells::of(row);
        let place = match self {
            Self::OrganizationSecret => {
                SealedPlace::OrganizationSecret(SecretDigest::new(cells.take()?))
            }
            Self::UserSecret => SealedPlace::UserSecret(SecretDigest::new(cells.take()?)),
            Self::InstanceToken => SealedPlace::InstanceToken(SecretDigest::new(cells.take()?)),
            Self::Configuration => SealedPlace::Configuration {
                instance: SecretDigest::new(cells.take()?),
                key: cells.take::<Option<String>>()?.unwrap_or_default(),
            },
            Self::Reply => SealedPlace::Reply(ReplyKey {
                organization_id: OrganizationId::new(cells.take()?),
                user_id: UserId::new(cells.take()?),
                key: cells.take()?,
            }),
        };
        let sealed = if cells.take()? {
            Some(secret::read_sealed(&mut cells)?)
        } else {
            None
        };
        Ok((place, sealed))
    }
}

fn secrets(table: &'static str, after: Option<&SealedPlace>) -> Sql {
    let digest = match after {
        Some(
            SealedPlace::OrganizationSecret(digest)
            | SealedPlace::UserSecret(digest)
            | SealedPlace::InstanceToken(digest),
        ) => digest.as_bytes().to_vec(),
        // Before every digest.
        _ => Vec::new(),
    };
    let mut sql = Sql::new("SELECT digest, TRUE, key_id, sealed FROM ");
    sql.push(table)
        .push(" WHERE digest > ")
        .bind(digest)
        .push(" ORDER BY digest");
    sql
}

/// By the instance, then by the key; an instance without credentials is one row without anything sealed.
fn configurations(after: Option<&SealedPlace>) -> Sql {
    let (digest, key) = match after {
        Some(SealedPlace::Configuration { instance, key }) => {
            (instance.as_bytes().to_vec(), key.clone())
        }
        _ => (Vec::new(), String::new()),
    };
    let mut sql = Sql::new(
        "SELECT instance_secrets.digest, entries.key, entries.sealed IS NOT NULL, entries.key_id, entries.sealed \
         FROM instance_secrets \
         LEFT JOIN instance_configurations AS entries INDEXED BY instance_configurations_sealed_idx \
           ON entries.organization_id = instance_secrets.organization_id \
           AND entries.instance_id = instance_secrets.instance_id AND entries.sealed IS NOT NULL \
         WHERE instance_secrets.digest >= ",
    );
    sql.bind(digest.clone())
        .push(" AND (instance_secrets.digest > ")
        .bind(digest)
        .push(" OR entries.key > ")
        .bind(key)
        .push(") ORDER BY instance_secrets.digest, entries.key");
    sql
}

/// A reply of a call that is still running has nothing sealed.
fn replies(after: Option<&SealedPlace>) -> Sql {
    let (organization, user, key) = match after {
        Some(SealedPlace::Reply(reply)) => (
            reply.organization_id.get(),
            reply.user_id.get(),
            reply.key.clone(),
        ),
        // Ids are positive.
        _ => (0, 0, String::new()),
    };
    let mut sql = Sql::new(
        "SELECT organization_id, user_id, key, sealed IS NOT NULL, key_id, sealed FROM replies \
         WHERE (organization_id, user_id, key) > (",
    );
    sql.bind(organization).push(", ").bind(user).push(", ");
    sql.bind(key)
        .push(") ORDER BY organization_id, user_id, key");
    sql
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{migrate, plan::plan, sql::set_up};

    #[test]
    fn every_stretch_begins_by_key_and_sorts_nothing() {
        for (kind, expected) in [
            (
                Kind::OrganizationSecret,
                &["SEARCH organization_secrets USING PRIMARY KEY (digest>?)"][..],
            ),
            (
                Kind::UserSecret,
                &["SEARCH user_secrets USING PRIMARY KEY (digest>?)"],
            ),
            (
                Kind::InstanceToken,
                &["SEARCH instance_secrets USING PRIMARY KEY (digest>?)"],
            ),
            (
                Kind::Configuration,
                &[
                    "SEARCH instance_secrets USING PRIMARY KEY (digest>?)",
                    "SEARCH entries USING INDEX instance_configurations_sealed_idx \
                     (organization_id=? AND instance_id=?) LEFT-JOIN",
                ],
            ),
            (
                Kind::Reply,
                &["SEARCH replies USING PRIMARY KEY ((organization_id,user_id,key)>(?,?,?))"],
            ),
        ] {
            assert_eq!(plan(kind.behind(None)), expected, "{kind:?}");
        }
    }

    #[test]
    fn a_stretch_passes_so_many_instances_without_credentials_and_no_more() {
        let connection = Connection::open_in_memory().unwrap();
        set_up(&connection).unwrap();
        migrate::apply(&connection).unwrap();
        // 2500 instances, of which the last has a credential; nothing else is needed of them here.
        connection
            .execute_batch(
                "PRAGMA foreign_keys = false;
                 WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2500)
                 INSERT INTO instance_secrets (digest, organization_id, instance_id, sealed, key_id, created_at)
                 SELECT unhex(printf('%064x', n)), 2, n, x'00', '00000000-0000-0000-0000-000000000001', 0 FROM numbers;
                 INSERT INTO instance_configurations (organization_id, instance_id, key, sealed, key_id)
                 VALUES (2, 2500, 'password', x'01', '00000000-0000-0000-0000-000000000001');",
            )
            .unwrap();
        let place = |number: u16, key: &str| {
            let mut digest = [0; 32];
            digest[30..].copy_from_slice(&number.to_be_bytes());
            SealedPlace::Configuration {
                instance: SecretDigest::new(digest),
                key: key.to_owned(),
            }
        };
        let mut next = Some(SealedPlace::InstanceToken(SecretDigest::new([255; 32])));
        for expected in [place(1000, ""), place(2000, "")] {
            let batch = walk(&connection, KeyId(Uuid::nil()), next.as_ref(), 10).unwrap();
            assert_eq!((batch.examined, batch.others.len()), (0, 0));
            assert_eq!(batch.next, Some(expected));
            next = batch.next;
        }
        let batch = walk(&connection, KeyId(Uuid::nil()), next.as_ref(), 10).unwrap();
        let sealed = Sealed {
            key_id: KeyId(Uuid::from_u128(1)),
            bytes: vec![1],
        };
        assert_eq!(batch.others, [(place(2500, "password"), sealed)]);
        assert_eq!((batch.examined, batch.next), (1, None));
    }
}
