//! The columns of instances: by field, and as they are read.

use sqlx::postgres::PgRow;
use tenantry_domain::{
    AccountId, ElementId, Entity, Instance, InstanceField, InstanceId, OrganizationId, Reach,
    Scope, Text, UserId, ports::RepositoryError,
};

use crate::{
    row::Fields,
    sql::Sql,
    table::{Column, Table},
};

/// What conditions on instances may name.
macro_rules! instance_source {
    () => {
        " FROM instances JOIN elements ON elements.organization_id = instances.organization_id \
         AND elements.id = instances.element_id"
    };
}

/// What [`instance_of`] reads.
macro_rules! instance_selection {
    () => {
        concat!(
            "SELECT instances.organization_id, instances.id, instances.account_id, instances.user_id, instances.name, \
             instances.element_id, instances.valid, instances.disabled, instances.created_at, instances.updated_at, \
             instances.revision, elements.key AS element_key, \
             ARRAY(SELECT instance_tags.tag FROM instance_tags \
             WHERE instance_tags.organization_id = instances.organization_id \
             AND instance_tags.instance_id = instances.id ORDER BY instance_tags.position) AS tags",
            $crate::instance::columns::instance_source!()
        )
    };
}
pub(super) use {instance_selection, instance_source};

impl Table for InstanceField {
    type Item = Instance;

    const SELECT: &'static str = instance_selection!();
    const EXISTS: &'static str = concat!("SELECT 1", instance_source!());

    fn column(self) -> Column {
        match self {
            Self::Id => Column::required("instances.id"),
            Self::Name => Column::text("instances.name", "instances.name_folded"),
            Self::ElementKey => Column::text("elements.key", "elements.key_folded"),
            Self::ElementId => Column::required("instances.element_id"),
            Self::CreatedDate => Column::required("instances.created_at"),
            Self::Valid => Column::required("instances.valid"),
            Self::Disabled => Column::required("instances.disabled"),
            Self::UserId => Column::required("instances.user_id"),
            Self::AccountId => Column::required("instances.account_id"),
            Self::Tag => Column::text("instance_tags.tag", "instance_tags.tag_folded").among(
                " FROM instance_tags WHERE instance_tags.organization_id = instances.organization_id AND \
                 instance_tags.instance_id = instances.id",
            ),
        }
    }

    fn within(sql: &mut Sql, scope: &Scope) {
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

    fn item(row: &PgRow) -> Result<Instance, RepositoryError> {
        instance_of(row)
    }
}

/// Reads a row of [`instance_selection`].
pub(super) fn instance_of(row: &PgRow) -> Result<Instance, RepositoryError> {
    let fields = Fields::of(Entity::Instance, row)?;
    let tags: Vec<String> = fields.get("tags")?;
    Ok(Instance {
        id: InstanceId::new(fields.id()),
        organization_id: OrganizationId::new(fields.get("organization_id")?),
        account_id: AccountId::new(fields.get("account_id")?),
        user_id: UserId::new(fields.get("user_id")?),
        name: fields.name("name")?,
        element_id: ElementId::new(fields.get("element_id")?),
        element_key: fields.text("element_key")?,
        tags: tags
            .into_iter()
            .map(Text::parse)
            .collect::<Result<_, _>>()
            .map_err(|error| fields.corrupt(error))?,
        valid: fields.get("valid")?,
        disabled: fields.get("disabled")?,
        created_at: fields.get("created_at")?,
        updated_at: fields.get("updated_at")?,
        revision: fields.revision("revision")?,
    })
}
