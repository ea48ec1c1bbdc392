//! Instances as rows.

use rusqlite::{Connection, Row};
use tenantry_domain::{
    AccountId, ElementId, Entity, Instance, InstanceField, InstanceId, OrganizationId, Reach,
    Revision, Scope, Text, UserId, ports::BoxError,
};

use super::{Assignments, Cells};
use crate::{
    error::Failure,
    selectable::{Column, Selectable},
    sql::Sql,
};

/// What [`read`] reads.
pub(crate) const COLUMNS: &str = "instances.id, instances.organization_id, instances.account_id, instances.user_id, \
    instances.name, instances.element_id, \
    (SELECT elements.key FROM elements WHERE elements.id = instances.element_id), \
    (SELECT json_group_array(instance_tags.tag ORDER BY instance_tags.position) FROM instance_tags \
     WHERE instance_tags.organization_id = instances.organization_id AND instance_tags.instance_id = instances.id), \
    instances.valid, instances.disabled, instances.created_at, instances.updated_at, instances.revision";

pub(crate) fn read(row: &Row<'_>) -> Result<Instance, Failure> {
    Cells::entity(row, Entity::Instance, |cells| {
        Ok(Instance {
            id: InstanceId::new(cells.take()?),
            organization_id: OrganizationId::new(cells.take()?),
            account_id: AccountId::new(cells.take()?),
            user_id: UserId::new(cells.take()?),
            name: cells.name()?,
            element_id: ElementId::new(cells.take()?),
            element_key: cells.text()?.ok_or("its element is missing")?,
            tags: tags(&cells.take::<String>()?)?,
            valid: cells.take()?,
            disabled: cells.take()?,
            created_at: cells.instant()?,
            updated_at: cells.instant()?,
            revision: Revision::new(cells.take()?),
        })
    })
}

/// Stores a new instance with its tags; answers its id.
pub(crate) fn insert(connection: &Connection, instance: &Instance) -> Result<InstanceId, Failure> {
    let id = Assignments::new()
        .set("organization_id", instance.organization_id.get())
        .set("account_id", instance.account_id.get())
        .set("user_id", instance.user_id.get())
        .text("name", "name_folded", Some(instance.name.as_str()))
        .set("element_id", instance.element_id.get())
        .set("valid", instance.valid)
        .set("disabled", instance.disabled)
        .instant("created_at", instance.created_at)
        .instant("updated_at", instance.updated_at)
        .set("revision", instance.revision.get())
        .insert(connection, "instances")?;
    for (position, tag) in (0_i64..).zip(&instance.tags) {
        Assignments::new()
            .set("organization_id", instance.organization_id.get())
            .set("instance_id", id)
            .set("position", position)
            .text("tag", "tag_folded", Some(tag.as_str()))
            .insert(connection, "instance_tags")?;
    }
    Ok(InstanceId::new(id))
}

/// The instance of that id in `scope`.
pub(crate) fn find(
    connection: &Connection,
    scope: &Scope,
    id: InstanceId,
) -> Result<Option<Instance>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(" FROM instances WHERE ");
    InstanceField::within(scope, &mut sql);
    sql.push(" AND instances.id = ").bind(id.get());
    sql.row(connection, read)
}

/// Every instance of a user, by id.
pub(crate) fn of_user(
    connection: &Connection,
    organization: OrganizationId,
    user: UserId,
) -> Result<Vec<Instance>, Failure> {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(" FROM instances WHERE ");
    InstanceField::within(&Scope::user(organization, user), &mut sql);
    sql.push(" ORDER BY instances.id");
    sql.rows(connection, read)
}

fn tags(json: &str) -> Result<Vec<Text>, BoxError> {
    let tags: Vec<String> = serde_json::from_str(json)?;
    Ok(tags
        .into_iter()
        .map(Text::parse)
        .collect::<Result<_, _>>()?)
}

impl Selectable for InstanceField {
    /// Every instance has its element; the join is a left one so that SQLite leaves it out where nobody asks for the
    /// element.
    const TABLE: &'static str =
        "instances LEFT JOIN elements ON elements.id = instances.element_id";

    fn column(self) -> Column {
        match self {
            Self::Id => Column::plain("instances.id"),
            Self::Name => Column::text("instances.name", "instances.name_folded"),
            Self::ElementKey => Column::text("elements.key", "ceql_fold(elements.key)"),
            Self::ElementId => Column::plain("instances.element_id"),
            Self::CreatedDate => Column::plain("instances.created_at"),
            Self::Valid => Column::plain("instances.valid"),
            Self::Disabled => Column::plain("instances.disabled"),
            Self::UserId => Column::plain("instances.user_id"),
            Self::AccountId => Column::plain("instances.account_id"),
            Self::Tag => Column::Many {
                rows: " FROM instance_tags WHERE instance_tags.organization_id = instances.organization_id \
                       AND instance_tags.instance_id = instances.id",
                exact: "instance_tags.tag",
                folded: "instance_tags.tag_folded",
            },
        }
    }

    fn within(scope: &Scope, sql: &mut Sql) {
        sql.push("instances.organization_id = ")
            .bind(scope.organization_id().get());
        match scope.reach() {
            Reach::Organization => {}
            Reach::Account(account) => {
                sql.push(" AND instances.account_id = ").bind(account.get());
            }
            Reach::User(user) => {
                sql.push(" AND instances.user_id = ").bind(user.get());
            }
        }
    }
}
