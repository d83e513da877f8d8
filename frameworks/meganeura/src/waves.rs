//! Functions that Meganeura does not have, of operators that it has, to float32's accuracy: erf, the square root, sine and cosine.

use assay_runner::Node;
use meganeura::NodeId;
use std::f64::consts::{FRAC_PI_2, PI};

use crate::emitter::{Emitted, Emitter};

pub fn erf(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    Ok(erf_of(e, x))
}

pub fn sqrt(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    Ok(root_of(e, x))
}

/// c[0] + c[1] x + c[2] x^2 …
pub fn polynomial(e: &mut Emitter, x: NodeId, coefficients: &[f64]) -> NodeId {
    let (&last, others) = coefficients.split_last().expect("a polynomial has coefficients");
    let mut sum = e.filled(last as f32, x);
    for &coefficient in others.iter().rev() {
        let product = e.graph.mul(sum, x);
        sum = e.plus(product, coefficient);
    }
    sum
}

/// The rational function x P(x^2) / Q(x^2) that Eigen, and so TensorFlow and XLA, take for erf in float32; beyond 4 it is 1.
pub fn erf_of(e: &mut Emitter, x: NodeId) -> NodeId {
    const P: [f64; 7] = [
        -1.60960333262415e-02,
        -2.95459980854025e-03,
        -7.34990630326855e-04,
        -5.69250639462346e-05,
        -2.10102402082508e-06,
        2.77068142495902e-08,
        -2.72614225801306e-10,
    ];
    const Q: [f64; 5] = [
        -1.42647390514189e-02,
        -7.37332916720468e-03,
        -1.68282697438203e-03,
        -2.13374055278905e-04,
        -1.45660718464996e-05,
    ];
    let near = clamped(e, x, 4.0);
    let square = e.graph.mul(near, near);
    let (p, q) = (polynomial(e, square, &P), polynomial(e, square, &Q));
    let above = e.graph.mul(near, p);
    e.graph.div(above, q)
}

/// Within -limit and limit.
pub fn clamped(e: &mut Emitter, x: NodeId, limit: f64) -> NodeId {
    let beyond = e.plus(x, -limit);
    let above = e.graph.relu(beyond);
    let negative = e.graph.neg(x);
    let beyond = e.plus(negative, -limit);
    let below = e.graph.relu(beyond);
    let lowered = e.minus(x, above);
    e.graph.add(lowered, below)
}

/// By logarithm, and one step of Newton's method to its full accuracy. The least normal number keeps 0 from having no logarithm.
pub fn root_of(e: &mut Emitter, x: NodeId) -> NodeId {
    let positive = e.plus(x, f64::from(f32::MIN_POSITIVE));
    let logarithm = e.graph.log(positive);
    let half = e.times(logarithm, 0.5);
    let guess = e.graph.exp(half);
    let quotient = e.graph.div(x, guess);
    let sum = e.graph.add(guess, quotient);
    e.times(sum, 0.5)
}

/// Multiples of pi up to this power of two are taken off; what is larger becomes infinite rather than wrong.
const TURNS: i32 = 14;

/// x without its nearest multiple of pi below, and 1 or -1 for whether the multiple is even. `offset` is how much below a multiple
/// belongs to it already. Multiples are taken off one power of two after the other, each exactly; what pi lacks in float32 is
/// gathered apart, to be taken off, too.
fn reduced(e: &mut Emitter, x: NodeId, offset: f64) -> (NodeId, NodeId, NodeId) {
    let pi = f64::from(PI as f32);
    let (mut rest, mut lacking, mut odd) = (x, e.filled(0.0, x), e.filled(0.0, x));
    for power in (0..TURNS).rev() {
        let turns = f64::from(1 << power);
        let bound = e.filled((turns * PI - offset) as f32, x);
        odd = e.graph.greater(rest, bound);
        let (taken, missed) = (e.times(odd, turns * pi), e.times(odd, turns * (PI - pi)));
        rest = e.minus(rest, taken);
        lacking = e.graph.add(lacking, missed);
    }
    let doubled = e.times(odd, -2.0);
    (rest, lacking, e.plus(doubled, 1.0))
}

/// Of what lies in [-pi/2, pi/2]: its Taylor series, whose next term is below float32's resolution.
fn sine_near_zero(e: &mut Emitter, x: NodeId) -> NodeId {
    let square = e.graph.mul(x, x);
    let mut factorials = vec![1.0];
    for term in 1..=6 {
        let n = f64::from(2 * term);
        factorials.push(-factorials[factorials.len() - 1] / (n * (n + 1.0)));
    }
    let series = polynomial(e, square, &factorials);
    e.graph.mul(x, series)
}

/// 1 within the range that is taken off, infinite beyond.
fn within_range(e: &mut Emitter, absolute: NodeId) -> NodeId {
    let bound = e.filled((f64::from(1 << TURNS) * PI) as f32, absolute);
    let inside = e.graph.greater(bound, absolute);
    e.graph.recip(inside)
}

pub fn sin(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    Ok(sine_of(e, x))
}

pub fn cos(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    Ok(cosine_of(e, x))
}

pub fn sine_of(e: &mut Emitter, x: NodeId) -> NodeId {
    let absolute = e.graph.abs(x);
    let (rest, lacking, parity) = reduced(e, absolute, FRAC_PI_2);
    let rest = e.minus(rest, lacking);
    let sine = sine_near_zero(e, rest);
    let zero = e.filled(0.0, x);
    let negative = e.graph.greater(zero, x);
    let doubled = e.times(negative, -2.0);
    let sign = e.plus(doubled, 1.0);
    let signs = e.graph.mul(sign, parity);
    let bounded = within_range(e, absolute);
    let signs = e.graph.mul(signs, bounded);
    e.graph.mul(sine, signs)
}

/// cos(r) = sin(pi/2 - r), for the rest r in [0, pi].
pub fn cosine_of(e: &mut Emitter, x: NodeId) -> NodeId {
    let absolute = e.graph.abs(x);
    let (rest, lacking, parity) = reduced(e, absolute, 0.0);
    // What float32 lacks of a quarter turn is all that there is near one.
    let negative = e.graph.neg(rest);
    let turned = e.plus(negative, f64::from(FRAC_PI_2 as f32));
    let lacking = e.plus(lacking, FRAC_PI_2 - f64::from(FRAC_PI_2 as f32));
    let turned = e.graph.add(turned, lacking);
    let sine = sine_near_zero(e, turned);
    let bounded = within_range(e, absolute);
    let signs = e.graph.mul(parity, bounded);
    e.graph.mul(sine, signs)
}
