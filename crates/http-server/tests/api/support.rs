//! A server over the memory store, with two organizations and a caller of every kind.

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
};
use serde_json::Value;
use tenantry_domain::{
    AccountId, OrganizationId, RoleKey, UserDraft, UserId,
    ports::{LegacyLogin, Repositories},
};
use tenantry_http_server::{Api, HttpConfig, Machinery, Platform, router};
use tenantry_testkit::{
    FixedClock, PlainHasher, PlainTurns, PlainVault, SequentialRequestIds, memory::MemoryStore,
    samples,
};
use tower::ServiceExt as _;

pub(crate) const BASE: &str = "/elements/api-v2";
/// What the sample administrator's password is, where one has a password at all.
pub(crate) const PASSWORD: &str = "My-Precious-1";

/// Who is calling. A test's first line says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Nobody: no header at all.
    Nobody,
    /// `org-admin` of the Shire.
    OrgAdmin,
    /// `admin` in the account Buckland of the Shire.
    AccountAdmin,
    /// A plain user of the Shire's default account.
    OrgUser,
    /// A plain user of the account Buckland.
    DefaultUser,
    /// `org-admin` of Mordor, another organization.
    Stranger,
    /// `sys-admin`, of the system organization.
    Operator,
}

impl Caller {
    pub(crate) const ALL: [Self; 6] = [
        Self::Nobody,
        Self::OrgAdmin,
        Self::AccountAdmin,
        Self::OrgUser,
        Self::DefaultUser,
        Self::Stranger,
    ];

    pub(crate) fn email(self) -> &'static str {
        match self {
            Self::Nobody => "",
            Self::OrgAdmin => "admin@shire.example",
            Self::AccountAdmin => "merry@buckland.example",
            Self::OrgUser => "sam@shire.example",
            Self::DefaultUser => "fatty@buckland.example",
            Self::Stranger => "admin@mordor.example",
            Self::Operator => "admin@platform.example",
        }
    }

    /// The header, or none.
    pub(crate) fn authorization(self) -> Option<String> {
        let organization = match self {
            Self::Stranger => "Mordor",
            Self::Operator => "Platform",
            _ => "Shire",
        };
        (self != Self::Nobody)
            .then(|| format!("User tu_{}, Organization to_{organization}", self.email()))
    }
}

/// A server, and the ids of what is in its store.
pub(crate) struct World {
    pub(crate) router: Api,
    pub(crate) repositories: Repositories,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) hasher: Arc<PlainHasher>,
    pub(crate) shire: OrganizationId,
    pub(crate) shire_account: AccountId,
    pub(crate) buckland: AccountId,
    pub(crate) mordor_account: AccountId,
}

/// A reply, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn message(&self) -> String {
        self.json()["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The reply, if it is a success.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        self
    }

    /// The ids of a list.
    pub(crate) fn ids(&self) -> Vec<i64> {
        self.json()
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["id"].as_i64().unwrap())
            .collect()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&HttpConfig::default()).await
    }

    pub(crate) async fn with(config: &HttpConfig) -> Self {
        let repositories = MemoryStore::new().repositories();
        let change = samples::change();
        repositories
            .organizations
            .create(&samples::system_organization_draft(), &change)
            .await
            .unwrap();
        let shire = repositories
            .organizations
            .create(&samples::organization_draft("Shire"), &change)
            .await
            .unwrap();
        let mordor = repositories
            .organizations
            .create(&samples::organization_draft("Mordor"), &change)
            .await
            .unwrap();
        let (shire, shire_account) = (shire.organization.id, shire.account.id);
        let buckland = repositories
            .accounts
            .create(shire, &samples::account_draft("Buckland"), &change)
            .await
            .unwrap();
        for (caller, account, roles) in [
            (Caller::AccountAdmin, buckland.id, vec![RoleKey::Admin]),
            (Caller::OrgUser, shire_account, vec![]),
            (Caller::DefaultUser, buckland.id, vec![]),
        ] {
            let draft = UserDraft {
                roles,
                ..samples::user_draft(account, caller.email())
            };
            repositories
                .users
                .create(shire, &draft, &change)
                .await
                .unwrap();
        }
        let (clock, hasher) = (
            Arc::new(FixedClock::default()),
            Arc::new(PlainHasher::default()),
        );
        let router = serve(&repositories, &clock, &hasher, config);
        Self {
            router,
            repositories,
            clock,
            hasher,
            shire,
            shire_account,
            buckland: buckland.id,
            mordor_account: mordor.account.id,
        }
    }

    pub(crate) async fn id(&self, caller: Caller) -> UserId {
        let scope = tenantry_domain::Scope::organization(if caller == Caller::Stranger {
            self.mordor().await
        } else {
            self.shire
        });
        self.repositories
            .users
            .find_by_email(&scope, &samples::email(caller.email()))
            .await
            .unwrap()
            .unwrap()
            .id
    }

    async fn mordor(&self) -> OrganizationId {
        let id = OrganizationId::new(self.shire.get() + 1);
        self.repositories
            .organizations
            .find(id)
            .await
            .unwrap()
            .unwrap()
            .id
    }

    pub(crate) async fn call(&self, caller: Caller, method: &str, path: &str) -> Reply {
        self.send(caller, method, path, &[], Body::empty()).await
    }

    pub(crate) async fn call_json(
        &self,
        caller: Caller,
        method: &str,
        path: &str,
        body: &Value,
    ) -> Reply {
        let headers = [("content-type", "application/json")];
        self.send(caller, method, path, &headers, Body::from(body.to_string()))
            .await
    }

    /// Sends a request to a path below the base path.
    pub(crate) async fn send(
        &self,
        caller: Caller,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{BASE}{path}"));
        if let Some(authorization) = caller.authorization() {
            request = request.header("authorization", authorization);
        }
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        self.request(request.body(body).unwrap()).await
    }

    pub(crate) async fn request(&self, request: Request<Body>) -> Reply {
        send(&self.router, request).await
    }

    /// Creates a user in the Shire's default account; answers its id.
    pub(crate) async fn create(&self, email: &str) -> i64 {
        let body = serde_json::json!({"firstName": "Bilbo", "lastName": "Baggins", "email": email});
        let reply = self
            .call_json(Caller::OrgAdmin, "POST", "/organizations/users", &body)
            .await
            .ok();
        reply.json()["id"].as_i64().unwrap()
    }
}

/// A server over these repositories.
pub(crate) fn serve(
    repositories: &Repositories,
    clock: &Arc<FixedClock>,
    hasher: &Arc<PlainHasher>,
    config: &HttpConfig,
) -> Api {
    serve_moving(repositories, clock, hasher, config, None)
}

/// The same, with passwords that are held elsewhere asked for there.
pub(crate) fn serve_moving(
    repositories: &Repositories,
    clock: &Arc<FixedClock>,
    hasher: &Arc<PlainHasher>,
    config: &HttpConfig,
    legacy_login: Option<Arc<dyn LegacyLogin>>,
) -> Api {
    let machinery = Machinery {
        hasher: Arc::<PlainHasher>::clone(hasher),
        turns: Arc::new(PlainTurns::default()),
        vault: Arc::new(PlainVault::new()),
        clock: Arc::<FixedClock>::clone(clock),
        request_ids: Arc::new(SequentialRequestIds::default()),
        legacy_login,
    };
    let platform = Platform::new(repositories, machinery);
    router(platform, config)
}

pub(crate) async fn send(router: &Api, request: Request<Body>) -> Reply {
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    Reply {
        status: parts.status,
        headers: parts.headers,
        text: String::from_utf8(bytes.to_vec()).unwrap(),
    }
}
