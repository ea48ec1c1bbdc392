//! The list of cases, and the macro that makes one test of each.

/// Makes one `#[test]` of every case of the contract. `$fresh` is an `async fn() -> Fresh` that gives each its own
/// store.
#[macro_export]
macro_rules! repository_suite {
    ($fresh:path) => {
        async fn fresh_store_for_a_case() -> $crate::Fresh {
            $fresh().await
        }

        $crate::repository_cases!();
    };
}

/// The list.
#[doc(hidden)]
#[macro_export]
macro_rules! repository_cases {
    () => {};
}
