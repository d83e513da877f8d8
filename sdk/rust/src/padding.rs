//! What a Pad node adds to each axis, and where the elements of a padded axis come from.

use crate::graph::{Graph, Node};

/// One entry an axis of the data; negative: so many elements fewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pads {
    pub before: Vec<i64>,
    pub after: Vec<i64>,
}

impl Pads {
    /// Nothing where the amounts are no constant.
    pub fn of(graph: &Graph, node: &Node) -> Option<Self> {
        let rank = graph.shape(node, 0).len();
        let amounts = graph.constant_ints(node, 1)?;
        let axes = graph.axes(node, 3, rank).unwrap_or_else(|| (0..rank).collect());
        let (mut before, mut after) = (vec![0; rank], vec![0; rank]);
        for (place, &axis) in axes.iter().enumerate() {
            (before[axis], after[axis]) = (amounts[place], amounts[place + axes.len()]);
        }
        Some(Self { before, after })
    }

    /// For each place of an axis of `size` elements the one that it shows, or nothing where it is the constant. Negative amounts crop first, and
    /// what is left is continued.
    pub fn places(&self, axis: usize, size: usize, mode: &str) -> Vec<Option<usize>> {
        let (before, after) = (self.before[axis], self.after[axis]);
        let (size, first) = (size as i64, (-before).max(0));
        let kept = size - first - (-after).max(0);
        (-before..size + after).map(|i| continued(i - first, kept, mode).map(|at| (first + at) as usize)).collect()
    }
}

fn continued(at: i64, kept: i64, mode: &str) -> Option<i64> {
    match mode {
        _ if (0..kept).contains(&at) => Some(at),
        _ if kept <= 0 => None,
        "edge" => Some(at.clamp(0, kept - 1)),
        "wrap" => Some(at.rem_euclid(kept)),
        "reflect" => {
            let period = (2 * (kept - 1)).max(1);
            let at = at.rem_euclid(period);
            Some(at.min(period - at))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(before: i64, after: i64, mode: &str) -> Vec<Option<usize>> {
        Pads { before: vec![before], after: vec![after] }.places(0, 4, mode)
    }

    #[test]
    fn every_mode_continues_in_its_way() {
        let some = |places: &[usize]| places.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(places(2, 0, "edge"), some(&[0, 0, 0, 1, 2, 3]));
        assert_eq!(places(0, 3, "reflect"), some(&[0, 1, 2, 3, 2, 1, 0]));
        assert_eq!(places(2, 1, "wrap"), some(&[2, 3, 0, 1, 2, 3, 0]));
        assert_eq!(places(1, -1, "constant"), [None, Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn cropping_comes_first() {
        let some = |places: &[usize]| places.iter().copied().map(Some).collect::<Vec<_>>();
        assert_eq!(places(2, -1, "wrap"), some(&[1, 2, 0, 1, 2]));
        assert_eq!(places(-2, 2, "edge"), some(&[2, 3, 3, 3]));
        assert_eq!(places(-1, 2, "reflect"), some(&[1, 2, 3, 2, 1]));
    }
}
