//! Water-filling under a site cap and chain caps.

use units::Watts;

/// What one connector claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Index of its chain in the list of chain caps.
    pub chain: usize,
    /// The most that it could use.
    pub want: Watts,
    /// Its weight; 0 gets nothing.
    pub weight: u32,
}

/// What one connector gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// At most this.
    pub allowed: Watts,
    /// What kept it from getting more.
    pub bound: Bound,
}

/// What kept a connector from getting more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bound {
    /// It gets all that it wants.
    #[default]
    Want,
    /// Its chain's cap.
    Chain,
    /// The site's cap.
    Site,
}

/// One group of claims under a cap, while the water rises.
#[derive(Clone, Copy)]
struct Group {
    room: i64,
    weight: u64,
}

impl Group {
    /// The level, in watts per weight scaled by 2^20, at which the group is full.
    fn level(self) -> Option<i128> {
        let room = i128::from(self.room.max(0)) << SCALE;
        (self.weight > 0).then(|| room / i128::from(self.weight))
    }
}

/// Levels are kept with 20 binary digits behind the point, so that the shares of a group miss its cap by less than a watt each.
const SCALE: u32 = 20;

/// Divides `site` among the claims, in exact weighted max-min fairness, rounded down to whole watts.
///
/// `chains` are the caps of the chains; a claim whose chain is not in the list gets nothing. Negative caps and wants count
/// as zero. Runs in a time that grows with claims times binding constraints.
pub fn allocate(site: Watts, chains: &[Watts], claims: &[Claim]) -> Vec<Share> {
    let mut shares = vec![Share::default(); claims.len()];
    let mut site = Group { room: site.get(), weight: 0 };
    let mut groups: Vec<Group> = chains.iter().map(|cap| Group { room: cap.get(), weight: 0 }).collect();
    let mut rising: Vec<usize> = Vec::with_capacity(claims.len());
    for (i, claim) in claims.iter().enumerate() {
        let Some(group) = groups.get_mut(claim.chain).filter(|_| claim.weight > 0 && claim.want > Watts::ZERO) else {
            continue;
        };
        group.weight += u64::from(claim.weight);
        site.weight += u64::from(claim.weight);
        rising.push(i);
    }
    while let Some(level) = next_level(site, &groups, &rising, claims) {
        let site_full = site.level().is_some_and(|full| full <= level);
        let full: Vec<bool> = groups.iter().map(|group| group.level().is_some_and(|full| full <= level)).collect();
        // Everybody who can rise no further keeps the level; the others go on.
        rising.retain(|&i| {
            let (Some(claim), Some(share)) = (claims.get(i), shares.get_mut(i)) else { return false };
            let satisfied = want_level(claim) <= level;
            let chain_full = full.get(claim.chain).copied().unwrap_or(true);
            if !(satisfied || chain_full || site_full) {
                return true;
            }
            let bound = match (satisfied, chain_full) {
                (true, _) => Bound::Want,
                (false, true) => Bound::Chain,
                (false, false) => Bound::Site,
            };
            let watts = if satisfied { claim.want.get() } else { watts_at(level, claim.weight) };
            *share = Share { allowed: Watts(watts), bound };
            for group in [Some(&mut site), groups.get_mut(claim.chain)].into_iter().flatten() {
                group.room -= watts;
                group.weight -= u64::from(claim.weight);
            }
            false
        });
    }
    shares
}

/// The lowest level at which somebody stops rising.
fn next_level(site: Group, groups: &[Group], rising: &[usize], claims: &[Claim]) -> Option<i128> {
    let wants = rising.iter().filter_map(|&i| claims.get(i)).map(want_level);
    let caps = groups.iter().chain([&site]).filter_map(|group| group.level());
    if rising.is_empty() { None } else { wants.chain(caps).min() }
}

fn want_level(claim: &Claim) -> i128 {
    (i128::from(claim.want.get().max(0)) << SCALE) / i128::from(claim.weight.max(1))
}

fn watts_at(level: i128, weight: u32) -> i64 {
    i64::try_from((level * i128::from(weight)) >> SCALE).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim(chain: usize, want: i64, weight: u32) -> Claim {
        Claim { chain, want: Watts(want), weight }
    }

    fn watts(shares: &[Share]) -> Vec<i64> {
        shares.iter().map(|share| share.allowed.get()).collect()
    }

    #[test]
    fn the_modest_get_all_and_the_greedy_share_the_rest() {
        let shares = allocate(Watts(60), &[Watts(100)], &[claim(0, 10, 1), claim(0, 50, 1), claim(0, 70, 1)]);
        assert_eq!(watts(&shares), [10, 25, 25]);
        assert_eq!([shares[0].bound, shares[1].bound], [Bound::Want, Bound::Site]);
    }

    #[test]
    fn a_full_chain_leaves_its_share_to_the_others() {
        let claims = [claim(0, 100, 1), claim(0, 100, 1), claim(1, 100, 1)];
        let shares = allocate(Watts(120), &[Watts(30), Watts(100)], &claims);
        assert_eq!(watts(&shares), [15, 15, 90]);
        assert_eq!([shares[0].bound, shares[2].bound], [Bound::Chain, Bound::Site]);
    }

    #[test]
    fn weight_is_a_share_of_what_is_short() {
        let shares = allocate(Watts(90), &[Watts(100)], &[claim(0, 100, 2), claim(0, 100, 1)]);
        assert_eq!(watts(&shares), [60, 30]);
    }

    #[test]
    fn nothing_comes_of_nothing() {
        assert_eq!(watts(&allocate(Watts(-5), &[Watts(10)], &[claim(0, 10, 1)])), [0]);
        assert_eq!(watts(&allocate(Watts(5), &[], &[claim(0, 10, 1)])), [0]);
        assert_eq!(watts(&allocate(Watts(5), &[Watts(5)], &[claim(0, -10, 1), claim(0, 5, 0)])), [0, 0]);
    }

    /// An independent answer for small cases: hand out watt by watt to the one with the lowest level that can still take one.
    fn watt_by_watt(site: i64, chains: &[i64], claims: &[Claim]) -> Vec<i64> {
        let mut got = vec![0_i64; claims.len()];
        let (mut site, mut chains) = (site, chains.to_vec());
        loop {
            let next = (0..claims.len())
                .filter(|&i| site > 0 && chains[claims[i].chain] > 0 && got[i] < claims[i].want.get())
                .min_by_key(|&i| (got[i] + 1) * 60 / i64::from(claims[i].weight));
            let Some(i) = next else { return got };
            got[i] += 1;
            site -= 1;
            chains[claims[i].chain] -= 1;
        }
    }

    fn cabinets() -> impl Strategy<Value = (i64, Vec<i64>, Vec<Claim>)> {
        let claims = prop::collection::vec((0_usize..3, 0_i64..400, 1_u32..4), 1..9);
        (0_i64..1_500, prop::collection::vec(0_i64..600, 3), claims).prop_map(|(site, chains, claims)| {
            (site, chains, claims.into_iter().map(|(chain, want, weight)| claim(chain, want, weight)).collect())
        })
    }

    proptest! {
        #[test]
        fn no_cap_is_ever_exceeded((site, chains, claims) in cabinets()) {
            let caps: Vec<_> = chains.iter().copied().map(Watts).collect();
            let got = watts(&allocate(Watts(site), &caps, &claims));
            prop_assert!(got.iter().sum::<i64>() <= site);
            for (chain, cap) in chains.iter().enumerate() {
                let sum: i64 = claims.iter().zip(&got).filter(|(claim, _)| claim.chain == chain).map(|(_, w)| w).sum();
                prop_assert!(sum <= *cap);
            }
            for (claim, w) in claims.iter().zip(&got) {
                prop_assert!((0..=claim.want.get().max(0)).contains(w));
            }
        }

        #[test]
        fn agrees_with_handing_out_watt_by_watt((site, chains, claims) in cabinets()) {
            let caps: Vec<_> = chains.iter().copied().map(Watts).collect();
            let got = watts(&allocate(Watts(site), &caps, &claims));
            let oracle = watt_by_watt(site, &chains, &claims);
            // Both round: a claim may differ by its weight in whole watts, and by what others' rounding leaves.
            for (i, (a, b)) in got.iter().zip(&oracle).enumerate() {
                prop_assert!((a - b).abs() <= 8 + i64::from(claims[i].weight), "{got:?} {oracle:?}");
            }
        }
    }
}
