//! Einsum, by products of matrices: Candle has none, so it is the SDK's contraction.

use assay_runner::{Contracted, Einsum};
use candle_core::{Error, Result, Tensor};

use crate::device::here;
use crate::kernel::{Compile, Compiled, Site, kernel};

pub const OPERATORS: &[(&str, Compile)] = &[("Einsum", einsum)];

fn einsum(site: &Site) -> Compiled {
    let (plan, count) = (Einsum::of(site.graph, site.node), site.node.inputs.len());
    site.need_f32(&(0..count).collect::<Vec<_>>())?;
    kernel(move |x| Ok(plan.contract((0..count).map(|place| Term(x.at(place).clone())).collect())?.0))
}

struct Term(Tensor);

impl Contracted for Term {
    type Error = Error;

    fn shape(&self) -> Vec<usize> {
        self.0.dims().to_vec()
    }

    fn reshaped(self, shape: &[usize]) -> Result<Self> {
        Ok(Self(self.0.reshape(shape)?))
    }

    fn permuted(self, axes: &[usize]) -> Result<Self> {
        Ok(Self(self.0.permute(axes)?))
    }

    fn picked(self, axis: usize, places: &[usize]) -> Result<Self> {
        let places = Tensor::from_iter(places.iter().map(|&place| place as i64), here())?;
        Ok(Self(self.0.contiguous()?.index_select(&places, axis)?))
    }

    fn summed(self, axis: usize) -> Result<Self> {
        Ok(Self(self.0.sum(axis)?))
    }

    fn expanded(self, shape: &[usize]) -> Result<Self> {
        Ok(Self(self.0.broadcast_as(shape)?))
    }

    fn times(self, other: Self) -> Result<Self> {
        Ok(Self(self.0.contiguous()?.matmul(&other.0.contiguous()?)?))
    }
}
