//! Lists that lead in a circle: a server that says the same again and again would be asked for ever.

use std::{
    collections::HashSet,
    hash::{BuildHasher as _, RandomState},
};

use serde_json::Value;

/// How many pages in a row may have been there before: whoever reads a list that changes gets some of them twice.
const PATIENCE: u32 = 20;

/// The pages of a list that were there: a few bytes for each.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    hasher: RandomState,
    tokens: HashSet<u64>,
    pages: HashSet<u64>,
    repeated: u32,
}

impl Rounds {
    /// Notes where the next page is; answers whether it was said for the first time.
    pub(crate) fn is_new_token(&mut self, token: &str) -> bool {
        self.tokens.insert(self.hasher.hash_one(token))
    }

    /// Notes a page by the ids in it; answers whether the list still gets on. Items without ids may all be new.
    pub(crate) fn gets_on(&mut self, ids: &[Option<Value>]) -> bool {
        let ids: Vec<_> = ids.iter().flatten().map(Value::to_string).collect();
        if ids.is_empty() || self.pages.insert(self.hasher.hash_one(ids)) {
            self.repeated = 0;
        } else {
            self.repeated += 1;
        }
        self.repeated < PATIENCE
    }
}

/// The ids of items, where they have one.
pub(crate) fn ids<'a>(items: impl Iterator<Item = Option<&'a Value>>) -> Vec<Option<Value>> {
    items.map(Option::<&Value>::cloned).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_circle_is_noticed_and_a_page_may_come_twice() {
        let mut rounds = Rounds::default();
        let page = |id: u32| vec![Some(json!(id)), None];
        for id in 0..100 {
            assert!(rounds.gets_on(&page(id)), "{id}");
            assert!(rounds.gets_on(&page(id / 2)), "{id}");
        }
        let rest = (0..25).map(|id| rounds.gets_on(&page(id % 2)));
        let got_on = rest.take_while(|gets_on| *gets_on).count();
        assert_eq!(got_on, 18, "one of them before");
        assert!((0..25).all(|_| Rounds::default().gets_on(&[None]) && rounds.gets_on(&[None])));
        assert!(rounds.is_new_token("a") && rounds.is_new_token("b"));
        assert!(!rounds.is_new_token("a"));
    }
}
