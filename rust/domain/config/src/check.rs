//! What a tree must also fulfil: ranges, names that exist, numbers used once.

mod secrets;
mod services;

use std::{collections::BTreeMap, fmt::Display};

use crate::{Config, Mistake};

/// Most connectors of a cabinet: what one MCU frame carries.
const MAX_CONNECTORS: usize = 32;
/// Most power modules of a cabinet.
const MAX_MODULES: usize = 128;

impl Config {
    /// Everything that is wrong with the values; empty for a usable configuration.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mut check = Check::default();
        self.check_ranges(&mut check);
        self.check_names(&mut check);
        self.check_references(&mut check);
        self.check_services(&mut check);
        self.check_secrets(&mut check);
        check.mistakes
    }

    fn check_ranges(&self, check: &mut Check) {
        check.range("/site/limit_w", self.site.limit_w, 0, 10_000_000, "W");
        check.range("/site/building_load_w", self.site.building_load_w, 0, 10_000_000, "W");
        check.text("/site/name", &self.site.name, 64);
        check.range("/planner/ramp_a_per_s", self.planner.ramp_a_per_s, 1, 1_000, "A/s");
        check.range("/planner/efficiency_percent", i64::from(self.planner.efficiency_percent), 50, 100, "%");
        let planner = &self.planner;
        check.range("/planner/min_module_hold_ms", i64::from(planner.min_module_hold_ms), 0, 600_000, "ms");
        check.range("/planner/budget_ms", i64::from(planner.budget_ms), 500, 60_000, "ms");
        check.range("/planner/switch_max_current_a", planner.switch_max_current_a, 0, 5, "A");
        check.range("/planner/tie_close_max_delta_v", planner.tie_close_max_delta_v, 1, 50, "V");
        check.range("/planner/switch_stable_ms", i64::from(planner.switch_stable_ms), 0, 5_000, "ms");
        check.range("/mcu/lease_ms", i64::from(self.mcu.lease_ms), 500, 1_500, "ms");
        check.range("/mcu/silence_ms", i64::from(self.mcu.silence_ms), 300, 1_500, "ms");
        check.path("/mcu/port", &self.mcu.port);
        check.count("/chains", self.chains.len(), MAX_CONNECTORS);
        check.count("/connectors", self.connectors.len(), MAX_CONNECTORS);
        check.count("/modules", self.modules.len(), MAX_MODULES);
        for (i, chain) in self.chains.iter().enumerate() {
            check.range(format!("/chains/{i}/power_cap_w"), chain.power_cap_w, 0, 10_000_000, "W");
        }
        for (i, connector) in self.connectors.iter().enumerate() {
            let at = |field: &str| format!("/connectors/{i}/{field}");
            check.range(at("max_voltage_v"), connector.max_voltage_v, 150, 1_500, "V");
            check.range(at("max_current_a"), connector.max_current_a, 1, 1_000, "A");
            check.range(at("max_power_w"), connector.max_power_w, 1_000, 1_500_000, "W");
            let id = &connector.evse_id;
            let allowed = id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '*');
            if !allowed || !(7..=37).contains(&id.len()) {
                check.wrong(at("evse_id"), quoted(id), "7 to 37 of A-Z, 0-9 and '*', such as DE*ABC*E1234*1");
            }
            check.interface(at("interface"), &connector.interface);
            if connector.modules.is_empty() && !self.ties.iter().any(|tie| tie.touches(connector.id)) {
                check.wrong(at("modules"), "empty", "at least one power module, or a tie to a neighbour that has some");
            }
            if let Some(label) = &connector.label {
                check.text(&at("label"), label, 32);
            }
            check.range(at("priority"), i64::from(connector.priority), 0, 9, "");
            check.range(at("derate_start_c"), i64::from(connector.derate_start_c), 40, 120, "°C");
            let above = i64::from(connector.derate_start_c.clamp(40, 120)) + 1;
            check.range(at("derate_stop_c"), i64::from(connector.derate_stop_c), above, 130, "°C");
            let id = connector.id.get();
            check.range(at("id"), i64::from(id), 1, 32, "");
        }
        for (i, module) in self.modules.iter().enumerate() {
            let at = |field: &str| format!("/modules/{i}/{field}");
            check.range(at("address"), i64::from(module.address), 0, 59, "");
            check.range(at("max_power_w"), module.max_power_w, 1_000, 100_000, "W");
            check.range(at("max_current_a"), module.max_current_a, 1, 500, "A");
            check.range(at("min_voltage_v"), module.min_voltage_v, 50, 500, "V");
            check.range(at("max_voltage_v"), module.max_voltage_v, 200, 1_500, "V");
        }
        for (i, meter) in self.meters.iter().enumerate() {
            let at = |field: &str| format!("/meters/{i}/{field}");
            check.range(at("address"), i64::from(meter.address), 1, 247, "");
            check.range(at("energy_exponent"), i64::from(meter.energy_exponent), -3, 6, "");
            check.path(at("port"), &meter.port);
        }
        for (i, monitor) in self.isolation.iter().enumerate() {
            let at = |field: &str| format!("/isolation/{i}/{field}");
            check.range(at("address"), i64::from(monitor.address), 1, 247, "");
            check.path(at("port"), &monitor.port);
        }
        if let Some(rfid) = &self.rfid {
            check.path("/rfid/port", &rfid.port);
        }
        check.range("/authorisation/cache_hours", i64::from(self.authorisation.cache_hours), 1, 8_760, "h");
        check.range("/authorisation/timeout_s", i64::from(self.authorisation.timeout_s), 1, 300, "s");
        check.range("/authorisation/plug_in_timeout_s", i64::from(self.authorisation.plug_in_timeout_s), 5, 600, "s");
        if let Some(ocpp) = &self.ocpp {
            check.url("/ocpp/url", &ocpp.url, &["ws://", "wss://"]);
            let id = &ocpp.charge_point_id;
            let allowed = id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.*|=@+".contains(c));
            if !allowed || !(1..=48).contains(&id.len()) {
                let expected = "1 to 48 of letters, digits, '-', '_', '.', '*', '|', '=', '@', '+'";
                check.wrong("/ocpp/charge_point_id", quoted(id), expected);
            }
            check.secret_file("/ocpp/password_file", ocpp.password_file.as_ref());
            check.range("/ocpp/meter_interval_s", i64::from(ocpp.meter_interval_s), 5, 3_600, "s");
        }
    }

    fn check_names(&self, check: &mut Check) {
        check.unique("/can", "id", self.can.iter().map(|can| can.id.clone()));
        check.unique("/chains", "id", self.chains.iter().map(|chain| chain.id.to_string()));
        check.unique("/connectors", "id", self.connectors.iter().map(|connector| connector.id.to_string()));
        self.check_contactors(check);
        check.unique("/connectors", "interface", self.connectors.iter().map(|connector| connector.interface.clone()));
        check.unique("/connectors", "evse_id", self.connectors.iter().map(|connector| connector.evse_id.clone()));
        check.unique("/connectors", "meter", self.connectors.iter().map(|connector| connector.meter.clone()));
        check.unique("/modules", "id", self.modules.iter().map(|module| module.id.to_string()));
        check.unique(
            "/modules",
            "address",
            self.modules.iter().map(|module| format!("{} {}", module.can, module.address)),
        );
        check.unique("/meters", "id", self.meters.iter().map(|meter| meter.id.clone()));
        check.unique("/isolation", "id", self.isolation.iter().map(|monitor| monitor.id.clone()));
        let meters = self.meters.iter().enumerate().map(|(i, m)| (format!("/meters/{i}/address"), &m.port, m.address));
        let monitors =
            self.isolation.iter().enumerate().map(|(i, m)| (format!("/isolation/{i}/address"), &m.port, m.address));
        let mut taken = BTreeMap::new();
        for (pointer, port, address) in meters.chain(monitors) {
            if let Some(other) = taken.insert((port, address), pointer.clone()) {
                check.wrong(pointer, address, format!("an address that {other} does not use on the same line"));
            }
        }
        let mut feeds = BTreeMap::new();
        for (i, connector) in self.connectors.iter().enumerate() {
            for (j, module) in connector.modules.iter().enumerate() {
                let pointer = format!("/connectors/{i}/modules/{j}");
                if let Some(other) = feeds.insert(module, pointer.clone()) {
                    check.wrong(pointer, quoted(module), format!("a module that {other} does not name"));
                }
            }
        }
    }

    /// Every contactor has one duty, and every tie two ends that no other tie has.
    fn check_contactors(&self, check: &mut Check) {
        check.count_at_most("/ties", self.ties.len(), MAX_CONNECTORS);
        check.unique("/ties", "id", self.ties.iter().map(|tie| tie.id.clone()));
        let guns = self.connectors.iter().enumerate().map(|(i, c)| (format!("/connectors/{i}/contactor"), c.contactor));
        let ties = self.ties.iter().enumerate().map(|(i, tie)| (format!("/ties/{i}/contactor"), tie.contactor));
        let mut taken = BTreeMap::new();
        for (pointer, contactor) in guns.chain(ties) {
            if let Some(other) = taken.insert(contactor.0, pointer.clone()) {
                check.wrong(pointer, contactor.0, format!("a contactor that {other} does not name"));
            }
        }
        let mut joined = BTreeMap::new();
        for (i, tie) in self.ties.iter().enumerate() {
            let [a, b] = tie.between;
            let pointer = format!("/ties/{i}/between");
            if a == b {
                check.wrong(pointer, format!("[{a}, {b}]"), "two different connectors");
            } else if let Some(other) = joined.insert((a.min(b), a.max(b)), pointer.clone()) {
                check.wrong(pointer, format!("[{a}, {b}]"), format!("a pair that {other} does not join"));
            }
        }
    }

    fn check_references(&self, check: &mut Check) {
        for (i, connector) in self.connectors.iter().enumerate() {
            let at = |field: &str| format!("/connectors/{i}/{field}");
            check.known(at("chain"), &connector.chain, self.chains.iter().map(|chain| &chain.id), "a chain");
            for (j, module) in connector.modules.iter().enumerate() {
                check.known(
                    format!("{}/{j}", at("modules")),
                    module,
                    self.modules.iter().map(|m| &m.id),
                    "a power module",
                );
            }
            check.known(at("meter"), &connector.meter, self.meters.iter().map(|meter| &meter.id), "a meter");
            if let Some(monitor) = &connector.isolation {
                check.known(at("isolation"), monitor, self.isolation.iter().map(|m| &m.id), "an isolation monitor");
            }
        }
        for (i, tie) in self.ties.iter().enumerate() {
            for (j, connector) in tie.between.iter().enumerate() {
                let known = self.connectors.iter().map(|connector| &connector.id);
                check.known(format!("/ties/{i}/between/{j}"), connector, known, "a connector");
            }
        }
        for (i, module) in self.modules.iter().enumerate() {
            check.known(format!("/modules/{i}/can"), &module.can, self.can.iter().map(|can| &can.id), "a CAN bus");
        }
    }
}

fn quoted(value: impl Display) -> String {
    format!("\"{value}\"")
}

#[derive(Default)]
struct Check {
    mistakes: Vec<Mistake>,
}

impl Check {
    fn wrong(&mut self, pointer: impl Into<String>, value: impl Display, expected: impl Into<String>) {
        self.mistakes.push(Mistake::new(pointer, value, expected));
    }

    fn range(&mut self, pointer: impl Into<String>, value: i64, min: i64, max: i64, unit: &str) {
        if !(min..=max).contains(&value) {
            let expected = format!("{min} to {max} {unit}");
            self.wrong(pointer, value, expected.trim_end());
        }
    }

    fn count(&mut self, pointer: &str, count: usize, max: usize) {
        if !(1..=max).contains(&count) {
            self.wrong(pointer, format!("a list of {count}"), format!("1 to {max} entries"));
        }
    }

    fn count_at_most(&mut self, pointer: &str, count: usize, max: usize) {
        if count > max {
            self.wrong(pointer, format!("a list of {count}"), format!("at most {max} entries"));
        }
    }

    fn text(&mut self, pointer: &str, value: &str, max: usize) {
        if value.is_empty() || value.chars().count() > max || value.contains(char::is_control) {
            self.wrong(pointer, quoted(value), format!("1 to {max} printable characters"));
        }
    }

    fn path(&mut self, pointer: impl Into<String>, value: &str) {
        if !value.starts_with('/') {
            self.wrong(pointer, quoted(value), "an absolute path, such as /dev/ttyS1");
        }
    }

    fn interface(&mut self, pointer: impl Into<String>, value: &str) {
        // The kernel's own rule for interface names (IFNAMSIZ).
        if value.is_empty() || value.len() > 15 || value.contains(|c: char| c == '/' || c.is_whitespace()) {
            self.wrong(pointer, quoted(value), "a network interface of 1 to 15 characters");
        }
    }

    fn url(&mut self, pointer: &str, value: &str, schemes: &[&str]) {
        let rest = schemes.iter().find_map(|scheme| value.strip_prefix(scheme));
        let odd = |c: char| c.is_whitespace() || c.is_control();
        if value.len() > 512 || rest.is_none_or(|rest| rest.is_empty() || rest.starts_with('/') || rest.contains(odd)) {
            let forms: Vec<String> = schemes.iter().map(|scheme| format!("{scheme}HOST[:PORT][/PATH]")).collect();
            self.wrong(pointer, quoted(value), forms.join(" or "));
        }
    }

    fn label(&mut self, pointer: &str, value: &str) {
        if !services::is_label(value) || value.contains(|c: char| c.is_ascii_uppercase()) {
            self.wrong(pointer, quoted(value), "1 to 63 of a-z, 0-9 and '-', not beginning or ending with '-'");
        }
    }

    fn unique(&mut self, list: &str, field: &str, values: impl Iterator<Item = String>) {
        let mut first = BTreeMap::new();
        for (i, value) in values.enumerate() {
            if let Some(other) = first.get(&value) {
                let expected = format!("a value that {list}/{other}/{field} does not have");
                self.wrong(format!("{list}/{i}/{field}"), quoted(&value), expected);
            } else {
                first.insert(value, i);
            }
        }
    }

    fn known<'a, T: PartialEq + Display + 'a>(
        &mut self,
        pointer: impl Into<String>,
        value: &T,
        known: impl Iterator<Item = &'a T>,
        what: &str,
    ) {
        let known: Vec<_> = known.collect();
        if !known.contains(&value) {
            let names: Vec<_> = known.iter().map(ToString::to_string).collect();
            self.wrong(pointer, quoted(value), format!("{what} of this configuration: {}", names.join(", ")));
        }
    }
}
