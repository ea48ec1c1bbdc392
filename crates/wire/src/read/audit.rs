//! An audit record in a reply.

use std::collections::BTreeMap;

use serde_json::Value;
use tenantry_domain::{
    AccountId, AuditAction, AuditId, AuditRecord, Author, Change, Entity, RequestId, Snapshot,
    UserId,
};

use super::{Known, Unreadable, fields::Fields};
use crate::JsonObject;

/// Reads an audit record.
///
/// # Errors
/// If the id, what was done, or to what is missing or unknown here.
pub fn audit_record(object: &JsonObject, known: &Known) -> Result<AuditRecord, Unreadable> {
    let fields = Fields::of(object)?;
    let author = match (
        fields.text(&["actor"]).as_deref(),
        fields.integer(&["userId"])?,
    ) {
        (_, Some(id)) => Author::User(UserId::new(id)),
        (Some("operator"), None) => Author::Operator,
        _ => Author::Platform,
    };
    let request_id = fields.text(&["requestId"]).unwrap_or_default();
    Ok(AuditRecord {
        id: AuditId::new(fields.id()),
        organization_id: known.organization,
        account_id: fields.integer(&["accountId"])?.map(AccountId::new),
        change: Change {
            author,
            request_id: RequestId::parse(&request_id).unwrap_or(RequestId::new([0; 12])),
            at: fields.created()?,
        },
        action: fields.required(&["action"], |text| {
            AuditAction::parse(&text).ok_or("is unknown here")
        })?,
        target: fields.required(&["target"], |text| {
            Entity::parse(&text).ok_or("is unknown here")
        })?,
        target_id: fields.required_integer(&["targetId"])?,
        old: snapshot(&fields, "oldValues"),
        new: snapshot(&fields, "newValues"),
    })
}

fn snapshot(fields: &Fields<'_>, name: &'static str) -> Snapshot {
    let written = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match fields.value(&[name]) {
        Some((_, Value::Object(members))) => Snapshot(
            members
                .iter()
                .map(|(field, value)| (field.clone(), written(value)))
                .collect::<BTreeMap<_, _>>(),
        ),
        _ => Snapshot::new(),
    }
}
