//! Users by id and by e-mail.

use sqlx::postgres::PgRow;
use tenantry_domain::{
    Email, Scope, User, UserId,
    ports::{RepositoryError, UserAndRoles},
};

use super::columns::{user_of, user_selection};
use crate::{
    role::held::{held_of, held_roles},
    sql::Statement,
    table::narrowed,
    together::LookUp,
};

/// A user by id.
pub(super) struct ById {
    within: Within,
    id: i64,
}

/// A user by id, with its roles.
pub(super) struct WithRoles(pub(super) ById);

/// A user by e-mail.
pub(super) struct ByEmail {
    within: Within,
    email_folded: String,
}

/// Where a user is looked up.
struct Within {
    organization: i64,
    account: Option<i64>,
    user: Option<i64>,
}

impl Within {
    fn new(scope: &Scope) -> Self {
        let (account, user) = narrowed(scope);
        Self {
            organization: scope.organization_id().get(),
            account,
            user,
        }
    }

    fn bind(&self, statement: Statement) -> Statement {
        statement
            .bind(self.organization)
            .bind(self.account)
            .bind(self.user)
    }

    /// The same for several, as arrays.
    fn bind_all<L>(several: &[&L], within: fn(&L) -> &Self, statement: Statement) -> Statement {
        let of_each = || several.iter().map(|one| within(one));
        statement
            .bind(of_each().map(|it| it.organization).collect::<Vec<_>>())
            .bind(of_each().map(|it| it.account).collect::<Vec<_>>())
            .bind(of_each().map(|it| it.user).collect::<Vec<_>>())
    }
}

impl ById {
    pub(super) fn new(scope: &Scope, id: UserId) -> Self {
        Self {
            within: Within::new(scope),
            id: id.get(),
        }
    }
}

impl ByEmail {
    pub(super) fn new(scope: &Scope, email: &Email) -> Self {
        Self {
            within: Within::new(scope),
            email_folded: email.folded().to_owned(),
        }
    }
}

/// A single one, by the condition on `$4`.
macro_rules! alone {
    ($condition:literal $(, $more:expr)*) => {
        concat!(
            "SELECT ",
            user_selection!(),
            $(", ", $more,)*
            " FROM users WHERE organization_id = $1 AND ",
            $condition,
            " AND ($2::bigint IS NULL OR account_id = $2) AND ($3::bigint IS NULL OR id = $3)"
        )
    };
}

/// Several, by the same condition on `wanted.key`. The limit makes PostgreSQL look each of them up in an index, however large it
/// believes the table to be. The arrays are subqueries, so that it does not see how long they are: for few it would plan the statement
/// anew each time, which takes longer with twenty indexes than all else.
macro_rules! together {
    ($keys:literal, $condition:literal $(, $more:expr)*) => {
        concat!(
            "SELECT wanted.place, ",
            user_selection!(),
            $(", ", $more,)*
            " FROM unnest((SELECT $1::bigint[]), (SELECT $2::bigint[]), (SELECT $3::bigint[]), (SELECT ",
            $keys,
            ")) WITH ORDINALITY AS wanted (organization_id, account_id, user_id, key, place) CROSS JOIN LATERAL (\
             SELECT * FROM users WHERE organization_id = wanted.organization_id AND ",
            $condition,
            " AND (wanted.account_id IS NULL OR account_id = wanted.account_id) \
             AND (wanted.user_id IS NULL OR id = wanted.user_id) LIMIT 1) AS users"
        )
    };
}

/// The roles of the user.
macro_rules! its_roles {
    () => {
        held_roles!(
            "users.organization_id",
            "users.account_id",
            "(SELECT accounts.is_default FROM accounts WHERE accounts.organization_id = users.organization_id \
             AND accounts.id = users.account_id)",
            "EXISTS (SELECT FROM user_roles WHERE user_roles.organization_id = users.organization_id \
             AND user_roles.user_id = users.id AND user_roles.role_id = roles.id)"
        )
    };
}

impl LookUp for ById {
    type Found = User;

    fn alone(&self) -> Statement {
        self.within
            .bind(Statement::new(alone!("id = $4")))
            .bind(self.id)
    }

    fn together(several: &[&Self]) -> Statement {
        let ids: Vec<_> = several.iter().map(|one| one.id).collect();
        let statement = Statement::new(together!("$4::bigint[]", "id = wanted.key"));
        Within::bind_all(several, |one| &one.within, statement).bind(ids)
    }

    fn found(row: &PgRow) -> Result<User, RepositoryError> {
        user_of(row)
    }
}

impl LookUp for WithRoles {
    type Found = UserAndRoles;

    fn alone(&self) -> Statement {
        let Self(ById { within, id }) = self;
        let statement = Statement::new(alone!("id = $4", its_roles!()));
        within.bind(statement).bind(*id)
    }

    fn together(several: &[&Self]) -> Statement {
        let ids: Vec<_> = several.iter().map(|Self(one)| one.id).collect();
        let statement = Statement::new(together!("$4::bigint[]", "id = wanted.key", its_roles!()));
        Within::bind_all(several, |Self(one)| &one.within, statement).bind(ids)
    }

    fn found(row: &PgRow) -> Result<UserAndRoles, RepositoryError> {
        let user = user_of(row)?;
        let roles = held_of(row, user.organization_id)?;
        Ok(UserAndRoles { user, roles })
    }
}

impl LookUp for ByEmail {
    type Found = User;

    fn alone(&self) -> Statement {
        self.within
            .bind(Statement::new(alone!("email_folded = $4")))
            .bind(self.email_folded.as_str())
    }

    fn together(several: &[&Self]) -> Statement {
        let emails: Vec<_> = several
            .iter()
            .map(|one| one.email_folded.as_str())
            .collect();
        let statement = Statement::new(together!("$4::text[]", "email_folded = wanted.key"));
        Within::bind_all(several, |one| &one.within, statement).bind(emails)
    }

    fn found(row: &PgRow) -> Result<User, RepositoryError> {
        user_of(row)
    }
}
