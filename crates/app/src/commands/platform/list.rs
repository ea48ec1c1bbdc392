//! Lists in every form. A page is written before the next one is asked for, so a list of any length needs the memory of one.

use std::io::{self, Write as _};

use serde_json::Value;
use tenantry_api_client::{ApiCall, Pager};

use super::{backend::Session, show::terminal_width, table::Table};
use crate::{
    cli::{Form, Listing, Selection},
    failure::Failure,
    output::Output,
};

/// How many items are asked for at once.
const PAGE: u32 = 200;

/// A list that is to be shown.
#[derive(Debug)]
pub(super) struct List<'a> {
    pub(super) call: ApiCall,
    /// In the plural, for example `users`.
    pub(super) what: &'a str,
    /// What a table shows if nothing else is asked for.
    pub(super) columns: &'a [&'a str],
}

/// The call with what was selected.
pub(super) fn selected(call: ApiCall, selection: &Selection) -> ApiCall {
    call.with_some("where", selection.filter.as_ref())
        .with_some("orderBy", selection.order_by.as_ref())
        .with_some("fields", selection.fields.as_ref())
        .with_some(
            "includeInactive",
            selection.include_inactive.then_some(true),
        )
}

/// The columns of a table: those that were asked for, or the usual ones.
pub(super) fn columns<'a>(selection: &'a Selection, usual: &'a [&'a str]) -> Vec<&'a str> {
    match &selection.fields {
        Some(fields) => fields.split(',').map(str::trim).collect(),
        None => usual.to_vec(),
    }
}

impl Session {
    /// Writes the list to standard output.
    pub(super) async fn list(&self, list: List<'_>, listing: &Listing) -> Result<(), Failure> {
        let form = listing.output.unwrap_or(if self.output.json {
            Form::Json
        } else {
            Form::Table
        });
        let mut writer = Writer::new(form, list.columns);
        let mut left = listing.limit.unwrap_or(u64::MAX);
        let size = u32::try_from(left).map_or(PAGE, |left| left.min(PAGE));
        let mut pager = Pager::new(list.call, size);
        while left > 0 {
            let page = pager.next(self).await;
            let Some(mut page) = page.map_err(|error| self.explain(error))? else {
                break;
            };
            page.truncate(usize::try_from(left).unwrap_or(usize::MAX));
            left -= u64::try_from(page.len()).unwrap_or(left);
            writer.page(&page).map_err(Failure::of_list)?;
        }
        writer.end(list.what).map_err(Failure::of_list)?;
        Ok(())
    }

    /// Writes a list that came as a whole.
    pub(super) fn all(&self, items: &Value, what: &str, columns: &[&str]) -> Result<(), Failure> {
        let form = if self.output.json {
            Form::Json
        } else {
            Form::Table
        };
        let mut writer = Writer::new(form, columns);
        writer.page(items.as_array().map_or(&[], Vec::as_slice))?;
        writer.end(what)?;
        Ok(())
    }
}

struct Writer<'a> {
    form: Form,
    columns: &'a [&'a str],
    /// Once there was a row.
    table: Option<Table>,
    written: u64,
}

impl<'a> Writer<'a> {
    fn new(form: Form, columns: &'a [&'a str]) -> Self {
        Self {
            form,
            columns,
            table: None,
            written: 0,
        }
    }

    fn page(&mut self, items: &[Value]) -> io::Result<()> {
        let mut text = String::new();
        for item in items {
            match self.form {
                Form::Ndjson => {
                    text.push_str(&item.to_string());
                    text.push('\n');
                }
                Form::Json => {
                    text.push_str(if self.written == 0 { "[" } else { ",\n" });
                    text.push_str(&item.to_string());
                }
                Form::Table => {
                    let columns = self.columns;
                    let table = self.table.get_or_insert_with(|| {
                        let table = Table::fitting(columns, items, terminal_width());
                        text.push_str(&table.head());
                        table
                    });
                    text.push_str(&table.row(item));
                }
            }
            self.written += 1;
        }
        Output::write(&text)
    }

    fn end(self, what: &str) -> io::Result<()> {
        match (self.form, self.written) {
            (Form::Json, 0) => Output::write("[]\n"),
            (Form::Json, _) => Output::write("]\n"),
            (Form::Table, 0) => {
                // Not a part of the result. There is nobody left to tell if this fails.
                let _ = writeln!(io::stderr(), "no {what} found");
                Ok(())
            }
            (Form::Table | Form::Ndjson, _) => Ok(()),
        }
    }
}
