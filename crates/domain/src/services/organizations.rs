//! Creating organizations: the operator's business, on the command line of the server.

use std::sync::Arc;

use super::ServiceError;
use crate::{
    AdminDraft, Author, Change, Email, Name, OrganizationDraft, OrganizationKind, Password,
    PasswordPolicy, Person, RequestId, SecretText,
    ports::{
        Clock, CreatedOrganization, OrganizationRepository, PasswordHasher, SecretKind, SecretVault,
    },
};

/// What is needed to create an organization.
#[derive(Clone, Debug)]
pub struct NewOrganization {
    /// Its name.
    pub name: Name,
    /// E-mail of its first user.
    pub admin_email: Email,
    /// That user's first name.
    pub admin_first_name: Name,
    /// That user's last name.
    pub admin_last_name: Name,
    /// That user's password; without it the user cannot log in, but can call with its secret.
    pub admin_password: Option<Password>,
}

/// A new organization with the secrets that nobody else knows yet.
#[derive(Clone, Debug)]
pub struct IssuedOrganization {
    /// Organization, default account and first user.
    pub created: CreatedOrganization,
    /// The organization's secret, in clear.
    pub organization_secret: SecretText,
    /// The first user's secret, in clear.
    pub user_secret: SecretText,
}

/// Creates organizations. There is no actor here: whoever reaches this service runs the server.
pub struct OrganizationService {
    organizations: Arc<dyn OrganizationRepository>,
    hasher: Arc<dyn PasswordHasher>,
    vault: Arc<dyn SecretVault>,
    clock: Arc<dyn Clock>,
}

impl OrganizationService {
    /// Over these ports.
    pub fn new(
        organizations: Arc<dyn OrganizationRepository>,
        hasher: Arc<dyn PasswordHasher>,
        vault: Arc<dyn SecretVault>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            organizations,
            hasher,
            vault,
            clock,
        }
    }

    /// Whether any customer's organization exists.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn has_customers(&self) -> Result<bool, ServiceError> {
        Ok(self.organizations.count_customers(1).await? > 0)
    }

    /// Creates the operator's organization unless it exists; answers whether it was created now.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn ensure_system(
        &self,
        new: NewOrganization,
        request_id: RequestId,
    ) -> Result<bool, ServiceError> {
        if self.organizations.find_system().await?.is_some() {
            return Ok(false);
        }
        match self
            .create_of_kind(OrganizationKind::System, new, request_id)
            .await
        {
            Ok(_) => Ok(true),
            // Another node that started at the same moment was first.
            Err(ServiceError::Repository(crate::ports::RepositoryError::Conflict { .. }))
                if self.organizations.find_system().await?.is_some() =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Creates a customer's organization with its default account, roles and first user.
    ///
    /// # Errors
    /// `Invalid` if the password is too weak; a conflict if the e-mail is in use.
    pub async fn create(
        &self,
        new: NewOrganization,
        request_id: RequestId,
    ) -> Result<IssuedOrganization, ServiceError> {
        self.create_of_kind(OrganizationKind::Customer, new, request_id)
            .await
    }

    async fn create_of_kind(
        &self,
        kind: OrganizationKind,
        new: NewOrganization,
        request_id: RequestId,
    ) -> Result<IssuedOrganization, ServiceError> {
        let password = match &new.admin_password {
            None => None,
            Some(password) => {
                let person = Person {
                    first_name: &new.admin_first_name,
                    last_name: &new.admin_last_name,
                    email: &new.admin_email,
                };
                PasswordPolicy::default()
                    .check(password, &person)
                    .map_err(|broken| {
                        ServiceError::Invalid(vec![PasswordPolicy::problem(&broken)])
                    })?;
                Some(self.hasher.hash(password).await?)
            }
        };
        let organization_secret = self.vault.issue(SecretKind::Organization);
        let user_secret = self.vault.issue(SecretKind::User);
        let draft = OrganizationDraft {
            name: new.name,
            kind,
            secret: organization_secret.stored,
            admin: AdminDraft {
                email: new.admin_email,
                first_name: new.admin_first_name,
                last_name: new.admin_last_name,
                password,
                must_change: false,
                secret: user_secret.stored,
            },
        };
        let change = Change {
            author: Author::Operator,
            request_id,
            at: self.clock.now(),
        };
        let created = self.organizations.create(&draft, &change).await?;
        Ok(IssuedOrganization {
            created,
            organization_secret: organization_secret.clear,
            user_secret: user_secret.clear,
        })
    }
}

impl std::fmt::Debug for OrganizationService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrganizationService")
            .finish_non_exhaustive()
    }
}
