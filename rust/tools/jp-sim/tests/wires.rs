//! The running simulation on real file descriptors: terminal, packets, control socket.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Read, Write},
    os::unix::{
        fs::OpenOptionsExt,
        net::{UnixListener, UnixStream},
    },
    path::Path,
    time::Duration,
};

use jp_sim::{cabinet::Cabinet, sim::Sim};
use mcu_link::{
    Decoder, Encoder, FromMcu, Gate, Lease, LeaseEntry, LeaseTime, MAX_FRAME, PlugCount, Purpose, Status, ToMcu,
};
use serde_json::{Value, json};
use socket2::{Domain, SockAddr, Socket, Type};
use tempfile::TempDir;
use units::ContactorId;

struct Bench {
    dir: TempDir,
    _sim: Sim,
}

impl Bench {
    fn start(wires: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut cabinet = Cabinet::bench().unwrap();
        let at = |name: &str| dir.path().join(name);
        for (wire, kind) in wires {
            let address = Some(format!("{kind}:{}", at(wire).display()).parse().unwrap());
            match *wire {
                "can" => cabinet.wires.can = address,
                "mcu" => cabinet.wires.mcu = address,
                "rs485" => cabinet.wires.rs485 = address,
                _ => cabinet.wires.rfid = address,
            }
        }
        cabinet.wires.control = Some(at("sim.sock"));
        let sim = Sim::start(&cabinet).unwrap();
        Self { dir, _sim: sim }
    }

    fn tty(&self, name: &str) -> File {
        let path = self.dir.path().join(name);
        let flags = nix::fcntl::OFlag::O_NOCTTY.bits();
        OpenOptions::new().read(true).write(true).custom_flags(flags).open(path).unwrap()
    }

    fn control(&self) -> Control {
        Control::to(&self.dir.path().join("sim.sock"))
    }
}

struct Control(BufReader<UnixStream>);

impl Control {
    fn to(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Self(BufReader::new(stream))
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn say(&mut self, text: &str) -> Value {
        writeln!(self.0.get_mut(), "{text}").unwrap();
        self.line()
    }
}

/// The MCU's line from the controller's side.
struct Link<T> {
    port: T,
    decoder: Decoder,
    encoder: Encoder,
}

impl<T: Read + Write> Link<T> {
    fn new(port: T) -> Self {
        Self { port, decoder: Decoder::default(), encoder: Encoder::default() }
    }

    fn tell(&mut self, message: &ToMcu) {
        let mut frame = [0; MAX_FRAME];
        let length = self.encoder.encode(message, &mut frame).unwrap();
        self.port.write_all(&frame[..length]).unwrap();
    }

    /// Reads until something is as wanted.
    fn until<R>(&mut self, mut wanted: impl FnMut(FromMcu) -> Option<R>) -> R {
        let mut buffer = [0; 512];
        loop {
            let length = self.port.read(&mut buffer).unwrap();
            assert_ne!(length, 0, "the line was closed");
            if let Some(found) = self.decoder.feed::<FromMcu>(&buffer[..length]).find_map(&mut wanted) {
                return found;
            }
        }
    }

    fn until_status(&mut self, wanted: impl Fn(&Status) -> bool) -> Status {
        self.until(|message| match message {
            FromMcu::Status(status) if wanted(&status) => Some(status),
            _ => None,
        })
    }
}

fn lease(purpose: Purpose) -> ToMcu {
    let entry = LeaseEntry { contactor: ContactorId(1), purpose, plug_count: PlugCount(0) };
    ToMcu::Lease(Lease { time: LeaseTime::MAX, contactors: [entry].into_iter().collect() })
}

#[test]
fn the_gates_answer_over_a_terminal() {
    let bench = Bench::start(&[("mcu", "pty")]);
    let mut link = Link::new(bench.tty("mcu"));
    link.tell(&ToMcu::Hello);
    let hello = link.until(|message| match message {
        FromMcu::Hello(hello) => Some(hello),
        FromMcu::Status(_) => None,
    });
    assert_eq!(hello.contactors.len(), 2);
    link.tell(&lease(Purpose::TestClose));
    let status = link.until_status(|status| status.contactors[0].refused.is_some());
    assert_eq!(status.contactors[0].refused, Some(Gate::Pilot));

    // Noise is counted and changes nothing.
    let mut control = bench.control();
    link.port.write_all(&[1, 2, 3, 0, 0xFF, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0]).unwrap();
    link.tell(&lease(Purpose::Open));
    link.until_status(|status| status.contactors[0].refused.is_none());
    assert_eq!(control.say(r#"{"command":"status"}"#)["garbage"]["mcu"], 3);
}

#[test]
fn a_terminal_survives_that_it_is_closed_and_says_nothing_stale() {
    let bench = Bench::start(&[("mcu", "pty")]);
    let mut link = Link::new(bench.tty("mcu"));
    let uptime = link.until_status(|_| true).uptime_ms;
    drop(link);
    let mut control = bench.control();
    // Until the simulation has lived through a second with nobody on the line.
    while control.say(r#"{"command":"status"}"#)["at_ms"].as_u64().unwrap() < u64::from(uptime) + 1_000 {}
    let mut link = Link::new(bench.tty("mcu"));
    // What was under way when it was closed may still be there, a second's worth of statuses not.
    let stale = std::cell::Cell::new(0);
    link.until_status(|status| {
        stale.set(stale.get() + 1);
        status.uptime_ms > uptime + 800
    });
    assert!(stale.get() <= 3, "{} of them", stale.get());
}

#[test]
fn the_mcu_over_a_socket_that_comes_late_and_comes_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mcu.sock");
    let mut cabinet = Cabinet::bench().unwrap();
    cabinet.wires.mcu = Some(format!("unix:{}", path.display()).parse().unwrap());
    let _sim = Sim::start(&cabinet).unwrap();
    for _ in 0..2 {
        let listener = UnixListener::bind(&path).unwrap();
        let (stream, _) = listener.accept().unwrap();
        let mut link = Link::new(stream);
        link.until_status(|_| true);
        drop(link);
        std::fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_module_answers_on_the_virtual_can() {
    let bench = Bench::start(&[("can", "hub")]);
    let connect = || {
        let socket = Socket::new(Domain::UNIX, Type::SEQPACKET, None).unwrap();
        socket.connect(&SockAddr::unix(bench.dir.path().join("can")).unwrap()).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket
    };
    let mut controller = connect();
    // Read V and A of module 0: the golden request, as Linux lays out a frame.
    let request = [0xF0, 0x00, 0x83, 0x82, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    controller.send(&[1, 2, 3]).unwrap();
    controller.send(&request).unwrap();
    let mut packet = [0; 64];
    let length = controller.read(&mut packet).unwrap();
    assert_eq!(packet[..length], [0x00, 0xF0, 0x83, 0x82, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    // Another participant hears both the question and the answer.
    let mut listener = connect();
    // It is on the bus for sure once it has been answered itself.
    listener.send(&request).unwrap();
    assert_eq!(listener.read(&mut packet).map(|_| packet[1]).unwrap(), 0xF0);
    controller.send(&request).unwrap();
    let heard: Vec<u8> = (0..2).map(|_| listener.read(&mut packet).map(|_| packet[1]).unwrap()).collect();
    assert_eq!(heard, [0x00, 0xF0]);
    assert_eq!(bench.control().say(r#"{"command":"status"}"#)["garbage"]["can"], 1);
}

#[test]
fn a_serial_can_adapter() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("can.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let mut cabinet = Cabinet::bench().unwrap();
    cabinet.wires.can = Some(format!("slcan:{}", path.display()).parse().unwrap());
    let _sim = Sim::start(&cabinet).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(b"C\rS4\rO\rT028300F080000000000000000\r").unwrap();
    let mut heard = Vec::new();
    let mut buffer = [0; 64];
    while !heard.ends_with(b"T0283F00080000000000000000\r") {
        let length = stream.read(&mut buffer).unwrap();
        assert_ne!(length, 0);
        heard.extend(&buffer[..length]);
    }
    assert!(heard.starts_with(b"\r\r\r"), "three commands, three answers");
}

#[test]
fn a_card() {
    let bench = Bench::start(&[("rfid", "pty")]);
    let reader = bench.tty("rfid");
    let (heard, line) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        BufReader::new(reader).read_line(&mut line).unwrap();
        heard.send(line).unwrap();
    });
    // The reader says nothing until it has seen that somebody listens.
    let mut control = bench.control();
    let line = (0..200).find_map(|_| {
        assert_eq!(control.say(r#"{"command":"swipe","uid":"04A1B2C3D4E5F6"}"#)["ok"], true);
        line.recv_timeout(Duration::from_millis(20)).ok()
    });
    assert_eq!(line.as_deref(), Some("04A1B2C3D4E5F6\n"));
}

#[test]
fn the_control_socket() {
    let bench = Bench::start(&[]);
    let mut control = bench.control();
    let refused = control.say("what?");
    assert_eq!((&refused["ok"], &refused["error"]["code"]), (&json!(false), &json!("not_json")));

    let mut listener = bench.control();
    assert_eq!(listener.say(r#"{"command":"subscribe"}"#)["ok"], true);
    let answer = control.say(r#"{"command":"plug_in","connector":2,"battery_v":350}"#);
    assert_eq!((&answer["ok"], &answer["plug"]), (&json!(true), &json!(1)));
    let mut events = Vec::new();
    while events.last().is_none_or(|event: &Value| event["detail"] != "B") {
        events.push(listener.line());
    }
    assert!(events.iter().any(|event| event["event"] == "plugged_in" && event["connector"] == 2));
    let status = control.say(r#"{"command":"status"}"#);
    assert_eq!(status["connectors"][1]["pilot"], "B");
    assert_eq!(status["connectors"][1]["car"]["battery_mv"], 350_000);
    assert_eq!(status["connectors"][0]["car"], Value::Null);
    let endless = format!("{{\"command\":\"{}\"}}", "x".repeat(70_000));
    assert_eq!(control.say(&endless)["error"]["code"], "line_too_long");
    assert_eq!(control.say(r#"{"command":"status"}"#)["ok"], true, "and it goes on");
}
