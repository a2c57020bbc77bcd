//! One unit, from a blank disk and a blank TPM to PASS.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::HEXLOWER;
use jp_keys::Record;
use keys::{
    Fingerprint, TpmAddress, Unit,
    rules::{Origin, Rules},
};
use sha2::{Digest as _, Sha256};

use crate::{
    Failure, certify,
    disk::{Disk, Partition},
    failure::at,
    image::{Image, bmap::Map},
    label,
    list::{self, Again, Line},
    printer,
    serial::Serial,
    station::Station,
    steps::Steps,
    verify,
};

/// What is to be made.
#[derive(Debug)]
pub struct Order {
    /// Who the unit will be.
    pub serial: Serial,
    /// What goes onto its disk.
    pub image: PathBuf,
    /// The image's block map, if it does not lie beside it.
    pub bmap: Option<PathBuf>,
    /// What the image is called in record, list and label.
    pub version: String,
    /// Its disk.
    pub disk: PathBuf,
    /// Its TPM.
    pub tpm: TpmAddress,
    /// What its TPM is to hold.
    pub rules: Rules,
    /// Whether it may have been made before.
    pub again: Again,
    /// The folder of the labels' pictures.
    pub labels: PathBuf,
    /// The label printer's command.
    pub printer: Option<String>,
    /// The command that writes the board's firmware; without it, none is written.
    pub firmware_command: Option<String>,
    /// The command that makes and seals the data partition; without it, the unit's first start does.
    pub data_command: Option<String>,
}

/// Makes a unit, and tells how it goes; who it is by then.
pub fn make(station: &Station, order: &Order, now: DateTime<Utc>, out: &mut dyn Write) -> Result<Fingerprint, Failure> {
    let mut steps = Steps::new(out, if order.firmware_command.is_some() { 10 } else { 9 });
    let (mut unit, fingerprint, mut disk, mut image, map) = steps.step("look", |_| {
        look(station, order).map(|found| {
            let detail = format!("{}, image of {} MiB, CA {:?}", found.1, found.4.mapped() >> 20, station.ca.name());
            (found, detail)
        })
    })?;
    let written = steps.step("write", |progress| {
        let written = disk.write(&mut image, &map, progress)?;
        Ok((written, format!("{} MiB to {}", map.mapped() >> 20, order.disk.display())))
    })?;
    steps.step("read back", |progress| Ok((disk.read_back(&written, progress)?, String::new())))?;
    let data = steps.step("partitions", |_| {
        let data = disk.stretch()?;
        let detail = format!("data is {} MiB", data.size >> 20);
        Ok((data, detail))
    })?;
    if let Some(command) = &order.firmware_command {
        steps.step("firmware", |_| {
            let (disk, serial) = (order.disk.to_string_lossy(), order.serial.to_string());
            printer::output(command, &[("JP_DISK", disk.as_ref()), ("JP_SERIAL", serial.as_str())])?;
            Ok(((), String::new()))
        })?;
    }
    steps.step("TPM keys", |_| {
        let names = make_keys(station, &mut unit, &fingerprint)?;
        Ok(((), names.join(", ")))
    })?;
    let certificates = steps.step("certificates", |_| certify_keys(station, &mut unit, &order.serial, now))?;
    steps.step("data", |_| {
        // Nobody else can open a partition of a disk that is held.
        disk.release()?;
        make_data(order, &data)
    })?;
    let made = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    steps.step("verify", |_| {
        let record = Record { serial: order.serial.to_string(), image: order.version.clone(), made: made.clone() };
        unit.write_record(&record.bytes()?)?;
        let faults = verify::unit(&mut unit, station, &order.serial, None)?;
        Disk::partitions(&order.disk)?;
        if faults.is_empty() {
            return Ok(((), "keys, certificates, record, partitions".to_owned()));
        }
        // It is no unit: the next attempt begins as with a blank one.
        unit.forget_record()?;
        Err(Failure::Unit(faults.join("; ")))
    })?;
    steps.step("list, label", |_| {
        let sum = |key: &str| {
            certificates.iter().find(|(name, _)| name == key).map(|(_, sum)| sum.clone()).unwrap_or_default()
        };
        let text = |text: &str| text.to_owned();
        let line = Line {
            serial: order.serial.to_string(),
            fingerprint: fingerprint.text(),
            image: order.version.clone(),
            made: made.clone(),
            identity: sum("identity"),
            ocpp: sum("ocpp"),
        };
        let picture = label::unit(order.serial.as_str(), &fingerprint.to_string(), &order.version, &made)?;
        std::fs::create_dir_all(&order.labels).map_err(at(&order.labels))?;
        let path = order.labels.join(format!("{}.svg", order.serial));
        std::fs::write(&path, &picture).map_err(at(&path))?;
        list::add(&station.list, &line, order.again)?;
        match &order.printer {
            Some(command) => printer::print(command, &picture).map(|()| ((), text("printed"))),
            None => Ok(((), path.display().to_string())),
        }
    })?;
    Ok(fingerprint)
}

type Looked = (Unit, Fingerprint, Disk, Image, Map);

/// Everything that can be known to fail before anything is changed; then the old record goes, if there is one.
fn look(station: &Station, order: &Order) -> Result<Looked, Failure> {
    let mut unit = Unit::open(&order.tpm, order.rules.clone())?;
    let fingerprint = unit.fingerprint()?;
    let before = unit.record()?;
    if let Some(bytes) = &before {
        match (Record::read(bytes), order.again) {
            (Ok(record), again) if again == Again::No || record.serial != order.serial.as_str() => {
                return Err(Failure::MadeAlready { serial: record.serial, made: record.made });
            }
            (Err(error), Again::No) => return Err(error.into()),
            _ => {}
        }
    }
    list::check(&station.list, order.serial.as_str(), &fingerprint.text(), order.again)?;
    let mut image = Image::open(&order.image)?;
    let map = image.map(order.bmap.as_deref())?;
    let mut disk = Disk::open(&order.disk)?;
    let size = disk.size()?;
    if size < map.size {
        return Err(Failure::Content {
            path: order.disk.clone(),
            found: format!("{size} bytes"),
            expected: format!("at least the image's {}", map.size),
        });
    }
    if before.is_some() {
        unit.forget_record()?;
    }
    Ok((unit, fingerprint, disk, image, map))
}

/// Makes every key by the rules; what an earlier attempt left is taken away.
fn make_keys(station: &Station, unit: &mut Unit, fingerprint: &Fingerprint) -> Result<Vec<String>, Failure> {
    let rules = unit.rules().factory.clone();
    for rule in &rules {
        unit.remove(&rule.name)?;
        unit.forget_certificate(&rule.name)?;
        match rule.origin {
            Origin::Tpm => unit.make(&rule.name, None)?,
            Origin::Station => unit.make(&rule.name, Some(&station.licence_key(fingerprint)))?,
        }
    }
    Ok(rules.into_iter().map(|rule| rule.name).collect())
}

type Certified = (Vec<(String, String)>, String);

/// Has the CA certify every key that is to be certified; the SHA-256 of each certificate.
fn certify_keys(station: &Station, unit: &mut Unit, serial: &Serial, now: DateTime<Utc>) -> Result<Certified, Failure> {
    let mut sums = Vec::new();
    for rule in unit.rules().factory.clone().into_iter().filter(|rule| rule.certificate.is_some()) {
        let request = certify::request(unit, &rule.name, serial)?;
        let der = certify::sign(&station.ca, &request, &rule.name, serial, now)?;
        unit.write_certificate(&rule.name, &der)?;
        sums.push((rule.name, HEXLOWER.encode(&Sha256::digest(&der))));
    }
    let detail = format!("{} by {:?}", sums.len(), station.ca.name());
    Ok((sums, detail))
}

/// Has the data partition made, and its recovery key printed; it is kept nowhere.
fn make_data(order: &Order, data: &Partition) -> Result<((), String), Failure> {
    let Some(command) = &order.data_command else {
        return Ok(((), "left to the unit's first start".to_owned()));
    };
    let (disk, serial) = (order.disk.to_string_lossy(), order.serial.to_string());
    // Whatever leads to it: the kernel names its partitions after the disk itself.
    let whole = std::fs::canonicalize(&order.disk).map_err(at(&order.disk))?;
    let device = partition_of(&whole, data.number);
    let device = device.to_string_lossy();
    let environment = [("JP_DISK", disk.as_ref()), ("JP_DATA", device.as_ref()), ("JP_SERIAL", serial.as_str())];
    let said = printer::output(command, &environment)?;
    // The partition was blank: whoever made it has a key to tell, or it is not what was asked for.
    let key = said.lines().map(str::trim).rfind(|line| !line.is_empty()).ok_or_else(|| Failure::Program {
        program: command.clone(),
        why: "it gave no recovery key; expected one as the last line that it prints".to_owned(),
    })?;
    let print = order.printer.as_ref().ok_or_else(|| {
        Failure::Unit("there is a recovery key and no printer for it; expected --print COMMAND".to_owned())
    })?;
    printer::print(print, &label::recovery(&serial, key)?)?;
    Ok(((), "made and sealed, recovery key printed".to_owned()))
}

/// The device of a partition: `/dev/sda6`, `/dev/mmcblk2p6`.
fn partition_of(disk: &Path, number: u32) -> PathBuf {
    let name = disk.to_string_lossy();
    let between = if name.ends_with(|c: char| c.is_ascii_digit()) { "p" } else { "" };
    PathBuf::from(format!("{name}{between}{number}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_is_named_as_the_kernel_names_it() {
        for (disk, device) in
            [("/dev/sda", "/dev/sda6"), ("/dev/mmcblk2", "/dev/mmcblk2p6"), ("/dev/nvme0n1", "/dev/nvme0n1p6")]
        {
            assert_eq!(partition_of(Path::new(disk), 6), Path::new(device));
        }
    }
}
