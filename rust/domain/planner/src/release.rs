//! From target to command: decreases first, increases into proven room.

use units::Watts;

use crate::Caps;

/// One carrier's power, as wanted, as commanded and as it is: of a module, or of all that a connector has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// What it should become.
    pub target: Watts,
    /// What was commanded last.
    pub commanded: Watts,
    /// The most that was commanded before and may still be acted on, as nobody has confirmed less.
    pub unconfirmed: Watts,
    /// What flows, as measured.
    pub measured: Watts,
    /// Index of its chain.
    pub chain: usize,
    /// Index of its connector in the list of their caps.
    pub connector: usize,
}

impl Flow {
    /// What must be counted against every cap (D11).
    pub fn counted(&self) -> Watts {
        self.commanded.max(self.unconfirmed).max(self.measured).max(Watts::ZERO)
    }
}

/// What may be commanded now, flow by flow. Nobody gets more than its target; a decrease is commanded at once; an increase only as
/// far as the caps of site, chain and connector have room beside what is commanded, unconfirmed or still flowing elsewhere.
///
/// A flow whose connector is not in the list stands under the caps of site and chain alone.
pub fn release(caps: &Caps<'_>, connectors: &[Watts], flows: &[Flow]) -> Vec<Watts> {
    let mut site = caps.whole().watts;
    let mut chains: Vec<Watts> = caps.chains.to_vec();
    let mut own: Vec<Watts> = connectors.to_vec();
    for flow in flows {
        let counted = flow.counted();
        site -= counted;
        for room in [chains.get_mut(flow.chain), own.get_mut(flow.connector)].into_iter().flatten() {
            *room -= counted;
        }
    }
    let release_one = |flow: &Flow| {
        let target = flow.target.max(Watts::ZERO);
        if target <= flow.commanded {
            return target;
        }
        let chain = chains.get(flow.chain).copied().unwrap_or(Watts::ZERO);
        let connector = own.get(flow.connector).copied().unwrap_or(chain);
        let room = site.min(chain).min(connector);
        // While something is above its cap nobody moves up, not even into what is counted for it anyway.
        if room < Watts::ZERO {
            return flow.commanded.max(Watts::ZERO);
        }
        // What is counted already stays its own; only what comes on top needs room.
        let counted = flow.counted();
        let granted = (target - counted).max(Watts::ZERO).min(room);
        site -= granted;
        for room in [chains.get_mut(flow.chain), own.get_mut(flow.connector)].into_iter().flatten() {
            *room -= granted;
        }
        (counted + granted).min(target)
    };
    flows.iter().map(release_one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn flow(target: i64, commanded: i64, measured: i64) -> Flow {
        let (target, commanded, measured) = (Watts(target), Watts(commanded), Watts(measured));
        Flow { target, commanded, measured, ..Flow::default() }
    }

    fn released(cap: i64, flows: &[Flow]) -> Vec<i64> {
        let caps = Caps { site: Watts(cap), ocpp: None, chains: &[Watts(999)] };
        release(&caps, &[Watts(999)], flows).into_iter().map(Watts::get).collect()
    }

    #[test]
    fn a_decrease_is_confirmed_before_another_rises() {
        // The first was told to come down to 50, but 90 still flow.
        assert_eq!(released(100, &[flow(50, 90, 90), flow(50, 10, 10)]), [50, 10]);
        assert_eq!(released(100, &[flow(50, 50, 90), flow(50, 10, 10)]), [50, 10]);
        // Nothing flows above it any more, but the module has not said that it took the lower one.
        let deaf = Flow { unconfirmed: Watts(90), ..flow(50, 50, 40) };
        assert_eq!(released(100, &[deaf, flow(50, 10, 10)]), [50, 10]);
        assert_eq!(released(100, &[flow(50, 50, 50), flow(50, 10, 10)]), [50, 50]);
    }

    #[test]
    fn over_the_cap_nobody_rises() {
        assert_eq!(released(50, &[flow(25, 60, 60), flow(25, 0, 0)]), [25, 0]);
    }

    #[test]
    fn a_connector_does_not_get_more_while_its_modules_change_places() {
        let caps = Caps { site: Watts(999), ocpp: None, chains: &[Watts(999)] };
        let told = release(&caps, &[Watts(30)], &[flow(15, 30, 30), flow(15, 0, 0)]);
        assert_eq!(told, [Watts(15), Watts(0)]);
        let told = release(&caps, &[Watts(30)], &[flow(15, 15, 15), flow(15, 0, 0)]);
        assert_eq!(told, [Watts(15), Watts(15)]);
    }

    proptest! {
        #[test]
        fn commanded_or_flowing_stays_below_the_cap(
            site in 0_i64..500,
            ocpp in prop::option::of(0_i64..500),
            chains in prop::collection::vec(0_i64..400, 4),
            connectors in prop::collection::vec(0_i64..300, 4),
            parts in prop::collection::vec(((0_i64..300, 0_i64..300), (0_i64..300, 0_i64..300), 0_usize..4, 0_usize..4), 1..129),
        ) {
            let flows: Vec<_> = parts.iter().map(|&((t, c), (u, m), chain, connector)| {
                Flow { unconfirmed: Watts(u), chain, connector, ..flow(t, c, m) }
            }).collect();
            let list = |caps: &[i64]| caps.iter().copied().map(Watts).collect::<Vec<_>>();
            let (chain_caps, own) = (list(&chains), list(&connectors));
            let caps = Caps { site: Watts(site), ocpp: ocpp.map(Watts), chains: &chain_caps };
            let told = release(&caps, &own, &flows);
            // What must be counted after the command: a lower one is not confirmed yet.
            let after = |w: &Watts, f: &Flow| w.get().max(f.counted().get());
            let within = |cap: i64, of: &dyn Fn(&Flow) -> bool| {
                let before: i64 = flows.iter().filter(|f| of(f)).map(|f| f.counted().get()).sum();
                let after: i64 = told.iter().zip(&flows).filter(|(_, f)| of(f)).map(|(w, f)| after(w, f)).sum();
                // Never above the cap; and where something is above it already, never further.
                after <= cap.max(before)
            };
            prop_assert!(within(site, &|_| true));
            prop_assert!(ocpp.is_none_or(|ocpp| within(ocpp, &|_| true)));
            for i in 0..4 {
                prop_assert!(within(chains[i], &|f| f.chain == i));
                prop_assert!(within(connectors[i], &|f| f.connector == i));
            }
            for (w, f) in told.iter().zip(&flows) {
                prop_assert!(*w <= f.target.max(f.commanded));
                prop_assert!(f.target > f.commanded || *w == f.target);
            }
        }
    }
}
