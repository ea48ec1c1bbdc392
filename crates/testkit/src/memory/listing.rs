//! One page of rows, for every kind of row.

use tenantry_domain::{
    Scope,
    ceql::{Filter, Record},
    page::{Count, Keyset, Listed, Page, PageRequest, Sort, Start},
    ports::RepositoryError,
};

use crate::reference;

/// The page of `rows`, which lie in `scope`, that `request` asks for.
pub(super) fn page<F: Listed, R: Record<F>>(
    rows: impl Iterator<Item = R>,
    scope: &Scope,
    filter: &Filter<F>,
    sort: &Sort<F>,
    request: &PageRequest,
) -> Result<Page<R>, RepositoryError> {
    let (behind, skipped) = match &request.start {
        Start::Offset(offset) => (Filter::All, usize::try_from(*offset).unwrap_or(usize::MAX)),
        Start::After(cursor) => {
            let keyset = Keyset::parse(cursor, scope, filter, sort);
            (
                keyset.ok_or(RepositoryError::InvalidCursor)?.filter(sort),
                0,
            )
        }
    };
    let size = usize::try_from(request.size).unwrap_or(usize::MAX);
    let rows = reference::list(rows.filter(|row| behind.matches(row)), filter, sort);
    let rows = rows
        .into_iter()
        .skip(skipped)
        .take(size.saturating_add(1))
        .collect();
    Ok(Page::of_rows(rows, request, |last| {
        Keyset::of(sort, last).cursor(scope, filter, sort)
    }))
}

/// How many of `rows` the filter selects.
pub(super) fn count<F: Listed, R: Record<F>>(
    rows: impl Iterator<Item = R>,
    filter: &Filter<F>,
    up_to: u64,
) -> Count {
    let found = rows.filter(|row| filter.matches(row)).map(|_| 1).sum();
    Count::bounded(found, up_to)
}
