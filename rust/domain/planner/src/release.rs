//! From target to command: decreases first, increases into proven room.

use units::Watts;

/// One connector's power, as commanded and as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flow {
    /// The target of the allocation.
    pub target: Watts,
    /// What was commanded last.
    pub commanded: Watts,
    /// What flows, as measured.
    pub measured: Watts,
    /// Index of its chain.
    pub chain: usize,
}

impl Flow {
    /// What must be counted against every cap: the larger of what was commanded and what flows (D11).
    fn counted(&self) -> Watts {
        self.commanded.max(self.measured).max(Watts::ZERO)
    }
}

/// What may be commanded now. Nobody gets more than the target; a decrease is commanded at once; an increase only as far as
/// the site's and the chain's caps have room beside what is commanded *or still flowing* elsewhere.
pub fn release(site: Watts, chains: &[Watts], flows: &[Flow]) -> Vec<Watts> {
    let total: Watts = flows.iter().map(Flow::counted).sum();
    let mut site_room = site - total;
    let mut rooms: Vec<Watts> = chains.to_vec();
    for flow in flows {
        if let Some(room) = rooms.get_mut(flow.chain) {
            *room -= flow.counted();
        }
    }
    flows
        .iter()
        .map(|flow| {
            let target = flow.target.max(Watts::ZERO);
            if target <= flow.commanded {
                return target;
            }
            let chain_room = rooms.get(flow.chain).copied().unwrap_or(Watts::ZERO);
            // What is counted already stays this connector's own; only what comes on top needs room.
            let counted = flow.counted();
            let wanted = (target - counted).max(Watts::ZERO);
            let granted = wanted.min(site_room).min(chain_room).max(Watts::ZERO);
            site_room -= granted;
            if let Some(room) = rooms.get_mut(flow.chain) {
                *room -= granted;
            }
            let over = site_room < Watts::ZERO || chain_room < Watts::ZERO;
            // While something else is above its cap, nobody moves up, not even into what flows anyway.
            if over {
                flow.commanded.min(target)
            } else {
                (counted + granted).min(target).max(flow.commanded.min(target))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn flow(target: i64, commanded: i64, measured: i64) -> Flow {
        Flow { target: Watts(target), commanded: Watts(commanded), measured: Watts(measured), chain: 0 }
    }

    #[test]
    fn a_decrease_is_confirmed_before_another_rises() {
        let caps = [Watts(100)];
        // The first was told to come down to 50, but 90 still flow.
        assert_eq!(release(Watts(100), &caps, &[flow(50, 90, 90), flow(50, 10, 10)]), [Watts(50), Watts(10)]);
        assert_eq!(release(Watts(100), &caps, &[flow(50, 50, 90), flow(50, 10, 10)]), [Watts(50), Watts(10)]);
        assert_eq!(release(Watts(100), &caps, &[flow(50, 50, 50), flow(50, 10, 10)]), [Watts(50), Watts(50)]);
    }

    #[test]
    fn over_the_cap_nobody_rises() {
        assert_eq!(release(Watts(50), &[Watts(99)], &[flow(25, 60, 60), flow(25, 0, 0)]), [Watts(25), Watts(0)]);
    }

    proptest! {
        #[test]
        fn commanded_or_flowing_stays_below_the_cap(
            site in 0_i64..500,
            parts in prop::collection::vec((0_i64..300, 0_i64..300, 0_i64..300), 1..9),
        ) {
            let flows: Vec<_> = parts.iter().map(|&(t, c, m)| flow(t, c, m)).collect();
            let before: i64 = flows.iter().map(|f| f.counted().get()).sum();
            let after: i64 = release(Watts(site), &[Watts(site)], &flows)
                .iter().zip(&flows).map(|(w, f)| w.get().max(f.measured.get())).sum();
            // Never above the cap; and where something is above it already, never further.
            prop_assert!(after <= site.max(before), "{after} > {site}, {before}");
            for (w, f) in release(Watts(site), &[Watts(site)], &flows).iter().zip(&flows) {
                prop_assert!(*w <= f.target);
            }
        }
    }
}
