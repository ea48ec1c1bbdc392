//! A list that is walked through while others change it: by page tokens, and by offsets where a server has none, or one
//! that it no longer knows.

use serde_json::Value;
use tenantry_domain::ports::SourceError;
use tenantry_wire::JsonObject;

use super::{
    calls::{Asker, many},
    failure::ended,
};
use crate::{
    list::following,
    paging::Place,
    rounds::{self, Rounds},
    transport::{Call, Cause, Failure, Reply},
};

/// How many records pages by offset have in common, at most: what is deleted meanwhile moves the others to the front.
const OVERLAP: u64 = 20;

/// A list, and how far it is read.
pub(super) struct Listing {
    what: &'static str,
    call: Call<'static>,
    /// How many records are asked for at once.
    size: u32,
    /// `None` behind the last page.
    place: Option<Place>,
    /// How many records were read, those of overlaps counted once.
    reached: u64,
    /// Whether tokens are of no use.
    by_offset: bool,
    /// The ids of the page before.
    last: Vec<Option<Value>>,
    rounds: Rounds,
}

impl Listing {
    /// A list, so many records at once. `what` it has, in errors.
    pub(super) fn new(what: &'static str, size: u32, call: Call<'static>) -> Self {
        Self {
            what,
            call: call.with("includeInactive", &true),
            size,
            place: Some(Place::Offset(0)),
            reached: 0,
            by_offset: false,
            last: Vec::new(),
            rounds: Rounds::default(),
        }
    }

    /// The next page; `None` behind the last. What is not there has no pages.
    pub(super) async fn next(
        &mut self,
        asker: &Asker,
    ) -> Result<Option<Vec<JsonObject>>, SourceError> {
        loop {
            let Some(place) = self.place.take() else {
                return Ok(None);
            };
            match self.page(asker, &place).await {
                Ok(objects) if objects.is_empty() => return Ok(None),
                Ok(objects) => return Ok(Some(objects)),
                Err((_, Failure::Missing(_))) => return Ok(None),
                // Records may be of any length.
                Err((_, failure)) if failure.is_too_large() && self.size > 1 => {
                    self.size /= 2;
                    self.place = Some(place);
                }
                // A token that the server no longer knows, or that leads nowhere.
                Err((_, Failure::Invalid(_) | Failure::Nonsense(_)))
                    if matches!(place, Place::Token(_)) =>
                {
                    self.by_offset = true;
                    let behind = self.reached.saturating_sub(OVERLAP);
                    self.place = Some(Place::Offset(behind));
                }
                Err((attempts, failure)) => return Err(ended(self.what, attempts, failure)),
            }
        }
    }

    async fn page(
        &mut self,
        asker: &Asker,
        place: &Place,
    ) -> Result<Vec<JsonObject>, (u32, Failure)> {
        let call = self.call.clone().with("pageSize", &self.size);
        let call = match place {
            Place::Token(token) => call.with("nextPage", token),
            Place::Offset(0) | Place::Behind(_) => call,
            Place::Offset(offset) => call.with("offset", offset),
        };
        let (objects, next) = asker.ask(&call, |reply| self.read(reply, place)).await?;
        if let Some(Place::Token(token)) = &next
            && !self.rounds.is_new_token(token)
        {
            return Err((1, in_a_circle()));
        }
        let read = u64::try_from(objects.len()).unwrap_or(u64::MAX);
        self.reached = match place {
            Place::Offset(offset) => offset.saturating_add(read),
            Place::Token(_) | Place::Behind(_) => self.reached.saturating_add(read),
        };
        self.place = match next {
            Some(Place::Offset(offset)) => {
                // At least half of the page has to be new, or nobody would come to the end.
                Some(Place::Offset(offset.saturating_sub(OVERLAP.min(read / 2))))
            }
            next => next,
        };
        self.last = ids(&objects);
        if !self.rounds.gets_on(&self.last) {
            self.place = None;
            return Err((1, in_a_circle()));
        }
        Ok(objects)
    }

    /// The page, and where the next one starts.
    fn read(
        &self,
        reply: &Reply,
        place: &Place,
    ) -> Result<(Vec<JsonObject>, Option<Place>), Failure> {
        let objects = many(reply)?;
        let offset = matches!(place, Place::Offset(offset) if *offset > 0);
        if offset && objects.len() > 1 && ids(&objects) == self.last {
            let what = "it answers the same page, wherever that is to start".to_owned();
            return Err(Failure::nonsense(
                Cause::Unreadable(what),
                reply.request_id(),
            ));
        }
        let next = following(reply, place, self.size, objects.len())?;
        Ok(match next {
            Some(Place::Token(_)) if self.by_offset => {
                let read = u64::try_from(objects.len()).unwrap_or(u64::MAX);
                let start = match place {
                    Place::Offset(offset) => *offset,
                    Place::Token(_) | Place::Behind(_) => self.reached,
                };
                (objects, Some(Place::Offset(start.saturating_add(read))))
            }
            next => (objects, next),
        })
    }
}

fn ids(objects: &[JsonObject]) -> Vec<Option<Value>> {
    rounds::ids(objects.iter().map(|object| object.get("id")))
}

fn in_a_circle() -> Failure {
    Failure::Invalid(Cause::Unreadable("its pages lead in a circle".to_owned()))
}
