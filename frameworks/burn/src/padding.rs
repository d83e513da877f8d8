//! Pad: Burn's own modes where it has them; a negative pad is a slice.

use assay_runner::Pads;
use burn_backend::ops::PadMode;
use burn_backend::{Backend, Slice};

use crate::elementwise::masked;
use crate::layout::{joined, part, sliced};
use crate::operators::{Emitted, Site, one};
use crate::value::Value;

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.shape(0);
    let rank = shape.len();
    let Pads { before, after } = Pads::of(site.graph, site.node).ok_or("pads by an input")?;
    let kept: Vec<_> =
        (0..rank).map(|i| Slice::from((-before[i]).max(0) as usize..shape[i] - (-after[i]).max(0) as usize)).collect();
    let pads: Vec<_> = (0..rank).map(|i| (before[i].max(0) as usize, after[i].max(0) as usize)).collect();
    let cuts = before.iter().chain(&after).any(|&pad| pad < 0);
    let cut = move |value: Value<B>| if cuts { sliced(value, &kept) } else { value };
    match site.node.text("mode", "constant") {
        "constant" => constant(site, pads, cut),
        "wrap" => one(move |mut x| wrapped(cut(x.take(0)), &pads)),
        mode => {
            let mode = if mode == "edge" { PadMode::Edge } else { PadMode::Reflect };
            one(move |mut x| padded(cut(x.take(0)), &pads, mode))
        }
    }
}

pub fn padded<B: Backend>(value: Value<B>, pads: &[(usize, usize)], mode: PadMode) -> Value<B> {
    match value {
        Value::Float(tensor) => Value::Float(B::float_pad(tensor, pads, mode)),
        Value::Int(tensor) => Value::Int(B::int_pad(tensor, pads, mode)),
        // Burn has no pad of booleans.
        Value::Bool(tensor) => {
            let ints = B::int_pad(B::bool_into_int(tensor, burn_backend::IntDType::I32), pads, mode);
            Value::Bool(B::int_not_equal_elem(ints, 0.into(), crate::backend::BOOL))
        }
    }
}

/// A value that is known, else one that is an argument: Burn's pad takes a number, so that one is put around by a mask.
fn constant<B: Backend>(
    site: &Site<B>,
    pads: Vec<(usize, usize)>,
    cut: impl Fn(Value<B>) -> Value<B> + 'static,
) -> Emitted<B> {
    let known = match site.graph.constant_reals(site.node, 2) {
        Some(value) => Some(value[0]),
        None => site.graph.constant_ints(site.node, 2).map(|value| value[0] as f32).or((!site.given(2)).then_some(0.0)),
    };
    if let Some(value) = known {
        return one(move |mut x| padded(cut(x.take(0)), &pads, PadMode::Constant(value)));
    }
    let shape = site.out_shape();
    let inner: Vec<_> = (0..shape.len()).map(|i| shape[i] - pads[i].0 - pads[i].1).collect();
    let inside = B::bool_ones(inner.into(), site.device, crate::backend::BOOL);
    let inside = padded(Value::<B>::Bool(inside), &pads, PadMode::Constant(0.0));
    one(move |mut x| {
        let around = x.take(2).lift(shape.len()).expand(&shape);
        masked(around, inside.clone().bool(), padded(cut(x.take(0)), &pads, PadMode::Constant(0.0)))
    })
}

/// The other end comes before the begin, as often as it takes.
fn wrapped<B: Backend>(value: Value<B>, pads: &[(usize, usize)]) -> Value<B> {
    pads.iter().enumerate().fold(value, |value, (axis, &(before, after))| {
        let size = value.shape()[axis];
        let copies = before.div_ceil(size) + 1 + after.div_ceil(size);
        if copies == 1 {
            return value;
        }
        let begin = before.div_ceil(size) * size - before;
        part(joined(vec![value; copies], axis), axis, begin, begin + before + size + after)
    })
}
