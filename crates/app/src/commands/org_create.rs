//! `tenantry org create`: a new organization with its first user, also while the server runs. Prints both secrets, once,
//! and never a password.

use std::io;

use anyhow::{Context as _, anyhow};
use serde_json::json;
use tenantry_domain::{
    Email, Entity, Password, RequestId,
    ports::RepositoryError,
    services::{IssuedOrganization, NewOrganization, ServiceError},
};
use tracing::info;

use crate::{
    bootstrap, cli::CreateOrganization, config::Config, failure::Failure, output::Output, prompt,
};

/// Creates the organization.
pub(super) async fn run(
    config: &Config,
    create: CreateOrganization,
    request_id: RequestId,
    output: Output,
) -> Result<(), Failure> {
    let admin_password = password(&create)?;
    let admin_email = create.admin_email.clone();
    let new = NewOrganization {
        name: create.name,
        admin_email: create.admin_email,
        admin_first_name: create.admin_first_name,
        admin_last_name: create.admin_last_name,
        admin_password,
    };
    let opened = bootstrap::open(config, request_id).await?;
    let issued = opened
        .services
        .platform
        .organizations
        .create(new, request_id)
        .await;
    opened.store.close().await;
    let issued = issued.map_err(|error| explain(error, &admin_email))?;
    info!(
        organization_id = issued.created.organization.id.get(),
        "organization created"
    );
    print(&issued, output).with_context(|| {
        format!(
            "the organization {} was created, but its secrets cannot be written to standard output: create another one",
            issued.created.organization.id
        )
    })?;
    Ok(())
}

fn password(create: &CreateOrganization) -> Result<Option<Password>, Failure> {
    if !create.admin_password_stdin {
        return Ok(create.admin_password.clone());
    }
    let typed = prompt::password_of_stdin("--admin-password-stdin")?;
    Ok(Some(Password::new(typed.expose())))
}

fn explain(error: ServiceError, email: &Email) -> Failure {
    match error {
        ServiceError::Invalid(problems) => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Failure::usage(anyhow!("the admin's {}", problems.join("; ")))
        }
        ServiceError::Repository(RepositoryError::Conflict {
            entity: Entity::User,
            field: "email",
        }) => Failure::Failed(anyhow!(
            "the e-mail {email} is in use by another user of this deployment: choose another --admin-email"
        )),
        other => {
            Failure::Failed(anyhow::Error::new(other).context("the organization cannot be created"))
        }
    }
}

fn print(issued: &IssuedOrganization, output: Output) -> io::Result<()> {
    let created = &issued.created;
    let (organization_secret, user_secret) = (
        issued.organization_secret.expose(),
        issued.user_secret.expose(),
    );
    let report = json!({
        "organizationId": created.organization.id.get(),
        "organizationSecret": organization_secret,
        "accountId": created.account.id.get(),
        "userId": created.admin.id.get(),
        "userSecret": user_secret,
    });
    output.result(&report, || {
        format!(
            "organization         {} ({})\n\
             account              {}\n\
             user                 {} ({})\n\
             organization secret  {organization_secret}\n\
             user secret          {user_secret}\n\
             \n\
             Authorization: User {user_secret}, Organization {organization_secret}\n\
             \n\
             The secrets are shown only once.",
            created.organization.id,
            created.organization.name,
            created.account.id,
            created.admin.id,
            created.admin.email,
        )
    })
}
