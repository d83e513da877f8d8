//! Rotary embedding from the graph's tables. Meganeura's own `rope` takes a base alone, from which it computes angles in float32.

use assay_runner::Node;

use crate::emitter::{Emitted, Emitter, refuse};
use crate::indexing::map_of;

/// x cos + (x with its halves changed over) sin, the first half of the sines negative.
pub fn rotary_embedding(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    if node.input(3).is_some() {
        return refuse("position ids are not known before a step");
    }
    if shape.len() != 3 || shape[0] != 1 {
        return refuse("the input must be [1, length, heads * size]");
    }
    let (cosines, sines) = match (known_table(e, node, 1), known_table(e, node, 2)) {
        (Some(cosines), Some(sines)) => (cosines, sines),
        _ => return refuse("the tables must be known before a step"),
    };
    let heads = node.int("num_heads", 1).max(1) as usize;
    let size = shape[2] / heads;
    let turned = match node.int("rotary_embedding_dim", 0) {
        0 => size,
        part => part as usize,
    };
    let pairs = Pairs { size, half: turned / 2, interleaved: node.flag("interleaved", false) };
    rotate(e, node, &pairs, &cosines, &sines)
}

/// A table of one sequence, or a negative one: who turns back.
fn known_table(e: &Emitter, node: &Node, place: usize) -> Option<Vec<f32>> {
    let id = node.input(place)?;
    let shape = &e.value(id).shape;
    if shape.len() != 3 || shape[0] != 1 {
        return None;
    }
    if let Some(producer) = e.source.producer(id).map(|place| &e.source.nodes[place]) {
        let source = producer.input(0).filter(|_| producer.op == "Neg")?;
        return Some(e.known(source)?.iter().map(|number| -number).collect());
    }
    e.known(id).map(<[f32]>::to_vec)
}

/// Which elements of a head turn together.
struct Pairs {
    size: usize,
    half: usize,
    interleaved: bool,
}

impl Pairs {
    /// The pair that an element of a head belongs to, and whether it is the second of it; None: it does not turn.
    fn of(&self, element: usize) -> Option<(usize, bool)> {
        match element {
            _ if element >= 2 * self.half => None,
            _ if self.interleaved => Some((element / 2, element % 2 == 1)),
            _ => Some((element % self.half, element >= self.half)),
        }
    }

    fn partner(&self, element: usize) -> usize {
        match self.of(element) {
            None => element,
            Some((pair, second)) if self.interleaved => 2 * pair + usize::from(!second),
            Some((pair, second)) => pair + if second { 0 } else { self.half },
        }
    }
}

fn rotate(e: &mut Emitter, node: &Node, pairs: &Pairs, cosines: &[f32], sines: &[f32]) -> Emitted {
    let shape = e.shape(node, 0);
    let columns = shape[2];
    let factor = |at: &[usize], table: &[f32], still: f32| match pairs.of(at[1] % pairs.size) {
        Some((pair, second)) => (table[at[0] * pairs.half + pair], second),
        None => (still, true),
    };
    let form = [shape[1], columns];
    let (mut straight, mut crossed) = (Vec::new(), Vec::new());
    let partners = map_of(&form, |at| {
        straight.push(factor(at, cosines, 1.0).0);
        let (sine, second) = factor(at, sines, 0.0);
        crossed.push(if second { sine } else { -sine });
        let element = at[1] % pairs.size;
        at[0] * columns + at[1] - element + pairs.partner(element)
    });
    let x = e.input(node, 0)?;
    let x = e.rows(x, columns);
    let other = e.pick(x, &partners);
    let other = e.rows(other, columns);
    let (straight, crossed) = (e.graph.constant(straight, &form), e.graph.constant(crossed, &form));
    let (kept, moved) = (e.graph.mul(x, straight), e.graph.mul(other, crossed));
    Ok(e.graph.add(kept, moved))
}
