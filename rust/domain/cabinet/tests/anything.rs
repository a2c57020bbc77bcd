//! Whatever happens in whatever order: nothing is opened under load, unlocked while live, closed for another plug-in (the world
//! asserts these), no cap is exceeded, every session that began ends with the meter's own numbers, and no state is without an exit.
#![cfg(test)]

mod world;

use std::time::Duration;

use api::{
    command::{StopReason, Verdict},
    state::{Authorisation, Phase},
};
use cabinet::{Command, Input};
use proptest::prelude::*;
use units::{IdTag, Milliamps};
use world::{World, connector};

/// Something that a driver, a fault or a person may do.
#[derive(Clone, Copy, Debug)]
enum Act {
    Plug(u8),
    Unplug(u8),
    Card(u8),
    Verdict(bool),
    Stop(u8),
    Clear(u8),
    Start(u8),
    EmergencyStop(bool),
    ModuleSilent(u8, bool),
    McuSilent(bool),
    CarVanishes(u8),
    PilotFalls(u8),
    McuResets,
    PlcRestarts,
    ControllerRestarts,
}

fn act() -> impl Strategy<Value = Act> {
    let id = 1_u8..3;
    prop_oneof![
        4 => id.clone().prop_map(Act::Plug),
        2 => id.clone().prop_map(Act::Unplug),
        4 => id.clone().prop_map(Act::Card),
        6 => prop::bool::weighted(0.8).prop_map(Act::Verdict),
        1 => id.clone().prop_map(Act::Stop),
        2 => id.clone().prop_map(Act::Clear),
        1 => id.clone().prop_map(Act::Start),
        1 => any::<bool>().prop_map(Act::EmergencyStop),
        1 => (id.clone(), any::<bool>()).prop_map(|(id, silent)| Act::ModuleSilent(id, silent)),
        1 => any::<bool>().prop_map(Act::McuSilent),
        1 => id.clone().prop_map(Act::CarVanishes),
        1 => id.prop_map(Act::PilotFalls),
        1 => Just(Act::McuResets),
        1 => Just(Act::PlcRestarts),
        1 => Just(Act::ControllerRestarts),
    ]
}

fn carry_out(world: &mut World, act: Act, n: usize) {
    let id_of = |n: usize| format!("command-{n}");
    let command = |command: Command| Input::Command(command);
    match act {
        Act::Plug(id) if world.outlet(id).car.is_none() => world.plug_in(id, Milliamps::from_amps(40), None),
        // A locked plug cannot be pulled.
        Act::Unplug(id) if world.outlet(id).lock != mcu_link::LockFeedback::Locked => world.unplug(id),
        Act::Card(id) => world.tell(Input::Card(IdTag::new(&format!("CARD{id}")).unwrap())),
        Act::Verdict(good) => {
            let pending = world.state().connectors.into_iter().find_map(|view| match view.authorisation {
                Authorisation::Pending { request_id, .. } => Some(request_id),
                _ => None,
            });
            if let Some(request_id) = pending {
                let verdict = if good { Verdict::Accepted } else { Verdict::Blocked };
                world.tell(command(Command::Authorise { request_id, verdict, group: None, expires_ms: None }));
            }
        }
        Act::Stop(id) => {
            let (command_id, connector, reason) = (id_of(n), connector(id), StopReason::Remote);
            world.tell(command(Command::Stop { command_id, connector, reason }));
        }
        Act::Clear(id) => world.tell(command(Command::ClearFault {
            command_id: id_of(n),
            connector: connector(id),
            who: "anna".into(),
        })),
        Act::Start(id) => {
            let id_tag = IdTag::new("REMOTE").unwrap();
            world.tell(command(Command::Start {
                command_id: id_of(n),
                connector: connector(id),
                id_tag,
                profile: None,
            }));
        }
        Act::EmergencyStop(pressed) => world.e_stop = pressed,
        Act::ModuleSilent(id, silent) => world.outlet(id).module_silent = silent,
        Act::McuSilent(silent) => world.mcu_silent = silent,
        Act::CarVanishes(id) => {
            if let Some(car) = &mut world.outlet(id).car {
                car.lost = true;
            }
        }
        Act::PilotFalls(id) => {
            let outlet = world.outlet(id);
            if let (Some(car), true) = (&mut outlet.car, outlet.pilot.wants_energy()) {
                car.wants = Milliamps(0);
                outlet.pilot = mcu_link::PilotState::B;
            }
        }
        Act::McuResets if !world.mcu_silent => world.reset_mcu(),
        Act::PlcRestarts => {
            world.disconnect_plc();
            world.outlets.iter_mut().filter_map(|outlet| outlet.car.as_mut()).for_each(|car| car.lost = true);
            world.run(Duration::from_millis(50));
            world.connect_plc(&format!("instance-{n}"));
        }
        Act::ControllerRestarts => {
            let checkpoint = world.cabinet.checkpoint(world.now);
            world.restart(Some(checkpoint), Duration::from_millis(300), World::heard);
        }
        Act::Plug(_) | Act::Unplug(_) | Act::McuResets => {}
    }
}

fn check(world: &World) {
    let state = world.state();
    assert!(state.site.assigned <= state.site.limit, "{:?}", state.site);
    for view in &state.connectors {
        assert!(view.allocation.assigned <= view.allocation.allowed.max(view.present.power), "{:?}", view.allocation);
        let energised = matches!(view.phase, Phase::CableCheck | Phase::PreCharge | Phase::Charging | Phase::Stopping);
        assert!(energised || view.contactors[0].asked == api::state::Purpose::Open, "{:?} asks to close", view.phase);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn anything_may_happen_and_nothing_is_unsafe(
        acts in prop::collection::vec((act(), 0_u64..6_000), 1..25),
    ) {
        let mut world = World::new();
        for (n, (act, wait)) in acts.into_iter().enumerate() {
            carry_out(&mut world, act, n);
            for _ in 0..wait / 10 {
                world.step();
                check(&world);
            }
        }
        // Everything heals, everybody leaves: the cabinet is ready again, and every session is closed.
        world.e_stop = false;
        world.mcu_silent = false;
        world.outlets.iter_mut().for_each(|outlet| outlet.module_silent = false);
        for id in [1, 2] {
            let (command_id, connector, reason) = (format!("last-{id}"), connector(id), StopReason::Local);
            world.tell(Input::Command(Command::Stop { command_id, connector, reason }));
        }
        world.run(Duration::from_secs(150));
        for id in [1, 2] {
            world.tell(Input::Command(Command::ClearFault { command_id: format!("mended-{id}"), connector: connector(id), who: "anna".into() }));
            world.run(Duration::from_secs(2));
            world.unplug(id);
        }
        // A card may still be waiting for a plug; it gives up.
        world.run(Duration::from_secs(70));
        for id in [1, 2] {
            prop_assert_eq!(world.view(id).phase, Phase::Available, "{:#?}", world.view(id));
        }
        for session in world.sessions.values() {
            prop_assert!(session.reason.is_some(), "{:?}", session);
            prop_assert!(session.meter_last.digits >= session.meter_start.digits);
        }
    }
}
