//! Activations, composed of what is above zero and what is below.

use assay_runner::Node;
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter, refuse};

pub fn activation(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    let real = |name: &str, otherwise: f64| node.real(name, otherwise);
    Ok(match node.op.as_str() {
        "Celu" => {
            let alpha = real("alpha", 1.0);
            e.exponential_below(x, [alpha, 1.0 / alpha, 1.0])
        }
        "Elu" => e.exponential_below(x, [real("alpha", 1.0), 1.0, 1.0]),
        "HardSigmoid" => e.hard_sigmoid(x, real("alpha", 0.2), real("beta", 0.5)),
        "HardSwish" => {
            let gate = e.hard_sigmoid(x, 1.0 / 6.0, 0.5);
            e.graph.mul(x, gate)
        }
        "LeakyRelu" => {
            let below = e.negative_part(x);
            let scaled = e.times(below, real("alpha", 0.01));
            e.with_relu(x, scaled)
        }
        "Mish" => {
            let soft = e.graph.softplus(x, 1.0);
            let gate = e.graph.tanh(soft);
            e.graph.mul(x, gate)
        }
        "PRelu" => {
            let slope = e.input(node, 1)?;
            let slope = e.broadcast(slope, e.shape(node, 1), e.output_shape(node));
            let below = e.negative_part(x);
            let slope = e.alike(slope, below);
            let scaled = e.graph.mul(below, slope);
            e.with_relu(x, scaled)
        }
        "Selu" => {
            let gamma = real("gamma", 1.050_700_987_355_480_5);
            e.exponential_below(x, [gamma * real("alpha", 1.673_263_242_354_377_2), 1.0, gamma])
        }
        "Shrink" => e.shrink(x, real("bias", 0.0), real("lambd", 0.5)),
        "Softplus" => e.graph.softplus(x, 1.0),
        "Softsign" => {
            let magnitude = e.graph.abs(x);
            let sum = e.plus(magnitude, 1.0);
            e.graph.div(x, sum)
        }
        "ThresholdedRelu" => {
            let above = e.above(x, real("alpha", 1.0));
            e.graph.mul(x, above)
        }
        other => return refuse(format!("{other} is no activation")),
    })
}

impl Emitter<'_> {
    /// x where it is below zero, else 0.
    fn negative_part(&mut self, x: NodeId) -> NodeId {
        let negative = self.below(x, 0.0);
        self.graph.mul(x, negative)
    }

    fn with_relu(&mut self, x: NodeId, below: NodeId) -> NodeId {
        let above = self.graph.relu(x);
        self.graph.add(above, below)
    }

    /// above * x over zero, outer * (exp(inner * x) - 1) below.
    fn exponential_below(&mut self, x: NodeId, [outer, inner, above]: [f64; 3]) -> NodeId {
        let below = self.negative_part(x);
        let scaled = self.times(below, inner);
        let power = self.graph.exp(scaled);
        let bent = self.plus(power, -1.0);
        let bent = self.times(bent, outer);
        let straight = self.graph.relu(x);
        let straight = self.times(straight, above);
        self.graph.add(straight, bent)
    }

    /// Between 0 and 1: alpha * x + beta.
    fn hard_sigmoid(&mut self, x: NodeId, alpha: f64, beta: f64) -> NodeId {
        let scaled = self.times(x, alpha);
        let line = self.plus(scaled, beta);
        let above = self.graph.relu(line);
        let rest = self.complement(above);
        let rest = self.graph.relu(rest);
        self.complement(rest)
    }

    fn shrink(&mut self, x: NodeId, bias: f64, limit: f64) -> NodeId {
        let (below, above) = (self.below(x, -limit), self.above(x, limit));
        let (raised, lowered) = (self.plus(x, bias), self.plus(x, -bias));
        let (below, above) = (self.graph.mul(raised, below), self.graph.mul(lowered, above));
        self.graph.add(below, above)
    }
}
