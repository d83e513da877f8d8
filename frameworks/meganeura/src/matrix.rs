//! Products of matrices.

use assay_runner::Node;
use meganeura::Graph;

use crate::emitter::{Emitted, Emitter, refuse};

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

/// Matrices, of which the first may be many: their rows are one matrix.
pub fn matmul(e: &mut Emitter, node: &Node) -> Emitted {
    let (a_shape, b_shape) = (e.shape(node, 0), e.shape(node, 1));
    if b_shape.len() != 2 {
        return refuse("matmul takes matrices, no batches of them");
    }
    let (a, b) = (e.input(node, 0)?, e.input(node, 1)?);
    let (a, b) = (e.rows(a, a_shape[a_shape.len() - 1]), e.shaped(b, b_shape));
    Ok(e.graph.matmul(a, b))
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
