//! Passwords that the real server has, asked for by the adapter.

use tenantry_api_client::{RemoteConfig, RemoteLogin};
use tenantry_domain::{Password, UserDraft, UserPatch, ports::LegacyLogin as _};
use tenantry_testkit::samples::{self, change, change_at, email, password_hash};

use crate::support::Server;

#[tokio::test]
async fn the_real_server_is_asked_for_passwords() {
    let server = Server::start().await;
    let stores = &server.repositories;
    let draft = samples::organization_draft("Shire");
    let shire = stores.organizations.create(&draft, &change()).await;
    let shire = shire.unwrap();
    let draft = UserDraft {
        password: Some(password_hash("P0tatoes")),
        ..samples::user_draft(shire.account.id, "sam@shire.example")
    };
    let organization = shire.organization.id;
    let sam = stores.users.create(organization, &draft, &change()).await;
    let sam = sam.unwrap();

    let login = RemoteLogin::new(RemoteConfig::new(&server.address)).unwrap();
    for (address, password, expected) in [
        ("sam@shire.example", "P0tatoes", true),
        ("SAM@shire.example", "P0tatoes", true),
        ("sam@shire.example", "p0tatoes", false),
        ("pip@shire.example", "P0tatoes", false),
    ] {
        let answer = login
            .verify(&email(address), &Password::new(password))
            .await;
        assert_eq!(answer.unwrap(), expected, "{address} {password}");
    }
    // Whom that server lets in no more is not let in here.
    let patch = UserPatch {
        active: Some(false),
        ..UserPatch::default()
    };
    let scope = tenantry_domain::Scope::organization(organization);
    let updated = stores
        .users
        .update(&scope, sam.id, &patch, None, &change_at(1))
        .await;
    assert!(updated.unwrap().is_some());
    let answer = login
        .verify(&email("sam@shire.example"), &Password::new("P0tatoes"))
        .await;
    assert!(!answer.unwrap());
}
