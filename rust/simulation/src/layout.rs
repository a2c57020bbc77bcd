//! The cabinet of a seed: how many connectors, modules, chains, how tight the caps, how coarse the meters.

use std::fmt::Write as _;

use config::Config;

use crate::random::Random;

/// What a cabinet is made of.
#[derive(Clone, Debug)]
pub struct Layout {
    /// Its configuration.
    pub config: Config,
}

impl Layout {
    /// The cabinet of a seed.
    ///
    /// # Panics
    /// When the configuration that it writes is not a good one.
    pub fn of(seed: u64, connectors: u8) -> Self {
        let mut random = Random::of(seed, 1);
        let per_chain = random.pick(&[2, 3, 4]);
        let chains = connectors.div_ceil(per_chain);
        let mut text = String::new();
        let mut parts = String::new();
        let mut total = 0;
        let mut address = 0;
        for id in 1..=connectors {
            let chain = (id - 1) / per_chain + 1;
            let count = random.pick(&[1_u8, 1, 2]);
            let mut modules = Vec::new();
            for _ in 0..count {
                let _ = write!(
                    parts,
                    "[[modules]]\nid = \"m{address}\"\ndriver = \"infypower\"\ncan = \"can{}\"\naddress = {}\n\
                     max_power_w = 30000\nmax_current_a = 100\n",
                    address / 60,
                    address % 60
                );
                modules.push(format!("\"m{address}\""));
                address += 1;
            }
            total += i64::from(count) * 30_000;
            let exponent = random.pick(&[0, 1, 2]);
            let _ = write!(
                parts,
                "[[meters]]\nid = \"meter{id}\"\ndriver = \"acrel-djsf1352\"\nport = \"/dev/jp-rs485\"\naddress = {id}\n\
                 energy_exponent = {exponent}\n"
            );
            let monitor = random.chance(700);
            if monitor {
                let _ = write!(
                    parts,
                    "[[isolation]]\nid = \"imd{id}\"\ndriver = \"bender-isocha425\"\nport = \"/dev/jp-rs485\"\n\
                     address = {}\n",
                    100 + id
                );
            }
            let isolation = if monitor { format!("isolation = \"imd{id}\"\n") } else { String::new() };
            let _ = write!(
                parts,
                "[[connectors]]\nid = {id}\nchain = \"c{chain}\"\ninterface = \"plc{id}\"\nevse_id = \"DE*JPT*E{id:04}\"\n\
                 contactor = {id}\nmodules = [{}]\nmeter = \"meter{id}\"\n{isolation}max_voltage_v = 1000\n\
                 max_current_a = 200\nmax_power_w = {}\n",
                modules.join(", "),
                i64::from(count) * 30_000
            );
        }
        let site = total * random.between(30, 110) / 100;
        let _ = write!(
            text,
            "[site]\nname = \"Simulated\"\nlimit_w = {site}\n[planner]\nramp_a_per_s = {}\n[mcu]\nport = \"/dev/jp-mcu\"\n\
             [authorisation]\nmode = \"{}\"\n[ocpp]\nurl = \"ws://csms\"\ncharge_point_id = \"SIM\"\n",
            random.pick(&[20, 50, 100, 400]),
            if random.chance(850) { "rfid" } else { "free" },
        );
        for bus in 0..=(address.max(1) - 1) / 60 {
            let _ = write!(text, "[[can]]\nid = \"can{bus}\"\ninterface = \"can{bus}\"\n");
        }
        for chain in 1..=chains {
            let cap = i64::from(per_chain) * 60_000 * random.between(20, 110) / 100;
            let _ = write!(text, "[[chains]]\nid = \"c{chain}\"\npower_cap_w = {cap}\n");
        }
        text.push_str(&parts);
        let config = config::from_toml(&text)
            .unwrap_or_else(|mistakes| panic!("the layout of seed {seed} is refused: {mistakes:?}\n{text}"));
        Self { config }
    }
}
