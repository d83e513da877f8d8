//! GridSample: Burn's own for images of two dimensions and the four pixels around a place; else pixels looked up and mixed, by the SDK.

use std::convert::Infallible;

use assay_runner::{GridSample, Sampled};
use burn_backend::ops::{GridSampleOptions, GridSamplePaddingMode, InterpolateMode};
use burn_backend::tensor::FloatTensor;
use burn_backend::{Backend, IntDType, TensorMetadata};

use crate::backend::BOOL;
use crate::layout::part;
use crate::operators::{Emitted, Site, one_float};
use crate::value::{Value, reshape, shape_of};

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    if site.rank(0) != 4 || site.node.text("mode", "linear") != "linear" {
        return composed(site);
    }
    let padding_mode = match site.node.text("padding_mode", "zeros") {
        "zeros" => GridSamplePaddingMode::Zeros,
        "border" => GridSamplePaddingMode::Border,
        _ => GridSamplePaddingMode::Reflection,
    };
    let align_corners = site.node.flag("align_corners", false);
    let options = GridSampleOptions { mode: InterpolateMode::Bilinear, padding_mode, align_corners };
    one_float(move |mut x| B::float_grid_sample_2d(x.float(0), x.float(1), options.clone()))
}

fn composed<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (plan, out) = (GridSample::of(site.graph, site.node), site.out_shape());
    let (batch, rank, places) = (out[0], out.len() - 2, out[2..].iter().product());
    one_float(move |mut x| {
        let grid = x.take(1).reshape(&[batch, places, rank]);
        // The grid names the last dimension first.
        let along = |axis: usize| part(grid.clone(), 2, rank - 1 - axis, rank - axis).reshape(&[batch, places]);
        let grid: Vec<_> = (0..rank).map(|axis| Pixels::<B>(along(axis).float())).collect();
        let Ok(sampled) = plan.sample(&Pixels::<B>(x.float(0)), &grid);
        reshape::<B>(sampled.0, &out)
    })
}

struct Pixels<B: Backend>(FloatTensor<B>);

// A derived one would ask B to be Clone, too.
impl<B: Backend> Clone for Pixels<B> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: Backend> Sampled for Pixels<B> {
    type Error = Infallible;

    fn affine(&self, factor: f64, summand: f64) -> Result<Self, Infallible> {
        Ok(Self(B::float_add_scalar(B::float_mul_scalar(self.0.clone(), factor.into()), summand.into())))
    }

    fn plus(&self, other: &Self) -> Result<Self, Infallible> {
        Ok(Self(B::float_add(self.0.clone(), other.0.clone())))
    }

    fn times(&self, other: &Self) -> Result<Self, Infallible> {
        Ok(Self(B::float_mul(self.0.clone(), other.0.clone())))
    }

    fn absolute(&self) -> Result<Self, Infallible> {
        Ok(Self(B::float_abs(self.0.clone())))
    }

    fn floored(&self) -> Result<Self, Infallible> {
        Ok(Self(B::float_floor(self.0.clone())))
    }

    fn rounded(&self) -> Result<Self, Infallible> {
        Ok(Self(B::float_round(self.0.clone())))
    }

    fn clamped(&self, low: f64, high: f64) -> Result<Self, Infallible> {
        Ok(Self(B::float_clamp(self.0.clone(), low.into(), high.into())))
    }

    fn is_within(&self, low: f64, high: f64) -> Result<Self, Infallible> {
        let (above, below) = (
            B::float_greater_equal_elem(self.0.clone(), low.into(), BOOL),
            B::float_lower_equal_elem(self.0.clone(), high.into(), BOOL),
        );
        Ok(Self(B::bool_into_float(B::bool_and(above, below), self.0.dtype().into())))
    }

    fn looked_up(&self, pixels: &[Self]) -> Result<Self, Infallible> {
        let shape = shape_of::<B>(&self.0);
        let whole = |pixels: &Self| B::float_into_int(pixels.0.clone(), IntDType::I64);
        let places = pixels.iter().zip(&shape[2..]).skip(1).fold(whole(&pixels[0]), |places, (pixels, &size)| {
            B::int_add(B::int_mul_scalar(places, (size as i64).into()), whole(pixels))
        });
        let places = Value::<B>::Int(places);
        let [batch, count] = [shape[0], places.shape()[1]];
        let places = places.reshape(&[batch, 1, count]).expand(&[batch, shape[1], count]).int();
        let image = reshape::<B>(self.0.clone(), &[batch, shape[1], shape[2..].iter().product()]);
        Ok(Self(B::float_gather(2, image, places)))
    }

    fn weighted(&self, weights: &Self) -> Result<Self, Infallible> {
        let [batch, count]: [usize; 2] = shape_of::<B>(&weights.0).try_into().expect("two dimensions");
        Ok(Self(B::float_mul(self.0.clone(), reshape::<B>(weights.0.clone(), &[batch, 1, count]))))
    }
}
