//! Commands carried out.

use mcu_link::LockFeedback;
use serde_json::{Value, json};
use units::Mono;

use super::{Seat, Wired, World};
use crate::{
    control::{Command, Force, Refusal},
    fault::{Cut, Scope, What},
    inlet::{Car, Mood},
    num::float,
    plant::Battery,
    wire::{Outgoing, Wire},
};

impl World {
    /// Carries out a command; the answer's fields beside `ok`.
    pub fn command(&mut self, now: Mono, command: &Command) -> Result<Value, Refusal> {
        match command {
            Command::PlugIn { connector, car } => self.plug_in(*connector, *car),
            Command::PlugOut { connector, force } => self.plug_out(*connector, *force),
            Command::Swipe { uid } => {
                self.outgoing.push(Outgoing::Bytes(Wire::Rfid, format!("{uid}\n").into_bytes()));
                self.tell("swipe", None, &json!(uid));
                Ok(json!({ "uid": uid }))
            }
            Command::Mood { connector, mood } => {
                let seat = self.seat(*connector)?;
                let mut sides = seat.inlet.sides();
                if sides.to_car.plug.is_none() {
                    return Err(Refusal::state("no_car", format!("no car at connector {connector}")));
                }
                sides.to_car.mood = *mood;
                Ok(json!({ "connector": connector }))
            }
            Command::Error { what, whom } => self.error(now, *what, *whom),
            Command::Clear { what, whom } => Ok(self.clear(*what, *whom)),
            Command::Disconnect { wire, whom } => self.cut(*wire, *whom, true),
            Command::Connect { wire, whom } => self.cut(*wire, *whom, false),
            Command::Meter { connector, wh } => {
                let seat = self.seat(*connector)?;
                seat.meter.exchange(float((*wh).into()));
                Ok(json!({ "connector": connector, "wh": wh }))
            }
            Command::Status => Ok(self.status(now)),
            Command::Subscribe => Ok(json!({})),
        }
    }

    fn seat(&mut self, connector: u8) -> Result<&mut Seat, Refusal> {
        let known: Vec<String> = self.seats.iter().map(|seat| seat.id.to_string()).collect();
        self.seats
            .iter_mut()
            .find(|seat| seat.id.get() == connector)
            .ok_or_else(|| Refusal::field("unknown_connector", "connector", &connector.to_string(), known.join(" or ")))
    }

    fn plug_in(&mut self, connector: u8, car: Car) -> Result<Value, Refusal> {
        let seat = self.seat(connector)?;
        if seat.battery.is_some() {
            return Err(Refusal::state("plugged_in", format!("connector {connector} has a car already")));
        }
        let wired = seat.wired == Wired::Yes;
        seat.plugs += 1;
        let soc = f64::from(car.soc);
        seat.battery = Some(Battery {
            volts: float(car.battery_v.into()),
            soc,
            soc_at_start: soc,
            capacity_wh: float(car.capacity_wh.into()),
            taken_wh: 0.0,
        });
        let plug = seat.plugs;
        let mut sides = seat.inlet.sides();
        sides.to_car.plug = Some((plug, car));
        sides.to_car.mood = Mood::Charge;
        drop(sides);
        let id = seat.id;
        self.tell("plugged_in", Some(id), &json!({ "plug": plug }));
        Ok(json!({ "connector": connector, "plug": plug, "power_line": wired }))
    }

    fn plug_out(&mut self, connector: u8, force: Force) -> Result<Value, Refusal> {
        let seat = self.seat(connector)?;
        let id = seat.id;
        if seat.battery.is_none() {
            return Err(Refusal::state("no_car", format!("no car at connector {connector}")));
        }
        if force == Force::Gentle && self.mcu.lock(id) != LockFeedback::Unlocked {
            let message = format!("connector {connector} is locked, expected it unlocked or force: true");
            return Err(Refusal::state("locked", message));
        }
        self.unplug(connector)?;
        Ok(json!({ "connector": connector }))
    }

    fn unplug(&mut self, connector: u8) -> Result<(), Refusal> {
        let seat = self.seat(connector)?;
        let id = seat.id;
        seat.battery = None;
        let mut sides = seat.inlet.sides();
        sides.to_car.plug = None;
        // At once and not when the car's thread gets to it: a pulled plug has no S2 and no contactor.
        sides.from_car = crate::inlet::FromCar { phase: "", ..Default::default() };
        drop(sides);
        self.tell("plugged_out", Some(id), &json!(null));
        Ok(())
    }

    fn error(&mut self, now: Mono, what: What, whom: u8) -> Result<Value, Refusal> {
        match what.scope() {
            Scope::Cabinet | Scope::Tie => {}
            Scope::Connector => {
                self.seat(whom)?;
            }
            Scope::Module => {
                let known: Vec<String> = self.modules.iter().map(|module| module.address.to_string()).collect();
                if !self.modules.iter().any(|module| module.address == whom) {
                    return Err(Refusal::field("unknown_module", "module", &whom.to_string(), known.join(" or ")));
                }
            }
        }
        match what {
            What::TieWeld if !self.ties.iter().any(|tie| tie.contactor.0 == whom) => {
                let known: Vec<String> = self.ties.iter().map(|tie| tie.contactor.0.to_string()).collect();
                return Err(Refusal::field("unknown_tie", "tie", &whom.to_string(), known.join(" or ")));
            }
            // These happen once; there is nothing to be put right again.
            What::McuReset => {
                self.nonce = self.nonce.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                self.mcu.reset(self.nonce, now);
                self.flush_mcu();
            }
            What::CarUnplugUnderLoad => self.unplug(whom)?,
            _ => self.faults.set(what, whom),
        }
        self.tell("error", None, &json!({ "what": what.name(), "whom": whom }));
        Ok(json!({ "what": what.name() }))
    }

    fn clear(&mut self, what: Option<What>, whom: Option<u8>) -> Value {
        let gone: Vec<(What, u8)> = self
            .faults
            .iter()
            .filter(|(is, at)| {
                what.is_none_or(|what| what == *is)
                    && whom.is_none_or(|whom| whom == *at && (what.is_some() || is.scope() == Scope::Connector))
            })
            .collect();
        for (what, whom) in &gone {
            self.faults.clear(*what, *whom);
            self.tell("clear", None, &json!({ "what": what.name(), "whom": whom }));
        }
        let names: Vec<&str> = gone.iter().map(|(what, _)| what.name()).collect();
        json!({ "cleared": names })
    }

    fn cut(&mut self, wire: Cut, whom: u8, cut: bool) -> Result<Value, Refusal> {
        if wire == Cut::Plc {
            self.seat(whom)?;
        }
        if cut {
            self.faults.sever(wire, whom);
        } else {
            self.faults.join(wire, whom);
        }
        self.tell(if cut { "disconnect" } else { "connect" }, None, &json!({ "what": wire.name(), "whom": whom }));
        Ok(json!({ "what": wire.name() }))
    }
}
