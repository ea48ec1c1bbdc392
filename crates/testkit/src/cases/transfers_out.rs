//! What an organization is read out as.

use tenantry_domain::{
    OrganizationId, RoleKey,
    transfer::{AccountRecord, Ids, OrganizationRecord, Part, SealedRecord, UserRecord},
};

use super::{
    configured::configuration,
    given::whole,
    moving::{
        DEFAULT, IntoRecord, RIVENDELL, arwen, element, elrond, everything, imladris, instance,
        rivendell, user,
    },
};
use crate::{
    Fresh,
    samples::{change_at, password_hash, secret},
};

pub async fn what_moved_in_moves_out_as_it_was(fresh: Fresh) {
    fresh.organization("Shire").await;
    fresh.move_everything_in().await;
    let transfers = &fresh.repositories.transfers;
    let read = transfers.organization(RIVENDELL).await.unwrap();
    assert_eq!(read, Some(rivendell()));
    for (part, expected) in [
        (Part::Accounts, vec![imladris().into_record()]),
        (
            Part::Elements,
            vec![
                element(41, "jira").into_record(),
                element(42, "palantir").into_record(),
            ],
        ),
        (
            Part::Users,
            vec![elrond().into_record(), arwen().into_record()],
        ),
        (Part::Instances, vec![instance(600_001).into_record()]),
    ] {
        let read = transfers.read(RIVENDELL, part, 0, 100).await.unwrap();
        assert_eq!(read, expected, "{part:?}");
        let count = transfers.count(RIVENDELL, part).await.unwrap();
        assert_eq!(count, u64::try_from(expected.len()).unwrap());
    }
}

pub async fn an_organization_of_here_moves_out(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let id = shire.organization.id;
    let bree = fresh.account(id, "Bree").await;
    let frodo = fresh
        .user_with(&bree, "frodo@shire.example", |draft| {
            draft.roles = vec![RoleKey::Admin];
            draft.password = Some(password_hash("s3cret"));
        })
        .await;
    let connected = fresh
        .instance_with(&frodo, "Mine", |draft| {
            draft.configuration = configuration();
        })
        .await;
    let stores = &fresh.repositories;
    let transfers = &stores.transfers;
    let read = transfers.organization(id).await.unwrap();
    let expected = OrganizationRecord {
        organization: shire.organization.clone(),
        secret: secret("to_Shire"),
        policy: None,
        roles: stores.roles.list(id).await.unwrap(),
        default_account: AccountRecord {
            account: shire.account.clone(),
            roles: Vec::new(),
        },
    };
    assert_eq!(read, Some(expected));
    let credentials = &stores.credentials;
    let until = Some(change_at(900).at);
    let (scope, new) = (whole(id), secret("tu_new"));
    let replaced = credentials
        .replace_user_secret(&scope, frodo.id, &new, until, &change_at(60))
        .await;
    assert!(replaced.unwrap());
    let frodo = fresh.reread(&frodo).await.unwrap();
    let users = transfers.read(id, Part::Users, 0, 9).await.unwrap();
    let expected = [
        UserRecord {
            user: shire.admin.clone(),
            password: None,
            former_passwords: Vec::new(),
            secret: secret("tu_admin@shire.example"),
            roles: Some(vec![RoleKey::OrgAdmin]),
        },
        UserRecord {
            user: frodo,
            password: Some(password_hash("s3cret")),
            former_passwords: Vec::new(),
            secret: new,
            roles: Some(vec![RoleKey::Admin]),
        },
    ]
    .map(IntoRecord::into_record);
    assert_eq!(users, expected);
    let accounts = transfers.read(id, Part::Accounts, 0, 9).await.unwrap();
    let expected = AccountRecord {
        account: bree,
        roles: Vec::new(),
    };
    assert_eq!(accounts, [SealedRecord::Account(expected)]);
    let instances = transfers.read(id, Part::Instances, 0, 9).await.unwrap();
    let elements = transfers.read(id, Part::Elements, 0, 9).await.unwrap();
    assert_eq!(elements, [SealedRecord::Element(connected.element.clone())]);
    assert_eq!(
        instances,
        [SealedRecord::Instance(Box::new(connected.into()))]
    );
}

pub async fn parts_are_read_page_by_page(fresh: Fresh) {
    let shire = fresh.organization("Shire").await;
    let transfer = fresh.begin(Ids::Kept).await;
    fresh.write(&transfer, &everything()).await;
    let more: Vec<_> = (1..=5)
        .map(|number| {
            let id = tenantry_domain::UserId::new(700_100 + number * 10);
            user(id, DEFAULT, &format!("elf{number}@rivendell.example")).into_record()
        })
        .collect();
    fresh.write(&transfer, &more).await;
    fresh.user(&shire.account, "frodo@shire.example").await;
    let transfers = &fresh.repositories.transfers;
    let all = transfers
        .read(RIVENDELL, Part::Users, 0, 100)
        .await
        .unwrap();
    assert_eq!(all.len(), 7);
    for size in [1, 2, 3, 7, 8] {
        let (mut pages, mut after) = (Vec::new(), 0);
        loop {
            let page = transfers.read(RIVENDELL, Part::Users, after, size).await;
            let page = page.unwrap();
            let Some(last) = page.last() else { break };
            assert!(page.len() <= usize::try_from(size).unwrap());
            after = last.id();
            pages.extend(page);
        }
        assert_eq!(pages, all, "{size}");
    }
    let nothing = transfers.read(RIVENDELL, Part::Users, 0, 0).await;
    assert_eq!(nothing.unwrap(), []);
}

pub async fn of_an_unknown_organization_there_is_nothing(fresh: Fresh) {
    fresh.organization("Shire").await;
    let (transfers, nowhere) = (&fresh.repositories.transfers, OrganizationId::new(4712));
    assert_eq!(transfers.organization(nowhere).await.unwrap(), None);
    for part in Part::ALL {
        assert_eq!(transfers.read(nowhere, *part, 0, 9).await.unwrap(), []);
        assert_eq!(transfers.count(nowhere, *part).await.unwrap(), 0);
    }
}
