//! Resize: Burn's interpolation of images where it is the same, else rows looked up, and mixed, dimension by dimension.

use burn_backend::ops::{InterpolateMode, InterpolateOptions};
use burn_backend::tensor::{FloatTensor, IntTensor};
use burn_backend::{Backend, TensorData};

use crate::indexing::selected;
use crate::operators::{Emitted, Site, one, one_float};
use crate::value::dtype;

/// One dimension that changes: where each output element lies among the inputs.
struct Axis {
    axis: usize,
    size: usize,
    positions: Vec<f64>,
}

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let axes = axes(site);
    if site.node.text("mode", "nearest") == "nearest" { nearest(site, &axes) } else { linear(site, &axes) }
}

fn axes<B: Backend>(site: &Site<B>) -> Vec<Axis> {
    let (shape, out) = (site.shape(0), site.out_shape());
    let scales = site.graph.constant_reals(site.node, 2).filter(|scales| !scales.is_empty());
    let mode = site.node.text("coordinate_transformation_mode", "half_pixel");
    let axis = |axis: usize| {
        let (size, count) = (shape[axis], out[axis]);
        let scale = scales.map_or(count as f64 / size as f64, |scales| f64::from(scales[axis]));
        Axis { axis, size, positions: (0..count).map(|i| position(mode, i as f64, scale, size, count)).collect() }
    };
    let moves =
        |axis: &Axis| axis.positions.iter().enumerate().any(|(i, &at)| at != i as f64) || axis.size != out[axis.axis];
    (0..shape.len()).map(axis).filter(moves).collect()
}

fn position(mode: &str, i: f64, scale: f64, size: usize, count: usize) -> f64 {
    // Not rounded: the corners of ONNX are those of what the scale asks for.
    let width = scale * size as f64;
    match mode {
        "asymmetric" => i / scale,
        "align_corners" if width == 1.0 => 0.0,
        "align_corners" => i * (size - 1) as f64 / (width - 1.0),
        "pytorch_half_pixel" if count == 1 => 0.0,
        _ => (i + 0.5) / scale - 0.5,
    }
}

/// The sizes of the image that Burn interpolates, when nothing else changes.
fn image<B: Backend>(site: &Site<B>, axes: &[Axis]) -> Option<[usize; 2]> {
    let out = site.out_shape();
    (site.is_floating(0) && out.len() == 4 && axes.iter().all(|axis| axis.axis >= 2)).then(|| [out[2], out[3]])
}

fn interpolated<B: Backend>(size: [usize; 2], mode: InterpolateMode, align_corners: bool) -> Emitted<B> {
    one_float(move |mut x| {
        let options = InterpolateOptions::new(mode.clone()).with_align_corners(align_corners);
        B::interpolate(x.float(0), size, options)
    })
}

fn nearest<B: Backend>(site: &Site<B>, axes: &[Axis]) -> Emitted<B> {
    let rounding = site.node.text("nearest_mode", "round_prefer_floor");
    let index = |axis: &Axis, at: f64| {
        let rounded = match rounding {
            "floor" => at.floor(),
            "ceil" => at.ceil(),
            "round_prefer_ceil" => (at + 0.5).floor(),
            _ => (at - 0.5).ceil(),
        };
        rounded.clamp(0.0, (axis.size - 1) as f64) as usize
    };
    let tables: Vec<Vec<usize>> =
        axes.iter().map(|axis| axis.positions.iter().map(|&at| index(axis, at)).collect()).collect();
    let is_burns = |(axis, table): (&Axis, &Vec<usize>)| {
        table.iter().enumerate().all(|(i, &at)| at == i * axis.size / table.len())
    };
    if let Some(size) = image(site, axes).filter(|_| axes.iter().zip(&tables).all(is_burns)) {
        return interpolated(size, InterpolateMode::Nearest, true);
    }
    let lookups: Vec<_> = axes.iter().zip(&tables).map(|(axis, table)| (axis.axis, indices(site, table))).collect();
    one(move |mut x| lookups.iter().fold(x.take(0), |value, (axis, table)| selected(value, *axis, table.clone())))
}

fn indices<B: Backend>(site: &Site<B>, table: &[usize]) -> IntTensor<B> {
    let table: Vec<_> = table.iter().map(|&index| index as i32).collect();
    let count = table.len();
    B::int_from_data(TensorData::new(table, vec![count]), site.device)
}

fn linear<B: Backend>(site: &Site<B>, axes: &[Axis]) -> Emitted<B> {
    if !site.is_floating(0) {
        return Err(format!("mixes of {:?}", site.dtype(0)));
    }
    let is_burns = |mode: &'static str| {
        move |axis: &Axis| {
            let count = axis.positions.len();
            let scale = count as f64 / axis.size as f64;
            axis.positions.iter().enumerate().all(|(i, &at)| at == position(mode, i as f64, scale, axis.size, count))
        }
    };
    if let Some(size) = image(site, axes) {
        for (mode, aligned) in [("half_pixel", false), ("align_corners", true)] {
            if axes.iter().all(is_burns(mode)) && (axes.len() == 2 || !aligned) {
                return interpolated(size, InterpolateMode::Bilinear, aligned);
            }
        }
    }
    let mixes: Vec<_> = axes.iter().map(|axis| mix(site, axis)).collect::<Result<_, _>>()?;
    one_float(move |mut x| mixes.iter().fold(x.float(0), |value, mix| mix(value)))
}

type Mix<B> = Box<dyn Fn(FloatTensor<B>) -> FloatTensor<B>>;

/// Each output is a mix of two neighbours.
fn mix<B: Backend>(site: &Site<B>, axis: &Axis) -> Result<Mix<B>, String> {
    let clamped = |at: f64| at.clamp(0.0, (axis.size - 1) as f64) as usize;
    let low: Vec<_> = axis.positions.iter().map(|&at| clamped(at.floor())).collect();
    let high: Vec<_> = axis.positions.iter().map(|&at| clamped(at.floor() + 1.0)).collect();
    let shares: Vec<_> = axis.positions.iter().map(|&at| (at - at.floor()) as f32).collect();
    let mut shape = vec![1; site.rank(0)];
    shape[axis.axis] = shares.len();
    let share = B::float_from_data(TensorData::new(shares, shape).convert_dtype(dtype(site.dtype(0))?), site.device);
    let (low, high, place) = (indices(site, &low), indices(site, &high), axis.axis);
    Ok(Box::new(move |x| {
        let (low, high) = (B::float_select(x.clone(), place, low.clone()), B::float_select(x, place, high.clone()));
        B::float_add(low.clone(), B::float_mul(B::float_sub(high, low), share.clone()))
    }))
}
