//! Which way the current goes over the ties of an island.

/// The current over each tie, from its first slot to its second, when each slot feeds in (or takes out) so much. Ties are
/// alike.
pub(crate) fn over_ties(fed: &[f64], ties: &[[usize; 2]]) -> Vec<f64> {
    let potentials = potentials(fed, ties);
    let at = |slot: usize| potentials.get(slot).copied().unwrap_or_default();
    ties.iter().map(|[one, other]| at(*one) - at(*other)).collect()
}

/// The potentials that drive such currents, by Kirchhoff.
fn potentials(fed: &[f64], ties: &[[usize; 2]]) -> Vec<f64> {
    let count = fed.len();
    let mut rows: Vec<Vec<f64>> = (0..count).map(|_| vec![0.0; count + 1]).collect();
    let mut add = |row: usize, column: usize, value: f64| {
        if let Some(place) = rows.get_mut(row).and_then(|row| row.get_mut(column)) {
            *place += value;
        }
    };
    for &[one, other] in ties {
        for (from, to) in [(one, other), (other, one)] {
            add(from, from, 1.0);
            add(from, to, -1.0);
        }
    }
    for (slot, amps) in fed.iter().enumerate() {
        add(slot, count, *amps);
    }
    // Every slot leaks a little: an island has no ground of its own, and two islands may come in one call.
    for slot in 0..count {
        add(slot, slot, 1e-9);
    }
    solve(rows)
}

/// Gauss, without a choice of pivots: the matrix is symmetric and its diagonal dominates.
fn solve(mut rows: Vec<Vec<f64>>) -> Vec<f64> {
    let count = rows.len();
    for pivot in 0..count {
        let Some(head) = rows.get(pivot).cloned() else { break };
        let Some(divisor) = head.get(pivot).copied().filter(|value| *value != 0.0) else { continue };
        for (at, row) in rows.iter_mut().enumerate() {
            let factor = row.get(pivot).copied().unwrap_or_default() / divisor;
            if at != pivot && factor != 0.0 {
                for (place, value) in row.iter_mut().zip(&head) {
                    *place -= factor * value;
                }
            }
        }
    }
    let solved = |(at, row): (usize, &Vec<f64>)| match (row.get(at), row.last()) {
        (Some(own), Some(right)) if *own != 0.0 => right / own,
        _ => 0.0,
    };
    rows.iter().enumerate().map(solved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(is: &[f64], expected: &[f64]) {
        assert_eq!(is.len(), expected.len());
        for (is, expected) in is.iter().zip(expected) {
            assert!((is - expected).abs() < 1e-3, "{is} and not {expected}");
        }
    }

    #[test]
    fn a_line_carries_what_its_end_lends() {
        // Slot 0 lends 20 A and slot 1 lends 30 A to the car at slot 2.
        close(&over_ties(&[20.0, 30.0, -50.0], &[[0, 1], [1, 2]]), &[20.0, 50.0]);
        close(&over_ties(&[20.0, 30.0, -50.0], &[[1, 0], [2, 1]]), &[-20.0, -50.0]);
    }

    #[test]
    fn a_ring_shares_both_ways() {
        close(&over_ties(&[30.0, -30.0, 0.0], &[[0, 1], [1, 2], [2, 0]]), &[20.0, -10.0, -10.0]);
    }

    #[test]
    fn without_ties_nothing_flows() {
        close(&over_ties(&[1.0, -1.0], &[]), &[]);
    }
}
