//! What every use case that sets a password has in common: the policy in force, and what was used before.

use std::sync::Arc;

use super::ServiceError;
use crate::{
    Entity, NewPassword, OrganizationId, Password, PasswordHash, PasswordPolicy, Person, Problem,
    Scope, SecretDigest, UserId,
    ports::{
        CredentialRepository, PasswordHasher, PasswordPolicyRepository, Repositories, Verdict,
    },
};

/// Accepts and hashes new passwords.
#[derive(Clone)]
pub(super) struct Passwords {
    policies: Arc<dyn PasswordPolicyRepository>,
    credentials: Arc<dyn CredentialRepository>,
    hasher: Arc<dyn PasswordHasher>,
}

/// How a password that was given compares with the one that the user has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// It is another one.
    Different,
    /// It is the same.
    Same,
}

impl Passwords {
    pub(super) fn new(repositories: &Repositories, hasher: Arc<dyn PasswordHasher>) -> Self {
        Self {
            policies: Arc::clone(&repositories.policies),
            credentials: Arc::clone(&repositories.credentials),
            hasher,
        }
    }

    /// The policy in force in an organization.
    pub(super) async fn policy(
        &self,
        organization: OrganizationId,
    ) -> Result<PasswordPolicy, ServiceError> {
        let found = self.policies.find(organization).await?;
        let found =
            found.ok_or_else(|| ServiceError::no_such(Entity::Organization, organization))?;
        Ok(found.policy)
    }

    /// Hashes the first password of a user who is being created, if the policy accepts it.
    pub(super) async fn first(
        &self,
        policy: &PasswordPolicy,
        password: &Password,
        person: &Person<'_>,
    ) -> Result<PasswordHash, ServiceError> {
        check(policy, password, person)?;
        Ok(self.hasher.hash(password).await?)
    }

    /// How `password` compares with the one that the user has.
    pub(super) async fn compare(
        &self,
        scope: &Scope,
        user: UserId,
        password: &Password,
    ) -> Result<Comparison, ServiceError> {
        let stored = self.credentials.password(scope, user).await?;
        let Some(hash) = stored.and_then(|stored| stored.hash) else {
            return Ok(Comparison::Different);
        };
        Ok(match self.hasher.verify(password, Some(&hash)).await? {
            Verdict::Wrong => Comparison::Different,
            Verdict::Right | Verdict::RightButOutdated => Comparison::Same,
        })
    }

    /// Hashes a new password of a user, unless it is one of the former ones that `policy` remembers. The caller has
    /// checked it against the policy, and that it is not the present one.
    pub(super) async fn next(
        &self,
        policy: &PasswordPolicy,
        scope: &Scope,
        user: UserId,
        password: &Password,
        must_change: bool,
        keep_token: Option<SecretDigest>,
    ) -> Result<NewPassword, ServiceError> {
        let remember = policy.previous_password_count;
        if remember > 0 {
            let former = self.credentials.former_passwords(scope, user, remember);
            for hash in former.await? {
                if self.hasher.verify(password, Some(&hash)).await? != Verdict::Wrong {
                    return Err(ServiceError::Invalid(vec![used_before(remember)]));
                }
            }
        }
        Ok(NewPassword {
            hash: self.hasher.hash(password).await?,
            must_change,
            remember,
            keep_token,
        })
    }
}

/// Checks `password`, which is to be `person`'s.
pub(super) fn check(
    policy: &PasswordPolicy,
    password: &Password,
    person: &Person<'_>,
) -> Result<(), ServiceError> {
    policy
        .check(password, person)
        .map_err(|broken| ServiceError::Invalid(vec![PasswordPolicy::problem(&broken)]))
}

fn used_before(remember: u32) -> Problem {
    Problem::new(
        "password",
        format!(
            "must not be one of the last {remember} passwords; choose one that was not used before"
        ),
    )
}
