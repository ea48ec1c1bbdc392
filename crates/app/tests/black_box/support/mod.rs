//! What the tests stand on: a store of their own, the binary as a process, and an HTTP client.

pub(crate) mod client;
pub(crate) mod postgres;
pub(crate) mod server;
pub(crate) mod store;

pub(crate) use self::{
    client::{Client, Secrets},
    server::Server,
    store::Store,
};

/// One test per store: `on_both_stores!(a_sentence => body)`, where `body` is an `async fn(Store)`.
macro_rules! on_both_stores {
    ($($name:ident => $body:path;)*) => {$(
        mod $name {
            use super::*;

            #[test]
            fn on_sqlite() {
                crate::support::run(async { $body(crate::support::Store::sqlite()).await });
            }

            #[test]
            fn on_postgres() {
                crate::support::run(async { $body(crate::support::Store::postgres().await).await });
            }
        }
    )*};
}

/// Runs `test` to its end.
pub(crate) fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}
