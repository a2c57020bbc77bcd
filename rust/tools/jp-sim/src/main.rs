//! Simulates everything outside a charging cabinet, on the cabinet's own wires.

use std::{fs, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::Parser;
use jp_sim::{
    cabinet::Cabinet,
    device::meter::Resolution,
    sim::{Signals, Sim},
    wire::{CarWire, WireAddress},
};
use tracing_subscriber::EnvFilter;

/// Simulates everything outside a charging cabinet: cars and their modems, power modules, meters, isolation monitors, a
/// card reader and the safety MCU. Without --cabinet it is the cabinet of the bench; arguments override its file.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// A description of the cabinet (TOML, see examples/bench.toml).
    #[arg(long, value_name = "FILE")]
    cabinet: Option<PathBuf>,
    /// The CAN: hub:PATH (listen, one frame a packet) or slcan:PATH (connect, serial adapter).
    #[arg(long)]
    can: Option<WireAddress>,
    /// The MCU's serial line: pty:PATH (make) or unix:PATH (connect).
    #[arg(long)]
    mcu: Option<WireAddress>,
    /// The line of meters and isolation monitors: pty:PATH or unix:PATH.
    #[arg(long)]
    rs485: Option<WireAddress>,
    /// The card reader's line: pty:PATH or unix:PATH.
    #[arg(long)]
    rfid: Option<WireAddress>,
    /// A car's end of a power line, as CONNECTOR=INTERFACE or CONNECTOR=INTERFACE@NAMESPACE; once for each connector.
    #[arg(long, value_name = "N=IF@NS", value_parser = car)]
    car: Vec<(u8, CarWire)>,
    /// What one step of every meter's energy register stands for, in Wh: 1, 10 or 100.
    #[arg(long, value_name = "WH", value_parser = resolution)]
    meter_resolution: Option<Resolution>,
    /// Where to listen for commands (JSON lines).
    #[arg(long, value_name = "PATH")]
    control: Option<PathBuf>,
}

fn car(text: &str) -> Result<(u8, CarWire), String> {
    let expected = || format!("{text:?}: expected CONNECTOR=INTERFACE@NAMESPACE");
    let (connector, wire) = text.split_once('=').ok_or_else(expected)?;
    Ok((connector.parse().map_err(|_| expected())?, wire.parse()?))
}

fn resolution(text: &str) -> Result<Resolution, String> {
    text.parse::<u16>().map_err(|error| error.to_string())?.try_into()
}

impl Args {
    fn cabinet(self) -> anyhow::Result<Cabinet> {
        let mut cabinet = match &self.cabinet {
            None => Cabinet::bench()?,
            Some(path) => {
                let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                Cabinet::from_toml(&text).with_context(|| format!("{}", path.display()))?
            }
        };
        let wires = &mut cabinet.wires;
        wires.can = self.can.or_else(|| wires.can.take());
        wires.mcu = self.mcu.or_else(|| wires.mcu.take());
        wires.rs485 = self.rs485.or_else(|| wires.rs485.take());
        wires.rfid = self.rfid.or_else(|| wires.rfid.take());
        wires.control = self.control.or_else(|| wires.control.take());
        cabinet.meter_resolution_wh = self.meter_resolution.unwrap_or(cabinet.meter_resolution_wh);
        for (connector, wire) in self.car {
            let known = cabinet.connectors.iter_mut().find(|one| one.id == connector);
            known.with_context(|| format!("--car: no connector {connector} in this cabinet"))?.car = Some(wire);
        }
        Ok(cabinet)
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(std::io::stderr).init();
    let cabinet = Args::parse().cabinet()?;
    let signals = Signals::hold()?;
    let _sim = Sim::start(&cabinet)?;
    signals.wait()?;
    Ok(ExitCode::SUCCESS)
}
