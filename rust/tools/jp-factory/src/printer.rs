//! The station's own commands: the label printer, which takes a picture on its standard input, and those that make a part
//! of the unit.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use crate::Failure;

/// Gives a picture to a command, and waits for it.
pub fn print(command: &str, picture: &str) -> Result<(), Failure> {
    let failed = |why: String| Failure::Program { program: command.to_owned(), why };
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(picture.as_bytes()).map_err(|error| failed(error.to_string()))?;
    }
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
}

/// Runs a command of the station; what it prints. What it complains of is seen at the station.
pub fn output(command: &str, environment: &[(&str, &str)]) -> Result<String, Failure> {
    let failed = |why: String| Failure::Program { program: command.to_owned(), why };
    let output = Command::new("sh")
        .args(["-c", command])
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
