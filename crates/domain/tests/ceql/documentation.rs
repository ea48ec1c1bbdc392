//! Keeps `docs/ceql.md` true: its examples parse, its messages are the ones given, its field lists are complete.

use tenantry_domain::{
    AccountField, InstanceField, UserField,
    ceql::{Field, Filter, Kind, MAX_LENGTH, MAX_LIST, MAX_NESTING},
};

const PAGE: &str = include_str!("../../../../docs/ceql.md");

/// The lines of the page from one that begins so to the next that begins so.
fn lines_between(from: &'static str, to: &'static str) -> impl Iterator<Item = &'static str> {
    PAGE.lines()
        .skip_while(move |line| !line.starts_with(from))
        .skip(1)
        .take_while(move |line| !line.starts_with(to))
}

/// The table of fields as it has to stand on the page.
fn field_table<F: Field>() -> String {
    let mut table =
        "| field | holds | also called | several values |\n|---|---|---|---|\n".to_owned();
    for field in F::ALL {
        let holds = match field.kind() {
            Kind::FoldedText => "text, ignoring case".to_owned(),
            kind => kind.to_string(),
        };
        let aliases: Vec<_> = field
            .aliases()
            .iter()
            .map(|alias| format!("`{alias}`"))
            .collect();
        let many = if field.is_many() { "yes" } else { "" };
        let row = [
            "",
            &format!("`{}`", field.name()),
            &holds,
            &aliases.join(", "),
            many,
            "",
        ];
        table.push_str(row.join(" | ").trim());
        table.push('\n');
    }
    table
}

#[test]
fn every_example_is_a_filter() {
    let mut inside = false;
    let mut count = 0;
    for line in PAGE.lines() {
        if line.starts_with("```") {
            inside = line == "```ceql";
        } else if inside {
            assert!(Filter::<UserField>::parse(line).is_ok(), "{line}");
            count += 1;
        }
    }
    assert_eq!(count, 17);
}

#[test]
fn every_row_about_days_is_a_filter() {
    let rows = lines_between("### Dates", "### Patterns")
        .filter_map(|line| line.strip_prefix("| `created"));
    let mut count = 0;
    for row in rows {
        let (condition, _) = row.split_once('`').unwrap();
        assert!(
            Filter::<UserField>::parse(&format!("created{condition}")).is_ok(),
            "{row}"
        );
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
fn every_message_is_the_one_given() {
    let mut count = 0;
    for row in lines_between("## Errors", "## Fields")
        .filter_map(|line| line.strip_prefix("| `"))
        .skip(1)
    {
        let (text, message) = row.strip_suffix(" |").unwrap().split_once("` | ").unwrap();
        assert_eq!(
            Filter::<UserField>::parse(text).unwrap_err().to_string(),
            message,
            "{text}"
        );
        count += 1;
    }
    assert_eq!(count, 19);
}

#[test]
fn the_limits_are_those_of_the_code() {
    for row in [
        format!("| characters in the expression | {MAX_LENGTH} |"),
        format!("| parentheses open at once | {MAX_NESTING} |"),
        format!("| values in one list | {MAX_LIST} |"),
    ] {
        assert!(PAGE.contains(&row), "{row}");
    }
}

#[test]
fn every_field_is_listed() {
    for (heading, table) in [
        ("Users", field_table::<UserField>()),
        ("Accounts", field_table::<AccountField>()),
        ("Instances", field_table::<InstanceField>()),
    ] {
        let section = format!("### {heading}\n\n{table}\n");
        assert!(
            PAGE.contains(&section),
            "docs/ceql.md should have this section:\n{section}"
        );
    }
}
