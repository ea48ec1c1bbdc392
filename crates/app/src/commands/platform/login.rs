//! `tenantry login`: a password once, and from then on the secrets, which a profile keeps.

use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};
use tenantry_api_client::{Api, ApiCall, ApiError, Credentials, RemoteConfig};
use tenantry_domain::SecretText;

use super::{
    Start, backend,
    explain::explain,
    place::{self, SERVER},
    profile::{self, Profile},
};
use crate::{cli::Login, failure::Failure, prompt, randomness::RandomRequestIds, telemetry};

pub(super) async fn run(it: Login, start: &Start) -> Result<(), Failure> {
    telemetry::start_for_command(&start.flags)?;
    let server = it.server.clone().or_else(|| place::variable(SERVER));
    let server = server.ok_or_else(|| {
        Failure::usage(anyhow!(
            "a server is missing: give --server, or set {SERVER}"
        ))
    })?;
    backend::warn_if_unprotected(&server);
    let ids = Arc::new(RandomRequestIds);
    let nobody = Api::anonymous(RemoteConfig::new(server.clone()), ids).map_err(Failure::usage)?;
    let (email, password) = ask(&it)?;
    let body = json!({"username": email, "password": password.expose()});
    let call = ApiCall::post("/authentication").with_body(body);
    let user = nobody.call(&call).await.map_err(refused)?.into_value();
    let session = nobody.with_token(token(&user)?);
    let secrets = secrets(&nobody, &session).await?;
    let text = |name: &str| {
        secrets[name]
            .as_str()
            .with_context(|| format!("the server's reply has no {name}"))
    };
    let profile = Profile {
        credentials: Credentials::new(text("userSecret")?, text("organizationSecret")?),
        server,
    };
    let path = profile::write(&it.profile, &profile)?;
    let report = json!({
        "profile": it.profile,
        "file": path.to_string_lossy(),
        "server": profile.server,
        "userId": user["id"],
        "organizationId": user["organizationId"],
        "organizationName": user["organizationName"],
    });
    start.output.result(&report, || {
        format!(
            "{email} is logged in to {}; the secrets are in {}\nuse them with --profile {}",
            profile.server,
            path.display(),
            it.profile
        )
    })?;
    Ok(())
}

fn ask(it: &Login) -> Result<(String, SecretText), Failure> {
    let there = prompt::somebody_is_there();
    let email = match &it.email {
        Some(email) => email.clone(),
        None if there && !it.password_stdin => prompt::line("E-mail: ")?,
        None => {
            return Err(Failure::usage(anyhow!(
                "an e-mail is missing, and there is no terminal to ask at: give --email"
            )));
        }
    };
    let password = if it.password_stdin {
        prompt::password_of_stdin("--password-stdin")?
    } else if there {
        prompt::secret("Password: ")?
    } else {
        return Err(Failure::usage(anyhow!(
            "a password is missing, and there is no terminal to ask at: give --password-stdin"
        )));
    };
    Ok((email, password))
}

/// The secrets; before that a new password, if the server wants one.
async fn secrets(nobody: &Api, session: &Api) -> Result<Value, Failure> {
    let call = ApiCall::get("/authentication/secrets");
    match session.call(&call).await {
        Ok(reply) => Ok(reply.into_value()),
        Err(error) if must_change(&error) => {
            let session = change_password(nobody, session).await?;
            let reply = session.call(&call).await;
            Ok(reply.map_err(|error| explain(error, false))?.into_value())
        }
        Err(error) => Err(explain(error, false)),
    }
}

fn must_change(error: &ApiError) -> bool {
    matches!(error, ApiError::Refused(refusal) if refusal.status == 403 && refusal.said().contains("password"))
}

async fn change_password(nobody: &Api, session: &Api) -> Result<Api, Failure> {
    if !prompt::somebody_is_there() {
        return Err(Failure::usage(anyhow!(
            "the password must be changed first: run `tenantry login` at a terminal, which asks for a new one"
        )));
    }
    let new = prompt::secret("The password must be changed. New password: ")?;
    if prompt::secret("Once more: ")? != new {
        return Err(Failure::usage(anyhow!(
            "the passwords differ: nothing was changed"
        )));
    }
    let call =
        ApiCall::post("/authentication/passwords").with_body(json!({"password": new.expose()}));
    let reply = session.call(&call).await;
    let reply = reply.map_err(|error| explain(error, false))?;
    // The token goes on, unless the server answers another one.
    match token(reply.value()) {
        Ok(token) => Ok(nobody.with_token(token)),
        Err(_) => Ok(session.clone()),
    }
}

fn token(user: &Value) -> Result<SecretText, Failure> {
    let token = user["token"].as_str();
    let token =
        token.context("the server's reply has no token: is --server the address of this API?")?;
    Ok(SecretText::new(token))
}

fn refused(error: ApiError) -> Failure {
    match error {
        ApiError::Refused(refusal) if refusal.status == 401 => Failure::usage(anyhow!(
            "the server does not accept e-mail and password: put them right, or wait if the user is locked"
        )),
        other => explain(other, false),
    }
}
