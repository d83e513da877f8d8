//! Windows over images that Meganeura's own operators do not take: of three dimensions, with dilation, in groups, padded on one side, transposed. What a
//! window reads is known beforehand: patches are rows of a table, and the rest is a product or a reduction. Its pool of maxima comes this way, too,
//! where a gradient is wanted: that of its own is an average's.

use assay_runner::{Node, Window};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};
use crate::order::Rows;

/// For each output and each place of the kernel the input that is read; nothing is outside of the image.
type Reads = Vec<Vec<Option<usize>>>;

fn along(w: &Window, axis: usize, transposed: bool) -> Reads {
    let (stride, dilation, pad) = (w.strides[axis] as i64, w.dilations[axis] as i64, w.pads_begin[axis] as i64);
    let read = |o: usize, k: usize| {
        let (o, k) = (o as i64, k as i64);
        let place = if transposed {
            let reached = o + pad - k * dilation;
            (reached % stride == 0).then_some(reached / stride)?
        } else {
            o * stride - pad + k * dilation
        };
        (0..w.input[axis] as i64).contains(&place).then_some(place as usize)
    };
    (0..w.output[axis]).map(|o| (0..w.kernel[axis]).map(|k| read(o, k)).collect()).collect()
}

/// Of all axes together.
fn reads(w: &Window, transposed: bool) -> Reads {
    let mut all: Reads = vec![vec![Some(0)]];
    for axis in 0..w.input.len() {
        let own = along(w, axis, transposed);
        let join = |front: &[Option<usize>], back: &[Option<usize>]| {
            let pair = |a: Option<usize>| back.iter().map(move |b| Some(a? * w.input[axis] + (*b)?));
            front.iter().flat_map(|&a| pair(a)).collect()
        };
        all = all.iter().flat_map(|front| own.iter().map(|back| join(front, back)).collect::<Vec<_>>()).collect();
    }
    all
}

/// Conv and ConvTranspose, without the bias: [batch, channels out, points].
pub fn convolution(e: &mut Emitter, node: &Node, filters: NodeId) -> Emitted {
    let (w, transposed) = (Window::of(e.source, node), node.op == "ConvTranspose");
    let (shape, reads) = (e.shape(node, 0), reads(&w, transposed));
    let (batch, all) = (shape[0], shape[1]);
    let (channels, out) = (all / w.group, e.output_shape(node)[1] / w.group);
    let (kernel, size): (usize, usize) = (w.kernel.iter().product(), w.input.iter().product());
    let (x, zero) = (e.input(node, 0)?, e.graph.scalar(0.0));
    let count = e.count(x);
    let source = e.joined(x, zero, 1);
    let mut parts = Vec::new();
    for group in 0..w.group {
        let own = e.part(filters, group * channels * out * kernel, channels * out * kernel);
        let own = if transposed { e.swapped(own, channels, out, kernel) } else { own };
        let own = e.rows(own, channels * kernel);
        let mut map = Vec::with_capacity(batch * reads.len() * channels * kernel);
        for image in 0..batch {
            for window in &reads {
                for channel in 0..channels {
                    let first = (image * all + group * channels + channel) * size;
                    map.extend(window.iter().map(|read| read.map_or(count, |place| first + place)));
                }
            }
        }
        let patches = e.pick(source, &map);
        let patches = e.rows(patches, channels * kernel);
        parts.push(e.graph.matmul_bt(patches, own));
    }
    let y = e.side_by_side(&parts, batch * reads.len());
    Ok(e.turned(y, batch, reads.len(), w.group * out))
}

pub fn convolution_transposed(e: &mut Emitter, node: &Node) -> Emitted {
    let filters = e.input(node, 1)?;
    let y = convolution(e, node, filters)?;
    e.with_channel_bias(node, y)
}

/// The windows of a pool: [batch * channels * points, kernel].
struct Windows {
    kernel: usize,
    /// Of every element, its place in the input.
    places: Vec<Option<usize>>,
}

impl Windows {
    fn of(e: &Emitter, node: &Node, w: &Window) -> Self {
        let shape = e.shape(node, 0);
        let (images, points) = (shape[0] * shape[1], w.input.iter().product::<usize>());
        let reads = reads(w, false);
        let image = |i: usize| reads.iter().flatten().map(move |place| place.map(|place| i * points + place));
        Self { kernel: w.kernel.iter().product(), places: (0..images).flat_map(image).collect() }
    }

    /// Places outside are another one of the same window.
    fn inner_places(&self) -> Vec<usize> {
        let window = |places: &[Option<usize>]| {
            let any = places.iter().flatten().next().copied().expect("a window is not outside of the image as a whole");
            places.iter().map(|place| place.unwrap_or(any)).collect::<Vec<_>>()
        };
        self.places.chunks(self.kernel).flat_map(window).collect()
    }
}

/// Y, and the places of the first greatest elements when they are wanted.
pub fn max_pool(e: &mut Emitter, node: &Node) -> Result<(), String> {
    let windows = Windows::of(e, node, &Window::of(e.source, node));
    let inner = windows.inner_places();
    let x = e.input(node, 0)?;
    let rows = e.pick(x, &inner);
    let rows = e.rows(rows, windows.kernel);
    if let Some(output) = node.output(0) {
        let y = e.greatest_with_gradient(rows);
        e.set(output, y);
    }
    let Some(output) = node.output(1) else { return Ok(()) };
    let order = |place: usize| place_of(e.shape(node, 0), place, node.flag("storage_order", false)) as f32;
    let places = inner.iter().map(|&place| order(place)).collect();
    let places = e.graph.constant(places, &[inner.len() / windows.kernel, windows.kernel]);
    let first = e.greatest_place(rows, false);
    let ones = e.one_hot(first, windows.kernel);
    let own = e.graph.mul(places, ones);
    let found = e.graph.sum_inner(own);
    e.set(output, found);
    Ok(())
}

/// The place of an element, or, with the points of an image counted from the first dimension on, the one it has then.
fn place_of(shape: &[usize], at: usize, column_major: bool) -> usize {
    let points: usize = shape[2..].iter().product();
    if !column_major {
        return at;
    }
    let (mut rest, mut place, mut step) = (at % points, at / points * points, points);
    for &size in shape[2..].iter().rev() {
        step /= size;
        place += rest % size * step;
        rest /= size;
    }
    place
}

pub fn average_pool(e: &mut Emitter, node: &Node) -> Emitted {
    let w = Window::of(e.source, node);
    let windows = Windows::of(e, node, &w);
    let (x, zero) = (e.input(node, 0)?, e.graph.scalar(0.0));
    let count = e.count(x);
    let source = e.joined(x, zero, 1);
    let rows = e.pick(source, &windows.places.iter().map(|place| place.unwrap_or(count)).collect::<Vec<_>>());
    let rows = e.rows(rows, windows.kernel);
    let sums = e.graph.sum_inner(rows);
    let shares: Vec<f32> = if node.flag("count_include_pad", false) {
        padded_counts(&w).into_iter().map(|count| 1.0 / count as f32).collect()
    } else {
        let inside = |window: &[Option<usize>]| window.iter().flatten().count();
        windows.places.chunks(windows.kernel).map(|window| 1.0 / inside(window) as f32).collect()
    };
    let all = e.count(sums);
    let shares = e.graph.constant(shares.iter().copied().cycle().take(all).collect(), &[all, 1]);
    Ok(e.graph.mul(sums, shares))
}

/// How many places of each window lie in the image or its padding.
fn padded_counts(w: &Window) -> Vec<usize> {
    let count = |axis: usize, o: usize| {
        let end = w.input[axis] + w.pads_begin[axis] + w.pads_end[axis];
        (0..w.kernel[axis]).filter(|k| o * w.strides[axis] + k * w.dilations[axis] < end).count()
    };
    (0..w.input.len()).fold(vec![1], |all, axis| {
        all.iter().flat_map(|&front| (0..w.output[axis]).map(move |o| front * count(axis, o))).collect()
    })
}

pub fn global_max_pool(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let rows = Rows::of(&[shape[0] * shape[1], shape[2..].iter().product()], 1);
    let x = e.input(node, 0)?;
    let x = rows.apart(e, x);
    Ok(e.greatest_with_gradient(x))
}
