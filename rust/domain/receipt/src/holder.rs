//! Who charged, and how far that is known.

use ocmf::{IdentificationFlag, IdentificationLevel, IdentificationType};

/// Who charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The tag.
    pub tag: String,
    /// How it came to be taken for good.
    pub way: Way,
}

/// How a tag came to be taken for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Nobody wrote it down.
    Unknown,
    /// A card that this charger's configuration knows, or that was taken in good faith.
    Card,
    /// A card that the CSMS said yes to.
    CardAndCsms,
    /// A card on the CSMS's local list.
    CardAndList,
    /// A card that the CSMS had said yes to before.
    CardAndCache,
    /// The CSMS, or a person at a screen, started the charge.
    Remote,
    /// The vehicle's own id, which anybody can copy.
    Vehicle,
    /// The vehicle's contract certificate.
    Contract,
    /// Nobody: charging is free.
    Free,
}

/// The five fields of the user assignment.
pub(crate) struct Assignment<'a> {
    pub(crate) assigned: bool,
    pub(crate) level: IdentificationLevel<'a>,
    pub(crate) flags: Vec<IdentificationFlag<'a>>,
    pub(crate) kind: IdentificationType<'a>,
    pub(crate) data: &'a str,
}

impl Holder {
    /// `tag` is the holder's, as it can be written.
    pub(crate) fn assignment<'a>(&self, tag: &'a str) -> Assignment<'a> {
        use IdentificationLevel as Level;
        let (level, rfid, ocpp, contract) = match self.way {
            Way::Free => (Level::None, "RFID_NONE", "OCPP_NONE", "ISO15118_NONE"),
            Way::Unknown | Way::Vehicle => (Level::Hearsay, "RFID_NONE", "OCPP_NONE", "ISO15118_NONE"),
            // A card's UID is no secret, so hearsay it is, unless somebody who should know has vouched for it.
            Way::Card => (Level::Hearsay, "RFID_PLAIN", "OCPP_NONE", "ISO15118_NONE"),
            Way::CardAndCsms => (Level::Trusted, "RFID_PLAIN", "OCPP_AUTH", "ISO15118_NONE"),
            Way::CardAndList => (Level::Trusted, "RFID_PLAIN", "OCPP_WHITELIST", "ISO15118_NONE"),
            Way::CardAndCache => (Level::Trusted, "RFID_PLAIN", "OCPP_CACHE", "ISO15118_NONE"),
            Way::Remote => (Level::Trusted, "RFID_NONE", "OCPP_RS", "ISO15118_NONE"),
            Way::Contract => (Level::Secure, "RFID_NONE", "OCPP_NONE", "ISO15118_PNC"),
        };
        let assigned = self.way != Way::Free;
        Assignment {
            assigned,
            level,
            flags: [rfid, ocpp, contract, "PLMN_NONE"].into_iter().map(IdentificationFlag::parse).collect(),
            kind: self.kind(tag),
            data: if assigned { tag } else { "" },
        }
    }

    /// The kind of the tag, where its shape is the one that the kind demands.
    fn kind(&self, tag: &str) -> IdentificationType<'static> {
        use IdentificationType as Type;
        let wanted: &[Type<'_>] = match self.way {
            Way::Free => return Type::None,
            Way::Card | Way::CardAndCsms | Way::CardAndList | Way::CardAndCache => &[Type::Iso14443, Type::Iso15693],
            Way::Remote => &[Type::Central],
            Way::Contract => &[Type::Emaid],
            Way::Vehicle => &[Type::Evccid],
            Way::Unknown => &[],
        };
        let fits = |kind: &&Type<'_>| kind.data_is_well_formed(tag) != Some(false);
        match wanted.iter().find(fits) {
            Some(Type::Iso14443) => Type::Iso14443,
            Some(Type::Iso15693) => Type::Iso15693,
            Some(Type::Central) => Type::Central,
            Some(Type::Emaid) => Type::Emaid,
            Some(Type::Evccid) => Type::Evccid,
            _ => Type::Undefined,
        }
    }
}

/// A text as it can stand in a record, where `|` has a meaning of its own: then it is written `%7C`.
pub(crate) fn writable(text: &str) -> String {
    if text.contains('|') { text.replace('%', "%25").replace('|', "%7C") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(way: Way, tag: &str) -> (bool, String, String, String) {
        let holder = Holder { tag: tag.to_owned(), way };
        let said = holder.assignment(tag);
        let flags: Vec<&str> = said.flags.iter().map(IdentificationFlag::as_str).collect();
        assert!(said.flags.iter().all(IdentificationFlag::is_defined), "{flags:?}");
        (said.assigned, said.level.to_string(), flags.join(" "), format!("{} {}", said.kind, said.data))
    }

    #[test]
    fn a_card_is_hearsay_until_somebody_vouches_for_it() {
        let (assigned, level, flags, tag) = said(Way::Card, "04A1B2C3D4E5F6");
        assert!(assigned);
        assert_eq!((level.as_str(), tag.as_str()), ("HEARSAY", "ISO14443 04A1B2C3D4E5F6"));
        assert_eq!(flags, "RFID_PLAIN OCPP_NONE ISO15118_NONE PLMN_NONE");
        let (_, level, flags, _) = said(Way::CardAndCsms, "04A1B2C3D4E5F6");
        assert_eq!((level.as_str(), flags.as_str()), ("TRUSTED", "RFID_PLAIN OCPP_AUTH ISO15118_NONE PLMN_NONE"));
    }

    #[test]
    fn a_tag_of_another_shape_claims_no_kind() {
        assert_eq!(said(Way::Card, "E0040150123456AB").3, "ISO15693 E0040150123456AB");
        assert_eq!(said(Way::Card, "BOB").3, "UNDEFINED BOB");
        assert_eq!(said(Way::Contract, "DEABCC12345678").3, "EMAID DEABCC12345678");
        assert_eq!(said(Way::Contract, "SHORT").3, "UNDEFINED SHORT");
        assert_eq!(said(Way::Vehicle, "VID:001122AABBCC").3, "UNDEFINED VID:001122AABBCC");
        assert_eq!(said(Way::Remote, "anything at all").3, "CENTRAL anything at all");
    }

    #[test]
    fn free_charging_assigns_nobody() {
        let (assigned, level, _, tag) = said(Way::Free, "FREE");
        assert!(!assigned);
        assert_eq!((level.as_str(), tag.as_str()), ("NONE", "NONE "));
    }

    #[test]
    fn the_delimiter_is_written_around() {
        assert_eq!(writable("a|b%"), "a%7Cb%25");
        assert_eq!(writable("100 %"), "100 %");
    }
}
