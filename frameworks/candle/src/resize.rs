//! Interpolation of images, dimension by dimension: what each output reads is known before a step.

use candle_core::{Result, Tensor};

use crate::device::here;
use crate::kernel::{Compile, Compiled, Site, kernel};
use crate::layout::{places, take};

pub const OPERATORS: &[(&str, Compile)] = &[("Resize", resize)];

/// One dimension: repeated by a whole number, taken from single places, or mixed from two neighbours.
enum Axis {
    Repeated(usize, usize),
    Nearest(usize, Tensor),
    Linear(usize, Tensor, Tensor, Tensor),
}

fn resize(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let (input, output) = (site.shape(0), site.output_shape(0));
    let scales = site.graph.constant_reals(site.node, 2).filter(|scales| !scales.is_empty()).map(<[f32]>::to_vec);
    let mut axes = Vec::new();
    for axis in
        (0..input.len()).filter(|&axis| input[axis] != output[axis] || scales.as_ref().is_some_and(|s| s[axis] != 1.0))
    {
        let scale = scales.as_ref().map_or(output[axis] as f64 / input[axis] as f64, |scales| scales[axis].into());
        let mode = site.node.text("coordinate_transformation_mode", "half_pixel");
        let source: Vec<f64> =
            (0..output[axis]).map(|place| coordinate(mode, place as f64, input[axis], output[axis], scale)).collect();
        axes.push(match site.node.text("mode", "nearest") {
            "nearest" => nearest(axis, input[axis], &source, site.node.text("nearest_mode", "round_prefer_floor"))?,
            _ => linear(axis, input[axis], &source, input.len())?,
        });
    }
    if let Some((high, wide)) = own_upsampling(site, &axes) {
        return kernel(move |x| x.at(0).upsample_nearest2d(high, wide));
    }
    kernel(move |x| axes.iter().try_fold(x.at(0).clone(), |x, axis| axis.apply(&x)))
}

/// The size that Candle's operator makes of an image, where it does just that. Its gradient loses what others add (docs/findings.md).
fn own_upsampling(site: &Site, axes: &[Axis]) -> Option<(usize, usize)> {
    let shape = site.output_shape(0);
    let whole = matches!(axes, [Axis::Repeated(2, _), Axis::Repeated(3, _)]);
    (whole && !site.gradients).then(|| (shape[2], shape[3]))
}

/// Where an output lies in the input, as ONNX's modes say.
fn coordinate(mode: &str, place: f64, input: usize, output: usize, scale: f64) -> f64 {
    match mode {
        "asymmetric" => place / scale,
        "align_corners" => {
            let width = scale * input as f64;
            if width == 1.0 { 0.0 } else { place * (input - 1) as f64 / (width - 1.0) }
        }
        "pytorch_half_pixel" if output == 1 => 0.0,
        _ => (place + 0.5) / scale - 0.5,
    }
}

fn rounded(x: f64, mode: &str) -> f64 {
    match mode {
        "floor" => x.floor(),
        "ceil" => x.ceil(),
        "round_prefer_ceil" => (x + 0.5).floor(),
        _ => (x - 0.5).ceil(),
    }
}

fn nearest(axis: usize, size: usize, source: &[f64], mode: &str) -> std::result::Result<Axis, String> {
    let list: Vec<i64> = source.iter().map(|&x| rounded(x, mode).clamp(0.0, (size - 1) as f64) as i64).collect();
    let times = list.len() / size;
    let repeats = times > 0
        && list.len() == times * size
        && list.iter().enumerate().all(|(place, &from)| from as usize == place / times);
    Ok(if repeats { Axis::Repeated(axis, times) } else { Axis::Nearest(axis, places(list)?) })
}

fn linear(axis: usize, size: usize, source: &[f64], rank: usize) -> std::result::Result<Axis, String> {
    let within = |x: f64| x.clamp(0.0, (size - 1) as f64);
    let low = places(source.iter().map(|&x| within(x.floor()) as i64))?;
    let high = places(source.iter().map(|&x| within(x.floor() + 1.0) as i64))?;
    let mut shape = vec![1; rank];
    shape[axis] = source.len();
    let share = Tensor::from_iter(source.iter().map(|&x| (x - x.floor()) as f32), here());
    let share = share.and_then(|share| share.reshape(shape)).map_err(|error| error.to_string())?;
    Ok(Axis::Linear(axis, low, high, share))
}

impl Axis {
    fn apply(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Axis::Repeated(axis, times) => {
                let wide = x.unsqueeze(axis + 1)?;
                let mut shape = wide.dims().to_vec();
                shape[axis + 1] = *times;
                wide.broadcast_as(shape)?.flatten(*axis, axis + 1)
            }
            Axis::Nearest(axis, places) => take(x, *axis, places),
            Axis::Linear(axis, low, high, share) => {
                let (low, high) = (take(x, *axis, low)?, take(x, *axis, high)?);
                let rise = (high - &low)?.broadcast_mul(share)?;
                low + rise
            }
        }
    }
}
