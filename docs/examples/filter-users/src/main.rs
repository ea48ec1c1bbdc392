//! Reads a `where`, and filters users that this program holds in memory.
//!
//! `cargo run -- "lastName = 'Gamgee' OR email LIKE 'frodo%'"`

use std::{env, error::Error, process::ExitCode};

use tenantry_domain::{
    AccountId, Email, Name, OrganizationId, PasswordState, Profile, Revision, User, UserField, UserId,
    ceql::Filter,
};
use time::macros::datetime;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let text = env::args().nth(1).unwrap_or_else(|| "lastName LIKE 'b%' AND active = true".to_owned());
    let filter = Filter::<UserField>::parse(&text)?;
    let users = [
        user(1, "Frodo", "Baggins", "frodo@shire.example")?,
        user(2, "Samwise", "Gamgee", "sam@shire.example")?,
        user(3, "Bilbo", "Baggins", "bilbo@rivendell.example")?,
    ];
    for user in users.iter().filter(|user| filter.matches(*user)) {
        println!("{} {}", user.id, user.full_name());
    }
    Ok(())
}

fn user(id: i64, first: &str, last: &str, email: &str) -> Result<User, Box<dyn Error>> {
    Ok(User {
        id: UserId::new(id),
        organization_id: OrganizationId::new(1),
        account_id: AccountId::new(1),
        email: Email::parse(email)?,
        first_name: Name::parse(first)?,
        last_name: Name::parse(last)?,
        active: true,
        profile: Profile::default(),
        password: PasswordState::Absent,
        locked_until: None,
        last_login_at: None,
        created_at: datetime!(2026-01-15 12:00 UTC),
        updated_at: datetime!(2026-01-15 12:00 UTC),
        revision: Revision::FIRST,
    })
}
