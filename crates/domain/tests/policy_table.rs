//! The committed table of who may do what: `docs/policy-table.md` is what the policy functions say, no more, no less.
//!
//! Run with `TENANTRY_TEST_UPDATE=1` to write the file anew; the change then shows in the diff, where somebody looks at it.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fmt::Write as _;

use tenantry_domain::{
    AccountId, EffectiveRole, Identity, OrganizationId, Privilege, PrivilegeSet, Reach, Role,
    RoleId, RoleKey, UserId,
    policy::{self, Action, Door, InstanceAction},
};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/policy-table.md");

const ORGANIZATION: OrganizationId = OrganizationId::new(2);
const DEFAULT: AccountId = AccountId::new(10);
const OTHER: AccountId = AccountId::new(11);

/// A kind of caller: its name, its account, its roles.
const CALLERS: &[(&str, AccountId, &[RoleKey])] = &[
    ("`org-admin`", DEFAULT, &[RoleKey::Org, RoleKey::OrgAdmin]),
    (
        "`admin`, default account",
        DEFAULT,
        &[RoleKey::Org, RoleKey::Admin],
    ),
    (
        "`admin`, other account",
        OTHER,
        &[RoleKey::DefaultUser, RoleKey::Admin],
    ),
    ("`org`", DEFAULT, &[RoleKey::Org]),
    ("`default-user`", OTHER, &[RoleKey::DefaultUser]),
];

/// A relation of target to caller: its name, and the target as (organization, account, user).
fn relations(caller: &Identity) -> [(&'static str, OrganizationId, AccountId, UserId); 4] {
    let elsewhere = if caller.account_id == DEFAULT {
        OTHER
    } else {
        DEFAULT
    };
    let somebody = UserId::new(200);
    [
        ("oneself", ORGANIZATION, caller.account_id, caller.user_id),
        ("same account", ORGANIZATION, caller.account_id, somebody),
        ("other account", ORGANIZATION, elsewhere, somebody),
        (
            "other organization",
            OrganizationId::new(3),
            AccountId::new(30),
            somebody,
        ),
    ]
}

fn identity(account_id: AccountId, roles: &[RoleKey]) -> Identity {
    let privileges = roles.iter().fold(PrivilegeSet::EMPTY, |set, role| {
        set.union(role.default_privileges())
    });
    Identity {
        user_id: UserId::new(100),
        account_id,
        organization_id: ORGANIZATION,
        default_account_id: DEFAULT,
        privileges,
        rank: roles.iter().map(|role| role.rank()).max().unwrap(),
        password_expiration_days: 0,
    }
}

fn users_table(out: &mut String, title: &str, door: impl Fn(AccountId) -> Door) {
    let actions: Vec<_> = Action::ALL
        .iter()
        .map(|action| format!("{action:?}"))
        .collect();
    writeln!(
        out,
        "\n## {title}\n\n| caller | target | {} |",
        actions.join(" | ")
    )
    .unwrap();
    writeln!(out, "|---|---|{}", "---|".repeat(actions.len())).unwrap();
    for (name, account, roles) in CALLERS {
        let caller = identity(*account, roles);
        for (relation, organization, account, user) in relations(&caller) {
            let cells: Vec<_> = Action::ALL
                .iter()
                .map(
                    |action| match policy::scope(&caller, *action, door(account), Some(user)) {
                        Err(_) => "403",
                        Ok(scope) if scope.covers(organization, account, user) => "yes",
                        Ok(_) => "-",
                    },
                )
                .collect();
            writeln!(out, "| {name} | {relation} | {} |", cells.join(" | ")).unwrap();
        }
    }
}

fn grants_table(out: &mut String) {
    let keys = [
        RoleKey::OrgAdmin,
        RoleKey::Admin,
        RoleKey::Org,
        RoleKey::DefaultUser,
        RoleKey::SysAdmin,
    ];
    let names: Vec<_> = keys
        .iter()
        .map(|key| format!("`{}`", key.as_str()))
        .collect();
    writeln!(
        out,
        "\n## Granting roles\n\n| caller | to a user of | {} |",
        names.join(" | ")
    )
    .unwrap();
    writeln!(out, "|---|---|{}", "---|".repeat(keys.len())).unwrap();
    for (name, account, roles) in CALLERS {
        let caller = identity(*account, roles);
        for (where_, in_default) in [("the default account", true), ("another account", false)] {
            let cells: Vec<_> = keys
                .iter()
                .map(|key| {
                    let role = Role {
                        id: RoleId::new(1),
                        organization_id: ORGANIZATION,
                        key: *key,
                        name: key.name().to_owned(),
                        description: key.description().to_owned(),
                        privileges: key.default_privileges(),
                    };
                    if policy::may_grant(&caller, &role, in_default).is_ok() {
                        "yes"
                    } else {
                        "403"
                    }
                })
                .collect();
            writeln!(out, "| {name} | {where_} | {} |", cells.join(" | ")).unwrap();
        }
    }
}

fn organization_table(out: &mut String) {
    writeln!(
        out,
        "\n## Accounts, roles, the organization\n\n| caller | manage accounts | view own account | view other account | \
         configure roles | change organization |\n|---|---|---|---|---|---|"
    )
    .unwrap();
    for (name, account, roles) in CALLERS {
        let caller = identity(*account, roles);
        let other = if *account == DEFAULT { OTHER } else { DEFAULT };
        let cells = [
            policy::accounts(&caller),
            policy::view_account(&caller, *account),
            policy::view_account(&caller, other),
            policy::holds(&caller, Privilege::ConfigureRoles),
            policy::holds(&caller, Privilege::ModifySecurity),
        ]
        .map(|allowed| if allowed.is_ok() { "yes" } else { "403" });
        writeln!(out, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
}

/// What a caller does with instances, by whose they are.
fn instances_table(out: &mut String) {
    let names: Vec<_> = InstanceAction::ALL
        .iter()
        .map(|action| format!("{action:?}"))
        .collect();
    writeln!(
        out,
        "\n## Instances\n\nThrough `/instances` and `/elements/{{keyOrId}}/instances`. *Token*: whether the token is shown where \
         the instance is, for example in the list of its account.\n\n| caller | whose instance | {} | Token |",
        names.join(" | ")
    )
    .unwrap();
    writeln!(out, "|---|---|{}---|", "---|".repeat(names.len())).unwrap();
    for (name, account, roles) in CALLERS {
        let caller = identity(*account, roles);
        for (relation, organization, account, user) in relations(&caller) {
            let reach = |action| match policy::instances(&caller, action) {
                Err(_) => "403",
                Ok(scope) if scope.covers(organization, account, user) => "yes",
                Ok(_) => "-",
            };
            let cells: Vec<_> = InstanceAction::ALL.iter().copied().map(reach).collect();
            let listed = policy::account_instances(&caller, account)
                .is_ok_and(|scope| scope.covers(organization, account, user));
            let seen = reach(InstanceAction::View) == "yes" || listed;
            let token = if seen && policy::may_see_token(&caller, user) {
                "yes"
            } else {
                "-"
            };
            writeln!(
                out,
                "| {name} | {relation} | {} | {token} |",
                cells.join(" | ")
            )
            .unwrap();
        }
    }
    writeln!(
        out,
        "\n## Lists of instances, elements, the audit log\n\n| caller | create instances | instances of the own account | of \
         another account | elements | audit log |\n|---|---|---|---|---|---|"
    )
    .unwrap();
    for (name, account, roles) in CALLERS {
        let caller = identity(*account, roles);
        let other = if *account == DEFAULT { OTHER } else { DEFAULT };
        let cells = [
            policy::create_instances(&caller).map(|_| "yes"),
            policy::account_instances(&caller, *account).map(|_| "yes"),
            policy::account_instances(&caller, other).map(|_| "yes"),
            policy::elements(&caller).map(|_| "yes"),
            policy::audit_log(&caller).map(|scope| match scope.reach() {
                Reach::Organization => "of the organization",
                Reach::Account(_) => "of the own account",
                Reach::User(_) => "of the caller",
            }),
        ]
        .map(|allowed| allowed.unwrap_or("403"));
        writeln!(out, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
}

fn table() -> String {
    let mut out = String::from(
        "# Who may do what\n\n\
         Generated from `crates/domain/src/policy` by `crates/domain/tests/policy_table.rs`, and compared with it in \
         every test run. Do not edit it; change the policy and run the test with `TENANTRY_TEST_UPDATE=1`.\n\n\
         The callers have their roles' default privileges. `yes`: the target is within reach. `-`: the caller has the \
         privilege, but not over this target, which is answered 404 if the caller cannot see it, else 403. `403`: \
         refused before anybody looks at body or target.\n\n\
         Beyond this table nobody deletes, deactivates or re-roles oneself, nobody changes a user whose roles stand above \
         the own, and editing oneself without a privilege is limited to names, phone, address and password.\n",
    );
    users_table(&mut out, "Users, through `/users`", |_| Door::Users);
    users_table(&mut out, "Users, through `/organizations/users`", |_| {
        Door::Organization
    });
    users_table(
        &mut out,
        "Users, through `/accounts/{the target's account}/users`",
        Door::Account,
    );
    organization_table(&mut out);
    instances_table(&mut out);
    grants_table(&mut out);
    out
}

#[test]
fn the_committed_table_is_what_the_policy_says() {
    let table = table();
    if std::env::var_os("TENANTRY_TEST_UPDATE").is_some() {
        std::fs::write(FILE, &table).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        committed == table,
        "docs/policy-table.md is out of date; run: TENANTRY_TEST_UPDATE=1 cargo test -p tenantry-domain --test policy_table"
    );
}

/// What spares whoever administers an organization a look at an account's roles before users are created in it.
#[test]
fn no_account_gives_more_than_those_above_accounts_have() {
    let everything = Privilege::ALL.iter().copied().collect::<PrivilegeSet>();
    let grantable: Vec<_> = [
        RoleKey::OrgAdmin,
        RoleKey::Admin,
        RoleKey::Org,
        RoleKey::DefaultUser,
        RoleKey::SysAdmin,
    ]
    .into_iter()
    .map(|key| Role {
        id: RoleId::new(1),
        organization_id: ORGANIZATION,
        key,
        name: key.name().to_owned(),
        description: key.description().to_owned(),
        privileges: everything,
    })
    .filter(|role| {
        let mightiest = Identity::operator(ORGANIZATION, DEFAULT);
        [true, false].map(|there| policy::may_grant(&mightiest, role, there).is_ok()) != [false; 2]
    })
    .map(|role| EffectiveRole {
        role,
        direct: false,
        through_account: true,
        by_system: false,
    })
    .collect();
    assert_eq!(grantable.len(), 4);
    for (name, account, roles) in CALLERS {
        let caller = identity(*account, roles);
        assert_eq!(
            policy::above_accounts(&caller),
            policy::may_act_on(&caller, &grantable).is_ok(),
            "{name}"
        );
    }
}
