//! GridSample, which Candle has not: pixels looked up and mixed, by the SDK.

use assay_runner::{GridSample, Sampled};
use candle_core::{D, DType, Error, Result, Tensor};

use crate::arithmetic::round;
use crate::device::here;
use crate::kernel::{Compile, Compiled, Site, kernel};

pub const OPERATORS: &[(&str, Compile)] = &[("GridSample", grid_sample)];

fn grid_sample(site: &Site) -> Compiled {
    site.need_f32(&[0, 1])?;
    let (plan, shape) = (GridSample::of(site.graph, site.node), site.output_shape(0));
    let (batch, rank) = (shape[0], shape.len() - 2);
    kernel(move |x| {
        let grid = x.at(1).reshape((batch, (), rank))?;
        // The grid names the last dimension first.
        let along = |axis: usize| Ok(Pixels(grid.narrow(D::Minus1, rank - 1 - axis, 1)?.squeeze(D::Minus1)?));
        let grid = (0..rank).map(along).collect::<Result<Vec<_>>>()?;
        plan.sample(&Pixels(x.at(0).clone()), &grid)?.0.reshape(shape.as_slice())
    })
}

#[derive(Clone)]
struct Pixels(Tensor);

impl Sampled for Pixels {
    type Error = Error;

    fn affine(&self, factor: f64, summand: f64) -> Result<Self> {
        Ok(Self(self.0.affine(factor, summand)?))
    }

    fn plus(&self, other: &Self) -> Result<Self> {
        Ok(Self((&self.0 + &other.0)?))
    }

    fn times(&self, other: &Self) -> Result<Self> {
        Ok(Self((&self.0 * &other.0)?))
    }

    fn absolute(&self) -> Result<Self> {
        Ok(Self(self.0.abs()?))
    }

    fn floored(&self) -> Result<Self> {
        Ok(Self(self.0.floor()?))
    }

    fn rounded(&self) -> Result<Self> {
        Ok(Self(round(&self.0)?))
    }

    fn clamped(&self, low: f64, high: f64) -> Result<Self> {
        Ok(Self(self.0.clamp(low, high)?))
    }

    fn is_within(&self, low: f64, high: f64) -> Result<Self> {
        Ok(Self((self.0.ge(low)? * self.0.le(high)?)?.to_dtype(self.0.dtype())?))
    }

    fn looked_up(&self, pixels: &[Self]) -> Result<Self> {
        let image = self.0.flatten_from(2)?;
        let (batch, channels) = (image.dim(0)?, image.dim(1)?);
        let mut places = pixels[0].0.to_dtype(DType::I64)?;
        for (pixels, &size) in pixels.iter().zip(&self.0.dims()[2..]).skip(1) {
            let whole = Tensor::full(size as i64, places.shape(), here())?;
            places = ((places * whole)? + pixels.0.to_dtype(DType::I64)?)?;
        }
        let places = places.unsqueeze(1)?.broadcast_as((batch, channels, places.dim(1)?))?.contiguous()?;
        Ok(Self(image.contiguous()?.gather(&places, D::Minus1)?))
    }

    fn weighted(&self, weights: &Self) -> Result<Self> {
        Ok(Self(self.0.broadcast_mul(&weights.0.unsqueeze(1)?)?))
    }
}
