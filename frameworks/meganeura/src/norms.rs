//! Normalisations that Meganeura has no operator of, or whose own leaves something out.

use assay_runner::Node;
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};
use crate::order::Rows;
use crate::waves::root_of;

/// Means and deviations along rows, given out where they are wanted.
pub fn layer_norm(e: &mut Emitter, node: &Node) -> Result<(), String> {
    let shape = e.shape(node, 0);
    let size: usize = shape[node.axis(-1, shape.len())..].iter().product();
    let x = e.input(node, 0)?;
    let x = e.rows(x, size);
    let sum = e.graph.sum_inner(x);
    let mean = e.times(sum, 1.0 / size as f64);
    let means = e.graph.broadcast_inner(mean, size);
    let centred = e.minus(x, means);
    let squares = e.graph.mul(centred, centred);
    let sum = e.graph.sum_inner(squares);
    let variance = e.times(sum, 1.0 / size as f64);
    let inverse = inverse_root(e, variance, node.real("epsilon", 1e-5));
    let wide = e.graph.broadcast_inner(inverse, size);
    let normed = e.graph.mul(centred, wide);
    let mut y = e.flat(normed);
    let scale = wide_operand(e, node, 1)?;
    y = e.graph.mul(y, scale);
    if node.input(2).is_some() {
        let bias = wide_operand(e, node, 2)?;
        y = e.graph.add(y, bias);
    }
    for (output, found) in node.outputs.iter().zip([y, mean, inverse]) {
        if let Some(output) = *output {
            e.set(output, found);
        }
    }
    Ok(())
}

/// An operand for each element of the first.
fn wide_operand(e: &mut Emitter, node: &Node, place: usize) -> Emitted {
    let operand = e.input(node, place)?;
    Ok(e.broadcast(operand, e.shape(node, place), e.shape(node, 0)))
}

fn inverse_root(e: &mut Emitter, variance: NodeId, epsilon: f64) -> NodeId {
    let sum = e.plus(variance, epsilon);
    let root = root_of(e, sum);
    e.graph.recip(root)
}

/// 1 / √(variance + epsilon) of variances that a step is given.
pub fn inverse_deviation(e: &mut Emitter, node: &Node) -> Emitted {
    let variance = e.input(node, 4)?;
    Ok(inverse_root(e, variance, node.real("epsilon", 1e-5)))
}

/// By the sum of magnitudes or the root of squares along an axis; zeros stay where all are zero.
pub fn lp_norm(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let rows = Rows::of(shape, node.axis(-1, shape.len()));
    let x = e.input(node, 0)?;
    let x = rows.apart(e, x);
    let squares = node.int("p", 2) == 2;
    let parts = if squares { e.graph.mul(x, x) } else { e.graph.abs(x) };
    let sum = e.graph.sum_inner(parts);
    let norm = if squares { root_of(e, sum) } else { sum };
    let norm = e.plus(norm, f64::from(f32::MIN_POSITIVE));
    let norms = e.graph.broadcast_inner(norm, rows.size);
    let y = e.graph.div(x, norms);
    Ok(rows.together(e, y, rows.size))
}

/// By a power of the mean square of the channels around: sums over a band of channels are a product.
pub fn local_response(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, size) = (e.shape(node, 0), node.int("size", 1) as usize);
    let (channels, before) = (shape[1], (size - 1) / 2);
    let rows = Rows::of(shape, 1);
    let x = e.input(node, 0)?;
    let x = rows.apart(e, x);
    let squares = e.graph.mul(x, x);
    let is_near = |j: usize, i: usize| j + before >= i && j < i + size - before;
    let band = (0..channels * channels).map(|p| f32::from(u8::from(is_near(p / channels, p % channels)))).collect();
    let band = e.graph.constant(band, &[channels, channels]);
    let sums = e.graph.matmul(squares, band);
    let scaled = e.times(sums, node.real("alpha", 0.0001) / size as f64);
    let base = e.plus(scaled, node.real("bias", 1.0));
    let log = e.graph.log(base);
    let log = e.times(log, -node.real("beta", 0.75));
    let factor = e.graph.exp(log);
    let y = e.graph.mul(x, factor);
    Ok(rows.together(e, y, channels))
}
