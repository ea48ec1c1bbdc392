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

/// One of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
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

    /// The same list of both, to be walked through.
    pub(super) fn pairs(&self, call: ApiCall, sink: &Arc<Sink>) -> Pairs {
        Pairs {
            sides: self.clone(),
            sink: Arc::clone(sink),
            pagers: (
                Pager::new(call.clone(), PAGE),
                Pager::new(call.clone(), PAGE),
            ),
            call,
            waiting: (Waiting::default(), Waiting::default()),
            is_over: false,
        }
    }
}

/// A list of both servers, item by item, by their ids. Where both lists come in the same order, as they do, no more than two
/// pages wait for their counterparts.
pub(super) struct Pairs {
    sides: Sides,
    sink: Arc<Sink>,
    call: ApiCall,
    pagers: (Pager, Pager),
    waiting: (Waiting, Waiting),
    is_over: bool,
}

impl Pairs {
    /// The next pairs, some pages' worth of them at the most; `None` behind the last.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Pair>>, ApiError> {
        while !self.is_over {
            let (left, right) = tokio::join!(
                self.pagers.0.next(self.sides.left.as_ref()),
                self.pagers.1.next(self.sides.right.as_ref())
            );
            let (left, right) = match (left, right) {
                (Err(ApiError::Refused(a)), Err(ApiError::Refused(b))) if a.status == b.status => {
                    self.is_over = true;
                    return Ok(None);
                }
                (Err(error @ ApiError::Refused(_)), Ok(_)) => {
                    return Ok(self.refused(&error, Side::Left));
                }
                (Ok(_), Err(error @ ApiError::Refused(_))) => {
                    return Ok(self.refused(&error, Side::Right));
                }
                (left, right) => (left?, right?),
            };
            self.is_over = left.is_none() && right.is_none();
            let pairs = self.matched(left.unwrap_or_default(), right.unwrap_or_default());
            if !pairs.is_empty() {
                return Ok(Some(pairs));
            }
        }
        Ok(None)
    }

    /// What one side refuses has no pairs; that it does is a difference.
    fn refused(&mut self, error: &ApiError, side: Side) -> Option<Vec<Pair>> {
        self.sink.refused(&self.call, error, side);
        self.is_over = true;
        None
    }

    fn matched(&mut self, left: Vec<Value>, right: Vec<Value>) -> Vec<Pair> {
        let (lefts, rights) = &mut self.waiting;
        let mut pairs = Vec::new();
        for item in left {
            let id = id_of(&item);
            match rights.take(&id) {
                Some(right) => pairs.push(Pair::new(id, Some(item), Some(right))),
                None => lefts.put(id, item),
            }
        }
        for item in right {
            let id = id_of(&item);
            match lefts.take(&id) {
                Some(left) => pairs.push(Pair::new(id, Some(left), Some(item))),
                None => rights.put(id, item),
            }
        }
        if self.is_over {
            pairs.extend(
                lefts
                    .rest()
                    .map(|(id, item)| Pair::new(id, Some(item), None)),
            );
            pairs.extend(
                rights
                    .rest()
                    .map(|(id, item)| Pair::new(id, None, Some(item))),
            );
        }
        pairs
    }
}

impl Pair {
    fn new(id: String, left: Option<Value>, right: Option<Value>) -> Self {
        Self { id, left, right }
    }

    /// Whether both sides have it.
    pub(super) fn is_whole(&self) -> bool {
        self.left.is_some() && self.right.is_some()
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
