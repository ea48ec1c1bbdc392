//! Who is calling.

use std::fmt;

use time::OffsetDateTime;

use crate::{
    AccountId, Author, Change, InstanceId, OrganizationId, PrivilegeSet, Rank, Reach, Scope,
    SecretDigest, UserId,
};

/// The id that no user has.
const NO_USER: UserId = UserId::new(0);

/// What authentication found out about a caller. The same for every call with the same credentials until something changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user_id: UserId,
    /// The user's account.
    pub account_id: AccountId,
    /// The organization, which both belong to.
    pub organization_id: OrganizationId,
    /// The organization's default account.
    pub default_account_id: AccountId,
    /// What the user's effective roles allow together.
    pub privileges: PrivilegeSet,
    /// The highest rank among the effective roles.
    pub rank: Rank,
    /// For so many days a password is good in the organization; 0 means for ever.
    pub password_expiration_days: u32,
}

/// The instance whose token a caller presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CalledInstance {
    /// The instance.
    pub id: InstanceId,
    /// Whose account it is of.
    pub account_id: AccountId,
    /// Whose it is.
    pub user_id: UserId,
    /// Calls through a disabled instance are refused.
    pub disabled: bool,
}

/// What a caller's credentials are good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Admission {
    /// Every call.
    Platform,
    /// Calls through the instance whose token was presented, without the organization's secret.
    Instance,
    /// Changing the own password and nothing else: somebody else set it, or it is too old.
    PasswordChange,
}

impl Identity {
    /// The operator, at the command line of the server: may do whatever an organization's administrator may, and reaches all
    /// of the organization. Is no user, so no rule about oneself applies: stores give no id below 1.
    pub const fn operator(organization_id: OrganizationId, default_account_id: AccountId) -> Self {
        Self {
            user_id: NO_USER,
            account_id: default_account_id,
            organization_id,
            default_account_id,
            privileges: PrivilegeSet::ALL,
            rank: Rank::Operator,
            password_expiration_days: 0,
        }
    }

    /// Whether it is the operator, and no user.
    pub fn is_operator(&self) -> bool {
        self.user_id == NO_USER && self.rank == Rank::Operator
    }

    /// The part of the caller's own organization that `reach` covers.
    pub fn scope(&self, reach: Reach) -> Scope {
        match reach {
            Reach::Organization => Scope::organization(self.organization_id),
            Reach::Account(account) => Scope::account(self.organization_id, account),
            Reach::User(user) => Scope::user(self.organization_id, user),
        }
    }
}

/// A caller in one request. Use cases take it first.
#[derive(Clone, Debug)]
pub struct Actor {
    identity: Identity,
    request_id: RequestId,
    admission: Admission,
    instance: Option<CalledInstance>,
    token: Option<SecretDigest>,
    author: Author,
}

impl Actor {
    /// `identity` calling in the request of that id, admitted to every call.
    pub fn new(identity: Identity, request_id: RequestId) -> Self {
        Self {
            author: Author::User(identity.user_id),
            identity,
            request_id,
            admission: Admission::Platform,
            instance: None,
            token: None,
        }
    }

    /// The operator in one organization, at the command line of the server, where nobody has to authenticate: whoever opens
    /// the store may do everything. Must never be made of anything that came over the network.
    pub fn operator(
        organization: OrganizationId,
        default_account: AccountId,
        request_id: RequestId,
    ) -> Self {
        Self {
            author: Author::Operator,
            ..Self::new(
                Identity::operator(organization, default_account),
                request_id,
            )
        }
    }

    /// The same, creating what is to be this user's. The author stays who it was.
    #[must_use]
    pub fn on_behalf_of(self, user: UserId, account: AccountId) -> Self {
        let identity = Identity {
            user_id: user,
            account_id: account,
            ..self.identity
        };
        Self { identity, ..self }
    }

    /// The same, admitted to `admission` only.
    #[must_use]
    pub fn admitted_to(self, admission: Admission) -> Self {
        Self { admission, ..self }
    }

    /// The same, having presented the token of `instance`.
    #[must_use]
    pub fn through(self, instance: Option<CalledInstance>) -> Self {
        Self { instance, ..self }
    }

    /// The same, having presented a login token.
    #[must_use]
    pub fn with_token(self, token: Option<SecretDigest>) -> Self {
        Self { token, ..self }
    }

    /// Who it is.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Whether the operator acts, on whoever's behalf.
    pub fn is_operator(&self) -> bool {
        self.author == Author::Operator
    }

    /// What the credentials are good for.
    pub fn admission(&self) -> Admission {
        self.admission
    }

    /// The instance whose token was presented.
    pub fn instance(&self) -> Option<&CalledInstance> {
        self.instance.as_ref()
    }

    /// The login token that was presented.
    pub fn token(&self) -> Option<SecretDigest> {
        self.token
    }

    /// The same, in another request.
    #[must_use]
    pub fn in_request(self, request_id: RequestId) -> Self {
        Self { request_id, ..self }
    }

    /// The record of what this caller does at `at`.
    pub fn change(&self, at: OffsetDateTime) -> Change {
        Change {
            author: self.author,
            request_id: self.request_id,
            at,
        }
    }
}

/// Names one request in replies, logs and the audit log: 24 lower-case hex digits (contract, section 2).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; 12]);

impl RequestId {
    /// The id with these bytes.
    pub const fn new(bytes: [u8; 12]) -> Self {
        Self(bytes)
    }

    /// The id written as 24 lower-case hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 24
            || !text
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        {
            return None;
        }
        let mut bytes = [0; 12];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 24];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[
                DIGITS[usize::from(byte >> 4)],
                DIGITS[usize::from(byte & 15)],
            ]);
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_is_no_user_and_signs_as_operator() {
        let (shire, account) = (OrganizationId::new(2), AccountId::new(3));
        let id = RequestId::new([7; 12]);
        let operator = Actor::operator(shire, account, id);
        assert!(operator.identity().is_operator());
        assert_eq!(operator.identity().privileges, PrivilegeSet::ALL);
        let at = OffsetDateTime::UNIX_EPOCH;
        assert_eq!(operator.change(at).author, Author::Operator);
        let later = operator.clone().in_request(RequestId::new([8; 12]));
        assert_eq!(later.change(at).request_id, RequestId::new([8; 12]));
        let for_frodo = operator.on_behalf_of(UserId::new(5), AccountId::new(4));
        assert_eq!(for_frodo.identity().user_id, UserId::new(5));
        assert_eq!(for_frodo.identity().account_id, AccountId::new(4));
        assert_eq!(for_frodo.change(at).author, Author::Operator);
        assert!(!for_frodo.identity().is_operator() && for_frodo.is_operator());
        let frodo = Actor::new(for_frodo.identity().clone(), id);
        assert_eq!(frodo.change(at).author, Author::User(UserId::new(5)));
    }

    #[test]
    fn request_ids_are_24_hex_digits() {
        let id = RequestId::parse("59664ce6e4b0bbce0a2bd24f").unwrap();
        assert_eq!(id.to_string(), "59664ce6e4b0bbce0a2bd24f");
        assert_eq!(RequestId::parse("59664CE6e4b0bbce0a2bd24f"), None);
        assert_eq!(RequestId::parse("59664ce6"), None);
        assert_eq!(RequestId::parse("ä9664ce6e4b0bbce0a2bd24"), None);
    }
}
