//! Pools. Burn has them for one and two dimensions with the same padding on both sides; the others are composed.

use assay_runner::Window;
use burn_backend::Backend;
use burn_backend::tensor::{FloatTensor, IntTensor};
use burn_backend::{DType, IntDType};

use crate::image::{array, convolved, surrounded};
use crate::matrix::full;
use crate::operators::{Emitted, Site, one_float};
use crate::value::{Value, dtype, reshape};

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "GlobalAveragePool" => return global(site, B::float_mean_dim),
        "GlobalMaxPool" => return global(site, B::float_max_dim),
        _ => (),
    }
    let window = Window::of(site.graph, site.node);
    match (site.node.op.as_str(), window.input.len()) {
        ("MaxPool", 1 | 2) if site.wanted(1) => max_with_indices(site, window),
        ("MaxPool", 1..=3) if !site.wanted(1) => max(window),
        ("AveragePool", 1..=3) => average(site, window),
        (_, spatial) if spatial > 3 => Err(format!("Burn has pools of one and two dimensions, not {spatial}")),
        _ => Err("Burn has no places of maxima in three dimensions".to_string()),
    }
}

fn global<B: Backend>(site: &Site<B>, along: fn(FloatTensor<B>, usize) -> FloatTensor<B>) -> Emitted<B> {
    let (shape, out) = (site.shape(0), site.out_shape());
    let flat = [shape[0], shape[1], shape[2..].iter().product()];
    one_float(move |mut x| reshape::<B>(along(reshape::<B>(x.float(0), &flat), 2), &out))
}

/// Whether the window needs nothing but the same padding on both sides.
fn is_plain(window: &Window) -> bool {
    let rounded_down = |i: usize| {
        (window.input[i] + 2 * window.pads_begin[i] - window.extent(i)) / window.strides[i] + 1 == window.output[i]
    };
    window.pads_begin == window.pads_end && (0..window.input.len()).all(rounded_down)
}

/// The padding that the outputs ask for, to be put around the input, and the window that then needs none.
fn explicit(mut window: Window) -> (Window, Window) {
    for i in 0..window.input.len() {
        let reach = (window.output[i] - 1) * window.strides[i] + window.extent(i);
        window.pads_end[i] = reach.saturating_sub(window.input[i] + window.pads_begin[i]);
    }
    let mut inner = window.clone();
    for i in 0..inner.input.len() {
        inner.input[i] += window.pads_begin[i] + window.pads_end[i];
    }
    inner.pads_begin.fill(0);
    inner.pads_end.fill(0);
    (window, inner)
}

/// The padding to put around, if any, and the window for Burn.
fn prepared(window: Window) -> (Option<Window>, Window) {
    if is_plain(&window) {
        return (None, window);
    }
    let (around, inner) = explicit(window);
    (Some(around), inner)
}

fn max<B: Backend>(window: Window) -> Emitted<B> {
    let (around, window) = prepared(window);
    one_float(move |mut x| {
        let input = x.float(0);
        let input = match &around {
            Some(window) => surrounded::<B>(input, window, f32::NEG_INFINITY),
            None => input,
        };
        match window.input.len() {
            1 => {
                let [kernel, stride, pad, dilation] = settings::<1>(&window).map(|[size]| size);
                B::max_pool1d(input, kernel, stride, pad, dilation, false)
            }
            2 => {
                let [kernel, stride, pad, dilation] = settings::<2>(&window);
                B::max_pool2d(input, kernel, stride, pad, dilation, false)
            }
            _ => max_of_three::<B>(input, &window),
        }
    })
}

/// Kernel, strides, padding and dilations.
fn settings<const N: usize>(window: &Window) -> [[usize; N]; 4] {
    [array(&window.kernel), array(&window.strides), array(&window.pads_begin), array(&window.dilations)]
}

/// First along the last two dimensions, then along the first.
fn max_of_three<B: Backend>(x: FloatTensor<B>, window: &Window) -> FloatTensor<B> {
    let [batch, channels, depth, height, width] = array(&crate::value::shape_of::<B>(&x));
    let [kernel, strides, pads, dilations] = settings::<3>(window);
    let last = |sizes: [usize; 3]| [sizes[1], sizes[2]];
    let x = reshape::<B>(x, &[batch, channels * depth, height, width]);
    let x = B::max_pool2d(x, last(kernel), last(strides), last(pads), last(dilations), false);
    let [_, _, height, width] = array(&crate::value::shape_of::<B>(&x));
    let x = reshape::<B>(x, &[batch, channels, depth, height * width]);
    let first = |sizes: [usize; 3], other| [sizes[0], other];
    let x = B::max_pool2d(x, first(kernel, 1), first(strides, 1), first(pads, 0), first(dilations, 1), false);
    reshape::<B>(x, &[&[batch, channels], window.output.as_slice()].concat())
}

/// ONNX counts places in the whole tensor, Burn in one image, which may have padding here.
fn max_with_indices<B: Backend>(site: &Site<B>, window: Window) -> Emitted<B> {
    let (shape, out) = (site.shape(0), site.out_shape());
    let begins = if is_plain(&window) { vec![0; window.input.len()] } else { window.pads_begin.clone() };
    let (around, window) = prepared(window);
    let two = |sizes: &[usize], one: usize| if sizes.len() == 1 { [one, sizes[0]] } else { array(sizes) };
    let [height, width] = two(&shape[2..], 1);
    let places = Places {
        images: shape[0] * shape[1],
        size: [height, width],
        begins: two(&begins, 0),
        padded_width: *window.input.last().expect("a spatial dimension"),
        by_column: site.node.flag("storage_order", false),
    };
    let [kernel, strides, pads, dilations] =
        [two(&window.kernel, 1), two(&window.strides, 1), two(&window.pads_begin, 0), two(&window.dilations, 1)];
    let device = site.device.clone();
    Ok(Box::new(move |mut x| {
        let input = match &around {
            Some(window) => surrounded::<B>(x.float(0), window, f32::NEG_INFINITY),
            None => x.float(0),
        };
        let input_shape = crate::value::shape_of::<B>(&input);
        let image = [&[shape[0], shape[1]], two(&input_shape[2..], 1).as_slice()].concat();
        let found = B::max_pool2d_with_indices(
            reshape::<B>(input, &image),
            kernel,
            strides,
            pads,
            dilations,
            false,
            IntDType::I64,
        );
        let indices = places.in_the_tensor::<B>(found.indices, &device);
        vec![Some(Value::Float(reshape::<B>(found.output, &out))), Some(Value::Int(indices).reshape(&out))]
    }))
}

struct Places {
    images: usize,
    size: [usize; 2],
    begins: [usize; 2],
    padded_width: usize,
    by_column: bool,
}

impl Places {
    fn in_the_tensor<B: Backend>(&self, indices: IntTensor<B>, device: &B::Device) -> IntTensor<B> {
        let width = self.padded_width as i64;
        let indices = B::int_cast(indices, IntDType::I64);
        let count = burn_backend::TensorMetadata::shape(&indices).num_elements() / self.images;
        let indices = Value::<B>::Int(indices).reshape(&[self.images, count]).int();
        let less = |tensor, by: usize| B::int_sub_scalar(tensor, (by as i64).into());
        let row = less(B::int_div_scalar(indices.clone(), width.into()), self.begins[0]);
        let column = less(B::int_remainder_scalar(indices, width.into()), self.begins[1]);
        let [height, width] = self.size.map(|size| size as i64);
        let (major, minor, length) = if self.by_column { (column, row, height) } else { (row, column, width) };
        let within = B::int_add(B::int_mul_scalar(major, length.into()), minor);
        let images = B::int_arange(0..self.images as i64, device, IntDType::I64);
        let begins = Value::<B>::Int(B::int_mul_scalar(images, (height * width).into())).reshape(&[self.images, 1]);
        B::int_add(within, begins.int())
    }
}

fn average<B: Backend>(site: &Site<B>, window: Window) -> Emitted<B> {
    let counts_padding = site.node.flag("count_include_pad", false);
    if window.dilations.iter().any(|&dilation| dilation > 1) || window.input.len() == 3 || !is_plain(&window) {
        return average_by_convolution(site, window, counts_padding);
    }
    one_float(move |mut x| match window.input.len() {
        1 => {
            let [kernel, stride, pad, _] = settings::<1>(&window).map(|[size]| size);
            B::avg_pool1d(x.float(0), kernel, stride, pad, counts_padding, false)
        }
        _ => {
            let [kernel, stride, pad, _] = settings::<2>(&window);
            B::avg_pool2d(x.float(0), kernel, stride, pad, counts_padding, false)
        }
    })
}

/// Sums by a filter of ones, over how many elements each has.
fn average_by_convolution<B: Backend>(site: &Site<B>, window: Window, counts_padding: bool) -> Emitted<B> {
    let channels = site.shape(0)[1];
    let counts = counts(&window, counts_padding);
    let (around, mut inner) = explicit(window);
    inner.group = channels;
    let dtype: DType = dtype(site.dtype(0))?;
    let ones = full::<B>(&[&[channels, 1], inner.kernel.as_slice()].concat(), 1.0, site.device, dtype);
    let shape = [&[1, 1], inner.output.as_slice()].concat();
    let counts = burn_backend::TensorData::new(counts, shape).convert_dtype(dtype);
    let counts = B::float_from_data(counts, site.device);
    one_float(move |mut x| {
        let sums = convolved::<B>(surrounded::<B>(x.float(0), &around, 0.0), ones.clone(), None, &inner);
        B::float_div(sums, counts.clone())
    })
}

/// How many elements each output is the mean of: those of the input, with `counts_padding` those of the padding that was asked for, too.
fn counts(window: &Window, counts_padding: bool) -> Vec<f32> {
    let along = |i: usize| -> Vec<f32> {
        let (low, high) = match counts_padding {
            true => (0, window.pads_begin[i] + window.input[i] + window.pads_end[i]),
            false => (window.pads_begin[i], window.pads_begin[i] + window.input[i]),
        };
        let count = |output: usize| {
            let at = |k: usize| output * window.strides[i] + k * window.dilations[i];
            (0..window.kernel[i]).filter(|&k| (low..high).contains(&at(k))).count() as f32
        };
        (0..window.output[i]).map(count).collect()
    };
    (0..window.input.len()).fold(vec![1.0], |all, i| {
        let along = along(i);
        all.iter().flat_map(|&before| along.iter().map(move |&count| before * count)).collect()
    })
}
