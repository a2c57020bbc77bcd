//! Slots in the order in which ties join them: lines and rings.

use crate::{Tie, TieState};

/// Which way along a strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Back,
    Forth,
}

/// A run of slots, each joined to the next. In a ring the last is joined to the first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Strip {
    pub(crate) slots: Vec<usize>,
    /// `ties[i]` leads from `slots[i]` to the next one.
    ties: Vec<usize>,
    pub(crate) ring: bool,
}

impl Strip {
    /// The next place that way, and the tie that leads there.
    pub(crate) fn next(&self, place: usize, way: Way) -> Option<(usize, usize)> {
        let count = self.slots.len();
        let (next, tie) = match way {
            Way::Forth if place + 1 < count => (place + 1, place),
            Way::Forth if self.ring => (0, place),
            Way::Back if place > 0 => (place - 1, place - 1),
            Way::Back if self.ring => (count.checked_sub(1)?, count.checked_sub(1)?),
            _ => return None,
        };
        Some((next, *self.ties.get(tie)?))
    }

    pub(crate) fn slot(&self, place: usize) -> usize {
        self.slots.get(place).copied().unwrap_or(usize::MAX)
    }
}

/// The two neighbours that a slot can have: tie and slot.
type Neighbours = [Option<(usize, usize)>; 2];

/// All slots, in strips. A tie that never closes joins nothing; a third tie of a slot is not used.
pub(crate) fn strips(count: usize, ties: &[Tie]) -> Vec<Strip> {
    let mut neighbours: Vec<Neighbours> = vec![[None; 2]; count];
    for (index, tie) in ties.iter().enumerate() {
        let (a, b) = tie.between;
        let free = |slot: usize| neighbours.get(slot).and_then(|own| own.iter().position(Option::is_none));
        let (Some(at_a), Some(at_b)) = (free(a), free(b)) else { continue };
        if a == b || tie.state == TieState::Broken {
            continue;
        }
        for (slot, at, other) in [(a, at_a, b), (b, at_b, a)] {
            if let Some(entry) = neighbours.get_mut(slot).and_then(|own| own.get_mut(at)) {
                *entry = Some((index, other));
            }
        }
    }
    let mut seen = vec![false; count];
    let ends = |slot: &usize| neighbours.get(*slot).is_some_and(|own| own.iter().flatten().count() < 2);
    // Lines from one of their ends; what is left then are rings, from their lowest slot.
    let starts: Vec<usize> = (0..count).filter(ends).chain(0..count).collect();
    starts.into_iter().filter_map(|start| walk(start, &neighbours, &mut seen)).collect()
}

fn walk(start: usize, neighbours: &[Neighbours], seen: &mut [bool]) -> Option<Strip> {
    let mut strip = Strip::default();
    let (mut at, mut came) = (start, None);
    loop {
        let new = seen.get_mut(at)?;
        if *new {
            // Back where it began, or begun where somebody was before.
            strip.ring = !strip.slots.is_empty();
            break;
        }
        *new = true;
        strip.slots.push(at);
        let onward = neighbours.get(at)?.iter().flatten().find(|(tie, _)| Some(*tie) != came);
        let Some((tie, next)) = onward else { break };
        strip.ties.push(*tie);
        (at, came) = (*next, Some(*tie));
    }
    (!strip.slots.is_empty()).then_some(strip)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tie(a: usize, b: usize) -> Tie {
        Tie { between: (a, b), state: TieState::Good }
    }

    #[test]
    fn lines_rings_and_single_slots() {
        let ties = [tie(0, 1), tie(2, 1), tie(3, 4), tie(4, 5), tie(5, 3), tie(7, 8), tie(8, 7)];
        let strips = strips(9, &ties);
        let shape: Vec<_> = strips.iter().map(|strip| (strip.slots.clone(), strip.ring)).collect();
        assert_eq!(shape, [(vec![0, 1, 2], false), (vec![6], false), (vec![3, 4, 5], true), (vec![7, 8], true)]);
        assert_eq!(strips[2].next(0, Way::Back), Some((2, 4)));
        assert_eq!(strips[3].next(1, Way::Forth), Some((0, 6)));
        assert_eq!(strips[0].next(2, Way::Forth), None);
    }

    #[test]
    fn a_broken_tie_makes_a_line_of_a_ring() {
        let ties = [tie(0, 1), Tie { state: TieState::Broken, ..tie(1, 2) }, tie(2, 0)];
        let strips = strips(3, &ties);
        assert_eq!((strips.len(), strips[0].ring), (1, false));
        assert_eq!(strips[0].slots, [1, 0, 2]);
    }
}
