//! Operators that repeat, reorder or drop elements.

use assay_runner::{Node, Rearranged};

use crate::emitter::{Emitted, Emitter, elements};

/// DepthToSpace and SpaceToDepth.
pub fn blocks(e: &mut Emitter, node: &Node) -> Emitted {
    let Rearranged { shape, order } = Rearranged::of(e.graph, node);
    let source = e.input(node, 0);
    e.transpose(source, &shape, &order)
}

pub fn tile(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, wide) = (e.shape(node, 0), e.output_shape(node));
    let (mut result, mut inner) = (e.input(node, 0), 1);
    for axis in (0..shape.len()).rev() {
        inner *= shape[axis];
        result = e.repeat(result, elements(&shape[..axis]), wide[axis] / shape[axis], inner)?;
        inner = inner / shape[axis] * wide[axis];
    }
    Ok(result)
}

/// Zeros below or above a diagonal.
pub fn triangle(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let n = elements(shape);
    let (rows, columns) = (shape[shape.len() - 2], shape[shape.len() - 1]);
    let k = match node.input(1) {
        Some(_) => e.graph.constant_ints(node, 1).ok_or("the diagonal is an input")?[0],
        None => 0,
    };
    let upper = node.flag("upper", true);
    let is_kept = |i: usize| {
        let ahead = (i % columns) as i64 - (i / columns % rows) as i64;
        if upper { ahead >= k } else { ahead <= k }
    };
    let kept = e.constant((0..n).map(|i| f32::from(u8::from(is_kept(i)))).collect());
    let (x, zeros) = (e.input(node, 0), e.filled(0.0, n));
    Ok(e.select(kept, x, zeros, n))
}

/// Of each entry of the batch its first steps the other way round, as many as a step of the graph is told.
pub fn reverse_sequence(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let batch_first = node.int("batch_axis", 1) == 0;
    let (first, second, inner) = (shape[0], shape[1], elements(&shape[2..]));
    let (batch, steps) = if batch_first { (first, second) } else { (second, first) };
    let n = batch * steps;
    let (x, lengths) = (e.input(node, 0), e.input(node, 1));
    let x = if batch_first { x } else { e.swap(x, steps, batch, inner)? };
    let lengths = e.along_rows(lengths, batch, steps);
    let constant = |e: &mut Emitter, number: &dyn Fn(usize) -> f32| e.constant((0..n).map(number).collect());
    let step = constant(e, &|i| (i % steps) as f32);
    let is_within = e.less(step, lengths, n);
    // From step t it is length - 1 - 2 t to the step that takes its place.
    let back = constant(e, &|i| -1.0 - 2.0 * (i % steps) as f32);
    let way = e.add(lengths, back, n);
    let way = e.mul(way, is_within, n);
    let own = constant(e, &|i| i as f32);
    let rows = e.add(own, way, n);
    let y = e.gather_by(x, elements(shape), rows, n, inner);
    if batch_first { Ok(y) } else { e.swap(y, batch, steps, inner) }
}
