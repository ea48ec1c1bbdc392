//! Lists the users of an organization, page by page:
//!
//! ```sh
//! TENANTRY_SERVER=https://tenantry.example TENANTRY_USER_SECRET=… TENANTRY_ORGANIZATION_SECRET=… \
//!     cargo run -p tenantry-api-client --example list_users -- "lastName LIKE 'bag%'"
//! ```

use std::{
    env,
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tenantry_api_client::{Credentials, RemoteConfig, RemoteStore};
use tenantry_domain::{
    RequestId, Scope, UserField,
    ceql::Filter,
    page::{PageRequest, Sort},
    ports::RequestIds,
};

/// Names calls. This example only reads; whoever writes takes ids that no other process has either.
#[derive(Default)]
struct Counter(AtomicU64);

impl RequestIds for Counter {
    fn next(&self) -> RequestId {
        let mut bytes = [0; 12];
        bytes[4..].copy_from_slice(&self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes());
        RequestId::new(bytes)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let config = RemoteConfig::new(env::var("TENANTRY_SERVER")?);
    let credentials = Credentials::new(
        env::var("TENANTRY_USER_SECRET")?,
        env::var("TENANTRY_ORGANIZATION_SECRET")?,
    );
    let store = RemoteStore::connect(config, credentials, Arc::new(Counter::default())).await?;
    let users = store.repositories().users;
    let scope = Scope::organization(store.organization());
    let filter = match env::args().nth(1) {
        Some(text) => Filter::<UserField>::parse(&text)?,
        None => Filter::All,
    };
    let sort = Sort::parse("lastName, firstName")?;
    let mut request = PageRequest::first(200);
    loop {
        let page = users.list(&scope, &filter, &sort, &request).await?;
        for user in page.items {
            println!("{}\t{}\t{}", user.id, user.email, user.full_name());
        }
        match page.next {
            Some(cursor) => request = PageRequest::after(cursor, 200),
            None => return Ok(()),
        }
    }
}
