//! What a list has to answer, computed the plain way: [`Filter::matches`] selects, [`sort`] orders.
//!
//! It must not know how a store does either.

use std::{borrow::Cow, cmp::Ordering};

use tenantry_domain::{
    Instance, User, UserField,
    ceql::{Filter, Kind, Record, ValueRef, Values, fold},
    page::{Direction, Listed, Sort},
};

/// A user together with its instances, so that the fields which ask for them are answered too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserWithInstances {
    /// The user.
    pub user: User,
    /// Its instances.
    pub instances: Vec<Instance>,
}

impl Record<UserField> for UserWithInstances {
    fn values(&self, field: UserField) -> Values<'_> {
        if self.instances.is_empty() {
            return self.user.values(field);
        }
        match field {
            UserField::InstanceId => self
                .instances
                .iter()
                .map(|own| ValueRef::Integer(own.id.get()))
                .collect(),
            UserField::ElementKey => self
                .instances
                .iter()
                .map(|own| ValueRef::Text(Cow::Borrowed(own.element.key.as_str())))
                .collect(),
            _ => self.user.values(field),
        }
    }
}

/// The rows that `filter` selects, in the order of `sort`.
pub fn list<F: Listed, R: Record<F>>(
    rows: impl IntoIterator<Item = R>,
    filter: &Filter<F>,
    order: &Sort<F>,
) -> Vec<R> {
    let mut selected: Vec<R> = rows.into_iter().filter(|row| filter.matches(row)).collect();
    sort(&mut selected, order);
    selected
}

/// Puts rows into the order of `sort`.
pub fn sort<F: Listed, R: Record<F>>(rows: &mut [R], sort: &Sort<F>) {
    rows.sort_by(|left, right| {
        sort.keys()
            .iter()
            .map(|(field, direction)| {
                let ascending = compare(*field, left, right);
                match direction {
                    Direction::Ascending => ascending,
                    Direction::Descending => ascending.reverse(),
                }
            })
            .find(|ordering| ordering.is_ne())
            .unwrap_or(Ordering::Equal)
    });
}

/// Absent values count as smaller than any other.
fn compare<F: Listed, R: Record<F>>(field: F, left: &R, right: &R) -> Ordering {
    let (left, right) = (left.values(field), right.values(field));
    match (left.as_slice().first(), right.as_slice().first()) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(left), Some(right)) => match (left, right) {
            (ValueRef::Text(left), ValueRef::Text(right)) if field.kind() == Kind::FoldedText => {
                fold(left).cmp(&fold(right))
            }
            (ValueRef::Text(left), ValueRef::Text(right)) => left.cmp(right),
            (ValueRef::Integer(left), ValueRef::Integer(right)) => left.cmp(right),
            (ValueRef::Boolean(left), ValueRef::Boolean(right)) => left.cmp(right),
            (ValueRef::Instant(left), ValueRef::Instant(right)) => left.cmp(right),
            _ => Ordering::Equal,
        },
    }
}
