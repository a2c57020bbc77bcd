//! Management messages to and from Ethernet frames.

use iso15118::slac as wire;
use wire::{Mmtype, Mmv};

use super::{Attenuation, Mac, Mme, Network, Nid, Nmk, RunId, Station};

const NW_INFO_REQ: u16 = 0x6038;
const NW_INFO_CNF: u16 = 0x6039;
const DISCOVER_LIST_REQ: u16 = 0x0014;
const DISCOVER_LIST_CNF: u16 = 0x0015;
const LINK_STATUS_REQ: u16 = 0xA0B8;
const LINK_STATUS_CNF: u16 = 0xA0B9;
/// Precedes each of Qualcomm's own messages.
const QUALCOMM_OUI: [u8; 3] = [0x00, 0xB0, 0x52];
const NETWORK_LEN: usize = 18;
const STATION_LEN: usize = 12;
/// Identities of car and charger are all zero in ISO 15118-3.
const NOBODY: wire::StationId = [0; wire::STATION_ID_LEN];
/// The answer goes to the host that asked, not to a third station.
const RESP_TYPE: u8 = 1;

/// Bytes that are no management message, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a management message: {0}")]
pub struct Malformed(wire::SlacError);

impl From<wire::SlacError> for Malformed {
    fn from(error: wire::SlacError) -> Self {
        Self(error)
    }
}

/// A management message with its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whom it is for.
    pub destination: Mac,
    /// Who sent it.
    pub source: Mac,
    /// What it says.
    pub mme: Mme,
}

impl Frame {
    /// Reads an Ethernet frame. Unknown types of message are [`Mme::Other`], not an error.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let frame = wire::parse_frame(bytes)?;
        Ok(Self {
            destination: Mac(frame.destination),
            source: Mac(frame.source),
            mme: Mme::decode(frame.mmtype, frame.payload)?,
        })
    }

    /// Writes an Ethernet frame, padded to the least length. [`Mme::Other`] becomes an empty message of its type.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = [0; 1500];
        let (mmv, mmtype, len) = self.mme.encode(&mut body);
        let mut out = vec![0; wire::ETHERNET_HEADER_LEN + 5 + len.max(wire::MIN_FRAME_LEN)];
        let payload = body.get(..len).unwrap_or_default();
        // Cannot fail: `out` has room for the header and the payload.
        let written = wire::write_frame(&mut out, self.destination.0, self.source.0, mmv, mmtype, payload);
        out.truncate(written.unwrap_or(0));
        out
    }
}

impl Mme {
    fn decode(mmtype: Mmtype, body: &[u8]) -> Result<Self, wire::SlacError> {
        Ok(match mmtype {
            Mmtype::SlacParmReq => Self::SlacParmReq { run_id: RunId(wire::SlacParmReq::decode(body)?.run_id) },
            Mmtype::SlacParmCnf => {
                let m = wire::SlacParmCnf::decode(body)?;
                Self::SlacParmCnf {
                    num_sounds: m.num_sounds,
                    timeout: m.timeout,
                    forwarding_sta: Mac(m.forwarding_sta),
                    run_id: RunId(m.run_id),
                }
            }
            Mmtype::StartAttenCharInd => {
                let m = wire::StartAttenCharInd::decode(body)?;
                Self::StartAttenCharInd {
                    num_sounds: m.num_sounds,
                    timeout: m.timeout,
                    forwarding_sta: Mac(m.forwarding_sta),
                    run_id: RunId(m.run_id),
                }
            }
            Mmtype::MnbcSoundInd => {
                let m = wire::MnbcSoundInd::decode(body)?;
                Self::MnbcSoundInd { remaining: m.remaining_sound_count, run_id: RunId(m.run_id), random: m.random }
            }
            Mmtype::AttenProfileInd => {
                let m = wire::AttenProfileInd::decode(body)?;
                Self::AttenProfileInd { ev_mac: Mac(m.pev_mac), attenuation: Attenuation::new(m.profile.groups()) }
            }
            Mmtype::AttenCharInd => {
                let m = wire::AttenCharInd::decode(body)?;
                Self::AttenCharInd {
                    ev_mac: Mac(m.source_address),
                    run_id: RunId(m.run_id),
                    num_sounds: m.num_sounds,
                    attenuation: Attenuation::new(m.profile.groups()),
                }
            }
            Mmtype::AttenCharRsp => {
                let m = wire::AttenCharRsp::decode(body)?;
                Self::AttenCharRsp { ev_mac: Mac(m.source_address), run_id: RunId(m.run_id), result: m.result }
            }
            Mmtype::SlacMatchReq => {
                let m = wire::SlacMatchReq::decode(body)?;
                Self::SlacMatchReq { ev_mac: Mac(m.pev_mac), evse_mac: Mac(m.evse_mac), run_id: RunId(m.run_id) }
            }
            Mmtype::SlacMatchCnf => {
                let m = wire::SlacMatchCnf::decode(body)?;
                Self::SlacMatchCnf {
                    ev_mac: Mac(m.pev_mac),
                    evse_mac: Mac(m.evse_mac),
                    run_id: RunId(m.run_id),
                    nid: Nid(m.nid),
                    nmk: Nmk(m.nmk),
                }
            }
            Mmtype::ValidateReq => {
                let m = wire::ValidateReq::decode(body)?;
                Self::ValidateReq { signal_type: m.signal_type, timer: m.timer, result: m.result }
            }
            Mmtype::ValidateCnf => {
                let m = wire::ValidateCnf::decode(body)?;
                Self::ValidateCnf { signal_type: m.signal_type, toggles: m.toggle_num, result: m.result }
            }
            Mmtype::SetKeyReq => {
                let m = wire::SetKeyReq::decode(body)?;
                Self::SetKeyReq { nid: Nid(m.nid), nmk: Nmk(m.new_key) }
            }
            Mmtype::SetKeyCnf => Self::SetKeyCnf { result: wire::SetKeyCnf::decode(body)?.result },
            Mmtype::Other(NW_INFO_REQ) => Self::NwInfoReq,
            Mmtype::Other(NW_INFO_CNF) => {
                Self::NwInfoCnf { networks: records::<NETWORK_LEN>(body)?.map(network).collect() }
            }
            Mmtype::Other(DISCOVER_LIST_REQ) => Self::DiscoverListReq,
            Mmtype::Other(DISCOVER_LIST_CNF) => {
                Self::DiscoverListCnf { stations: records::<STATION_LEN>(body)?.map(station).collect() }
            }
            Mmtype::Other(LINK_STATUS_REQ) if body.starts_with(&QUALCOMM_OUI) => Self::LinkStatusReq,
            Mmtype::Other(LINK_STATUS_CNF) if body.starts_with(&QUALCOMM_OUI) => {
                Self::LinkStatusCnf { up: *body.get(4).ok_or(wire::SlacError::Truncated)? == 1 }
            }
            other => Self::Other { mmtype: other.as_u16() },
        })
    }

    /// Writes the body; returns the message's version, its type and the body's length.
    fn encode(&self, out: &mut [u8]) -> (Mmv, Mmtype, usize) {
        let (mmtype, written) = match self {
            Self::SlacParmReq { run_id } => (Mmtype::SlacParmReq, wire::SlacParmReq { run_id: run_id.0 }.encode(out)),
            Self::SlacParmCnf { num_sounds, timeout, forwarding_sta, run_id } => {
                let m = wire::SlacParmCnf {
                    m_sound_target: Mac::BROADCAST.0,
                    num_sounds: *num_sounds,
                    timeout: *timeout,
                    resp_type: RESP_TYPE,
                    forwarding_sta: forwarding_sta.0,
                    run_id: run_id.0,
                };
                (Mmtype::SlacParmCnf, m.encode(out))
            }
            Self::StartAttenCharInd { num_sounds, timeout, forwarding_sta, run_id } => {
                let m = wire::StartAttenCharInd {
                    num_sounds: *num_sounds,
                    timeout: *timeout,
                    resp_type: RESP_TYPE,
                    forwarding_sta: forwarding_sta.0,
                    run_id: run_id.0,
                };
                (Mmtype::StartAttenCharInd, m.encode(out))
            }
            Self::MnbcSoundInd { remaining, run_id, random } => {
                let m = wire::MnbcSoundInd {
                    sender_id: NOBODY,
                    remaining_sound_count: *remaining,
                    run_id: run_id.0,
                    random: *random,
                };
                (Mmtype::MnbcSoundInd, m.encode(out))
            }
            Self::AttenProfileInd { ev_mac, attenuation } => {
                let m = wire::AttenProfileInd { pev_mac: ev_mac.0, profile: profile(attenuation) };
                (Mmtype::AttenProfileInd, m.encode(out))
            }
            Self::AttenCharInd { ev_mac, run_id, num_sounds, attenuation } => {
                let m = wire::AttenCharInd {
                    source_address: ev_mac.0,
                    run_id: run_id.0,
                    source_id: NOBODY,
                    resp_id: NOBODY,
                    num_sounds: *num_sounds,
                    profile: profile(attenuation),
                };
                (Mmtype::AttenCharInd, m.encode(out))
            }
            Self::AttenCharRsp { ev_mac, run_id, result } => {
                let m = wire::AttenCharRsp {
                    source_address: ev_mac.0,
                    run_id: run_id.0,
                    source_id: NOBODY,
                    resp_id: NOBODY,
                    result: *result,
                };
                (Mmtype::AttenCharRsp, m.encode(out))
            }
            Self::SlacMatchReq { ev_mac, evse_mac, run_id } => {
                let m = wire::SlacMatchReq {
                    pev_id: NOBODY,
                    pev_mac: ev_mac.0,
                    evse_id: NOBODY,
                    evse_mac: evse_mac.0,
                    run_id: run_id.0,
                };
                (Mmtype::SlacMatchReq, m.encode(out))
            }
            Self::SlacMatchCnf { ev_mac, evse_mac, run_id, nid, nmk } => {
                let m = wire::SlacMatchCnf {
                    pev_id: NOBODY,
                    pev_mac: ev_mac.0,
                    evse_id: NOBODY,
                    evse_mac: evse_mac.0,
                    run_id: run_id.0,
                    nid: nid.0,
                    nmk: nmk.0,
                };
                (Mmtype::SlacMatchCnf, m.encode(out))
            }
            Self::ValidateReq { signal_type, timer, result } => {
                let m = wire::ValidateReq { signal_type: *signal_type, timer: *timer, result: *result };
                (Mmtype::ValidateReq, m.encode(out))
            }
            Self::ValidateCnf { signal_type, toggles, result } => {
                let m = wire::ValidateCnf { signal_type: *signal_type, toggle_num: *toggles, result: *result };
                (Mmtype::ValidateCnf, m.encode(out))
            }
            Self::SetKeyReq { nid, nmk } => {
                let m = wire::SetKeyReq {
                    key_type: 1,
                    my_nonce: 0,
                    your_nonce: 0,
                    pid: 4,
                    prn: 0,
                    pmn: 0,
                    cco_capability: 0,
                    nid: nid.0,
                    new_eks: 1,
                    new_key: nmk.0,
                };
                (Mmtype::SetKeyReq, m.encode(out))
            }
            Self::SetKeyCnf { result } => {
                let m = wire::SetKeyCnf {
                    result: *result,
                    my_nonce: 0,
                    your_nonce: 0,
                    pid: 4,
                    prn: 0,
                    pmn: 0,
                    cco_capability: 0,
                };
                (Mmtype::SetKeyCnf, m.encode(out))
            }
            Self::NwInfoReq => (Mmtype::Other(NW_INFO_REQ), Ok(0)),
            Self::NwInfoCnf { networks } => {
                (Mmtype::Other(NW_INFO_CNF), Ok(put_records(out, networks.iter().map(network_bytes))))
            }
            Self::DiscoverListReq => (Mmtype::Other(DISCOVER_LIST_REQ), Ok(0)),
            Self::DiscoverListCnf { stations } => {
                (Mmtype::Other(DISCOVER_LIST_CNF), Ok(put_records(out, stations.iter().copied().map(station_bytes))))
            }
            Self::LinkStatusReq => {
                let len = put(out, &QUALCOMM_OUI);
                return (Mmv::Av1_0, Mmtype::Other(LINK_STATUS_REQ), len);
            }
            Self::LinkStatusCnf { up } => {
                let [a, b, c] = QUALCOMM_OUI;
                let len = put(out, &[a, b, c, 0, u8::from(*up)]);
                return (Mmv::Av1_0, Mmtype::Other(LINK_STATUS_CNF), len);
            }
            Self::Other { mmtype } => (Mmtype::from_u16(*mmtype), Ok(0)),
        };
        // The only failure of these encoders is a buffer that is too small, and ours holds the longest message.
        (Mmv::Av1_1, mmtype, written.unwrap_or(0))
    }
}

fn profile(attenuation: &Attenuation) -> wire::AttenProfile {
    let mut aag = [0; wire::AAG_LEN];
    let mut num_groups = 0;
    for (to, from) in aag.iter_mut().zip(attenuation.groups()) {
        *to = *from;
        num_groups += 1;
    }
    wire::AttenProfile { num_groups, aag }
}

/// A count in one byte, then so many records of `N` bytes.
fn records<const N: usize>(body: &[u8]) -> Result<impl Iterator<Item = &[u8; N]>, wire::SlacError> {
    let (count, rest) = body.split_first().ok_or(wire::SlacError::Truncated)?;
    let used = rest.get(..usize::from(*count) * N).ok_or(wire::SlacError::Truncated)?;
    Ok(used.as_chunks::<N>().0.iter())
}

fn put(out: &mut [u8], bytes: &[u8]) -> usize {
    out.iter_mut().zip(bytes).map(|(to, from)| *to = *from).count()
}

fn put_records<const N: usize>(out: &mut [u8], records: impl Iterator<Item = [u8; N]>) -> usize {
    // As many as fit: a modem hears at most a few stations.
    let fitting = out.len().saturating_sub(1) / N;
    let records: Vec<_> = records.take(fitting.min(255)).collect();
    let count = u8::try_from(records.len()).unwrap_or(u8::MAX);
    let mut bytes = vec![count];
    bytes.extend(records.iter().flatten());
    put(out, &bytes)
}

fn network(record: &[u8; NETWORK_LEN]) -> Network {
    let [n0, n1, n2, n3, n4, n5, n6, snid, tei, role, c0, c1, c2, c3, c4, c5, _access, _neighbours] = *record;
    Network { nid: Nid([n0, n1, n2, n3, n4, n5, n6]), snid, tei, role, coordinator: Mac([c0, c1, c2, c3, c4, c5]) }
}

fn network_bytes(n: &Network) -> [u8; NETWORK_LEN] {
    let [n0, n1, n2, n3, n4, n5, n6] = n.nid.0;
    let [c0, c1, c2, c3, c4, c5] = n.coordinator.0;
    [n0, n1, n2, n3, n4, n5, n6, n.snid, n.tei, n.role, c0, c1, c2, c3, c4, c5, 0, 0]
}

fn station(record: &[u8; STATION_LEN]) -> Station {
    let [m0, m1, m2, m3, m4, m5, tei, same_network, ..] = *record;
    Station { mac: Mac([m0, m1, m2, m3, m4, m5]), tei, same_network: same_network == 1 }
}

fn station_bytes(s: Station) -> [u8; STATION_LEN] {
    let [m0, m1, m2, m3, m4, m5] = s.mac.0;
    [m0, m1, m2, m3, m4, m5, s.tei, u8::from(s.same_network), 0, 0, 0, 0]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CAR: Mac = Mac([0x02, 0, 0, 0, 0, 0xCA]);
    const EVSE: Mac = Mac([0x02, 0, 0, 0, 0, 0xE5]);
    const RUN: RunId = RunId([1, 2, 3, 4, 5, 6, 7, 8]);

    fn all() -> Vec<Mme> {
        let nmk = Nmk([7; 16]);
        let nid = nmk.nid();
        vec![
            Mme::SlacParmReq { run_id: RUN },
            Mme::SlacParmCnf { num_sounds: 10, timeout: 6, forwarding_sta: CAR, run_id: RUN },
            Mme::StartAttenCharInd { num_sounds: 10, timeout: 6, forwarding_sta: CAR, run_id: RUN },
            Mme::MnbcSoundInd { remaining: 9, run_id: RUN, random: [9; 16] },
            Mme::AttenProfileInd { ev_mac: CAR, attenuation: Attenuation::flat(26) },
            Mme::AttenCharInd { ev_mac: CAR, run_id: RUN, num_sounds: 9, attenuation: Attenuation::new(&[1, 2, 3]) },
            Mme::AttenCharRsp { ev_mac: CAR, run_id: RUN, result: 0 },
            Mme::SlacMatchReq { ev_mac: CAR, evse_mac: EVSE, run_id: RUN },
            Mme::SlacMatchCnf { ev_mac: CAR, evse_mac: EVSE, run_id: RUN, nid, nmk },
            Mme::ValidateReq { signal_type: 0, timer: 1, result: 1 },
            Mme::ValidateCnf { signal_type: 0, toggles: 0, result: 3 },
            Mme::SetKeyReq { nid, nmk },
            Mme::SetKeyCnf { result: 1 },
            Mme::NwInfoReq,
            Mme::NwInfoCnf { networks: vec![Network { nid, snid: 1, tei: 2, role: 2, coordinator: EVSE }] },
            Mme::NwInfoCnf { networks: vec![] },
            Mme::DiscoverListReq,
            Mme::DiscoverListCnf { stations: vec![Station { mac: CAR, tei: 3, same_network: true }] },
            Mme::LinkStatusReq,
            Mme::LinkStatusCnf { up: true },
            Mme::Other { mmtype: 0xA14E },
        ]
    }

    #[test]
    fn what_is_written_is_read_back() {
        for mme in all() {
            let frame = Frame { destination: EVSE, source: CAR, mme };
            let bytes = frame.encode();
            assert!(bytes.len() >= 60, "{frame:?}");
            assert_eq!(Frame::decode(&bytes), Ok(frame));
        }
    }

    #[test]
    fn set_key_is_laid_out_as_modems_expect_it() {
        let nmk = Nmk([0xAA; 16]);
        let bytes =
            Frame { destination: Mac::LOCAL_MODEM, source: EVSE, mme: Mme::SetKeyReq { nid: nmk.nid(), nmk } }.encode();
        assert_eq!(bytes[12..17], [0x88, 0xE1, 0x01, 0x08, 0x60]);
        assert_eq!(bytes[19], 1, "key type");
        assert_eq!(bytes[28], 4, "protocol id");
        assert_eq!(bytes[33..40], nmk.nid().0, "network");
        assert_eq!(bytes[40], 1, "key select");
        assert_eq!(bytes[41..57], nmk.0);
    }

    #[test]
    fn a_list_that_promises_more_than_it_holds_is_refused() {
        let mut bytes = Frame { destination: EVSE, source: CAR, mme: Mme::NwInfoCnf { networks: vec![] } }.encode();
        bytes[19] = 200;
        assert!(Frame::decode(&bytes).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Frame::decode(&bytes);
        }

        #[test]
        fn a_broken_frame_is_read_or_refused(which in 0..21_usize, cut in 0..150_usize, flip in 14..150_usize, to: u8) {
            let mut bytes = Frame { destination: EVSE, source: CAR, mme: all()[which].clone() }.encode();
            if let Some(byte) = bytes.get_mut(flip) { *byte = to; }
            bytes.truncate(cut.max(14));
            let _ = Frame::decode(&bytes);
        }
    }
}
