//! Something that moves in as the test says, and breaks where the test says.

use async_trait::async_trait;
use tenantry_domain::{
    RoleKey, SecretText,
    ports::{SourceError, TransferSource},
    transfer::{Batch, OrganizationRecord, Record, SourceName},
};

/// Hands out these batches, one after the other.
#[derive(Clone, Debug)]
pub struct ScriptedSource {
    name: SourceName,
    organization: OrganizationRecord<Option<SecretText>>,
    batches: Vec<Batch>,
    /// Where it stands.
    place: usize,
    /// How often it may still be asked; `None`: as often as anybody likes.
    patience: Option<usize>,
    /// How many records it was asked to complete.
    completed: usize,
    /// Whether completing is said to cost nothing.
    is_whole: bool,
    is_proven: bool,
}

impl ScriptedSource {
    /// A source of this name.
    pub fn new(
        name: &str,
        organization: OrganizationRecord<Option<SecretText>>,
        batches: Vec<Batch>,
    ) -> Self {
        Self {
            name: SourceName::new(name),
            organization,
            batches,
            place: 0,
            patience: None,
            completed: 0,
            is_whole: false,
            is_proven: true,
        }
    }

    /// The same from its beginning, which breaks when it was asked so often.
    #[must_use]
    pub fn breaking_after(&self, questions: usize) -> Self {
        Self {
            patience: Some(questions),
            ..self.clone()
        }
    }

    /// The same, which says that completing costs nothing.
    #[must_use]
    pub fn whole(self) -> Self {
        Self {
            is_whole: true,
            ..self
        }
    }

    /// The same, which does not prove whose it is.
    #[must_use]
    pub fn unproven(self) -> Self {
        Self {
            is_proven: false,
            ..self
        }
    }

    /// How many records it was asked to complete.
    pub fn completed(&self) -> usize {
        self.completed
    }

    fn asked(&mut self) -> Result<(), SourceError> {
        match &mut self.patience {
            None => Ok(()),
            Some(0) => Err(SourceError::Invalid {
                what: "the script says so".to_owned(),
            }),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }
}

#[async_trait]
impl TransferSource for ScriptedSource {
    fn name(&self) -> SourceName {
        self.name.clone()
    }

    async fn organization(
        &mut self,
    ) -> Result<OrganizationRecord<Option<SecretText>>, SourceError> {
        self.asked()?;
        Ok(self.organization.clone())
    }

    async fn total(&mut self) -> Result<Option<u64>, SourceError> {
        Ok(None)
    }

    async fn next(&mut self) -> Result<Option<Batch>, SourceError> {
        self.asked()?;
        let batch = self.batches.get(self.place).cloned();
        self.place += 1;
        Ok(batch)
    }

    /// Users without roles are administrators of their accounts if their number is even.
    async fn complete(&mut self, mut records: Vec<Record>) -> Result<Batch, SourceError> {
        self.asked()?;
        self.completed += records.len();
        for record in &mut records {
            if let Record::User(user) = record {
                let is_even = user.user.id.get() % 2 == 0;
                let roles = if is_even {
                    vec![RoleKey::Admin]
                } else {
                    Vec::new()
                };
                user.roles.get_or_insert(roles);
            }
        }
        Ok(Batch::of(records))
    }

    fn is_proven(&self) -> bool {
        self.is_proven
    }

    fn is_whole(&self) -> bool {
        self.is_whole
    }
}
