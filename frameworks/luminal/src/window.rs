//! What moves a window over images: convolutions, transposed convolutions and pools. The places that a window reads are known beforehand, so
//! its patches are rows of a Gather, and the rest is one matrix product or one reduction.

use assay_runner::{Node, Window};

use crate::emitter::{Emitted, Emitter, Id, elements, matrix};

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

/// Conv and ConvTranspose.
pub fn convolution(e: &mut Emitter, node: &Node) -> Emitted {
    let w = Window::of(e.graph, node);
    let transposed = node.op == "ConvTranspose";
    let shape = e.shape(node, 0);
    let (batch, points) = (shape[0], elements(&w.output));
    let channels = e.output_shape(node)[1];
    let y = if w.group == 1 && is_pointwise(&w) && !transposed {
        pointwise(e, node)?
    } else {
        let patches = Patches::of(e, node, &w, transposed)?;
        let mut parts = Vec::new();
        for group in 0..w.group {
            parts.push((patches.product(e, node, &w, group, channels / w.group, transposed)?, channels / w.group));
        }
        e.concat(&parts, 1, batch * points)?
    };
    let y = e.swap(y, channels, batch, points)?;
    let Some(bias) = node.input(2).map(|id| e.value(id)) else { return Ok(y) };
    let bias = e.along_columns(bias, batch, channels);
    let bias = e.along_rows(bias, batch * channels, points);
    Ok(e.add(y, bias, batch * channels * points))
}

fn is_pointwise(w: &Window) -> bool {
    let is = |list: &[usize], number: usize| list.iter().all(|&x| x == number);
    is(&w.kernel, 1) && is(&w.strides, 1) && is(&w.pads_begin, 0) && is(&w.pads_end, 0)
}

/// [channels out, batch * points] = weights x [channels in, batch * points]
fn pointwise(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, weights) = (e.shape(node, 0), e.shape(node, 1));
    let (batch, channels, points) = (shape[0], shape[1], elements(&shape[2..]));
    let (x, w) = (e.input(node, 0), e.input(node, 1));
    let x = e.swap(x, batch, channels, points)?;
    Ok(e.product(matrix(w, weights[0], channels), matrix(x, channels, batch * points)))
}

/// The image as rows of channels, with a row of zeros behind it where the window leaves the image.
struct Patches {
    source: Id,
    size: usize,
    zero_row: usize,
    batch: usize,
    input_points: usize,
    channels: usize,
    reads: Reads,
}

impl Patches {
    fn of(e: &mut Emitter, node: &Node, w: &Window, transposed: bool) -> Result<Self, String> {
        let shape = e.shape(node, 0);
        let (batch, all, input_points) = (shape[0], shape[1], elements(&shape[2..]));
        let (channels, n) = (all / w.group, elements(shape));
        let x = e.input(node, 0);
        let rows = e.swap_inner(x, batch, all, input_points)?;
        let reads = reads(w, transposed);
        let leaves = reads.iter().any(|window| window.contains(&None));
        let (source, size) = if leaves { e.with_zeros(rows, n, channels) } else { (rows, n) };
        Ok(Self { source, size, zero_row: n / channels, batch, input_points, channels, reads })
    }

    /// [batch * points, kernel * channels] of one group.
    fn rows(&self, e: &mut Emitter, group: usize, groups: usize) -> Emitted {
        let row = |image: usize, place: &Option<usize>| {
            place.map_or(self.zero_row, |place| (image * self.input_points + place) * groups + group)
        };
        let image_rows = |image: usize| self.reads.iter().flatten().map(move |place| row(image, place));
        e.gather(self.source, self.size, (0..self.batch).flat_map(image_rows).collect(), self.channels)
    }

    /// [channels out, batch * points] of one group.
    fn product(&self, e: &mut Emitter, node: &Node, w: &Window, group: usize, out: usize, transposed: bool) -> Emitted {
        let (kernel, size) = (elements(&w.kernel), elements(e.shape(node, 1)));
        let whole = e.input(node, 1);
        let own = e.gather(whole, size, vec![group], size / w.group)?;
        // To [out, kernel, in].
        let filters = if node.input(1).is_some_and(|id| e.turned.contains(&id)) {
            own
        } else if transposed {
            e.transpose(own, &[self.channels, out, kernel], &[1, 2, 0])?
        } else {
            e.swap_inner(own, out, self.channels, kernel)?
        };
        let rows = self.rows(e, group, w.group)?;
        let width = kernel * self.channels;
        Ok(e.product(matrix(filters, out, width), matrix(rows, self.batch * self.reads.len(), width).transposed()))
    }
}

/// The windows of a pool: [batch * channels * points, kernel].
pub struct Windows {
    pub rows: usize,
    pub kernel: usize,
    /// Of every element, its place in the input.
    pub places: Vec<Option<usize>>,
}

impl Windows {
    pub fn of(e: &Emitter, node: &Node) -> Self {
        let w = Window::of(e.graph, node);
        let shape = e.shape(node, 0);
        let (images, points) = (shape[0] * shape[1], elements(&w.input));
        let reads = reads(&w, false);
        let image = |i: usize| reads.iter().flatten().map(move |place| place.map(|place| i * points + place));
        let places = (0..images).flat_map(image).collect();
        Self { rows: images * reads.len(), kernel: elements(&w.kernel), places }
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
pub fn max_pool(e: &mut Emitter, node: &Node) -> Result<Vec<Id>, String> {
    let windows = Windows::of(e, node);
    let (rows, kernel, n) = (windows.rows, windows.kernel, elements(e.shape(node, 0)));
    let x = e.input(node, 0);
    let inner = windows.inner_places();
    let patches = e.gather(x, n, inner.clone(), 1)?;
    let y = e.greatest(patches, &[rows, kernel], &[1]);
    if node.output(1).is_none() {
        return Ok(vec![y]);
    }
    if n >= 1 << 24 {
        return Err("places beyond 2^24 are not exact in float32".to_string());
    }
    // Of those that are not less than the greatest, the first one: the greatest distance from the end.
    let wide = e.along_rows(y, rows, kernel);
    let less = e.less(patches, wide, rows * kernel);
    let is_greatest = e.complement(less, rows * kernel);
    let distances = e.constant(inner.iter().map(|&place| (n - place) as f32).collect());
    let candidates = e.mul(is_greatest, distances, rows * kernel);
    let distance = e.greatest(candidates, &[rows, kernel], &[1]);
    let minus = e.scale(distance, -1.0, rows);
    let place = e.offset(minus, n as f32, rows);
    if !node.flag("storage_order", false) {
        return Ok(vec![y, place]);
    }
    let order = e.constant(column_major(e.shape(node, 0)));
    Ok(vec![y, e.gather_by(order, n, place, rows, 1)])
}

/// Of each element its place when the points of an image are counted from the first dimension on.
fn column_major(shape: &[usize]) -> Vec<f32> {
    let points = elements(&shape[2..]);
    let place = |i: usize| {
        let (mut rest, mut place, mut step) = (i % points, i / points * points, points);
        for &size in shape[2..].iter().rev() {
            step /= size;
            place += rest % size * step;
            rest /= size;
        }
        place as f32
    };
    (0..elements(shape)).map(place).collect()
}

pub fn average_pool(e: &mut Emitter, node: &Node) -> Emitted {
    let w = Window::of(e.graph, node);
    let windows = Windows::of(e, node);
    let (rows, kernel, n) = (windows.rows, windows.kernel, elements(e.shape(node, 0)));
    let x = e.input(node, 0);
    let leaves = windows.places.contains(&None);
    let (source, size) = if leaves { e.with_zeros(x, n, 1) } else { (x, n) };
    let patches = e.gather(source, size, windows.places.iter().map(|place| place.unwrap_or(n)).collect(), 1)?;
    let sums = e.row_sums(patches, rows, kernel);
    if !leaves {
        return Ok(e.scale(sums, 1.0 / kernel as f32, rows));
    }
    let counts: Vec<f32> = if node.flag("count_include_pad", false) {
        padded_counts(&w).into_iter().map(|count| 1.0 / count as f32).collect()
    } else {
        let inside = |window: &[Option<usize>]| window.iter().flatten().count();
        windows.places.chunks(kernel).map(|window| 1.0 / inside(window) as f32).collect()
    };
    let counts = counts.iter().copied().cycle().take(rows).collect();
    let counts = e.constant(counts);
    Ok(e.mul(sums, counts, rows))
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

pub fn global_average_pool(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let x = e.input(node, 0);
    Ok(e.row_means(x, shape[0] * shape[1], elements(&shape[2..])))
}

pub fn global_max_pool(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let x = e.input(node, 0);
    Ok(e.greatest(x, &[shape[0] * shape[1], elements(&shape[2..])], &[1]))
}
