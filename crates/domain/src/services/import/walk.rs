//! Through everything that the source has, from its beginning to its end.

use std::collections::HashSet;

use super::{
    Fate, ImportError, ImportService, Lost, Reported,
    begin::Begun,
    foreseen::Foreseen,
    report::Report,
    seal::Ready,
    stretch::{Seen, Stretch},
};
use crate::{
    Entity, RequestId,
    ports::TransferSource,
    transfer::{Finding, Record, SealedRecord, Transfer, UnreadableRecord, configuration_field},
};

/// One way through a source.
pub(super) struct Walk<'a> {
    service: &'a ImportService,
    transfer: Transfer,
    /// In which request is written; `None` if nothing is.
    request: Option<RequestId>,
    seen: Seen,
    foreseen: Foreseen,
}

impl<'a> Walk<'a> {
    /// Only looks.
    pub(super) fn planning(service: &'a ImportService, transfer: Transfer) -> Self {
        Self {
            service,
            transfer,
            request: None,
            seen: Seen::default(),
            foreseen: Foreseen::default(),
        }
    }

    /// Writes.
    pub(super) fn writing(
        service: &'a ImportService,
        transfer: Transfer,
        request: RequestId,
    ) -> Self {
        Self {
            request: Some(request),
            ..Self::planning(service, transfer)
        }
    }

    pub(super) async fn go(
        mut self,
        source: &mut dyn TransferSource,
        begun: &Begun,
        report: &mut Report<'_, '_>,
    ) -> Result<(), ImportError> {
        // It stands for itself already: as a part of its organization.
        if let Some(id) = begun.default_account {
            self.seen.is_first(Entity::Account, id.get());
            self.foreseen.has_default_account(id);
        }
        let mut waiting = Stretch::new(self.service.at_once);
        while let Some(batch) = source.next().await? {
            report.take(&self.unreadable(batch.unreadable))?;
            for record in batch.records {
                if self.comes_again(record.entity(), record.id()) {
                    continue;
                }
                if let Some(flawed) = flawed(&record) {
                    report.take(&[said(flawed)])?;
                    continue;
                }
                if let Some(stretch) = waiting.push(record) {
                    self.stretch(source, stretch, report).await?;
                }
            }
        }
        self.stretch(source, waiting.take(), report).await
    }

    /// Sources without numbers say every thing once.
    fn comes_again(&mut self, entity: Entity, id: i64) -> bool {
        self.transfer.number().is_some() && !self.seen.is_first(entity, id)
    }

    async fn stretch(
        &mut self,
        source: &mut dyn TransferSource,
        records: Vec<Record>,
        report: &mut Report<'_, '_>,
    ) -> Result<(), ImportError> {
        if records.is_empty() {
            return Ok(());
        }
        // After a finished transfer everything is compared, with all that belongs to it; before, whoever goes on is not to
        // wait for what is here already, if there is anything to wait for.
        let new = if self.transfer.finished || source.is_whole() {
            records
        } else {
            let ready = self.ready(&records);
            let findings = self.examined(&ready).await?;
            let is_new: HashSet<_> = findings
                .iter()
                .zip(&records)
                .filter(|(finding, _)| **finding == Finding::New)
                .map(|(_, record)| (record.entity(), record.id()))
                .collect();
            let reported = reported(ready, findings).into_iter();
            if self.request.is_none() {
                return report.take(&reported.collect::<Vec<_>>());
            }
            let others = reported.filter(|one| one.fate != Fate::New);
            report.take(&others.collect::<Vec<_>>())?;
            let is_new = |record: &Record| is_new.contains(&(record.entity(), record.id()));
            records.into_iter().filter(is_new).collect()
        };
        if new.is_empty() {
            return Ok(());
        }
        let completed = source.complete(new).await?;
        let broken: Vec<_> = completed.unreadable.into_iter().map(said).collect();
        report.take(&broken)?;
        let ready = self.ready(&completed.records);
        let findings = match self.request {
            None => self.examined(&ready).await?,
            Some(request) => {
                let change = self.service.change(request);
                let sealed = sealed(&ready);
                let transfers = &self.service.transfers;
                transfers.write(&self.transfer, &sealed, &change).await?
            }
        };
        report.take(&reported(ready, findings))
    }

    fn ready(&self, records: &[Record]) -> Vec<Ready> {
        let vault = &*self.service.vault;
        records
            .iter()
            .map(|record| Ready::of(vault, record))
            .collect()
    }

    /// What would become of them. In a plan nothing is written, so what came by earlier is not here, but would be.
    async fn examined(&mut self, ready: &[Ready]) -> Result<Vec<Finding>, ImportError> {
        let transfers = &self.service.transfers;
        let findings = transfers.examine(&self.transfer, &sealed(ready)).await?;
        if self.request.is_some() || self.transfer.number().is_none() {
            return Ok(findings);
        }
        let foreseen = findings.into_iter().zip(ready);
        let foreseen = foreseen.map(|(found, it)| self.foreseen.correct(&it.sealed, found));
        Ok(foreseen.collect())
    }

    /// Those that came by for the first time.
    fn unreadable(&mut self, broken: Vec<UnreadableRecord>) -> Vec<Reported> {
        let mut first = Vec::new();
        for one in broken {
            if one.id == 0 || !self.comes_again(one.entity, one.id) {
                first.push(said(one));
            }
        }
        first
    }
}

/// What no store could take in: it would keep the others of its batch from moving, in every run again.
fn flawed(record: &Record) -> Option<UnreadableRecord> {
    let Record::Instance(instance) = record else {
        return None;
    };
    let mut keys = HashSet::new();
    let mut entries = instance.configuration.iter();
    let twice = entries.find(|entry| !keys.insert(&entry.key))?;
    Some(UnreadableRecord {
        entity: record.entity(),
        id: record.id(),
        what: format!("its configuration has the key '{}' twice", twice.key),
    })
}

fn sealed(ready: &[Ready]) -> Vec<SealedRecord> {
    ready.iter().map(|ready| ready.sealed.clone()).collect()
}

fn said(broken: UnreadableRecord) -> Reported {
    Reported {
        kind: broken.entity,
        there: broken.id,
        here: None,
        fate: Fate::Unreadable(broken.what),
        lost: Vec::new(),
    }
}

fn reported(ready: Vec<Ready>, findings: Vec<Finding>) -> Vec<Reported> {
    let one = |(ready, finding): (Ready, Finding)| {
        let (here, fate) = match without_lost(finding, &ready.lost) {
            Finding::New => (None, Fate::New),
            Finding::Created(id) => (Some(id), Fate::Created),
            Finding::Unchanged(id) => (Some(id), Fate::Unchanged),
            Finding::Differs { id, here, there } => (Some(id), Fate::Differs { here, there }),
            Finding::Refused(refusal) => (None, Fate::Refused(refusal)),
        };
        // Whatever is here already has its own.
        let comes = matches!(fate, Fate::New | Fate::Created);
        Reported {
            kind: ready.sealed.entity(),
            there: ready.sealed.id(),
            here,
            fate,
            lost: if comes { ready.lost } else { Vec::new() },
        }
    };
    ready.into_iter().zip(findings).map(one).collect()
}

/// What the source does not reveal is no difference: somebody set it here, as was to be done.
fn without_lost(finding: Finding, lost: &[Lost]) -> Finding {
    let Finding::Differs {
        id,
        mut here,
        mut there,
    } = finding
    else {
        return finding;
    };
    for lost in lost {
        if let Lost::Configuration(key) = lost {
            let field = configuration_field(key);
            if here.0.remove(&field).is_some() {
                there.0.remove(&field);
            }
        }
    }
    if here.0.is_empty() && there.0.is_empty() {
        return Finding::Unchanged(id);
    }
    Finding::Differs { id, here, there }
}
