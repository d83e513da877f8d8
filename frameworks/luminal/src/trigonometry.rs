//! Trigonometric and hyperbolic functions, of Luminal's one sine, its powers and roots. Its own cosine is the sine of a rounded angle, so the
//! tangent takes a quarter turn in two parts.

use std::f32::consts::{FRAC_PI_2, LN_2};

use assay_runner::Node;
use luminal::op::Sin;

use crate::emitter::{Emitted, Emitter, Id, elements};

/// What float32 lacks of a quarter turn.
const REST_OF_QUARTER: f32 = -4.371_139e-8;
/// The arc tangent of a greater number is a quarter turn.
const QUARTER_BEYOND: f32 = 1e9;
/// (atan(z) - z) / z³ in powers of z², for |z| below tan(π/8): Cephes' atanf.
const ATAN: [f32; 4] = [-0.333_329_5, 0.199_777_1, -0.138_776_86, 0.080_537_45];

pub fn unary(e: &mut Emitter, node: &Node) -> Emitted {
    let (x, n) = (e.input(node, 0), elements(e.shape(node, 0)));
    Ok(match node.op.as_str() {
        "Acos" => {
            let angle = e.arc_sine(x, n);
            let minus = e.scale(angle, -1.0, n);
            e.offset(minus, FRAC_PI_2, n)
        }
        "Acosh" => {
            let (less, more) = (e.offset(x, -1.0, n), e.offset(x, 1.0, n));
            e.log_with_root(x, less, more, n)
        }
        "Asin" => e.arc_sine(x, n),
        "Asinh" => {
            let magnitude = e.abs(x, n);
            let square = e.mul(x, x, n);
            let (sum, one) = (e.offset(square, 1.0, n), e.filled(1.0, n));
            let log = e.log_with_root(magnitude, sum, one, n);
            let sign = e.sign(x, n);
            e.mul(log, sign, n)
        }
        "Atan" => e.arc_tangent(x, n),
        "Atanh" => {
            let (more, less) = (e.offset(x, 1.0, n), e.complement(x, n));
            let inverse = e.recip(less, n);
            let quotient = e.mul(more, inverse, n);
            let log = e.log2(quotient, n);
            e.scale(log, LN_2 / 2.0, n)
        }
        "Cosh" => e.of_powers(x, 0.5, n),
        "Sinh" => e.of_powers(x, -0.5, n),
        "Tan" => e.tangent(x, n),
        other => return Err(format!("{other} is no function of angles")),
    })
}

impl Emitter<'_> {
    /// exp(x) / 2 + share * exp(-x)
    fn of_powers(&mut self, x: Id, share: f32, n: usize) -> Id {
        let power = self.exp(x, n);
        let inverse = self.recip(power, n);
        let (one, other) = (self.scale(power, 0.5, n), self.scale(inverse, share, n));
        self.add(one, other, n)
    }

    /// log(x + √(a b))
    fn log_with_root(&mut self, x: Id, a: Id, b: Id, n: usize) -> Id {
        let product = self.mul(a, b, n);
        let root = self.sqrt(product, n);
        let sum = self.add(x, root, n);
        let log = self.log2(sum, n);
        self.scale(log, LN_2, n)
    }

    fn tangent(&mut self, x: Id, n: usize) -> Id {
        let magnitude = self.abs(x, n);
        let minus = self.scale(magnitude, -1.0, n);
        let turned = self.offset(minus, FRAC_PI_2, n);
        let turned = self.offset(turned, REST_OF_QUARTER, n);
        let (sine, cosine) = (self.unary(Sin, x, n), self.unary(Sin, turned, n));
        let inverse = self.recip(cosine, n);
        self.mul(sine, inverse, n)
    }

    /// Of sin and cos of an angle: sin / (1 + cos) is the tangent of its half.
    fn arc_sine(&mut self, x: Id, n: usize) -> Id {
        let (less, more) = (self.complement(x, n), self.offset(x, 1.0, n));
        let square = self.mul(less, more, n);
        let cosine = self.sqrt(square, n);
        let half = self.tangent_of_half(x, cosine, n);
        self.twice_arc_tangent(half, n)
    }

    fn arc_tangent(&mut self, x: Id, n: usize) -> Id {
        let [most, least] = [QUARTER_BEYOND, -QUARTER_BEYOND].map(|bound| self.filled(bound, n));
        let x = self.smaller(x, most, n);
        let x = self.larger(x, least, n);
        let half = self.half_of_tangent(x, n);
        self.twice_arc_tangent(half, n)
    }

    fn tangent_of_half(&mut self, above: Id, root: Id, n: usize) -> Id {
        let sum = self.offset(root, 1.0, n);
        let inverse = self.recip(sum, n);
        self.mul(above, inverse, n)
    }

    /// x / (1 + √(1 + x²)): the tangent of half the angle whose tangent is x.
    fn half_of_tangent(&mut self, x: Id, n: usize) -> Id {
        let square = self.mul(x, x, n);
        let sum = self.offset(square, 1.0, n);
        let root = self.sqrt(sum, n);
        self.tangent_of_half(x, root, n)
    }

    /// Of x within -1 and 1.
    fn twice_arc_tangent(&mut self, x: Id, n: usize) -> Id {
        let z = self.half_of_tangent(x, n);
        let square = self.mul(z, z, n);
        let series = self.polynomial(square, &ATAN, n);
        let cube = self.mul(square, z, n);
        let rest = self.mul(series, cube, n);
        let angle = self.add(z, rest, n);
        self.scale(angle, 4.0, n)
    }

    /// c[0] + c[1] x + c[2] x² …
    pub fn polynomial(&mut self, x: Id, coefficients: &[f32], n: usize) -> Id {
        let (&last, others) = coefficients.split_last().expect("a polynomial has coefficients");
        let first = self.filled(last, n);
        others.iter().rev().fold(first, |sum, &coefficient| {
            let product = self.mul(sum, x, n);
            self.offset(product, coefficient, n)
        })
    }
}
