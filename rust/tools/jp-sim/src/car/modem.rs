//! Both powerline modems of one cable, seen from the charger: a single wire ends in the simulator, so the charger's own
//! modem is simulated here, at the far end of it.

use std::{collections::VecDeque, time::Duration};

use units::Mono;
use v2g::slac::{Attenuation, Frame, Mac, Mme, Network, Nid, Nmk, Station};

use crate::cabinet::Plc;

/// Every Qualcomm modem seen says 1 for success.
const TAKEN: u8 = 1;
const COORDINATOR: u8 = 2;

/// The power line between two modems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Whole,
    /// Each modem still talks to its own host.
    Cut,
}

#[derive(Debug)]
pub(super) struct Modem {
    plc: Plc,
    /// The charger's modem's own address.
    mac: Mac,
    charger_key: Option<Nmk>,
    car_key: Option<(Nmk, Mono)>,
    /// The power line between the two.
    pub(super) line: Line,
    /// Profiles on their way to the charger.
    profiles: VecDeque<(Mono, Mac)>,
}

impl Modem {
    pub(super) const fn new(plc: Plc) -> Self {
        Self {
            plc,
            mac: Mac([0x00, 0xB0, 0x52, 0x4A, 0x50, 0x01]),
            charger_key: None,
            car_key: None,
            line: Line::Whole,
            profiles: VecDeque::new(),
        }
    }

    /// What the charger's modem answers to a frame of its host; `None`: the frame is for the power line.
    pub(super) fn receive(&mut self, now: Mono, car: Mac, frame: &Frame) -> Option<Frame> {
        if frame.destination != Mac::LOCAL_MODEM && frame.destination != self.mac {
            return None;
        }
        let mme = match &frame.mme {
            Mme::SetKeyReq { nmk, .. } => {
                self.charger_key = Some(*nmk);
                Mme::SetKeyCnf { result: TAKEN }
            }
            Mme::NwInfoReq => {
                let nid = self.charger_key.as_ref().map_or(Nid([0xB0, 0xF2, 0xE6, 0x95, 0x66, 0x6B, 0x03]), Nmk::nid);
                let network = Network { nid, snid: 1, tei: 1, role: COORDINATOR, coordinator: self.mac };
                Mme::NwInfoCnf { networks: vec![network] }
            }
            Mme::DiscoverListReq => {
                let joined = self.link_up(now);
                let stations = if joined { vec![Station { mac: car, tei: 2, same_network: true }] } else { Vec::new() };
                Mme::DiscoverListCnf { stations }
            }
            Mme::LinkStatusReq => Mme::LinkStatusCnf { up: self.link_up(now) },
            _ => return None,
        };
        Some(Frame { destination: frame.source, source: self.mac, mme })
    }

    /// The car's modem is given a key.
    pub(super) fn join(&mut self, now: Mono, key: Nmk) {
        let delay = Duration::from_millis(self.plc.join_delay_ms.into());
        self.car_key = Some((key, now + delay));
    }

    /// The car is gone, or starts over.
    pub(super) fn leave(&mut self) {
        self.car_key = None;
        self.profiles.clear();
    }

    /// A sound of the car arrives at the charger's modem.
    pub(super) fn sound(&mut self, now: Mono, car: Mac) {
        let delay = Duration::from_millis(self.plc.profile_delay_ms.into());
        self.profiles.push_back((now + delay, car));
    }

    /// Profiles that are due.
    pub(super) fn due(&mut self, now: Mono) -> Vec<Frame> {
        let mut out = Vec::new();
        while let Some((_, ev_mac)) = self.profiles.pop_front_if(|(at, _)| *at <= now) {
            let attenuation = Attenuation::flat(self.plc.attenuation_db);
            let mme = Mme::AttenProfileInd { ev_mac, attenuation };
            out.push(Frame { destination: Mac::BROADCAST, source: self.mac, mme });
        }
        out
    }

    /// Whether both modems are in one network.
    pub(super) fn link_up(&self, now: Mono) -> bool {
        match (self.charger_key, self.car_key) {
            (Some(charger), Some((car, from))) => self.line == Line::Whole && charger == car && now >= from,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: Mac = Mac([2, 0, 0, 0, 0, 1]);
    const CAR: Mac = Mac([2, 0, 0, 0, 0, 2]);

    fn ask(modem: &mut Modem, now: Mono, mme: Mme) -> Option<Mme> {
        let frame = Frame { destination: Mac::LOCAL_MODEM, source: HOST, mme };
        modem.receive(now, CAR, &frame).map(|answer| {
            assert_eq!(answer.destination, HOST);
            answer.mme
        })
    }

    #[test]
    fn the_link_is_up_when_both_have_the_key_and_the_delay_is_over() {
        let mut modem = Modem::new(Plc::default());
        let key = Nmk([7; 16]);
        let set = Mme::SetKeyReq { nid: key.nid(), nmk: key };
        assert_eq!(ask(&mut modem, Mono::BOOT, set), Some(Mme::SetKeyCnf { result: 1 }));
        let Some(Mme::NwInfoCnf { networks }) = ask(&mut modem, Mono::BOOT, Mme::NwInfoReq) else { panic!() };
        assert_eq!(networks[0].nid, key.nid());
        modem.join(Mono::BOOT, key);
        let heard = |modem: &mut Modem, ms| match ask(modem, Mono::from_millis(ms), Mme::DiscoverListReq) {
            Some(Mme::DiscoverListCnf { stations }) => stations.len(),
            other => panic!("{other:?}"),
        };
        assert_eq!((heard(&mut modem, 399), heard(&mut modem, 400)), (0, 1));
        // A cut line, or a new key at the charger, and the car is alone.
        modem.line = Line::Cut;
        assert_eq!(heard(&mut modem, 450), 0);
        modem.line = Line::Whole;
        let other = Nmk([8; 16]);
        let _ = ask(&mut modem, Mono::BOOT, Mme::SetKeyReq { nid: other.nid(), nmk: other });
        assert_eq!(heard(&mut modem, 500), 0);
    }

    #[test]
    fn every_sound_has_its_profile() {
        let mut modem = Modem::new(Plc { profile_delay_ms: 8, ..Plc::default() });
        modem.sound(Mono::BOOT, CAR);
        modem.sound(Mono::from_millis(20), CAR);
        assert_eq!(modem.due(Mono::from_millis(7)).len(), 0);
        assert_eq!(modem.due(Mono::from_millis(8)).len(), 1);
        assert_eq!(modem.due(Mono::from_millis(28)).len(), 1);
    }

    #[test]
    fn what_is_for_the_line_is_not_answered() {
        let mut modem = Modem::new(Plc::default());
        let frame = Frame { destination: Mac::BROADCAST, source: HOST, mme: Mme::NwInfoReq };
        assert_eq!(modem.receive(Mono::BOOT, CAR, &frame), None);
    }
}
