//! Comparisons and logic: of 1 and 0, which its one comparison leaves.

use assay_runner::{Dtype, Node};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter, refuse};

/// Operands are broadcast.
pub fn binary(e: &mut Emitter, node: &Node) -> Emitted {
    let (a, b) = e.operands(node)?;
    Ok(match node.op.as_str() {
        "And" => e.graph.mul(a, b),
        "Or" => {
            let sum = e.graph.add(a, b);
            e.above(sum, 0.5)
        }
        "Xor" => e.differ(a, b),
        "Equal" => e.equal(a, b),
        "Greater" => e.graph.greater(a, b),
        "Less" => e.graph.greater(b, a),
        "GreaterOrEqual" => {
            let less = e.graph.greater(b, a);
            e.complement(less)
        }
        "LessOrEqual" => {
            let greater = e.graph.greater(a, b);
            e.complement(greater)
        }
        other => return refuse(format!("{other} compares nothing")),
    })
}

/// Not, IsNaN and IsInf.
pub fn unary(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    let most = f64::from(f32::MAX);
    let counted = |flag: &str| f64::from(u8::from(node.flag(flag, true)));
    Ok(match node.op.as_str() {
        "Not" => e.complement(x),
        // Whatever is a number is above 0 or below 1.
        "IsNaN" => {
            let (above, below) = (e.above(x, 0.0), e.below(x, 1.0));
            let either = e.graph.add(above, below);
            e.below(either, 0.5)
        }
        "IsInf" => {
            let (above, below) = (e.above(x, most), e.below(x, -most));
            let (above, below) =
                (e.times(above, counted("detect_positive")), e.times(below, counted("detect_negative")));
            e.graph.add(above, below)
        }
        other => return refuse(format!("{other} compares nothing")),
    })
}

pub fn choose(e: &mut Emitter, node: &Node) -> Emitted {
    let output = e.output_shape(node);
    let mut all = [0; 3];
    for (place, operand) in all.iter_mut().enumerate() {
        let x = e.finite(node, place)?;
        *operand = e.broadcast(x, e.shape(node, place), output);
    }
    let [condition, yes, no] = all;
    Ok(e.select(condition, yes, no))
}

/// Bounds that are not given bound nothing.
pub fn clip(e: &mut Emitter, node: &Node) -> Emitted {
    let output = e.output_shape(node);
    let x = e.finite(node, 0)?;
    let mut x = e.flat(x);
    for (place, largest) in [(1, true), (2, false)] {
        if node.input(place).is_some() {
            let bound = e.finite(node, place)?;
            let bound = e.broadcast(bound, e.shape(node, place), output);
            x = e.larger(x, bound, largest);
        }
    }
    Ok(x)
}

pub fn cast(e: &mut Emitter, node: &Node) -> Emitted {
    let dtype = |id: Option<usize>| id.map(|id| e.value(id).dtype);
    let (from, to) = (dtype(node.input(0)), dtype(node.output(0)));
    let x = e.input(node, 0)?;
    Ok(match (from, to) {
        (Some(Dtype::F32), Some(Dtype::I64 | Dtype::I32)) => e.truncated(x),
        (Some(Dtype::BOOL), _) => x,
        (_, Some(Dtype::BOOL)) => {
            let zero = e.filled(0.0, x);
            e.differ(x, zero)
        }
        _ => x,
    })
}

impl Emitter<'_> {
    /// An input of what chooses. Infinities that are known are the greatest numbers instead: what is not taken is multiplied with 0.
    pub fn finite(&mut self, node: &Node, place: usize) -> Emitted {
        let id = self.required(node, place)?;
        match self.known(id).filter(|floats| floats.iter().any(|x| x.is_infinite())) {
            Some(floats) => {
                let finite = floats.iter().map(|x| x.clamp(f32::MIN, f32::MAX)).collect();
                Ok(self.graph.constant(finite, &[floats.len()]))
            }
            None => self.node(id),
        }
    }

    pub fn differ(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let (above, below) = (self.graph.greater(a, b), self.graph.greater(b, a));
        self.graph.add(above, below)
    }

    pub fn equal(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let differ = self.differ(a, b);
        self.complement(differ)
    }
}
