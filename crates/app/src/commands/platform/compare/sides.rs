//! Two servers that are asked the same. A reply, a refusal and an outage are told apart: refusals are compared, an outage
//! ends the comparison.

use std::{collections::HashMap, sync::Arc};

use serde_json::{Value, json};
use tenantry_api_client::{ApiCall, ApiError, Calls, Pager};

use super::report::Sink;

/// Items on a page: few enough that two of them and what waits for its counterpart fit in memory.
const PAGE: u32 = 500;

/// The two servers.
#[derive(Clone)]
pub(super) struct Sides {
    pub(super) left: Arc<dyn Calls>,
    pub(super) right: Arc<dyn Calls>,
}

/// What one server says to a call.
pub(super) enum Answer {
    /// Success.
    Value(Value),
    /// No, and how: status and words, as an object that can be compared.
    Refusal(Value),
}

impl Answer {
    fn of(outcome: Result<Value, ApiError>) -> Result<Self, ApiError> {
        match outcome {
            Ok(value) => Ok(Self::Value(value)),
            Err(ApiError::Refused(refusal)) if refusal.status < 500 && refusal.status != 429 => {
                Ok(Self::Refusal(json!({
                    "status": refusal.status,
                    "message": refusal.message,
                })))
            }
            Err(error) => Err(error),
        }
    }

    /// The body, or the refusal.
    pub(super) fn value(&self) -> &Value {
        match self {
            Self::Value(value) | Self::Refusal(value) => value,
        }
    }
}

/// An item of a list, on one side or on both.
pub(super) struct Pair {
    pub(super) id: String,
    pub(super) left: Option<Value>,
    pub(super) right: Option<Value>,
}

impl Sides {
    /// Asks both at the same moment.
    pub(super) async fn ask(&self, call: &ApiCall) -> Result<(Answer, Answer), ApiError> {
        let (left, right) = tokio::join!(self.left.call(call), self.right.call(call));
        Ok((
            Answer::of(left.map(tenantry_api_client::ApiReply::into_value))?,
            Answer::of(right.map(tenantry_api_client::ApiReply::into_value))?,
        ))
    }

    /// Walks through the same list of both, and hands out the items in pairs, some pages' worth at a time, by their ids.
    /// Where both lists come in the same order, as they do, no more than two pages wait for their counterparts.
    pub(super) async fn pairs(
        &self,
        call: ApiCall,
        sink: &Sink,
        mut seen: impl AsyncFnMut(Vec<Pair>) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        let mut pagers = (
            Pager::new(call.clone(), PAGE),
            Pager::new(call.clone(), PAGE),
        );
        let (mut lefts, mut rights) = (Waiting::default(), Waiting::default());
        loop {
            let pages = tokio::join!(
                pagers.0.next(self.left.as_ref()),
                pagers.1.next(self.right.as_ref())
            );
            let (left, right) = match pages {
                (Err(ApiError::Refused(a)), Err(ApiError::Refused(b))) if a.status == b.status => {
                    return Ok(());
                }
                (Err(error @ ApiError::Refused(_)), Ok(_)) => {
                    sink.unreadable(&call, &error, "left");
                    return Ok(());
                }
                (Ok(_), Err(error @ ApiError::Refused(_))) => {
                    sink.unreadable(&call, &error, "right");
                    return Ok(());
                }
                (left, right) => (left?, right?),
            };
            let over = left.is_none() && right.is_none();
            let mut pairs = Vec::new();
            for item in left.into_iter().flatten() {
                let id = id_of(&item);
                match rights.take(&id) {
                    Some(right) => pairs.push(Pair {
                        id,
                        left: Some(item),
                        right: Some(right),
                    }),
                    None => lefts.put(id, item),
                }
            }
            for item in right.into_iter().flatten() {
                let id = id_of(&item);
                match lefts.take(&id) {
                    Some(left) => pairs.push(Pair {
                        id,
                        left: Some(left),
                        right: Some(item),
                    }),
                    None => rights.put(id, item),
                }
            }
            if over {
                let alone = |(id, left, right)| Pair { id, left, right };
                pairs.extend(lefts.rest().map(|(id, item)| alone((id, Some(item), None))));
                pairs.extend(
                    rights
                        .rest()
                        .map(|(id, item)| alone((id, None, Some(item)))),
                );
            }
            if !pairs.is_empty() {
                seen(pairs).await?;
            }
            if over {
                return Ok(());
            }
        }
    }
}

/// Items that wait for their counterparts, in the order in which they came. A server whose list changes while it is read
/// repeats items: the last one counts.
#[derive(Default)]
struct Waiting {
    items: HashMap<String, Value>,
    order: Vec<String>,
}

impl Waiting {
    fn put(&mut self, id: String, item: Value) {
        if self.items.insert(id.clone(), item).is_none() {
            self.order.push(id);
        }
    }

    fn take(&mut self, id: &str) -> Option<Value> {
        let item = self.items.remove(id);
        if self.items.is_empty() {
            self.order.clear();
        }
        item
    }

    fn rest(&mut self) -> impl Iterator<Item = (String, Value)> {
        let order = std::mem::take(&mut self.order);
        order
            .into_iter()
            .filter_map(|id| self.items.remove(&id).map(|item| (id, item)))
    }
}

/// What an item is called: its id, whether it is written as a number or as a text.
fn id_of(item: &Value) -> String {
    match item.get("id") {
        Some(Value::String(text)) => text.clone(),
        Some(id) => id.to_string(),
        // Roles and the like without an id have a key.
        None => item
            .get("key")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
    }
}
