//! The table of contents: every handler, and the layers around them. The path and verb of a handler stand on it.

use std::{
    collections::HashSet,
    convert::Infallible,
    future::Future,
    ops::Deref,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    BoxError, Router,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    middleware::{from_fn, from_fn_with_state},
    response::Response,
};
use tenantry_wire::BASE_PATH;
use tower::Service;
use tower_http::normalize_path::NormalizePath;
use utoipa_axum::routes;

use crate::{
    HttpConfig, Platform, caller,
    error::ApiError,
    exchange::{self, Exchange},
    metrics::Metrics,
    negotiation,
    openapi::{self, Routes},
    routes::{
        accounts, audit_logs, authentication, elements, health, instances, metrics, organization,
        password_policies,
        reference::{self, Reference},
        roles, sign_up, users,
    },
    throttle::Throttle,
};

/// What handlers share. Every layer and every handler has a clone for each request, so it is one reference.
#[derive(Clone, Debug)]
pub(crate) struct AppState(Arc<Shared>);

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// The fields of [`AppState`].
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) platform: Platform,
    pub(crate) config: Arc<HttpConfig>,
    pub(crate) reference: Arc<Reference>,
    /// The templates of all paths that can be posted to.
    pub(crate) posted_to: HashSet<String>,
    /// If they are wanted.
    pub(crate) metrics: Option<Arc<Metrics>>,
    /// Holds up addresses that try passwords.
    pub(crate) throttle: Arc<Throttle>,
}

/// All routes, and around them what every request gets: a service that never fails.
///
/// The layers that see every request are one. As layers of axum they would each put what is inside them into a box once more,
/// for each request: that took a tenth of what a read takes.
#[derive(Clone, Debug)]
pub struct Api {
    exchange: Arc<Exchange>,
    routes: NormalizePath<Router>,
}

impl<B> Service<Request<B>> for Api
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { exchange, routes } = self.clone();
        let request = request.map(Body::new);
        Box::pin(async move { Ok(exchange.run(routes, request).await) })
    }
}

/// All routes over `platform`.
pub fn router(platform: Platform, config: &HttpConfig) -> Api {
    let (api, api_described) = platform_api().split();
    let (entrance, entrance_described) = entrance().split();
    let (around, around_described) = around().split();
    let below = api_described.merge_from(entrance_described);
    let document = openapi::document(BASE_PATH, below, around_described);
    let started = platform.clock.now();
    let clock = Arc::clone(&platform.clock);
    let state = AppState(Arc::new(Shared {
        platform,
        config: Arc::new(config.clone()),
        reference: Arc::new(Reference::new(&document)),
        posted_to: openapi::posted_to(&document),
        metrics: config.metrics.then(|| Arc::new(Metrics::new(started))),
        throttle: Arc::new(Throttle::new(config.throttle, clock)),
    }));
    let api = api
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        // Outermost: credentials come before everything else, also before the question whether the path exists.
        .layer(from_fn_with_state(state.clone(), caller::authenticate));
    let entrance = entrance
        .method_not_allowed_fallback(wrong_method)
        .layer(from_fn(negotiation::outside))
        .route_layer(from_fn(exchange::outside));
    let around = around.route_layer(from_fn(exchange::outside));
    let routes = around
        .nest(BASE_PATH, api.merge(entrance))
        .fallback(nothing_here)
        .method_not_allowed_fallback(wrong_method)
        .with_state(state.clone());
    Api {
        exchange: Arc::new(Exchange::new(&state)),
        // Paths are normalized before routing.
        routes: NormalizePath::trim_trailing_slash(routes),
    }
}

/// Below the base path, for authenticated callers.
fn platform_api() -> Routes {
    Routes::new()
        .add(routes!(users::list::all))
        .add(routes!(
            users::get::any,
            users::update::patch_any,
            users::update::put_any,
            users::delete::any
        ))
        .add(routes!(users::roles::list))
        .add(routes!(users::roles::grant, users::roles::revoke))
        .add(routes!(
            users::list::of_organization,
            users::create::in_organization
        ))
        .add(routes!(
            users::get::of_organization,
            users::update::patch_of_organization,
            users::update::put_of_organization,
            users::delete::of_organization
        ))
        .add(routes!(users::list::of_account, users::create::in_account))
        .add(routes!(
            users::get::of_account,
            users::update::patch_of_account,
            users::update::put_of_account,
            users::delete::of_account
        ))
        .add(routes!(accounts::list::own, accounts::create::own))
        .add(routes!(
            accounts::get::own,
            accounts::update::patch,
            accounts::update::put,
            accounts::delete::one
        ))
        .add(routes!(accounts::roles::list))
        .add(routes!(accounts::roles::grant, accounts::roles::revoke))
        .add(routes!(organization::get, organization::put))
        .add(routes!(organization::reset_secret))
        .add(routes!(
            password_policies::get,
            password_policies::put,
            password_policies::delete
        ))
        .add(routes!(
            accounts::list::of_organization,
            accounts::create::in_organization
        ))
        .add(routes!(accounts::get::of_organization))
        .add(routes!(roles::list, roles::update_all))
        .add(routes!(roles::reset))
        .add(routes!(roles::update_one))
        .add(routes!(authentication::secrets))
        .add(routes!(authentication::change_password))
        .add(routes!(authentication::reset_user_secret))
        .add(routes!(
            instances::list::all,
            instances::create::any,
            instances::update::put_called,
            instances::update::patch_called,
            instances::delete::called
        ))
        .add(routes!(instances::list::count))
        .add(routes!(
            instances::get::one,
            instances::update::put,
            instances::update::patch,
            instances::delete::one
        ))
        .add(routes!(instances::enabled::on, instances::enabled::off))
        .add(routes!(
            instances::enabled::called_on,
            instances::enabled::called_off
        ))
        .add(routes!(instances::configuration::list))
        .add(routes!(instances::configuration::list_called))
        .add(routes!(
            instances::configuration::get,
            instances::configuration::patch
        ))
        .add(routes!(
            instances::configuration::get_called,
            instances::configuration::patch_called
        ))
        .add(routes!(instances::list::of_own_account))
        .add(routes!(instances::list::of_account))
        .add(routes!(
            instances::list::of_element,
            instances::create::of_element
        ))
        .add(routes!(
            instances::get::of_element,
            instances::update::put_of_element,
            instances::update::patch_of_element,
            instances::delete::of_element
        ))
        .add(routes!(elements::list))
        .add(routes!(elements::keys))
        .add(routes!(elements::get))
        .add(routes!(audit_logs::list))
        .add(routes!(sign_up::create))
}

/// Below the base path, for callers who have no credentials yet.
fn entrance() -> Routes {
    Routes::new().add(routes!(authentication::log_in))
}

/// Outside the base path and without credentials: for load balancers, and for readers.
fn around() -> Routes {
    Routes::new()
        .add(routes!(health::alive))
        .add(routes!(health::ready))
        .add(routes!(metrics::text))
        .add(routes!(reference::document))
        .add(routes!(reference::read))
}

pub(crate) async fn nothing_here() -> ApiError {
    ApiError::not_found("No such path; GET /docs lists those that there are.")
}

async fn wrong_method() -> ApiError {
    ApiError::method_not_allowed()
}
