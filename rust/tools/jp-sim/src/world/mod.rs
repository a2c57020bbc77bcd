//! The outside world as one machine: devices, physics and commands, without a thread or a socket of its own.
//!
//! [`World::step`] moves it on in steps of [`STEP`]; what it wants to say goes out by [`World::take_outgoing`]. Cars run
//! elsewhere and share an [`Inlet`] with it.

mod commands;
mod physics;
mod status;

use std::time::Duration;

use mcu_link::{EStop, InhibitLine, LockFeedback, PilotOutput, PilotState, Place};
use safety::{Position, Readings};
use serde_json::{Value, json};
use units::{ConnectorId, ContactorId, DeciCelsius, Milliamps, Millivolts, Mono, Ohms};

use crate::{
    cabinet::Cabinet,
    device::{
        imd::Imd,
        infy::{self, Module, Voice},
        mcu::Mcu,
        meter::Meter,
        modbus,
    },
    fault::{Cut, Faults, What},
    inlet::{Inlet, Mood, Slac, Switch},
    num::{float, round, round_to},
    plant::{Battery, Plant},
    wire::{Incoming, Outgoing, Wire, can::CanFrame},
};

/// The physics' step.
pub const STEP: Duration = Duration::from_millis(5);
const STEP_SECONDS: f64 = 0.005;
/// After a pause longer than this the world does not catch up: it stood still.
const CATCH_UP: Duration = Duration::from_millis(250);
/// A Modbus frame is over when the line has been silent for so long.
const GAP: Duration = Duration::from_millis(50);
/// Noise comes at this pace.
const NOISE: Duration = Duration::from_millis(100);

const GOOD_OHMS: f64 = 2_000_000.0;
const BAD_OHMS: f64 = 20_000.0;
const HOT: f64 = 120.0;

/// One connector with all that hangs on it.
#[derive(Debug)]
struct Seat {
    id: ConnectorId,
    contactor: u8,
    modules: Vec<u8>,
    meter: Meter,
    imd: Imd,
    plant: Plant,
    inlet: Inlet,
    wired: Wired,
    plugs: u32,
    battery: Option<Battery>,
    hurts: u32,
    seen: Seen,
}

/// One bus tie.
#[derive(Debug)]
struct Tie {
    contactor: ContactorId,
    /// The places of its two seats.
    between: [usize; 2],
    position: Position,
    amps: f64,
    hurts: u32,
}

/// Whether the car has a power line to speak on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wired {
    Yes,
    No,
}

/// What was last told of, to tell of changes only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seen {
    pilot: PilotState,
    output: PilotOutput,
    lock: LockFeedback,
    contactor: Position,
    car_contactor: Switch,
    slac: Slac,
    link_up: bool,
    phase: &'static str,
}

/// The outside world.
#[derive(Debug)]
pub struct World {
    seats: Vec<Seat>,
    modules: Vec<Module>,
    ties: Vec<Tie>,
    mcu: Mcu,
    nonce: u32,
    faults: Faults,
    rs485: modbus::Reader,
    rs485_heard: Mono,
    no_frames: u64,
    outgoing: Vec<Outgoing>,
    events: Vec<Value>,
    stepped: Mono,
    noise_at: Mono,
}

impl World {
    /// A world in which nothing has happened yet. `nonce` is the MCU's, drawn at random.
    pub fn new(cabinet: &Cabinet, nonce: u32, now: Mono) -> Self {
        let seat = |one: &crate::cabinet::Connector| {
            Some(Seat {
                id: ConnectorId::new(one.id)?,
                contactor: one.contactor,
                modules: one.modules.clone(),
                meter: Meter::new(one.meter, cabinet.meter_resolution_wh, float(one.meter_wh.into())),
                imd: Imd::new(one.imd),
                plant: Plant::default(),
                inlet: Inlet::default(),
                wired: if one.car.is_some() { Wired::Yes } else { Wired::No },
                plugs: 0,
                battery: None,
                hurts: 0,
                seen: Seen::default(),
            })
        };
        let module = |one: &crate::cabinet::Module| Module::new(one.address, one.group, one.rating(), now);
        let seats: Vec<Seat> = cabinet.connectors.iter().filter_map(seat).collect();
        let tie = |one: &crate::cabinet::Tie| {
            let at = |id: u8| seats.iter().position(|seat| seat.id.get() == id);
            let between = [at(one.between[0])?, at(one.between[1])?];
            let contactor = ContactorId(one.contactor);
            Some(Tie { contactor, between, position: Position::Open, amps: 0.0, hurts: 0 })
        };
        Self {
            ties: cabinet.ties.iter().filter_map(tie).collect(),
            seats,
            modules: cabinet.modules.iter().map(module).collect(),
            mcu: Mcu::new(&cabinet.contactors(), cabinet.limits(), nonce, now),
            nonce,
            faults: Faults::default(),
            rs485: modbus::Reader::default(),
            rs485_heard: now,
            no_frames: 0,
            outgoing: Vec::new(),
            events: Vec::new(),
            stepped: now,
            noise_at: now,
        }
    }

    /// What a connector's car shares with the physics.
    pub fn inlet(&self, connector: u8) -> Option<Inlet> {
        self.seats.iter().find(|seat| seat.id.get() == connector).map(|seat| seat.inlet.clone())
    }

    /// What is to go over the wires.
    pub fn take_outgoing(&mut self) -> Vec<Outgoing> {
        std::mem::take(&mut self.outgoing)
    }

    /// What happened, as JSON for subscribers.
    pub fn take_events(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.events)
    }

    fn tell(&mut self, event: &str, connector: Option<ConnectorId>, detail: &Value) {
        let at_ms = self.stepped.millis();
        let connector = connector.map(ConnectorId::get);
        self.events.push(json!({ "event": event, "at_ms": at_ms, "connector": connector, "detail": detail }));
    }

    /// Takes what came over a wire.
    pub fn receive(&mut self, now: Mono, incoming: Incoming) {
        match incoming {
            Incoming::Frame(_) | Incoming::NoFrame if self.faults.is_cut(Cut::Can, 0) => {}
            Incoming::NoFrame => self.no_frames += 1,
            Incoming::Frame(frame) => {
                let answers = infy::receive(&mut self.modules, now, &frame);
                self.outgoing.extend(answers.into_iter().map(Outgoing::Frame));
            }
            Incoming::Bytes(Wire::Mcu, bytes) if !self.faults.is_cut(Cut::Mcu, 0) => {
                if let Some(pause) = self.mcu.receive(now, &bytes) {
                    self.tell(
                        "lease",
                        None,
                        &json!({ "pause_ms": u64::try_from(pause.as_millis()).unwrap_or(u64::MAX) }),
                    );
                }
                self.flush_mcu();
            }
            Incoming::Bytes(Wire::Rs485, bytes) if !self.faults.is_cut(Cut::Rs485, 0) => self.modbus(now, &bytes),
            // A card reader is not spoken to.
            Incoming::Bytes(..) => {}
        }
    }

    fn modbus(&mut self, now: Mono, bytes: &[u8]) {
        if now.since(self.rs485_heard) > GAP {
            self.rs485.gap();
        }
        self.rs485_heard = now;
        for request in self.rs485.feed(bytes) {
            for seat in &mut self.seats {
                let id = seat.id.get();
                let answer = if seat.meter.address == request.address && !self.faults.has(What::MeterSilent, id) {
                    seat.meter.answer(&request)
                } else if seat.imd.address == request.address && !self.faults.has(What::ImdSilent, id) {
                    seat.imd.answer(now, &request)
                } else {
                    continue;
                };
                self.outgoing.push(Outgoing::Bytes(Wire::Rs485, request.answer(answer)));
            }
        }
    }

    fn flush_mcu(&mut self) {
        let frames = self.mcu.take_frames();
        if !self.faults.is_cut(Cut::Mcu, 0) && !self.faults.has(What::McuSilent, 0) {
            self.outgoing.extend(frames.into_iter().map(|frame| Outgoing::Bytes(Wire::Mcu, frame)));
        }
    }

    /// Moves on to `now`. Call it every [`STEP`].
    pub fn step(&mut self, now: Mono) {
        if now.since(self.stepped) > CATCH_UP {
            self.stepped = now - CATCH_UP;
        }
        while now.since(self.stepped) >= STEP {
            self.stepped = self.stepped + STEP;
            self.one_step(self.stepped);
        }
        if now.since(self.noise_at) >= NOISE {
            self.noise_at = now;
            self.noise();
        }
    }

    fn one_step(&mut self, now: Mono) {
        let e_stop = if self.faults.has(What::EStop, 0) { EStop::Pressed } else { EStop::Released };
        self.mcu.e_stop(now, e_stop);
        let inhibited = self.mcu.inhibit() == InhibitLine::Inhibited;
        for module in &mut self.modules {
            module.inhibited = inhibited;
            let silent = self.faults.has(What::ModuleSilent, module.address) || self.faults.is_cut(Cut::Can, 0);
            module.voice = if silent { Voice::Silent } else { Voice::Normal };
            module.step(now, STEP_SECONDS);
        }
        self.join_and_part();
        self.flow();
        for at in 0..self.seats.len() {
            self.step_seat(now, at);
        }
        self.read_ties(now);
        self.mcu.step(now);
        self.flush_mcu();
    }

    fn step_seat(&mut self, now: Mono, at: usize) {
        let Some(seat) = self.seats.get_mut(at) else { return };
        let id = seat.id.get();
        let mut sides = seat.inlet.sides();
        let car = sides.from_car.clone();
        let plugged = sides.to_car.plug.is_some();
        let news = sides.take_news();

        let (plant, contactor) = (seat.plant, self.mcu.conducts(seat.id));
        let car_contactor = if plugged { car.contactor } else { Switch::Open };
        seat.meter.measure(plant.connector_v, plant.amps, STEP_SECONDS);
        let ohms = if self.faults.has(What::Isolation, id) { BAD_OHMS } else { GOOD_OHMS };
        (seat.imd.ohms, seat.imd.volts) = (ohms, plant.bus_v);

        // The car's driver and its instruments.
        let to_car = &mut sides.to_car;
        if let (Some(battery), Some((_, car))) = (&seat.battery, to_car.plug) {
            let enough = car.energy_wh.is_some_and(|wh| battery.taken_wh >= float(wh.into()));
            if enough || battery.soc >= 100.0 {
                to_car.mood = Mood::Stop;
            }
            to_car.soc = round_to(battery.soc.floor());
            to_car.battery_mv = round(battery.open_circuit() * 1_000.0);
        }
        to_car.output = self.mcu.pilot_output(seat.id);
        to_car.inlet_mv = round(plant.connector_v * 1_000.0);
        to_car.current_ma = round(plant.amps * 1_000.0);
        to_car.plc_cut = self.faults.is_cut(Cut::Plc, id);
        to_car.vanish = self.faults.has(What::CarVanish, id);
        to_car.exi_garbage = self.faults.has(What::ExiGarbage, id);
        let output = to_car.output;
        drop(sides);

        // The MCU's sensors.
        let pilot = if self.faults.has(What::PilotShort, id) { PilotState::E } else { pilot(output, plugged, car.s2) };
        let hot = self.faults.has(What::OverTemperature, id);
        let readings = Readings {
            connector: seat.id,
            pilot,
            lock: LockFeedback::Unknown,
            bus_voltage: Millivolts(round(plant.bus_v * 1_000.0)),
            connector_voltage: Millivolts(round(plant.connector_v * 1_000.0)),
            current: Milliamps(round(plant.amps * 1_000.0)),
            temperature: DeciCelsius(round_to(if hot { HOT } else { plant.celsius } * 10.0)),
        };
        self.mcu.weld(Place::Gun(seat.id), self.faults.has(What::Weld, id));
        self.mcu.block_lock(seat.id, self.faults.has(What::LockStuck, id));
        self.mcu.read(now, readings, Ohms(round(ohms)));

        let seen = Seen {
            pilot,
            output,
            lock: self.mcu.lock(seat.id),
            contactor,
            car_contactor,
            slac: car.slac,
            link_up: car.link_up,
            phase: car.phase,
        };
        let before = std::mem::replace(&mut seat.seen, seen.clone());
        let connector = Some(seat.id);
        for (event, detail) in news {
            self.tell(event, connector, &json!(detail));
        }
        for (event, is, was) in status::changes(&seen, &before) {
            if is != was {
                self.tell(event, connector, &is);
            }
        }
    }

    fn noise(&mut self) {
        let can = self.faults.has(What::CanGarbage, 0) && !self.faults.is_cut(Cut::Can, 0);
        if can {
            // A packet that is too short, a remote frame, and a sound frame that is nobody's.
            self.outgoing.push(Outgoing::Bytes(Wire::Can, b"t12\r".to_vec()));
            self.outgoing.push(Outgoing::Frame(CanFrame::extended(0x1FFF_FFFF, [0xFF; 8])));
            self.outgoing.push(Outgoing::Frame(CanFrame::extended(0x0283_F03F, [0xFF; 8])));
        }
        for (what, cut, wire) in
            [(What::McuGarbage, Cut::Mcu, Wire::Mcu), (What::Rs485Garbage, Cut::Rs485, Wire::Rs485)]
        {
            if self.faults.has(what, 0) && !self.faults.is_cut(cut, 0) {
                self.outgoing.push(Outgoing::Bytes(wire, vec![0x00, 0x55, 0xFF, 0x01, 0x02, 0x00, 0xAA, 0x00]));
            }
        }
    }
}

/// What the MCU reads on the pilot.
const fn pilot(output: PilotOutput, plugged: bool, s2: Switch) -> PilotState {
    match (output, plugged, s2) {
        (PilotOutput::StateF, ..) => PilotState::F,
        (_, false, _) => PilotState::A,
        (_, true, Switch::Open) => PilotState::B,
        (_, true, Switch::Closed) => PilotState::C,
    }
}
