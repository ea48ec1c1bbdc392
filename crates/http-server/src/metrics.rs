//! What is counted about requests, and its text for Prometheus.
//!
//! Labels are the method, the template of the route, and the status: there are only so many of each, however many paths
//! clients try. Nothing here says whose data a request was about. No library keeps the counts, because those at hand make
//! labels anew for every request, and need somebody who cleans up from time to time.

use std::{
    collections::HashMap,
    fmt::{self, Write as _},
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::{MatchedPath, Request},
    http::{Method, StatusCode},
};
use time::OffsetDateTime;

/// The upper bounds of the histogram, as text in seconds, and in microseconds.
const BOUNDS: [(&str, u128); 13] = [
    ("0.0005", 500),
    ("0.001", 1_000),
    ("0.0025", 2_500),
    ("0.005", 5_000),
    ("0.01", 10_000),
    ("0.025", 25_000),
    ("0.05", 50_000),
    ("0.1", 100_000),
    ("0.25", 250_000),
    ("0.5", 500_000),
    ("1", 1_000_000),
    ("2.5", 2_500_000),
    ("10", 10_000_000),
];

/// The route of what leads to none.
const NO_ROUTE: &str = "none";

/// The counts since the start.
#[derive(Debug)]
pub(crate) struct Metrics {
    started: OffsetDateTime,
    in_flight: AtomicUsize,
    /// By route. Only the first request of its kind takes the lock to write.
    routes: RwLock<HashMap<Box<str>, Vec<Series>>>,
}

/// The requests of one method, route and status.
#[derive(Debug)]
struct Series {
    method: &'static str,
    status: StatusCode,
    /// How many took no longer than each bound, but longer than the bound before; the last ones took longer than all.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    microseconds: AtomicU64,
}

/// What is known of a moment besides what is counted here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// Open connections, if a server of this crate accepted them.
    pub(crate) connections: Option<usize>,
    /// Whether the store answers.
    pub(crate) store_up: bool,
}

impl Metrics {
    pub(crate) fn new(started: OffsetDateTime) -> Self {
        Self {
            started,
            in_flight: AtomicUsize::new(0),
            routes: RwLock::default(),
        }
    }

    fn count(&self, method: &'static str, route: &str, status: StatusCode, took: Duration) {
        let counted = self
            .routes
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(route)
            .and_then(|all| all.iter().find(|series| series.is_of(method, status)))
            .map(|series| series.count(took));
        if counted.is_some() {
            return;
        }
        let mut routes = self.routes.write().unwrap_or_else(PoisonError::into_inner);
        let all = routes.entry(route.into()).or_default();
        // Another request of the same kind may have come in between.
        let found = all.iter().position(|series| series.is_of(method, status));
        let place = found.unwrap_or_else(|| {
            all.push(Series::new(method, status));
            all.len() - 1
        });
        all[place].count(took);
    }

    /// As Prometheus reads it (text format 0.0.4), in a fixed order.
    pub(crate) fn text(&self, moment: Moment) -> String {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<(&str, &Series)> = routes
            .iter()
            .flat_map(|(route, all)| all.iter().map(|series| (route.as_ref(), series)))
            .collect();
        all.sort_unstable_by_key(|(route, series)| (*route, series.method, series.status));
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut text, &all, moment);
        text
    }

    fn write(
        &self,
        text: &mut String,
        all: &[(&str, &Series)],
        moment: Moment,
    ) -> Result<(), fmt::Error> {
        let name = "tenantry_http_requests_total";
        head(text, name, "counter", "Requests that were answered.")?;
        for (route, series) in all {
            let total = series.cumulated().last().copied().unwrap_or_default();
            writeln!(text, "{name}{{{}}} {total}", series.labels(route))?;
        }
        let name = "tenantry_http_request_duration_seconds";
        let help = "How long it took until the reply was there.";
        head(text, name, "histogram", help)?;
        for (route, series) in all {
            series.write(text, name, route)?;
        }
        let in_flight = self.in_flight.load(Ordering::Relaxed);
        let help = "Requests that are not answered yet.";
        gauge(text, "tenantry_http_requests_in_flight", help, in_flight)?;
        if let Some(open) = moment.connections {
            gauge(text, "tenantry_http_connections", "Open connections.", open)?;
        }
        let help = "Whether the store answers.";
        gauge(text, "tenantry_store_up", help, u8::from(moment.store_up))?;
        let help = "When the server started, in seconds since 1970.";
        let started = self.started.unix_timestamp();
        gauge(text, "process_start_time_seconds", help, started)
    }
}

impl Series {
    fn new(method: &'static str, status: StatusCode) -> Self {
        Self {
            method,
            status,
            buckets: Default::default(),
            microseconds: AtomicU64::new(0),
        }
    }

    fn is_of(&self, method: &'static str, status: StatusCode) -> bool {
        self.status == status && self.method == method
    }

    fn count(&self, took: Duration) {
        let took = took.as_micros();
        let bucket = BOUNDS.partition_point(|(_, bound)| *bound < took);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        let took = u64::try_from(took).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(took, Ordering::Relaxed);
    }

    /// How many took no longer than each bound; the last number is how many there were.
    fn cumulated(&self) -> [u64; BOUNDS.len() + 1] {
        let mut sum = 0;
        std::array::from_fn(|bucket| {
            sum += self.buckets[bucket].load(Ordering::Relaxed);
            sum
        })
    }

    fn labels(&self, route: &str) -> String {
        let (method, status) = (self.method, self.status.as_u16());
        format!("method=\"{method}\",route=\"{route}\",status=\"{status}\"")
    }

    fn write(&self, text: &mut String, name: &str, route: &str) -> fmt::Result {
        let labels = self.labels(route);
        let cumulated = self.cumulated();
        let bounds = BOUNDS.iter().map(|(bound, _)| *bound).chain(["+Inf"]);
        for (bound, number) in bounds.zip(cumulated) {
            writeln!(text, "{name}_bucket{{{labels},le=\"{bound}\"}} {number}")?;
        }
        let sum = Duration::from_micros(self.microseconds.load(Ordering::Relaxed)).as_secs_f64();
        writeln!(text, "{name}_sum{{{labels}}} {sum}")?;
        let total = cumulated[BOUNDS.len()];
        writeln!(text, "{name}_count{{{labels}}} {total}")
    }
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) -> fmt::Result {
    write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n")
}

fn gauge(text: &mut String, name: &str, help: &str, value: impl fmt::Display) -> fmt::Result {
    head(text, name, "gauge", help)?;
    writeln!(text, "{name} {value}")
}

/// A request that is not answered yet.
#[derive(Debug)]
pub(crate) struct Running {
    metrics: Arc<Metrics>,
    method: &'static str,
    route: Route,
}

/// Where a request leads. Known only to those inside of the router.
#[derive(Clone, Debug, Default)]
struct Route(Arc<OnceLock<MatchedPath>>);

impl Running {
    pub(crate) fn begin(metrics: &Arc<Metrics>, request: &mut Request) -> Self {
        metrics.in_flight.fetch_add(1, Ordering::Relaxed);
        let route = Route::default();
        request.extensions_mut().insert(route.clone());
        Self {
            metrics: Arc::clone(metrics),
            method: label(request.method()),
            route,
        }
    }

    pub(crate) fn answered(self, status: StatusCode, took: Duration) {
        let route = self.route.0.get().map_or(NO_ROUTE, MatchedPath::as_str);
        self.metrics.count(self.method, route, status, took);
    }
}

/// Also when the client has hung up, and nobody waits for the reply any more.
impl Drop for Running {
    fn drop(&mut self) {
        self.metrics.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Remembers where `request` led, once the router has found out.
pub(crate) fn note_route(request: &Request, path: &MatchedPath) {
    if let Some(Route(route)) = request.extensions().get::<Route>() {
        // It is the first and only one.
        let _ = route.set(path.clone());
    }
}

fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        // Anybody can make up names.
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_text_is_what_prometheus_reads() {
        let metrics = Metrics::new(datetime!(2026-01-01 00:00:01.5 UTC));
        for (status, microseconds) in [(200, 500), (200, 501), (200, 20_000_000), (404, 1_000)] {
            let status = StatusCode::from_u16(status).unwrap();
            let took = Duration::from_micros(microseconds);
            metrics.count("GET", "/users/{user}", status, took);
        }
        let text = metrics.text(Moment {
            connections: Some(7),
            store_up: true,
        });
        let of_200 = "method=\"GET\",route=\"/users/{user}\",status=\"200\"";
        for line in [
            "# TYPE tenantry_http_requests_total counter".to_owned(),
            format!("tenantry_http_requests_total{{{of_200}}} 3"),
            "tenantry_http_requests_total{method=\"GET\",route=\"/users/{user}\",status=\"404\"} 1"
                .to_owned(),
            "# TYPE tenantry_http_request_duration_seconds histogram".to_owned(),
            format!("tenantry_http_request_duration_seconds_bucket{{{of_200},le=\"0.0005\"}} 1"),
            format!("tenantry_http_request_duration_seconds_bucket{{{of_200},le=\"0.001\"}} 2"),
            format!("tenantry_http_request_duration_seconds_bucket{{{of_200},le=\"10\"}} 2"),
            format!("tenantry_http_request_duration_seconds_bucket{{{of_200},le=\"+Inf\"}} 3"),
            format!("tenantry_http_request_duration_seconds_sum{{{of_200}}} 20.001001"),
            format!("tenantry_http_request_duration_seconds_count{{{of_200}}} 3"),
            "tenantry_http_requests_in_flight 0".to_owned(),
            "tenantry_http_connections 7".to_owned(),
            "tenantry_store_up 1".to_owned(),
            "process_start_time_seconds 1767225601".to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn made_up_methods_are_one() {
        assert_eq!(label(&Method::from_bytes(b"FROBNICATE").unwrap()), "other");
        assert_eq!(label(&Method::DELETE), "DELETE");
    }
}
