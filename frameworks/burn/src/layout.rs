//! Operators that move elements and compute nothing.

use burn_backend::{Backend, Slice};

use crate::operators::{Emitted, Site, one};
use crate::padding;
use crate::value::{Value, lifted};

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "Identity" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => reshape(site),
        "Transpose" => transpose(site),
        "Expand" => expand(site),
        "Concat" => concat(site),
        "Split" => split(site),
        "Pad" => padding::emit(site),
        _ => slice(site),
    }
}

fn reshape<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.out_shape();
    one(move |mut x| x.take(0).reshape(&shape))
}

fn transpose<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let rank = site.rank(0);
    let axes = match site.node.ints("perm") {
        Some(perm) => perm.iter().map(|&axis| axis as usize).collect(),
        None => (0..rank).rev().collect::<Vec<_>>(),
    };
    if rank < 2 {
        return one(|mut x| x.take(0));
    }
    one(move |mut x| x.take(0).permute(&axes))
}

fn expand<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.out_shape();
    let from = lifted(&site.shape(0), shape.len());
    one(move |mut x| x.take(0).reshape(&from).expand(&shape))
}

pub fn joined<B: Backend>(parts: Vec<Value<B>>, axis: usize) -> Value<B> {
    match &parts[0] {
        Value::Float(_) => Value::Float(B::float_cat(parts.into_iter().map(Value::float).collect(), axis)),
        Value::Int(_) => Value::Int(B::int_cat(parts.into_iter().map(Value::int).collect(), axis)),
        Value::Bool(_) => Value::Bool(B::bool_cat(parts.into_iter().map(Value::bool).collect(), axis)),
    }
}

fn concat<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let axis = site.node.axis(0, site.rank(0));
    // Burn's cat takes an empty tensor for none at all.
    let places: Vec<_> = (0..site.node.inputs.len()).filter(|&place| !site.shape(place).contains(&0)).collect();
    one(move |mut x| match places.as_slice() {
        [] => x.take(0),
        places => joined(places.iter().map(|&place| x.take(place)).collect(), axis),
    })
}

/// Elements begin, begin + 1 … end - 1 of one dimension, all of the others.
pub fn part<B: Backend>(value: Value<B>, axis: usize, begin: usize, end: usize) -> Value<B> {
    let shape = value.shape();
    if begin == 0 && end == shape[axis] {
        return value;
    }
    let mut slices: Vec<_> = shape.iter().map(|&size| Slice::from(0..size)).collect();
    slices[axis] = Slice::from(begin..end);
    sliced(value, &slices)
}

pub fn sliced<B: Backend>(value: Value<B>, slices: &[Slice]) -> Value<B> {
    match value {
        Value::Float(tensor) => Value::Float(B::float_slice(tensor, slices)),
        Value::Int(tensor) => Value::Int(B::int_slice(tensor, slices)),
        Value::Bool(tensor) => Value::Bool(B::bool_slice(tensor, slices)),
    }
}

fn split<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let axis = site.node.axis(0, site.rank(0));
    let sizes = (0..site.node.outputs.len()).map(|place| site.output(place).map(|value| value.shape[axis]));
    let sizes = match site.graph.constant_ints(site.node, 1) {
        Some(given) => given.into_iter().map(|size| size as usize).collect(),
        None => sizes.collect::<Option<Vec<_>>>().unwrap_or_else(|| equal_parts(site, axis)),
    };
    let wanted: Vec<_> = (0..site.node.outputs.len()).map(|place| site.wanted(place)).collect();
    Ok(Box::new(move |mut x| {
        let (value, mut begin) = (x.take(0), 0);
        let mut results = Vec::with_capacity(wanted.len());
        for (&size, &wanted) in sizes.iter().zip(&wanted) {
            results.push(wanted.then(|| part(value.clone(), axis, begin, begin + size)));
            begin += size;
        }
        results
    }))
}

/// Equal ones, but for a smaller last one.
fn equal_parts<B: Backend>(site: &Site<B>, axis: usize) -> Vec<usize> {
    let (whole, count) = (site.shape(0)[axis], site.node.outputs.len());
    let size = whole.div_ceil(count);
    (0..count).map(|place| size.min(whole - (place * size).min(whole))).collect()
}

/// One dimension of a Slice node: the ascending elements first, first + step …, and whether they come in reverse.
struct Range {
    axis: usize,
    begin: usize,
    end: usize,
    step: isize,
    reversed: bool,
}

fn ranges<B: Backend>(site: &Site<B>) -> Result<Vec<Range>, String> {
    let shape = site.shape(0);
    let ints = |place| site.graph.constant_ints(site.node, place);
    let (starts, ends) = (ints(1).ok_or("starts by an input")?, ints(2).ok_or("ends by an input")?);
    let axes = site.graph.axes(site.node, 3, shape.len()).unwrap_or_else(|| (0..starts.len()).collect());
    let steps = ints(4).unwrap_or_else(|| vec![1; starts.len()]);
    Ok((0..starts.len()).map(|i| range(axes[i], shape[axes[i]] as i64, starts[i], ends[i], steps[i])).collect())
}

fn range(axis: usize, size: i64, start: i64, end: i64, step: i64) -> Range {
    let from_the_start = |position: i64| if position < 0 { position.saturating_add(size) } else { position };
    if step > 0 {
        let (begin, end) = (from_the_start(start).clamp(0, size), from_the_start(end).clamp(0, size));
        return Range {
            axis,
            begin: begin as usize,
            end: end.max(begin) as usize,
            step: step as isize,
            reversed: false,
        };
    }
    // Elements start, start - |step| … above end: the same ones from the lowest up.
    let (start, end) = (from_the_start(start).clamp(-1, size - 1), from_the_start(end).clamp(-1, size - 1));
    let count = if start > end { (start - end - 1) / -step + 1 } else { 0 };
    let lowest = if count == 0 { 0 } else { start + (count - 1) * step };
    let end = if count == 0 { lowest } else { start + 1 };
    Range { axis, begin: lowest as usize, end: end as usize, step: -step as isize, reversed: true }
}

fn slice<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.shape(0);
    let ranges = ranges(site)?;
    let mut slices: Vec<_> = shape.iter().map(|&size| Slice::from(0..size)).collect();
    for range in &ranges {
        slices[range.axis] = Slice::with_step(range.begin as isize, Some(range.end as isize), range.step);
    }
    let reversed: Vec<_> = ranges.iter().filter(|range| range.reversed).map(|range| range.axis).collect();
    one(move |mut x| flipped(sliced(x.take(0), &slices), &reversed))
}

pub fn flipped<B: Backend>(value: Value<B>, axes: &[usize]) -> Value<B> {
    if axes.is_empty() {
        return value;
    }
    match value {
        Value::Float(tensor) => Value::Float(B::float_flip(tensor, axes)),
        Value::Int(tensor) => Value::Int(B::int_flip(tensor, axes)),
        Value::Bool(tensor) => Value::Bool(B::bool_flip(tensor, axes)),
    }
}
