//! The owner of one RS-485 line: meters and isolation monitors, one after the other.

use std::{collections::BTreeMap, io, time::Duration};

use api::session::Register;
use cabinet::{Input, MeterNews, MonitorNews};
use config::{IsolationDriver, MeterDriver};
use isolation::{Bender, Validity};
use meters::{Acrel, AcrelConfig};
use serial::{
    Event, Line, Settings,
    modbus::{Bus, Device, Error, Next, Response},
};
use shell::clock;
use units::Mono;

use super::{Garbage, spawn};
use crate::inbox::Inbox;

/// What the meters and monitors of our cabinets are set to.
const BAUD: u32 = 19_200;

pub(super) fn start(config: &config::Config, inbox: &Inbox) -> io::Result<()> {
    let mut lines: BTreeMap<&str, (Vec<Unit>, Vec<Name>)> = BTreeMap::new();
    for meter in &config.meters {
        let MeterDriver::AcrelDjsf1352 = meter.driver;
        let driver = Acrel::new(AcrelConfig {
            energy_exponent: meter.energy_exponent,
            ..AcrelConfig::new(meter.address, meter.id.clone())
        });
        let (units, names) = lines.entry(&meter.port).or_default();
        units.push(Unit::Meter(driver));
        names.push(Name::Meter(meter.id.clone()));
    }
    for monitor in &config.isolation {
        let IsolationDriver::BenderIsocha425 = monitor.driver;
        let (units, names) = lines.entry(&monitor.port).or_default();
        units.push(Unit::Monitor(Bender::new(monitor.address)));
        names.push(Name::Monitor(monitor.id.clone()));
    }
    for (port, (units, names)) in lines {
        let line = Line::new(Settings::new(port, BAUD).even())?;
        let mut owner = Owner { line, bus: Bus::new(units), names, inbox: inbox.clone(), garbage: Garbage::default() };
        spawn("rs485".to_owned(), move || owner.run())?;
    }
    Ok(())
}

/// A unit on the line.
#[derive(Debug)]
enum Unit {
    Meter(Acrel),
    Monitor(Bender),
}

/// What a unit is called.
#[derive(Debug)]
enum Name {
    Meter(String),
    Monitor(String),
}

/// News of either kind.
enum News {
    Meter(meters::Update),
    Monitor(isolation::Update),
}

impl Device for Unit {
    type Update = News;

    fn next(&mut self, now: Mono) -> Next {
        match self {
            Self::Meter(meter) => meter.next(now),
            Self::Monitor(monitor) => monitor.next(now),
        }
    }

    fn answer(&mut self, now: Mono, answer: Result<&Response, Error>, updates: &mut Vec<News>) {
        match self {
            Self::Meter(meter) => {
                let mut own = Vec::new();
                meter.answer(now, answer, &mut own);
                updates.extend(own.into_iter().map(News::Meter));
            }
            Self::Monitor(monitor) => {
                let mut own = Vec::new();
                monitor.answer(now, answer, &mut own);
                updates.extend(own.into_iter().map(News::Monitor));
            }
        }
    }
}

struct Owner {
    line: Line,
    bus: Bus<Unit>,
    names: Vec<Name>,
    inbox: Inbox,
    garbage: Garbage,
}

impl Owner {
    fn run(&mut self) {
        let mut buffer = [0; 512];
        let mut wake = Mono::BOOT;
        loop {
            let wait = wake.since(clock::mono()).min(Duration::from_secs(1));
            let mut news = Vec::new();
            match self.line.read(&mut buffer, wait) {
                Event::Bytes(bytes) => {
                    self.bus.on_bytes(clock::mono(), bytes, |unit, update| news.push((unit, update)));
                }
                Event::Up => {
                    self.bus.reset();
                    tracing::info!(port = %self.line.settings().path.display(), "the line is open");
                }
                Event::Down(error) => {
                    tracing::warn!(port = %self.line.settings().path.display(), %error, "the line is down");
                }
                Event::Woken | Event::TimedOut => {}
            }
            let line = &mut self.line;
            // A request that the line does not take is answered by nobody, and so repeated.
            let send = |bytes: &[u8]| drop(line.write(bytes));
            wake = self.bus.poll(clock::mono(), send, |unit, update| news.push((unit, update)));
            for (unit, update) in news {
                self.tell(unit, update);
            }
            self.garbage.note("rs485", self.bus.counters().garbage, &self.inbox.counts().modbus);
        }
    }

    fn tell(&self, unit: usize, update: News) {
        let input = match (self.names.get(unit), update) {
            (Some(Name::Meter(name)), News::Meter(update)) => Input::Meter(name.clone(), meter_news(name, update)),
            (Some(Name::Monitor(name)), News::Monitor(update)) => match monitor_news(name, update) {
                Some(news) => Input::Monitor(name.clone(), news),
                None => return,
            },
            _ => return,
        };
        self.inbox.input(input);
    }
}

fn meter_news(name: &str, update: meters::Update) -> MeterNews {
    match update {
        meters::Update::Reading(reading) => MeterNews::Reading {
            register: Register {
                digits: reading.register.digits,
                exponent: reading.register.exponent,
                meter: name.to_owned(),
            },
            voltage: reading.voltage,
            current: reading.current,
        },
        meters::Update::Silent { reason } => {
            tracing::warn!(meter = name, reason, "the meter is silent");
            MeterNews::Silent
        }
    }
}

fn monitor_news(name: &str, update: isolation::Update) -> Option<MonitorNews> {
    match update {
        isolation::Update::Reading(reading) => Some(match reading.validity {
            Validity::Exact | Validity::Above | Validity::Below => MonitorNews::Reading(reading.resistance),
            Validity::Invalid => MonitorNews::Invalid,
        }),
        isolation::Update::SelfTest(result) => {
            tracing::info!(monitor = name, ?result, "self-test");
            None
        }
        isolation::Update::Silent { reason } => {
            tracing::warn!(monitor = name, reason, "the isolation monitor is silent");
            Some(MonitorNews::Silent)
        }
    }
}
