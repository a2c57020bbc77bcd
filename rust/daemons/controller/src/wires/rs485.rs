//! The owner of one RS-485 line: meters and isolation monitors, one after the other.

use std::{collections::BTreeMap, io, thread::JoinHandle, time::Duration};

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

use super::{Desk, Garbage, Life, Owner};
use crate::inbox::Inbox;

/// What the meters and monitors of our cabinets are set to.
const BAUD: u32 = 19_200;

/// A meter or monitor of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Listed {
    Meter(config::Meter),
    Monitor(config::Isolation),
}

impl Listed {
    fn unit(&self) -> Unit {
        match self {
            Self::Meter(meter) => {
                let MeterDriver::AcrelDjsf1352 = meter.driver;
                Unit::Meter(Acrel::new(AcrelConfig {
                    energy_exponent: meter.energy_exponent,
                    ..AcrelConfig::new(meter.address, meter.id.clone())
                }))
            }
            Self::Monitor(monitor) => {
                let IsolationDriver::BenderIsocha425 = monitor.driver;
                Unit::Monitor(Bender::new(monitor.address))
            }
        }
    }
}

/// What is on each line.
pub(super) fn units(config: &config::Config) -> BTreeMap<String, Vec<Listed>> {
    let mut lines: BTreeMap<String, Vec<Listed>> = BTreeMap::new();
    for meter in &config.meters {
        lines.entry(meter.port.clone()).or_default().push(Listed::Meter(meter.clone()));
    }
    for monitor in &config.isolation {
        lines.entry(monitor.port.clone()).or_default().push(Listed::Monitor(monitor.clone()));
    }
    lines
}

/// An RS-485 line.
#[derive(Debug)]
pub(super) struct LineWire {
    units: Vec<Listed>,
    /// Told the whole list.
    owner: Owner<Option<Vec<Listed>>>,
}

impl LineWire {
    pub(super) fn start(port: &str, units: Vec<Listed>, inbox: &Inbox) -> io::Result<Self> {
        let line = Line::new(Settings::new(port, BAUD).even())?;
        let waker = line.waker();
        let bus = Bus::new(units.iter().map(Listed::unit).collect());
        let mut line_owner =
            LineOwner { line, bus, units: units.clone(), inbox: inbox.clone(), garbage: Garbage::default() };
        let owner = Owner::start("rs485".to_owned(), waker, None, move |desk| line_owner.run(&desk))?;
        Ok(Self { units, owner })
    }

    /// Other units are on the line.
    pub(super) fn follow(&mut self, units: Vec<Listed>) {
        if self.units == units {
            return;
        }
        self.owner.tell(|list| *list = Some(units.clone()));
        self.units = units;
    }

    pub(super) fn end(self) -> JoinHandle<()> {
        self.owner.end()
    }
}

/// A unit on the line.
#[derive(Debug)]
enum Unit {
    Meter(Acrel),
    Monitor(Bender),
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

struct LineOwner {
    line: Line,
    bus: Bus<Unit>,
    /// In the order of the bus.
    units: Vec<Listed>,
    inbox: Inbox,
    garbage: Garbage,
}

impl LineOwner {
    fn run(&mut self, desk: &Desk<Option<Vec<Listed>>>) {
        let mut buffer = [0; 512];
        let mut wake = Mono::BOOT;
        loop {
            let (list, life) = desk.fetch();
            if life == Life::Ends {
                return;
            }
            if let Some(units) = list {
                self.follow(&units);
                wake = Mono::BOOT;
            }
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

    /// Units that stay are asked on as if nothing had happened.
    fn follow(&mut self, units: &[Listed]) {
        let before = std::mem::take(&mut self.units);
        let stays = |index: usize| before.get(index).is_some_and(|unit| units.contains(unit));
        let new: Vec<Listed> = units.iter().filter(|unit| !before.contains(unit)).cloned().collect();
        self.bus.change(|index, _| stays(index), new.iter().map(Listed::unit).collect());
        self.units = before.iter().filter(|unit| units.contains(unit)).cloned().chain(new).collect();
    }

    fn tell(&self, unit: usize, update: News) {
        let input = match (self.units.get(unit), update) {
            (Some(Listed::Meter(meter)), News::Meter(update)) => {
                Input::Meter(meter.id.clone(), meter_news(&meter.id, update))
            }
            (Some(Listed::Monitor(monitor)), News::Monitor(update)) => match monitor_news(&monitor.id, update) {
                Some(news) => Input::Monitor(monitor.id.clone(), news),
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
