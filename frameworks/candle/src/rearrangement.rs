//! Operators that repeat, rearrange or blank out parts of a tensor.

use assay_runner::Rearranged;
use candle_core::{DType, Tensor};

use crate::device::here;
use crate::kernel::{Compile, Compiled, Site, kernel};

pub const OPERATORS: &[(&str, Compile)] = &[
    ("DepthToSpace", rearranged),
    ("ReverseSequence", reverse_sequence),
    ("SpaceToDepth", rearranged),
    ("Tile", tile),
    ("Trilu", triangle),
];

fn rearranged(site: &Site) -> Compiled {
    let (Rearranged { shape, order }, out) = (Rearranged::of(site.graph, site.node), site.output_shape(0));
    kernel(move |x| x.at(0).reshape(&shape)?.permute(order)?.reshape(out.as_slice()))
}

fn tile(site: &Site) -> Compiled {
    let repeats: Vec<usize> =
        site.ints(1).ok_or("repeats by an input")?.into_iter().map(|times| times as usize).collect();
    kernel(move |x| x.at(0).repeat(repeats.as_slice()))
}

/// The mask of what stays is known before a step.
fn triangle(site: &Site) -> Compiled {
    let shape = site.shape(0);
    let k = if site.is_given(1) { site.ints(1).ok_or("k by an input")?[0] } else { 0 };
    let upper = site.node.flag("upper", true);
    let [rows, columns] = [shape[shape.len() - 2], shape[shape.len() - 1]];
    let stays = |place: usize| {
        let diagonal = (place % columns) as i64 - (place / columns) as i64;
        u8::from(if upper { diagonal >= k } else { diagonal <= k })
    };
    let mask: Vec<u8> = (0..rows * columns).map(stays).collect();
    let mask = Tensor::from_vec(mask, (rows, columns), here()).map_err(|error| error.to_string())?;
    kernel(move |x| mask.broadcast_as(shape.as_slice())?.where_cond(x.at(0), &x.at(0).zeros_like()?))
}

/// Each element's place in its sequence, looked up.
fn reverse_sequence(site: &Site) -> Compiled {
    let shape = site.shape(0);
    let axis = |name, otherwise| site.node.int(name, otherwise) as usize;
    let (batch, time) = (axis("batch_axis", 1), axis("time_axis", 0));
    let along = |kept: usize| -> Vec<usize> {
        shape.iter().enumerate().map(|(i, &size)| if i == kept { size } else { 1 }).collect()
    };
    let (of_batch, of_time) = (along(batch), along(time));
    kernel(move |x| {
        let lengths = x.at(1).to_dtype(DType::I64)?.reshape(of_batch.as_slice())?;
        let places = Tensor::arange(0i64, shape[time] as i64, here())?.reshape(of_time.as_slice())?;
        let last = (&lengths - lengths.ones_like()?)?;
        let turned = last.broadcast_sub(&places)?;
        let places = places.broadcast_as(turned.shape())?;
        let places = turned.ge(0i64)?.where_cond(&turned, &places)?;
        x.at(0).contiguous()?.gather(&places.broadcast_as(shape.as_slice())?.contiguous()?, time)
    })
}
