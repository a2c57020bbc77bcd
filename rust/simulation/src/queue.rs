//! What is going to happen, in order.

use std::{cmp::Ordering, collections::BinaryHeap};

use api::link::ToPlc;
use cabinet::Input;
use charging::Setpoint;
use mcu_link::ToMcu;
use units::Mono;

/// One thing that is going to happen. Numbers are indices into the world's lists.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// An incident begins.
    Incident(usize),
    /// It is over.
    Over(usize),
    /// The power is back.
    PowerBack,
    /// The controller's process starts and listens.
    ControllerStarts,
    /// It decides on what it heard.
    ControllerDecides,
    /// The cabinet wanted to be woken.
    Wake,
    /// A plc process starts.
    ChainStarts(usize),
    /// A plc process dials.
    ChainDials(usize),
    /// The MCU starts.
    McuStarts,
    /// The MCU's time.
    Mcu,
    /// An isolation test of the MCU has its result.
    Isolation(usize),
    /// Contacts, locks, voltages and currents move on.
    Plant(usize),
    /// A module's driver speaks.
    Module(usize),
    /// A meter is asked.
    Meter(usize),
    /// An isolation monitor is asked.
    Monitor(usize),
    /// A car's next move.
    Car(usize),
    /// The person with the car.
    Person(usize),
    /// The back end looks for questions.
    Csms,
    /// Somebody from service comes by.
    Technician,
    /// The clock is read.
    Clock,
    /// The disk has written the next record.
    Disk,
    /// To the controller.
    Hear(Box<Input>),
    /// To the MCU.
    McuHears(Box<ToMcu>),
    /// To a module.
    ModuleHears(usize, Setpoint),
    /// To a plc process.
    ChainHears(usize, Box<ToPlc>),
    /// The end of the run's faults: everybody leaves.
    EverybodyLeaves,
    /// One good car at each connector.
    Probe,
    /// It must charge by now.
    Probed,
    /// The end.
    End,
}

struct Entry {
    at: Mono,
    number: u64,
    event: Event,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Entry {
    // The heap gives the largest first; the earliest is to be it, and of two at one instant the one that was put in first.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

/// The queue.
#[derive(Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Entry>,
    number: u64,
}

impl Queue {
    pub(crate) fn put(&mut self, at: Mono, event: Event) {
        self.number += 1;
        self.heap.push(Entry { at, number: self.number, event });
    }

    pub(crate) fn take(&mut self) -> Option<(Mono, Event)> {
        let entry = self.heap.pop()?;
        Some((entry.at, entry.event))
    }
}

/// When a part acts next; what was put into the queue before that and is no longer meant is passed over.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timer(pub(crate) Option<Mono>);

impl Timer {
    /// Acts at `at`, or sooner if that was meant already. `true` if it has to be put into the queue.
    pub(crate) fn sooner(&mut self, at: Mono) -> bool {
        let sooner = self.0.is_none_or(|due| at < due);
        if sooner {
            self.0 = Some(at);
        }
        sooner
    }

    /// Acts at `at`, whatever was meant before. `true` if it has to be put into the queue.
    pub(crate) fn exactly(&mut self, at: Mono) -> bool {
        let other = self.0 != Some(at);
        self.0 = Some(at);
        other
    }

    /// Whether this is the instant that was meant last.
    pub(crate) fn fires(&mut self, now: Mono) -> bool {
        let fires = self.0 == Some(now);
        if fires {
            self.0 = None;
        }
        fires
    }

    pub(crate) const fn stop(&mut self) {
        self.0 = None;
    }
}
