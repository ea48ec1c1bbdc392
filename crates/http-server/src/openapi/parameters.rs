//! Parameters that several operations take, as handlers name them: `params(List)`. What they mean stands in `shared.rs`.

use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterBuilder, ParameterIn},
};

macro_rules! parameters {
    ($($(#[$docs:meta])* $name:ident: $place:ident, $names:expr;)*) => {$(
        $(#[$docs])*
        pub(crate) enum $name {}

        impl IntoParams for $name {
            fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
                let named = |name: &&str| {
                    ParameterBuilder::new().name(*name).parameter_in(ParameterIn::$place).build()
                };
                $names.iter().map(named).collect()
            }
        }
    )*};
}

parameters! {
    /// What [`ListQuery`](crate::routes::list::ListQuery) reads. The reply has the headers of a list, and is 404 if it is
    /// empty.
    List: Query, [
        "where", "orderBy", "pageSize", "offset", "nextPage", "includeInactive", "includeTotal", "fields",
    ];
    /// What [`PageQuery`](crate::routes::list::PageQuery) reads. The reply has the headers of a list, and may be empty.
    Pages: Query, ["pageSize", "offset", "nextPage", "includeTotal"];
    /// What [`tenantry_wire::instance::selection`] reads.
    InstanceSelection: Query, ["tags[]", "searchText"];
    /// What [`tenantry_wire::audit::query`] reads.
    AuditQuery: Query, ["from", "to", "userId", "accountId"];
    /// For how long a secret that is replaced goes on working.
    OverlapHours: Query, ["overlapHours"];
    /// What [`conditional::expected`](crate::conditional::expected) reads. The reply may be 412.
    IfMatch: Header, ["If-Match"];
    /// What [`conditional::found`](crate::conditional::found) reads. The reply has an `ETag`, and may be 304.
    IfNoneMatch: Header, ["If-None-Match"];
    /// Whether deactivation is for good.
    Permanent: Query, ["permanent"];
    /// The password of the user that is looked up.
    UserPassword: Header, ["Elements-User-Password"];
}
