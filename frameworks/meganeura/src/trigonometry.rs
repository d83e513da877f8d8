//! Trigonometric and hyperbolic functions, of sines, exponentials, logarithms and roots.

use std::f64::consts::FRAC_PI_2;

use assay_runner::Node;
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter, refuse};
use crate::waves::{clamped, cosine_of, polynomial, root_of, sine_of};

/// The arc tangent of a greater number is a quarter turn.
const QUARTER_BEYOND: f64 = 1e9;
/// (atan(z) - z) / z³ in powers of z², for |z| below tan(π/8): Cephes' atanf.
const ATAN: [f64; 4] = [-3.33329491539e-1, 1.99777106478e-1, -1.38776856032e-1, 8.05374449538e-2];

pub fn unary(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    Ok(match node.op.as_str() {
        "Acos" => {
            let angle = arc_sine(e, x);
            let negative = e.graph.neg(angle);
            e.plus(negative, FRAC_PI_2)
        }
        "Acosh" => {
            let (less, more) = (e.plus(x, -1.0), e.plus(x, 1.0));
            let product = e.graph.mul(less, more);
            log_with_root(e, x, product)
        }
        "Asin" => arc_sine(e, x),
        "Asinh" => {
            let (magnitude, square) = (e.graph.abs(x), e.graph.mul(x, x));
            let sum = e.plus(square, 1.0);
            let (log, sign) = (log_with_root(e, magnitude, sum), e.sign(x));
            e.graph.mul(log, sign)
        }
        "Atan" => {
            let x = clamped(e, x, QUARTER_BEYOND);
            let half = half_of_tangent(e, x);
            twice_arc_tangent(e, half)
        }
        "Atanh" => {
            let (more, less) = (e.plus(x, 1.0), e.complement(x));
            let quotient = e.graph.div(more, less);
            let log = e.graph.log(quotient);
            e.times(log, 0.5)
        }
        "Cosh" => of_powers(e, x, 0.5),
        "Sinh" => of_powers(e, x, -0.5),
        "Tan" => {
            let (sine, cosine) = (sine_of(e, x), cosine_of(e, x));
            e.graph.div(sine, cosine)
        }
        other => return refuse(format!("{other} is no function of angles")),
    })
}

/// exp(x) / 2 + share * exp(-x)
fn of_powers(e: &mut Emitter, x: NodeId, share: f64) -> NodeId {
    let (power, negative) = (e.graph.exp(x), e.graph.neg(x));
    let inverse = e.graph.exp(negative);
    let (one, other) = (e.times(power, 0.5), e.times(inverse, share));
    e.graph.add(one, other)
}

/// log(x + √square)
fn log_with_root(e: &mut Emitter, x: NodeId, square: NodeId) -> NodeId {
    let root = root_of(e, square);
    let sum = e.graph.add(x, root);
    e.graph.log(sum)
}

/// Of sin and cos of an angle: sin / (1 + cos) is the tangent of its half.
fn arc_sine(e: &mut Emitter, x: NodeId) -> NodeId {
    let (less, more) = (e.complement(x), e.plus(x, 1.0));
    let square = e.graph.mul(less, more);
    let cosine = root_of(e, square);
    let sum = e.plus(cosine, 1.0);
    let half = e.graph.div(x, sum);
    twice_arc_tangent(e, half)
}

/// x / (1 + √(1 + x²)): the tangent of half the angle whose tangent is x.
fn half_of_tangent(e: &mut Emitter, x: NodeId) -> NodeId {
    let square = e.graph.mul(x, x);
    let sum = e.plus(square, 1.0);
    let root = root_of(e, sum);
    let sum = e.plus(root, 1.0);
    e.graph.div(x, sum)
}

/// Of x within -1 and 1.
fn twice_arc_tangent(e: &mut Emitter, x: NodeId) -> NodeId {
    let z = half_of_tangent(e, x);
    let square = e.graph.mul(z, z);
    let series = polynomial(e, square, &ATAN);
    let cube = e.graph.mul(square, z);
    let rest = e.graph.mul(series, cube);
    let angle = e.graph.add(z, rest);
    e.times(angle, 4.0)
}
