//! A whole charge in simulated time: the test is the controller, on the same frames as the real one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use jp_sim::{
    cabinet::Cabinet,
    control::Command,
    device::modbus,
    inlet::Switch,
    wire::{Incoming, Outgoing, Wire, can::CanFrame},
    world::World,
};
use mcu_link::{
    Decoder, EStop, Encoder, FromMcu, Gate, Isolation, IsolationTest, Lease, LeaseEntry, LeaseTime, LockCommand,
    MAX_FRAME, McuHello, PilotOutput, PilotState, PlugCount, Purpose, Status, ToMcu, Trip, TripScope,
};
use serde_json::{Value, json};
use units::{ConnectorId, ContactorId, Mono};

/// The controller's place: renews what it wants every 200 ms, asks the modules for what it wants every 500 ms.
struct Linux {
    world: World,
    now: Mono,
    encoder: Encoder,
    decoder: Decoder,
    hello: Option<McuHello>,
    status: Option<Status>,
    lease: Option<(Purpose, PlugCount)>,
    tie: Purpose,
    setpoint: Option<(u32, u32)>,
    can: Vec<CanFrame>,
    rs485: Vec<u8>,
    events: Vec<Value>,
}

impl Linux {
    fn new() -> Self {
        Self::at(&Cabinet::bench().unwrap())
    }

    fn at(cabinet: &Cabinet) -> Self {
        let world = World::new(cabinet, 7, Mono::BOOT);
        let mut linux = Self {
            world,
            now: Mono::BOOT,
            encoder: Encoder::default(),
            decoder: Decoder::default(),
            hello: None,
            status: None,
            lease: None,
            tie: Purpose::Open,
            setpoint: None,
            can: Vec::new(),
            rs485: Vec::new(),
            events: Vec::new(),
        };
        linux.pass(100);
        linux
    }

    fn pass(&mut self, ms: u64) {
        for _ in 0..ms / 5 {
            let at = self.now.millis();
            if at.is_multiple_of(200)
                && let Some((purpose, plug_count)) = self.lease
            {
                let entry = LeaseEntry { contactor: ContactorId(1), purpose, plug_count };
                let tie = LeaseEntry { contactor: ContactorId(3), purpose: self.tie, plug_count: PlugCount(0) };
                let contactors = [entry, tie].into_iter().collect();
                self.tell(&ToMcu::Lease(Lease { time: LeaseTime::MAX, contactors }));
            }
            if at.is_multiple_of(500)
                && let Some((mv, ma)) = self.setpoint
            {
                let mut data = [0; 8];
                data[..4].copy_from_slice(&mv.to_be_bytes());
                data[4..].copy_from_slice(&ma.to_be_bytes());
                self.send(0x029C_00F0, data);
            }
            self.now = Mono::from_millis(at + 5);
            self.world.step(self.now);
            self.collect();
        }
    }

    fn collect(&mut self) {
        for outgoing in self.world.take_outgoing() {
            match outgoing {
                Outgoing::Frame(frame) => self.can.push(frame),
                Outgoing::Bytes(Wire::Mcu, bytes) => {
                    for message in self.decoder.feed::<FromMcu>(&bytes) {
                        match message {
                            FromMcu::Hello(hello) => self.hello = Some(hello),
                            FromMcu::Status(status) => self.status = Some(status),
                        }
                    }
                }
                Outgoing::Bytes(Wire::Rs485, bytes) => self.rs485.extend(bytes),
                Outgoing::Bytes(..) => {}
            }
        }
        self.events.extend(self.world.take_events());
    }

    fn tell(&mut self, message: &ToMcu) {
        let mut frame = [0; MAX_FRAME];
        let length = self.encoder.encode(message, &mut frame).unwrap();
        self.world.receive(self.now, Incoming::Bytes(Wire::Mcu, frame[..length].to_vec()));
        self.collect();
    }

    fn send(&mut self, id: u32, data: [u8; 8]) -> Vec<CanFrame> {
        self.can.clear();
        self.world.receive(self.now, Incoming::Frame(CanFrame::extended(id, data)));
        self.collect();
        self.can.clone()
    }

    fn ask(&mut self, address: u8, start: u16, count: u16) -> Vec<u16> {
        let mut frame = vec![address, 3];
        frame.extend(start.to_be_bytes());
        frame.extend(count.to_be_bytes());
        frame.extend(modbus::crc(&frame).to_le_bytes());
        self.rs485.clear();
        self.world.receive(self.now, Incoming::Bytes(Wire::Rs485, frame));
        self.collect();
        let data = self.rs485.get(3..).unwrap_or_default();
        data.chunks_exact(2).take(usize::from(count)).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect()
    }

    fn command(&mut self, line: &Value) -> Result<Value, String> {
        let command = Command::from_line(&line.to_string()).map_err(|refusal| refusal.code.to_owned())?;
        let answer = self.world.command(self.now, &command).map_err(|refusal| refusal.code.to_owned());
        self.collect();
        answer
    }

    fn look(&mut self) -> Value {
        self.command(&json!({ "command": "status" })).unwrap()
    }

    fn connector(&mut self) -> Value {
        self.look()["connectors"][0].clone()
    }

    fn happened(&self, event: &str) -> usize {
        self.events.iter().filter(|one| one["event"] == event).count()
    }

    fn mcu(&self) -> &Status {
        self.status.as_ref().unwrap()
    }

    /// The car's side, which a thread with a power line plays otherwise.
    fn car(&mut self, s2: Switch, contactor: Switch) {
        let inlet = self.world.inlet(1).unwrap();
        let mut sides = inlet.sides();
        (sides.from_car.s2, sides.from_car.contactor) = (s2, contactor);
    }

    /// Plugged in, at C, locked, modules on.
    fn plugged() -> Self {
        Self::new().plug()
    }

    fn plug(mut self) -> Self {
        let linux = &mut self;
        linux.command(&json!({ "command": "plug_in", "connector": 1 })).unwrap();
        linux.tell(&ToMcu::Pilot { connector: one(), output: PilotOutput::FivePercent });
        linux.tell(&ToMcu::Lock { connector: one(), command: LockCommand::Lock });
        linux.car(Switch::Closed, Switch::Open);
        linux.pass(200);
        linux.send(0x029A_00F0, [0; 8]);
        self
    }

    /// Delivering 50 A.
    fn charging() -> Self {
        Self::plugged().charge()
    }

    fn charge(mut self) -> Self {
        let linux = &mut self;
        let plug_count = linux.mcu().connectors[0].plug_count;
        linux.lease = Some((Purpose::TestClose, plug_count));
        linux.setpoint = Some((500_000, 1_000));
        linux.pass(2_000);
        linux.tell(&ToMcu::IsolationTest { connector: one(), test: IsolationTest::Start });
        linux.pass(800);
        linux.setpoint = Some((400_000, 1_000));
        linux.lease = Some((Purpose::Energy, plug_count));
        linux.pass(2_000);
        linux.car(Switch::Closed, Switch::Closed);
        linux.setpoint = Some((450_000, 50_000));
        linux.pass(2_000);
        assert_eq!(linux.mcu().connectors[0].current.get(), 50_000);
        self
    }

    fn tie_of(&mut self) -> Value {
        self.look()["ties"][0].clone()
    }
}

fn one() -> ConnectorId {
    ConnectorId::new(1).unwrap()
}

#[test]
fn a_charge_from_plug_to_plug() {
    let mut linux = Linux::plugged();
    assert_eq!(linux.hello.as_ref().unwrap().boot_nonce, 7);
    let connector = linux.mcu().connectors[0];
    assert_eq!((connector.pilot, connector.plug_count), (PilotState::C, PlugCount(1)));

    linux.lease = Some((Purpose::TestClose, PlugCount(1)));
    linux.setpoint = Some((500_000, 1_000));
    linux.pass(2_000);
    assert_eq!(linux.mcu().contactors[0].granted, Purpose::TestClose);
    assert_eq!(linux.connector()["bus_mv"], 500_000);
    assert_eq!(linux.connector()["connector_mv"], 500_000);

    linux.lease = Some((Purpose::Energy, PlugCount(1)));
    linux.pass(400);
    assert_eq!(linux.mcu().contactors[0].refused, Some(Gate::Isolation));
    linux.tell(&ToMcu::IsolationTest { connector: one(), test: IsolationTest::Start });
    linux.pass(800);
    assert!(matches!(linux.mcu().connectors[0].isolation.state, Isolation::Valid { .. }));
    assert_eq!(linux.mcu().contactors[0].granted, Purpose::Energy);

    // Precharge, the car closes, and it charges for a minute.
    linux.setpoint = Some((400_000, 1_000));
    linux.pass(2_000);
    linux.car(Switch::Closed, Switch::Closed);
    linux.setpoint = Some((450_000, 50_000));
    let before = linux.ask(1, 12, 2);
    linux.pass(60_000);
    let registers = linux.ask(1, 0, 14);
    let (volts, amps) = (registers[0], registers[2]);
    assert!((4_020..=4_040).contains(&volts) && amps == 5_000, "{registers:?}");
    let counted = registers[13] - before[1];
    assert!((330..=340).contains(&counted), "402.5 V * 50 A * 60 s = 335 Wh, counted {counted}");

    // The end: current down, the car opens and goes to B, and the contactor opens without a trip.
    linux.setpoint = Some((450_000, 0));
    linux.pass(500);
    linux.car(Switch::Open, Switch::Open);
    linux.pass(100);
    assert_eq!((linux.mcu().contactors[0].granted, linux.mcu().contactors[0].trip), (Purpose::Open, None));
    assert_eq!(linux.command(&json!({ "command": "plug_out", "connector": 1 })), Err("locked".to_owned()));
    // A live line stays locked, whoever asks; it is discharged in seconds.
    linux.tell(&ToMcu::Lock { connector: one(), command: LockCommand::Unlock });
    linux.pass(200);
    assert_eq!(linux.command(&json!({ "command": "plug_out", "connector": 1 })), Err("locked".to_owned()));
    linux.setpoint = None;
    linux.pass(8_000);
    linux.tell(&ToMcu::Lock { connector: one(), command: LockCommand::Unlock });
    linux.pass(200);
    linux.command(&json!({ "command": "plug_out", "connector": 1 })).unwrap();
    linux.pass(100);
    assert_eq!(linux.mcu().connectors[0].pilot, PilotState::A);
    assert_eq!((linux.connector()["hurts"].clone(), linux.happened("opened_under_load")), (json!(0), 0));
}

#[test]
fn a_silent_controller_is_cut_off_without_an_arc() {
    let mut linux = Linux::charging();
    linux.lease = None;
    linux.pass(1_400);
    assert_eq!(linux.connector()["contactor"], "closed");
    linux.pass(300);
    assert_eq!(linux.connector()["contactor"], "open");
    assert_eq!(linux.mcu().contactors[0].trip, Some(Trip::LeaseLapsed));
    assert_eq!(linux.connector()["hurts"], 0, "the modules were stopped first");
}

#[test]
fn trips_from_outside() {
    for (what, scope, trip) in [
        ("estop", json!(null), Trip::EStop),
        ("isolation", json!(1), Trip::IsolationLost),
        ("over_temperature", json!(1), Trip::OverTemperature),
        ("pilot_short", json!(1), Trip::PilotLost),
        ("car_unplug_under_load", json!(1), Trip::PilotLost),
    ] {
        let mut linux = Linux::charging();
        let mut command = json!({ "command": "error", "what": what });
        if !scope.is_null() {
            command["connector"] = scope;
        }
        linux.command(&command).unwrap();
        linux.pass(200);
        assert_eq!(linux.mcu().contactors[0].trip, Some(trip), "{what}");
        assert_eq!(linux.connector()["contactor"], "open", "{what}");
        linux.command(&json!({ "command": "clear" })).unwrap();
        linux.pass(60_000);
        linux.tell(&ToMcu::ClearTrip(TripScope::All));
        linux.pass(100);
        assert_eq!(linux.mcu().contactors[0].trip, None, "{what}");
        assert_eq!(linux.mcu().e_stop, EStop::Released);
    }
}

/// The bench with a tie, connector 1 charging at 50 A from its own module.
fn tied() -> Linux {
    let mut cabinet = Cabinet::bench().unwrap();
    cabinet.ties = vec![jp_sim::cabinet::Tie { contactor: 3, between: [1, 2] }];
    Linux::at(&cabinet).plug().charge()
}

/// Module 1, at the other slot.
fn lend(linux: &mut Linux, mv: u32, ma: u32) {
    let mut data = [0; 8];
    data[..4].copy_from_slice(&mv.to_be_bytes());
    data[4..].copy_from_slice(&ma.to_be_bytes());
    linux.send(0x029C_01F0, data);
}

#[test]
fn a_tie_lends_a_module_and_parts_without_current() {
    let mut linux = tied();
    linux.tie = Purpose::Tie;
    linux.pass(500);
    assert_eq!(linux.mcu().contactors[1 + 1].refused, Some(Gate::VoltageMatch), "the other bus is empty");
    linux.send(0x029A_01F0, [0; 8]);
    let volts = u32::try_from(linux.connector()["bus_mv"].as_u64().unwrap()).unwrap();
    lend(&mut linux, volts, 0);
    linux.pass(1_000);
    assert_eq!(linux.mcu().contactors[2].granted, Purpose::Tie);
    lend(&mut linux, 450_000, 30_000);
    linux.pass(1_000);
    assert_eq!(linux.connector()["current_ma"], 80_000);
    assert_eq!(linux.tie_of()["current_ma"], -30_000, "from slot 2 to slot 1");
    assert_eq!(linux.mcu().ties[0].current.get(), -30_000);
    assert_eq!(linux.look()["modules"][1]["current_ma"], 30_000);

    linux.tie = Purpose::Open;
    linux.pass(1_000);
    assert_eq!(linux.mcu().contactors[2].refused, Some(Gate::Current));
    assert_eq!(linux.connector()["current_ma"], 80_000, "nobody is disturbed");
    lend(&mut linux, 450_000, 0);
    linux.pass(500);
    let tie = linux.tie_of();
    assert_eq!((tie["contactor"].clone(), tie["hurts"].clone()), (json!("open"), json!(0)));
    assert_eq!(linux.connector()["current_ma"], 50_000);
    assert_eq!(linux.connector()["hurts"], 0);
}

#[test]
fn a_tie_that_is_torn_open_or_welded_is_told() {
    let mut linux = tied();
    linux.command(&json!({ "command": "error", "what": "tie_weld", "tie": 3 })).unwrap();
    linux.pass(600);
    assert_eq!(linux.tie_of()["hurts"], 1, "400 V onto an empty bus");
    assert_eq!(linux.mcu().contactors[2].trip, Some(Trip::Welded));
    assert_eq!(linux.look()["connectors"][1]["bus_mv"], linux.connector()["bus_mv"]);
    // Module 1 feeds the car over it; then the weld breaks.
    linux.send(0x029A_01F0, [0; 8]);
    lend(&mut linux, 450_000, 30_000);
    linux.pass(500);
    linux.command(&json!({ "command": "clear", "what": "tie_weld" })).unwrap();
    linux.pass(100);
    assert_eq!(linux.tie_of()["hurts"], 2);
    assert_eq!(linux.happened("opened_under_load"), 1);
    let refused = linux.command(&json!({ "command": "error", "what": "tie_weld", "tie": 9 }));
    assert_eq!(refused, Err("unknown_tie".to_owned()));
}

#[test]
fn another_meter_counts_from_elsewhere() {
    let mut linux = Linux::charging();
    linux.command(&json!({ "command": "meter", "connector": 1, "wh": 70_000 })).unwrap();
    assert_eq!(linux.ask(1, 12, 2), [1, 4_464]);
}

#[test]
fn a_welded_contactor_shows() {
    let mut linux = Linux::charging();
    linux.command(&json!({ "command": "error", "what": "weld", "connector": 1 })).unwrap();
    linux.setpoint = Some((450_000, 0));
    linux.pass(500);
    linux.lease = Some((Purpose::Open, PlugCount(1)));
    linux.pass(600);
    assert_eq!(linux.mcu().contactors[0].trip, Some(Trip::Welded));
    assert_eq!(linux.connector()["contactor"], "closed");
}

#[test]
fn a_silent_module_delivers_on_until_its_watchdog_bites() {
    let mut linux = Linux::charging();
    linux.command(&json!({ "command": "error", "what": "module_silent", "module": 0 })).unwrap();
    linux.pass(1_000);
    assert!(linux.send(0x0283_00F0, [0; 8]).is_empty());
    linux.pass(8_000);
    assert_eq!(linux.connector()["current_ma"], 50_000);
    linux.pass(2_000);
    assert_eq!(linux.connector()["current_ma"], 0);
    linux.command(&json!({ "command": "clear", "what": "module_silent", "module": 0 })).unwrap();
    linux.pass(5);
    assert_eq!(linux.send(0x0283_00F0, [0; 8]).len(), 1);
}

#[test]
fn silence_and_cut_wires() {
    let mut linux = Linux::plugged();
    assert_eq!(linux.ask(1, 0, 2).len(), 2);
    assert_eq!(linux.ask(101, 1_000, 4).len(), 4);
    linux.command(&json!({ "command": "error", "what": "meter_silent", "connector": 1 })).unwrap();
    linux.command(&json!({ "command": "error", "what": "imd_silent", "connector": 1 })).unwrap();
    assert!(linux.ask(1, 0, 2).is_empty() && linux.ask(101, 1_000, 4).is_empty());
    assert_eq!(linux.ask(2, 0, 2).len(), 2, "the other meter goes on");
    linux.command(&json!({ "command": "clear", "connector": 1 })).unwrap();
    assert_eq!(linux.ask(1, 0, 2).len(), 2);
    linux.command(&json!({ "command": "disconnect", "what": "rs485" })).unwrap();
    assert!(linux.ask(1, 0, 2).is_empty());
    linux.command(&json!({ "command": "connect", "what": "rs485" })).unwrap();
    assert_eq!(linux.ask(1, 0, 2).len(), 2);

    linux.command(&json!({ "command": "error", "what": "mcu_silent" })).unwrap();
    linux.status = None;
    linux.pass(500);
    assert!(linux.status.is_none());
    linux.command(&json!({ "command": "clear" })).unwrap();
    linux.pass(200);
    assert!(linux.status.is_some());
    let before = linux.hello.as_ref().unwrap().boot_nonce;
    linux.command(&json!({ "command": "error", "what": "mcu_reset" })).unwrap();
    assert_ne!(linux.hello.as_ref().unwrap().boot_nonce, before);
}

#[test]
fn what_cannot_be_done_is_refused_by_code() {
    let mut linux = Linux::new();
    for (line, code) in [
        (json!({ "command": "plug_in", "connector": 3 }), "unknown_connector"),
        (json!({ "command": "plug_out", "connector": 1 }), "no_car"),
        (json!({ "command": "pause", "connector": 1 }), "no_car"),
        (json!({ "command": "error", "what": "weld", "connector": 9 }), "unknown_connector"),
        (json!({ "command": "error", "what": "module_silent", "module": 9 }), "unknown_module"),
        (json!({ "command": "disconnect", "what": "plc", "connector": 9 }), "unknown_connector"),
    ] {
        assert_eq!(linux.command(&line), Err(code.to_owned()), "{line}");
    }
    linux.command(&json!({ "command": "plug_in", "connector": 1 })).unwrap();
    assert_eq!(linux.command(&json!({ "command": "plug_in", "connector": 1 })), Err("plugged_in".to_owned()));
}
