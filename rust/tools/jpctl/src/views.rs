//! States as tables.

use std::io::{self, Write};

use api::{
    fault::{ClearedBy, Fault},
    outbox::{Body, Page},
    receipt::MeteringKeys,
    session::{Session, Sessions},
    state::{Connector, ControllerState, Vehicle},
};
use units::{BootId, Mono};

use crate::{
    table::Table,
    text::{ago, duration, name, wall},
};

const DASH: &str = "-";

fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| DASH.to_owned(), |value| value.to_string())
}

/// The cabinet at a glance: site, connectors, what is wrong.
pub(crate) fn status(out: &mut impl Write, state: &ControllerState) -> io::Result<()> {
    let site = &state.site;
    writeln!(out, "{}  ({}, configuration {})", site.name, state.version, state.config_version)?;
    writeln!(out, "limit {}, assigned {}, drawn {}", site.limit, site.assigned, site.drawn)?;
    let mcu = if state.mcu.link.up { "answers" } else { "SILENT" };
    let stop = if state.mcu.emergency_stop { ", EMERGENCY STOP" } else { "" };
    writeln!(out, "MCU {mcu}{stop}\n")?;
    let mut table = Table::new(["CONNECTOR", "PHASE", "SINCE", "POWER", "SESSION", "FAULT"]);
    for connector in &state.connectors {
        let fault = state.faults.iter().find(|fault| fault.connector == Some(connector.id));
        table.row([
            connector.id.to_string(),
            name(&connector.phase),
            ago(state.at, connector.since),
            connector.present.power.to_string(),
            or_dash(connector.session.as_ref().map(|session| format!("{} Wh", session.energy_wh))),
            or_dash(fault.map(|fault| name(&fault.code))),
        ]);
    }
    table.print(out, "no connectors")?;
    let mut chains = Table::new(["CHAIN", "PROCESS", "POWER LINES"]);
    for chain in &state.chains {
        let lines: Vec<String> =
            chain.health.iter().map(|line| format!("{} {}", line.connector, name(&line.health))).collect();
        let process = if chain.link.up { "connected" } else { "NOT CONNECTED" };
        chains.row([chain.id.to_string(), process.to_owned(), lines.join(", ")]);
    }
    writeln!(out)?;
    chains.print(out, "no chains")?;
    if !state.faults.is_empty() {
        writeln!(out)?;
        faults(out, state.at, &state.boot_id, &state.faults)?;
    }
    Ok(())
}

/// The connectors in full.
pub(crate) fn connectors(out: &mut impl Write, state: &ControllerState) -> io::Result<()> {
    for (index, connector) in state.connectors.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        one_connector(out, state.at, connector)?;
    }
    writeln!(out)?;
    let mut table = Table::new(["MODULE", "FEEDS", "ANSWERS", "OUTPUT", "SET", "DELIVERS", "SERIAL", "FAULTS"]);
    for module in &state.modules {
        table.row([
            module.id.to_string(),
            or_dash(module.connector),
            if module.link.up { "yes" } else { "NO" }.to_owned(),
            if module.on { "on" } else { "off" }.to_owned(),
            format!("{} {}", module.set_voltage, module.set_current),
            format!("{} {}", module.voltage, module.current),
            or_dash(module.serial.as_ref()),
            module.faults.join(", "),
        ]);
    }
    table.print(out, "no power modules")
}

fn one_connector(out: &mut impl Write, now: Mono, connector: &Connector) -> io::Result<()> {
    let mut line = |label: &str, text: String| writeln!(out, "  {label:<14}{text}");
    let since = ago(now, connector.since);
    let heading = format!("{} for {since}, pilot {}", name(&connector.phase), name(&connector.pilot));
    line(&format!("CONNECTOR {}", connector.id), heading)?;
    let present = &connector.present;
    line("measured", format!("{}, {}, {}", present.voltage, present.current, present.power))?;
    let allocation = &connector.allocation;
    let bound = or_dash(allocation.bound_by.as_ref().map(name));
    line(
        "planner",
        format!(
            "requested {}, offered {}, allowed {}, assigned {}, bound by {bound}",
            allocation.requested, allocation.offered, allocation.allowed, allocation.assigned
        ),
    )?;
    line("authorisation", name(&connector.authorisation))?;
    line("isolation", name(&connector.isolation))?;
    line("locked", if connector.locked { "yes" } else { "no" }.to_owned())?;
    for contactor in &connector.contactors {
        let (asked, granted) = (name(&contactor.asked), name(&contactor.granted));
        let feedback = name(&contactor.feedback);
        line(&format!("contactor {}", contactor.id.0), format!("asked {asked}, granted {granted}, is {feedback}"))?;
    }
    if let Some(vehicle) = &connector.vehicle {
        line("vehicle", self::vehicle(vehicle))?;
    }
    if let Some(session) = &connector.session {
        line("session", format!("{}, {} Wh in {}", session.id, session.energy_wh, ago(now, session.started)))?;
    }
    if let Some(reason) = &connector.last_stop {
        line("last stop", name(reason))?;
    }
    Ok(())
}

fn vehicle(vehicle: &Vehicle) -> String {
    let soc = vehicle.soc.map_or_else(|| DASH.to_owned(), |soc| format!("{} %", soc.get()));
    let wants = match (vehicle.target_voltage, vehicle.target_current) {
        (Some(voltage), Some(current)) => format!("{voltage}, {current}"),
        _ => DASH.to_owned(),
    };
    format!("{} {}, charge {soc}, wants {wants}", name(&vehicle.protocol), vehicle.evcc_id)
}

/// Sessions, newest first.
pub(crate) fn sessions(out: &mut impl Write, sessions: &Sessions) -> io::Result<()> {
    let mut table = Table::new(["SESSION", "CONNECTOR", "TAG", "STARTED", "LASTED", "ENERGY", "ENDED BY"]);
    for session in &sessions.sessions {
        table.row([
            session.id.to_string(),
            session.connector.to_string(),
            session.id_tag.to_string(),
            wall(session.started.wall),
            lasted(session),
            format!("{} Wh", session.energy_wh()),
            session.reason.as_ref().map_or_else(|| "running".to_owned(), name),
        ]);
    }
    table.print(out, "no sessions yet")
}

/// From its start to its end, or to its newest reading.
fn lasted(session: &Session) -> String {
    let (start, end) = (&session.started, session.stopped.as_ref().unwrap_or(&session.meter_last_at));
    if start.boot == end.boot {
        return ago(end.mono, start.mono);
    }
    // It went on over a restart of the machine: only the wall clock spans both.
    let seconds = end.wall.ms.saturating_sub(start.wall.ms).max(0) / 1_000;
    duration(u64::try_from(seconds).unwrap_or(0))
}

/// One session.
pub(crate) fn session(out: &mut impl Write, session: &Session) -> io::Result<()> {
    let mut line = |label: &str, text: String| writeln!(out, "{label:<12}{text}");
    line("session", session.id.to_string())?;
    line("connector", format!("{} (chain {})", session.connector, session.chain))?;
    line("tag", session.id_tag.to_string())?;
    line("started", wall(session.started.wall))?;
    line("ended", session.stopped.as_ref().map_or_else(|| "running".to_owned(), |stamp| wall(stamp.wall)))?;
    line("reason", or_dash(session.reason.as_ref().map(name)))?;
    line("lasted", lasted(session))?;
    let register = |register: &api::session::Register| {
        format!("{} Wh ({}e{}, meter {})", register.floor_wh(), register.digits, register.exponent, register.meter)
    };
    line("meter start", register(&session.meter_start))?;
    line("meter last", register(&session.meter_last))?;
    line("energy", format!("{} Wh", session.energy_wh()))
}

/// The keys that sessions are signed with.
pub(crate) fn keys(out: &mut impl Write, keys: &MeteringKeys) -> io::Result<()> {
    let mut table = Table::new(["KEY", "WHERE", "SINCE", "RECORDS", "IN USE"]);
    for key in &keys.keys {
        let in_use = keys.current.as_ref() == Some(&key.name);
        table.row([
            key.name.clone(),
            name(&key.kind),
            wall(key.since.wall),
            key.records.to_string(),
            if in_use { "yes" } else { "-" }.to_owned(),
        ]);
    }
    table.print(out, "no key yet")?;
    keys.problem.iter().try_for_each(|problem| writeln!(out, "sessions wait: {problem}"))
}

/// Faults with their remedies.
pub(crate) fn faults(out: &mut impl Write, now: Mono, boot: &BootId, faults: &[Fault]) -> io::Result<()> {
    let mut table = Table::new(["FAULT", "WHERE", "STATE", "SEEN", "LAST", "DETAIL"]);
    for fault in faults {
        let connector = fault.connector.map(|connector| format!("connector {connector}"));
        let place: Vec<String> = connector.into_iter().chain(fault.part.clone()).collect();
        let state = match (&fault.cleared_by, fault.cleared, fault.latched) {
            (Some(ClearedBy::Person { name }), ..) => format!("cleared by {name}"),
            (Some(ClearedBy::Itself), ..) => "over".to_owned(),
            (Some(ClearedBy::Restart), ..) => "over at a restart".to_owned(),
            (Some(ClearedBy::PowerCut), ..) => "until a power cut".to_owned(),
            (Some(ClearedBy::Unknown), ..) | (None, Some(_), _) => "past".to_owned(),
            (None, None, true) => "latched".to_owned(),
            (None, None, false) => "active".to_owned(),
        };
        // The instants of another boot cannot be compared with now.
        let last = if fault.boot == *boot || fault.boot.0.is_empty() {
            format!("{} ago", ago(now, fault.last))
        } else {
            wall(fault.last_wall)
        };
        table.row([
            name(&fault.code),
            if place.is_empty() { "cabinet".to_owned() } else { place.join(" ") },
            state,
            format!("{}x", fault.count),
            last,
            fault.detail.clone(),
        ]);
    }
    table.print(out, "no faults")?;
    let mut remedies: Vec<String> = faults
        .iter()
        .filter(|fault| fault.cleared.is_none())
        .map(|fault| format!("{}: {}", name(&fault.code), fault.remedy))
        .collect();
    remedies.dedup();
    remedies.iter().try_for_each(|remedy| writeln!(out, "{remedy}"))
}

/// Events that wait for a reader.
pub(crate) fn outbox(out: &mut impl Write, page: &Page) -> io::Result<()> {
    let mut table = Table::new(["SEQ", "AT", "EVENT", "CONNECTOR", "SESSION", "METER"]);
    for event in &page.events {
        let (connector, session, meter) = match &event.body {
            Body::SessionStarted { session, connector, meter, .. }
            | Body::MeterValues { session, connector, meter, .. }
            | Body::SessionStopped { session, connector, meter, .. } => {
                (connector, session, format!("{} Wh", meter.floor_wh()))
            }
            Body::SessionSigned { connector, receipt } => (connector, &receipt.session, "-".to_owned()),
        };
        table.row([
            event.seq.to_string(),
            wall(event.at.wall),
            name(&event.body),
            connector.to_string(),
            session.to_string(),
            meter,
        ]);
    }
    table.print(out, "nothing waits")?;
    writeln!(out, "newest: {}", page.newest)
}
