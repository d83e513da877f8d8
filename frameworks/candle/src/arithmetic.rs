//! Arithmetic that Candle has in parts: of any number of tensors, within limits, what a division leaves, whole numbers, and tests of numbers.

use assay_runner::Dtype;
use candle_core::{Result, Tensor};

use crate::elementwise::{Binary, unary};
use crate::kernel::{Compile, Compiled, Site, kernel};

pub const OPERATORS: &[(&str, Compile)] = &[
    ("Ceil", |site| unary(site, Tensor::ceil)),
    ("Clip", clip),
    ("Floor", |site| unary(site, Tensor::floor)),
    ("IsInf", is_infinite),
    ("IsNaN", |site| unary(site, |x| x.ne(x))),
    ("Max", |site| variadic(site, Tensor::broadcast_maximum)),
    ("Mean", mean),
    ("Min", |site| variadic(site, Tensor::broadcast_minimum)),
    ("Mod", remainder),
    ("Round", |site| unary(site, round)),
    ("Sum", |site| variadic(site, Tensor::broadcast_add)),
];

fn variadic(site: &Site, compute: Binary) -> Compiled {
    let count = site.node.inputs.len();
    kernel(move |x| (1..count).try_fold(x.at(0).clone(), |all, place| compute(&all, x.at(place))))
}

fn mean(site: &Site) -> Compiled {
    let (sum, count) = (variadic(site, Tensor::broadcast_add)?, site.node.inputs.len() as f64);
    kernel(move |x| &sum(x)?[0] / count)
}

/// Limits that are known are numbers, others scalars; first the lower one counts.
fn clip(site: &Site) -> Compiled {
    let (low, high) = (site.is_given(1), site.is_given(2));
    let known = |place| site.graph.constant_reals(site.node, place).map(|numbers| numbers[0]);
    if let (Some(low), Some(high)) = (known(1), known(2)) {
        return kernel(move |x| x.at(0).clamp(low, high));
    }
    kernel(move |x| {
        let raised = if low { x.at(0).broadcast_maximum(x.at(1))? } else { x.at(0).clone() };
        if high { raised.broadcast_minimum(x.at(2)) } else { Ok(raised) }
    })
}

/// Candle rounds halves away from zero; the even neighbour of a half is twice what half of it is rounded to.
pub fn round(x: &Tensor) -> Result<Tensor> {
    let x = x.detach();
    let even = ((&x / 2.0)?.round()? * 2.0)?;
    (&x - x.floor()?)?.eq(0.5)?.where_cond(&even, &x.round()?)
}

fn is_infinite(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let [negative, positive] = ["detect_negative", "detect_positive"].map(|flag| site.node.flag(flag, true));
    kernel(move |x| match (negative, positive) {
        (true, true) => x.at(0).abs()?.eq(f32::INFINITY),
        (true, false) => x.at(0).eq(f32::NEG_INFINITY),
        (false, true) => x.at(0).eq(f32::INFINITY),
        (false, false) => x.at(0).eq(f32::NAN),
    })
}

/// Candle has quotients only. What is left has the sign of the divisor, or that of the dividend where it is as in C.
fn remainder(site: &Site) -> Compiled {
    if site.dtype(0) == Dtype::F32 {
        return kernel(|x| rest_of_reals(x.at(0), x.at(1)));
    }
    let of_c = site.node.flag("fmod", false);
    kernel(move |x| {
        let (a, b) = (x.at(0), x.at(1));
        let rest = a.broadcast_sub(&a.broadcast_div(b)?.broadcast_mul(b)?)?;
        if of_c {
            return Ok(rest);
        }
        let differs = rest.lt(0i64)?.broadcast_ne(&b.lt(0i64)?)?;
        let is_adjusted = (rest.ne(0i64)? * differs)?;
        is_adjusted.where_cond(&rest.broadcast_add(b)?, &rest)
    })
}

/// Of the absolute values, with the dividend's sign. A quotient that was rounded to the next whole number is one too large.
fn rest_of_reals(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (size, divisor) = (a.abs()?, b.abs()?);
    let whole = size.detach().broadcast_div(&divisor.detach())?.floor()?;
    let whole = size.broadcast_sub(&whole.broadcast_mul(&divisor)?)?.lt(0f32)?.where_cond(&(&whole - 1.0)?, &whole)?;
    size.broadcast_sub(&whole.broadcast_mul(&divisor)?)?.broadcast_mul(&a.sign()?)
}

#[cfg(test)]
mod tests {
    use super::{rest_of_reals, round};
    use crate::testing::{numbers, vector};

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let found = numbers(round(&vector(&[0.5, 1.5, 2.5, -0.5, -1.5, 0.49, -2.51])));
        assert_eq!(found, [0.0, 2.0, 2.0, 0.0, -2.0, 0.0, -3.0]);
    }

    #[test]
    fn a_quotient_that_was_rounded_up_leaves_nearly_the_divisor() {
        let rest = |a: f32, b: f32| numbers(rest_of_reals(&vector(&[a]), &vector(&[b])))[0];
        assert_eq!((rest(5.3, 2.0), rest(-5.3, 2.0)), (5.3 % 2.0, -5.3 % 2.0));
        // Their quotient is 17 in float32.
        assert_eq!(rest(36.088, 2.122_823_7), 36.088 % 2.122_823_7);
    }
}
