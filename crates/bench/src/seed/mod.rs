//! Users by the million, written straight into the store: the API is not what is measured here. Secondary indexes are made
//! afterwards, which takes a fraction of the time.

pub(crate) mod people;
pub(crate) mod postgres;
pub(crate) mod sqlite;

use people::{Person, person};

/// How many users there are, and in how many organizations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) users: u64,
    pub(crate) organizations: u64,
    /// The organization, and its account, that exists already; the others are numbered on from it.
    pub(crate) organization: u64,
    /// The number of the first seeded user; the administrator stands before.
    pub(crate) first: u64,
}

impl Plan {
    /// Users of the organization that makes the calls.
    pub(crate) fn own_users(&self) -> u64 {
        self.users.div_ceil(self.organizations)
    }

    /// The number of one of these, by its place among them.
    pub(crate) fn own(&self, place: u64) -> u64 {
        self.first + place % self.own_users() * self.organizations
    }

    /// One of these who is active, at this place or behind it.
    pub(crate) fn own_active(&self, place: u64) -> Person {
        let mut people = (place..place + self.own_users()).map(|at| person(self.own(at)));
        let found = people.find(|one| one.active);
        found.unwrap_or_else(|| person(self.own(place)))
    }

    fn organization_of(&self, id: u64) -> u64 {
        self.organization + (id - self.first) % self.organizations
    }
}

/// A place among so many that jumps about, the same for every program that is asked with the same number.
pub(crate) fn scatter(number: u64, count: u64) -> u64 {
    number.wrapping_mul(2_654_435_761) % count.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_dealt_out_to_the_organizations_in_turn() {
        let plan = Plan {
            users: 10,
            organizations: 4,
            organization: 2,
            first: 3,
        };
        let of: Vec<_> = (3..13).map(|id| plan.organization_of(id)).collect();
        assert_eq!(of, [2, 3, 4, 5, 2, 3, 4, 5, 2, 3]);
        assert_eq!(plan.own_users(), 3);
        assert_eq!(
            [plan.own(0), plan.own(1), plan.own(2), plan.own(3)],
            [3, 7, 11, 3]
        );
    }
}
