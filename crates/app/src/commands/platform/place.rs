//! Where a command goes: flags first, then the environment, else the local store.

use std::io::{self, IsTerminal as _};

use anyhow::anyhow;
use tenantry_api_client::Credentials;
use tenantry_domain::SecretText;

use super::profile;
use crate::{
    cli::{Compare, Target},
    config::Flags,
    failure::Failure,
    prompt,
};

pub(super) const SERVER: &str = "TENANTRY_SERVER";
const PROFILE: &str = "TENANTRY_PROFILE";
const USER_SECRET: &str = "TENANTRY_USER_SECRET";
const ORGANIZATION_SECRET: &str = "TENANTRY_ORGANIZATION_SECRET";
const AGAINST_USER_SECRET: &str = "TENANTRY_AGAINST_USER_SECRET";
const AGAINST_ORGANIZATION_SECRET: &str = "TENANTRY_AGAINST_ORGANIZATION_SECRET";

/// Where a command goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place {
    Local {
        organization: Option<i64>,
    },
    Remote {
        server: String,
        credentials: Credentials,
    },
}

/// A variable; one that is empty is as good as not set.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// What was chosen, without its secrets.
#[derive(Debug, PartialEq, Eq)]
enum Choice {
    Local,
    Server(String),
    Profile(String),
}

/// Finds out where a command goes, and with which secrets. May ask for them at the terminal.
pub(super) fn find(target: &Target, flags: &Flags) -> Result<Place, Failure> {
    match choose(target, flags, &|name| std::env::var(name).ok())? {
        Choice::Local => Ok(Place::Local {
            organization: target.organization,
        }),
        Choice::Profile(name) => {
            let profile = profile::read(&name)?;
            Ok(Place::Remote {
                server: profile.server,
                credentials: profile.credentials,
            })
        }
        Choice::Server(server) => Ok(Place::Remote {
            credentials: Credentials {
                user: secret(USER_SECRET, "user secret", &server)?,
                organization: secret(ORGANIZATION_SECRET, "organization secret", &server)?,
            },
            server,
        }),
    }
}

/// The other server of a comparison. Its secrets are those of the first one, as after a move, unless others are set.
pub(super) fn against(compare: &Compare, first: &Place) -> Result<(String, Credentials), Failure> {
    if let Some(name) = &compare.against_profile {
        let profile = profile::read(name)?;
        return Ok((profile.server, profile.credentials));
    }
    let server = compare.against.clone().unwrap_or_default();
    let set = (
        variable(AGAINST_USER_SECRET),
        variable(AGAINST_ORGANIZATION_SECRET),
    );
    let credentials = match (set, first) {
        ((Some(user), Some(organization)), _) => Credentials::new(user, organization),
        ((None, None), Place::Remote { credentials, .. }) => credentials.clone(),
        _ => {
            return Err(Failure::usage(anyhow!(
                "the secrets for {server} are missing: set both {AGAINST_USER_SECRET} and {AGAINST_ORGANIZATION_SECRET}, or \
                 store them with `tenantry login --server {server} --profile NAME` and give --against-profile NAME"
            )));
        }
    };
    Ok((server, credentials))
}

fn choose(
    target: &Target,
    flags: &Flags,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Choice, Failure> {
    if let Some(server) = &target.server {
        return Ok(Choice::Server(server.clone()));
    }
    if let Some(name) = &target.profile {
        return Ok(Choice::Profile(name.clone()));
    }
    let names_a_store = flags.data_dir.is_some() || flags.database_url.is_some();
    if target.local || target.organization.is_some() || names_a_store {
        return Ok(Choice::Local);
    }
    let (server, profile) = (variable(SERVER), variable(PROFILE));
    // Whoever sets one does not mean the local store.
    for (name, value) in [(SERVER, &server), (PROFILE, &profile)] {
        if value.as_ref().is_some_and(String::is_empty) {
            return Err(Failure::usage(anyhow!(
                "{name} is empty: set or unset it, or give --local for the local store"
            )));
        }
    }
    match (server, profile) {
        (None, None) => Ok(Choice::Local),
        (Some(server), None) => Ok(Choice::Server(server)),
        (None, Some(name)) => Ok(Choice::Profile(name)),
        (Some(_), Some(_)) => Err(Failure::usage(anyhow!(
            "both {SERVER} and {PROFILE} are set: unset one of them"
        ))),
    }
}

fn secret(name: &str, what: &str, server: &str) -> Result<SecretText, Failure> {
    if let Some(value) = variable(name) {
        return Ok(SecretText::new(value));
    }
    if io::stdin().is_terminal() {
        return prompt::secret(&format!("{what} for {server}: "));
    }
    Err(Failure::usage(anyhow!(
        "the {what} is missing: set {USER_SECRET} and {ORGANIZATION_SECRET}, or store both with `tenantry login --server \
         {server}` and give --profile"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_count_more_than_the_environment() {
        let target = |server: &str, profile: &str, organization: i64, local: bool| {
            let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
            Target {
                server: given(server),
                profile: given(profile),
                organization: (organization > 0).then_some(organization),
                local,
            }
        };
        let (server, profile) = (
            Choice::Server("https://a.example".to_owned()),
            Choice::Profile("shire".to_owned()),
        );
        for (target, environment, expected) in [
            (target("", "", 0, false), "", Choice::Local),
            (target("https://a.example", "", 0, false), "both", server),
            (target("", "shire", 0, false), "both", profile),
            (target("", "", 2, false), "both", Choice::Local),
            (target("", "", 0, true), "both", Choice::Local),
            (
                target("", "", 0, false),
                SERVER,
                Choice::Server("of TENANTRY_SERVER".to_owned()),
            ),
            (
                target("", "", 0, false),
                PROFILE,
                Choice::Profile("of TENANTRY_PROFILE".to_owned()),
            ),
        ] {
            let variable = |name: &str| {
                let set = environment == name || environment == "both";
                set.then(|| format!("of {name}"))
            };
            let chosen = choose(&target, &Flags::default(), &variable).unwrap();
            assert_eq!(chosen, expected, "{target:?} {environment}");
        }
        let empty = |name: &str| (name == SERVER).then(String::new);
        let failure = choose(&Target::default(), &Flags::default(), &empty).unwrap_err();
        assert_eq!(
            failure.error().to_string(),
            "TENANTRY_SERVER is empty: set or unset it, or give --local for the local store"
        );
        let local = target("", "", 0, true);
        let chosen = choose(&local, &Flags::default(), &empty).unwrap();
        assert_eq!(chosen, Choice::Local);
        let both = |name: &str| Some(name.to_owned());
        let failure = choose(&Target::default(), &Flags::default(), &both).unwrap_err();
        assert_eq!(
            failure.error().to_string(),
            "both TENANTRY_SERVER and TENANTRY_PROFILE are set: unset one of them"
        );
        let flags = Flags {
            data_dir: Some("here".to_owned()),
            ..Flags::default()
        };
        let chosen = choose(&Target::default(), &flags, &both).unwrap();
        assert_eq!(chosen, Choice::Local);
    }
}
