//! Scattering. Luminal has none, so it is a product with rows that have a single 1, the place of an update; where updates are not added, those of
//! each place are found by them.

use assay_runner::Node;

use crate::emitter::{Emitted, Emitter, Id, elements, matrix};
use crate::unpool;

/// Elements of the rows for all updates of a node: a gibibyte of them.
const MOST_ELEMENTS: usize = 1 << 28;

/// What came to each place of the data, and 1 where something did.
struct Scattered {
    updates: Id,
    hits: Id,
}

pub fn scatter_nd(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, indices) = (e.shape(node, 0), e.shape(node, 1));
    let depth = indices[indices.len() - 1];
    let (size, inner, count) = (elements(&shape[..depth]), elements(&shape[depth..]), elements(indices) / depth);
    check_size(count * size * if adds(node) { 1 } else { inner })?;
    let rows = e.tuple_rows(node, &shape[..depth], count);
    let ones = e.one_hot(rows, count, size);
    let given = e.input(node, 2);
    let hits = e.filled(1.0, count);
    let hits = e.product(matrix(ones, count, size).transposed(), matrix(hits, count, 1));
    let hits = e.along_rows(hits, size, inner);
    let updates = if adds(node) {
        e.product(matrix(ones, count, size).transposed(), matrix(given, count, inner))
    } else {
        let ones = e.along_rows(ones, count * size, inner);
        let wide = e.repeat(given, count, size, inner)?;
        e.collected(node, ones, wide, [1, count, size * inner])?
    };
    Ok(e.onto_data(node, Scattered { updates, hits }, size * inner))
}

pub fn scatter_elements(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, indices) = (e.shape(node, 0), e.shape(node, 1));
    let only_adds = node.text("reduction", "none") == "add" && e.fill(node, 0) == Some(0.0);
    if let Some(pool) = unpool::pool_of(e.graph, node).filter(|_| only_adds) {
        return unpool::scattered(e, node, pool);
    }
    let axis = node.axis(0, shape.len());
    let (outer, inner) = (elements(&indices[..axis]), elements(&indices[axis + 1..]));
    let (size, count) = (shape[axis], indices[axis]);
    check_size(outer * inner * count * size)?;
    // [outer * inner, count, size]
    let rows = e.indices(node, 1, size);
    let rows = e.swap_inner(rows, outer, count, inner)?;
    let given = e.input(node, 2);
    let updates = e.swap_inner(given, outer, count, inner)?;
    let all = outer * inner * count;
    let ones = e.one_hot(rows, all, size);
    let updates = e.along_rows(updates, all, size);
    let space = [outer * inner, count, size];
    let updates = e.collected(node, ones, updates, space)?;
    let hits = e.sum(ones, &space, &[1]);
    let mut reached = indices.to_vec();
    reached[axis] = size;
    let [updates, hits] = [updates, hits].map(|x| {
        let x = e.swap_inner(x, outer, inner, size)?;
        e.with_rest(x, &reached, shape)
    });
    Ok(e.onto_data(node, Scattered { updates: updates?, hits: hits? }, elements(shape)))
}

fn adds(node: &Node) -> bool {
    matches!(node.text("reduction", "none"), "add" | "none")
}

fn check_size(elements: usize) -> Result<(), String> {
    if elements > MOST_ELEMENTS {
        return Err(
            "Luminal has no scatter, and rows with a single 1 for each index do not fit into memory".to_string()
        );
    }
    Ok(())
}

impl Emitter<'_> {
    /// Along the middle of [outer, count, size], the updates where there is a 1, by the node's reduction.
    fn collected(&mut self, node: &Node, ones: Id, updates: Id, space: [usize; 3]) -> Emitted {
        let n = elements(&space);
        let among = |e: &mut Self, updates: Id, otherwise: f32| {
            let others = e.filled(otherwise, n);
            e.select(ones, updates, others, n)
        };
        Ok(match node.text("reduction", "none") {
            "mul" => {
                let factors = among(self, updates, 1.0);
                self.multiplied(factors, &space, &[1])?
            }
            "max" => {
                let candidates = among(self, updates, f32::MIN);
                self.greatest(candidates, &space, &[1])
            }
            "min" => {
                let minus = self.scale(updates, -1.0, n);
                let candidates = among(self, minus, f32::MIN);
                let greatest = self.greatest(candidates, &space, &[1]);
                self.scale(greatest, -1.0, space[0] * space[2])
            }
            _ => {
                let parts = self.mul(ones, updates, n);
                self.sum(parts, &space, &[1])
            }
        })
    }

    /// Zeros where the data goes on and no index points to.
    fn with_rest(&mut self, x: Id, reached: &[usize], shape: &[usize]) -> Emitted {
        if reached == shape {
            return Ok(x);
        }
        let places = |axis: usize| (0..shape[axis]).map(|i| (i < reached[axis]).then_some(i)).collect();
        let axis_places: Vec<_> = (0..shape.len()).map(places).collect();
        self.mapped(x, reached, &axis_places)
    }

    /// The data with what came to its places.
    fn onto_data(&mut self, node: &Node, Scattered { updates, hits }: Scattered, n: usize) -> Id {
        let reduction = node.text("reduction", "none");
        if adds(node) && self.fill(node, 0) == Some(0.0) {
            return updates;
        }
        let data = self.input(node, 0);
        if reduction == "add" {
            return self.add(data, updates, n);
        }
        if reduction == "none" {
            let kept = self.complement(hits, n);
            let kept = self.mul(data, kept, n);
            return self.add(kept, updates, n);
        }
        let changed = match reduction {
            "mul" => self.mul(data, updates, n),
            "max" => self.larger(data, updates, n),
            _ => self.smaller(data, updates, n),
        };
        let is_hit = self.greater_than(hits, 0.0, n);
        self.select(is_hit, changed, data, n)
    }
}
