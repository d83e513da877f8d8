//! Operators that work on each element by itself, or on pairs of them.

use assay_runner::Node;
use meganeura::{Graph, NodeId};

use crate::emitter::{Emitted, Emitter, refuse};
use crate::indexing::suffix;

/// One of the framework's functions of one tensor.
pub fn unary(e: &mut Emitter, node: &Node, function: fn(&mut Graph, NodeId) -> NodeId) -> Emitted {
    let x = e.input(node, 0)?;
    Ok(function(&mut e.graph, x))
}

/// Both inputs repeated to the output's shape, the second in the form of the first.
fn operands(e: &mut Emitter, node: &Node) -> Result<(NodeId, NodeId), String> {
    let output = e.output_shape(node);
    let mut both = [0; 2];
    for (place, operand) in both.iter_mut().enumerate() {
        let (input, shape) = (e.input(node, place)?, e.shape(node, place));
        *operand =
            if e.count(input) == output.iter().product::<usize>() { input } else { e.broadcast(input, shape, output) };
    }
    let b = e.alike(both[1], both[0]);
    Ok((both[0], b))
}

pub fn binary(e: &mut Emitter, node: &Node, function: fn(&mut Graph, NodeId, NodeId) -> NodeId) -> Emitted {
    let (a, b) = operands(e, node)?;
    Ok(function(&mut e.graph, a, b))
}

/// A row to every row and a number to every channel are operators of their own.
pub fn add(e: &mut Emitter, node: &Node) -> Emitted {
    for (wide, narrow) in [(0, 1), (1, 0)] {
        if e.shape(node, wide) != e.output_shape(node) || e.shape(node, narrow) == e.output_shape(node) {
            continue;
        }
        let (to, from) = (e.shape(node, wide), e.shape(node, narrow));
        let (x, y) = (e.input(node, wide)?, e.input(node, narrow)?);
        let y = e.flat(y);
        if let Some(columns) = suffix(from, to) {
            let x = e.rows(x, columns);
            return Ok(e.graph.bias_add(x, y));
        }
        if let Some((channels, spatial)) = channels_of(from, to) {
            let x = e.flat(x);
            return Ok(e.graph.add_per_channel(x, y, channels as u32, spatial as u32));
        }
    }
    binary(e, node, Graph::add)
}

/// Channels and what is in each, where `from` has one number for each channel.
fn channels_of(from: &[usize], to: &[usize]) -> Option<(usize, usize)> {
    let trailing = from.iter().rev().take_while(|&&size| size == 1).count();
    let channels = suffix(&from[..from.len() - trailing], &to[..to.len().checked_sub(trailing)?])?;
    Some((channels, to[to.len() - trailing..].iter().product()))
}

pub fn sub(e: &mut Emitter, node: &Node) -> Emitted {
    let (a, b) = operands(e, node)?;
    Ok(e.minus(a, b))
}

/// The sum, the largest or the smallest of any number of tensors.
pub fn extreme(e: &mut Emitter, node: &Node, largest: bool) -> Emitted {
    let output = e.output_shape(node);
    let mut all: Option<NodeId> = None;
    for place in 0..node.inputs.len() {
        let (input, shape) = (e.input(node, place)?, e.shape(node, place));
        let next = e.broadcast(input, shape, output);
        all = Some(match all {
            Some(so_far) => larger(e, so_far, next, largest),
            None => next,
        });
    }
    all.ok_or("no inputs".into())
}

/// a where it is larger, or smaller, and b elsewhere: sums of both times 0 or 1.
fn larger(e: &mut Emitter, a: NodeId, b: NodeId, largest: bool) -> NodeId {
    let takes_a = if largest { e.graph.greater(a, b) } else { e.graph.greater(b, a) };
    let negative = e.graph.neg(takes_a);
    let takes_b = e.plus(negative, 1.0);
    let (a, b) = (e.graph.mul(a, takes_a), e.graph.mul(b, takes_b));
    e.graph.add(a, b)
}

pub fn sign(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    let zero = e.filled(0.0, x);
    let (above, below) = (e.graph.greater(x, zero), e.graph.greater(zero, x));
    Ok(e.minus(above, below))
}

pub fn swish(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    let alpha = node.real("alpha", 1.0);
    if alpha == 1.0 {
        return Ok(e.graph.silu(x));
    }
    let scaled = e.times(x, alpha);
    let sigmoid = e.graph.sigmoid(scaled);
    Ok(e.graph.mul(x, sigmoid))
}

/// Its own gelu is the tanh form, whose gradient it takes of another formula: so both forms are composed.
pub fn gelu(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    let step = if node.text("approximate", "none") == "tanh" {
        let square = e.graph.mul(x, x);
        let scaled = e.times(square, 0.044715);
        let factor = e.plus(scaled, 1.0);
        let product = e.graph.mul(x, factor);
        let inner = e.times(product, (2.0 / std::f64::consts::PI).sqrt());
        e.graph.tanh(inner)
    } else {
        let inner = e.times(x, std::f64::consts::FRAC_1_SQRT_2);
        crate::waves::erf_of(e, inner)
    };
    let (half, sum) = (e.times(x, 0.5), e.plus(step, 1.0));
    Ok(e.graph.mul(half, sum))
}

/// Powers with an exponent that is known: whole ones by multiplication.
pub fn pow(e: &mut Emitter, node: &Node) -> Emitted {
    let exponent = match e.known(e.required(node, 1)?) {
        Some(&[exponent]) => exponent,
        _ => return refuse("it has no power: only one with a known exponent is composed"),
    };
    let x = e.input(node, 0)?;
    if exponent == 0.5 {
        return Ok(crate::waves::root_of(e, x));
    }
    if exponent.fract() != 0.0 || exponent.abs() > 8.0 {
        return refuse("it has no power: only small whole exponents and 0.5 are composed");
    }
    let mut power = e.filled(1.0, x);
    for place in 0..exponent.abs() as usize {
        power = if place == 0 { x } else { e.graph.mul(power, x) };
    }
    Ok(if exponent < 0.0 { e.graph.recip(power) } else { power })
}

pub fn cast(e: &mut Emitter, node: &Node) -> Emitted {
    const FLOAT: i64 = 1;
    if node.int("to", 0) != FLOAT {
        return refuse("it computes in float32");
    }
    e.input(node, 0)
}
