//! Sums, means and extremes along dimensions, and what is made of them.

use burn_backend::Backend;

use crate::operators::{Emitted, Site, one, one_float};
use crate::value::Value;

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "Softmax" => along_an_axis(site, B::softmax),
        "LogSoftmax" => along_an_axis(site, B::log_softmax),
        _ => reduce(site),
    }
}

fn along_an_axis<B: Backend>(
    site: &Site<B>,
    function: fn(burn_backend::tensor::FloatTensor<B>, usize) -> burn_backend::tensor::FloatTensor<B>,
) -> Emitted<B> {
    let axis = site.node.axis(-1, site.shape(0).len());
    one_float(move |mut x| function(x.float(0), axis))
}

fn reduce<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.shape(0);
    let axes = site.graph.axes(site.node, 1, site.rank(0)).filter(|axes| !axes.is_empty());
    let axes = match axes {
        Some(axes) => axes,
        None if site.node.flag("noop_with_empty_axes", false) => return one(|mut x| x.take(0)),
        None => (0..shape.len()).collect(),
    };
    let (from, axes) = merged(&shape, axes);
    let (out, op) = (site.out_shape(), site.node.op.clone());
    let along = along::<B>(&op);
    one(move |mut x| {
        let value = x.take(0).reshape(&from);
        axes.iter().fold(value, |value, &axis| along(value, axis)).reshape(&out)
    })
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
