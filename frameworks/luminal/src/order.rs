//! Where the greatest elements of rows are, and sums along rows.

use assay_runner::{Node, running_sum_matrix};

use crate::emitter::{Emitted, Emitter, Id, elements, matrix};

/// The elements along one axis, as rows.
struct Rows {
    outer: usize,
    size: usize,
    inner: usize,
}

impl Rows {
    fn of(shape: &[usize], axis: usize) -> Self {
        Self { outer: elements(&shape[..axis]), size: shape[axis], inner: elements(&shape[axis + 1..]) }
    }

    fn count(&self) -> usize {
        self.outer * self.inner
    }

    /// [outer, size, inner] -> [outer * inner, size]
    fn apart(&self, e: &mut Emitter, x: Id) -> Emitted {
        e.swap_inner(x, self.outer, self.size, self.inner)
    }

    /// [outer * inner, size] -> [outer, size, inner], for another size, too.
    fn together(&self, e: &mut Emitter, x: Id, size: usize) -> Emitted {
        e.swap_inner(x, self.outer, self.inner, size)
    }
}

/// ArgMax and ArgMin.
pub fn extreme_place(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let rows = Rows::of(shape, node.axis(0, shape.len()));
    let x = e.input(node, 0);
    let x = rows.apart(e, x)?;
    let x = if node.op == "ArgMin" { e.scale(x, -1.0, elements(shape)) } else { x };
    Ok(e.greatest_place(x, rows.count(), rows.size, node.flag("select_last_index", false)))
}

pub fn hardmax(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let rows = Rows::of(shape, node.axis(-1, shape.len()));
    let x = e.input(node, 0);
    let x = rows.apart(e, x)?;
    let places = e.greatest_place(x, rows.count(), rows.size, false);
    let ones = e.one_hot(places, rows.count(), rows.size);
    rows.together(e, ones, rows.size)
}

/// The greatest one after the other: each is hidden by minus infinity, the logarithm of 0, before the next is looked for.
pub fn top_k(e: &mut Emitter, node: &Node) -> Result<Vec<Id>, String> {
    let shape = e.shape(node, 0);
    let axis = node.axis(-1, shape.len());
    let (rows, wanted) = (Rows::of(shape, axis), e.output_shape(node)[axis]);
    let (count, n) = (rows.count(), elements(shape));
    let x = e.input(node, 0);
    let x = rows.apart(e, x)?;
    let mut left = if node.flag("largest", true) { x } else { e.scale(x, -1.0, n) };
    let mut places = Vec::new();
    for number in 0..wanted {
        let place = e.greatest_place(left, count, rows.size, false);
        places.push((place, 1));
        if number + 1 < wanted {
            let ones = e.one_hot(place, count, rows.size);
            let others = e.complement(ones, n);
            let hidden = e.log2(others, n);
            left = e.add(left, hidden, n);
        }
    }
    let places = e.concat(&places, count, 1)?;
    let starts = e.constant((0..count * wanted).map(|i| (i / wanted * rows.size) as f32).collect());
    let chosen = e.add(starts, places, count * wanted);
    let values = e.gather_by(x, n, chosen, count * wanted, 1);
    Ok(vec![rows.together(e, values, wanted)?, rows.together(e, places, wanted)?])
}

/// A product with a triangle of ones.
pub fn running_sum(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let axis = e.graph.axes(node, 1, shape.len()).ok_or("the axis is an input")?[0];
    let rows = Rows::of(shape, axis);
    let size = rows.size;
    let triangle = e.constant(running_sum_matrix(node, size));
    let x = e.input(node, 0);
    let x = rows.apart(e, x)?;
    let sums = e.product(matrix(x, rows.count(), size), matrix(triangle, size, size));
    rows.together(e, sums, size)
}

impl Emitter<'_> {
    /// Of each row of x [rows, size], the place of its greatest element: the first of equal ones, or the last. Of those that are not less than
    /// the greatest it is the one with the greatest distance from the other end.
    fn greatest_place(&mut self, x: Id, rows: usize, size: usize, last: bool) -> Id {
        let n = rows * size;
        let greatest = self.greatest(x, &[rows, size], &[1]);
        let greatest = self.along_rows(greatest, rows, size);
        let less = self.less(x, greatest, n);
        let is_greatest = self.complement(less, n);
        let distance = |place: usize| if last { place + 1 } else { size - place };
        let distances = self.constant((0..n).map(|i| distance(i % size) as f32).collect());
        let candidates = self.mul(is_greatest, distances, n);
        let found = self.greatest(candidates, &[rows, size], &[1]);
        if last {
            return self.offset(found, -1.0, rows);
        }
        let minus = self.scale(found, -1.0, rows);
        self.offset(minus, size as f32, rows)
    }
}
