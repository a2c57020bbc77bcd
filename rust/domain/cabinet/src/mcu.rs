//! Towards the MCU: the lease, the pilot, the lock.

use core::time::Duration;

use charging::{PilotOutput, Purpose};
use mcu_link::{
    IsolationTest, Lease, LeaseEntry, LeaseTime, LockCommand, LockFeedback, PlugCount, ToMcu, Trip, TripScope,
};
use planner::Position;
use units::Mono;

use crate::{
    cabinet::Cabinet,
    connector::Connector,
    equipment::Equipment,
    output::{Output, Outputs},
};

/// The lease is renewed this often (D6).
pub(crate) const RENEWAL: Duration = Duration::from_millis(200);

impl Cabinet {
    /// Renews the lease when it is due or when what is asked for has changed, and repeats what the MCU has not yet done.
    pub(crate) fn tell_mcu(&mut self, now: Mono, outputs: &mut Outputs) {
        let ties = self.power.switching.ties.iter().map(|tie| match tie.asked {
            Position::Open => Purpose::Open,
            Position::Closed => Purpose::Energy,
        });
        let asked: Vec<Purpose> = self.connectors.iter().map(|connector| connector.wish.purpose).chain(ties).collect();
        let due = self.lease_due <= now;
        if !due && asked == self.asked {
            return;
        }
        self.asked = asked;
        self.lease_due = now + RENEWAL;
        outputs.list.push(Output::Mcu(ToMcu::Lease(self.lease())));
        if self.equipment.mcu.hello.is_none() {
            outputs.list.push(Output::Mcu(ToMcu::Hello));
        }
        if self.equipment.mcu.is_up() {
            for connector in &self.connectors {
                repeat(connector, &self.equipment, outputs);
            }
        }
    }

    fn lease(&self) -> Lease {
        let time = LeaseTime::new(self.config.mcu.lease_ms).unwrap_or(LeaseTime::MAX);
        let entries = self.connectors.iter().map(|connector| LeaseEntry {
            contactor: connector.config.contactor,
            purpose: match connector.wish.purpose {
                Purpose::Open => mcu_link::Purpose::Open,
                Purpose::TestClose => mcu_link::Purpose::TestClose,
                Purpose::Energy => mcu_link::Purpose::Energy,
            },
            plug_count: connector.plug_count,
        });
        let ties = self.power.switching.ties.iter().map(|tie| LeaseEntry {
            contactor: tie.contactor,
            purpose: match tie.asked {
                Position::Open => mcu_link::Purpose::Open,
                Position::Closed => mcu_link::Purpose::Tie,
            },
            plug_count: PlugCount::default(),
        });
        let entries = entries.chain(ties);
        Lease { time, contactors: entries.take(mcu_link::MAX_CONTACTORS).collect() }
    }
}

/// Whatever differs between the wish and what the MCU tells is said again.
fn repeat(connector: &Connector, equipment: &Equipment, outputs: &mut Outputs) {
    let Some(status) = equipment.mcu.connector(connector.id()) else { return };
    let id = connector.id();
    let output = match connector.wish.pilot {
        PilotOutput::Steady => mcu_link::PilotOutput::Off,
        PilotOutput::FivePercent => mcu_link::PilotOutput::FivePercent,
        PilotOutput::NotAvailable => mcu_link::PilotOutput::StateF,
    };
    let mut say = |message| outputs.list.push(Output::Mcu(message));
    if status.output != output {
        say(ToMcu::Pilot { connector: id, output });
    }
    let command = match (connector.wish.locked, status.lock) {
        (true, LockFeedback::Unlocked | LockFeedback::Unknown) => Some(LockCommand::Lock),
        (false, LockFeedback::Locked | LockFeedback::Unknown) => Some(LockCommand::Unlock),
        _ => None,
    };
    if let Some(command) = command {
        say(ToMcu::Lock { connector: id, command });
    }
    let phase = connector.machine.phase();
    let forgotten =
        status.isolation.state == mcu_link::Isolation::Unknown || status.isolation.plug_count != status.plug_count;
    if forgotten && phase == charging::Phase::CableCheck(charging::CableCheck::Measuring) {
        say(ToMcu::IsolationTest { connector: id, test: IsolationTest::Start });
    }
    // A trip is kept by the MCU until it is told that it was seen. What only a person may clear stays with the machine.
    let trip = equipment.mcu.contactor(connector.config.contactor).and_then(|contactor| contactor.trip);
    let at_rest =
        !phase.is_energised() && !phase.is_charge() && !matches!(phase, charging::Phase::Faulted(t) if t.latched());
    if trip.is_some_and(|trip| trip != Trip::Welded) && at_rest {
        say(ToMcu::ClearTrip(TripScope::Connector(id)));
    }
}
