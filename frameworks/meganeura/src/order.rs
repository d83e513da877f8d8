//! Where the greatest elements of rows are, sums along rows, and rows with a single 1.

use assay_runner::{Node, running_sum_matrix};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};
use crate::indexing::map_of;

/// The elements along one axis, as rows.
pub struct Rows {
    outer: usize,
    pub size: usize,
    inner: usize,
}

impl Rows {
    pub fn of(shape: &[usize], axis: usize) -> Self {
        Self { outer: shape[..axis].iter().product(), size: shape[axis], inner: shape[axis + 1..].iter().product() }
    }

    pub fn count(&self) -> usize {
        self.outer * self.inner
    }

    /// [outer, size, inner] -> [outer * inner, size]
    pub fn apart(&self, e: &mut Emitter, x: NodeId) -> NodeId {
        let x = e.turned(x, self.outer, self.size, self.inner);
        e.rows(x, self.size)
    }

    /// [outer * inner, size] -> [outer, size, inner], for another size, too.
    pub fn together(&self, e: &mut Emitter, x: NodeId, size: usize) -> NodeId {
        e.turned(x, self.outer, self.inner, size)
    }
}

/// ArgMax and ArgMin.
pub fn extreme_place(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let rows = Rows::of(shape, node.axis(0, shape.len()));
    let x = e.input(node, 0)?;
    let x = rows.apart(e, x);
    let x = if node.op == "ArgMin" { e.graph.neg(x) } else { x };
    Ok(e.greatest_place(x, node.flag("select_last_index", false)))
}

pub fn hardmax(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let rows = Rows::of(shape, node.axis(-1, shape.len()));
    let x = e.input(node, 0)?;
    let x = rows.apart(e, x);
    let places = e.greatest_place(x, false);
    let ones = e.one_hot(places, rows.size);
    Ok(rows.together(e, ones, rows.size))
}

/// The greatest one after the other: each is lowered below all others before the next is looked for.
pub fn top_k(e: &mut Emitter, node: &Node) -> Result<(), String> {
    const HIDDEN: f64 = -1e38;
    let shape = e.shape(node, 0);
    let axis = node.axis(-1, shape.len());
    let (rows, wanted) = (Rows::of(shape, axis), e.output_shape(node)[axis]);
    let x = e.input(node, 0)?;
    let x = rows.apart(e, x);
    let mut left = if node.flag("largest", true) { x } else { e.graph.neg(x) };
    left = e.graph.stop_gradient(left);
    let (mut values, mut places) = (Vec::new(), Vec::new());
    for _ in 0..wanted {
        let place = e.greatest_place(left, false);
        let ones = e.one_hot(place, rows.size);
        let own = e.graph.mul(x, ones);
        values.push(e.graph.sum_inner(own));
        places.push(place);
        let hidden = e.filled(HIDDEN as f32, left);
        left = e.select(ones, hidden, left);
    }
    for (place, all) in [values, places].into_iter().enumerate() {
        let Some(output) = node.output(place) else { continue };
        let all = e.side_by_side(&all, rows.count());
        let all = rows.together(e, all, wanted);
        e.set(output, all);
    }
    Ok(())
}

/// A product with a triangle of ones.
pub fn running_sum(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let axis = e.source.axes(node, 1, shape.len()).ok_or("the axis is an input")?[0];
    let rows = Rows::of(shape, axis);
    let size = rows.size;
    let triangle = e.graph.constant(running_sum_matrix(node, size), &[size, size]);
    let x = e.input(node, 0)?;
    let x = rows.apart(e, x);
    let sums = e.graph.matmul(x, triangle);
    Ok(rows.together(e, sums, size))
}

/// off + (on - off) * one
pub fn one_hot(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.output_shape(node);
    let axis = node.axis(-1, shape.len());
    let rows = Rows::of(shape, axis);
    let indices = e.indices(node, 0, rows.size)?;
    let ones = e.one_hot(indices, rows.size);
    let ones = rows.together(e, ones, rows.size);
    let values = e.input(node, 2)?;
    let [off, on] = [0, 1].map(|place| e.part(values, place, 1));
    let [off, on] = [off, on].map(|value| e.broadcast(value, &[1], shape));
    Ok(e.select(ones, on, off))
}

impl Emitter<'_> {
    /// [outer, a, b] -> [outer, b, a], a list.
    pub fn turned(&mut self, x: NodeId, outer: usize, a: usize, b: usize) -> NodeId {
        if a == 1 || b == 1 {
            return self.flat(x);
        }
        if outer == 1 {
            let matrix = self.rows(x, b);
            let turned = self.graph.transpose(matrix);
            return self.flat(turned);
        }
        self.pick(x, &map_of(&[outer, b, a], |at| (at[0] * a + at[2]) * b + at[1]))
    }

    /// The greatest element of each row of a matrix, a list; its pool of maxima has windows of any width.
    pub fn greatest(&mut self, x: NodeId) -> NodeId {
        let size = self.graph.node(x).ty.shape[1];
        let rows = self.count(x) / size;
        let x = self.flat(x);
        self.graph.max_pool_2d(x, 1, rows as u32, 1, size as u32, 1, size as u32, 1, 0)
    }

    /// Of each row the place of its greatest element: the first of equal ones, or the last. Of those that are not less than the greatest it is the
    /// one with the greatest distance from the other end.
    pub fn greatest_place(&mut self, x: NodeId, last: bool) -> NodeId {
        let size = self.graph.node(x).ty.shape[1];
        let greatest = self.greatest(x);
        let greatest = self.rows(greatest, 1);
        let greatest = self.graph.broadcast_inner(greatest, size);
        let less = self.graph.greater(greatest, x);
        let is_greatest = self.complement(less);
        let distance = |place: usize| if last { place + 1 } else { size - place };
        let distances = self.graph.constant((0..size).map(|place| distance(place) as f32).collect(), &[size]);
        let shape = self.graph.node(x).ty.shape.clone();
        let distances = self.broadcast(distances, &[size], &shape);
        let distances = self.alike(distances, x);
        let candidates = self.graph.mul(is_greatest, distances);
        let found = self.greatest(candidates);
        if last {
            return self.plus(found, -1.0);
        }
        let negative = self.graph.neg(found);
        self.plus(negative, size as f64)
    }

    /// [n] -> [n, depth], 1 at the index.
    pub fn one_hot(&mut self, indices: NodeId, depth: usize) -> NodeId {
        let count = self.count(indices);
        let column = self.rows(indices, 1);
        let wide = self.graph.broadcast_inner(column, depth);
        let places = self.graph.constant((0..depth).map(|place| place as f32).collect(), &[depth]);
        let places = self.broadcast(places, &[depth], &[count, depth]);
        let places = self.alike(places, wide);
        self.equal(wide, places)
    }

    /// The numbers of an input of indices; those below 0 count from the end.
    pub fn indices(&mut self, node: &Node, place: usize, size: usize) -> Emitted {
        let given = self.input(node, place)?;
        let given = self.flat(given);
        let negative = self.below(given, 0.0);
        let correction = self.times(negative, size as f64);
        Ok(self.graph.add(given, correction))
    }

    /// Tensors of `batch` pieces each, joined piece by piece, two by two.
    pub fn side_by_side(&mut self, all: &[NodeId], batch: usize) -> NodeId {
        if let [alone] = all {
            return *alone;
        }
        let (front, back) = all.split_at(all.len() / 2);
        let (front, back) = (self.side_by_side(front, batch), self.side_by_side(back, batch));
        self.joined(front, back, batch)
    }
}
