//! Scattering. Luminal has none, so it is a product with rows that have a single 1, the place of an update.

use assay_runner::Node;

use crate::emitter::{Emitted, Emitter, Id, elements, matrix};
use crate::unpool;

/// Elements of the rows for all updates of a node: a gibibyte of them.
const MOST_ELEMENTS: usize = 1 << 28;

pub fn scatter_nd(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, indices) = (e.shape(node, 0), e.shape(node, 1));
    check(node)?;
    let depth = indices[indices.len() - 1];
    let (size, inner, count) = (elements(&shape[..depth]), elements(&shape[depth..]), elements(indices) / depth);
    let rows = e.tuple_rows(node, &shape[..depth], count);
    let ones = e.one_hot(rows, count, size);
    let updates = e.input(node, 2);
    let sums = e.product(matrix(ones, count, size).transposed(), matrix(updates, count, inner));
    let hits = e.filled(1.0, count);
    let hits = e.product(matrix(ones, count, size).transposed(), matrix(hits, count, 1));
    let hits = e.along_rows(hits, size, inner);
    Ok(e.onto_data(node, sums, hits, size * inner))
}

pub fn scatter_elements(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, indices) = (e.shape(node, 0), e.shape(node, 1));
    check(node)?;
    let only_adds = node.text("reduction", "none") == "add" && e.fill(node, 0) == Some(0.0);
    if let Some(pool) = unpool::pool_of(e.graph, node).filter(|_| only_adds) {
        return unpool::scattered(e, node, pool);
    }
    let axis = node.axis(0, shape.len());
    let (outer, size, inner) = (elements(&shape[..axis]), shape[axis], elements(&shape[axis + 1..]));
    let count = indices[axis];
    if indices[..axis] != shape[..axis] || indices[axis + 1..] != shape[axis + 1..] {
        return Err("the runner scatters into all rows".to_string());
    }
    if outer * inner * count * size > MOST_ELEMENTS {
        return Err(
            "Luminal has no scatter, and rows with a single 1 for each index do not fit into memory".to_string()
        );
    }
    // [outer * inner, count, size]
    let rows = e.indices(node, 1, size);
    let rows = e.swap_inner(rows, outer, count, inner)?;
    let given = e.input(node, 2);
    let updates = e.swap_inner(given, outer, count, inner)?;
    let all = outer * inner * count;
    let ones = e.one_hot(rows, all, size);
    let updates = e.along_rows(updates, all, size);
    let parts = e.mul(ones, updates, all * size);
    let sums = e.sum(parts, &[outer * inner, count, size], &[1]);
    let hits = e.sum(ones, &[outer * inner, count, size], &[1]);
    let (sums, hits) = (e.swap_inner(sums, outer, inner, size)?, e.swap_inner(hits, outer, inner, size)?);
    Ok(e.onto_data(node, sums, hits, elements(shape)))
}

fn check(node: &Node) -> Result<(), String> {
    match node.text("reduction", "none") {
        "add" | "none" => Ok(()),
        other => Err(format!("the runner does not scatter by \"{other}\"")),
    }
}

impl Emitter<'_> {
    /// data + sums, or the sums in place of the data where updates hit.
    fn onto_data(&mut self, node: &Node, sums: Id, hits: Id, n: usize) -> Id {
        if self.fill(node, 0) == Some(0.0) {
            return sums;
        }
        let mut data = self.input(node, 0);
        if node.text("reduction", "none") == "none" {
            let kept = self.complement(hits, n);
            data = self.mul(data, kept, n);
        }
        self.add(data, sums, n)
    }
}
