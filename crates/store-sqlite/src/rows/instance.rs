//! Instances as rows: the instance with what it is joined to, and beside it its tags and its configuration, which are
//! read for all instances of a page at once.

use std::collections::HashMap;

use rusqlite::{Connection, Row};
use tenantry_domain::{
    AccountId, Email, Entity, ExternalAuthentication, Instance, InstanceField, InstanceId,
    InstanceOwner, OrganizationId, Reach, Revision, Scope, Text, UserId,
};

use super::{Assignments, Cells, configuration, element, secret};
use crate::{
    error::Failure,
    selectable::{Column, Selectable},
    sql::{Sql, moment},
};

/// What [`all`] reads.
pub(crate) const COLUMNS: &str = "instances.id, instances.organization_id, instances.account_id, instances.name, \
    instances.external_authentication, instances.valid, instances.disabled, instances.created_at, \
    instances.updated_at, instances.revision, users.id, users.email, users.first_name, users.last_name, \
    elements.id, elements.organization_id, elements.key, elements.name, elements.hub, \
    instance_secrets.digest, instance_secrets.key_id, instance_secrets.sealed";

/// The instances that `sql` selects, complete, all as they were at one moment.
pub(crate) fn all(connection: &Connection, sql: &Sql) -> Result<Vec<Instance>, Failure> {
    let _moment = moment(connection)?;
    let mut instances = sql.rows(connection, read)?;
    let Some(first) = instances.first() else {
        return Ok(instances);
    };
    let organization = first.organization_id;
    let ids = ids(&instances);
    let mut tags = tags(connection, organization, &ids)?;
    let mut entries = configuration::of_all(connection, organization, &ids)?;
    for instance in &mut instances {
        instance.tags = tags.remove(&instance.id).unwrap_or_default();
        instance.configuration = entries.remove(&instance.id).unwrap_or_default();
    }
    Ok(instances)
}

/// The instance, but for tags and configuration.
fn read(row: &Row<'_>) -> Result<Instance, Failure> {
    Cells::entity(row, Entity::Instance, |cells| {
        let id = InstanceId::new(cells.take()?);
        let organization_id = OrganizationId::new(cells.take()?);
        let account_id = AccountId::new(cells.take()?);
        let name = cells.name()?;
        let external_authentication = ExternalAuthentication::parse(&cells.take::<String>()?)
            .ok_or("unknown external authentication")?;
        Ok(Instance {
            id,
            organization_id,
            account_id,
            name,
            external_authentication,
            valid: cells.take()?,
            disabled: cells.take()?,
            created_at: cells.instant()?,
            updated_at: cells.instant()?,
            revision: Revision::new(cells.take()?),
            user: InstanceOwner {
                id: UserId::new(cells.take()?),
                email: Email::parse(cells.take::<String>()?)?,
                first_name: cells.name()?,
                last_name: cells.name()?,
            },
            element: element::read_cells(cells)?,
            token: secret::read_cells(cells)?,
            tags: Vec::new(),
            configuration: Vec::new(),
        })
    })
}

/// The tags of all of these instances, each instance's in their order.
fn tags(
    connection: &Connection,
    organization: OrganizationId,
    ids: &str,
) -> Result<HashMap<InstanceId, Vec<Text>>, Failure> {
    let mut tags: HashMap<_, Vec<_>> = HashMap::new();
    select_tags(organization, ids).rows(connection, |row| {
        let (id, tag) = Cells::entity(row, Entity::Instance, |cells| {
            let id = InstanceId::new(cells.take()?);
            Ok((id, Text::parse(cells.take::<String>()?)?))
        })?;
        tags.entry(id).or_default().push(tag);
        Ok(())
    })?;
    Ok(tags)
}

fn select_tags(organization: OrganizationId, ids: &str) -> Sql {
    let mut sql = Sql::new(
        "SELECT instance_tags.instance_id, instance_tags.tag FROM instance_tags \
         WHERE instance_tags.organization_id = ",
    );
    sql.bind(organization.get())
        .push(" AND instance_tags.instance_id IN (SELECT value FROM json_each(");
    sql.bind(ids.to_owned())
        .push(")) ORDER BY instance_tags.instance_id, instance_tags.position");
    sql
}

/// Their ids as a JSON array: one statement serves any number of them.
fn ids(instances: &[Instance]) -> String {
    let ids: Vec<_> = instances
        .iter()
        .map(|instance| instance.id.to_string())
        .collect();
    format!("[{}]", ids.join(","))
}

/// Stores a new instance with its tags, under `id` if one is given; answers the id that it has.
pub(crate) fn insert(
    connection: &Connection,
    instance: &Instance,
    id: Option<i64>,
) -> Result<InstanceId, Failure> {
    let id = assignments(instance)
        .set("id", id)
        .set("organization_id", instance.organization_id.get())
        .set("account_id", instance.account_id.get())
        .set("user_id", instance.user.id.get())
        .set("element_id", instance.element.id.get())
        .instant("created_at", instance.created_at)
        .insert(connection, "instances")?;
    let id = InstanceId::new(id);
    insert_tags(connection, instance.organization_id, id, &instance.tags)?;
    Ok(id)
}

/// What an update writes of an instance's own row.
pub(crate) fn assignments(instance: &Instance) -> Assignments {
    Assignments::new()
        .text("name", "name_folded", Some(instance.name.as_str()))
        .set(
            "external_authentication",
            instance.external_authentication.as_str().to_owned(),
        )
        .set("valid", instance.valid)
        .set("disabled", instance.disabled)
        .instant("updated_at", instance.updated_at)
        .set("revision", instance.revision.get())
}

/// Puts the tags in the place of those that are stored.
pub(crate) fn replace_tags(connection: &Connection, instance: &Instance) -> Result<(), Failure> {
    connection
        .prepare_cached("DELETE FROM instance_tags WHERE organization_id = ? AND instance_id = ?")?
        .execute([instance.organization_id.get(), instance.id.get()])?;
    insert_tags(
        connection,
        instance.organization_id,
        instance.id,
        &instance.tags,
    )
}

fn insert_tags(
    connection: &Connection,
    organization: OrganizationId,
    instance: InstanceId,
    tags: &[Text],
) -> Result<(), Failure> {
    for (position, tag) in (0_i64..).zip(tags) {
        Assignments::new()
            .set("organization_id", organization.get())
            .set("instance_id", instance.get())
            .set("position", position)
            .text("tag", "tag_folded", Some(tag.as_str()))
            .insert(connection, "instance_tags")?;
    }
    Ok(())
}

/// The instance of that id in `scope`.
pub(crate) fn find(
    connection: &Connection,
    scope: &Scope,
    id: InstanceId,
) -> Result<Option<Instance>, Failure> {
    let mut sql = in_scope(scope);
    sql.push(" AND instances.id = ").bind(id.get());
    Ok(all(connection, &sql)?.pop())
}

/// The instances of the organization among these, by id. `ids` is a JSON array.
pub(crate) fn of_ids(
    connection: &Connection,
    organization: OrganizationId,
    ids: &str,
) -> Result<Vec<Instance>, Failure> {
    let mut sql = in_scope(&Scope::organization(organization));
    sql.push(" AND instances.id IN (SELECT value FROM json_each(")
        .bind(ids.to_owned())
        .push(")) ORDER BY instances.id");
    all(connection, &sql)
}

/// Every instance of a user, by id.
pub(crate) fn of_user(
    connection: &Connection,
    organization: OrganizationId,
    user: UserId,
) -> Result<Vec<Instance>, Failure> {
    let mut sql = in_scope(&Scope::user(organization, user));
    sql.push(" ORDER BY instances.id");
    all(connection, &sql)
}

fn in_scope(scope: &Scope) -> Sql {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS)
        .push(" FROM ")
        .push(InstanceField::TABLE)
        .push(InstanceField::BESIDE)
        .push(InstanceField::JOINS)
        .push(" WHERE ");
    InstanceField::within(scope, &mut sql);
    sql
}

impl Selectable for InstanceField {
    const TABLE: &'static str = "instances";
    const ID_COLUMN: &'static str = "instances.id";
    const IDS: &'static str =
        "SELECT instances.id FROM instances WHERE instances.organization_id = ";

    /// Every instance has its element; the join is a left one so that SQLite leaves it out where nobody asks for the
    /// element.
    const BESIDE: &'static str = " LEFT JOIN elements ON elements.id = instances.element_id";

    // `CROSS JOIN` is to SQLite an inner join that keeps its place: the instances are found first, in their order.
    const JOINS: &'static str = " \
        CROSS JOIN users ON users.organization_id = instances.organization_id AND users.id = instances.user_id \
        CROSS JOIN instance_secrets ON instance_secrets.organization_id = instances.organization_id \
          AND instance_secrets.instance_id = instances.id";

    fn rare(self) -> Option<(bool, &'static str)> {
        match self {
            Self::Valid => Some((false, "instances.valid = 0")),
            Self::Disabled => Some((true, "instances.disabled = 1")),
            _ => None,
        }
    }

    fn ids(self) -> &'static str {
        match self {
            Self::ElementKey => {
                "SELECT instances.id FROM elements CROSS JOIN instances \
                 ON instances.organization_id = elements.organization_id AND instances.element_id = elements.id \
                 WHERE elements.organization_id = "
            }
            Self::Tag => {
                "SELECT instance_tags.instance_id FROM instance_tags WHERE instance_tags.organization_id = "
            }
            _ => Self::IDS,
        }
    }

    fn column(self) -> Column {
        match self {
            Self::Id => Column::plain("instances.id"),
            Self::Name => Column::text("instances.name", "instances.name_folded"),
            Self::ElementKey => Column::text("elements.key", "elements.key_folded"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::plan;

    #[test]
    fn those_of_a_page_are_found_by_the_ids_of_its_instances() {
        assert_eq!(
            plan(select_tags(OrganizationId::new(7), "[8, 9]"))[0],
            "SEARCH instance_tags USING PRIMARY KEY (organization_id=? AND instance_id=?)"
        );
    }
}
