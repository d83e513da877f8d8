//! Whole numbers near others. No gradient comes through them.

use assay_runner::{Dtype, Node};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter, refuse};

/// From here on all of float32 are whole; a sum with it rounds to the nearest, to even where two are equally near.
const WHOLE_BEYOND: f64 = 8_388_608.0;

pub fn unary(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    Ok(match node.op.as_str() {
        "Ceil" => {
            let whole = e.truncated(x);
            let missing = e.graph.greater(x, whole);
            e.graph.add(whole, missing)
        }
        "Floor" => e.floor(x),
        "Round" => e.rounded(x),
        other => return refuse(format!("{other} rounds nothing")),
    })
}

/// With the sign of the dividend where `fmod` says so, else that of the divisor.
pub fn modulo(e: &mut Emitter, node: &Node) -> Emitted {
    let (a, b) = e.operands(node)?;
    let quotient = e.graph.div(a, b);
    let whole = if node.flag("fmod", false) { e.truncated(quotient) } else { e.floor(quotient) };
    let taken = e.graph.mul(whole, b);
    Ok(e.minus(a, taken))
}

/// Whole numbers to whole powers: x to the power of each binary digit of y, multiplied. Products of whole numbers are exact in float32 up to
/// 2^24, which any but 0, 1 and -1 passes at the 25th power.
pub fn whole_power(e: &mut Emitter, node: &Node) -> Emitted {
    const DIGITS: u32 = 5;
    let (x, mut y) = e.operands(node)?;
    if e.value(e.required(node, 1)?).dtype == Dtype::F32 {
        y = e.truncated(y);
    }
    let (mut power, mut square) = (e.filled(1.0, x), x);
    for _ in 0..DIGITS {
        let half = e.times(y, 0.5);
        let half = e.floor(half);
        let even = e.times(half, 2.0);
        let odd = e.minus(y, even);
        let one = e.filled(1.0, x);
        let factor = e.select(odd, square, one);
        power = e.graph.mul(power, factor);
        square = e.graph.mul(square, square);
        y = half;
    }
    Ok(power)
}

impl Emitter<'_> {
    pub fn floor(&mut self, x: NodeId) -> NodeId {
        let whole = self.truncated(x);
        let excess = self.graph.greater(whole, x);
        self.minus(whole, excess)
    }

    /// The magnitude, rounded, and the sign.
    fn whole_magnitude(&mut self, x: NodeId) -> (NodeId, NodeId, NodeId) {
        let x = self.graph.stop_gradient(x);
        let magnitude = self.graph.abs(x);
        let raised = self.plus(magnitude, WHOLE_BEYOND);
        let whole = self.plus(raised, -WHOLE_BEYOND);
        let is_small = self.below(magnitude, WHOLE_BEYOND);
        let whole = self.select(is_small, whole, magnitude);
        (magnitude, whole, self.sign(x))
    }

    pub fn rounded(&mut self, x: NodeId) -> NodeId {
        let (_, whole, sign) = self.whole_magnitude(x);
        self.graph.mul(whole, sign)
    }

    /// Towards zero.
    pub fn truncated(&mut self, x: NodeId) -> NodeId {
        let (magnitude, whole, sign) = self.whole_magnitude(x);
        let excess = self.graph.greater(whole, magnitude);
        let whole = self.minus(whole, excess);
        self.graph.mul(whole, sign)
    }
}
