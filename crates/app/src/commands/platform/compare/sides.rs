//! Two servers that are asked the same. A reply, a refusal and an outage are told apart: refusals of what was asked for are
//! compared. An outage ends the comparison, and so does a refusal of who asks: servers that both show nothing are not the
//! same for it.

use std::{collections::HashMap, fmt, sync::Arc};

use serde_json::{Value, json};
use tenantry_api_client::{ApiCall, ApiError, ApiReply, Calls, Pager, Refusal};

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
    fn of(
        side: Side,
        outcome: Result<ApiReply, ApiError>,
        asker: Asker,
    ) -> Result<Self, Unfinished> {
        match outcome {
            Ok(reply) => Ok(Self::Value(reply.into_value())),
            Err(ApiError::Refused(refusal))
                if refusal.status < 500 && refusal.status != 429 && !asker.is_refused(&refusal) =>
            {
                Ok(Self::Refusal(json!({
                    "status": refusal.status,
                    "message": refusal.message,
                })))
            }
            Err(error) => Err(Unfinished { side, error }),
        }
    }

    /// The body, or the refusal.
    pub(super) fn value(&self) -> &Value {
        match self {
            Self::Value(value) | Self::Refusal(value) => value,
        }
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asker {
    /// An administrator, who sees everything.
    Administrator,
    /// A program that may have asked for what is not its own.
    Program,
}

impl Asker {
    /// Whether the refusal is of the one who asks, and says nothing of what was asked for.
    fn is_refused(self, refusal: &Refusal) -> bool {
        match refusal.status {
            401 => true,
            403 => self == Self::Administrator,
            _ => false,
        }
    }
}

/// One of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// As the command line calls it.
impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Left => "--server",
            Self::Right => "--against",
        })
    }
}

/// What keeps a comparison from its end.
#[derive(Debug)]
pub(super) struct Unfinished {
    pub(super) side: Side,
    pub(super) error: ApiError,
}

/// An item of a list, on one side or on both.
pub(super) struct Pair {
    pub(super) id: String,
    pub(super) left: Option<Value>,
    pub(super) right: Option<Value>,
}

impl Sides {
    /// Asks both at the same moment.
    pub(super) async fn ask(
        &self,
        call: &ApiCall,
        asker: Asker,
    ) -> Result<(Answer, Answer), Unfinished> {
        let (left, right) = tokio::join!(self.left.call(call), self.right.call(call));
        Ok((
            Answer::of(Side::Left, left, asker)?,
            Answer::of(Side::Right, right, asker)?,
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
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Pair>>, Unfinished> {
        while !self.is_over {
            let (left, right) = tokio::join!(
                self.pagers.0.next(self.sides.left.as_ref()),
                self.pagers.1.next(self.sides.right.as_ref())
            );
            let (left, right) = match (page(Side::Left, left)?, page(Side::Right, right)?) {
                // A list that neither server knows.
                (Page::Missing(a), Page::Missing(b)) if a.status() == b.status() => {
                    self.is_over = true;
                    return Ok(None);
                }
                (Page::Missing(error), _) => return Ok(self.refused(&error, Side::Left)),
                (_, Page::Missing(error)) => return Ok(self.refused(&error, Side::Right)),
                (Page::Items(left), Page::Items(right)) => (left, right),
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

/// What one server says to a page of a list.
enum Page {
    /// `None` behind the last.
    Items(Option<Vec<Value>>),
    /// There is no such list.
    Missing(ApiError),
}

fn page(side: Side, outcome: Result<Option<Vec<Value>>, ApiError>) -> Result<Page, Unfinished> {
    match outcome {
        Ok(items) => Ok(Page::Items(items)),
        Err(error) if error.status() == Some(404) => Ok(Page::Missing(error)),
        Err(error) => Err(Unfinished { side, error }),
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
