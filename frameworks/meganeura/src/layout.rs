//! Operators that change the form of a tensor, or take parts of it.

use assay_runner::{Graph, Node, Pads};

use crate::emitter::{Emitted, Emitter};
use crate::indexing::{map_of, strides_of};

/// Reshape, Flatten, Squeeze, Unsqueeze, Identity: the same elements.
pub fn view(e: &mut Emitter, node: &Node) -> Emitted {
    e.input(node, 0)
}

pub fn transpose(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, output) = (e.shape(node, 0), e.output_shape(node));
    let perm: Vec<usize> = match node.ints("perm") {
        Some(perm) => perm.iter().map(|&axis| axis as usize).collect(),
        None => (0..shape.len()).rev().collect(),
    };
    let x = e.input(node, 0)?;
    // What has one element may be anywhere; the others turn about when some first ones go behind the rest.
    let wide: Vec<usize> = perm.iter().copied().filter(|&axis| shape[axis] > 1).collect();
    let turn = wide.windows(2).position(|pair| pair[1] < pair[0]);
    if let Some(turn) = turn
        && let (behind, front) = wide.split_at(turn + 1)
        && behind.is_sorted()
        && front.is_sorted()
        && front.last() < behind.first()
    {
        let columns = behind.iter().map(|&axis| shape[axis]).product();
        let matrix = e.rows(x, columns);
        return Ok(e.graph.transpose(matrix));
    }
    let strides = strides_of(shape);
    let source = |at: &[usize]| perm.iter().zip(at).map(|(&axis, &place)| strides[axis] * place).sum();
    Ok(e.pick(x, &map_of(output, source)))
}

pub fn expand(e: &mut Emitter, node: &Node) -> Emitted {
    let (from, to) = (e.shape(node, 0), e.output_shape(node));
    let x = e.input(node, 0)?;
    Ok(e.broadcast(x, from, to))
}

pub fn concat(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.output_shape(node);
    let batch = shape[..node.axis(0, shape.len())].iter().product();
    let mut all = e.input(node, 0)?;
    for place in 1..node.inputs.len() {
        let next = e.input(node, place)?;
        if e.count(next) > 0 {
            all = if e.count(all) > 0 { e.joined(all, next, batch) } else { next };
        }
    }
    Ok(all)
}

/// All outputs, by cutting the first off what is left.
pub fn split(e: &mut Emitter, node: &Node) -> Result<(), String> {
    let shape = e.shape(node, 0);
    let axis = node.axis(0, shape.len());
    let batch: usize = shape[..axis].iter().product();
    let mut rest = e.input(node, 0)?;
    for (place, output) in node.outputs.iter().enumerate() {
        let output = output.ok_or("an output of Split that is not wanted")?;
        let length = e.value(output).shape.iter().product::<usize>() / batch;
        rest = e.flat(rest);
        let behind = e.count(rest) / batch - length;
        if behind == 0 || place + 1 == node.outputs.len() {
            e.set(output, rest);
            break;
        }
        let (length, behind) = (length as u32, behind as u32);
        let part = e.graph.split_a(rest, batch as u32, length, behind, 1);
        rest = e.graph.split_b(rest, batch as u32, length, behind, 1);
        e.set(output, part);
    }
    Ok(())
}

pub fn slice(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, output) = (e.shape(node, 0), e.output_shape(node));
    let (begin, step) = slices(e.source, node, shape);
    let strides = strides_of(shape);
    let place = |at: &[usize], axis: usize| (begin[axis] + at[axis] as i64 * step[axis]) as usize;
    let source = |at: &[usize]| (0..shape.len()).map(|axis| place(at, axis) * strides[axis]).sum();
    let x = e.input(node, 0)?;
    Ok(e.pick(x, &map_of(output, source)))
}

/// Where each dimension begins, and its step.
fn slices(graph: &Graph, node: &Node, shape: &[usize]) -> (Vec<i64>, Vec<i64>) {
    let starts = graph.constant_ints(node, 1).unwrap_or_default();
    let axes = graph.axes(node, 3, shape.len()).unwrap_or((0..starts.len()).collect());
    let steps = graph.constant_ints(node, 4).unwrap_or(vec![1; starts.len()]);
    let (mut begin, mut step) = (vec![0; shape.len()], vec![1; shape.len()]);
    for (place, &axis) in axes.iter().enumerate() {
        let size = shape[axis] as i64;
        let start = if starts[place] < 0 { starts[place] + size } else { starts[place] };
        begin[axis] = start.clamp(0, if steps[place] < 0 { size - 1 } else { size });
        step[axis] = steps[place];
    }
    (begin, step)
}

/// Elements of the tensor, and one behind them all: what it is padded with.
pub fn pad(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, output) = (e.shape(node, 0), e.output_shape(node));
    let pads = Pads::of(e.source, node).ok_or("pads by an input")?;
    let (mode, strides, count) = (node.text("mode", "constant"), strides_of(shape), shape.iter().product::<usize>());
    let places: Vec<_> = (0..shape.len()).map(|axis| pads.places(axis, shape[axis], mode)).collect();
    let source = |at: &[usize]| -> usize {
        (0..shape.len())
            .map(|axis| places[axis][at[axis]].map(|place| place * strides[axis]))
            .sum::<Option<usize>>()
            .unwrap_or(count)
    };
    let x = e.input(node, 0)?;
    let map = map_of(output, source);
    if !map.contains(&count) {
        return Ok(e.pick(x, &map));
    }
    let value = match node.input(2) {
        Some(_) => e.finite(node, 2)?,
        None => e.graph.scalar(0.0),
    };
    let with_padding = e.joined(x, value, 1);
    Ok(e.pick(with_padding, &map))
}
