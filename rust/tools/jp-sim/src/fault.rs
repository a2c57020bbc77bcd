//! What can go wrong outside the cabinet, on command.

use std::collections::BTreeSet;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// The emergency stop is pressed.
    EStop,
    /// The isolation falls to 20 kΩ.
    Isolation,
    /// The contactor stays closed whatever its coil does.
    Weld,
    /// A tie stays closed whatever its coil does.
    TieWeld,
    /// The lock does not move.
    LockStuck,
    /// A contact reads 120 °C.
    OverTemperature,
    /// The pilot is shorted to ground (state E).
    PilotShort,
    /// The car stops answering and cuts its connection; the plug stays in.
    CarVanish,
    /// The car answers with bytes that are no EXI.
    ExiGarbage,
    /// The plug is torn out, locked or not, current or not.
    CarUnplugUnderLoad,
    /// A module's transceiver dies.
    ModuleSilent,
    /// The meter does not answer.
    MeterSilent,
    /// The isolation monitor does not answer.
    ImdSilent,
    /// The MCU hears and acts but says nothing.
    McuSilent,
    /// The MCU starts anew (once; there is nothing to clear).
    McuReset,
    /// Noise on the MCU's line, to the controller.
    McuGarbage,
    /// Frames on the CAN that are nobody's.
    CanGarbage,
    /// Noise on RS-485, to the controller.
    Rs485Garbage,
}

/// Whom a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole cabinet.
    Cabinet,
    /// One connector.
    Connector,
    /// One power module.
    Module,
    /// One bus tie.
    Tie,
}

impl What {
    /// All of them with their names in the control protocol.
    pub const NAMES: [(&'static str, Self); 18] = [
        ("estop", Self::EStop),
        ("isolation", Self::Isolation),
        ("weld", Self::Weld),
        ("tie_weld", Self::TieWeld),
        ("lock_stuck", Self::LockStuck),
        ("over_temperature", Self::OverTemperature),
        ("pilot_short", Self::PilotShort),
        ("car_vanish", Self::CarVanish),
        ("exi_garbage", Self::ExiGarbage),
        ("car_unplug_under_load", Self::CarUnplugUnderLoad),
        ("module_silent", Self::ModuleSilent),
        ("meter_silent", Self::MeterSilent),
        ("imd_silent", Self::ImdSilent),
        ("mcu_silent", Self::McuSilent),
        ("mcu_reset", Self::McuReset),
        ("mcu_garbage", Self::McuGarbage),
        ("can_garbage", Self::CanGarbage),
        ("rs485_garbage", Self::Rs485Garbage),
    ];

    /// Its name in the control protocol.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, what)| *what == self).map_or("?", |(name, _)| name)
    }

    /// Whom it strikes.
    pub const fn scope(self) -> Scope {
        match self {
            Self::EStop
            | Self::McuSilent
            | Self::McuReset
            | Self::McuGarbage
            | Self::CanGarbage
            | Self::Rs485Garbage => Scope::Cabinet,
            Self::ModuleSilent => Scope::Module,
            Self::TieWeld => Scope::Tie,
            Self::Isolation
            | Self::Weld
            | Self::LockStuck
            | Self::OverTemperature
            | Self::PilotShort
            | Self::CarVanish
            | Self::ExiGarbage
            | Self::CarUnplugUnderLoad
            | Self::MeterSilent
            | Self::ImdSilent => Scope::Connector,
        }
    }
}

/// A wire that can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cut {
    /// The power line between a car and its connector.
    Plc,
    /// The CAN.
    Can,
    /// The MCU's line.
    Mcu,
    /// The line of meters and monitors.
    Rs485,
}

impl Cut {
    /// All of them with their names in the control protocol.
    pub const NAMES: [(&'static str, Self); 4] =
        [("plc", Self::Plc), ("can", Self::Can), ("mcu", Self::Mcu), ("rs485", Self::Rs485)];

    /// Its name in the control protocol.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, cut)| *cut == self).map_or("?", |(name, _)| name)
    }
}

/// What is wrong now. The number is the connector's, the module's or the tie's; 0 stands for the cabinet.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    active: BTreeSet<(What, u8)>,
    cut: BTreeSet<(Cut, u8)>,
}

impl Faults {
    /// Whether it is wrong there.
    pub fn has(&self, what: What, whom: u8) -> bool {
        self.active.contains(&(what, whom))
    }

    /// Whether the wire is cut there.
    pub fn is_cut(&self, wire: Cut, whom: u8) -> bool {
        self.cut.contains(&(wire, whom))
    }

    /// Makes it wrong.
    pub fn set(&mut self, what: What, whom: u8) {
        self.active.insert((what, whom));
    }

    /// Cuts a wire.
    pub fn sever(&mut self, wire: Cut, whom: u8) {
        self.cut.insert((wire, whom));
    }

    /// Joins a wire again.
    pub fn join(&mut self, wire: Cut, whom: u8) {
        self.cut.remove(&(wire, whom));
    }

    /// Makes it right again.
    pub fn clear(&mut self, what: What, whom: u8) {
        self.active.remove(&(what, whom));
    }

    /// Everything that is wrong.
    pub fn iter(&self) -> impl Iterator<Item = (What, u8)> + '_ {
        self.active.iter().copied()
    }

    /// Every wire that is cut.
    pub fn cuts(&self) -> impl Iterator<Item = (Cut, u8)> + '_ {
        self.cut.iter().copied()
    }
}
