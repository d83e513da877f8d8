//! Elementwise operators, composed of Luminal's five unary and four binary ones.

use std::f32::consts::{FRAC_1_SQRT_2, FRAC_PI_2, LN_2, LOG2_E};

use assay_runner::{Dtype, Node};
use luminal::op::{Add, Mod, Sin};

use crate::emitter::{Emitted, Emitter, Id, elements, matrix, tracker};
use crate::movement::MOST_ROWS;
use crate::rounding;

/// erfc(z) = t exp(-z² + Σ c[k] t^k), t = 1 / (1 + z / 2), z >= 0: relative error below 1.2e-7 (Press et al., Numerical Recipes, erfcc).
const ERFC: [f32; 10] = [
    -1.265_512_2,
    1.000_023_7,
    0.374_091_96,
    0.096_784_18,
    -0.186_288_06,
    0.278_868_07,
    -1.135_204,
    1.488_515_9,
    -0.822_152_23,
    0.170_872_77,
];

/// Inputs and output have as many elements.
pub fn unary(e: &mut Emitter, node: &Node) -> Emitted {
    let (x, n) = (e.input(node, 0), elements(e.shape(node, 0)));
    Ok(match node.op.as_str() {
        "Abs" => e.abs(x, n),
        "Cos" => e.cos(x, n),
        "Erf" => e.erf(x, n),
        "Exp" => e.exp(x, n),
        "Gelu" if node.text("approximate", "none") == "tanh" => e.gelu_tanh(x, n),
        "Gelu" => e.gelu(x, n),
        "Log" => e.ln(x, n),
        "Neg" => e.scale(x, -1.0, n),
        "Not" => e.complement(x, n),
        "Reciprocal" => e.recip(x, n),
        "Relu" => e.relu(x, n),
        "Sigmoid" => e.sigmoid(x, 1.0, n),
        "Sign" => e.sign(x, n),
        "Sin" => e.unary(Sin, x, n),
        "Sqrt" => e.sqrt(x, n),
        "Swish" => {
            let gate = e.sigmoid(x, node.real("alpha", 1.0) as f32, n);
            e.mul(x, gate, n)
        }
        "Tanh" => e.tanh(x, n),
        other => return Err(format!("{other} is no unary operator")),
    })
}

/// Operands are broadcast.
pub fn binary(e: &mut Emitter, node: &Node) -> Emitted {
    let n = elements(e.output_shape(node));
    if node.op == "Mul" {
        for (scalar, other) in [(1, 0), (0, 1)] {
            if elements(e.shape(node, scalar)) == 1 && elements(e.shape(node, other)) == n {
                let (a, factor) = (e.input(node, other), e.input(node, scalar));
                return Ok(e.scale_by(a, factor, n));
            }
        }
    }
    let (a, b) = (e.broadcast(node, 0)?, e.broadcast(node, 1)?);
    Ok(match node.op.as_str() {
        "Add" => e.add(a, b, n),
        "And" | "Mul" => e.mul(a, b, n),
        "Div" if e.graph.value(node.input(0).expect("a dividend")).dtype != Dtype::F32 => {
            // Towards zero: what is left over goes before.
            let rest = e.binary(Mod, a, b, n);
            let (whole, inverse) = (e.sub(a, rest, n), e.recip(b, n));
            let quotient = e.mul(whole, inverse, n);
            e.rounded(quotient, n)
        }
        "Div" => {
            let inverse = e.recip(b, n);
            e.mul(a, inverse, n)
        }
        "Equal" => {
            let differ = e.differ(a, b, n);
            e.complement(differ, n)
        }
        "Greater" => e.less(b, a, n),
        "GreaterOrEqual" => {
            let less = e.less(a, b, n);
            e.complement(less, n)
        }
        "Less" => e.less(a, b, n),
        "LessOrEqual" => {
            let greater = e.less(b, a, n);
            e.complement(greater, n)
        }
        "Or" => {
            let sum = e.add(a, b, n);
            e.greater_than(sum, 0.0, n)
        }
        "Pow" if e.graph.value(node.input(0).expect("a base")).dtype != Dtype::F32 => {
            return rounding::whole_power(e, node);
        }
        "Pow" => e.pow(node, a, b, n),
        "Sub" => e.sub(a, b, n),
        "Xor" => e.differ(a, b, n),
        other => return Err(format!("{other} is no binary operator")),
    })
}

/// Max, Min, Sum and Mean of any number of operands.
pub fn of_many(e: &mut Emitter, node: &Node) -> Emitted {
    let (n, count) = (elements(e.output_shape(node)), node.inputs.len());
    let mut result = e.broadcast(node, 0)?;
    for place in 1..count {
        let other = e.broadcast(node, place)?;
        result = match node.op.as_str() {
            "Max" => e.larger(result, other, n),
            "Min" => e.smaller(result, other, n),
            _ => e.add(result, other, n),
        };
    }
    Ok(if node.op == "Mean" { e.scale(result, 1.0 / count as f32, n) } else { result })
}

/// Bounds that are not given bound nothing.
pub fn clip(e: &mut Emitter, node: &Node) -> Emitted {
    let n = elements(e.output_shape(node));
    let mut x = e.input(node, 0);
    if node.input(1).is_some() {
        let least = e.broadcast(node, 1)?;
        x = e.larger(x, least, n);
    }
    if node.input(2).is_some() {
        let most = e.broadcast(node, 2)?;
        x = e.smaller(x, most, n);
    }
    Ok(x)
}

pub fn choose(e: &mut Emitter, node: &Node) -> Emitted {
    let n = elements(e.output_shape(node));
    let condition = e.broadcast(node, 0)?;
    if e.fill(node, 2) == Some(0.0) {
        let chosen = e.broadcast(node, 1)?;
        return Ok(e.mul(condition, chosen, n));
    }
    let (yes, no) = (e.broadcast(node, 1)?, e.broadcast(node, 2)?);
    Ok(e.select(condition, yes, no, n))
}

impl Emitter<'_> {
    /// An input as large as the output.
    pub fn broadcast(&mut self, node: &Node, place: usize) -> Emitted {
        let (from, to) = (self.shape(node, place), self.output_shape(node));
        let source = self.input(node, place);
        self.expand(source, from, to)
    }

    /// The greater one of x and the bound. Of Luminal's maximum, a sum of products, infinities would make no numbers; this is the greatest
    /// element of pairs.
    pub fn at_least(&mut self, x: Id, bound: f32, n: usize) -> Id {
        let mut first = tracker(&[n, 1]);
        first.pad(&[(0.into(), 0.into()), (0.into(), 1.into())]);
        let bounds = self.constant([0.0, bound].repeat(n));
        let pairs = self.apply(Box::new(Add), &[(x, first), (bounds, tracker(&[n, 2]))]);
        self.greatest(pairs, &[n, 2], &[1])
    }

    /// 1 - x
    pub fn complement(&mut self, x: Id, n: usize) -> Id {
        let minus = self.scale(x, -1.0, n);
        self.offset(minus, 1.0, n)
    }

    pub fn differ(&mut self, a: Id, b: Id, n: usize) -> Id {
        let (less, greater) = (self.less(a, b, n), self.less(b, a, n));
        self.add(less, greater, n)
    }

    /// yes where the condition is 1, no where it is 0: rows of both, one behind the other. Their products with the condition would make no
    /// number of an infinity that is not taken.
    pub fn select(&mut self, condition: Id, yes: Id, no: Id, n: usize) -> Id {
        if 2 * n > MOST_ROWS {
            return self.weighed(condition, yes, no, n);
        }
        let behind = |place: usize| {
            let mut view = tracker(&[n]);
            view.pad(&[((place * n).into(), (n - place * n).into())]);
            view
        };
        let both = self.apply(Box::new(Add), &[(yes, behind(0)), (no, behind(1))]);
        let rows = self.constant((n..2 * n).map(|row| row as f32).collect());
        let back = self.scale(condition, n as f32, n);
        let rows = self.sub(rows, back, n);
        self.gather_by(both, 2 * n, rows, n, 1)
    }

    fn weighed(&mut self, condition: Id, yes: Id, no: Id, n: usize) -> Id {
        let otherwise = self.complement(condition, n);
        let (yes, no) = (self.mul(condition, yes, n), self.mul(otherwise, no, n));
        self.add(yes, no, n)
    }

    pub fn larger(&mut self, a: Id, b: Id, n: usize) -> Id {
        let less = self.less(a, b, n);
        self.select(less, b, a, n)
    }

    pub fn smaller(&mut self, a: Id, b: Id, n: usize) -> Id {
        let less = self.less(a, b, n);
        self.select(less, a, b, n)
    }

    pub fn sign(&mut self, x: Id, n: usize) -> Id {
        let (positive, negative) = (self.greater_than(x, 0.0, n), self.less_than(x, 0.0, n));
        self.sub(positive, negative, n)
    }

    pub fn abs(&mut self, x: Id, n: usize) -> Id {
        let sign = self.sign(x, n);
        self.mul(x, sign, n)
    }

    /// Of x in one product less, where squares neither overflow nor vanish in a way that matters.
    fn magnitude(&mut self, x: Id, n: usize) -> (Id, Id) {
        let square = self.mul(x, x, n);
        (square, self.sqrt(square, n))
    }

    pub fn relu(&mut self, x: Id, n: usize) -> Id {
        let positive = self.greater_than(x, 0.0, n);
        self.mul(x, positive, n)
    }

    pub fn ln(&mut self, x: Id, n: usize) -> Id {
        let log2 = self.log2(x, n);
        self.scale(log2, LN_2, n)
    }

    fn cos(&mut self, x: Id, n: usize) -> Id {
        let minus = self.scale(x, -1.0, n);
        let turned = self.offset(minus, FRAC_PI_2, n);
        self.unary(Sin, turned, n)
    }

    /// 1 / (1 + exp(-alpha x))
    pub fn sigmoid(&mut self, x: Id, alpha: f32, n: usize) -> Id {
        let scaled = self.scale(x, -alpha * LOG2_E, n);
        let power = self.exp2(scaled, n);
        let sum = self.offset(power, 1.0, n);
        self.recip(sum, n)
    }

    pub fn tanh(&mut self, x: Id, n: usize) -> Id {
        let half = self.sigmoid(x, 2.0, n);
        let double = self.scale(half, 2.0, n);
        self.offset(double, -1.0, n)
    }

    /// |x|^y, negative where x is and y is odd.
    fn pow(&mut self, node: &Node, x: Id, y: Id, n: usize) -> Id {
        match self.fill(node, 1) {
            Some(2.0) => return self.mul(x, x, n),
            Some(0.5) => return self.sqrt(x, n),
            _ => (),
        }
        let magnitude = self.abs(x, n);
        let log = self.log2(magnitude, n);
        let scaled = self.mul(log, y, n);
        let power = self.exp2(scaled, n);
        let two = self.filled(2.0, n);
        let odd = self.binary(Mod, y, two, n);
        let (square, negative) = (self.mul(odd, odd, n), self.less_than(x, 0.0, n));
        let flips = self.mul(square, negative, n);
        let twice = self.scale(flips, -2.0, n);
        let sign = self.offset(twice, 1.0, n);
        self.mul(power, sign, n)
    }

    /// Of the square roots z of `square`. The polynomial is a product with the powers of t, and those are powers of 2.
    fn erfc(&mut self, square: Id, z: Id, n: usize) -> Id {
        let half = self.scale(z, 0.5, n);
        let sum = self.offset(half, 1.0, n);
        let t = self.recip(sum, n);
        let log = self.log2(t, n);
        let terms = ERFC.len();
        let exponents = self.constant((0..terms).map(|k| k as f32).collect());
        let logs = self.outer(log, n, exponents, terms);
        let powers = self.exp2(logs, n * terms);
        let factors = self.constant(ERFC.iter().map(|c| c * LOG2_E).collect());
        let polynomial = self.product(matrix(powers, n, terms), matrix(factors, terms, 1));
        let minus = self.scale(square, -LOG2_E, n);
        let exponent = self.add(polynomial, minus, n);
        let power = self.exp2(exponent, n);
        self.mul(t, power, n)
    }

    fn erf(&mut self, x: Id, n: usize) -> Id {
        let (square, z) = self.magnitude(x, n);
        let rest = self.erfc(square, z, n);
        let size = self.complement(rest, n);
        let sign = self.sign(x, n);
        self.mul(sign, size, n)
    }

    /// x / 2 + |x| (1 - erfc(|x| / √2)) / 2
    fn gelu(&mut self, x: Id, n: usize) -> Id {
        let scaled = self.scale(x, FRAC_1_SQRT_2, n);
        let (square, z) = self.magnitude(scaled, n);
        let rest = self.erfc(square, z, n);
        let minus = self.scale(rest, -FRAC_1_SQRT_2, n);
        let erf = self.offset(minus, FRAC_1_SQRT_2, n);
        let even = self.mul(z, erf, n);
        let odd = self.scale(x, 0.5, n);
        self.add(odd, even, n)
    }

    /// x sigmoid(2 √(2/π) (x + 0.044715 x³))
    fn gelu_tanh(&mut self, x: Id, n: usize) -> Id {
        let square = self.mul(x, x, n);
        let scaled = self.scale(square, 0.044_715, n);
        let sum = self.offset(scaled, 1.0, n);
        let inner = self.mul(x, sum, n);
        let gate = self.sigmoid(inner, 2.0 * (2.0 / std::f32::consts::PI).sqrt(), n);
        self.mul(x, gate, n)
    }
}
