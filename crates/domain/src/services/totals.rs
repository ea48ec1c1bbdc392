//! How many a list has in all, counted as seldom as can be: every page tells it (contract, section 5), and counting costs more
//! than a page.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use time::{Duration, OffsetDateTime};

use crate::{
    Scope,
    ceql::Filter,
    page::{Count, Listed, Page},
    ports::{Clock, RepositoryError},
};

/// So many more than asked for have to be there for a list to be remembered as long. Single writes do not remove as many within
/// [`REMEMBERED`]; erasing the users of a large account can. Then the total is left out for up to twice that time, never wrong.
const MARGIN: u64 = 1_000;
/// How long a list is taken for long without being counted.
const REMEMBERED: Duration = Duration::SECOND;
/// So many lists are remembered.
const LISTS: usize = 1_000;

/// The totals of one kind of list. That a list has more than anybody wants counted is remembered for a second, so that all its
/// pages together are counted once in that time.
pub(super) struct Totals {
    clock: Arc<dyn Clock>,
    long: Mutex<HashMap<Key, OffsetDateTime>>,
}

/// A list: its scope, the canonical text of its filter, and how far it was counted.
type Key = (Scope, String, u64);

impl Totals {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            long: Mutex::default(),
        }
    }

    /// How many the list has of which this is a page, counted no further than `up_to`: from the page if it tells, otherwise by
    /// `count`, which takes how far to count.
    pub(super) async fn of<F: Listed, T, Counted>(
        &self,
        page: &Page<T>,
        (scope, filter): (&Scope, &Filter<F>),
        up_to: u64,
        count: impl FnOnce(u64) -> Counted,
    ) -> Result<Count, RepositoryError>
    where
        Counted: Future<Output = Result<Count, RepositoryError>>,
    {
        if let Some(known) = page.total.and_then(|total| total.up_to(up_to)) {
            return Ok(known);
        }
        let Some(further) = up_to.checked_add(MARGIN) else {
            return count(up_to).await;
        };
        let key = (*scope, filter.to_string(), up_to);
        let now = self.clock.now();
        if self.is_long(&key, now) {
            return Ok(Count::MoreThan(up_to));
        }
        let found = count(further).await?;
        self.note(key, now, matches!(found, Count::MoreThan(_)));
        Ok(found.up_to(up_to).unwrap_or(found))
    }

    /// Whether the list was found to be long not long ago. When that is over, one caller has to count anew, and the others go on
    /// as before until it has.
    fn is_long(&self, key: &Key, now: OffsetDateTime) -> bool {
        let mut long = self.long.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(counted) = long.get_mut(key) else {
            return false;
        };
        if (*counted..*counted + REMEMBERED).contains(&now) {
            return true;
        }
        if (*counted..*counted + REMEMBERED * 2).contains(&now) {
            *counted = now;
        } else {
            // Too old, or from the future, if the clock was put back.
            long.remove(key);
        }
        false
    }

    fn note(&self, key: Key, now: OffsetDateTime, is_long: bool) {
        let mut long = self.long.lock().unwrap_or_else(PoisonError::into_inner);
        if !is_long {
            long.remove(&key);
            return;
        }
        if long.len() >= LISTS {
            long.retain(|_, counted| (*counted..*counted + REMEMBERED).contains(&now));
        }
        if long.len() < LISTS {
            long.insert(key, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{OrganizationId, UserField, page::PageRequest};

    struct Hand(Mutex<OffsetDateTime>);

    impl Clock for Hand {
        fn now(&self) -> OffsetDateTime {
            *self.0.lock().unwrap()
        }
    }

    /// Asks for the total of a list of `there` rows up to ten; answers it, and how far the list was counted.
    async fn asked(totals: &Totals, there: u64, ceql: &str) -> (Count, Option<u64>) {
        let page = Page::<u8> {
            items: vec![],
            next: None,
            total: None,
        };
        let scope = Scope::organization(OrganizationId::new(7));
        let filter = Filter::<UserField>::parse(ceql).unwrap();
        let mut counted = None;
        let count = |up_to| {
            counted = Some(up_to);
            async move { Ok(Count::bounded(there, up_to)) }
        };
        let found = totals.of(&page, (&scope, &filter), 10, count).await;
        (found.unwrap(), counted)
    }

    fn totals() -> (Totals, Arc<Hand>) {
        let hand = Arc::new(Hand(Mutex::new(OffsetDateTime::UNIX_EPOCH)));
        (Totals::new(Arc::clone(&hand) as Arc<dyn Clock>), hand)
    }

    #[tokio::test]
    async fn what_the_page_tells_is_not_counted() {
        let (totals, _) = totals();
        let request = PageRequest::first(5);
        let page = Page::of_rows(vec![1, 2, 3], &request, |_| unreachable!());
        let scope = Scope::organization(OrganizationId::new(7));
        let list = (&scope, &Filter::<UserField>::All);
        let count = |_| async { unreachable!() };
        let found = totals.of(&page, list, 10, count).await.unwrap();
        assert_eq!(found, Count::Exact(3));
        let count = |_| async { unreachable!() };
        let found = totals.of(&page, list, 2, count).await.unwrap();
        assert_eq!(found, Count::MoreThan(2));
    }

    #[tokio::test]
    async fn a_long_list_is_counted_once_a_second() {
        let (totals, hand) = totals();
        let long = MARGIN + 11;
        let by_count = (Count::MoreThan(10), Some(MARGIN + 10));
        let remembered = (Count::MoreThan(10), None);
        assert_eq!(asked(&totals, long, "id > 1").await, by_count);
        assert_eq!(asked(&totals, 10, "id > 1").await, remembered);
        assert_eq!(asked(&totals, long, "id > 2").await, by_count);
        *hand.0.lock().unwrap() += Duration::SECOND;
        assert_eq!(asked(&totals, long, "id > 1").await, by_count);
        assert_eq!(asked(&totals, 10, "id > 1").await, remembered);
        *hand.0.lock().unwrap() += Duration::SECOND;
        let short = (Count::Exact(10), Some(MARGIN + 10));
        assert_eq!(asked(&totals, 10, "id > 1").await, short);
        assert_eq!(asked(&totals, 10, "id > 1").await, short);
    }

    #[tokio::test]
    async fn a_list_that_may_soon_be_short_is_counted_each_time() {
        let (totals, _) = totals();
        let by_count = (Count::MoreThan(10), Some(MARGIN + 10));
        assert_eq!(asked(&totals, MARGIN + 10, "id > 1").await, by_count);
        assert_eq!(asked(&totals, MARGIN + 10, "id > 1").await, by_count);
    }

    #[tokio::test]
    async fn a_clock_that_was_put_back_makes_nothing_last() {
        let (totals, hand) = totals();
        let long = MARGIN + 11;
        let by_count = (Count::MoreThan(10), Some(MARGIN + 10));
        assert_eq!(asked(&totals, long, "id > 1").await, by_count);
        *hand.0.lock().unwrap() -= Duration::HOUR;
        assert_eq!(asked(&totals, long, "id > 1").await, by_count);
        let remembered = (Count::MoreThan(10), None);
        assert_eq!(asked(&totals, long, "id > 1").await, remembered);
    }
}
