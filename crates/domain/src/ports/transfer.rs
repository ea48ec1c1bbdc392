//! Where organizations move in and out as a whole, and what they move in from.

use async_trait::async_trait;

use super::{BoxError, RepositoryError};
use crate::{
    AccountId, Change, OrganizationId, SealedSecret, SecretDigest, SecretText,
    transfer::{
        Batch, Finding, Holder, Ids, OrganizationRecord, Part, Record, SealedRecord, SourceName,
        Transfer,
    },
};

/// Where organizations move in and out as a whole. For the operator alone: no call of the API reaches it.
///
/// What moves in keeps the instants and revisions that its record says. Every thing that is created has the audit record of
/// a creation, in the same write; elements have none, as where an instance registers them.
///
/// What becomes of records is decided by [`Plan`](crate::transfer::plan::Plan), the same in every store.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait TransferRepository: Send + Sync {
    /// The transfer that was begun from this source.
    async fn find(&self, source: &SourceName) -> Result<Option<Transfer>, RepositoryError>;

    /// Begins a transfer into a new organization, and creates it with its default account, its roles, its policy and its
    /// secret, in one write. With [`Ids::Kept`] all of them keep their numbers, but
    /// [roles whose numbers are in use](OrganizationRecord::without_role_numbers), which get the next ones, as those do that
    /// have none; with [`Ids::Assigned`] all get new ones. The store remembers what became of that of the default account. What the
    /// organization was there does not count: it moves in as [`OrganizationRecord::arriving`] says.
    ///
    /// # Errors
    /// `Conflict` on the organization's `source` if a transfer from there was begun before; on the organization's `secret`
    /// if another has it, which then is the same one, most likely; on the `id` of the organization or the account
    /// that is in use or cannot be [kept](crate::transfer::plan::can_be_kept).
    async fn begin(
        &self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
        change: &Change,
    ) -> Result<Transfer, RepositoryError>;

    /// Fails as [`begin`](Self::begin) would, and writes nothing.
    ///
    /// # Errors
    /// As of [`begin`](Self::begin).
    async fn check_begin(
        &self,
        source: &SourceName,
        ids: Ids,
        record: &OrganizationRecord<SealedSecret>,
    ) -> Result<(), RepositoryError>;

    /// The organization that has this secret, present or replaced.
    async fn holder(&self, secret: SecretDigest) -> Result<Option<Holder>, RepositoryError>;

    /// Begins a transfer into an organization that is here. Its name, secret, policy and roles stay; what is of the
    /// source's default account becomes part of this one's, whose number is remembered. `None` if there is no such
    /// organization.
    ///
    /// # Errors
    /// `Conflict` on the organization's `source` if a transfer from there was begun before.
    async fn begin_into(
        &self,
        source: &SourceName,
        ids: Ids,
        organization: OrganizationId,
        default_account: AccountId,
    ) -> Result<Option<Transfer>, RepositoryError>;

    /// What [`write`](Self::write) would do with each of the records, in their order. Writes nothing. A record whose owner
    /// is not here, but stands in `records`, is new. The number of one that stands in `records` twice is a guess. A transfer
    /// that was not begun is asked about by [`Transfer::not_begun`]: nothing is remembered of it, and its organization may
    /// not be here.
    async fn examine(
        &self,
        transfer: &Transfer,
        records: &[SealedRecord],
    ) -> Result<Vec<Finding>, RepositoryError>;

    /// Creates those of the records that are not here, in one write; answers what became of each, in their order. One that
    /// is refused does not keep the others from being created. Accounts, elements and users stand before what belongs to
    /// them. The numbers given out later are beyond all that were kept. What was erased here is not here: it is created
    /// again.
    async fn write(
        &self,
        transfer: &Transfer,
        records: &[SealedRecord],
        change: &Change,
    ) -> Result<Vec<Finding>, RepositoryError>;

    /// Notes that everything was written. Where users are recognized by their e-mail there is nothing to note.
    async fn finish(&self, transfer: &Transfer) -> Result<(), RepositoryError>;

    /// The organization itself; `None` if there is none of that id.
    async fn organization(
        &self,
        organization: OrganizationId,
    ) -> Result<Option<OrganizationRecord<SealedSecret>>, RepositoryError>;

    /// Up to `limit` records of this part with numbers beyond `after`, by number. Users come with their roles.
    async fn read(
        &self,
        organization: OrganizationId,
        part: Part,
        after: i64,
        limit: u32,
    ) -> Result<Vec<SealedRecord>, RepositoryError>;

    /// How many records the part has.
    async fn count(&self, organization: OrganizationId, part: Part)
    -> Result<u64, RepositoryError>;
}

/// What an organization moves in from: a remote server, or a file. Read once, from its beginning to its end.
#[async_trait]
pub trait TransferSource: Send {
    /// Names it: the same source has the same name in the next run.
    fn name(&self) -> SourceName;

    /// The organization itself.
    async fn organization(&mut self)
    -> Result<OrganizationRecord<Option<SecretText>>, SourceError>;

    /// About how many records there are in all, if the source can say.
    async fn total(&mut self) -> Result<Option<u64>, SourceError>;

    /// The next records, some hundreds of them; `None` behind the last. Accounts come first, then users, then instances; an
    /// element somewhere before the first instance of it. Numbers may come twice: a server whose lists change while they
    /// are read repeats itself. What cannot be read keeps nothing else from coming.
    async fn next(&mut self) -> Result<Option<Batch>, SourceError>;

    /// The same records with what is costly to ask for, such as the roles of users. Asked only for those that need it. What
    /// turns out to be unreadable is no longer among the records.
    async fn complete(&mut self, records: Vec<Record>) -> Result<Batch, SourceError> {
        Ok(Batch::of(records))
    }

    /// Whether the source proves whose it is: a server does, by the secrets that it accepts. A file says what anybody wrote.
    fn is_proven(&self) -> bool {
        true
    }

    /// Whether [`complete`](Self::complete) costs nothing: then nobody looks beforehand for what need not be completed.
    fn is_whole(&self) -> bool {
        false
    }
}

/// Why a source cannot be read further. Nothing that was written is lost: the next run goes on.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// One thing there is not what it should be; where it is, and what is wrong with it.
    #[error("{what}")]
    Invalid {
        /// A sentence that names the place and the fix.
        what: String,
    },
    /// The source does not let the caller read it.
    #[error("the source cannot be read")]
    Refused {
        /// Whom it lets.
        #[source]
        source: BoxError,
    },
    /// The source does not answer.
    #[error("the source cannot be read")]
    Unavailable {
        /// Why.
        #[source]
        source: BoxError,
    },
}
