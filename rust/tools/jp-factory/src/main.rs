//! See the library crate `jp_factory` for what this tool is responsible for.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser as _;
use jp_factory::{
    Failure,
    args::{Command, Factory, Make, StationArgs, Verify},
    disk::Disk,
    image::Image,
    list::Again,
    make::{Order, make},
    station::{Station, make_development_station},
    steps::Steps,
    verify,
};
use jp_keys::args::Tpm;
use keys::{Unit, rules::Rules};

fn main() -> ExitCode {
    let args = match Factory::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 64 } else { 0 });
        }
    };
    let mut out = io::stdout().lock();
    match run(args, &mut out) {
        Ok(said) => {
            let _ = write!(out, "{said}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            let _ = writeln!(out, "FAIL {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Factory, out: &mut dyn Write) -> Result<String, Failure> {
    match args.command {
        Command::Make(order) => make_one(order, out),
        Command::Verify(order) => verify_one(&order),
        Command::Write(order) => {
            let mut image = Image::open(&order.image)?;
            let map = image.map(order.bmap.as_deref())?;
            let mut disk = Disk::open(&order.disk)?;
            let mut steps = Steps::new(out, 3);
            let written =
                steps.step("write", |progress| Ok((disk.write(&mut image, &map, progress)?, String::new())))?;
            steps.step("read back", |progress| Ok((disk.read_back(&written, progress)?, String::new())))?;
            steps.step("partitions", |_| Ok((disk.stretch()?, String::new())))?;
            Ok(format!("PASS {} MiB to {}\n", map.mapped() >> 20, order.disk.display()))
        }
        Command::Map { image } => Ok(Image::open(&image)?.summed()?.text()),
        Command::NewStation { folder } => {
            make_development_station(&folder)?;
            Ok(format!("a development station in {}: ca.pem, ca.key, licence-master\n", folder.display()))
        }
    }
}

fn open(station: &StationArgs, tpm: &Tpm) -> Result<(Station, Rules), Failure> {
    let opened = Station::open(&station.station, station.ca_key.as_deref())?;
    Ok((opened, Rules::read(&tpm.rules)?))
}

fn make_one(order: Make, out: &mut dyn Write) -> Result<String, Failure> {
    let (station, rules) = open(&order.station, &order.tpm)?;
    let stem = order.write.image.file_name().map(|name| name.to_string_lossy().into_owned());
    let version = order.image_version.or(stem).unwrap_or_default();
    if version.is_empty() || version.len() > 40 || version.contains([',', '"', '\n', '\r']) {
        return Err(Failure::Value {
            field: "image version",
            value: version,
            expected: "up to 40 characters without comma or quote",
        });
    }
    let serial = order.serial.clone();
    let order = Order {
        serial: order.serial,
        image: order.write.image,
        bmap: order.write.bmap,
        version,
        disk: order.write.disk,
        tpm: order.tpm.tpm,
        rules,
        again: if order.again { Again::Yes } else { Again::No },
        labels: order.station.station.join("labels"),
        printer: order.print,
        firmware_command: order.firmware_command,
        data_command: order.data_command,
    };
    let fingerprint = make(&station, &order, chrono::Utc::now(), out)?;
    Ok(format!("PASS {serial} {fingerprint}\n"))
}

fn verify_one(order: &Verify) -> Result<String, Failure> {
    let (station, rules) = open(&order.station, &order.tpm)?;
    let mut unit = Unit::open(&order.tpm.tpm, rules)?;
    let faults = verify::unit(&mut unit, &station, &order.serial, order.secrets.as_deref())?;
    if faults.is_empty() {
        return Ok(format!("PASS {} {}\n", order.serial, unit.fingerprint()?));
    }
    Err(Failure::Unit(faults.join("; ")))
}
