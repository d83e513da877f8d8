//! Normalisations. Candle's fused forms have no gradient and say nothing of it; where gradients are wanted its slow forms are used.

use candle_core::{D, Module, Result, Tensor};
use candle_nn::{GroupNorm, ops};

use crate::device::here;
use crate::kernel::{Compile, Compiled, Operands, Site, kernel, kernels};

pub const OPERATORS: &[(&str, Compile)] = &[
    ("BatchNormalization", batch_norm),
    ("GroupNormalization", |site| group_norm(site, site.node.int("num_groups", 1) as usize)),
    ("InstanceNormalization", |site| group_norm(site, site.shape(0)[1])),
    ("LRN", local_response),
    ("LayerNormalization", layer_norm),
    ("LpNormalization", by_norm),
    ("RMSNormalization", rms_norm),
];

/// Candle normalises over the last dimension: those from the axis on are one for it.
struct Rows {
    shape: Vec<usize>,
    axis: usize,
    width: usize,
}

impl Rows {
    fn of(site: &Site) -> Self {
        let shape = site.shape(0);
        let axis = site.node.axis(-1, shape.len());
        Self { width: shape[axis..].iter().product(), axis, shape }
    }

    fn apply(
        &self,
        x: &Operands,
        compute: impl Fn(&Tensor, &Tensor, Option<Tensor>) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let row = |x: &Tensor| {
            if x.dims() == [self.width] {
                Ok(x.clone())
            } else {
                x.broadcast_as(&self.shape[self.axis..])?.contiguous()?.flatten_all()
            }
        };
        let (scale, bias) = (row(x.at(1))?, x.given(2).map(row).transpose()?);
        if self.axis + 1 == self.shape.len() {
            return compute(&x.at(0).contiguous()?, &scale, bias);
        }
        compute(&x.at(0).reshape(((), self.width))?, &scale, bias)?.reshape(self.shape.as_slice())
    }
}

fn rms_norm(site: &Site) -> Compiled {
    site.need_f32(&[0, 1])?;
    let (rows, epsilon, slow) = (Rows::of(site), site.node.real("epsilon", 1e-5) as f32, site.gradients);
    kernel(move |x| {
        rows.apply(
            x,
            |x, scale, _| if slow { ops::rms_norm_slow(x, scale, epsilon) } else { ops::rms_norm(x, scale, epsilon) },
        )
    })
}

fn layer_norm(site: &Site) -> Compiled {
    site.need_f32(&[0, 1, 2])?;
    let (rows, epsilon, slow) = (Rows::of(site), site.node.real("epsilon", 1e-5) as f32, site.gradients);
    let zeros = Tensor::zeros(rows.width, candle_core::DType::F32, here()).map_err(|error| error.to_string())?;
    let statistics = site.is_wanted(1) || site.is_wanted(2);
    let statistics_shape = if statistics { statistics_shape(site) } else { Vec::new() };
    kernels(move |x| {
        let y = rows.apply(x, |x, scale, bias| {
            let bias = bias.unwrap_or_else(|| zeros.clone());
            if slow {
                ops::layer_norm_slow(x, scale, &bias, epsilon)
            } else {
                ops::layer_norm(x, scale, &bias, epsilon)
            }
        })?;
        if !statistics {
            return Ok(vec![y]);
        }
        let wide = x.at(0).reshape(((), rows.width))?;
        let mean = wide.mean_keepdim(D::Minus1)?;
        let variance = wide.broadcast_sub(&mean)?.sqr()?.mean_keepdim(D::Minus1)?;
        let inverse = (variance + f64::from(epsilon))?.sqrt()?.recip()?;
        Ok(vec![y, mean.reshape(statistics_shape.as_slice())?, inverse.reshape(statistics_shape.as_slice())?])
    })
}

fn statistics_shape(site: &Site) -> Vec<usize> {
    site.output_shape(if site.is_wanted(1) { 1 } else { 2 })
}

fn group_norm(site: &Site, groups: usize) -> Compiled {
    site.need_f32(&[0, 1, 2])?;
    let epsilon = site.node.real("epsilon", 1e-5);
    let channels = site.shape(0)[1];
    kernel(move |x| GroupNorm::new(x.at(1).clone(), x.at(2).clone(), channels, groups, epsilon)?.forward(x.at(0)))
}

/// In inference the statistics are known before a step, and what is left is a factor and a summand a channel.
fn batch_norm(site: &Site) -> Compiled {
    site.need_f32(&[0, 1, 2, 3, 4])?;
    let epsilon = site.node.real("epsilon", 1e-5);
    let mut shape = vec![1; site.rank(0)];
    shape[1] = site.shape(0)[1];
    let known: Option<Vec<Tensor>> = (1..5).map(|place| site.fixed(place).cloned()).collect();
    let affine = move |scale: &Tensor, bias: &Tensor, mean: &Tensor, variance: &Tensor| -> Result<(Tensor, Tensor)> {
        let factor = (scale / (variance + epsilon)?.sqrt()?)?;
        let summand = (bias - (mean * &factor)?)?;
        Ok((factor.reshape(shape.as_slice())?, summand.reshape(shape.as_slice())?))
    };
    if let Some(known) = known.filter(|_| !site.gradients) {
        let (factor, summand) =
            affine(&known[0], &known[1], &known[2], &known[3]).map_err(|error| error.to_string())?;
        return kernel(move |x| x.at(0).broadcast_mul(&factor)?.broadcast_add(&summand));
    }
    kernel(move |x| {
        let (factor, summand) = affine(x.at(1), x.at(2), x.at(3), x.at(4))?;
        x.at(0).broadcast_mul(&factor)?.broadcast_add(&summand)
    })
}

/// Rows along the axis, each divided by its norm; one of zeros stays so.
fn by_norm(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let (axis, squares) = (site.node.axis(-1, site.rank(0)), site.node.int("p", 2) == 2);
    kernel(move |x| {
        let x = x.at(0);
        let norm = if squares { x.sqr()?.sum_keepdim(axis)?.sqrt()? } else { x.abs()?.sum_keepdim(axis)? };
        x.broadcast_div(&norm.eq(0f32)?.where_cond(&norm.ones_like()?, &norm)?)
    })
}

/// Each element by a power of the mean square of the channels around it, which are added up one after the other.
fn local_response(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let (size, bias) = (site.node.int("size", 1) as usize, site.node.real("bias", 1.0));
    let (alpha, beta) = (site.node.real("alpha", f64::from(0.0001_f32)), site.node.real("beta", 0.75));
    let channels = site.shape(0)[1];
    kernel(move |x| {
        let squares = x.at(0).sqr()?.pad_with_zeros(1, (size - 1) / 2, size / 2)?;
        let first = squares.narrow(1, 0, channels)?;
        let sums = (1..size).try_fold(first, |sums, begin| sums + squares.narrow(1, begin, channels)?)?;
        x.at(0) / sums.affine(alpha / size as f64, bias)?.powf(beta)?
    })
}
