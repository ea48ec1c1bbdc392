//! Stores of former releases: upgraded in place, while nodes of the release before go on working (but hear no more of changed callers: step 7).

use std::borrow::Cow;

use sqlx::{
    Executor as _, PgConnection, SqlStr,
    migrate::{Migration, MigrationType, Migrator},
};
use tenantry_domain::{
    AuditId, ExternalAuthentication, InstanceId, InstancePatch, OrganizationId, PasswordPolicy,
    Scope, UserId,
    ceql::Filter,
    page::{PageRequest, Sort},
};
use tenantry_store_postgres::{PostgresStore, SchemaState};
use tenantry_testkit::{run, samples};

use super::{Schema, raw};

/// What a node of the first release writes.
const ROWS_OF_THE_FIRST_RELEASE: &str = "
    BEGIN;
    INSERT INTO organizations (id, name, kind, active, default_account_id, created_at, updated_at, revision)
        VALUES (7, 'Shire', 'customer', TRUE, 8, '2026-01-02 00:00Z', '2026-01-02 00:00Z', 1);
    INSERT INTO accounts (organization_id, id, name, name_folded, active, is_default, created_at, updated_at, revision)
        VALUES (7, 8, 'Shire', 'shire', TRUE, TRUE, '2026-01-02 00:00Z', '2026-01-02 00:00Z', 1);
    INSERT INTO users (organization_id, account_id, id, email, email_folded, first_name, first_name_folded, last_name,
            last_name_folded, full_name, full_name_folded, active, password_hash, password_changed_at,
            password_must_change, created_at, updated_at, revision)
        VALUES (7, 8, 9, 'ada@shire.example', 'ada@shire.example', 'Ada', 'ada', 'Admin', 'admin', 'Ada Admin',
            'ada admin', TRUE, 'plain$first', '2026-01-02 00:00Z', FALSE, '2026-01-02 00:00Z', '2026-01-02 00:00Z', 1);
    INSERT INTO roles (organization_id, key, name, description, privileges)
        VALUES (7, 'default-user', 'User', '', '{}'), (7, 'org-admin', 'Administrator', '', '{}');
    INSERT INTO elements (organization_id, id, key, key_folded) VALUES (7, 10, 'hubspotCRM', 'hubspotcrm');
    INSERT INTO instances (organization_id, id, account_id, user_id, name, name_folded, element_id, valid, disabled,
            created_at, updated_at, revision)
        VALUES (7, 11, 8, 9, 'Ours', 'ours', 10, TRUE, FALSE, '2026-01-02 00:00Z', '2026-01-02 00:00Z', 1);
    INSERT INTO audit_records (organization_id, account_id, at, author, request_id, action, target, target_id, old, new)
        VALUES (7, 8, '2026-01-02 00:00Z', 'operator', repeat('0', 24), 'created', 'user', 9, '{}', '{}');
    COMMIT";

async fn first_release(connection: &mut PgConnection) {
    let initial = Migration::new(
        1,
        Cow::Borrowed("initial"),
        MigrationType::Simple,
        SqlStr::from_static(include_str!("../../migrations/0001_initial.sql")),
        false,
    );
    Migrator::with_migrations(vec![initial])
        .set_locking(false)
        .run_direct(None, connection, false)
        .await
        .unwrap();
    connection.execute(ROWS_OF_THE_FIRST_RELEASE).await.unwrap();
    for (table, owner, clear) in [
        ("user_secrets", "user_id, organization_id", "tu_ada"),
        (
            "instance_secrets",
            "instance_id, organization_id",
            "ti_ours",
        ),
    ] {
        let id = if table == "user_secrets" { 9 } else { 11 };
        insert_secret(connection, table, owner, Some(id), clear).await;
    }
    insert_secret(
        connection,
        "organization_secrets",
        "organization_id",
        None,
        "to_Shire",
    )
    .await;
}

async fn insert_secret(
    connection: &mut PgConnection,
    table: &str,
    owner: &str,
    id: Option<i64>,
    clear: &str,
) {
    let secret = samples::secret(clear);
    let owned_by = id.map_or(String::new(), |id| format!("{id}, "));
    let statement = format!(
        "INSERT INTO {table} (digest, sealed, key_id, created_at, {owner}) \
         VALUES ($1, $2, $3, '2026-01-02 00:00Z', {owned_by}7)"
    );
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(secret.digest.as_bytes().as_slice())
        .bind(secret.sealed.bytes.as_slice())
        .bind(secret.sealed.key_id.0)
        .execute(connection)
        .await
        .unwrap();
}

#[test]
fn a_store_of_the_first_release_is_upgraded_and_keeps_working() {
    run(async {
        let schema = Schema::create().await;
        let mut other = raw(&schema).await;
        first_release(&mut other).await;
        let store = PostgresStore::connect(schema.config()).await.unwrap();
        assert_eq!(store.schema_state().await.unwrap(), SchemaState::Behind(7));
        assert!(store.needs_migration().await.unwrap());
        store.migrate().await.unwrap();
        assert!(!store.needs_migration().await.unwrap());

        let repositories = store.repositories();
        let organization = OrganizationId::new(7);
        let (scope, ada) = (Scope::organization(organization), UserId::new(9));
        let caller = tenantry_domain::ports::Caller::Secrets {
            user: samples::secret("tu_ada").digest,
            organization: samples::secret("to_Shire").digest,
            instance: Some(samples::secret("ti_ours").digest),
        };
        let credentials = &repositories.credentials;
        let found = credentials.authenticate(&caller, samples::START).await;
        let found = found.unwrap().unwrap();
        assert_eq!(found.identity.user_id, ada);
        assert_eq!(found.identity.password_expiration_days, 0);
        assert_eq!(found.instance.unwrap().id, InstanceId::new(11));
        let secret = credentials.user_secret(&scope, ada).await.unwrap();
        assert_eq!(secret, Some(samples::secret("tu_ada")));
        let until = Some(samples::change_at(60).at);
        let replaced = credentials
            .replace_user_secret(
                &scope,
                ada,
                &samples::secret("tu_new"),
                until,
                &samples::change(),
            )
            .await;
        assert!(replaced.unwrap());
        let again = credentials.authenticate(&caller, samples::START).await;
        assert_eq!(again.unwrap().unwrap().identity, found.identity);

        let instance = repositories
            .instances
            .find(&scope, InstanceId::new(11))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(instance.element.name, samples::text("hubspotCRM"));
        assert_eq!(instance.element.hub, samples::text("general"));
        assert_eq!(instance.configuration, []);
        assert_eq!(
            instance.external_authentication,
            ExternalAuthentication::None
        );
        assert_eq!(instance.token, samples::secret("ti_ours"));
        let patch = InstancePatch {
            name: Some(samples::name("Mine")),
            ..InstancePatch::default()
        };
        let patched = repositories
            .instances
            .update(&scope, instance.id, &patch, None, &samples::change())
            .await;
        assert_eq!(patched.unwrap().unwrap().name, samples::name("Mine"));

        let policy = repositories.policies.find(organization).await;
        let policy = policy.unwrap().unwrap();
        assert_eq!(policy.policy, PasswordPolicy::default());
        assert!(!policy.is_set);
        let chain = &repositories.audit_chain;
        let waiting = chain.unlinked_organizations(10).await.unwrap();
        assert_eq!(waiting, [organization]);
        let unlinked = chain.unlinked(organization, 1).await.unwrap();
        assert_eq!(unlinked.first().unwrap().id, AuditId::new(2));
    });
}

#[test]
fn nodes_of_the_first_release_go_on_writing_after_the_upgrade() {
    run(async {
        let schema = Schema::create().await;
        let mut other = raw(&schema).await;
        let store = schema.store(schema.config()).await;
        other.execute(ROWS_OF_THE_FIRST_RELEASE).await.unwrap();
        insert_secret(
            &mut other,
            "instance_secrets",
            "instance_id, organization_id",
            Some(11),
            "ti_ours",
        )
        .await;

        let repositories = store.repositories();
        let scope = Scope::organization(OrganizationId::new(7));
        let named = |ceql: &str| Filter::parse(ceql).unwrap();
        for (ceql, expected) in [
            ("name = 'hubspotCRM'", 1),
            ("name LIKE 'HUBSPOT%' AND hub LIKE 'General'", 1),
            ("name IS NULL", 0),
            ("hub = 'crm'", 0),
        ] {
            let page = repositories
                .elements
                .list(
                    &scope,
                    &named(ceql),
                    &Sort::by_id(),
                    &PageRequest::first(10),
                )
                .await
                .unwrap();
            assert_eq!(page.items.len(), expected, "{ceql}");
        }
        let mut draft = samples::instance_draft(UserId::new(9), "hubspotCRM", "Second");
        draft.element.name = samples::text("HubSpot");
        let created = repositories
            .instances
            .create(OrganizationId::new(7), &draft, &samples::change())
            .await
            .unwrap();
        assert_eq!(created.element.name, samples::text("hubspotCRM"));
    });
}
