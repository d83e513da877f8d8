//! Convolutions. Candle's have one stride, padding and dilation for both dimensions; others are made of these.

use assay_runner::Window;
use candle_core::{Result, Tensor};

use crate::kernel::{Compile, Compiled, Operands, Site, kernel};
use crate::layout::{padded, scalar, spread, take};

pub const OPERATORS: &[(&str, Compile)] = &[("Conv", conv), ("ConvTranspose", conv_transpose)];

/// One number for all dimensions, where it is one.
fn single(numbers: &[usize]) -> Option<usize> {
    numbers.iter().all(|number| number == &numbers[0]).then(|| numbers[0])
}

fn signed(numbers: &[usize]) -> Vec<i64> {
    numbers.iter().map(|&number| number as i64).collect()
}

/// What Candle's convolution is asked for, and what is done before and after it.
struct Plan {
    group: usize,
    /// Zeros around the image that Candle's own padding does not give.
    before: Vec<i64>,
    after: Vec<i64>,
    padding: usize,
    /// Between the numbers of the filter, where dilations differ.
    spread: Vec<usize>,
    dilation: usize,
    stride: usize,
    /// The outputs of a stride of 1 that are kept, where strides differ.
    kept: Vec<Option<Tensor>>,
}

impl Plan {
    /// `before`, `after`: zeros on each side; fewer than none take away.
    fn of(w: &Window, before: Vec<i64>, after: Vec<i64>) -> std::result::Result<Self, String> {
        let count = w.kernel.len();
        let alike = before == after && before.iter().all(|pad| *pad == before[0] && *pad >= 0);
        let padding = if alike { before[0] as usize } else { 0 };
        let none = vec![0; count];
        let (before, after) = if alike { (none.clone(), none) } else { (before, after) };
        let (dilation, spread) = match single(&w.dilations) {
            Some(dilation) => (dilation, vec![1; count]),
            None => (1, w.dilations.clone()),
        };
        let mut kept = vec![None; count];
        let stride = single(&w.strides);
        if stride.is_none() {
            for (i, kept) in kept.iter_mut().enumerate() {
                let list = (0..w.output[i]).map(|place| (place * w.strides[i]) as i64);
                *kept = Some(crate::layout::places(list)?);
            }
        }
        Ok(Self { group: w.group, before, after, padding, spread, dilation, stride: stride.unwrap_or(1), kept })
    }

    fn apply(&self, x: &Tensor, filter: &Tensor) -> Result<Tensor> {
        let (mut image, mut filter, zero) = (x.clone(), filter.clone(), scalar(0.0));
        for i in 0..self.before.len() {
            image = padded(&image, &zero, i + 2, self.before[i], self.after[i])?;
            filter = spread(&filter, i + 2, self.spread[i])?;
        }
        let all = if self.before.len() == 1 {
            image.conv1d(&filter, self.padding, self.stride, self.dilation, self.group)?
        } else {
            image.conv2d(&filter, self.padding, self.stride, self.dilation, self.group)?
        };
        let keep = |x: Tensor, (i, kept): (usize, &Option<Tensor>)| match kept {
            Some(places) => take(&x, i + 2, places),
            None => Ok(x),
        };
        self.kept.iter().enumerate().try_fold(all, keep)
    }
}

fn with_bias(y: Tensor, x: &Operands) -> Result<Tensor> {
    let Some(bias) = x.given(2) else { return Ok(y) };
    let mut shape = vec![1; y.rank()];
    shape[1] = bias.elem_count();
    y.broadcast_add(&bias.reshape(shape)?)
}

fn refuse_dimensions(w: &Window) -> std::result::Result<(), String> {
    match w.input.len() {
        1 | 2 => Ok(()),
        other => Err(format!("{other} spatial dimensions; Candle convolves over 1 or 2")),
    }
}

fn conv(site: &Site) -> Compiled {
    site.need_f32(&[0, 1, 2])?;
    let w = Window::of(site.graph, site.node);
    refuse_dimensions(&w)?;
    let plan = Plan::of(&w, signed(&w.pads_begin), signed(&w.pads_end))?;
    kernel(move |x| with_bias(plan.apply(x.at(0), x.at(1))?, x))
}

/// Candle's own where it can: one padding on all sides, no groups. Else a convolution of the image with zeros between its numbers.
fn conv_transpose(site: &Site) -> Compiled {
    site.need_f32(&[0, 1, 2])?;
    let w = Window::of(site.graph, site.node);
    refuse_dimensions(&w)?;
    let extra: Vec<i64> = site.node.ints("output_padding").map_or(vec![0; w.input.len()], <[i64]>::to_vec);
    let own = || {
        let (padding, stride, dilation) = (single(&w.pads_begin)?, single(&w.strides)?, single(&w.dilations)?);
        let one_extra = extra.iter().all(|more| *more == extra[0]).then(|| extra[0] as usize)?;
        (w.group == 1 && w.pads_begin == w.pads_end && w.input.len() == 2).then_some((padding, one_extra, stride, dilation))
    };
    if let Some((padding, extra, stride, dilation)) = own() {
        return kernel(move |x| with_bias(x.at(0).conv_transpose2d(x.at(1), padding, extra, stride, dilation)?, x));
    }
    let edge = |i: usize, pad: usize| (w.extent(i) - 1) as i64 - pad as i64;
    let before = (0..extra.len()).map(|i| edge(i, w.pads_begin[i])).collect();
    let after = (0..extra.len()).map(|i| edge(i, w.pads_end[i]) + extra[i]).collect();
    let strides = w.strides.clone();
    let even = Window { strides: vec![1; strides.len()], ..w };
    let plan = Plan::of(&even, before, after)?;
    kernel(move |x| {
        let image = strides.iter().enumerate().try_fold(x.at(0).clone(), |x, (i, &step)| spread(&x, i + 2, step))?;
        with_bias(plan.apply(&image, &turned_filter(x.at(1), plan.group)?)?, x)
    })
}

/// [in, out / group, spatial…] as the filter of a convolution, [out, in / group, spatial…], its numbers in reverse order.
fn turned_filter(filter: &Tensor, group: usize) -> Result<Tensor> {
    let axes: Vec<usize> = (2..filter.rank()).collect();
    let parts = filter.flip(&axes)?.chunk(group, 0)?;
    let turned: Vec<Tensor> = parts.iter().map(|part| part.transpose(0, 1)?.contiguous()).collect::<Result<_>>()?;
    Tensor::cat(&turned, 0)
}
