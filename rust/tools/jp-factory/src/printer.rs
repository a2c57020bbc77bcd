//! The label printer: any command that takes a picture on its standard input.

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

/// Runs the command that makes the data partition; the last line that it prints, if any, is the recovery key.
pub fn make_data(command: &str, environment: &[(&str, &str)]) -> Result<Option<String>, Failure> {
    let output = Command::new("sh")
        .args(["-c", command])
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::Program { program: command.to_owned(), why: error.to_string() })?;
    if !output.status.success() {
        return Err(Failure::Program { program: command.to_owned(), why: output.status.to_string() });
    }
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().map(str::trim).rfind(|line| !line.is_empty()).map(str::to_owned))
}
