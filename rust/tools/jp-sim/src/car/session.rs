//! The V2G session of a simulated car: a TCP connection and the car's engine on it.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, SocketAddrV6, TcpStream},
    os::fd::{AsFd, BorrowedFd},
    time::Duration,
};

use units::{Milliamps, Millivolts, Mono, Percent, Watts};
use v2g::{
    EvError, Stage,
    evcc::{Close, Config, Evcc, Event, Intent, Wish},
};

use crate::inlet::{Car, FromCar, Mood, Switch, ToCar};

const CONNECT: Duration = Duration::from_secs(2);
/// The car charges up to so much above its battery's voltage.
const HEADROOM_V: i64 = 50;
const SMALL_MA: i64 = 1_000;
const GRACE: Duration = Duration::from_secs(1);
const NOISE_EVERY: Duration = Duration::from_millis(500);
/// A well-framed V2GTP message whose EXI is none.
const NOISE: [u8; 16] = [0x01, 0xFE, 0x80, 0x01, 0, 0, 0, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];

#[derive(Debug)]
pub(super) struct Session {
    stream: TcpStream,
    engine: Evcc,
    pending: Vec<u8>,
    noise_at: Mono,
    /// Since when the car wants to let go.
    letting_go: Option<Mono>,
}

/// How a session goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Going {
    On,
    Finished,
    Failed(&'static str),
}

impl Session {
    pub(super) fn connect(address: SocketAddrV6, car: &Car, to: &ToCar, mac: [u8; 6], now: Mono) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&SocketAddr::V6(address), CONNECT)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let amps = i64::from(car.max_current_a);
        let volts = i64::from(car.battery_v) + HEADROOM_V;
        let config = Config {
            evcc_id: mac,
            max_voltage: Millivolts::from_volts(volts),
            max_current: Milliamps::from_amps(amps),
            max_power: Watts(volts * amps),
            ..Config::default()
        };
        let engine = Evcc::new(config, wish(car, to), now);
        Ok(Self { stream, engine, pending: Vec::new(), noise_at: now, letting_go: None })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// One round: what came in, what time says, what goes out, what it means for the car.
    pub(super) fn step(&mut self, now: Mono, car: &Car, to: &ToCar, from: &mut FromCar) -> Going {
        let wish = wish(car, to);
        from.target_mv = wish.target_voltage.get();
        from.target_ma = wish.target_current.get();
        self.engine.set_wish(wish);
        // A cut power line carries nothing, but the connection does not know: only the engine's patience ends.
        let gone = !to.plc_cut && self.read(now);
        self.engine.handle_timeout(now);
        let mut going = Going::On;
        while let Some(event) = self.engine.poll_event() {
            match event {
                Event::Stage(stage) => {
                    reach(stage, from);
                    if matches!(stage, Stage::WeldingDetection | Stage::Stopped) {
                        self.letting_go.get_or_insert(now);
                    }
                }
                Event::Charger { evse_id, .. } => from.evse_id = Some(evse_id),
                Event::Says(says) => {
                    from.said_mv = says.present_voltage.map(Millivolts::get).or(from.said_mv);
                    from.said_ma = says.present_current.map(Milliamps::get).or(from.said_ma);
                }
                Event::Closed(Close::Stopped | Close::Paused) => going = Going::Finished,
                Event::Closed(Close::Timeout) => going = Going::Failed("failed: no answer in time"),
                Event::Closed(Close::NoCommonProtocol) => going = Going::Failed("failed: no common protocol"),
                Event::Closed(_) => going = Going::Failed("failed: the charger broke the protocol"),
                _ => {}
            }
        }
        if self.letting_go.is_some_and(|since| may_let_go(now, since, to)) {
            from.let_go();
        }
        self.pending.extend(self.engine.take_transmit());
        if to.exi_garbage && now.since(self.noise_at) >= NOISE_EVERY {
            self.noise_at = now;
            self.pending.extend(NOISE);
        }
        let broken = !to.plc_cut && self.write().is_err();
        match going {
            Going::On if gone || broken => Going::Failed("failed: the charger cut the connection"),
            going => going,
        }
    }

    /// Whether the connection is gone.
    fn read(&mut self, now: Mono) -> bool {
        let mut buffer = [0; 4_096];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return true,
                Ok(length) => self.engine.handle_input(now, buffer.get(..length).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return true,
            }
        }
    }

    fn write(&mut self) -> io::Result<()> {
        while !self.pending.is_empty() {
            match self.stream.write(&self.pending) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(length) => drop(self.pending.drain(..length)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Whether a car opens its contactors now: when the current is gone, or the charger has had its time to take it down.
pub(super) fn may_let_go(now: Mono, since: Mono, to: &ToCar) -> bool {
    to.current_ma.abs() <= SMALL_MA || now.since(since) >= GRACE
}

/// What a stage means for the pilot and the car's contactors, as long as it holds on to them.
fn reach(stage: Stage, from: &mut FromCar) {
    from.phase = match stage {
        Stage::Setup => "setup",
        Stage::Authorisation => "authorisation",
        Stage::Parameters => "parameters",
        Stage::CableCheck => "cable_check",
        Stage::PreCharge => "pre_charge",
        Stage::PowerDelivery => "power_delivery",
        Stage::CurrentDemand => "charging",
        Stage::PowerDown => "power_down",
        Stage::WeldingDetection => "welding_detection",
        Stage::Stopped => "stopping",
    };
    match stage {
        Stage::CableCheck => from.s2 = Switch::Closed,
        Stage::PowerDelivery => from.contactor = Switch::Closed,
        _ => {}
    }
}

fn wish(car: &Car, to: &ToCar) -> Wish {
    let amps = match to.mood {
        Mood::Charge => car.target_current_a.min(car.max_current_a),
        Mood::Pause | Mood::Stop => 0,
    };
    Wish {
        intent: if to.mood == Mood::Stop { Intent::Stop } else { Intent::Charge },
        soc: Percent::new(to.soc).unwrap_or_default(),
        battery_voltage: Millivolts(to.battery_mv),
        target_voltage: Millivolts::from_volts(i64::from(car.battery_v) + HEADROOM_V),
        target_current: Milliamps::from_amps(amps.into()),
        error: EvError::None,
    }
}
