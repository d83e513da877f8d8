//! Products of matrices.

use assay_runner::Node;
use meganeura::{Graph, NodeId};

use crate::emitter::{Emitted, Emitter};

/// Weights lie as the graph has them, [out, in].
pub fn linear(e: &mut Emitter, node: &Node) -> Emitted {
    let (out, inner) = (e.shape(node, 1)[0], e.shape(node, 1)[1]);
    let (x, w) = (e.input(node, 0)?, e.input(node, 1)?);
    let (x, w) = (e.rows(x, inner), e.shaped(w, &[out, inner]));
    let product = e.graph.matmul_bt(x, w);
    if node.input(2).is_none() {
        return Ok(product);
    }
    let bias = e.input(node, 2)?;
    let bias = e.flat(bias);
    Ok(e.graph.bias_add(product, bias))
}

/// Where the second is one matrix, the rows of all of the first are one, too; else there is a product for each pair.
pub fn matmul(e: &mut Emitter, node: &Node) -> Emitted {
    let (a_shape, b_shape) = (as_matrices(e.shape(node, 0), true), as_matrices(e.shape(node, 1), false));
    let (a, b) = (e.input(node, 0)?, e.input(node, 1)?);
    let (rows, inner, columns) = (a_shape[a_shape.len() - 2], a_shape[a_shape.len() - 1], b_shape[b_shape.len() - 1]);
    if b_shape[..b_shape.len() - 2].iter().all(|&size| size == 1) {
        let (a, b) = (e.rows(a, inner), e.rows(b, columns));
        return Ok(e.graph.matmul(a, b));
    }
    let batch = broadcast_batch(&a_shape, &b_shape);
    let a = e.broadcast(a, &a_shape, &[&batch[..], &[rows, inner]].concat());
    let b = e.broadcast(b, &b_shape, &[&batch[..], &[inner, columns]].concat());
    Ok(e.products(a, b, batch.iter().product(), [rows, inner, columns]))
}

/// A vector is a row on the left, a column on the right.
fn as_matrices(shape: &[usize], is_left: bool) -> Vec<usize> {
    match *shape {
        [size] if is_left => vec![1, size],
        [size] => vec![size, 1],
        _ => shape.to_vec(),
    }
}

fn broadcast_batch(a: &[usize], b: &[usize]) -> Vec<usize> {
    let rank = a.len().max(b.len()) - 2;
    let size = |shape: &[usize], axis: usize| (axis + shape.len() - 2).checked_sub(rank).map_or(1, |axis| shape[axis]);
    (0..rank).map(|axis| size(a, axis).max(size(b, axis))).collect()
}

impl Emitter<'_> {
    /// [batch, rows, inner] by [batch, inner, columns].
    pub fn products(&mut self, a: NodeId, b: NodeId, batch: usize, [rows, inner, columns]: [usize; 3]) -> NodeId {
        let product = |place: usize| {
            let (a, b) = (
                self.part(a, place * rows * inner, rows * inner),
                self.part(b, place * inner * columns, inner * columns),
            );
            let (a, b) = (self.rows(a, inner), self.rows(b, columns));
            self.graph.matmul(a, b)
        };
        let all: Vec<_> = (0..batch).map(product).collect();
        self.side_by_side(&all, 1)
    }
}

pub fn gemm(e: &mut Emitter, node: &Node) -> Emitted {
    let (a_shape, b_shape) = (e.shape(node, 0), e.shape(node, 1));
    let (a, b) = (e.input(node, 0)?, e.input(node, 1)?);
    let (mut a, b) = (e.shaped(a, a_shape), e.shaped(b, b_shape));
    let (turn_a, turn_b) = (node.flag("transA", false), node.flag("transB", false));
    if turn_a && turn_b {
        a = e.graph.transpose(a);
    }
    let product = match (turn_a, turn_b) {
        (_, true) => Graph::matmul_bt,
        (true, false) => Graph::matmul_at,
        (false, false) => Graph::matmul,
    }(&mut e.graph, a, b);
    let product = e.times(product, node.real("alpha", 1.0));
    if node.input(2).is_none() {
        return Ok(product);
    }
    let (c, output) = (e.input(node, 2)?, e.output_shape(node));
    let c = e.broadcast(c, e.shape(node, 2), output);
    let c = e.alike(c, product);
    let c = e.times(c, node.real("beta", 1.0));
    Ok(e.graph.add(product, c))
}
