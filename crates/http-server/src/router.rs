//! The table of contents: every path and verb, and the layers around them.

use std::sync::Arc;

use axum::{
    Router,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, put},
};
use tenantry_wire::BASE_PATH;
use tower_http::{catch_panic::CatchPanicLayer, normalize_path::NormalizePath};

use crate::{
    HttpConfig, Platform, caller, cors,
    error::ApiError,
    exchange::{self, Exchange},
    metrics::Metrics,
    negotiation,
    routes::{self, accounts, health, organization, roles, users},
    throttle::Throttle,
};

/// What handlers share.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    pub(crate) platform: Platform,
    pub(crate) config: Arc<HttpConfig>,
    /// If they are wanted.
    pub(crate) metrics: Option<Arc<Metrics>>,
    /// Holds up addresses that try passwords.
    #[expect(dead_code, reason = "the login route will ask it")]
    pub(crate) throttle: Arc<Throttle>,
}

/// All routes over `platform`.
pub fn router(platform: Platform, config: &HttpConfig) -> Router {
    let started = platform.clock.now();
    let clock = Arc::clone(&platform.clock);
    let state = AppState {
        platform,
        config: Arc::new(config.clone()),
        metrics: config.metrics.then(|| Arc::new(Metrics::new(started))),
        throttle: Arc::new(Throttle::new(config.throttle, clock)),
    };
    let routes = Router::new()
        .nest(BASE_PATH, platform_api(&state))
        .merge(outside())
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .with_state(state.clone());
    // Paths are normalized before routing, so the layers that see every request stand around a router of their own.
    Router::new()
        .fallback_service(NormalizePath::trim_trailing_slash(routes))
        .layer(CatchPanicLayer::custom(exchange::panicked))
        .layer(from_fn_with_state(Arc::clone(&state.config), cors::headers))
        .layer(from_fn_with_state(Exchange::new(&state), exchange::run))
}

/// Outside the base path: for load balancers and monitoring, without credentials.
fn outside() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(routes::metrics::text))
        .route_layer(from_fn(exchange::outside))
}

fn platform_api(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/users", get(users::list::all))
        .route(
            "/users/{user}",
            get(users::get::any)
                .patch(users::update::patch_any)
                .put(users::update::put_any)
                .delete(users::delete::any),
        )
        .route("/users/{user}/roles", get(users::roles::list))
        .route(
            "/users/{user}/roles/{key}",
            put(users::roles::grant).delete(users::roles::revoke),
        )
        .route(
            "/organizations/users",
            get(users::list::of_organization).post(users::create::in_organization),
        )
        .route(
            "/organizations/users/{user}",
            get(users::get::of_organization)
                .patch(users::update::patch_of_organization)
                .put(users::update::put_of_organization)
                .delete(users::delete::of_organization),
        )
        .route(
            "/accounts/{account}/users",
            get(users::list::of_account).post(users::create::in_account),
        )
        .route(
            "/accounts/{account}/users/{user}",
            get(users::get::of_account)
                .patch(users::update::patch_of_account)
                .put(users::update::put_of_account)
                .delete(users::delete::of_account),
        )
        .route(
            "/accounts",
            get(accounts::list::own).post(accounts::create::own),
        )
        .route(
            "/accounts/{account}",
            get(accounts::get::own)
                .patch(accounts::update::patch)
                .put(accounts::update::put)
                .delete(accounts::delete::one),
        )
        .route("/accounts/{account}/roles", get(accounts::roles::list))
        .route(
            "/accounts/{account}/roles/{key}",
            put(accounts::roles::grant).delete(accounts::roles::revoke),
        )
        .route(
            "/organizations/me",
            get(organization::get).put(organization::put),
        )
        .route(
            "/organizations/{organization}/accounts",
            get(accounts::list::of_organization).post(accounts::create::in_organization),
        )
        .route(
            "/organizations/{organization}/accounts/{account}",
            get(accounts::get::of_organization),
        )
        .route(
            "/organizations/roles",
            get(roles::list).put(roles::update_all),
        )
        .route("/organizations/roles/reset", put(roles::reset))
        .route("/organizations/roles/{role}", put(roles::update_one))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(negotiation::check_accept))
        // Outermost: credentials come before everything else, also before the question whether the path exists.
        .layer(from_fn_with_state(state.clone(), caller::authenticate))
}

pub(crate) async fn nothing_here() -> ApiError {
    ApiError::not_found("No such path; the paths are listed in the API's documentation.")
}

async fn wrong_method() -> ApiError {
    ApiError::method_not_allowed()
}
