//! A cabinet, an MCU that misbehaves: the proof that the rules can fail. Each kind of misbehaviour must be caught by its rule.

use cabinet::{Input, Output, Record};
use charging::{Phase, Setpoint};
use mcu_link::{LockCommand, Purpose, ToMcu};
use safety::{Actuators, Coil};
use units::{Milliamps, Mono};

use crate::world::World;

/// One way to misbehave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tamper {
    /// Modules are told a tenth more than was decided.
    MoreCurrent,
    /// Modules are not told when they are to deliver less.
    NeverLess,
    /// Energy is asked for as soon as a test close is.
    EnergyAtOnce,
    /// The contactor is asked to open in the middle of a charge.
    OpensUnderLoad,
    /// The coil pulls as soon as a plug is in.
    ClosesUnasked,
    /// The coil lets go under load, without a trip.
    DropsUnderLoad,
    /// The plug is let go while it is live.
    UnlocksLive,
    /// The row that ends a session gets lost.
    LosesTheClose,
    /// A session ends with more than the meter showed.
    BillsMore,
    /// Nothing more is taken in while a charge is being stopped.
    HangsWhileStopping,
    /// It never notices that the plug is out.
    NeverFree,
}

impl Tamper {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::MoreCurrent,
        Self::NeverLess,
        Self::EnergyAtOnce,
        Self::OpensUnderLoad,
        Self::ClosesUnasked,
        Self::DropsUnderLoad,
        Self::UnlocksLive,
        Self::LosesTheClose,
        Self::BillsMore,
        Self::HangsWhileStopping,
        Self::NeverFree,
    ];

    /// On the cabinet's outputs.
    pub(crate) fn outputs(self, phases: &[(Phase, Mono)], list: &mut Vec<Output>) {
        let charges = phases.iter().any(|(phase, _)| *phase == Phase::Charging);
        match self {
            Self::MoreCurrent if charges => {
                for output in list {
                    if let Output::Module(_, Setpoint::On { current, .. }) = output {
                        *current = Milliamps(current.get() * 11 / 10);
                    }
                }
            }
            Self::EnergyAtOnce | Self::OpensUnderLoad => {
                for output in list {
                    let Output::Mcu(ToMcu::Lease(lease)) = output else { continue };
                    for (entry, (phase, _)) in lease.contactors.iter_mut().zip(phases) {
                        match (self, entry.purpose) {
                            (Self::EnergyAtOnce, Purpose::TestClose) => entry.purpose = Purpose::Energy,
                            (Self::OpensUnderLoad, Purpose::Energy) if *phase == Phase::Charging => {
                                entry.purpose = Purpose::Open;
                            }
                            _ => {}
                        }
                    }
                }
            }
            Self::LosesTheClose => list.retain(|output| !matches!(output, Output::Store(Record::Close(_)))),
            Self::BillsMore => {
                for output in list {
                    if let Output::Store(Record::Close(session)) = output {
                        session.meter_last.digits += 1;
                    }
                }
            }
            _ => {}
        }
    }

    /// On what the cabinet is told: `true` if it never gets there.
    pub(crate) fn swallows(self, phases: &[(Phase, Mono)], _input: &Input) -> bool {
        match self {
            Self::HangsWhileStopping => phases.iter().any(|(phase, _)| matches!(phase, Phase::Stopping(_))),
            Self::NeverFree => phases.iter().any(|(phase, _)| *phase == Phase::Finishing),
            _ => false,
        }
    }

    /// On a message to a module: `true` if it never gets there.
    pub(crate) fn keeps(self, last: Setpoint, next: Setpoint) -> bool {
        match (self, last, next) {
            (Self::NeverLess, Setpoint::On { current, .. }, Setpoint::On { current: less, .. }) => less < current,
            _ => false,
        }
    }

    /// On the MCU's hands.
    pub(crate) fn actuators(self, world: &World, actuators: &mut Actuators) {
        for (place, level) in actuators.coils.iter_mut().enumerate() {
            let outlet = &world.outlets[place];
            match self {
                Self::ClosesUnasked if outlet.car.is_some() => level.coil = Coil::Energised,
                Self::DropsUnderLoad if outlet.current > 10_000 => level.coil = Coil::Released,
                _ => {}
            }
        }
        for (place, level) in actuators.connectors.iter_mut().enumerate() {
            if self == Self::UnlocksLive && world.outlets[place].current > 5_000 {
                level.lock = Some(LockCommand::Unlock);
            }
        }
    }
}
