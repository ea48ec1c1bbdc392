//! Lists: filter and order as text, pages by token where the server gives one and by offset where not, counts.

use tenantry_domain::{
    AccountId, Scope,
    ceql::{Field, Filter},
    page::{Count, Direction, Listed, Page, PageRequest, Sort},
    ports::RepositoryError,
};
use tenantry_wire::{
    header,
    read::{self, Known},
};

use crate::{
    error::{About, found, unreadable},
    paging::{Paging, Place},
    remote::{Read, Session},
    transport::{Call, Cause, Failure, Reply},
};

/// Longest text of a filter (contract, section 5).
const LONGEST_FILTER: usize = 4_096;
/// Largest page that a server gives.
pub(crate) const LARGEST_PAGE: u32 = 1_000;
/// Servers count so far unless they are asked to go on.
const COUNTED_UP_TO: u64 = 10_000;

/// A page of a list that has nothing, or that nobody here may see.
pub(crate) fn empty_page<T>() -> Page<T> {
    Page {
        items: Vec::new(),
        next: None,
        total: None,
    }
}

/// A list of the API, without its page.
pub(crate) struct List<'a, T> {
    pub(crate) path: &'a str,
    /// The account in the path.
    pub(crate) account: Option<AccountId>,
    pub(crate) about: About,
    pub(crate) read: Read<T>,
    /// Parameters beside those of every list.
    pub(crate) parameters: Vec<(&'static str, String)>,
}

impl Session<'_> {
    /// One page of the list.
    pub(crate) async fn page<F: Listed, T>(
        &self,
        list: &List<'_, T>,
        filter: &Filter<F>,
        sort: &Sort<F>,
        paging: &Paging,
    ) -> Result<Page<T>, RepositoryError> {
        let Some(call) = list.call(filter)? else {
            return Ok(empty_page());
        };
        let size = paging.size.clamp(1, LARGEST_PAGE);
        let call = call.with("pageSize", &size);
        let call = match order(sort) {
            Some(text) => call.with("orderBy", &text),
            None => call,
        };
        let call = match &paging.place {
            Place::Token(token) => call.with("nextPage", token),
            Place::Offset(0) => call,
            Place::Offset(offset) => call.with("offset", offset),
            Place::Behind(_) => return Err(RepositoryError::InvalidCursor),
        };
        let outcome = found(self.send(&call).await);
        let reply = match (outcome, &paging.place) {
            (Ok(Some(reply)), _) => reply,
            // An empty page is answered 404.
            (Ok(None), _) => return Ok(empty_page()),
            (Err(Failure::Invalid(_)), Place::Token(_)) => {
                return Err(RepositoryError::InvalidCursor);
            }
            (Err(failure), _) => return Err(list.about.error(failure)),
        };
        let items = self.items(list, &reply)?;
        let next = following(&reply, &paging.place, size, items.len())
            .map_err(|failure| list.about.error(failure))?;
        Ok(Page {
            items,
            next: next.map(|place| paging.cursor(&place)),
            total: None,
        })
    }

    /// How many there are, counted no further than `up_to`.
    pub(crate) async fn count<F: Listed, T>(
        &self,
        list: &List<'_, T>,
        filter: &Filter<F>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        let Some(call) = list.call(filter)? else {
            return Ok(Count::Exact(0));
        };
        let call = call.with("pageSize", &1);
        let call = if up_to > COUNTED_UP_TO {
            call.with("includeTotal", &true)
        } else {
            call
        };
        let reply = found(self.send(&call).await).map_err(|failure| list.about.error(failure))?;
        let Some(reply) = reply else {
            return Ok(Count::Exact(0));
        };
        match total(&reply) {
            Some(total) => Ok(Count::bounded(total, up_to)),
            None => self.count_pages(list, filter, up_to).await,
        }
    }

    /// The same, page by page, for servers that do not say how many there are.
    async fn count_pages<F: Listed, T>(
        &self,
        list: &List<'_, T>,
        filter: &Filter<F>,
        up_to: u64,
    ) -> Result<Count, RepositoryError> {
        let mut counted = 0;
        let (whole, by_id) = (Scope::organization(self.organization), Sort::by_id());
        let mut request = PageRequest::first(LARGEST_PAGE);
        loop {
            let paging = Paging::of(&whole, filter, &by_id, &request)?;
            let page = self.page(list, filter, &by_id, &paging).await?;
            counted += u64::try_from(page.items.len()).unwrap_or(u64::MAX);
            match page.next {
                Some(cursor) if counted <= up_to => {
                    request = PageRequest::after(cursor, LARGEST_PAGE);
                }
                _ => return Ok(Count::bounded(counted, up_to)),
            }
        }
    }

    fn items<T>(&self, list: &List<'_, T>, reply: &Reply) -> Result<Vec<T>, RepositoryError> {
        let objects = read::many(&reply.body)
            .map_err(|error| list.about.error(unreadable(&error, reply.request_id())))?;
        let known = Known::of_list(self.organization, list.account);
        let items = objects.iter().map(|object| (list.read)(object, &known));
        items
            .collect::<Result<_, _>>()
            .map_err(|error| list.about.corrupt(error))
    }
}

impl<T> List<'_, T> {
    /// The call without its page; `None` if nothing can be found.
    fn call<F: Field>(&self, filter: &Filter<F>) -> Result<Option<Call<'static>>, RepositoryError> {
        let call = Call::get(self.path).with("includeInactive", &true);
        let call = self
            .parameters
            .iter()
            .fold(call, |call, (name, value)| call.with(name, value));
        match filter {
            Filter::Nothing => Ok(None),
            Filter::All => Ok(Some(call)),
            filter => {
                let text = filter.to_string();
                if text.chars().count() > LONGEST_FILTER {
                    return Err(RepositoryError::Unsupported {
                        what: "a filter of more than 4096 characters",
                    });
                }
                Ok(Some(call.with("where", &text)))
            }
        }
    }
}

/// The text of the order; none for the usual one. The id that breaks ties is not said: servers do that anyway, and some
/// know one field alone.
fn order<F: Listed>(sort: &Sort<F>) -> Option<String> {
    let text = sort.to_string();
    match sort.keys() {
        [(field, Direction::Ascending)] if *field == F::ID => None,
        [.., (field, Direction::Ascending)] if *field == F::ID => {
            let said = text.strip_suffix(F::ID.name())?.strip_suffix(", ")?;
            Some(said.to_owned())
        }
        _ => Some(text),
    }
}

/// Where the next page starts.
pub(crate) fn following(
    reply: &Reply,
    place: &Place,
    size: u32,
    returned: usize,
) -> Result<Option<Place>, Failure> {
    let token = reply
        .header(header::NEXT_PAGE_TOKEN)
        .filter(|token| !token.is_empty());
    let offset = match (token, place) {
        (Some(token), Place::Token(sent)) if token == sent => {
            let cause = Cause::Unreadable("its page token leads to the same page".to_owned());
            return Err(Failure::nonsense(cause, reply.request_id()));
        }
        (Some(token), _) => return Ok(Some(Place::Token(token.to_owned()))),
        (None, Place::Token(_) | Place::Behind(_)) => return Ok(None),
        (None, Place::Offset(offset)) => offset,
    };
    let returned = u64::try_from(returned).unwrap_or(u64::MAX);
    let reached = offset.saturating_add(returned);
    let more = match total(reply) {
        Some(total) => returned > 0 && reached < total,
        None => returned >= u64::from(size),
    };
    Ok(more.then_some(Place::Offset(reached)))
}

/// How many there are in the whole list, if the server says it.
pub(crate) fn total(reply: &Reply) -> Option<u64> {
    reply.header(header::TOTAL_COUNT)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use tenantry_domain::UserField;

    use super::*;

    #[test]
    fn orders_are_said_without_what_goes_without_saying() {
        for (text, expected) in [
            ("id", None),
            ("id desc", Some("id desc")),
            ("lastName", Some("lastName")),
            ("lastName desc, firstName", Some("lastName desc, firstName")),
            ("lastName, id desc", Some("lastName, id desc")),
        ] {
            let sort = Sort::<UserField>::parse(text).unwrap();
            assert_eq!(order(&sort).as_deref(), expected, "{text}");
        }
    }
}
