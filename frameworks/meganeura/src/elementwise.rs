//! Operators that work on each element by itself, or on pairs of them.

use assay_runner::{Dtype, Node};
use meganeura::{Graph, NodeId};

use crate::emitter::{Emitted, Emitter};
use crate::indexing::suffix;

/// One of the framework's functions of one tensor.
pub fn unary(e: &mut Emitter, node: &Node, function: fn(&mut Graph, NodeId) -> NodeId) -> Emitted {
    let x = e.input(node, 0)?;
    Ok(function(&mut e.graph, x))
}

impl Emitter<'_> {
    /// Both inputs repeated to the output's shape, the second in the form of the first.
    pub fn operands(&mut self, node: &Node) -> Result<(NodeId, NodeId), String> {
        let output = self.output_shape(node);
        let mut both = [0; 2];
        for (place, operand) in both.iter_mut().enumerate() {
            let (input, shape) = (self.input(node, place)?, self.shape(node, place));
            let is_whole = self.count(input) == output.iter().product::<usize>();
            *operand = if is_whole { input } else { self.broadcast(input, shape, output) };
        }
        let b = self.alike(both[1], both[0]);
        Ok((both[0], b))
    }

    /// a where it is larger, or smaller, and b elsewhere: sums of both times 0 or 1.
    pub fn larger(&mut self, a: NodeId, b: NodeId, largest: bool) -> NodeId {
        let takes_a = if largest { self.graph.greater(a, b) } else { self.graph.greater(b, a) };
        self.select(takes_a, a, b)
    }

    pub fn sign(&mut self, x: NodeId) -> NodeId {
        let (above, below) = (self.above(x, 0.0), self.below(x, 0.0));
        self.minus(above, below)
    }
}

pub fn binary(e: &mut Emitter, node: &Node, function: fn(&mut Graph, NodeId, NodeId) -> NodeId) -> Emitted {
    let (a, b) = e.operands(node)?;
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
    let (a, b) = e.operands(node)?;
    let a = e.apart(a);
    Ok(e.minus(a, b))
}

/// Div, of whole numbers towards zero.
pub fn div(e: &mut Emitter, node: &Node) -> Emitted {
    let quotient = binary(e, node, Graph::div)?;
    let is_whole = e.value(e.required(node, 0)?).dtype != Dtype::F32;
    Ok(if is_whole { e.truncated(quotient) } else { quotient })
}

/// Max, Min, Sum and Mean of any number of tensors.
pub fn of_many(e: &mut Emitter, node: &Node) -> Emitted {
    let (output, chooses) = (e.output_shape(node), matches!(node.op.as_str(), "Max" | "Min"));
    let mut all: Option<NodeId> = None;
    for place in 0..node.inputs.len() {
        let next = if chooses { e.finite(node, place)? } else { e.input(node, place)? };
        let next = e.broadcast(next, e.shape(node, place), output);
        all = Some(match (all, node.op.as_str()) {
            (None, _) => next,
            (Some(so_far), "Max") => e.larger(so_far, next, true),
            (Some(so_far), "Min") => e.larger(so_far, next, false),
            (Some(so_far), _) => e.graph.add(so_far, next),
        });
    }
    let all = all.ok_or("no inputs")?;
    Ok(if node.op == "Mean" { e.times(all, 1.0 / node.inputs.len() as f64) } else { all })
}

pub fn sign(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    Ok(e.sign(x))
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

/// Powers with an exponent that is known: small whole ones by multiplication. Others are exp(y log |x|), negative where x is and y is odd.
pub fn pow(e: &mut Emitter, node: &Node) -> Emitted {
    if e.value(e.required(node, 0)?).dtype != Dtype::F32 {
        return crate::rounding::whole_power(e, node);
    }
    let exponent = match e.known(e.required(node, 1)?) {
        Some(&[exponent]) => exponent,
        _ => return power(e, node),
    };
    let x = e.input(node, 0)?;
    if exponent == 0.5 {
        return Ok(crate::waves::root_of(e, x));
    }
    if exponent.fract() != 0.0 || exponent.abs() > 8.0 {
        return power(e, node);
    }
    let mut power = e.filled(1.0, x);
    for place in 0..exponent.abs() as usize {
        power = if place == 0 { x } else { e.graph.mul(power, x) };
    }
    Ok(if exponent < 0.0 { e.graph.recip(power) } else { power })
}

fn power(e: &mut Emitter, node: &Node) -> Emitted {
    let (x, y) = e.operands(node)?;
    let magnitude = e.graph.abs(x);
    let log = e.graph.log(magnitude);
    let scaled = e.graph.mul(log, y);
    let power = e.graph.exp(scaled);
    let half = e.times(y, 0.5);
    let (whole, nearest) = (e.floor(half), e.rounded(y));
    let even = e.times(whole, 2.0);
    let odd = e.minus(nearest, even);
    let odd = e.graph.stop_gradient(odd);
    let negative = e.below(x, 0.0);
    let flips = e.graph.mul(odd, negative);
    let flips = e.times(flips, -2.0);
    let sign = e.plus(flips, 1.0);
    Ok(e.graph.mul(power, sign))
}
