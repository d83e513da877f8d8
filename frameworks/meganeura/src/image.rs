//! Operators on images [batch, channels, height, width], and on sound, which is an image of height 1.

use assay_runner::{Node, Window};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter, Floats, refuse};
use crate::normalization::{Factor, follows_conv};

/// The window over an image, as the framework takes one.
struct Sweep {
    input: [u32; 2],
    kernel: [u32; 2],
    pads: [u32; 2],
    stride: u32,
}

fn sweep(e: &Emitter, node: &Node) -> Result<Sweep, String> {
    let window = Window::of(e.source, node);
    let count = window.input.len();
    if !(1..=2).contains(&count) {
        return refuse("has one or two dimensions of space");
    }
    let strides = &window.strides;
    // A dimension that has no room to move has any stride.
    let moves = |axis: usize| window.output[axis] > 1;
    let stride = (0..count).find(|&axis| moves(axis)).map_or(1, |axis| strides[axis]);
    let refusals = [
        (window.pads_begin != window.pads_end, "pads both sides alike"),
        (window.dilations.iter().any(|&dilation| dilation != 1), "has no dilation"),
        ((0..count).any(|axis| moves(axis) && strides[axis] != stride), "has one stride"),
        ((0..count).any(|axis| swept(&window, axis, stride) != window.output[axis]), "rounds sizes down"),
    ];
    if let Some((_, why)) = refusals.into_iter().find(|(is_so, _)| *is_so) {
        return refuse(why);
    }
    let both = |sizes: &[usize], absent: u32| {
        if count == 1 { [absent, sizes[0] as u32] } else { [sizes[0] as u32, sizes[1] as u32] }
    };
    let (input, kernel, pads) = (both(&window.input, 1), both(&window.kernel, 1), both(&window.pads_begin, 0));
    Ok(Sweep { input, kernel, pads, stride: stride as u32 })
}

fn swept(window: &Window, axis: usize, stride: usize) -> usize {
    (window.input[axis] + 2 * window.pads_begin[axis]).saturating_sub(window.kernel[axis]) / stride + 1
}

pub fn conv(e: &mut Emitter, node: &Node) -> Emitted {
    let output = node.output(0).expect("a first output");
    let consumer = e.source.consumers(output).first().map(|&place| &e.source.nodes[place]);
    if consumer.is_some_and(|next| next.op == "BatchNormalization" && follows_conv(e, next).is_some()) {
        return Ok(e.graph.scalar(0.0)); // the normalisation computes both, and nobody else reads this
    }
    convolve(e, node, None)
}

fn is_depthwise(e: &Emitter, node: &Node) -> bool {
    let group = node.int("group", 1) as usize;
    group > 1 && group == e.shape(node, 0)[1] && group == e.shape(node, 1)[0]
}

/// As the framework's operators take it; else patches are multiplied. That of a filter a channel has no gradient.
fn own_sweep(e: &Emitter, node: &Node) -> Option<Sweep> {
    let is_taken = if is_depthwise(e, node) { !e.training } else { node.int("group", 1) == 1 };
    sweep(e, node).ok().filter(|_| is_taken)
}

/// With filters times a factor for each channel that comes out.
pub fn convolve(e: &mut Emitter, node: &Node, factor: Option<&Factor>) -> Emitted {
    let w = scaled_filters(e, node, factor)?;
    let w = e.flat(w);
    let y = match own_sweep(e, node) {
        Some(sweep) => swept_by(e, node, w, &sweep)?,
        None => crate::patches::convolution(e, node, w)?,
    };
    e.with_channel_bias(node, y)
}

fn swept_by(e: &mut Emitter, node: &Node, w: NodeId, sweep: &Sweep) -> Emitted {
    let (shape, filters) = (e.shape(node, 0), e.shape(node, 1));
    let (batch, channels, out) = (shape[0] as u32, shape[1] as u32, filters[0] as u32);
    let x = e.input(node, 0)?;
    let (x, depthwise) = (e.flat(x), is_depthwise(e, node));
    let ([height, width], [kernel_h, kernel_w], [pad_h, pad_w]) = (sweep.input, sweep.kernel, sweep.pads);
    let graph = &mut e.graph;
    Ok(if depthwise {
        graph.conv2d_dw(x, w, batch, channels, height, width, kernel_h, kernel_w, sweep.stride, pad_h, pad_w)
    } else {
        graph.conv2d_hw(x, w, batch, channels, height, width, out, kernel_h, kernel_w, sweep.stride, pad_h, pad_w)
    })
}

impl Emitter<'_> {
    /// [batch, channels, points] with the node's bias, if it has one.
    pub fn with_channel_bias(&mut self, node: &Node, y: NodeId) -> Emitted {
        if node.input(2).is_none() {
            return Ok(y);
        }
        let bias = self.input(node, 2)?;
        let (y, bias) = (self.flat(y), self.flat(bias));
        let channels = self.count(bias);
        let spatial = self.count(y) / (self.output_shape(node)[0] * channels);
        Ok(self.graph.add_per_channel(y, bias, channels as u32, spatial as u32))
    }
}

fn scaled_filters(e: &mut Emitter, node: &Node, factor: Option<&Factor>) -> Emitted {
    let id = e.required(node, 1)?;
    let (value, out) = (e.value(id), e.shape(node, 1)[0]);
    match (factor, e.known(id)) {
        (None, _) => e.node(id),
        (Some(Factor::Known(factors)), Some(filters)) => {
            let each = filters.len() / out;
            let scaled = filters.iter().enumerate().map(|(place, &filter)| filter * factors[place / each]).collect();
            Ok(e.resident(&value.name, &[filters.len()], Floats::Made(scaled), false))
        }
        (Some(factor), _) => {
            let (w, factor) = (e.node(id)?, factor.node(e));
            let each = e.count(w) / out;
            let factors = e.broadcast(factor, &[out, 1], &[out, each]);
            let factors = e.alike(factors, w);
            Ok(e.graph.mul(w, factors))
        }
    }
}

/// Y, and the places of the greatest elements when they are wanted.
pub fn max_pool(e: &mut Emitter, node: &Node) -> Result<(), String> {
    let own = sweep(e, node).ok().filter(|sweep| sweep.pads[0] == sweep.pads[1]);
    let (Some(sweep), Some(output), None, false) = (own, node.output(0), node.output(1), e.training) else {
        return crate::patches::max_pool(e, node);
    };
    let shape = e.shape(node, 0);
    let x = e.input(node, 0)?;
    let x = e.flat(x);
    let ([height, width], [kernel_h, kernel_w]) = (sweep.input, sweep.kernel);
    let (batch, channels) = (shape[0] as u32, shape[1] as u32);
    let y = e.graph.max_pool_2d(x, batch, channels, height, width, kernel_h, kernel_w, sweep.stride, sweep.pads[0]);
    e.set(output, y);
    Ok(())
}

pub fn global_average_pool(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let x = e.input(node, 0)?;
    let x = e.flat(x);
    let spatial: usize = shape[2..].iter().product();
    Ok(e.graph.global_avg_pool(x, shape[0] as u32, shape[1] as u32, spatial as u32))
}
