//! Operators that repeat, reorder or drop elements.

use assay_runner::{Node, Rearranged};

use crate::emitter::{Emitted, Emitter};
use crate::indexing::{map_of, strides_of};

/// DepthToSpace and SpaceToDepth.
pub fn blocks(e: &mut Emitter, node: &Node) -> Emitted {
    let Rearranged { shape, order } = Rearranged::of(e.source, node);
    let strides = strides_of(&shape);
    let to: Vec<usize> = order.iter().map(|&axis| shape[axis]).collect();
    let x = e.input(node, 0)?;
    Ok(e.pick(x, &map_of(&to, |at| order.iter().zip(at).map(|(&axis, &place)| strides[axis] * place).sum())))
}

pub fn tile(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, output) = (e.shape(node, 0), e.output_shape(node));
    let strides = strides_of(shape);
    let source = |at: &[usize]| (0..shape.len()).map(|axis| at[axis] % shape[axis] * strides[axis]).sum();
    let x = e.input(node, 0)?;
    Ok(e.pick(x, &map_of(output, source)))
}

/// Zeros below or above a diagonal: a zero behind the tensor is picked for each.
pub fn triangle(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let (rows, columns) = (shape[shape.len() - 2], shape[shape.len() - 1]);
    let k = match node.input(1) {
        Some(_) => e.source.constant_ints(node, 1).ok_or("the diagonal is an input")?[0],
        None => 0,
    };
    let upper = node.flag("upper", true);
    let count: usize = shape.iter().product();
    let source = |i: usize| {
        let ahead = (i % columns) as i64 - (i / columns % rows) as i64;
        let is_kept = if upper { ahead >= k } else { ahead <= k };
        if is_kept { i } else { count }
    };
    let (x, zero) = (e.input(node, 0)?, e.graph.scalar(0.0));
    let with_zero = e.joined(x, zero, 1);
    Ok(e.pick(with_zero, &(0..count).map(source).collect::<Vec<_>>()))
}

/// Of each entry of the batch its first steps the other way round, as many as a step of the graph is told: a product with rows that have a single 1.
pub fn reverse_sequence(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let batch_first = node.int("batch_axis", 1) == 0;
    let (first, second, inner) = (shape[0], shape[1], shape[2..].iter().product());
    let (batch, steps) = if batch_first { (first, second) } else { (second, first) };
    let (x, lengths) = (e.input(node, 0)?, e.input(node, 1)?);
    let x = if batch_first { e.flat(x) } else { e.swapped(x, steps, batch, inner) };
    let lengths = e.broadcast(lengths, &[batch, 1], &[batch, steps]);
    let numbers = |number: &dyn Fn(usize) -> f32| (0..batch * steps).map(|i| number(i % steps)).collect();
    let step = e.graph.constant(numbers(&|step| step as f32), &[batch * steps]);
    let is_within = e.graph.greater(lengths, step);
    // From step t it is length - 1 - 2 t to the step that takes its place.
    let back = e.graph.constant(numbers(&|step| -1.0 - 2.0 * step as f32), &[batch * steps]);
    let way = e.graph.add(lengths, back);
    let way = e.graph.mul(way, is_within);
    let places = e.graph.add(step, way);
    let parts: Vec<_> = (0..batch)
        .map(|entry| {
            let places = e.part(places, entry * steps, steps);
            let ones = e.one_hot(places, steps);
            let own = e.part(x, entry * steps * inner, steps * inner);
            let own = e.rows(own, inner);
            e.graph.matmul(ones, own)
        })
        .collect();
    let y = e.side_by_side(&parts, 1);
    Ok(if batch_first { y } else { e.swapped(y, batch, steps, inner) })
}
