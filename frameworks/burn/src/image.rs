//! Convolutions of one, two and three spatial dimensions.

use assay_runner::Window;
use burn_backend::Backend;
use burn_backend::ops::{ConvOptions, ConvTransposeOptions, PadMode};
use burn_backend::tensor::FloatTensor;

use crate::layout::part;
use crate::operators::{Emitted, Site, one_float};
use crate::value::Value;

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let window = Window::of(site.graph, site.node);
    let spatial = window.input.len();
    if !(1..=3).contains(&spatial) {
        return Err(format!("Burn convolves in one to three dimensions, not {spatial}"));
    }
    if site.node.op == "Conv" { forward(window) } else { transposed(window) }
}

/// Zeros around the spatial dimensions.
pub fn surrounded<B: Backend>(x: FloatTensor<B>, window: &Window, value: f32) -> FloatTensor<B> {
    let pads = window.pads_begin.iter().copied().zip(window.pads_end.iter().copied());
    let pads: Vec<_> = [(0, 0), (0, 0)].into_iter().chain(pads).collect();
    if pads.iter().all(|&pad| pad == (0, 0)) { x } else { B::float_pad(x, &pads, PadMode::Constant(value)) }
}

pub fn array<const N: usize>(sizes: &[usize]) -> [usize; N] {
    sizes.try_into().expect("as many entries as dimensions")
}

/// Burn's conv3d takes the same padding on both sides only.
fn forward<B: Backend>(mut window: Window) -> Emitted<B> {
    let ahead = (window.input.len() == 3 && window.pads_begin != window.pads_end).then(|| window.clone());
    if ahead.is_some() {
        window.pads_begin.fill(0);
        window.pads_end.fill(0);
    }
    one_float(move |mut x| {
        let input = x.float(0);
        let input = match &ahead {
            Some(window) => surrounded::<B>(input, window, 0.0),
            None => input,
        };
        convolved::<B>(input, x.float(1), x.given(2).map(Value::float), &window)
    })
}

pub fn convolved<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: Option<FloatTensor<B>>,
    window: &Window,
) -> FloatTensor<B> {
    match window.input.len() {
        1 => B::conv1d(x, weight, bias, options(window)),
        2 => B::conv2d(x, weight, bias, options(window)),
        _ => B::conv3d(x, weight, bias, options(window)),
    }
}

fn options<const N: usize>(window: &Window) -> ConvOptions<N> {
    let pads = std::array::from_fn(|i| (window.pads_begin[i], window.pads_end[i]));
    ConvOptions::new_with_padding(array(&window.strides), pads, array(&window.dilations), window.group)
}

/// Burn cuts the same off both sides; another cut is a slice of what is not cut.
fn transposed<B: Backend>(mut window: Window) -> Emitted<B> {
    let spatial = window.input.len();
    let extra: Vec<_> = (0..spatial)
        .map(|i| {
            let all = (window.input[i] - 1) * window.strides[i] + window.extent(i);
            window.output[i] + window.pads_begin[i] + window.pads_end[i] - all
        })
        .collect();
    let cuts = (window.pads_begin != window.pads_end).then(|| window.pads_begin.clone());
    if cuts.is_some() {
        window.pads_begin.fill(0);
    }
    one_float(move |mut x| {
        let (input, weight, bias) = (x.float(0), x.float(1), x.given(2).map(Value::float));
        let whole = match spatial {
            1 => B::conv_transpose1d(input, weight, bias, transposed_options(&window, &extra)),
            2 => B::conv_transpose2d(input, weight, bias, transposed_options(&window, &extra)),
            _ => B::conv_transpose3d(input, weight, bias, transposed_options(&window, &extra)),
        };
        let Some(cuts) = &cuts else { return whole };
        let cut = |value, i: usize| part(value, i + 2, cuts[i], cuts[i] + window.output[i]);
        (0..spatial).fold(Value::<B>::Float(whole), cut).float()
    })
}

fn transposed_options<const N: usize>(window: &Window, extra: &[usize]) -> ConvTransposeOptions<N> {
    let (strides, pads, dilations) = (array(&window.strides), array(&window.pads_begin), array(&window.dilations));
    ConvTransposeOptions::new(strides, pads, array(extra), dilations, window.group)
}
