//! Activations, composed of what is above zero and what is below.

use std::f32::consts::LN_2;

use assay_runner::Node;

use crate::emitter::{Emitted, Emitter, Id, elements};

pub fn activation(e: &mut Emitter, node: &Node) -> Emitted {
    let (x, n) = (e.input(node, 0), elements(e.shape(node, 0)));
    let real = |name: &str, otherwise: f64| node.real(name, otherwise) as f32;
    Ok(match node.op.as_str() {
        "Celu" => {
            let alpha = real("alpha", 1.0);
            e.exponential_below(x, [alpha, 1.0 / alpha, 1.0], n)
        }
        "Elu" => e.exponential_below(x, [real("alpha", 1.0), 1.0, 1.0], n),
        "HardSigmoid" => e.hard_sigmoid(x, real("alpha", 0.2), real("beta", 0.5), n),
        "HardSwish" => {
            let gate = e.hard_sigmoid(x, 1.0 / 6.0, 0.5, n);
            e.mul(x, gate, n)
        }
        "LeakyRelu" => {
            let below = e.below(x, n);
            let scaled = e.scale(below, real("alpha", 0.01), n);
            e.with_relu(x, scaled, n)
        }
        "Mish" => {
            let soft = e.softplus(x, n);
            let gate = e.tanh(soft, n);
            e.mul(x, gate, n)
        }
        "PRelu" => {
            let (below, slope) = (e.below(x, n), e.broadcast(node, 1)?);
            let scaled = e.mul(below, slope, n);
            e.with_relu(x, scaled, n)
        }
        "Selu" => {
            let gamma = real("gamma", 1.050_701);
            e.exponential_below(x, [gamma * real("alpha", 1.673_263_2), 1.0, gamma], n)
        }
        "Shrink" => e.shrink(x, real("bias", 0.0), real("lambd", 0.5), n),
        "Softplus" => e.softplus(x, n),
        "Softsign" => {
            let magnitude = e.abs(x, n);
            let sum = e.offset(magnitude, 1.0, n);
            let inverse = e.recip(sum, n);
            e.mul(x, inverse, n)
        }
        "ThresholdedRelu" => {
            let above = e.greater_than(x, real("alpha", 1.0), n);
            e.mul(x, above, n)
        }
        other => return Err(format!("{other} is no activation")),
    })
}

impl Emitter<'_> {
    /// What of x is below zero, else 0.
    fn below(&mut self, x: Id, n: usize) -> Id {
        let negative = self.less_than(x, 0.0, n);
        self.mul(x, negative, n)
    }

    fn with_relu(&mut self, x: Id, below: Id, n: usize) -> Id {
        let above = self.relu(x, n);
        self.add(above, below, n)
    }

    /// above * x over zero, outer * (exp(inner * x) - 1) below.
    fn exponential_below(&mut self, x: Id, [outer, inner, above]: [f32; 3], n: usize) -> Id {
        let below = self.below(x, n);
        let scaled = self.scale(below, inner, n);
        let power = self.exp(scaled, n);
        let minus = self.offset(power, -1.0, n);
        let bent = self.scale(minus, outer, n);
        let straight = self.relu(x, n);
        let straight = self.scale(straight, above, n);
        self.add(straight, bent, n)
    }

    /// Between 0 and 1: alpha * x + beta.
    fn hard_sigmoid(&mut self, x: Id, alpha: f32, beta: f32, n: usize) -> Id {
        let scaled = self.scale(x, alpha, n);
        let line = self.offset(scaled, beta, n);
        let above = self.relu(line, n);
        let rest = self.complement(above, n);
        let rest = self.relu(rest, n);
        self.complement(rest, n)
    }

    /// relu(x) + log(1 + exp(-|x|))
    fn softplus(&mut self, x: Id, n: usize) -> Id {
        let magnitude = self.abs(x, n);
        let minus = self.scale(magnitude, -1.0, n);
        let power = self.exp(minus, n);
        let sum = self.offset(power, 1.0, n);
        let log = self.log2(sum, n);
        let log = self.scale(log, LN_2, n);
        self.with_relu(x, log, n)
    }

    fn shrink(&mut self, x: Id, bias: f32, limit: f32, n: usize) -> Id {
        let (below, above) = (self.less_than(x, -limit, n), self.greater_than(x, limit, n));
        let (raised, lowered) = (self.offset(x, bias, n), self.offset(x, -bias, n));
        let (below, above) = (self.mul(raised, below, n), self.mul(lowered, above, n));
        self.add(below, above, n)
    }
}
