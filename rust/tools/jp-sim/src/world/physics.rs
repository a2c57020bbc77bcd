//! What flows where: islands of slots, their modules and their cars.

use safety::{Input, Position};
use serde_json::{Value, json};
use units::{ConnectorId, Milliamps, Mono};

use super::{STEP_SECONDS, Tie, World};
use crate::{
    fault::What,
    flow,
    inlet::Switch,
    num::round,
    plant::{self, Hurt, Load, Slot, Source},
};

impl World {
    /// Ties move; what that hurts is told.
    pub(super) fn join_and_part(&mut self) {
        let mut hurts = Vec::new();
        for tie in &mut self.ties {
            let position = self.mcu.position(tie.contactor);
            let hurt = match (tie.position, position) {
                (Position::Open, Position::Closed) => {
                    let [one, other] = tie.between.map(|at| self.seats.get(at).map(|seat| &seat.plant));
                    one.zip(other).and_then(|(one, other)| plant::joined(one, other))
                }
                (Position::Closed, Position::Open) => plant::parted(tie.amps),
                _ => None,
            };
            tie.position = position;
            tie.hurts += u32::from(hurt.is_some());
            hurts.extend(hurt.map(|hurt| (hurt, tie.contactor.0)));
        }
        for (hurt, tie) in hurts {
            self.tell_hurt(hurt, None, Some(tie));
        }
    }

    /// Moves each island on, and says what flows over its ties.
    pub(super) fn flow(&mut self) {
        let islands = self.islands();
        let mut fed = vec![0.0; self.seats.len()];
        let mut hurts = Vec::new();
        for island in 0..self.seats.len() {
            if !islands.contains(&island) {
                continue;
            }
            let member = |at: usize| islands.get(at) == Some(&island);
            // The modules that deliver here, with the place of their seat.
            let seat_of = |address: u8| self.seats.iter().position(|seat| seat.modules.contains(&address));
            let feeds: Vec<Option<usize>> =
                self.modules.iter().map(|module| seat_of(module.address).filter(|at| member(*at))).collect();
            let delivering = self.modules.iter().zip(&feeds).filter(|(module, at)| at.is_some() && module.delivers());
            let mut sources: Vec<Source> = delivering
                .map(|(module, _)| Source { volts: module.voltage(), limit: module.limit(), amps: 0.0 })
                .collect();
            let mut slots = Vec::new();
            for (_, seat) in self.seats.iter_mut().enumerate().filter(|(at, _)| member(*at)) {
                let sides = seat.inlet.sides();
                let closed = sides.to_car.plug.is_some() && sides.from_car.contactor == Switch::Closed;
                drop(sides);
                let load = match &mut seat.battery {
                    Some(battery) if closed => Load::Battery(battery),
                    _ => Load::Open,
                };
                slots.push((seat.id, Slot { plant: &mut seat.plant, contactor: self.mcu.conducts(seat.id), load }));
            }
            let (ids, mut slots): (Vec<ConnectorId>, Vec<Slot<'_>>) = slots.into_iter().unzip();
            let hurt = plant::step(STEP_SECONDS, &mut sources, &mut slots);
            hurts.extend(ids.into_iter().zip(hurt).filter_map(|(id, hurt)| Some((id, hurt?))));
            drop(slots);

            let mut gives = sources.iter().map(|source| source.amps);
            for (module, at) in self.modules.iter_mut().zip(feeds) {
                let Some(at) = at else { continue };
                let amps = if module.delivers() { gives.next().unwrap_or_default() } else { 0.0 };
                module.measure(self.seats.get(at).map_or(0.0, |seat| seat.plant.bus_v), amps);
                if let Some(fed) = fed.get_mut(at) {
                    *fed += amps;
                }
            }
        }
        for (seat, fed) in self.seats.iter().zip(&mut fed) {
            *fed -= seat.plant.amps;
        }
        self.over_ties(&fed);
        for (id, hurt) in hurts {
            if let Some(seat) = self.seats.iter_mut().find(|seat| seat.id == id) {
                seat.hurts += 1;
            }
            self.tell_hurt(hurt, Some(id), None);
        }
    }

    fn over_ties(&mut self, fed: &[f64]) {
        let closed = |tie: &Tie| tie.position == Position::Closed;
        let between: Vec<[usize; 2]> = self.ties.iter().filter(|tie| closed(tie)).map(|tie| tie.between).collect();
        let mut flows = flow::over_ties(fed, &between).into_iter();
        for tie in &mut self.ties {
            tie.amps = if closed(tie) { flows.next().unwrap_or_default() } else { 0.0 };
        }
    }

    /// For each seat the least place of its island.
    fn islands(&self) -> Vec<usize> {
        let mut islands: Vec<usize> = (0..self.seats.len()).collect();
        for tie in self.ties.iter().filter(|tie| tie.position == Position::Closed) {
            let [one, other] = tie.between.map(|at| islands.get(at).copied().unwrap_or_default());
            for island in &mut islands {
                if *island == one.max(other) {
                    *island = one.min(other);
                }
            }
        }
        islands
    }

    /// The MCU reads the ties' sensors.
    pub(super) fn read_ties(&mut self, now: Mono) {
        for tie in &self.ties {
            let welded = self.faults.has(What::TieWeld, tie.contactor.0);
            self.mcu.weld_contactor(tie.contactor, welded);
            let current = Milliamps(round(tie.amps * 1_000.0));
            self.mcu.tell(now, Input::TieCurrent { contactor: tie.contactor, current });
        }
    }

    fn tell_hurt(&mut self, hurt: Hurt, connector: Option<ConnectorId>, tie: Option<u8>) {
        let (event, mut detail): (_, Value) = match hurt {
            Hurt::OpenedUnderLoad { amps } => ("opened_under_load", json!({ "current_ma": round(amps * 1_000.0) })),
            Hurt::Inrush { volts } => ("inrush", json!({ "voltage_mv": round(volts * 1_000.0) })),
        };
        if let (Value::Object(detail), Some(tie)) = (&mut detail, tie) {
            detail.insert("tie".to_owned(), json!(tie));
        }
        self.tell(event, connector, &detail);
    }
}
