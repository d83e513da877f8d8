//! Gathering by indices that are computed: Luminal's Gather takes rows, everything else is brought into that form.

use assay_runner::Node;

use crate::emitter::{Emitted, Emitter, Id, elements, matrix};
use crate::movement::places;

pub fn gather(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, indices) = (e.shape(node, 0), e.shape(node, 1));
    let axis = node.axis(0, shape.len());
    let (outer, size, inner) = (elements(&shape[..axis]), shape[axis], elements(&shape[axis + 1..]));
    let (source, count) = (e.input(node, 0), elements(indices));
    if let Some(fixed) = e.graph.constant_ints(node, 1) {
        let row = |o: usize, i: i64| o * size + if i < 0 { i + size as i64 } else { i } as usize;
        let rows = (0..outer).flat_map(|o| fixed.iter().map(move |&i| row(o, i))).collect();
        return e.gather(source, elements(shape), rows, inner);
    }
    let rows = e.indices(node, 1, size);
    let rows = e.with_starts(rows, count, outer, size)?;
    Ok(e.gather_by(source, elements(shape), rows, outer * count, inner))
}

pub fn gather_elements(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, wide) = (e.shape(node, 0), e.shape(node, 1));
    let axis = node.axis(0, shape.len());
    let (indices, n) = (e.indices(node, 1, shape[axis]), elements(wide));
    let strides = crate::movement::strides(shape);
    // All axes but one are those of the element itself.
    let dims: Vec<_> = (0..wide.len()).map(|i| (wide[i], if i == axis { 0 } else { strides[i] })).collect();
    let starts: Vec<f32> = places(&dims, 0).into_iter().map(|place| place as f32).collect();
    let starts = e.constant(starts);
    let steps = e.scale(indices, strides[axis] as f32, n);
    let rows = e.add(starts, steps, n);
    let source = e.input(node, 0);
    Ok(e.gather_by(source, elements(shape), rows, n, 1))
}

pub fn gather_nd(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, indices) = (e.shape(node, 0), e.shape(node, 1));
    let batch_axes = node.int("batch_dims", 0) as usize;
    let depth = indices[indices.len() - 1];
    let (batch, inner) = (elements(&shape[..batch_axes]), elements(&shape[batch_axes + depth..]));
    let moving = &shape[batch_axes..batch_axes + depth];
    let count = elements(indices) / depth;
    let rows = e.tuple_rows(node, moving, count);
    let starts = (0..batch).flat_map(|b| std::iter::repeat_n((b * elements(moving)) as f32, count / batch)).collect();
    let starts = e.constant(starts);
    let rows = e.add(rows, starts, count);
    let source = e.input(node, 0);
    Ok(e.gather_by(source, elements(shape), rows, count, inner))
}

pub fn one_hot(e: &mut Emitter, node: &Node) -> Emitted {
    let (indices, shape) = (e.shape(node, 0), e.output_shape(node));
    let axis = node.axis(-1, shape.len());
    let (depth, count) = (shape[axis], elements(indices));
    let rows = e.indices(node, 0, depth);
    let ones = e.one_hot(rows, count, depth);
    let (outer, inner) = (elements(&shape[..axis]), elements(&shape[axis + 1..]));
    let ones = e.swap_inner(ones, outer, inner, depth)?;
    // off + (on - off) * one, with the difference a product with [-1, 1].
    let (values, n) = (e.input(node, 2), count * depth);
    let signs = e.constant(vec![-1.0, 1.0]);
    let difference = e.product(matrix(values, 1, 2), matrix(signs, 2, 1));
    let first = e.constant(vec![1.0, 0.0]);
    let off = e.product(matrix(values, 1, 2), matrix(first, 2, 1));
    let scaled = e.scale_by(ones, difference, n);
    let offs = e.along_rows(off, 1, n);
    Ok(e.add(scaled, offs, n))
}

pub fn cast(e: &mut Emitter, node: &Node) -> Emitted {
    use assay_runner::Dtype;
    let dtype = |id: Option<usize>| e.graph.value(id.expect("a Cast has input and output")).dtype;
    let (from, to) = (dtype(node.input(0)), dtype(node.output(0)));
    let (x, n) = (e.input(node, 0), elements(e.shape(node, 0)));
    Ok(match (from, to) {
        (Dtype::F32, Dtype::I64 | Dtype::I32) => e.truncated(x, n),
        (Dtype::BOOL, _) => x,
        (_, Dtype::BOOL) => {
            let (positive, negative) = (e.greater_than(x, 0.0, n), e.less_than(x, 0.0, n));
            e.add(positive, negative, n)
        }
        _ => x,
    })
}

impl Emitter<'_> {
    /// Input 1, `count` tuples of indices into dimensions of these sizes, as rows. Negative ones count from the end.
    pub fn tuple_rows(&mut self, node: &Node, moving: &[usize], count: usize) -> Id {
        let depth = moving.len();
        let sizes = self.constant(moving.iter().map(|&size| size as f32).collect());
        let sizes = self.along_columns(sizes, count, depth);
        let raw = self.input(node, 1);
        let negative = self.less_than(raw, 0.0, count * depth);
        let corrections = self.mul(negative, sizes, count * depth);
        let whole = self.add(raw, corrections, count * depth);
        let strides = self.constant(crate::movement::strides(moving).into_iter().map(|stride| stride as f32).collect());
        self.product(matrix(whole, count, depth), matrix(strides, depth, 1))
    }

    /// Those below 0 count from the end.
    pub fn indices(&mut self, node: &Node, place: usize, size: usize) -> Id {
        let (raw, n) = (self.input(node, place), elements(self.shape(node, place)));
        let negative = self.less_than(raw, 0.0, n);
        let correction = self.scale(negative, size as f32, n);
        self.add(raw, correction, n)
    }

    /// [count] -> [outer, count], `size` more in each.
    fn with_starts(&mut self, rows: Id, count: usize, outer: usize, size: usize) -> Emitted {
        if outer == 1 {
            return Ok(rows);
        }
        let repeated = self.along_columns(rows, outer, count);
        let starts = (0..outer).flat_map(|o| std::iter::repeat_n((o * size) as f32, count)).collect();
        let starts = self.constant(starts);
        Ok(self.add(repeated, starts, outer * count))
    }

    /// [count] -> [count, depth], 1 at the index. Row i is a window of a vector with a single 1, so its places are depth + j - index: a
    /// product of [1, -index] with [depth + j, 1], all whole numbers.
    pub fn one_hot(&mut self, indices: Id, count: usize, depth: usize) -> Id {
        let (column, first) = (self.constant(vec![0.0, -1.0]), self.constant([1.0, 0.0].repeat(count)));
        let negative = self.outer(indices, count, column, 2);
        let left = self.add(negative, first, 2 * count);
        let right = (depth..2 * depth).map(|place| place as f32).chain(std::iter::repeat_n(1.0, depth)).collect();
        let right = self.constant(right);
        let windows = self.product(matrix(left, count, 2), matrix(right, 2, depth));
        let mut single = vec![0.0; 2 * depth + 1];
        single[depth] = 1.0;
        let single = self.constant(single);
        self.gather_by(single, 2 * depth + 1, windows, count * depth, 1)
    }
}
