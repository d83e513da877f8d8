//! Windows over images that Meganeura's own operators do not take: of three dimensions, with dilation, in groups, padded on one side, transposed. What a
//! window reads is known beforehand: patches are rows of a table, and the rest is a product or a reduction. Its pool of maxima comes this way, too,
//! where a gradient is wanted: that of its own is an average's.

use assay_runner::{Node, PoolWindows, Window, column_major, reads};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};
use crate::order::Rows;

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

/// Y, and the places of the first greatest elements when they are wanted.
pub fn max_pool(e: &mut Emitter, node: &Node) -> Result<(), String> {
    let windows = PoolWindows::of(e.source, node);
    let inner = windows.inner_places();
    let x = e.input(node, 0)?;
    let rows = e.pick(x, &inner);
    let rows = e.rows(rows, windows.kernel);
    if let Some(output) = node.output(0) {
        let y = e.greatest_with_gradient(rows);
        e.set(output, y);
    }
    let Some(output) = node.output(1) else { return Ok(()) };
    let column_first = node.flag("storage_order", false);
    let order = |at: usize| if column_first { column_major(e.shape(node, 0), at) } else { at } as f32;
    let places = inner.iter().map(|&place| order(place)).collect();
    let places = e.graph.constant(places, &[inner.len() / windows.kernel, windows.kernel]);
    let first = e.greatest_place(rows, false);
    let ones = e.one_hot(first, windows.kernel);
    let own = e.graph.mul(places, ones);
    let found = e.graph.sum_inner(own);
    e.set(output, found);
    Ok(())
}

pub fn average_pool(e: &mut Emitter, node: &Node) -> Emitted {
    let windows = PoolWindows::of(e.source, node);
    let (x, zero) = (e.input(node, 0)?, e.graph.scalar(0.0));
    let count = e.count(x);
    let source = e.joined(x, zero, 1);
    let rows = e.pick(source, &windows.places.iter().map(|place| place.unwrap_or(count)).collect::<Vec<_>>());
    let rows = e.rows(rows, windows.kernel);
    let sums = e.graph.sum_inner(rows);
    let shares = windows.shares(node.flag("count_include_pad", false));
    let shares = e.graph.constant(shares, &[windows.rows, 1]);
    Ok(e.graph.mul(sums, shares))
}

pub fn global_max_pool(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let rows = Rows::of(&[shape[0] * shape[1], shape[2..].iter().product()], 1);
    let x = e.input(node, 0)?;
    let x = rows.apart(e, x);
    Ok(e.greatest_with_gradient(x))
}
