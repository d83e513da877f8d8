//! Sums, means and extremes along dimensions, and what is made of them.

use burn_backend::Backend;
use burn_backend::tensor::FloatTensor;

use crate::backend::BOOL;
use crate::operators::{Emitted, Site, one, one_float};
use crate::value::Value;

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "Softmax" => along_an_axis(site, B::softmax),
        "LogSoftmax" => along_an_axis(site, B::log_softmax),
        _ => reduce(site),
    }
}

fn along_an_axis<B: Backend>(site: &Site<B>, function: fn(FloatTensor<B>, usize) -> FloatTensor<B>) -> Emitted<B> {
    let axis = site.node.axis(-1, site.shape(0).len());
    one_float(move |mut x| function(x.float(0), axis))
}

type Function<B> = fn(Value<B>) -> Value<B>;

/// What is done to each element, then along each axis, then to the results.
struct Steps<B: Backend> {
    before: Option<Function<B>>,
    along: fn(Value<B>, usize) -> Value<B>,
    after: Option<Function<B>>,
}

impl<B: Backend> Steps<B> {
    fn of(op: &str) -> Self {
        let (before, along, after): (Option<Function<B>>, _, Option<Function<B>>) = match op {
            "ReduceL1" => (Some(absolute), "ReduceSum", None),
            "ReduceL2" => (Some(square), "ReduceSum", Some(|sum| Value::Float(B::float_sqrt(sum.float())))),
            "ReduceLogSum" => (None, "ReduceSum", Some(|sum| Value::Float(B::float_log(sum.float())))),
            "ReduceSumSquare" => (Some(square), "ReduceSum", None),
            op => (None, op, None),
        };
        Self { before, along: self::along(along), after }
    }
}

fn reduce<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.shape(0);
    let axes = site.graph.axes(site.node, 1, site.rank(0)).filter(|axes| !axes.is_empty());
    let axes = match axes {
        Some(axes) => axes,
        None if site.node.flag("noop_with_empty_axes", false) => Vec::new(),
        None => (0..shape.len()).collect(),
    };
    let (from, axes) = merged(&shape, axes);
    let (out, Steps { before, along, after }) = (site.out_shape(), Steps::of(&site.node.op));
    one(move |mut x| {
        let value = x.take(0).reshape(&from);
        let value = before.map_or(value.clone(), |before| before(value));
        let value = axes.iter().fold(value, |value, &axis| along(value, axis)).reshape(&out);
        after.map_or(value.clone(), |after| after(value))
    })
}

fn absolute<B: Backend>(value: Value<B>) -> Value<B> {
    match value {
        Value::Float(x) => Value::Float(B::float_abs(x)),
        x => Value::Int(B::int_abs(x.int())),
    }
}

fn square<B: Backend>(value: Value<B>) -> Value<B> {
    match value {
        Value::Float(x) => Value::Float(B::float_mul(x.clone(), x)),
        x => Value::Int(B::int_square(x.int())),
    }
}

/// Relative to the largest, so that nothing overflows; where that is infinite, to zero.
fn log_sum_exp<B: Backend>(x: FloatTensor<B>, axis: usize) -> FloatTensor<B> {
    let largest = B::float_max_dim(B::float_detach(x.clone()), axis);
    let is_infinite = B::float_is_inf(largest.clone(), BOOL);
    let largest = B::float_mask_fill(largest, is_infinite, 0.into());
    let sum = B::float_sum_dim(B::float_exp(B::float_sub(x, largest.clone())), axis);
    B::float_add(B::float_log(sum), largest)
}

/// The shape and the axes in it when axes that are neighbours are one, the last axis first.
fn merged(shape: &[usize], mut axes: Vec<usize>) -> (Vec<usize>, Vec<usize>) {
    axes.sort_unstable();
    let (mut dims, mut places): (Vec<usize>, Vec<usize>) = Default::default();
    for (axis, &size) in shape.iter().enumerate() {
        if axis > 0 && axes.contains(&axis) && axes.contains(&(axis - 1)) {
            *dims.last_mut().expect("the axis before") *= size;
            continue;
        }
        if axes.contains(&axis) {
            places.push(dims.len());
        }
        dims.push(size);
    }
    places.reverse();
    (dims, places)
}

/// The function that reduces one dimension to size 1.
fn along<B: Backend>(op: &str) -> fn(Value<B>, usize) -> Value<B> {
    match op {
        "ReduceSum" => |value, axis| match value {
            Value::Float(x) => Value::Float(B::float_sum_dim(x, axis)),
            value => Value::Int(B::int_sum_dim(value.int(), axis)),
        },
        "ReduceMean" => |value, axis| match value {
            Value::Float(x) => Value::Float(B::float_mean_dim(x, axis)),
            value => Value::Int(B::int_mean_dim(value.int(), axis)),
        },
        "ReduceMax" => |value, axis| match value {
            Value::Float(x) => Value::Float(B::float_max_dim(x, axis)),
            Value::Int(x) => Value::Int(B::int_max_dim(x, axis)),
            Value::Bool(x) => Value::Bool(B::bool_any_dim(x, axis)),
        },
        "ReduceLogSumExp" => |value, axis| Value::Float(log_sum_exp::<B>(value.float(), axis)),
        "ReduceProd" => |value, axis| match value {
            Value::Float(x) => Value::Float(B::float_prod_dim(x, axis)),
            value => Value::Int(B::int_prod_dim(value.int(), axis)),
        },
        _ => |value, axis| match value {
            Value::Float(x) => Value::Float(B::float_min_dim(x, axis)),
            Value::Int(x) => Value::Int(B::int_min_dim(x, axis)),
            Value::Bool(x) => Value::Bool(B::bool_all_dim(x, axis)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::merged;

    #[test]
    fn neighbouring_axes_are_one() {
        assert_eq!(merged(&[2, 3, 4, 5], vec![3, 2]), (vec![2, 3, 20], vec![2]));
        assert_eq!(merged(&[2, 3, 4], vec![0, 2]), (vec![2, 3, 4], vec![2, 0]));
        assert_eq!(merged(&[2, 3, 4], vec![1, 0, 2]), (vec![24], vec![0]));
    }
}
