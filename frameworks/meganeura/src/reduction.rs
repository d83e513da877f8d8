//! Sums and means, and the softmax of rows.

use assay_runner::Node;
use meganeura::{Graph, NodeId, TensorType};

use crate::emitter::{Emitted, Emitter, refuse};

pub fn sum(e: &mut Emitter, node: &Node) -> Emitted {
    reduce(e, node, false)
}

pub fn mean(e: &mut Emitter, node: &Node) -> Emitted {
    reduce(e, node, true)
}

/// Over all dimensions, the last ones, or the first ones.
fn reduce(e: &mut Emitter, node: &Node, mean: bool) -> Emitted {
    let shape = e.shape(node, 0);
    let axes = match e.source.axes(node, 1, shape.len()) {
        None if node.flag("noop_with_empty_axes", false) => return e.input(node, 0),
        None => (0..shape.len()).collect(),
        Some(axes) if axes.is_empty() && node.flag("noop_with_empty_axes", false) => return e.input(node, 0),
        Some(axes) if axes.is_empty() => (0..shape.len()).collect(),
        Some(axes) => axes,
    };
    let wide = |axis: &usize| shape[*axis] > 1;
    let (gone, kept): (Vec<usize>, Vec<usize>) = (0..shape.len()).filter(wide).partition(|axis| axes.contains(axis));
    let x = e.input(node, 0)?;
    let reduced: usize = gone.iter().map(|&axis| shape[axis]).product();
    let sum = sum_of(e, x, &gone, &kept, reduced)?;
    Ok(if mean { e.times(sum, 1.0 / reduced as f64) } else { sum })
}

fn sum_of(e: &mut Emitter, x: NodeId, gone: &[usize], kept: &[usize], reduced: usize) -> Emitted {
    if gone.is_empty() {
        return Ok(x);
    }
    if kept.is_empty() {
        return Ok(e.graph.sum_all(x));
    }
    if kept.last() < gone.first() {
        let rows = e.rows(x, reduced);
        return Ok(e.graph.sum_inner(rows));
    }
    if gone.last() < kept.first() {
        let columns = e.count(x) / reduced;
        let rows = e.rows(x, columns);
        return Ok(e.graph.sum_rows(rows, &TensorType::f32(vec![columns])));
    }
    refuse("it sums rows or columns of a matrix")
}

pub fn softmax(e: &mut Emitter, node: &Node) -> Emitted {
    of_rows(e, node, Graph::softmax)
}

pub fn log_softmax(e: &mut Emitter, node: &Node) -> Emitted {
    of_rows(e, node, Graph::log_softmax)
}

fn of_rows(e: &mut Emitter, node: &Node, function: fn(&mut Graph, NodeId) -> NodeId) -> Emitted {
    let shape = e.shape(node, 0);
    if shape[node.axis(-1, shape.len())..].iter().skip(1).any(|&size| size > 1) {
        return refuse("softmax is of rows");
    }
    let x = e.input(node, 0)?;
    let x = e.rows(x, shape[node.axis(-1, shape.len())]);
    Ok(function(&mut e.graph, x))
}
