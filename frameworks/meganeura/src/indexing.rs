//! What only moves elements: every such operator is a map from the places of its output to those of its input.

use assay_runner::Node;
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};

/// The places of a tensor's elements, row-major, from a function of their coordinates.
pub fn map_of(shape: &[usize], mut source: impl FnMut(&[usize]) -> usize) -> Vec<usize> {
    let count = shape.iter().product();
    let mut at = vec![0; shape.len()];
    let mut map = Vec::with_capacity(count);
    for _ in 0..count {
        map.push(source(&at));
        for axis in (0..shape.len()).rev() {
            at[axis] += 1;
            if at[axis] < shape[axis] {
                break;
            }
            at[axis] = 0;
        }
    }
    map
}

/// What one step along each dimension skips.
pub fn strides_of(shape: &[usize]) -> Vec<usize> {
    (0..shape.len()).map(|axis| shape[axis + 1..].iter().product()).collect()
}

/// The widest rows of which the map takes whole ones.
fn width_of(map: &[usize], count: usize) -> usize {
    let run = map.windows(2).position(|pair| pair[1] != pair[0] + 1).map_or(map.len(), |place| place + 1);
    let fits = |width: usize| {
        map.len().is_multiple_of(width)
            && count.is_multiple_of(width)
            && map
                .chunks(width)
                .all(|row| row[0].is_multiple_of(width) && row.windows(2).all(|pair| pair[1] == pair[0] + 1))
    };
    (1..=run).rev().find(|&width| fits(width)).unwrap_or(1)
}

impl Emitter<'_> {
    /// The elements at these places, as a list: a view, a part, or rows of a table.
    pub fn pick(&mut self, node: NodeId, map: &[usize]) -> NodeId {
        let (node, count) = (self.flat(node), self.count(node));
        let first = map[0];
        if map.iter().enumerate().all(|(place, &source)| source == first + place) {
            return self.part(node, first, map.len());
        }
        let width = width_of(map, count);
        let rows = map.chunks(width).map(|row| (row[0] / width) as u32).collect();
        let indices = self.index_constant(rows);
        let table = self.rows(node, width);
        let picked = self.graph.embedding(indices, table);
        self.flat(picked)
    }

    /// So many elements of a list from a place on.
    pub fn part(&mut self, node: NodeId, first: usize, length: usize) -> NodeId {
        let mut node = self.flat(node);
        if first > 0 {
            let rest = self.count(node) - first;
            node = self.graph.split_b(node, 1, first as u32, rest as u32, 1);
        }
        let rest = self.count(node) - length;
        if rest > 0 { self.graph.split_a(node, 1, length as u32, rest as u32, 1) } else { node }
    }

    /// Two tensors one behind the other along a dimension: of each, `batch` pieces.
    pub fn joined(&mut self, a: NodeId, b: NodeId, batch: usize) -> NodeId {
        let (a, b) = (self.flat(a), self.flat(b));
        let (channels_a, channels_b) = (self.count(a) / batch, self.count(b) / batch);
        self.graph.concat(a, b, batch as u32, channels_a as u32, channels_b as u32, 1)
    }

    /// Repeats the elements of a tensor of shape `from` as numpy broadcasts it to `to`; a list.
    pub fn broadcast(&mut self, node: NodeId, from: &[usize], to: &[usize]) -> NodeId {
        let (count, total) = (from.iter().product::<usize>(), to.iter().product::<usize>());
        if count == total {
            return self.flat(node);
        }
        if let Some(columns) = suffix(from, to) {
            let zeros = self.graph.constant(vec![0.0; total], &[total / columns, columns]);
            let row = self.flat(node);
            let repeated = self.graph.bias_add(zeros, row);
            return self.flat(repeated);
        }
        if let Some(inner) = inner_repeat(from, to) {
            let column = self.rows(node, 1);
            let repeated = self.graph.broadcast_inner(column, inner);
            return self.flat(repeated);
        }
        let lead = to.len() - from.len();
        let strides = strides_of(from);
        let source = |at: &[usize]| {
            (0..from.len()).map(|axis| if from[axis] == 1 { 0 } else { at[lead + axis] * strides[axis] }).sum()
        };
        self.pick(node, &map_of(to, source))
    }
}

/// The columns of a matrix of which `from` is every row.
pub fn suffix(from: &[usize], to: &[usize]) -> Option<usize> {
    let leading = from.iter().take_while(|&&size| size == 1).count();
    let rest = &from[leading..];
    to.ends_with(rest).then(|| rest.iter().product::<usize>().max(1))
}

/// How often each element of `from` comes in succession, where that is all.
fn inner_repeat(from: &[usize], to: &[usize]) -> Option<usize> {
    let trailing = from.iter().rev().take_while(|&&size| size == 1).count();
    let same = from.len() == to.len() && from[..from.len() - trailing] == to[..from.len() - trailing];
    same.then(|| to[from.len() - trailing..].iter().product())
}

/// By indices that are known, or come at a step.
pub fn gather(e: &mut Emitter, node: &Node) -> Emitted {
    let data = e.shape(node, 0);
    let axis = node.axis(0, data.len());
    if let Some(known) = e.source.constant_ints(node, 1) {
        let size = data[axis];
        let known: Vec<_> = known
            .iter()
            .map(|&index| if index < 0 { (index + size as i64) as usize } else { index as usize })
            .collect();
        return gather_known(e, node, axis, &known);
    }
    crate::gathered::gather(e, node, axis)
}

fn gather_known(e: &mut Emitter, node: &Node, axis: usize, known: &[usize]) -> Emitted {
    let data = e.shape(node, 0);
    let (outer, inner): (usize, usize) = (data[..axis].iter().product(), data[axis + 1..].iter().product());
    let source = |at: &[usize]| (at[0] * data[axis] + known[at[1]]) * inner + at[2];
    let map = map_of(&[outer, known.len(), inner], source);
    let from = e.input(node, 0)?;
    Ok(e.pick(from, &map))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_takes_the_widest_rows_that_it_can() {
        assert_eq!(map_of(&[2, 3], |at| at[1] * 2 + at[0]), [0, 2, 4, 1, 3, 5]);
        assert_eq!(width_of(&[4, 5, 0, 1], 8), 2);
        assert_eq!(width_of(&[1, 2, 5, 6], 8), 1);
        assert_eq!(width_of(&[4, 5, 6, 7, 0, 1, 2, 3], 8), 4);
        assert_eq!(width_of(&[4, 5, 6, 7, 0, 1], 9), 1);
    }

    #[test]
    fn a_broadcast_repeats_rows_or_elements() {
        assert_eq!(suffix(&[1, 1, 4], &[2, 3, 4]), Some(4));
        assert_eq!(suffix(&[], &[2, 3]), Some(1));
        assert_eq!(suffix(&[1], &[2, 3]), Some(1));
        assert_eq!(suffix(&[2, 1, 4], &[2, 3, 4]), None);
        assert_eq!(inner_repeat(&[2, 3, 1, 1], &[2, 3, 4, 5]), Some(20));
        assert_eq!(inner_repeat(&[1, 3, 1], &[2, 3, 4]), None);
    }
}
