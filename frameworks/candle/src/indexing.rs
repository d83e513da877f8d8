//! Operators that take or put elements by indices. Candle's indices count from the start; ours may count from the end.

use candle_core::{DType, Result, Tensor};

use crate::convert;
use crate::device::here;
use crate::kernel::{Compile, Compiled, Site, kernel, refuse};

pub const OPERATORS: &[(&str, Compile)] = &[
    ("Gather", gather),
    ("GatherElements", gather_elements),
    ("GatherND", gather_nd),
    ("OneHot", one_hot),
    ("ScatterElements", scatter_elements),
    ("ScatterND", scatter_nd),
];

/// Indices in int64 that count from the start.
fn from_the_start(indices: &Tensor, size: usize) -> Result<Tensor> {
    let indices = indices.to_dtype(DType::I64)?.contiguous()?;
    let turned = (&indices + Tensor::full(size as i64, indices.shape(), here())?)?;
    indices.lt(0i64)?.where_cond(&turned, &indices)
}

fn gather(site: &Site) -> Compiled {
    let (axis, shape) = (site.node.axis(0, site.rank(0)), site.output_shape(0));
    let size = site.shape(0)[axis];
    kernel(move |x| {
        let indices = from_the_start(&x.at(1).flatten_all()?, size)?;
        x.at(0).contiguous()?.index_select(&indices, axis)?.reshape(shape.as_slice())
    })
}

fn gather_elements(site: &Site) -> Compiled {
    let axis = site.node.axis(0, site.rank(0));
    let size = site.shape(0)[axis];
    // Candle's gather wants all other dimensions as long as the data's; ONNX's may be shorter.
    let kept: Vec<usize> = site.shape(1);
    kernel(move |x| {
        let data =
            (0..kept.len()).filter(|&i| i != axis).try_fold(x.at(0).clone(), |data, i| data.narrow(i, 0, kept[i]))?;
        data.contiguous()?.gather(&from_the_start(x.at(1), size)?, axis)
    })
}

/// Places in the flattened leading dimensions of the data: [.., depth] indices, of which each counts along one dimension.
fn flat_places(indices: &Tensor, sizes: &[usize]) -> Result<Tensor> {
    let depth = indices.dim(candle_core::D::Minus1)?;
    let mut all: Option<Tensor> = None;
    for (i, &size) in sizes.iter().enumerate().take(depth) {
        let index = from_the_start(&indices.narrow(candle_core::D::Minus1, i, 1)?.flatten_all()?, size)?;
        all = Some(match all {
            Some(all) => ((all * Tensor::full(size as i64, index.shape(), here())?)? + index)?,
            None => index,
        });
    }
    all.ok_or_else(|| candle_core::Error::Msg("indices of no dimension".to_string()))
}

fn gather_nd(site: &Site) -> Compiled {
    let batch = site.node.int("batch_dims", 0) as usize;
    let (shape, output) = (site.shape(0), site.output_shape(0));
    let depth = *site.shape(1).last().expect("indices have a dimension");
    let sizes = shape[batch..batch + depth].to_vec();
    let (batches, count): (usize, usize) = (shape[..batch].iter().product(), sizes.iter().product());
    let rest: usize = shape[batch + depth..].iter().product();
    kernel(move |x| {
        let places = flat_places(x.at(1), &sizes)?;
        let each = places.elem_count() / batches.max(1);
        let starts: Vec<i64> = (0..places.elem_count()).map(|place| (place / each.max(1) * count) as i64).collect();
        let places = (places + Tensor::from_vec(starts, batches * each, here())?)?;
        x.at(0).reshape((batches * count, rest))?.index_select(&places, 0)?.reshape(output.as_slice())
    })
}

fn one_hot(site: &Site) -> Compiled {
    let depth = site.output_shape(0)[site.node.axis(-1, site.rank(0) + 1)];
    let (axis, output) = (site.node.axis(-1, site.rank(0) + 1), site.output_shape(0));
    if site.dtype(0) == assay_runner::Dtype::F32 {
        return refuse("the indices are float32");
    }
    let mut shape = vec![1; site.rank(0) + 1];
    shape[axis] = depth;
    kernel(move |x| {
        let classes = Tensor::arange(0i64, depth as i64, here())?.reshape(shape.as_slice())?;
        let hot = from_the_start(x.at(0), depth)?.unsqueeze(axis)?.broadcast_eq(&classes)?;
        let value = |place| x.at(2).narrow(0, place, 1)?.broadcast_as(output.as_slice());
        hot.where_cond(&value(1)?, &value(0)?)
    })
}

/// Puts (reduction none) or adds.
fn adds(site: &Site) -> std::result::Result<bool, String> {
    match site.node.text("reduction", "none") {
        "none" => Ok(false),
        "add" => Ok(true),
        _ => Err("scatters by none and add only".to_string()),
    }
}

fn scatter_elements(site: &Site) -> Compiled {
    let (axis, adds) = (site.node.axis(0, site.rank(0)), adds(site)?);
    let (shape, indices) = (site.shape(0), site.shape(1));
    if (0..shape.len()).any(|i| i != axis && indices[i] != shape[i]) {
        return refuse("Candle scatters over whole dimensions beside the axis");
    }
    kernel(move |x| {
        let (data, updates) = (x.at(0).contiguous()?, x.at(2).contiguous()?);
        let indices = from_the_start(x.at(1), shape[axis])?;
        if adds { data.scatter_add(&indices, &updates, axis) } else { data.scatter(&indices, &updates, axis) }
    })
}

fn scatter_nd(site: &Site) -> Compiled {
    let (shape, adds) = (site.shape(0), adds(site)?);
    let depth = *site.shape(1).last().expect("indices have a dimension");
    convert::dtype(site.dtype(0)).expect("foreign types are refused before");
    let (sizes, rest) = (shape[..depth].to_vec(), shape[depth..].iter().product::<usize>());
    let count: usize = sizes.iter().product();
    kernel(move |x| {
        let places = flat_places(x.at(1), &sizes)?;
        let (data, updates) = (x.at(0).reshape((count, rest))?, x.at(2).reshape((places.elem_count(), rest))?);
        let (data, updates) = (data.contiguous()?, updates.contiguous()?);
        let whole = places.unsqueeze(1)?.broadcast_as(updates.shape())?.contiguous()?;
        let put = if adds { data.index_add(&places, &updates, 0)? } else { data.scatter(&whole, &updates, 0)? };
        put.reshape(shape.as_slice())
    })
}
