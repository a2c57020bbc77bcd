//! What the TPM remembers for every reader: the unit's record, and certificates.

use tss_esapi::{
    abstraction::nv,
    attributes::NvIndexAttributesBuilder,
    handles::{NvIndexHandle, NvIndexTpmHandle, TpmHandle},
    interface_types::{
        algorithm::HashingAlgorithm,
        resource_handles::{NvAuth, Provision},
    },
    structures::{MaxNvBuffer, NvPublicBuilder},
};

use super::Unit;
use crate::{
    Error,
    tpm::{has_handle, refused},
};

/// How much is written or read at once: every TPM takes this much.
const PIECE: usize = 512;

impl Unit {
    /// Who the unit is, as the factory wrote it; `None` for one that is not made.
    pub fn record(&mut self) -> Result<Option<Vec<u8>>, Error> {
        self.remembered(self.rules.record.nv)
    }

    /// Writes who the unit is: the last thing that the factory does to a TPM.
    pub fn write_record(&mut self, record: &[u8]) -> Result<(), Error> {
        self.remember(self.rules.record.nv, record)
    }

    /// Forgets who the unit is: it is no unit from here on.
    pub fn forget_record(&mut self) -> Result<(), Error> {
        self.forget(self.rules.record.nv)
    }

    /// The certificate of a key, in DER.
    pub fn certificate(&mut self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        match self.rules.key(name)?.certificate {
            Some(index) => self.remembered(index),
            None => Ok(None),
        }
    }

    /// Writes the certificate of a key, in DER.
    pub fn write_certificate(&mut self, name: &str, der: &[u8]) -> Result<(), Error> {
        let index =
            self.rules.key(name)?.certificate.ok_or_else(|| Error::NoSuchKey(format!("{name}'s certificate")))?;
        self.remember(index, der)
    }

    /// Forgets the certificate of a key.
    pub fn forget_certificate(&mut self, name: &str) -> Result<(), Error> {
        self.rules.key(name)?.certificate.map_or(Ok(()), |index| self.forget(index))
    }

    fn index(&mut self, at: u32) -> Result<(NvIndexTpmHandle, Option<NvIndexHandle>), Error> {
        let refused = refused("say what it remembers");
        let index = NvIndexTpmHandle::new(at).map_err(&refused)?;
        if !has_handle(&mut self.tpm.context, at, TpmHandle::NvIndex(index)).map_err(&refused)? {
            return Ok((index, None));
        }
        let handle = self
            .tpm
            .context
            .execute_without_session(|context| context.tr_from_tpm_public(TpmHandle::NvIndex(index)))
            .map_err(&refused)?;
        Ok((index, Some(handle.into())))
    }

    fn remembered(&mut self, at: u32) -> Result<Option<Vec<u8>>, Error> {
        let (index, there) = self.index(at)?;
        if there.is_none() {
            return Ok(None);
        }
        self.tpm.as_owner("read its memory", |context| nv::read_full(context, NvAuth::Owner, index)).map(Some)
    }

    fn remember(&mut self, at: u32, content: &[u8]) -> Result<(), Error> {
        let doing = "write its memory";
        self.forget(at)?;
        let (index, _) = self.index(at)?;
        let attributes = NvIndexAttributesBuilder::new()
            .with_owner_write(true)
            .with_owner_read(true)
            .with_auth_read(true)
            .with_no_da(true)
            .build()
            .map_err(refused(doing))?;
        let public = NvPublicBuilder::new()
            .with_nv_index(index)
            .with_index_name_algorithm(HashingAlgorithm::Sha256)
            .with_index_attributes(attributes)
            .with_data_area_size(content.len())
            .build()
            .map_err(refused(doing))?;
        let handle = self.tpm.as_owner(doing, |context| context.nv_define_space(Provision::Owner, None, public))?;
        let mut offset = 0_usize;
        for piece in content.chunks(PIECE) {
            let buffer = MaxNvBuffer::try_from(piece).map_err(refused(doing))?;
            let to = u16::try_from(offset)
                .map_err(|_| Error::Tpm { doing, why: format!("{} bytes are too many", content.len()) })?;
            self.tpm.as_owner(doing, |context| context.nv_write(NvAuth::Owner, handle, buffer, to))?;
            offset = offset.saturating_add(piece.len());
        }
        Ok(())
    }

    fn forget(&mut self, at: u32) -> Result<(), Error> {
        match self.index(at)? {
            (_, Some(handle)) => {
                self.tpm.as_owner("forget", |context| context.nv_undefine_space(Provision::Owner, handle))
            }
            (_, None) => Ok(()),
        }
    }
}
