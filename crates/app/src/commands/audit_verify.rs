//! `tenantry audit verify`: proves that no record of the audit log was removed or altered (decision 009).

use std::{fmt::Write as _, str::FromStr};

use anyhow::{Context as _, anyhow};
use serde_json::{Value, json};
use tenantry_domain::{
    ChainFault, ChainLink, OrganizationId,
    services::{AuditChainService, ChainReport},
};

use crate::{
    bootstrap::{self, Initialized},
    cli::VerifyAudit,
    config::Config,
    failure::Failure,
    output::Output,
    progress::Progress,
    wire_up,
};

/// A head that was kept elsewhere: `120:9f86d0…`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeptHead(ChainLink);

impl FromStr for KeptHead {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str =
            "must be a position, a colon and 64 hex digits, as this command prints them";

        let (position, digits) = text.split_once(':').ok_or(FORM)?;
        let position: i64 = position.parse().map_err(|_| FORM)?;
        let digits = digits.as_bytes();
        if position < 1 || digits.len() != 64 {
            return Err(FORM);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| FORM)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| FORM)?;
        }
        Ok(Self(ChainLink { position, hash }))
    }
}

/// What is known of one organization's chain.
struct Proof {
    report: ChainReport,
    /// What the chain says that the kept head does not.
    mismatch: Option<String>,
}

/// Proves the chains.
pub(super) async fn run(
    config: &Config,
    verify: VerifyAudit,
    output: Output,
) -> Result<(), Failure> {
    let opened = bootstrap::open_initialized(config).await?;
    let outcome = prove(&opened, &verify, output).await;
    opened.store.close().await;
    let proofs = outcome?;
    let faults: Vec<String> = proofs.iter().filter_map(Proof::fault).collect();
    let report = json!({
        "whole": faults.is_empty(),
        "organizations": proofs.iter().map(Proof::to_json).collect::<Vec<_>>(),
    });
    output.result(&report, || {
        let lines: Vec<String> = proofs.iter().map(Proof::to_text).collect();
        lines.join("\n")
    })?;
    match faults.first() {
        None => Ok(()),
        Some(first) => Err(Failure::Failed(anyhow!(
            "the audit log is not whole in {} of {} organizations; the first: {first}",
            faults.len(),
            proofs.len()
        ))),
    }
}

async fn prove(
    opened: &Initialized,
    verify: &VerifyAudit,
    output: Output,
) -> Result<Vec<Proof>, Failure> {
    let chain = wire_up::audit_chain(&opened.repositories, &opened.keys.vault);
    let unread = "the audit log cannot be read";
    if let Some(id) = verify.organization {
        let organization = OrganizationId::new(id);
        let organizations = &opened.repositories.organizations;
        let found = organizations.find(organization).await.context(unread)?;
        if found.is_none() {
            return Err(Failure::usage(anyhow!("there is no organization {id}")));
        }
        let report = chain.verify(organization).await.context(unread)?;
        let mismatch = match verify.expect {
            Some(kept) => compare(&chain, &report, kept).await.context(unread)?,
            None => None,
        };
        return Ok(vec![Proof { report, mismatch }]);
    }
    let progress = Progress::new("records proved:", None, output);
    let (mut proofs, mut records, mut after) = (Vec::new(), 0, None);
    loop {
        let organizations = chain.organizations(after).await.context(unread)?;
        let Some(last) = organizations.last().copied() else {
            return Ok(proofs);
        };
        for organization in organizations {
            let report = chain.verify(organization).await.context(unread)?;
            records += report.records;
            progress.show(records);
            proofs.push(Proof {
                report,
                mismatch: None,
            });
        }
        after = Some(last);
    }
}

/// Whether the link that was kept still is the one at its position.
async fn compare(
    chain: &AuditChainService,
    report: &ChainReport,
    kept: KeptHead,
) -> Result<Option<String>, anyhow::Error> {
    let KeptHead(kept) = kept;
    let (position, start) = (
        kept.position,
        report.head.as_ref().map_or(0, |head| head.start.position),
    );
    let found = chain.link_at(report.organization, position).await?;
    Ok(match found {
        Some(link) if link == kept => None,
        Some(_) => Some(format!(
            "at position {position} the chain is another one than when the head was kept: an older copy was put back and went on \
             from there, or the log was written anew"
        )),
        None if position < start => Some(format!(
            "retention has erased position {position}, so the head that was kept proves nothing any more; keep the present one"
        )),
        None => Some(format!(
            "the chain ends before position {position}, where it was when the head was kept: an older copy was put back"
        )),
    })
}

impl Proof {
    fn fault(&self) -> Option<String> {
        let fault = self.report.fault.as_ref().map(ChainFault::to_string);
        let what = fault.or_else(|| self.mismatch.clone())?;
        Some(format!("organization {}: {what}", self.report.organization))
    }

    fn head(&self) -> Option<String> {
        let head = self.report.head.as_ref()?;
        Some(shown(&head.end))
    }

    fn to_json(&self) -> Value {
        json!({
            "organizationId": self.report.organization.get(),
            "records": self.report.records,
            "unlinked": self.report.unlinked,
            "head": self.head(),
            "fault": self.report.fault.as_ref().map(ChainFault::to_string),
            "expectation": self.mismatch,
        })
    }

    fn to_text(&self) -> String {
        let verdict = self
            .fault()
            .unwrap_or_else(|| format!("organization {}: whole", self.report.organization));
        let head = self.head().unwrap_or_else(|| "none".to_owned());
        format!(
            "{verdict}\n  records {}, not linked yet {}, head {head}",
            self.report.records, self.report.unlinked
        )
    }
}

/// `120:9f86d0…`
fn shown(link: &ChainLink) -> String {
    let mut text = format!("{}:", link.position);
    for byte in link.hash {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_shown() {
        let link = ChainLink {
            position: 120,
            hash: std::array::from_fn(|index| u8::try_from(index * 8).unwrap()),
        };
        assert!(shown(&link).starts_with("120:0008101820"));
        assert_eq!(shown(&link).parse(), Ok(KeptHead(link)));
    }

    #[test]
    fn what_is_no_head_is_refused() {
        let zeros = "0".repeat(64);
        for text in [
            "",
            "1",
            "1:",
            &zeros,
            &format!("0:{zeros}"),
            &format!("-1:{zeros}"),
            &format!("1:{}", &zeros[1..]),
            &format!("1:{zeros}0"),
            &format!("1:{}g", &zeros[1..]),
            &format!("1:{}é", &zeros[2..]),
        ] {
            assert!(text.parse::<KeptHead>().is_err(), "{text}");
        }
    }
}
