//! What every list has in common: filter, order, page, counts (contract, section 5).

use axum::{
    Json,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::Value;
use tenantry_domain::{
    Problem,
    ceql::Filter,
    page::{Count, Cursor, Listed, Sort},
};
use tenantry_wire::{
    header,
    query::{Paging, Query},
};

use crate::error::ApiError;

/// Totals are exact up to here; counting further must be asked for.
const COUNTED_UP_TO: u64 = 10_000;

/// Which page a caller wants of a list, and how far it is to be counted.
#[derive(Debug)]
pub(crate) struct PageQuery {
    pub(crate) paging: Paging,
    /// How far to count.
    pub(crate) up_to: u64,
}

impl PageQuery {
    /// Reads `pageSize`, `offset`, `nextPage` and `includeTotal`.
    pub(crate) fn of(query: &Query) -> Result<Self, Vec<Problem>> {
        match (Paging::of(query), query.flag("includeTotal")) {
            (Ok(paging), Ok(all)) => {
                let up_to = if all { u64::MAX } else { COUNTED_UP_TO };
                Ok(Self { paging, up_to })
            }
            (paging, all) => Err(paging
                .err()
                .into_iter()
                .flatten()
                .chain(all.err())
                .collect()),
        }
    }

    /// The reply of a list that may be empty, with the counts and the token.
    pub(crate) fn reply<T: Serialize>(
        &self,
        items: &[T],
        next: Option<&Cursor>,
        counted: Count,
    ) -> Response {
        (self.headers(items.len(), next, counted), Json(items)).into_response()
    }

    fn headers(&self, returned: usize, next: Option<&Cursor>, counted: Count) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let mut set = |name, value: Result<HeaderValue, _>| {
            if let Ok(value) = value {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        set(
            header::RETURNED_COUNT,
            HeaderValue::from_str(&returned.to_string()),
        );
        if let Count::Exact(total) = counted {
            set(
                header::TOTAL_COUNT,
                HeaderValue::from_str(&total.to_string()),
            );
        }
        if let Some(next) = next {
            set(
                header::NEXT_PAGE_TOKEN,
                HeaderValue::from_str(next.as_str()),
            );
        }
        if let Some(warning) = self.paging.warning {
            set(header::WARNING, HeaderValue::from_str(warning));
        }
        headers
    }
}

/// What a caller wants of a list that can be filtered and ordered.
#[derive(Debug)]
pub(crate) struct ListQuery<F> {
    pub(crate) filter: Filter<F>,
    pub(crate) sort: Sort<F>,
    pub(crate) page: PageQuery,
    fields: Option<Vec<String>>,
}

impl<F: Listed> ListQuery<F> {
    /// Reads `where`, `orderBy`, `pageSize`, `offset`, `nextPage`, `includeInactive`, `includeTotal` and `fields`.
    ///
    /// `active` is the field that inactive items are left out by, unless they are wanted; `known` is what `fields` may
    /// name.
    pub(crate) fn of(query: &Query, active: Option<F>, known: &[&str]) -> Result<Self, ApiError> {
        Self::read(query, active, known).map_err(ApiError::invalid)
    }

    /// The same, for a list with parameters of its own: its problems may go with these.
    pub(crate) fn read(
        query: &Query,
        active: Option<F>,
        known: &[&str],
    ) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let filter = filter(query, active)
            .map_err(|problem| problems.push(problem))
            .ok();
        let sort = sort(query).map_err(|problem| problems.push(problem)).ok();
        let fields = fields(query, known)
            .map_err(|problem| problems.push(problem))
            .ok();
        let page = PageQuery::of(query)
            .map_err(|mut more| problems.append(&mut more))
            .ok();
        let (Some(filter), Some(sort), Some(fields), Some(page)) = (filter, sort, fields, page)
        else {
            return Err(problems);
        };
        Ok(Self {
            filter,
            sort,
            page,
            fields,
        })
    }

    /// The reply: `items` trimmed to the wanted fields, with the counts and the token; 404 if the page is empty.
    pub(crate) fn reply<T: Serialize>(
        &self,
        what: &str,
        items: &[T],
        next: Option<&Cursor>,
        counted: Count,
    ) -> Result<Response, ApiError> {
        let headers = self.page.headers(items.len(), next, counted);
        if items.is_empty() {
            return Ok((headers, ApiError::none_found(what)).into_response());
        }
        let Some(fields) = &self.fields else {
            return Ok((headers, Json(items)).into_response());
        };
        let mut trimmed = Vec::with_capacity(items.len());
        for item in items {
            let mut value = serde_json::to_value(item)
                .map_err(|error| ApiError::internal(error.to_string()))?;
            if let Value::Object(object) = &mut value {
                object.retain(|name, _| name == "id" || fields.iter().any(|field| field == name));
            }
            trimmed.push(value);
        }
        Ok((headers, Json(trimmed)).into_response())
    }
}

fn filter<F: Listed>(query: &Query, active: Option<F>) -> Result<Filter<F>, Problem> {
    let include_inactive = query.flag("includeInactive")?;
    let filter = match query.one("where")? {
        None => Filter::All,
        Some(text) => Filter::parse(text)
            .map_err(|error| Problem::new("where", format!("is wrong: {error}")))?,
    };
    Ok(match active {
        Some(active) if !include_inactive && !filter.mentions(active) => {
            filter.and(Filter::equals(active, true))
        }
        _ => filter,
    })
}

fn sort<F: Listed>(query: &Query) -> Result<Sort<F>, Problem> {
    match query.one("orderBy")? {
        None => Ok(Sort::by_id()),
        Some(text) => Sort::parse(text).map_err(|error| Problem::new("orderBy", error)),
    }
}

fn fields(query: &Query, known: &[&str]) -> Result<Option<Vec<String>>, Problem> {
    let Some(text) = query.one("fields")? else {
        return Ok(None);
    };
    let wanted: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
    match wanted.iter().find(|name| !known.contains(&name.as_str())) {
        Some(unknown) => Err(Problem::new(
            "fields",
            format!("names the unknown field '{unknown}'"),
        )),
        // As the reply knows them: a name that is given a thousand times costs no more than once.
        None => Ok(Some(
            known
                .iter()
                .filter(|name| wanted.iter().any(|wanted| wanted == *name))
                .map(|name| (*name).to_owned())
                .collect(),
        )),
    }
}
