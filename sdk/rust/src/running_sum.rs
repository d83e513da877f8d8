//! CumSum as a product, for frameworks that have no running sum.

use crate::graph::Node;

/// The matrix [size, size], row by row, whose product with rows of so many elements is their running sum: 1 where the element of the row is
/// added to that of the column, else 0.
pub fn running_sum_matrix(node: &Node, size: usize) -> Vec<f32> {
    let (exclusive, reverse) = (node.flag("exclusive", false), node.flag("reverse", false));
    let is_added = |i: usize, to: usize| match (i == to, reverse) {
        (true, _) => !exclusive,
        (_, true) => i > to,
        _ => i < to,
    };
    (0..size * size).map(|i| f32::from(u8::from(is_added(i / size, i % size)))).collect()
}
