//! What of a change may not wait for the disk (D15).

use crate::Config;

/// The configuration `before` with each limit that `after` lowers. It is what may be in force while `after` is still being
/// written: nobody gets more than either of the two allows.
#[must_use]
pub fn lowered(before: &Config, after: &Config) -> Config {
    let mut config = before.clone();
    config.site.limit_w = before.site.limit_w.min(after.site.limit_w);
    config.site.building_load_w = before.site.building_load_w.max(after.site.building_load_w);
    config.planner.efficiency_percent = before.planner.efficiency_percent.min(after.planner.efficiency_percent);
    for chain in &mut config.chains {
        if let Some(other) = after.chains.iter().find(|other| other.id == chain.id) {
            chain.power_cap_w = chain.power_cap_w.min(other.power_cap_w);
        }
    }
    for connector in &mut config.connectors {
        if let Some(other) = after.connectors.iter().find(|other| other.id == connector.id) {
            connector.max_power_w = connector.max_power_w.min(other.max_power_w);
            connector.max_current_a = connector.max_current_a.min(other.max_current_a);
        }
    }
    for module in &mut config.modules {
        if let Some(other) = after.modules.iter().find(|other| other.id == module.id) {
            module.max_power_w = module.max_power_w.min(other.max_power_w);
            module.max_current_a = module.max_current_a.min(other.max_current_a);
        }
    }
    config
}

#[cfg(test)]
mod tests {
    use crate::{Config, diff, from_toml};

    use super::lowered;

    fn config() -> Config {
        from_toml(include_str!("../../../../ci/cabinet/bench.toml")).unwrap()
    }

    #[test]
    fn limits_fall_and_nothing_else_moves() {
        let before = config();
        let mut after = before.clone();
        after.site.limit_w -= 1_000;
        after.chains[0].power_cap_w += 1_000;
        after.connectors[1].max_current_a = 20;
        after.site.name = "another".to_owned();
        after.modules.swap(0, 1);
        let between = lowered(&before, &after);
        let pointers: Vec<String> = diff(&before, &between).into_iter().map(|change| change.pointer).collect();
        assert_eq!(pointers, ["/connectors/1/max_current_a", "/site/limit_w"]);
        assert_eq!(between.mistakes(), []);
    }

    #[test]
    fn what_only_rises_changes_nothing_yet() {
        let before = config();
        let mut after = before.clone();
        after.site.limit_w += 1_000;
        assert_eq!(lowered(&before, &after), before);
    }
}
