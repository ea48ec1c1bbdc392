//! Creating organizations: the operator's business, on the command line of the server or by signing partners up.

use std::sync::Arc;

use super::ServiceError;
use crate::{
    Actor, AdminDraft, Author, Change, Email, Name, OrganizationDraft, OrganizationKind, Password,
    PasswordPolicy, Person, Rank, RequestId, SecretText,
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

/// Creates organizations. Only [`sign_up`](Self::sign_up) knows an actor: whoever reaches the rest runs the server.
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
        let change = self.by_operator(request_id);
        match self
            .create_of_kind(OrganizationKind::System, new, false, &change)
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

    /// The permit to sign partners up.
    ///
    /// # Errors
    /// `Unauthenticated` for everybody but the operator (contract, section 7).
    pub fn sign_up<'a>(&'a self, actor: &'a Actor) -> Result<SignUp<'a>, ServiceError> {
        if actor.identity().rank < Rank::Operator {
            return Err(ServiceError::Unauthenticated);
        }
        Ok(SignUp {
            service: self,
            actor,
        })
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
        let change = self.by_operator(request_id);
        self.create_of_kind(OrganizationKind::Customer, new, false, &change)
            .await
    }

    fn by_operator(&self, request_id: RequestId) -> Change {
        Change {
            author: Author::Operator,
            request_id,
            at: self.clock.now(),
        }
    }

    async fn create_of_kind(
        &self,
        kind: OrganizationKind,
        new: NewOrganization,
        must_change: bool,
        change: &Change,
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
                must_change,
                secret: user_secret.stored,
            },
        };
        let created = self.organizations.create(&draft, change).await?;
        Ok(IssuedOrganization {
            created,
            organization_secret: organization_secret.clear,
            user_secret: user_secret.clear,
        })
    }
}

/// The permit to sign partners up.
#[derive(Debug)]
pub struct SignUp<'a> {
    service: &'a OrganizationService,
    actor: &'a Actor,
}

impl SignUp<'_> {
    /// Creates a customer's organization, whose first user must change the password at the first login.
    ///
    /// # Errors
    /// `Invalid` if the password is too weak; a conflict if the e-mail is in use.
    pub async fn create(&self, new: NewOrganization) -> Result<IssuedOrganization, ServiceError> {
        let change = self.actor.change(self.service.clock.now());
        self.service
            .create_of_kind(OrganizationKind::Customer, new, true, &change)
            .await
    }
}

impl std::fmt::Debug for OrganizationService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OrganizationService")
            .finish_non_exhaustive()
    }
}
