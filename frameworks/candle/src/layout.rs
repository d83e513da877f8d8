//! Operators that move elements and compute nothing of them.

use assay_runner::Pads;
use candle_core::{DType, Result, Tensor};

use crate::convert;
use crate::device::here;
use crate::kernel::{Compile, Compiled, Site, kernel, kernels, refuse};

pub const OPERATORS: &[(&str, Compile)] = &[
    ("Concat", concat),
    ("Expand", expand),
    ("Flatten", reshape),
    ("Pad", pad),
    ("Reshape", reshape),
    ("Slice", slice),
    ("Split", split),
    ("Squeeze", reshape),
    ("Transpose", transpose),
    ("Unsqueeze", reshape),
];

fn reshape(site: &Site) -> Compiled {
    let shape = site.output_shape(0);
    kernel(move |x| x.at(0).reshape(shape.as_slice()))
}

fn expand(site: &Site) -> Compiled {
    let shape = site.output_shape(0);
    kernel(move |x| x.at(0).broadcast_as(shape.as_slice()))
}

fn transpose(site: &Site) -> Compiled {
    let rank = site.rank(0);
    let perm: Vec<usize> = match site.node.ints("perm") {
        Some(perm) => perm.iter().map(|&axis| axis as usize).collect(),
        None => (0..rank).rev().collect(),
    };
    kernel(move |x| x.at(0).permute(perm.as_slice()))
}

fn concat(site: &Site) -> Compiled {
    let (axis, count) = (site.node.axis(0, site.rank(0)), site.node.inputs.len());
    kernel(move |x| Tensor::cat(&(0..count).map(|place| x.at(place)).collect::<Vec<_>>(), axis))
}

fn split(site: &Site) -> Compiled {
    let axis = site.node.axis(0, site.rank(0));
    let sizes: Vec<usize> = (0..site.node.outputs.len()).map(|place| site.output_shape(place)[axis]).collect();
    kernels(move |x| {
        let mut begin = 0;
        let mut part = |&size: &usize| {
            begin += size;
            x.at(0).narrow(axis, begin - size, size)
        };
        sizes.iter().map(&mut part).collect()
    })
}

/// The elements `places` of one dimension.
pub fn take(x: &Tensor, axis: usize, places: &Tensor) -> Result<Tensor> {
    x.contiguous()?.index_select(places, axis)
}

/// Indices for `take`.
pub fn places(list: impl IntoIterator<Item = i64>) -> std::result::Result<Tensor, String> {
    let list: Vec<i64> = list.into_iter().collect();
    let length = list.len();
    Tensor::from_vec(list, length, here()).map_err(|error| error.to_string())
}

/// What a slice keeps of one dimension: a part of it, or single elements.
enum Kept {
    Part(usize, usize, usize),
    Places(usize, Tensor),
}

fn slice(site: &Site) -> Compiled {
    let (shape, output) = (site.shape(0), site.output_shape(0));
    let starts = site.ints(1).unwrap_or_default();
    let axes = site.graph.axes(site.node, 3, shape.len()).unwrap_or_else(|| (0..starts.len()).collect());
    let steps = site.ints(4).unwrap_or_else(|| vec![1; starts.len()]);
    let mut kept = Vec::new();
    for (place, &axis) in axes.iter().enumerate() {
        let (size, step, count) = (shape[axis] as i64, steps[place], output[axis]);
        let start = if starts[place] < 0 { starts[place] + size } else { starts[place] };
        let start = start.clamp(0, if step < 0 { size - 1 } else { size });
        kept.push(match step {
            1 => Kept::Part(axis, start as usize, count),
            _ => Kept::Places(axis, places((0..count as i64).map(|i| start + i * step))?),
        });
    }
    kernel(move |x| {
        kept.iter().try_fold(x.at(0).clone(), |x, kept| match kept {
            Kept::Part(axis, start, count) => x.narrow(*axis, *start, *count),
            Kept::Places(axis, places) => take(&x, *axis, places),
        })
    })
}

fn pad(site: &Site) -> Compiled {
    let pads = Pads::of(site.graph, site.node).ok_or("pads by an input")?;
    let padded: Vec<_> = (0..site.rank(0)).filter(|&axis| (pads.before[axis], pads.after[axis]) != (0, 0)).collect();
    match site.node.text("mode", "constant") {
        "constant" => {
            pad_constant(site, padded.iter().map(|&axis| (axis, pads.before[axis], pads.after[axis])).collect())
        }
        mode => pad_by_places(site, &pads, &padded, mode),
    }
}

/// Negative amounts take away.
fn pad_constant(site: &Site, sides: Vec<(usize, i64, i64)>) -> Compiled {
    let dtype = convert::dtype(site.dtype(0)).expect("foreign types are refused before");
    let zero = Tensor::zeros((), dtype, here()).map_err(|error| error.to_string())?;
    if site.value(2).is_some_and(|value| value.shape.iter().product::<usize>() != 1) {
        return refuse("the padding is no single number");
    }
    kernel(move |x| {
        let fill = x.given(2).map_or(Ok(zero.clone()), |fill| fill.reshape(()))?;
        sides.iter().try_fold(x.at(0).clone(), |x, &(axis, before, after)| padded(&x, &fill, axis, before, after))
    })
}

/// One dimension with so many elements more on each side; negative: fewer.
pub fn padded(x: &Tensor, fill: &Tensor, axis: usize, before: i64, after: i64) -> Result<Tensor> {
    let less = |amount: i64| amount.min(0).unsigned_abs() as usize;
    let (front, size) = (less(before), x.dim(axis)?);
    let x = if front + less(after) > 0 { x.narrow(axis, front, size - front - less(after))? } else { x.clone() };
    let side = |amount: i64| {
        let mut shape = x.dims().to_vec();
        shape[axis] = amount.max(0) as usize;
        fill.broadcast_as(shape)
    };
    match (before > 0, after > 0) {
        (false, false) => Ok(x),
        (true, false) => Tensor::cat(&[&side(before)?, &x], axis),
        (false, true) => Tensor::cat(&[&x, &side(after)?], axis),
        (true, true) => Tensor::cat(&[&side(before)?, &x, &side(after)?], axis),
    }
}

/// Elements of the data itself stand in the padding.
fn pad_by_places(site: &Site, pads: &Pads, axes: &[usize], mode: &str) -> Compiled {
    let mut all = Vec::new();
    for &axis in axes {
        let sources = pads.places(axis, site.shape(0)[axis], mode);
        all.push((axis, places(sources.into_iter().flatten().map(|place| place as i64))?));
    }
    kernel(move |x| all.iter().try_fold(x.at(0).clone(), |x, (axis, places)| take(&x, *axis, places)))
}

/// A scalar of float32.
pub fn scalar(number: f32) -> Tensor {
    Tensor::full(number, (), here()).expect("a scalar needs no more than its number")
}

/// Puts step - 1 zeros between the elements of one dimension.
pub fn spread(x: &Tensor, axis: usize, step: usize) -> Result<Tensor> {
    if step == 1 {
        return Ok(x.clone());
    }
    debug_assert_eq!(x.dtype(), DType::F32);
    let size = x.dim(axis)?;
    let wide = x.unsqueeze(axis + 1)?.pad_with_zeros(axis + 1, 0, step - 1)?.flatten(axis, axis + 1)?;
    wide.narrow(axis, 0, (size - 1) * step + 1)
}
