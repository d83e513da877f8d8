//! Whole numbers near others, and what is no number.

use assay_runner::{Dtype, Node};
use luminal::op::Mod;

use crate::emitter::{Emitted, Emitter, Id, elements};

/// From here on all of float32 are whole; a sum with it rounds to the nearest, to even where two are equally near.
const WHOLE_BEYOND: f32 = 8_388_608.0;

pub fn unary(e: &mut Emitter, node: &Node) -> Emitted {
    let (x, n) = (e.input(node, 0), elements(e.shape(node, 0)));
    Ok(match node.op.as_str() {
        "Ceil" => {
            let whole = e.truncated(x, n);
            let missing = e.less(whole, x, n);
            e.add(whole, missing, n)
        }
        "Floor" => e.floor(x, n),
        "Round" => e.rounded(x, n),
        "IsInf" => e.is_infinite(x, node.flag("detect_negative", true), node.flag("detect_positive", true), n),
        "IsNaN" => {
            let (below, above) = e.beyond(x, n);
            e.mul(below, above, n)
        }
        other => return Err(format!("{other} rounds nothing")),
    })
}

/// With the sign of the dividend where `fmod` says so, else that of the divisor.
pub fn modulo(e: &mut Emitter, node: &Node) -> Emitted {
    let n = elements(e.output_shape(node));
    let (a, b) = (e.broadcast(node, 0)?, e.broadcast(node, 1)?);
    let rest = e.binary(Mod, a, b, n);
    if node.flag("fmod", false) {
        return Ok(rest);
    }
    let sum = e.add(rest, b, n);
    Ok(e.binary(Mod, sum, b, n))
}

/// Whole numbers to whole powers: x to the power of each binary digit of y, multiplied. Products of whole numbers are exact in float32 up to
/// 2^24, which any but 0, 1 and -1 passes at the 25th power.
pub fn whole_power(e: &mut Emitter, node: &Node) -> Emitted {
    const DIGITS: u32 = 6;
    let n = elements(e.output_shape(node));
    let (x, mut y) = (e.broadcast(node, 0)?, e.broadcast(node, 1)?);
    if e.graph.value(node.input(1).expect("an exponent")).dtype == Dtype::F32 {
        y = e.truncated(y, n);
    }
    let two = e.filled(2.0, n);
    let (mut power, mut square) = (e.filled(1.0, n), x);
    let one = power;
    for _ in 0..DIGITS {
        let odd = e.binary(Mod, y, two, n);
        let factor = e.select(odd, square, one, n);
        power = e.mul(power, factor, n);
        square = e.mul(square, square, n);
        let rest = e.sub(y, odd, n);
        y = e.scale(rest, 0.5, n);
    }
    Ok(power)
}

impl Emitter<'_> {
    /// Towards zero.
    pub fn truncated(&mut self, x: Id, n: usize) -> Id {
        let ones = self.filled(1.0, n);
        let rest = self.binary(Mod, x, ones, n);
        self.sub(x, rest, n)
    }

    pub fn floor(&mut self, x: Id, n: usize) -> Id {
        let whole = self.truncated(x, n);
        let excess = self.less(x, whole, n);
        self.sub(whole, excess, n)
    }

    pub fn rounded(&mut self, x: Id, n: usize) -> Id {
        let (magnitude, sign) = (self.abs(x, n), self.sign(x, n));
        let raised = self.offset(magnitude, WHOLE_BEYOND, n);
        let whole = self.offset(raised, -WHOLE_BEYOND, n);
        let is_small = self.less_than(magnitude, WHOLE_BEYOND, n);
        let kept = self.select(is_small, whole, magnitude, n);
        self.mul(kept, sign, n)
    }

    /// 1 where x is not above minus infinity, and where it is not below infinity: neither is so of what is no number.
    fn beyond(&mut self, x: Id, n: usize) -> (Id, Id) {
        let (above, below) = (self.greater_than(x, f32::NEG_INFINITY, n), self.less_than(x, f32::INFINITY, n));
        (self.complement(above, n), self.complement(below, n))
    }

    fn is_infinite(&mut self, x: Id, negative: bool, positive: bool, n: usize) -> Id {
        let (below, above) = self.beyond(x, n);
        let both = self.mul(below, above, n);
        let one = |e: &mut Self, is: Id, wanted: bool| if wanted { e.sub(is, both, n) } else { e.filled(0.0, n) };
        let (below, above) = (one(self, below, negative), one(self, above, positive));
        self.add(below, above, n)
    }
}
