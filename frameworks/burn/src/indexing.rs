//! Operators that look elements up by indices, or write to where indices say. A negative index counts from the end, which Burn leaves
//! to its users.

use burn_backend::tensor::IndexingUpdateOp;
use burn_backend::tensor::IntTensor;
use burn_backend::{Backend, IntDType, Shape, TensorMetadata};

use crate::backend::BOOL;
use crate::elementwise::masked;
use crate::layout::joined;
use crate::operators::{Emitted, Site, one};
use crate::value::Value;

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "Gather" => gather(site),
        "GatherElements" => gather_elements(site),
        "GatherND" => gather_nd(site),
        "ScatterElements" => scatter_elements(site),
        "ScatterND" => scatter_nd(site),
        _ => one_hot(site),
    }
}

/// Indices into a dimension of that size.
fn from_the_start<B: Backend>(indices: IntTensor<B>, size: usize) -> IntTensor<B> {
    let negative = B::int_lower_elem(indices.clone(), 0.into(), BOOL);
    let shifted = B::int_add_scalar(indices.clone(), (size as i64).into());
    B::int_mask_where(indices, negative, shifted)
}

/// Whether input `place` may have indices that count from the end.
fn may_be_negative<B: Backend>(site: &Site<B>, place: usize) -> bool {
    site.graph.constant_ints(site.node, place).is_none_or(|ints| ints.iter().any(|&index| index < 0))
}

/// What works on numbers, on booleans too.
pub fn on_numbers<B: Backend>(value: Value<B>, function: impl FnOnce(Value<B>) -> Value<B>) -> Value<B> {
    match value {
        Value::Bool(flags) => {
            let numbers = function(Value::Int(B::bool_into_int(flags, IntDType::I32)));
            Value::Bool(B::int_not_equal_elem(numbers.int(), 0.into(), BOOL))
        }
        numbers => function(numbers),
    }
}

/// Slices of numbers along an axis, in the order of the indices.
pub fn selected<B: Backend>(data: Value<B>, axis: usize, indices: IntTensor<B>) -> Value<B> {
    match data {
        Value::Float(data) => Value::Float(B::float_select(data, axis, indices)),
        data => Value::Int(B::int_select(data.int(), axis, indices)),
    }
}

fn gather<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let axis = site.node.axis(0, site.rank(0));
    let (size, wraps, out) = (site.shape(0)[axis], may_be_negative(site, 1), site.out_shape());
    let count: usize = site.shape(1).iter().product();
    one(move |mut x| {
        let indices = B::int_reshape(x.int(1), Shape::from(vec![count]));
        let indices = if wraps { from_the_start::<B>(indices, size) } else { indices };
        on_numbers::<B>(x.take(0), |data| selected(data, axis, indices)).reshape(&out)
    })
}

fn gather_elements<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let axis = site.node.axis(0, site.rank(0));
    let (size, wraps) = (site.shape(0)[axis], may_be_negative(site, 1));
    one(move |mut x| {
        let indices = x.int(1);
        let indices = if wraps { from_the_start::<B>(indices, size) } else { indices };
        on_numbers::<B>(x.take(0), |data| match data {
            Value::Float(data) => Value::Float(B::float_gather(axis, data, indices)),
            data => Value::Int(B::int_gather(axis, data.int(), indices)),
        })
    })
}

/// Index tuples, the last dimension of `indices`, from the start of the data's dimensions.
fn tuples_from_the_start<B: Backend>(indices: IntTensor<B>, dims: &[usize], device: &B::Device) -> IntTensor<B> {
    let dtype: IntDType = indices.dtype().into();
    let shape = indices.shape().to_vec();
    let sizes: Vec<_> =
        dims.iter().map(|&size| B::int_full(vec![1].into(), (size as i64).into(), device, dtype)).collect();
    let sizes = Value::<B>::Int(B::int_cat(sizes, 0)).lift(shape.len()).expand(&shape).int();
    let negative = B::int_lower_elem(indices.clone(), 0.into(), BOOL);
    let shifted = B::int_add(indices.clone(), sizes);
    B::int_mask_where(indices, negative, shifted)
}

/// Batch dimensions become one, whose index is put in front of each tuple.
fn gather_nd<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (shape, places, out) = (site.shape(0), site.shape(1), site.out_shape());
    let batch_dims = site.node.int("batch_dims", 0) as usize;
    let batches: usize = shape[..batch_dims].iter().product();
    let depth = *places.last().expect("indices have a dimension");
    let data_shape = if batch_dims == 0 { shape.clone() } else { [&[batches], &shape[batch_dims..]].concat() };
    let rows = places[..places.len() - 1].iter().product::<usize>();
    let (wraps, device) = (may_be_negative(site, 1), site.device.clone());
    let dims = shape[batch_dims..batch_dims + depth].to_vec();
    one(move |mut x| {
        let mut tuples = B::int_reshape(x.int(1), Shape::from(vec![rows, depth]));
        if wraps {
            tuples = tuples_from_the_start::<B>(tuples, &dims, &device);
        }
        if batch_dims > 0 {
            let numbers = B::int_arange(0..batches as i64, &device, tuples.dtype().into());
            let numbers = Value::<B>::Int(numbers).reshape(&[batches, 1]).expand(&[batches, rows / batches]);
            tuples = joined(vec![numbers.reshape(&[rows, 1]), Value::<B>::Int(tuples)], 1).int();
        }
        let lookup = |data: Value<B>| match data.reshape(&data_shape) {
            Value::Float(data) => Value::Float(B::float_gather_nd(data, tuples)),
            data => Value::Int(B::int_gather_nd(data.int(), tuples)),
        };
        on_numbers(x.take(0), lookup).reshape(&out)
    })
}

fn update<B: Backend>(site: &Site<B>) -> IndexingUpdateOp {
    match site.node.text("reduction", "none") {
        "add" => IndexingUpdateOp::Add,
        "mul" => IndexingUpdateOp::Mul,
        "max" => IndexingUpdateOp::Max,
        "min" => IndexingUpdateOp::Min,
        _ => IndexingUpdateOp::Assign,
    }
}

fn scatter_elements<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let axis = site.node.axis(0, site.rank(0));
    let (size, wraps, op) = (site.shape(0)[axis], may_be_negative(site, 1), update(site));
    one(move |mut x| {
        let indices = x.int(1);
        let indices = if wraps { from_the_start::<B>(indices, size) } else { indices };
        let updates = x.take(2);
        pairwise_on_numbers(x.take(0), updates, |data, updates| match data {
            Value::Float(data) => Value::Float(B::float_scatter(axis, data, indices, updates.float(), op)),
            data => Value::Int(B::int_scatter(axis, data.int(), indices, updates.int(), op)),
        })
    })
}

fn pairwise_on_numbers<B: Backend>(
    one: Value<B>,
    other: Value<B>,
    function: impl FnOnce(Value<B>, Value<B>) -> Value<B>,
) -> Value<B> {
    let other = match other {
        Value::Bool(flags) => Value::Int(B::bool_into_int(flags, IntDType::I32)),
        numbers => numbers,
    };
    on_numbers(one, |one| function(one, other))
}

fn scatter_nd<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (shape, op, wraps, device) = (site.shape(0), update(site), may_be_negative(site, 1), site.device.clone());
    let depth = *site.shape(1).last().expect("indices have a dimension");
    one(move |mut x| {
        let tuples = x.int(1);
        let tuples = if wraps { tuples_from_the_start::<B>(tuples, &shape[..depth], &device) } else { tuples };
        let updates = x.take(2);
        pairwise_on_numbers(x.take(0), updates, |data, updates| match data {
            Value::Float(data) => Value::Float(B::float_scatter_nd(data, tuples, updates.float(), op)),
            data => Value::Int(B::int_scatter_nd(data.int(), tuples, updates.int(), op)),
        })
    })
}

/// Classes compared with indices: Burn's own one_hot has no such values.
fn one_hot<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let out = site.out_shape();
    let axis = site.node.axis(-1, out.len());
    let depth = out[axis];
    let one_class =
        |shape: &[usize]| (0..shape.len()).map(|i| if i == axis { 1 } else { shape[i] }).collect::<Vec<_>>();
    let indices_shape = one_class(&out);
    let classes_shape: Vec<_> = (0..out.len()).map(|i| if i == axis { depth } else { 1 }).collect();
    let device = site.device.clone();
    one(move |mut x| {
        let indices = match x.take(0) {
            Value::Float(indices) => B::float_into_int(indices, IntDType::I64),
            indices => indices.int(),
        };
        let classes = B::int_arange(0..depth as i64, &device, indices.dtype().into());
        let indices = Value::<B>::Int(from_the_start::<B>(indices, depth)).reshape(&indices_shape).expand(&out);
        let classes = Value::<B>::Int(classes).reshape(&classes_shape).expand(&out);
        let hot = B::int_equal(indices.int(), classes.int(), BOOL);
        let values = x.take(2);
        let [off, on] = [0, 1].map(|i| crate::layout::part(values.clone(), 0, i, i + 1).lift(out.len()).expand(&out));
        masked(off, hot, on)
    })
}
