//! The management messages that we speak, as values.

use super::{Mac, Nid, Nmk, RunId};

/// How much of a sound arrived, per carrier group, in dB: smaller is louder.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Attenuation {
    len: u8,
    db: [u8; Self::MAX_GROUPS],
}

impl core::fmt::Debug for Attenuation {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Attenuation({} groups, mean {:?} dB)", self.len, self.mean())
    }
}

impl Attenuation {
    /// Carrier groups that a modem measures.
    pub const MAX_GROUPS: usize = 58;

    /// Up to 58 groups; what is more is left out.
    pub fn new(groups: &[u8]) -> Self {
        let mut db = [0; Self::MAX_GROUPS];
        let mut len = 0;
        for (to, from) in db.iter_mut().zip(groups) {
            *to = *from;
            len += 1;
        }
        Self { len, db }
    }

    /// The same attenuation in all 58 groups.
    pub const fn flat(db: u8) -> Self {
        Self { len: 58, db: [db; Self::MAX_GROUPS] }
    }

    /// The measured groups.
    pub fn groups(&self) -> &[u8] {
        self.db.get(..usize::from(self.len)).unwrap_or(&self.db)
    }

    /// The mean over the groups, if any was measured.
    pub fn mean(&self) -> Option<u8> {
        let groups = self.groups();
        let sum: u32 = groups.iter().map(|db| u32::from(*db)).sum();
        let mean = sum.checked_div(u32::try_from(groups.len()).ok()?)?;
        u8::try_from(mean).ok()
    }
}

/// A network that a modem belongs to (an entry of `CM_NW_INFO.CNF`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// Its number.
    pub nid: Nid,
    /// Its short number.
    pub snid: u8,
    /// The modem's own number in it.
    pub tei: u8,
    /// 0 station, 1 proxy coordinator, 2 coordinator.
    pub role: u8,
    /// Who coordinates it.
    pub coordinator: Mac,
}

/// A station that a modem hears (an entry of `CC_DISCOVER_LIST.CNF`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Station {
    /// Its address.
    pub mac: Mac,
    /// Its number in its network.
    pub tei: u8,
    /// Whether it is in the modem's own network: this is how a joined car shows.
    pub same_network: bool,
}

/// One management message.
///
/// Those that carry a `run_id` belong to one matching run; the modem's own carry none.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mme {
    /// Car, to all: who is there?
    SlacParmReq {
        /// The run that this starts.
        run_id: RunId,
    },
    /// Charger: I am; sound so many times.
    SlacParmCnf {
        /// Sounds to send.
        num_sounds: u8,
        /// Time for all of them, in units of 100 ms.
        timeout: u8,
        /// The car's address, echoed: some cars insist on it.
        forwarding_sta: Mac,
        /// The run.
        run_id: RunId,
    },
    /// Car, to all, three times: sounds follow.
    StartAttenCharInd {
        /// Sounds that follow.
        num_sounds: u8,
        /// Time for all of them, in units of 100 ms.
        timeout: u8,
        /// The car's address.
        forwarding_sta: Mac,
        /// The run.
        run_id: RunId,
    },
    /// Car, to all: one sound.
    MnbcSoundInd {
        /// Sounds after this one.
        remaining: u8,
        /// The run.
        run_id: RunId,
        /// What is measured.
        random: [u8; 16],
    },
    /// Charger's modem, to its host: how that sound arrived. It names the car but not the run.
    AttenProfileInd {
        /// Whose sound.
        ev_mac: Mac,
        /// How it arrived.
        attenuation: Attenuation,
    },
    /// Charger: how you sounded here.
    AttenCharInd {
        /// The car.
        ev_mac: Mac,
        /// The run.
        run_id: RunId,
        /// Sounds in the average.
        num_sounds: u8,
        /// The average.
        attenuation: Attenuation,
    },
    /// Car: heard.
    AttenCharRsp {
        /// The car.
        ev_mac: Mac,
        /// The run.
        run_id: RunId,
        /// 0 for success.
        result: u8,
    },
    /// Car, to the loudest charger: let me in.
    SlacMatchReq {
        /// The car.
        ev_mac: Mac,
        /// The charger that it chose.
        evse_mac: Mac,
        /// The run.
        run_id: RunId,
    },
    /// Charger: the key.
    SlacMatchCnf {
        /// The car.
        ev_mac: Mac,
        /// The charger.
        evse_mac: Mac,
        /// The run.
        run_id: RunId,
        /// The network.
        nid: Nid,
        /// Its key.
        nmk: Nmk,
    },
    /// Car: watch me toggle the pilot (optional, declined here).
    ValidateReq {
        /// 0: by the control pilot.
        signal_type: u8,
        /// Toggle time.
        timer: u8,
        /// 1: ready.
        result: u8,
    },
    /// Charger's answer to that.
    ValidateCnf {
        /// Echoed.
        signal_type: u8,
        /// Toggles seen.
        toggles: u8,
        /// 3: failure.
        result: u8,
    },
    /// Host to its own modem: this is our key from now on.
    SetKeyReq {
        /// The network.
        nid: Nid,
        /// Its key.
        nmk: Nmk,
    },
    /// Modem: taken. 0 by the specification, 1 by every Qualcomm chip seen: only the number read back tells.
    SetKeyCnf {
        /// 0 or 1.
        result: u8,
    },
    /// Host to its own modem: which networks are you in?
    NwInfoReq,
    /// Modem's answer.
    NwInfoCnf {
        /// Its networks.
        networks: Vec<Network>,
    },
    /// Host to its own modem: whom do you hear?
    DiscoverListReq,
    /// Modem's answer.
    DiscoverListCnf {
        /// The stations.
        stations: Vec<Station>,
    },
    /// Host to its own Qualcomm modem: is the link up?
    LinkStatusReq,
    /// Modem's answer.
    LinkStatusCnf {
        /// Whether it is.
        up: bool,
    },
    /// A well-framed message that we do not speak. Neighbours and vendors send many.
    Other {
        /// Its type.
        mmtype: u16,
    },
}
