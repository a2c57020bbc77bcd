//! What may happen to a cabinet. An [`Incident`] carries all its numbers, so that a run is its seed and a list of incidents, and
//! any part of the list can be run again by itself.

use core::time::Duration;

use units::Mono;

/// Something that happens at an instant, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// When it begins.
    pub at: Mono,
    /// For how long; not every kind has an end.
    pub lasts: Duration,
    /// What it is.
    pub what: What,
}

/// A connector, a module, a chain: by its place in the configuration, counted from 0.
pub type Place = usize;

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Somebody comes to charge. Drives on if the place is taken.
    Arrive(Place, CarSpec),
    /// A power module does not answer, and after a while delivers no more.
    ModuleSilent(Place),
    /// A power module reports a fault and delivers nothing.
    ModuleFault(Place),
    /// A power module says that it is 60 V above what it is at.
    ModuleMisreads(Place),
    /// The line between controller and MCU is cut.
    McuSilent,
    /// So many in a thousand messages between controller and MCU are lost.
    McuLossy(u64),
    /// The MCU starts anew.
    McuReset,
    /// Somebody presses the emergency stop.
    EmergencyStop,
    /// A contactor's contacts stick together.
    Weld(Place),
    /// A contactor does not close.
    Jam(Place),
    /// A lock comes open.
    LockBreaks(Place),
    /// The insulation of a car or cable is bad.
    IsolationFalls(Place),
    /// The contacts of a connector are too hot.
    Overheats(Place),
    /// A meter does not answer.
    MeterSilent(Place),
    /// A meter answers, and does not count.
    MeterFrozen(Place),
    /// A meter has lost a part of its count.
    MeterFallsBack(Place),
    /// Another meter answers.
    MeterReplaced(Place),
    /// An isolation monitor does not answer.
    MonitorSilent(Place),
    /// A car says nothing more.
    CarMute(Place),
    /// A car goes from C to B without a word.
    CarDropsPilot(Place),
    /// A car takes no notice when it is asked to stop.
    CarIgnoresStop(Place),
    /// A car asks for much less, and then for more again.
    CarThrottles(Place),
    /// Somebody tears the plug out.
    PlugTorn(Place),
    /// A chain's process dies and comes back.
    ChainDies(Place),
    /// The link between a chain's process and the controller is cut.
    LinkCut(Place),
    /// The controller is killed; it comes back after the time that this lasts.
    ControllerDies(Left),
    /// The power fails.
    PowerCut,
    /// The wall clock steps by so many milliseconds.
    ClockSteps(i64),
    /// The disk is slow: so many milliseconds a record.
    DiskSlow(u64),
    /// The disk is full.
    DiskFull,
    /// The CSMS does not answer.
    CsmsOutage,
    /// Somebody holds a card before the reader, and has no car.
    StrangeCard(u16),
    /// The CSMS stops a charge.
    RemoteStop(Place),
    /// The CSMS starts a charge.
    RemoteStart(Place),
    /// Somebody sets the site's limit to so many hundredths of what it was at first.
    SiteLimit(i64),
    /// The same with a chain's cap.
    ChainCap(Place, i64),
    /// Somebody lets a connector have so many A at most.
    ConnectorCurrent(Place, i64),
    /// Somebody gives a connector another label and ramp, which concerns no charge.
    Relabel(u64),
}

/// What a killed controller left in `/run` for the one after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// All of it.
    Whole,
    /// Nothing, or not a checkpoint.
    Nothing,
    /// That of another boot.
    OfAnotherBoot,
    /// An older one: from so many milliseconds before.
    Old(u64),
}

/// A car, and who drives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarSpec {
    /// What its battery holds, in Wh.
    pub capacity_wh: i64,
    /// Its state of charge at arrival, in thousandths.
    pub arrives_at: i64,
    /// When it has enough, in thousandths.
    pub enough_at: i64,
    /// The voltage of its empty and its full battery, in V.
    pub voltage: (i64, i64),
    /// The most current that it takes, in A.
    pub max_current: i64,
    /// The most power that it takes, in W.
    pub max_power: i64,
    /// The card of its driver; only an even one is good.
    pub card: u16,
    /// When the card is shown: so long after plugging in.
    pub card_after: Duration,
    /// How long the driver stays at most.
    pub stays: Duration,
    /// How long after the end the driver comes back.
    pub lingers: Duration,
}

impl CarSpec {
    /// A car of 400 V that charges at up to 40 A for a long while, with a good card.
    pub fn steady() -> Self {
        Self {
            capacity_wh: 200_000,
            arrives_at: 100,
            enough_at: 500,
            voltage: (380, 400),
            max_current: 40,
            max_power: 30_000,
            card: 2,
            card_after: Duration::from_secs(3),
            stays: Duration::from_hours(5),
            lingers: Duration::from_secs(20),
        }
    }
}

impl What {
    /// Its kind, in one word.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Arrive(..) => "arrive",
            Self::ModuleSilent(_) => "module silent",
            Self::ModuleFault(_) => "module fault",
            Self::ModuleMisreads(_) => "module misreads",
            Self::McuSilent => "mcu silent",
            Self::McuLossy(_) => "mcu frames lost",
            Self::McuReset => "mcu reset",
            Self::EmergencyStop => "emergency stop",
            Self::Weld(_) => "contactor welds",
            Self::Jam(_) => "contactor jams",
            Self::LockBreaks(_) => "lock breaks",
            Self::IsolationFalls(_) => "insulation falls",
            Self::Overheats(_) => "overheats",
            Self::MeterSilent(_) => "meter silent",
            Self::MeterFrozen(_) => "meter frozen",
            Self::MeterFallsBack(_) => "meter falls back",
            Self::MeterReplaced(_) => "meter replaced",
            Self::MonitorSilent(_) => "monitor silent",
            Self::CarMute(_) => "car mute",
            Self::CarDropsPilot(_) => "car drops pilot",
            Self::CarIgnoresStop(_) => "car ignores stop",
            Self::CarThrottles(_) => "car throttles",
            Self::PlugTorn(_) => "plug torn",
            Self::ChainDies(_) => "plc dies",
            Self::LinkCut(_) => "plc link cut",
            Self::ControllerDies(_) => "controller dies",
            Self::PowerCut => "power cut",
            Self::ClockSteps(_) => "clock steps",
            Self::DiskSlow(_) => "disk slow",
            Self::DiskFull => "disk full",
            Self::CsmsOutage => "csms outage",
            Self::StrangeCard(_) => "strange card",
            Self::RemoteStop(_) => "remote stop",
            Self::RemoteStart(_) => "remote start",
            Self::SiteLimit(_) => "site limit",
            Self::ChainCap(..) => "chain cap",
            Self::ConnectorCurrent(..) => "connector current",
            Self::Relabel(_) => "relabel",
        }
    }

    /// Whether it belongs to an ordinary day.
    pub const fn is_ordinary(&self) -> bool {
        matches!(self, Self::Arrive(..) | Self::StrangeCard(_) | Self::RemoteStop(_) | Self::RemoteStart(_))
    }
}
