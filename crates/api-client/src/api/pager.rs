//! Lists, page by page: by the server's token where it gives one, by offset where not.

use serde_json::Value;

use super::{ApiCall, ApiError, Calls};
use crate::{
    list::{LARGEST_PAGE, following},
    paging::Place,
    rounds::{Rounds, ids},
};

/// Walks through a list. Keeps no more than one page in memory.
#[derive(Debug)]
pub struct Pager {
    call: ApiCall,
    size: u32,
    /// Where the next page starts; `None` behind the last.
    place: Option<Place>,
    total: Option<u64>,
    rounds: Rounds,
}

impl Pager {
    /// A list, by pages of `size` items, from 1 to 1000. The call has filter, order and whatever else the list takes, and no
    /// place in it.
    pub fn new(call: ApiCall, size: u32) -> Self {
        Self {
            call,
            size: size.clamp(1, LARGEST_PAGE),
            place: Some(Place::Offset(0)),
            total: None,
            rounds: Rounds::default(),
        }
    }

    /// The next page, or `None` behind the last. No page is empty, but the only one of a list that is answered `[]`.
    ///
    /// # Errors
    /// As [`Calls::call`]; the 404 that means an empty list is none.
    pub async fn next(&mut self, api: &dyn Calls) -> Result<Option<Vec<Value>>, ApiError> {
        let Some(place) = self.place.take() else {
            return Ok(None);
        };
        let call = self.call.clone().with("pageSize", &self.size);
        let call = match &place {
            Place::Token(token) => call.with("nextPage", token),
            Place::Offset(0) | Place::Behind(_) => call,
            Place::Offset(offset) => call.with("offset", offset),
        };
        let reply = match api.call(&call).await {
            Ok(reply) => reply,
            Err(error) if error.is_empty_list() => return Ok(None),
            Err(error) => return Err(error),
        };
        let Value::Array(items) = reply.value() else {
            return Err(ApiError::Unreadable("it is no list".to_owned()));
        };
        self.total = self.total.or(reply.total());
        self.place = following(reply.inner(), &place, self.size, items.len())?;
        let token_is_new = match &self.place {
            Some(Place::Token(token)) => self.rounds.is_new_token(token),
            _ => true,
        };
        let ids = ids(items.iter().map(|item| item.get("id")));
        if !token_is_new || (self.place.is_some() && !self.rounds.gets_on(&ids)) {
            self.place = None;
            return Err(ApiError::Unreadable(
                "its pages lead in a circle".to_owned(),
            ));
        }
        match reply.into_value() {
            Value::Array(items) => Ok(Some(items)),
            _ => Ok(None),
        }
    }

    /// How many items the whole list has, as the first page said.
    pub fn total(&self) -> Option<u64> {
        self.total
    }
}
