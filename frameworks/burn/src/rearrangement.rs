//! Operators that repeat, rearrange or blank out parts of a tensor.

use assay_runner::Rearranged;
use burn_backend::{Backend, DType, IntDType, Shape, TensorData, TensorMetadata};

use crate::backend::BOOL;
use crate::indexing::on_numbers;
use crate::operators::{Emitted, Site, one};
use crate::value::Value;

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "DepthToSpace" | "SpaceToDepth" => rearranged(site),
        "Tile" => tile(site),
        "Trilu" => triangle(site),
        _ => reverse_sequence(site),
    }
}

fn rearranged<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (Rearranged { shape, order }, out) = (Rearranged::of(site.graph, site.node), site.out_shape());
    one(move |mut x| x.take(0).reshape(&shape).permute(&order).reshape(&out))
}

fn tile<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let repeats = site.graph.constant_ints(site.node, 1).ok_or("repeats by an input")?;
    let repeats: Vec<_> = repeats.into_iter().map(|times| times as usize).enumerate().collect();
    one(move |mut x| {
        let wanted = repeats.iter().filter(|(_, times)| *times != 1);
        wanted.fold(x.take(0), |value, &(axis, times)| match value {
            Value::Float(x) => Value::Float(B::float_repeat_dim(x, axis, times)),
            Value::Int(x) => Value::Int(B::int_repeat_dim(x, axis, times)),
            Value::Bool(x) => Value::Bool(B::bool_repeat_dim(x, axis, times)),
        })
    })
}

/// The mask of what becomes zero is known before a step, as Tensor::triu makes it in each.
fn triangle<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.shape(0);
    let k = if site.given(1) { site.graph.constant_ints(site.node, 1).ok_or("k by an input")?[0] } else { 0 };
    let upper = site.node.flag("upper", true);
    let [rows, columns] = [shape[shape.len() - 2], shape[shape.len() - 1]];
    let is_blank = |row: usize, column: usize| {
        let diagonal = column as i64 - row as i64;
        if upper { diagonal < k } else { diagonal > k }
    };
    let blank: Vec<bool> = (0..rows * columns).map(|place| is_blank(place / columns, place % columns)).collect();
    let flat: Vec<_> = [vec![1; shape.len() - 2], vec![rows, columns]].concat();
    let blank = TensorData::new(blank, flat).convert_dtype(DType::Bool(BOOL));
    let blank = Value::<B>::Bool(B::bool_from_data(blank, site.device));
    one(move |mut x| {
        let mask = blank.clone().expand(&shape).bool();
        match x.take(0) {
            Value::Float(x) => Value::Float(B::float_mask_fill(x, mask, 0.into())),
            Value::Int(x) => Value::Int(B::int_mask_fill(x, mask, 0.into())),
            Value::Bool(x) => Value::Bool(B::bool_and(x, B::bool_not(mask))),
        }
    })
}

/// Each element's place in its sequence, looked up.
fn reverse_sequence<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (shape, device) = (site.shape(0), site.device.clone());
    let axis = |name, otherwise| site.node.int(name, otherwise) as usize;
    let (batch, time) = (axis("batch_axis", 1), axis("time_axis", 0));
    let along = |kept: usize| -> Vec<usize> {
        shape.iter().enumerate().map(|(i, &size)| if i == kept { size } else { 1 }).collect()
    };
    let (of_batch, of_time) = (along(batch), along(time));
    one(move |mut x| {
        let data = x.take(0);
        let lengths = B::int_reshape(B::int_cast(x.int(1), IntDType::I64), Shape::from(of_batch.clone()));
        let lengths = Value::<B>::Int(lengths).expand(&shape).int();
        let places = B::int_arange(0..shape[time] as i64, &device, lengths.dtype().into());
        let places = Value::<B>::Int(places).reshape(&of_time).expand(&shape).int();
        let turned = B::int_sub(B::int_sub_scalar(lengths.clone(), 1.into()), places.clone());
        let is_within = B::int_lower(places.clone(), lengths, BOOL);
        let places = B::int_mask_where(places, is_within, turned);
        on_numbers::<B>(data, |data| match data {
            Value::Float(data) => Value::Float(B::float_gather(time, data, places)),
            data => Value::Int(B::int_gather(time, data.int(), places)),
        })
    })
}
