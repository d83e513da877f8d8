//! Einsum: burn::tensor's own contracts tensors whose rank is in their type; here the SDK's does it, by products of matrices as that one.

use std::convert::Infallible;

use assay_runner::{Contracted, Einsum};
use burn_backend::{Backend, IntDType, TensorData, TensorMetadata};

use crate::operators::{Emitted, Site, one_float};
use crate::value::{Value, reshape, shape_of};

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (plan, out) = (Einsum::of(site.graph, site.node), site.out_shape());
    let count = site.node.inputs.len();
    let shapes: Vec<_> = (0..count).map(|place| site.graph.shape(site.node, place).to_vec()).collect();
    one_float(move |mut x| {
        let operands = (0..count).map(|place| Term { tensor: x.take(place), shape: shapes[place].clone() });
        let Ok(result) = plan.contract(operands.collect());
        reshape::<B>(result.tensor.float(), &out)
    })
}

/// A tensor that may have no dimensions, which Burn's have not.
struct Term<B: Backend> {
    tensor: Value<B>,
    shape: Vec<usize>,
}

impl<B: Backend> Term<B> {
    fn of(tensor: Value<B>) -> Self {
        Self { shape: tensor.shape(), tensor }
    }
}

impl<B: Backend> Contracted for Term<B> {
    type Error = Infallible;

    fn shape(&self) -> Vec<usize> {
        self.shape.clone()
    }

    fn reshaped(self, shape: &[usize]) -> Result<Self, Infallible> {
        Ok(Self { tensor: self.tensor.reshape(&crate::value::dims(shape)), shape: shape.to_vec() })
    }

    fn permuted(self, axes: &[usize]) -> Result<Self, Infallible> {
        Ok(Self::of(self.tensor.permute(axes)))
    }

    fn picked(self, axis: usize, places: &[usize]) -> Result<Self, Infallible> {
        let tensor = self.tensor.float();
        let places: Vec<i64> = places.iter().map(|&place| place as i64).collect();
        let places = B::int_from_data(TensorData::from(places.as_slice()), &tensor.device());
        let places = B::int_cast(places, IntDType::I64);
        Ok(Self::of(Value::Float(B::float_select(tensor, axis, places))))
    }

    fn summed(self, axis: usize) -> Result<Self, Infallible> {
        let sums = B::float_sum_dim(self.tensor.float(), axis);
        let mut shape = shape_of::<B>(&sums);
        shape.remove(axis);
        Self::of(Value::Float(sums)).reshaped(&shape)
    }

    fn expanded(self, shape: &[usize]) -> Result<Self, Infallible> {
        Ok(Self { tensor: self.tensor.expand(&crate::value::dims(shape)), shape: shape.to_vec() })
    }

    fn times(self, other: Self) -> Result<Self, Infallible> {
        Ok(Self::of(Value::Float(B::float_matmul(self.tensor.float(), other.tensor.float()))))
    }
}
