//! The columns of instances: by field, and as they are read.

use sqlx::postgres::PgRow;
use tenantry_domain::{
    AccountId, ConfigurationEntry, ConfigurationId, ConfigurationText, ConfigurationValue, Element,
    ElementId, Entity, ExternalAuthentication, Instance, InstanceField, InstanceId, InstanceOwner,
    KeyId, OrganizationId, Reach, Scope, Sealed, Text, UserId,
    ports::{BoxError, RepositoryError},
};
use uuid::Uuid;

use crate::{
    row::Fields,
    sql::Sql,
    table::{Column, Table},
};

/// What conditions on instances may name. Every one has its element; the join is a left one so that PostgreSQL leaves it
/// out where nobody asks for the element.
macro_rules! instance_source {
    () => {
        " FROM instances LEFT JOIN elements ON elements.organization_id = instances.organization_id \
         AND elements.id = instances.element_id"
    };
}

/// What [`instance_of`] reads. Tags and configuration come as arrays: the rows of a page come in one statement.
macro_rules! instance_selection {
    () => {
        concat!(
            "SELECT instances.organization_id, instances.id, instances.account_id, instances.user_id, instances.name, \
             instances.external_authentication, instances.valid, instances.disabled, instances.created_at, \
             instances.updated_at, instances.revision, elements.id AS element_id, elements.key AS element_key, \
             coalesce(elements.name, elements.key) AS element_name, elements.hub AS element_hub, \
             users.email, users.first_name, users.last_name, \
             instance_secrets.digest, instance_secrets.key_id, instance_secrets.sealed, \
             ARRAY(SELECT instance_tags.tag FROM instance_tags \
             WHERE instance_tags.organization_id = instances.organization_id \
             AND instance_tags.instance_id = instances.id ORDER BY instance_tags.position) AS tags, \
             ARRAY(SELECT ROW(configuration.id, configuration.key, configuration.value, configuration.sealed, \
             configuration.key_id) FROM instance_configurations AS configuration \
             WHERE configuration.organization_id = instances.organization_id \
             AND configuration.instance_id = instances.id ORDER BY configuration.id) AS configuration",
            $crate::instance::columns::instance_source!(),
            " JOIN users ON users.organization_id = instances.organization_id AND users.id = instances.user_id \
             JOIN instance_secrets ON instance_secrets.organization_id = instances.organization_id \
             AND instance_secrets.instance_id = instances.id"
        )
    };
}
pub(crate) use {instance_selection, instance_source};

impl Table for InstanceField {
    type Item = Instance;

    const SELECT: &'static str = instance_selection!();
    const FROM: &'static str = instance_source!();

    fn column(self) -> Column {
        match self {
            Self::Id => Column::required("instances.id"),
            Self::Name => Column::text("instances.name", "instances.name_folded").with_trigrams(),
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

/// One entry of the configuration: id, key, value; or sealed bytes and their key.
type EntryColumns = (i64, String, Option<String>, Option<Vec<u8>>, Option<Uuid>);

/// Reads a row of [`instance_selection`].
pub(crate) fn instance_of(row: &PgRow) -> Result<Instance, RepositoryError> {
    let fields = Fields::of(Entity::Instance, row)?;
    let tags: Vec<String> = fields.get("tags")?;
    let entries: Vec<EntryColumns> = fields.get("configuration")?;
    let organization_id = OrganizationId::new(fields.get("organization_id")?);
    Ok(Instance {
        id: InstanceId::new(fields.id()),
        organization_id,
        account_id: AccountId::new(fields.get("account_id")?),
        user: InstanceOwner {
            id: UserId::new(fields.get("user_id")?),
            email: fields.email("email")?,
            first_name: fields.name("first_name")?,
            last_name: fields.name("last_name")?,
        },
        name: fields.name("name")?,
        element: Element {
            id: ElementId::new(fields.get("element_id")?),
            organization_id,
            key: fields.text("element_key")?,
            name: fields.text("element_name")?,
            hub: fields.text("element_hub")?,
        },
        tags: tags
            .into_iter()
            .map(Text::parse)
            .collect::<Result<_, _>>()
            .map_err(|error| fields.corrupt(error))?,
        configuration: entries
            .into_iter()
            .map(entry_of)
            .collect::<Result<_, _>>()
            .map_err(|error| fields.corrupt(error))?,
        external_authentication: fields.parse("external_authentication", |word| {
            ExternalAuthentication::parse(&word).ok_or("there is no such authentication")
        })?,
        valid: fields.get("valid")?,
        disabled: fields.get("disabled")?,
        token: fields.secret()?,
        created_at: fields.get("created_at")?,
        updated_at: fields.get("updated_at")?,
        revision: fields.revision("revision")?,
    })
}

fn entry_of(columns: EntryColumns) -> Result<ConfigurationEntry, BoxError> {
    let (id, key, value, sealed, key_id) = columns;
    let value = match (value, sealed, key_id) {
        (Some(text), None, None) => ConfigurationValue::Clear(ConfigurationText::parse(text)?),
        (None, Some(bytes), Some(key_id)) => ConfigurationValue::Sealed(Sealed {
            key_id: KeyId(key_id),
            bytes,
        }),
        _ => return Err("a configured value is neither in clear nor sealed".into()),
    };
    Ok(ConfigurationEntry {
        id: ConfigurationId::new(id),
        key: Text::parse(key)?,
        value,
    })
}
