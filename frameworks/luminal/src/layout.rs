//! Operators that move data and compute nothing.

use assay_runner::{Node, Pads};

use crate::emitter::{Emitted, Emitter, Id, elements, matrix};
use crate::movement::{Dim, strides};

/// Same elements, another shape.
pub fn same(e: &mut Emitter, node: &Node) -> Emitted {
    Ok(e.input(node, 0))
}

pub fn expand(e: &mut Emitter, node: &Node) -> Emitted {
    e.broadcast(node, 0)
}

pub fn transpose(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let order: Vec<usize> = match node.ints("perm") {
        Some(order) => order.iter().map(|&axis| axis as usize).collect(),
        None => (0..shape.len()).rev().collect(),
    };
    let source = e.input(node, 0);
    e.transpose(source, shape, &order)
}

pub fn concat(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.output_shape(node);
    let axis = node.axis(0, shape.len());
    let part = |place: usize| (e.input(node, place), e.shape(node, place)[axis]);
    let parts: Vec<_> = (0..node.inputs.len()).map(part).collect();
    e.concat(&parts, elements(&shape[..axis]), elements(&shape[axis + 1..]))
}

pub fn split(e: &mut Emitter, node: &Node) -> Result<Vec<Id>, String> {
    let shape = e.shape(node, 0);
    let axis = node.axis(0, shape.len());
    let source = e.input(node, 0);
    let (mut start, mut parts) = (0, Vec::new());
    for size in part_sizes(e, node, shape[axis]) {
        let mut dims: Vec<Dim> = shape.iter().copied().zip(strides(shape)).collect();
        dims[axis].0 = size;
        parts.push(e.view(source, elements(shape), &dims, start as isize * dims[axis].1)?);
        start += size;
    }
    Ok(parts)
}

/// As given, or equal ones, the last being what is left.
fn part_sizes(e: &Emitter, node: &Node, total: usize) -> Vec<usize> {
    if let Some(sizes) = e.graph.constant_ints(node, 1) {
        return sizes.into_iter().map(|size| size as usize).collect();
    }
    let count = node.outputs.len();
    let size = total.div_ceil(count);
    (0..count).map(|place| size.min(total - place * size)).collect()
}

pub fn slice(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let given = |place: usize| e.graph.constant_ints(node, place);
    let starts = given(1).unwrap_or_default();
    let axes = e.graph.axes(node, 3, shape.len()).unwrap_or_else(|| (0..starts.len()).collect());
    let steps = given(4).unwrap_or_else(|| vec![1; starts.len()]);
    let mut dims: Vec<Dim> = e.output_shape(node).iter().copied().zip(strides(shape)).collect();
    let mut begin = 0;
    for ((&axis, &start), &step) in axes.iter().zip(&starts).zip(&steps) {
        let size = shape[axis] as i64;
        let from = if start < 0 { start + size } else { start };
        let first = from.clamp(0, if step < 0 { size - 1 } else { size }) as isize;
        begin += first * dims[axis].1;
        dims[axis].1 *= step as isize;
    }
    let source = e.input(node, 0);
    e.view(source, elements(shape), &dims, begin)
}

pub fn pad(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let pads = Pads::of(e.graph, node).ok_or("pads by an input")?;
    let mode = node.text("mode", "constant");
    let axis_places: Vec<_> = (0..shape.len()).map(|axis| pads.places(axis, shape[axis], mode)).collect();
    let source = e.input(node, 0);
    if node.input(2).is_some() && mode == "constant" && e.fill(node, 2) != Some(0.0) {
        return e.with_margin(node, &axis_places);
    }
    e.mapped(source, shape, &axis_places)
}

pub fn resize(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, wide) = (e.shape(node, 0), e.output_shape(node));
    let scales = e.graph.constant_reals(node, 2).map(<[f32]>::to_vec);
    let scale = |axis: usize| match &scales {
        Some(scales) if !scales.is_empty() => f64::from(scales[axis]),
        _ => wide[axis] as f64 / shape[axis] as f64,
    };
    let source = e.input(node, 0);
    if node.text("mode", "nearest") == "nearest" {
        let axis_places: Vec<Vec<Option<usize>>> = (0..shape.len())
            .map(|axis| (0..wide[axis]).map(|i| Some(nearest(node, i, scale(axis), shape[axis], wide[axis]))).collect())
            .collect();
        return e.mapped(source, shape, &axis_places);
    }
    let (mut result, mut now) = (source, shape.to_vec());
    for axis in 0..shape.len() {
        if wide[axis] != shape[axis] || scale(axis) != 1.0 {
            let weights = linear_weights(node, scale(axis), shape[axis], wide[axis]);
            result = e.along_axis(result, &now, axis, weights, wide[axis])?;
            now[axis] = wide[axis];
        }
    }
    Ok(result)
}

/// Where output `i` lies in the input.
fn coordinate(node: &Node, i: usize, scale: f64, size: usize, wide: usize) -> f64 {
    let i = i as f64;
    match node.text("coordinate_transformation_mode", "half_pixel") {
        "asymmetric" => i / scale,
        "align_corners" if scale * size as f64 == 1.0 => 0.0,
        "align_corners" => i * (size - 1) as f64 / (scale * size as f64 - 1.0),
        "pytorch_half_pixel" if wide == 1 => 0.0,
        _ => (i + 0.5) / scale - 0.5,
    }
}

fn nearest(node: &Node, i: usize, scale: f64, size: usize, wide: usize) -> usize {
    let x = coordinate(node, i, scale, size, wide);
    let rounded = match node.text("nearest_mode", "round_prefer_floor") {
        "floor" => x.floor(),
        "ceil" => x.ceil(),
        "round_prefer_ceil" => (x + 0.5).floor(),
        _ => (x - 0.5).ceil(),
    };
    rounded.clamp(0.0, (size - 1) as f64) as usize
}

/// [wide, size]: each row has the shares of its two neighbours.
fn linear_weights(node: &Node, scale: f64, size: usize, wide: usize) -> Vec<f32> {
    let mut weights = vec![0.0; wide * size];
    for i in 0..wide {
        let x = coordinate(node, i, scale, size, wide).clamp(0.0, (size - 1) as f64);
        let low = x.floor() as usize;
        let share = (x - low as f64) as f32;
        weights[i * size + low] += 1.0 - share;
        weights[i * size + (low + 1).min(size - 1)] += share;
    }
    weights
}

impl Emitter<'_> {
    /// Each axis has its own map from places of the result to places of the source; where one has none, the result is 0.
    pub fn mapped(&mut self, source: Id, shape: &[usize], axis_places: &[Vec<Option<usize>>]) -> Emitted {
        let n = elements(shape);
        let inside = axis_places.iter().all(|places| places.iter().all(Option::is_some));
        let (source, size) = if inside { (source, n) } else { self.with_zeros(source, n, 1) };
        let mut rows = vec![Some(0)];
        for (places, stride) in axis_places.iter().zip(strides(shape)) {
            let next = |row: Option<usize>| places.iter().map(move |place| Some(row? + (*place)? * stride as usize));
            rows = rows.into_iter().flat_map(next).collect();
        }
        self.gather(source, size, rows.into_iter().map(|row| row.unwrap_or(n)).collect(), 1)
    }

    /// The node's constant, infinite or not, where nothing is mapped.
    fn with_margin(&mut self, node: &Node, axis_places: &[Vec<Option<usize>>]) -> Emitted {
        let any = |places: &Vec<Option<usize>>| places.iter().map(|place| place.or(Some(0))).collect();
        let inner: Vec<Vec<Option<usize>>> = axis_places.iter().map(any).collect();
        let mut margin = vec![0.0];
        for places in axis_places {
            let next = |is: f32| places.iter().map(move |place| if place.is_none() { 1.0 } else { is });
            margin = margin.into_iter().flat_map(next).collect();
        }
        let n = margin.len();
        let (margin, value, source) = (self.constant(margin), self.input(node, 2), self.input(node, 0));
        let value = self.along_rows(value, 1, n);
        let inner = self.mapped(source, self.shape(node, 0), &inner)?;
        Ok(self.select(margin, value, inner, n))
    }

    /// Multiplies along an axis with weights [wide, size].
    pub fn along_axis(&mut self, x: Id, shape: &[usize], axis: usize, weights: Vec<f32>, wide: usize) -> Emitted {
        let (outer, size, inner) = (elements(&shape[..axis]), shape[axis], elements(&shape[axis + 1..]));
        let weights = self.constant(weights);
        let front = self.swap(x, outer, size, inner)?;
        let product = self.product(matrix(weights, wide, size), matrix(front, size, outer * inner));
        self.swap(product, wide, outer, inner)
    }
}
