//! Archives in memory, and a seal that is quick.

use std::{
    io::Cursor,
    sync::{Arc, LazyLock},
};

use tenantry_archive::{Archive, ArchiveWriter, FileError, PasswordsTaken};
use tenantry_domain::{
    SecretText,
    ports::{ArchiveSeal, SealParameters, TransferSource as _, TransferTarget as _, VaultError},
    transfer::{OrganizationRecord, Record},
};
use tenantry_testkit::{PlainHasher, run, strategies};

pub(crate) type Whole = (OrganizationRecord<Option<SecretText>>, Vec<Record>);

/// Hides nothing: what is sealed stands behind its place and a checksum of both. Each key has other checksums.
#[derive(Debug)]
pub(crate) struct PlainSeal {
    pub(crate) key: u8,
}

impl ArchiveSeal for PlainSeal {
    fn parameters(&self) -> SealParameters {
        SealParameters {
            memory_kib: 64,
            passes: 1,
            salt: [1; 16],
            check: [self.key; 16],
        }
    }

    fn seal(&self, place: &[u8], clear: &[u8]) -> Vec<u8> {
        let sum = [&[self.key], place, clear]
            .concat()
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
                (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
            });
        [&sum.to_be_bytes(), clear].concat()
    }

    fn open(&self, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let clear = sealed.get(8..).ok_or(VaultError::Altered)?;
        if self.seal(place, clear) == sealed {
            Ok(clear.to_vec())
        } else {
            Err(VaultError::Altered)
        }
    }
}

pub(crate) fn seal() -> Arc<dyn ArchiveSeal> {
    Arc::new(PlainSeal { key: 7 })
}

pub(crate) fn written(whole: &Whole, seal: Option<Arc<dyn ArchiveSeal>>) -> Vec<u8> {
    run(async {
        let mut writer = ArchiveWriter::new(Vec::new(), seal);
        writer.begin(&whole.0).await.unwrap();
        writer.write(&whole.1).await.unwrap();
        writer.finish().await.unwrap();
        assert_eq!(writer.counts().total(), whole.1.len() as u64);
        writer.into_inner()
    })
}

pub(crate) fn read(bytes: &[u8], seal: Option<Arc<dyn ArchiveSeal>>) -> Result<Whole, String> {
    read_with(bytes, seal, false)
}

/// The same, with passwords that are held elsewhere or without them.
pub(crate) fn read_with(
    bytes: &[u8],
    seal: Option<Arc<dyn ArchiveSeal>>,
    elsewhere: bool,
) -> Result<Whole, String> {
    run(async {
        let mut archive = Archive::open(Cursor::new(bytes)).map_err(said)?;
        if let Some(seal) = seal {
            let passwords = PasswordsTaken {
                hasher: Arc::new(PlainHasher::new()),
                elsewhere,
            };
            archive.unseal(seal, passwords).map_err(said)?;
        }
        let organization = archive.organization().await.map_err(|it| it.to_string())?;
        let mut records = Vec::new();
        while let Some(batch) = archive.next().await.map_err(|it| it.to_string())? {
            assert_eq!(batch.unreadable, []);
            records.extend(batch.records);
        }
        Ok((organization, records))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn said(error: FileError) -> String {
    error.to_string()
}

/// One that has something of everything, always the same.
pub(crate) fn sample(secrets: bool) -> Whole {
    static WITH: LazyLock<Whole> = LazyLock::new(|| largest(true));
    static WITHOUT: LazyLock<Whole> = LazyLock::new(|| largest(false));
    if secrets {
        WITH.clone()
    } else {
        WITHOUT.clone()
    }
}

fn largest(secrets: bool) -> Whole {
    strategies::sample(&strategies::whole_organizations(secrets), 3, 30)
        .into_iter()
        .max_by_key(|(_, records)| records.len())
        .unwrap()
}
