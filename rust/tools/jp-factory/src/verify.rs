//! Whether a unit is what the factory meant it to be.

use std::path::Path;

use jp_keys::{Record, secret_of};
use keys::{Secret, Unit};

use crate::{
    Failure, certify,
    serial::Serial,
    station::{Station, licence_tag},
};

/// Everything that is wrong with a unit's TPM; nothing for a good one. `secrets` is the folder of its authorisations, for a
/// unit that has started.
pub fn unit(
    unit: &mut Unit,
    station: &Station,
    serial: &Serial,
    secrets: Option<&Path>,
) -> Result<Vec<String>, Failure> {
    let mut faults: Vec<String> = unit.check()?.iter().map(ToString::to_string).collect();
    if let Some(bytes) = unit.record()? {
        match Record::read(&bytes) {
            Ok(record) if record.serial == serial.as_str() => {}
            Ok(record) => faults.push(format!("the TPM says that this is {}; expected {serial}", record.serial)),
            Err(error) => faults.push(error.to_string()),
        }
    }
    for rule in unit.rules().factory.clone() {
        let secret = match secrets {
            Some(folder) => Some(secret_of(folder, &rule.secret)?),
            None => None,
        };
        let found = if rule.certificate.is_some() {
            certify::check(unit, &rule.name, station.ca.der(), serial, secret.as_ref())
        } else {
            licence(unit, station, &rule.name, secret.as_ref())
        };
        if let Err(error) = found {
            faults.push(error.to_string());
        }
    }
    Ok(faults)
}

/// The unit's licence key answers as the station's master says that it must.
fn licence(unit: &mut Unit, station: &Station, name: &str, secret: Option<&Secret>) -> Result<(), Failure> {
    let wanted = station.licence_key(&unit.fingerprint()?);
    let message = b"is this the licence key?";
    if unit.authenticate(name, message, secret)? == licence_tag(&wanted, message) {
        return Ok(());
    }
    Err(Failure::Unit(format!("key {name} is not derived from this station's licence master")))
}
