//! Water-filling under the caps of site and chains.

use core::cmp::Ordering;

use units::Watts;

use crate::{Constraint, Limit};

/// The caps of groups.
#[derive(Clone, Copy, Debug)]
pub struct Caps<'a> {
    /// The site's, on the cars' side.
    pub site: Watts,
    /// The OCPP profiles' for the whole charge point, on the cars' side.
    pub ocpp: Option<Watts>,
    /// Each chain's.
    pub chains: &'a [Watts],
}

impl Caps<'_> {
    /// The tighter of those on everybody together.
    pub fn whole(&self) -> Limit {
        match self.ocpp {
            Some(ocpp) if ocpp < self.site => Limit { watts: ocpp.max(Watts::ZERO), by: Constraint::Ocpp },
            _ => Limit { watts: self.site.max(Watts::ZERO), by: Constraint::Site },
        }
    }
}

/// What one connector claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Index of its chain in the list of caps.
    pub chain: usize,
    /// Its weight; 0 claims nothing.
    pub weight: u32,
    /// The most that it could use.
    pub limit: Limit,
}

/// What one connector gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// At most this.
    pub allowed: Watts,
    /// What kept it from getting more; `None` for one that claims nothing.
    pub bound_by: Option<Constraint>,
}

/// A level of the water: watts per weight, as a fraction. The weight is never 0.
#[derive(Clone, Copy, Debug)]
struct Level {
    watts: u64,
    weight: u64,
}

impl Level {
    fn order(self, other: Self) -> Ordering {
        let side = |a: u64, b: u64| u128::from(a) * u128::from(b);
        side(self.watts, other.weight).cmp(&side(other.watts, self.weight))
    }

    /// What somebody of this weight has at this level, in whole watts.
    fn of(self, weight: u32) -> u64 {
        let watts = u128::from(self.watts) * u128::from(weight) / u128::from(self.weight.max(1));
        u64::try_from(watts).unwrap_or(u64::MAX)
    }
}

/// A group under a cap: what is left of it, and the weight of those that still rise.
#[derive(Clone, Copy, Debug)]
struct Group {
    room: u64,
    weight: u64,
}

impl Group {
    fn new(cap: Watts) -> Self {
        Self { room: positive(cap), weight: 0 }
    }

    /// Where the water stands when the group is full.
    const fn full(self) -> Level {
        Level { watts: self.room, weight: if self.weight == 0 { 1 } else { self.weight } }
    }

    fn take(&mut self, watts: u64, weight: u32) {
        self.room = self.room.saturating_sub(watts);
        self.weight = self.weight.saturating_sub(u64::from(weight));
    }
}

/// A claim while the water rises: how far it could rise if there were no site.
#[derive(Clone, Copy, Debug)]
struct Rising {
    index: usize,
    chain: usize,
    weight: u32,
    level: Level,
    bound_by: Constraint,
}

/// Divides what the caps leave among the claims, in exact weighted max-min fairness, rounded down to whole watts.
///
/// A claim whose chain is not in the list gets nothing. Negative caps and limits count as zero. Levels are fractions, so no share
/// depends on the order of the claims.
pub fn allocate(caps: &Caps<'_>, claims: &[Claim]) -> Vec<Share> {
    let mut shares = vec![Share::default(); claims.len()];
    let mut chains: Vec<Group> = caps.chains.iter().map(|cap| Group::new(*cap)).collect();
    let mut rising: Vec<Rising> = Vec::with_capacity(claims.len());
    for (index, claim) in claims.iter().enumerate() {
        let Some(chain) = chains.get_mut(claim.chain).filter(|_| claim.weight > 0) else { continue };
        chain.weight += u64::from(claim.weight);
        rising.push(Rising {
            index,
            chain: claim.chain,
            weight: claim.weight,
            level: Level { watts: positive(claim.limit.watts), weight: u64::from(claim.weight) },
            bound_by: claim.limit.by,
        });
    }
    // Within its chain, whoever wants less than the chain's level leaves the rest to the others. In the order of their wants, the
    // first one that cannot be satisfied shows the level at which all that come after stand as well.
    rising.sort_by(|a, b| a.level.order(b.level));
    for claim in &mut rising {
        let Some(chain) = chains.get_mut(claim.chain) else { continue };
        let full = chain.full();
        if claim.level.order(full) == Ordering::Greater {
            (claim.level, claim.bound_by) = (full, Constraint::Chain);
        } else {
            chain.take(claim.level.of(claim.weight), claim.weight);
        }
    }
    // The same once more for the site.
    let whole = caps.whole();
    let mut site = Group::new(whole.watts);
    site.weight = rising.iter().map(|claim| u64::from(claim.weight)).sum();
    rising.sort_by(|a, b| a.level.order(b.level));
    for claim in &rising {
        let full = site.full();
        let short = claim.level.order(full) == Ordering::Greater;
        let (level, bound_by) = if short { (full, whole.by) } else { (claim.level, claim.bound_by) };
        let watts = level.of(claim.weight);
        if !short {
            site.take(watts, claim.weight);
        }
        if let Some(share) = shares.get_mut(claim.index) {
            *share = Share { allowed: Watts(i64::try_from(watts).unwrap_or(i64::MAX)), bound_by: Some(bound_by) };
        }
    }
    shares
}

/// Nothing is less than nothing; and nothing is so large that a sum of them could overflow.
fn positive(watts: Watts) -> u64 {
    const LARGEST: i64 = 1 << 48;
    u64::try_from(watts.get().clamp(0, LARGEST)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim(chain: usize, watts: i64, weight: u32) -> Claim {
        Claim { chain, weight, limit: Limit { watts: Watts(watts), by: Constraint::Cable } }
    }

    fn caps(site: i64, chains: &[Watts]) -> Caps<'_> {
        Caps { site: Watts(site), ocpp: None, chains }
    }

    fn watts(shares: &[Share]) -> Vec<i64> {
        shares.iter().map(|share| share.allowed.get()).collect()
    }

    #[test]
    fn the_modest_get_all_and_the_greedy_share_the_rest() {
        let shares = allocate(&caps(60, &[Watts(100)]), &[claim(0, 10, 1), claim(0, 50, 1), claim(0, 70, 1)]);
        assert_eq!(watts(&shares), [10, 25, 25]);
        assert_eq!([shares[0].bound_by, shares[1].bound_by], [Some(Constraint::Cable), Some(Constraint::Site)]);
    }

    #[test]
    fn the_order_of_claims_does_not_break_the_site_limit() {
        // The planner before this one gave 93.3 and 100 here.
        let wants = |list: [i64; 3]| list.map(|watts| claim(0, watts, 1));
        assert_eq!(watts(&allocate(&caps(60, &[Watts(999)]), &wants([10, 60, 60]))), [10, 25, 25]);
        assert_eq!(watts(&allocate(&caps(60, &[Watts(999)]), &wants([60, 60, 10]))), [25, 25, 10]);
    }

    #[test]
    fn a_full_chain_leaves_its_share_to_the_others() {
        let claims = [claim(0, 100, 1), claim(0, 100, 1), claim(1, 100, 1)];
        let shares = allocate(&caps(120, &[Watts(30), Watts(100)]), &claims);
        assert_eq!(watts(&shares), [15, 15, 90]);
        assert_eq!([shares[0].bound_by, shares[2].bound_by], [Some(Constraint::Chain), Some(Constraint::Site)]);
    }

    #[test]
    fn weight_is_a_share_of_what_is_short() {
        let shares = allocate(&caps(90, &[Watts(100)]), &[claim(0, 100, 2), claim(0, 100, 1)]);
        assert_eq!(watts(&shares), [60, 30]);
    }

    #[test]
    fn the_tighter_of_site_and_profile_is_named() {
        let caps = Caps { site: Watts(50), ocpp: Some(Watts(40)), chains: &[Watts(100)] };
        let shares = allocate(&caps, &[claim(0, 100, 1), claim(0, 100, 1)]);
        assert_eq!(watts(&shares), [20, 20]);
        assert_eq!(shares[0].bound_by, Some(Constraint::Ocpp));
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert_eq!(watts(&allocate(&caps(-5, &[Watts(10)]), &[claim(0, 10, 1)])), [0]);
        assert_eq!(watts(&allocate(&caps(5, &[]), &[claim(0, 10, 1)])), [0]);
        assert_eq!(watts(&allocate(&caps(5, &[Watts(5)]), &[claim(0, -10, 1), claim(0, 5, 0)])), [0, 0]);
        assert_eq!(watts(&allocate(&caps(i64::MAX, &[Watts(i64::MAX)]), &[claim(0, 7, u32::MAX)])), [7]);
    }

    /// An independent answer for small cases: hand out watt by watt to the one with the lowest level that can still take one.
    fn watt_by_watt(site: i64, chains: &[i64], claims: &[Claim]) -> Vec<i64> {
        let mut got = vec![0_i64; claims.len()];
        let (mut site, mut chains) = (site, chains.to_vec());
        loop {
            let next = (0..claims.len())
                .filter(|&i| site > 0 && chains[claims[i].chain] > 0 && got[i] < claims[i].limit.watts.get())
                .min_by_key(|&i| (got[i] + 1) * 60 / i64::from(claims[i].weight));
            let Some(i) = next else { return got };
            got[i] += 1;
            site -= 1;
            chains[claims[i].chain] -= 1;
        }
    }

    fn cabinets(connectors: usize) -> impl Strategy<Value = (i64, Vec<i64>, Vec<Claim>)> {
        let claims = prop::collection::vec((0_usize..3, 0_i64..400, 1_u32..4), 1..connectors);
        (0_i64..1_500, prop::collection::vec(0_i64..600, 3), claims).prop_map(|(site, chains, claims)| {
            (site, chains, claims.into_iter().map(|(chain, watts, weight)| claim(chain, watts, weight)).collect())
        })
    }

    proptest! {
        #[test]
        fn no_cap_is_ever_exceeded((site, chains, claims) in cabinets(65)) {
            let list: Vec<_> = chains.iter().copied().map(Watts).collect();
            let got = watts(&allocate(&caps(site, &list), &claims));
            prop_assert!(got.iter().sum::<i64>() <= site);
            for (chain, cap) in chains.iter().enumerate() {
                let sum: i64 = claims.iter().zip(&got).filter(|(claim, _)| claim.chain == chain).map(|(_, w)| w).sum();
                prop_assert!(sum <= *cap);
            }
            for (claim, w) in claims.iter().zip(&got) {
                prop_assert!((0..=claim.limit.watts.get()).contains(w));
            }
        }

        #[test]
        fn agrees_with_handing_out_watt_by_watt((site, chains, claims) in cabinets(9)) {
            let list: Vec<_> = chains.iter().copied().map(Watts).collect();
            let got = watts(&allocate(&caps(site, &list), &claims));
            let oracle = watt_by_watt(site, &chains, &claims);
            // Both round: a claim may differ by its weight in whole watts, and by what others' rounding leaves.
            for (i, (a, b)) in got.iter().zip(&oracle).enumerate() {
                prop_assert!((a - b).abs() <= 8 + i64::from(claims[i].weight), "{got:?} {oracle:?}");
            }
        }

        #[test]
        fn who_has_less_than_it_wants_has_the_highest_level_of_a_full_group((site, chains, claims) in cabinets(17)) {
            let list: Vec<_> = chains.iter().copied().map(Watts).collect();
            let shares = allocate(&caps(site, &list), &claims);
            for (claim, share) in claims.iter().zip(&shares) {
                let group: Vec<_> = claims.iter().zip(&shares).filter(|(other, _)| match share.bound_by {
                    Some(Constraint::Chain) => other.chain == claim.chain,
                    Some(Constraint::Site) => true,
                    _ => false,
                }).collect();
                // Nobody in the group that binds has more than a watt and its rounding above this one's level.
                for (other, theirs) in group {
                    let level = |share: &Share, claim: &Claim| share.allowed.get() * 12 / i64::from(claim.weight);
                    prop_assert!(level(theirs, other) <= level(share, claim) + 12, "{shares:?}");
                }
            }
        }

        #[test]
        fn the_order_of_claims_does_not_matter((site, chains, claims) in cabinets(17)) {
            let list: Vec<_> = chains.iter().copied().map(Watts).collect();
            let mut turned = claims.clone();
            turned.reverse();
            let mut other = watts(&allocate(&caps(site, &list), &turned));
            other.reverse();
            for (a, b) in watts(&allocate(&caps(site, &list), &claims)).iter().zip(&other) {
                prop_assert!((a - b).abs() <= 16);
            }
        }
    }
}
