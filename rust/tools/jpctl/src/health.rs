//! The checklist.

use std::{
    fs,
    io::{self, Write},
};

use api::{
    chain::{Health, PlcState},
    ocpp::{ConnectionStatus, OcppState},
    state::{ControllerState, Phase},
    system::{LackCause, SystemState},
};
use serde::Serialize;

use crate::{Cabinet, Failure, table::Table, text::name};

/// How a checked thing is, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Grade {
    Good,
    /// Worth knowing; charging does not need it.
    Note,
    Degraded,
    Faulty,
}

impl Grade {
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Self::Good | Self::Note => 0,
            Self::Degraded => 1,
            Self::Faulty => 2,
        }
    }
}

/// One line of the checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    pub(crate) what: String,
    pub(crate) grade: Grade,
    pub(crate) detail: String,
}

fn check(what: impl Into<String>, grade: Grade, detail: impl Into<String>) -> Check {
    Check { what: what.into(), grade, detail: detail.into() }
}

/// Asks every daemon. Nothing here is a failure of the tool: what does not answer is a line of the list.
pub(crate) async fn list(cabinet: &Cabinet) -> Vec<Check> {
    let mut checks = Vec::new();
    match cabinet.get::<ControllerState>("controller", "/v1/state").await {
        Ok(answer) => controller(&answer.typed, &mut checks),
        Err(failure) => checks.push(absent("controller", Grade::Faulty, &failure)),
    }
    for daemon in chains(cabinet) {
        match cabinet.get::<PlcState>(&daemon, "/v1/state").await {
            Ok(answer) => checks.push(plc(&daemon, &answer.typed)),
            Err(failure) => checks.push(absent(&daemon, Grade::Faulty, &failure)),
        }
    }
    match cabinet.get::<OcppState>("ocpp", "/v1/state").await {
        Ok(answer) => checks.push(ocpp(&answer.typed)),
        Err(failure) => checks.push(absent("ocpp", Grade::Degraded, &failure)),
    }
    match cabinet.get::<SystemState>("system", "/v1/state").await {
        Ok(answer) => system(&answer.typed, &mut checks),
        Err(failure) => checks.push(absent("system", Grade::Degraded, &failure)),
    }
    checks
}

fn absent(daemon: &str, grade: Grade, failure: &Failure) -> Check {
    check(daemon, grade, failure.to_string())
}

/// The daemons of the chains, from their sockets.
fn chains(cabinet: &Cabinet) -> Vec<String> {
    let names = fs::read_dir(cabinet.run_dir()).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let daemon = name.strip_suffix(".sock")?;
        daemon.starts_with("plc-").then(|| daemon.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

fn controller(state: &ControllerState, checks: &mut Vec<Check>) {
    let fault = state.faults.iter().map(|fault| name(&fault.code)).collect::<Vec<_>>().join(", ");
    checks.push(match state.faults.len() {
        0 => check("controller", Grade::Good, format!("version {}, no faults", state.version)),
        count => check("controller", Grade::Degraded, format!("{count} faults: {fault}")),
    });
    checks.push(match (state.mcu.link.up, state.mcu.emergency_stop) {
        (true, false) => check("mcu", Grade::Good, "answers"),
        (true, true) => check("mcu", Grade::Faulty, "the emergency stop is pressed"),
        (false, _) => check("mcu", Grade::Faulty, "silent: nothing can be energised"),
    });
    for chain in &state.chains {
        let what = format!("chain {}", chain.id);
        checks.push(if chain.link.up {
            check(what, Grade::Good, "its process is connected")
        } else {
            check(what, Grade::Faulty, "its process is not connected to the controller")
        });
    }
    for module in &state.modules {
        let what = format!("module {}", module.id);
        checks.push(if !module.link.up {
            check(what, Grade::Faulty, "silent")
        } else if module.faults.is_empty() {
            check(what, Grade::Good, "answers")
        } else {
            check(what, Grade::Degraded, module.faults.join(", "))
        });
    }
    for connector in &state.connectors {
        let grade = match connector.phase {
            Phase::Faulted | Phase::Unavailable => Grade::Faulty,
            _ => Grade::Good,
        };
        checks.push(check(format!("connector {}", connector.id), grade, name(&connector.phase)));
    }
}

fn plc(daemon: &str, state: &PlcState) -> Check {
    let worst = state.connectors.iter().max_by_key(|line| grade(line.health));
    match worst {
        _ if !state.controller_connected => check(daemon, Grade::Faulty, "not connected to the controller"),
        Some(line) if grade(line.health) > Grade::Good => {
            check(daemon, grade(line.health), format!("connector {}: {}", line.connector, line.reason))
        }
        _ => check(daemon, Grade::Good, format!("version {}", state.version)),
    }
}

/// Nothing known is no reason to send somebody out.
fn grade(health: Health) -> Grade {
    match health {
        Health::Healthy | Health::Unknown => Grade::Good,
        Health::Degraded => Grade::Degraded,
        Health::Faulty => Grade::Faulty,
    }
}

fn ocpp(state: &OcppState) -> Check {
    let waiting = state.queue.depth;
    let status = name(&state.connection.status);
    let trouble = state.last_error.as_ref().map_or_else(String::new, |trouble| format!(": {}", trouble.message));
    match state.connection.status {
        ConnectionStatus::Connected => check("ocpp", Grade::Good, format!("connected, {waiting} messages wait")),
        ConnectionStatus::Off => check("ocpp", Grade::Good, "switched off by the configuration"),
        _ => check("ocpp", Grade::Degraded, format!("{status}, {waiting} messages wait{trouble}")),
    }
}

fn system(state: &SystemState, checks: &mut Vec<Check>) {
    checks.push(check("system", Grade::Good, format!("version {}, {}", state.version, state.slot.message)));
    let full = state.disk.as_ref().filter(|disk| disk.free_kib < disk.total_kib / 10);
    if let Some(disk) = full {
        checks.push(check("disk", Grade::Degraded, format!("{} KiB free of {}", disk.free_kib, disk.total_kib)));
    }
    for lack in state.lacking.iter().filter(|lack| lack.cause == LackCause::Unit) {
        // A cabinet charges and bills without settings pages and tunnel; not without a clock that is right.
        let grade = if lack.feature == "clock" { Grade::Degraded } else { Grade::Note };
        checks.push(check(format!("system: {}", lack.feature), grade, lack.reason.clone()));
    }
}

/// The list as a table.
pub(crate) fn print(out: &mut impl Write, checks: &[Check]) -> io::Result<()> {
    let mut table = Table::new(["GRADE", "PART", "DETAIL"]);
    for check in checks {
        let mark = match check.grade {
            Grade::Good => "ok",
            Grade::Note => "note",
            Grade::Degraded => "DEGRADED",
            Grade::Faulty => "FAULTY",
        };
        table.row([mark.to_owned(), check.what.clone(), check.detail.clone()]);
    }
    table.print(out, "nothing to check")
}
