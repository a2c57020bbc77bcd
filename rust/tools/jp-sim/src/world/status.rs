//! The world as JSON. Numbers are integers in the unit that their field is named after.

use mcu_link::{ContactorFeedback, EStop, InhibitLine, Isolation, LockFeedback, PilotOutput, Place, Purpose};
use safety::Position;
use serde_json::{Value, json};
use units::Mono;

use super::{Seat, Seen, World};
use crate::{
    device::infy,
    inlet::{Mood, Slac, Switch},
    num::round,
};

impl World {
    /// Everything, as it is now.
    pub(super) fn status(&self, now: Mono) -> Value {
        let mcu = self.mcu.status(now);
        let garbage = self.mcu.garbage();
        let contactors: Vec<Value> = mcu
            .contactors
            .iter()
            .map(|one| {
                let layout = self.mcu.layout().find(|layout| layout.contactor == one.contactor);
                let place = layout.map(|layout| layout.place);
                json!({
                    "id": one.contactor.0,
                    "connector": match place {
                        Some(Place::Gun(connector)) => Some(connector.get()),
                        Some(Place::Tie(..)) | None => None,
                    },
                    "tie": match place {
                        Some(Place::Tie(one, other)) => Some([one.get(), other.get()]),
                        Some(Place::Gun(_)) | None => None,
                    },
                    "position": position(self.mcu.position(one.contactor)),
                    "granted": match one.granted {
                        Purpose::Open => "open",
                        Purpose::TestClose => "test_close",
                        Purpose::Energy => "energy",
                        Purpose::Tie => "tie",
                    },
                    "feedback": match one.feedback {
                        ContactorFeedback::Open => "open",
                        ContactorFeedback::Closed => "closed",
                        ContactorFeedback::Welded => "welded",
                    },
                    "refused": one.refused.map(|gate| format!("{gate:?}")),
                    "trip": one.trip.map(|trip| format!("{trip:?}")),
                })
            })
            .collect();
        json!({
            "at_ms": now.millis(),
            "connectors": self.seats.iter().map(|seat| Self::seat_status(seat, &mcu)).collect::<Vec<_>>(),
            "contactors": contactors,
            "ties": self.ties.iter().map(|tie| json!({
                "contactor_id": tie.contactor.0,
                "between": tie.between.map(|at| self.seats.get(at).map(|seat| seat.id.get())),
                "contactor": position(tie.position),
                "current_ma": round(tie.amps * 1_000.0),
                "hurts": tie.hurts,
            })).collect::<Vec<_>>(),
            "modules": self.modules.iter().map(|module| self.module_status(module)).collect::<Vec<_>>(),
            "mcu": {
                "boot_nonce": self.nonce,
                "e_stop": match mcu.e_stop { EStop::Released => "released", EStop::Pressed => "pressed" },
                "inhibit": match mcu.inhibit { InhibitLine::Inhibited => "inhibited", InhibitLine::Enabled => "enabled" },
                "lease_remaining_ms": mcu.lease_remaining_ms,
            },
            "garbage": {
                "mcu": garbage.dropped(),
                "mcu_sequence_gaps": garbage.sequence_gap,
                "can": self.no_frames,
                "rs485": self.rs485.garbage,
            },
            "errors": self.faults.iter().map(|(what, whom)| json!({ "what": what.name(), "whom": whom })).collect::<Vec<_>>(),
            "disconnected": self.faults.cuts().map(|(wire, whom)| json!({ "what": wire.name(), "whom": whom })).collect::<Vec<_>>(),
        })
    }

    fn seat_status(seat: &Seat, mcu: &mcu_link::Status) -> Value {
        let sides = seat.inlet.sides();
        let (to_car, from_car) = (&sides.to_car, &sides.from_car);
        let known = mcu.connectors.iter().find(|one| one.connector == seat.id);
        let isolation = known.map(|one| match one.isolation.state {
            Isolation::Unknown => "unknown",
            Isolation::Testing => "testing",
            Isolation::Valid { .. } => "valid",
            Isolation::Failed { .. } => "failed",
        });
        let car = seat.battery.as_ref().zip(to_car.plug).map(|(battery, (plug, _))| {
            json!({
                "plug": plug,
                "phase": from_car.phase,
                "slac": slac(from_car.slac),
                "link": if from_car.link_up { "up" } else { "down" },
                "s2": switch(from_car.s2),
                "contactor": switch(from_car.contactor),
                "mood": match to_car.mood { Mood::Charge => "charge", Mood::Pause => "pause", Mood::Stop => "stop" },
                "soc_percent": to_car.soc,
                "battery_mv": round(battery.open_circuit() * 1_000.0),
                "taken_mwh": round(battery.taken_wh * 1_000.0),
                "target_mv": from_car.target_mv,
                "target_ma": from_car.target_ma,
                "charger_said_mv": from_car.said_mv,
                "charger_said_ma": from_car.said_ma,
                "evse_id": from_car.evse_id,
            })
        });
        json!({
            "connector": seat.id.get(),
            "pilot": format!("{:?}", seat.seen.pilot),
            "output": output(seat.seen.output),
            "lock": lock(seat.seen.lock),
            "plug_count": known.map(|one| one.plug_count.0),
            "isolation": isolation,
            "isolation_ohms": round(seat.imd.ohms),
            "contactor": position(seat.seen.contactor),
            "contactor_id": seat.contactor,
            "bus_mv": round(seat.plant.bus_v * 1_000.0),
            "connector_mv": round(seat.plant.connector_v * 1_000.0),
            "current_ma": round(seat.plant.amps * 1_000.0),
            "temperature_dc": round(seat.plant.celsius * 10.0),
            "meter_wh": seat.meter.register_wh(),
            "meter_mwh": round(seat.meter.wh() * 1_000.0),
            "hurts": seat.hurts,
            "car": car,
        })
    }

    fn module_status(&self, module: &infy::Module) -> Value {
        let (set_v, set_a) = module.setpoint();
        let (volts, amps) = module.measured();
        let feeds = self.seats.iter().find(|seat| seat.modules.contains(&module.address));
        json!({
            "address": module.address,
            "connector": feeds.map(|seat| seat.id.get()),
            "switch": match module.switch { infy::Switch::Off => "off", infy::Switch::On => "on" },
            "delivers": module.delivers(),
            "inhibited": module.inhibited,
            "silent": module.voice == infy::Voice::Silent,
            "set_mv": round(set_v * 1_000.0),
            "set_ma": round(set_a * 1_000.0),
            "voltage_mv": round(volts * 1_000.0),
            "current_ma": round(amps * 1_000.0),
        })
    }
}

/// An event's name, and what of it there is to see.
type Column = (&'static str, fn(&Seen) -> Value);

/// Event by event, what is and what was.
pub(super) fn changes(is: &Seen, was: &Seen) -> Vec<(&'static str, Value, Value)> {
    let both = |f: fn(&Seen) -> Value| (f(is), f(was));
    let table: [Column; 8] = [
        ("pilot", |seen| json!(format!("{:?}", seen.pilot))),
        ("output", |seen| json!(output(seen.output))),
        ("lock", |seen| json!(lock(seen.lock))),
        ("contactor", |seen| json!(position(seen.contactor))),
        ("car_contactor", |seen| json!(switch(seen.car_contactor))),
        ("slac", |seen| json!(slac(seen.slac))),
        ("link", |seen| json!(if seen.link_up { "up" } else { "down" })),
        ("phase", |seen| json!(seen.phase)),
    ];
    if is == was {
        return Vec::new();
    }
    table
        .into_iter()
        .map(|(name, f)| {
            let (is, was) = both(f);
            (name, is, was)
        })
        .collect()
}

const fn position(position: Position) -> &'static str {
    match position {
        Position::Open => "open",
        Position::Closed => "closed",
    }
}

const fn switch(switch: Switch) -> &'static str {
    match switch {
        Switch::Open => "open",
        Switch::Closed => "closed",
    }
}

const fn lock(lock: LockFeedback) -> &'static str {
    match lock {
        LockFeedback::Unknown => "unknown",
        LockFeedback::Unlocked => "unlocked",
        LockFeedback::Locked => "locked",
    }
}

const fn output(output: PilotOutput) -> &'static str {
    match output {
        PilotOutput::Off => "off",
        PilotOutput::FivePercent => "five_percent",
        PilotOutput::StateF => "state_f",
    }
}

const fn slac(slac: Slac) -> &'static str {
    match slac {
        Slac::Idle => "idle",
        Slac::Matching => "matching",
        Slac::Matched => "matched",
        Slac::Failed => "failed",
    }
}
