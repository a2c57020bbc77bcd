//! What of a change may not wait for the disk (D15).

use crate::Config;

/// The configuration `before` with each limit that `after` lowers. It is what may be in force while `after` is still being
/// written: nobody gets more than either of the two allows.
#[must_use]
pub fn lowered(before: &Config, after: &Config) -> Config {
    limits(before, after, i64::min)
}

/// Whether two configurations differ in limits at most: a change that concerns nothing but the planner.
pub(crate) fn differ_in_limits_only(before: &Config, after: &Config) -> bool {
    limits(before, after, |_, after| after) == *after
}

/// `before`, with each limit chosen of its own and that of `after`.
fn limits(before: &Config, after: &Config, choose: impl Fn(i64, i64) -> i64) -> Config {
    let mut config = before.clone();
    let set = |own: &mut i64, other: i64| *own = choose(*own, other);
    set(&mut config.site.limit_w, after.site.limit_w);
    // The more the building takes, the less is left.
    config.site.building_load_w = -choose(-config.site.building_load_w, -after.site.building_load_w);
    let efficiency = choose(config.planner.efficiency_percent.into(), after.planner.efficiency_percent.into());
    config.planner.efficiency_percent = u8::try_from(efficiency).unwrap_or(config.planner.efficiency_percent);
    for chain in &mut config.chains {
        if let Some(other) = after.chains.iter().find(|other| other.id == chain.id) {
            set(&mut chain.power_cap_w, other.power_cap_w);
        }
    }
    for connector in &mut config.connectors {
        if let Some(other) = after.connectors.iter().find(|other| other.id == connector.id) {
            set(&mut connector.max_power_w, other.max_power_w);
            set(&mut connector.max_current_a, other.max_current_a);
        }
    }
    for module in &mut config.modules {
        if let Some(other) = after.modules.iter().find(|other| other.id == module.id) {
            set(&mut module.max_power_w, other.max_power_w);
            set(&mut module.max_current_a, other.max_current_a);
        }
    }
    config
}

#[cfg(test)]
mod tests {
    use crate::{Config, diff, from_toml};

    use super::{differ_in_limits_only, lowered};

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
        assert!(differ_in_limits_only(&before, &between) && !differ_in_limits_only(&before, &after));
    }

    #[test]
    fn what_only_rises_changes_nothing_yet() {
        let before = config();
        let mut after = before.clone();
        after.site.limit_w += 1_000;
        assert_eq!(lowered(&before, &after), before);
    }
}
