//! Reductions, softmax, and the cross entropy.

use candle_core::{D, DType, Result, Tensor};

use crate::device::here;
use crate::kernel::{Compile, Compiled, Operands, Site, kernel, kernels};

pub const OPERATORS: &[(&str, Compile)] = &[
    ("GlobalAveragePool", |_| kernel(global_average)),
    ("GlobalMaxPool", global_max),
    ("LogSoftmax", |site| along(site, candle_nn::ops::log_softmax)),
    ("ReduceL1", |site| reduce(site, |x, axes| x.abs()?.sum_keepdim(axes))),
    ("ReduceL2", |site| reduce(site, |x, axes| x.sqr()?.sum_keepdim(axes)?.sqrt())),
    ("ReduceLogSum", |site| reduce(site, |x, axes| x.sum_keepdim(axes)?.log())),
    ("ReduceLogSumExp", |site| reduce(site, log_sum_exp)),
    ("ReduceMax", |site| reduce(site, |x, axes| one_by_one(x, axes, Tensor::max_keepdim))),
    ("ReduceMean", |site| reduce(site, |x, axes| x.mean_keepdim(axes))),
    ("ReduceMin", |site| reduce(site, |x, axes| one_by_one(x, axes, Tensor::min_keepdim))),
    ("ReduceProd", |site| reduce(site, |x, axes| one_by_one(x, axes, product))),
    ("ReduceSum", |site| reduce(site, |x, axes| x.sum_keepdim(axes))),
    ("ReduceSumSquare", |site| reduce(site, |x, axes| x.sqr()?.sum_keepdim(axes))),
    ("Softmax", softmax),
    ("SoftmaxCrossEntropyLoss", cross_entropy),
];

fn global_average(x: &Operands) -> Result<Tensor> {
    let axes: Vec<usize> = (2..x.at(0).rank()).collect();
    x.at(0).mean_keepdim(axes)
}

fn global_max(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let shape = site.output_shape(0);
    kernel(move |x| x.at(0).flatten_from(2)?.max_keepdim(2)?.reshape(shape.as_slice()))
}

/// Relative to the largest, as Candle's own, but to zero where that is infinite.
fn log_sum_exp(x: &Tensor, axes: Vec<usize>) -> Result<Tensor> {
    let largest = one_by_one(&x.detach(), axes.clone(), Tensor::max_keepdim)?;
    let largest = largest.abs()?.eq(f32::INFINITY)?.where_cond(&largest.zeros_like()?, &largest)?;
    x.broadcast_sub(&largest)?.exp()?.sum_keepdim(axes)?.log()? + largest
}

/// Candle has none: one half of a dimension times the other, until there is one element.
fn product(x: &Tensor, axis: usize) -> Result<Tensor> {
    let mut all = x.clone();
    if x.dim(axis)? == 0 {
        return all.pad_with_zeros(axis, 0, 1)?.ones_like();
    }
    while all.dim(axis)? > 1 {
        let (half, is_odd) = (all.dim(axis)? / 2, all.dim(axis)? % 2 == 1);
        let halves = (all.narrow(axis, 0, half)? * all.narrow(axis, half, half)?)?;
        all = if is_odd { Tensor::cat(&[&halves, &all.narrow(axis, 2 * half, 1)?], axis)? } else { halves };
    }
    Ok(all)
}

fn one_by_one(x: &Tensor, axes: Vec<usize>, compute: fn(&Tensor, usize) -> Result<Tensor>) -> Result<Tensor> {
    axes.into_iter().try_fold(x.clone(), |x, axis| compute(&x, axis))
}

fn reduce(site: &Site, compute: fn(&Tensor, Vec<usize>) -> Result<Tensor>) -> Compiled {
    site.need_f32(&[0])?;
    let (rank, shape) = (site.rank(0), site.output_shape(0));
    let axes = site.graph.axes(site.node, 1, rank).filter(|axes| !axes.is_empty());
    let nothing = axes.is_none() && site.node.flag("noop_with_empty_axes", false);
    let axes = if nothing { Vec::new() } else { axes.unwrap_or_else(|| (0..rank).collect()) };
    kernel(move |x| compute(x.at(0), axes.clone())?.reshape(shape.as_slice()))
}

fn along(site: &Site, compute: fn(&Tensor, usize) -> Result<Tensor>) -> Compiled {
    site.need_f32(&[0])?;
    let axis = site.node.axis(-1, site.rank(0));
    kernel(move |x| compute(x.at(0), axis))
}

fn softmax(site: &Site) -> Compiled {
    let is_last = site.node.axis(-1, site.rank(0)) + 1 == site.rank(0);
    if is_last && !site.gradients {
        return along(site, |x, _| candle_nn::ops::softmax_last_dim(&x.contiguous()?));
    }
    along(site, candle_nn::ops::softmax)
}

/// Over rows of classes: [rows, classes] scores, [rows] labels. The mean of all rows is candle_nn's own loss.
fn cross_entropy(site: &Site) -> Compiled {
    let ignored = site.node.attributes.contains_key("ignore_index").then(|| site.node.int("ignore_index", 0));
    let reduction = site.node.text("reduction", "mean").to_string();
    let plain =
        ignored.is_none() && !site.is_given(2) && !site.is_wanted(1) && reduction == "mean" && site.rank(0) == 2;
    if plain {
        return kernel(|x| candle_nn::loss::cross_entropy(x.at(0), x.at(1)));
    }
    let (shape, log_shape) = (site.output_shape(0), site.shape(0));
    kernels(move |x| {
        let scores = rows_of_classes(x.at(0))?;
        let labels = x.at(1).flatten_all()?.to_dtype(DType::I64)?;
        let log_probabilities = candle_nn::ops::log_softmax(&scores, 1)?;
        let kept = match ignored {
            Some(label) => labels.ne(label)?.to_dtype(DType::F32)?,
            None => Tensor::ones(labels.dims(), DType::F32, here())?,
        };
        let classes = scores.dim(1)? as i64;
        let safe = labels.maximum(0i64)?.minimum(classes - 1)?;
        let weights = match x.given(2) {
            Some(weights) => (weights.index_select(&safe, 0)? * &kept)?,
            None => kept,
        };
        let losses = (log_probabilities.gather(&safe.unsqueeze(1)?, 1)?.squeeze(1)?.neg()? * &weights)?;
        let loss = match reduction.as_str() {
            "none" => losses.reshape(shape.as_slice())?,
            "sum" => losses.sum_all()?,
            _ => (losses.sum_all()? / weights.sum_all()?)?,
        };
        Ok(vec![loss, in_place_of_scores(&log_probabilities, &log_shape)?])
    })
}

/// [batch, classes, more…] as [batch * more, classes].
fn rows_of_classes(scores: &Tensor) -> Result<Tensor> {
    let classes = scores.dim(1)?;
    let scores = scores.reshape((scores.dim(0)?, classes, ()))?.transpose(1, 2)?;
    scores.reshape(((), classes))
}

fn in_place_of_scores(rows: &Tensor, shape: &[usize]) -> Result<Tensor> {
    let more: usize = shape[2..].iter().product();
    rows.reshape((shape[0], more, shape[1]))?.transpose(1, D::Minus1)?.reshape(shape)
}

#[cfg(test)]
mod tests {
    use super::{log_sum_exp, product};
    use crate::testing::{numbers, vector};

    #[test]
    fn every_number_is_in_the_product_once() {
        let product = |list: &[f32]| numbers(product(&vector(list), 0));
        assert_eq!((product(&[2.0, 3.0, 5.0, 7.0, 11.0]), product(&[2.0, 3.0, 5.0])), (vec![2310.0], vec![30.0]));
        assert_eq!((product(&[4.0]), product(&[])), (vec![4.0], vec![1.0]));
    }

    #[test]
    fn infinite_logarithms_stay_so() {
        let of = |list: &[f32]| numbers(log_sum_exp(&vector(list), vec![0]));
        assert_eq!(of(&[f32::NEG_INFINITY, f32::NEG_INFINITY]), [f32::NEG_INFINITY]);
        assert_eq!(of(&[1.0, f32::INFINITY]), [f32::INFINITY]);
        assert_eq!(of(&[1000.0, f32::NEG_INFINITY]), [1000.0]);
    }
}
