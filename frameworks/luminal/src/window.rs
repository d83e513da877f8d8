//! What moves a window over images: convolutions, transposed convolutions and pools. The places that a window reads are known beforehand, so
//! its patches are rows of a Gather, and the rest is one matrix product or one reduction.

use assay_runner::{Node, PoolWindows, Reads, Window, column_major, reads};

use crate::emitter::{Emitted, Emitter, Id, elements, matrix};

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

/// Y, and the places of the first greatest elements when they are wanted.
pub fn max_pool(e: &mut Emitter, node: &Node) -> Result<Vec<Id>, String> {
    let windows = PoolWindows::of(e.graph, node);
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
    let order = e.constant((0..n).map(|at| column_major(e.shape(node, 0), at) as f32).collect());
    Ok(vec![y, e.gather_by(order, n, place, rows, 1)])
}

pub fn average_pool(e: &mut Emitter, node: &Node) -> Emitted {
    let windows = PoolWindows::of(e.graph, node);
    let (rows, kernel, n) = (windows.rows, windows.kernel, elements(e.shape(node, 0)));
    let x = e.input(node, 0);
    let leaves = windows.places.contains(&None);
    let (source, size) = if leaves { e.with_zeros(x, n, 1) } else { (x, n) };
    let patches = e.gather(source, size, windows.places.iter().map(|place| place.unwrap_or(n)).collect(), 1)?;
    let sums = e.row_sums(patches, rows, kernel);
    if !leaves {
        return Ok(e.scale(sums, 1.0 / kernel as f32, rows));
    }
    let shares = e.constant(windows.shares(node.flag("count_include_pad", false)));
    Ok(e.mul(sums, shares, rows))
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
