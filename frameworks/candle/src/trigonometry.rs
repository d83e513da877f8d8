//! Functions that Candle has in parts. It has no inverse of sine, cosine and tangent, and nothing to make one of.

use candle_core::{Result, Tensor};

use crate::elementwise::unary;
use crate::kernel::{Compile, refuse};

pub const OPERATORS: &[(&str, Compile)] = &[
    ("Acos", |_| refuse("Candle has no Acos")),
    ("Acosh", |site| unary(site, |x| (x + (x.sqr()? - 1.0)?.sqrt()?)?.log())),
    ("Asin", |_| refuse("Candle has no Asin")),
    ("Asinh", |site| unary(site, inverse_sinh)),
    ("Atan", |_| refuse("Candle has no Atan")),
    ("Atanh", |site| unary(site, |x| ((x + 1.0)? / (1.0 - x)?)?.log()? * 0.5)),
    ("Cos", |site| unary(site, Tensor::cos)),
    ("Cosh", |site| unary(site, cosh)),
    ("Sin", |site| unary(site, Tensor::sin)),
    // exp(x) - exp(-x) would leave little of a small x.
    ("Sinh", |site| unary(site, |x| x.tanh()? * cosh(x)?)),
    ("Tan", |site| unary(site, |x| x.sin()? / x.cos()?)),
];

fn cosh(x: &Tensor) -> Result<Tensor> {
    (x.exp()? + x.neg()?.exp()?)? * 0.5
}

/// Of the absolute value: of a negative number x and the root would cancel.
fn inverse_sinh(x: &Tensor) -> Result<Tensor> {
    let size = x.abs()?;
    (&size + (size.sqr()? + 1.0)?.sqrt()?)?.log()? * x.sign()?
}
