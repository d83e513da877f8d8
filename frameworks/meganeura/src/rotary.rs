//! Rotary embedding from the graph's tables. Meganeura's own `rope` takes a base alone, from which it computes angles in float32.

use assay_runner::Node;
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};

/// Where the elements of a tensor lie, and which of a head turn together.
struct Heads {
    split: bool,
    heads: usize,
    length: usize,
    size: usize,
    half: usize,
    interleaved: bool,
}

/// x cos + (x with its halves changed over) sin, the first half of the sines negative.
pub fn rotary_embedding(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let heads = Heads::of(node, shape);
    let x = e.input(node, 0)?;
    let x = e.flat(x);
    let count = e.count(x);
    let other = e.pick(x, &(0..count).map(|place| heads.partner(place)).collect::<Vec<_>>());
    let straight = table(e, node, 1, &heads, 1.0)?;
    let crossed = table(e, node, 2, &heads, 0.0)?;
    let (kept, moved) = (e.graph.mul(x, straight), e.graph.mul(other, crossed));
    Ok(e.graph.add(kept, moved))
}

/// A factor for every element: what does not turn has `still`, and of the sines the first of a pair is negative. Tables that are known are
/// put together when the model is loaded.
fn table(e: &mut Emitter, node: &Node, place: usize, heads: &Heads, still: f32) -> Emitted {
    let count: usize = e.shape(node, 0).iter().product();
    let is_sine = place == 2;
    let sign =
        |element: usize| if is_sine && heads.pair(element).is_some_and(|(_, second)| !second) { -1.0 } else { 1.0 };
    if let Some(known) = known_table(e, node, place) {
        let rows = known.len() / heads.half;
        let number = |at: usize| heads.source(at, rows).map_or(still, |source| sign(heads.element(at)) * known[source]);
        let numbers = (0..count).map(number).collect();
        return Ok(e.graph.constant(numbers, &[count]));
    }
    let rows = rows_of(e, node, place, heads)?;
    let size = e.count(rows);
    let behind = e.graph.scalar(still);
    let with_still = e.joined(rows, behind, 1);
    let map: Vec<_> = (0..count).map(|at| heads.source(at, size / heads.half).unwrap_or(size)).collect();
    let factors = e.pick(with_still, &map);
    if !is_sine {
        return Ok(factors);
    }
    let signs = (0..count).map(|at| sign(heads.element(at))).collect();
    let signs = e.graph.constant(signs, &[count]);
    Ok(e.graph.mul(factors, signs))
}

/// The rows of a table that a step turns by, those of all sequences, or of one for all.
fn rows_of(e: &mut Emitter, node: &Node, place: usize, heads: &Heads) -> Result<NodeId, String> {
    let x = e.input(node, place)?;
    let Some(ids) = node.input(3) else { return Ok(e.flat(x)) };
    let ids = e.value(ids);
    let rows = e.rows(x, heads.half);
    let count = e.graph.node(rows).ty.shape[0];
    let picked = if ids.role == assay_runner::Role::Input {
        let ids = e.index_input(ids, count);
        e.graph.embedding(ids, rows)
    } else {
        let ids = e.indices(node, 3, count)?;
        let ones = e.one_hot(ids, count);
        e.graph.matmul(ones, rows)
    };
    Ok(e.flat(picked))
}

/// A table, or a negative one: who turns back.
fn known_table(e: &Emitter, node: &Node, place: usize) -> Option<Vec<f32>> {
    let id = node.input(place).filter(|_| node.input(3).is_none())?;
    if let Some(producer) = e.source.producer(id).map(|place| &e.source.nodes[place]) {
        let source = producer.input(0).filter(|_| producer.op == "Neg")?;
        return Some(e.known(source)?.iter().map(|number| -number).collect());
    }
    e.known(id).map(<[f32]>::to_vec)
}

impl Heads {
    fn of(node: &Node, shape: &[usize]) -> Self {
        let split = shape.len() == 4;
        let heads = if split { shape[1] } else { node.int("num_heads", 1).max(1) as usize };
        let length = shape[if split { 2 } else { 1 }];
        let size = shape[shape.len() - 1] / if split { 1 } else { heads };
        let turned = match node.int("rotary_embedding_dim", 0) {
            0 => size,
            part => part as usize,
        };
        Self { split, heads, length, size, half: turned / 2, interleaved: node.flag("interleaved", false) }
    }

    fn element(&self, at: usize) -> usize {
        at % self.size
    }

    /// The sequence and the position.
    fn position(&self, at: usize) -> (usize, usize) {
        let row = at / self.size;
        if self.split {
            (row / self.length / self.heads, row % self.length)
        } else {
            (row / self.heads / self.length, row / self.heads % self.length)
        }
    }

    /// Where the factor of an element lies in a table of so many rows: of one sequence, or of all.
    fn source(&self, at: usize, rows: usize) -> Option<usize> {
        let (pair, _) = self.pair(self.element(at))?;
        let (sequence, position) = self.position(at);
        Some(((sequence * self.length + position) % rows) * self.half + pair)
    }

    /// The pair that an element of a head belongs to, and whether it is the second of it; None: it does not turn.
    fn pair(&self, element: usize) -> Option<(usize, bool)> {
        match element {
            _ if element >= 2 * self.half => None,
            _ if self.interleaved => Some((element / 2, element % 2 == 1)),
            _ => Some((element % self.half, element >= self.half)),
        }
    }

    fn partner(&self, at: usize) -> usize {
        let element = self.element(at);
        let other = match self.pair(element) {
            None => element,
            Some((pair, second)) if self.interleaved => 2 * pair + usize::from(!second),
            Some((pair, second)) => pair + if second { 0 } else { self.half },
        };
        at - element + other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partners_are_of_one_head() {
        let heads = Heads { split: false, heads: 2, length: 1, size: 6, half: 2, interleaved: false };
        assert_eq!((0..12).map(|at| heads.partner(at)).collect::<Vec<_>>(), [2, 3, 0, 1, 4, 5, 8, 9, 6, 7, 10, 11]);
        assert_eq!(heads.source(9, 1), Some(1));
        assert_eq!(heads.source(10, 1), None);
    }
}
