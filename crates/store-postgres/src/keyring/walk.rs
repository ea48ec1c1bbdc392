//! Walking over everything that is sealed, table by table, each by its key, so that a stretch costs the same wherever it
//! begins.

use sqlx::postgres::PgRow;
use tenantry_domain::{
    Entity, KeyId, OrganizationId, ReplyKey, Sealed, SealedPlace, SecretDigest, UserId,
    ports::{RepositoryError, SealedBatch},
};

use crate::{database::Database, row::Fields, sql::Statement};

/// So many instances are looked through for sealed values at once: most have none.
const SPAN: i64 = 1_000;
/// Behind every key of a configuration, which has at most 255 characters.
const BEHIND: char = char::MAX;
const BEHIND_LENGTH: usize = 256;

/// The tables, in the order of [`SealedPlace`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Table {
    OrganizationSecrets,
    UserSecrets,
    InstanceTokens,
    Configurations,
    Replies,
}

/// Up to `limit` sealed things after `after`, as they follow each other.
pub(super) async fn stretch(
    database: &Database,
    key: KeyId,
    after: Option<SealedPlace>,
    limit: u32,
) -> Result<SealedBatch, RepositoryError> {
    let mut walk = Walk {
        database,
        key,
        left: u64::from(limit.max(1)),
        last: after,
        batch: SealedBatch {
            others: Vec::new(),
            examined: 0,
            next: None,
        },
    };
    let first = walk.last.as_ref().map_or(Table::ALL[0], Table::of);
    for table in Table::ALL.into_iter().filter(|table| *table >= first) {
        walk.over(table).await?;
        if walk.batch.next.is_some() {
            break;
        }
    }
    Ok(walk.batch)
}

struct Walk<'a> {
    database: &'a Database,
    key: KeyId,
    left: u64,
    last: Option<SealedPlace>,
    batch: SealedBatch,
}

impl Walk<'_> {
    /// Goes on through one table, to its end or until the stretch is long enough.
    async fn over(&mut self, table: Table) -> Result<(), RepositoryError> {
        // The last instance that this stretch looks at, if there are more than it looks at.
        let mut end = None;
        let begin = self.last.as_ref().filter(|place| Table::of(place) == table);
        if table == Table::Configurations {
            end = self.end_of_span(begin).await?;
        }
        // One more than wanted, to know whether this is the end.
        let limit = i64::try_from(self.left)
            .unwrap_or(i64::MAX)
            .saturating_add(1);
        let statement = table.statement(self.key, begin, end.as_ref()).bind(limit);
        for row in self.database.read(statement).await? {
            if self.left == 0 {
                self.batch.next.clone_from(&self.last);
                return Ok(());
            }
            let (place, sealed) = table.sealed_of(&row)?;
            if let Some(sealed) = sealed {
                self.batch.others.push((place.clone(), sealed));
            }
            self.batch.examined += 1;
            self.left -= 1;
            self.last = Some(place);
        }
        if let Some(instance) = end {
            let key = BEHIND.to_string().repeat(BEHIND_LENGTH);
            self.batch.next = Some(SealedPlace::Configuration { instance, key });
        }
        Ok(())
    }

    /// The last of the instances that are looked through from here; `None` if the rest of them are.
    async fn end_of_span(
        &self,
        begin: Option<&SealedPlace>,
    ) -> Result<Option<SecretDigest>, RepositoryError> {
        let statement = Statement::new(
            "SELECT instance_id AS id, digest FROM instance_secrets WHERE digest >= $1 ORDER BY digest \
             OFFSET $2 LIMIT 1",
        )
        .bind(digest_in(begin))
        .bind(SPAN - 1);
        let rows = self.database.read(statement).await?;
        rows.first()
            .map(|row| Fields::of(Entity::Instance, row)?.digest("digest"))
            .transpose()
    }
}

impl Table {
    const ALL: [Self; 5] = [
        Self::OrganizationSecrets,
        Self::UserSecrets,
        Self::InstanceTokens,
        Self::Configurations,
        Self::Replies,
    ];

    fn of(place: &SealedPlace) -> Self {
        match place {
            SealedPlace::OrganizationSecret(_) => Self::OrganizationSecrets,
            SealedPlace::UserSecret(_) => Self::UserSecrets,
            SealedPlace::InstanceToken(_) => Self::InstanceTokens,
            SealedPlace::Configuration { .. } => Self::Configurations,
            SealedPlace::Reply(_) => Self::Replies,
        }
    }

    /// The rows behind `begin`, without their number, which is the next argument. What `key` sealed is not read.
    fn statement(
        self,
        key: KeyId,
        begin: Option<&SealedPlace>,
        end: Option<&SecretDigest>,
    ) -> Statement {
        let of = |text: &'static str| Statement::new(text).bind(key.0);
        match self {
            Self::OrganizationSecrets => of(
                "SELECT organization_id AS id, digest, key_id, CASE WHEN key_id <> $1 THEN sealed END AS sealed \
                 FROM organization_secrets WHERE digest > $2 ORDER BY digest LIMIT $3",
            )
            .bind(digest_in(begin)),
            Self::UserSecrets => of(
                "SELECT user_id AS id, digest, key_id, CASE WHEN key_id <> $1 THEN sealed END AS sealed \
                 FROM user_secrets WHERE digest > $2 ORDER BY digest LIMIT $3",
            )
            .bind(digest_in(begin)),
            Self::InstanceTokens => of(
                "SELECT instance_id AS id, digest, key_id, CASE WHEN key_id <> $1 THEN sealed END AS sealed \
                 FROM instance_secrets WHERE digest > $2 ORDER BY digest LIMIT $3",
            )
            .bind(digest_in(begin)),
            Self::Configurations => {
                let entry = match begin {
                    Some(SealedPlace::Configuration { key, .. }) => Some(key.as_str()),
                    _ => None,
                };
                // The limits inside keep the planner from reading whole tables to join them.
                of(
                    "SELECT instance.instance_id AS id, instance.digest, entry.key, entry.key_id, \
                     CASE WHEN entry.key_id <> $1 THEN entry.sealed END AS sealed \
                     FROM (SELECT digest, organization_id, instance_id FROM instance_secrets \
                     WHERE digest >= $2 AND digest <= $3 ORDER BY digest LIMIT $5) AS instance \
                     CROSS JOIN LATERAL (SELECT key, key_id, sealed FROM instance_configurations \
                     WHERE organization_id = instance.organization_id AND instance_id = instance.instance_id \
                     AND sealed IS NOT NULL AND (instance.digest > $2 OR $4::text IS NULL OR key > $4) \
                     ORDER BY key LIMIT $6) AS entry \
                     ORDER BY instance.digest, entry.key LIMIT $6",
                )
                .bind(digest_in(begin))
                .bind(end.map_or([u8::MAX; 32], |end| *end.as_bytes()).to_vec())
                .bind(entry)
                .bind(SPAN)
            }
            Self::Replies => {
                let (organization, user, name) = match begin {
                    Some(SealedPlace::Reply(reply)) => (
                        reply.organization_id.get(),
                        reply.user_id.get(),
                        reply.key.as_str(),
                    ),
                    _ => (i64::MIN, i64::MIN, ""),
                };
                of(
                    "SELECT user_id AS id, organization_id, key, key_id, \
                     CASE WHEN key_id <> $1 THEN sealed END AS sealed FROM replies \
                     WHERE (organization_id, user_id, key) > ($2, $3, $4) AND sealed IS NOT NULL \
                     ORDER BY organization_id, user_id, key LIMIT $5",
                )
                .bind(organization)
                .bind(user)
                .bind(name)
            }
        }
    }

    /// Where the row stands, and what it holds if another key sealed it.
    fn sealed_of(self, row: &PgRow) -> Result<(SealedPlace, Option<Sealed>), RepositoryError> {
        let entity = match self {
            Self::OrganizationSecrets => Entity::Organization,
            Self::UserSecrets | Self::Replies => Entity::User,
            Self::InstanceTokens | Self::Configurations => Entity::Instance,
        };
        let fields = Fields::of(entity, row)?;
        let place = match self {
            Self::OrganizationSecrets => SealedPlace::OrganizationSecret(fields.digest("digest")?),
            Self::UserSecrets => SealedPlace::UserSecret(fields.digest("digest")?),
            Self::InstanceTokens => SealedPlace::InstanceToken(fields.digest("digest")?),
            Self::Configurations => SealedPlace::Configuration {
                instance: fields.digest("digest")?,
                key: fields.get("key")?,
            },
            Self::Replies => SealedPlace::Reply(ReplyKey {
                organization_id: OrganizationId::new(fields.get("organization_id")?),
                user_id: UserId::new(fields.id()),
                key: fields.get("key")?,
            }),
        };
        let sealed = match fields.get::<Option<Vec<u8>>>("sealed")? {
            None => None,
            Some(bytes) => Some(Sealed {
                key_id: KeyId(fields.get("key_id")?),
                bytes,
            }),
        };
        Ok((place, sealed))
    }
}

/// The digest that a place begins with; before all of them at the beginning of a table.
fn digest_in(begin: Option<&SealedPlace>) -> Vec<u8> {
    match begin {
        Some(
            SealedPlace::OrganizationSecret(digest)
            | SealedPlace::UserSecret(digest)
            | SealedPlace::InstanceToken(digest)
            | SealedPlace::Configuration {
                instance: digest, ..
            },
        ) => digest.as_bytes().to_vec(),
        Some(SealedPlace::Reply(_)) | None => Vec::new(),
    }
}
