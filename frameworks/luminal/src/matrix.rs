//! Linear, Gemm and MatMul on Luminal's MatMul2D. Its compiler never finds the products that GraphTensor::matmul writes, so they are put
//! in by hand, as Luminal's own CPU tests do.

use assay_runner::{Node, ValueId};

use crate::emitter::{Emitted, Emitter, Id, Matrix, elements, matrix};

pub fn linear(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, weights) = (e.shape(node, 0), e.shape(node, 1));
    let (rows, size, columns) = (elements(shape) / weights[1], weights[1], weights[0]);
    let (x, w) = (e.input(node, 0), e.input(node, 1));
    let is_turned = node.input(1).is_some_and(|id| e.turned.contains(&id));
    let w = if is_turned { matrix(w, size, columns) } else { matrix(w, columns, size).transposed() };
    let y = e.product(matrix(x, rows, size), w);
    Ok(e.with_bias(node, y, rows, columns))
}

pub fn gemm(e: &mut Emitter, node: &Node) -> Emitted {
    let operand = |e: &Emitter, place: usize, flag: &str| -> Matrix {
        let (id, shape) = (e.input(node, place), e.shape(node, place));
        let whole = matrix(id, shape[0], shape[1]);
        if node.flag(flag, false) { whole.transposed() } else { whole }
    };
    let (a, b) = (operand(e, 0, "transA"), operand(e, 1, "transB"));
    let n = elements(e.output_shape(node));
    let product = e.product(a, b);
    let y = e.scale(product, node.real("alpha", 1.0) as f32, n);
    if node.input(2).is_none() {
        return Ok(y);
    }
    let summand = e.broadcast(node, 2)?;
    let summand = e.scale(summand, node.real("beta", 1.0) as f32, n);
    Ok(e.add(y, summand, n))
}

pub fn matmul(e: &mut Emitter, node: &Node) -> Emitted {
    let (left, right) = (Side::of(e, node, 0), Side::of(e, node, 1));
    let (rows, size, columns) = (left.rows, left.columns, right.columns);
    let (left_batch, right_batch) = (&left.batch, &right.batch);
    if elements(right_batch) == 1 && (!left.is_turned || elements(left_batch) == 1) {
        let all = elements(left_batch) * rows;
        return Ok(e.product(left.matrix(left.id, all), right.matrix(right.id, size)));
    }
    let rank = left_batch.len().max(right_batch.len());
    let size_at = |batch: &[usize], axis: usize| (axis + batch.len()).checked_sub(rank).map_or(1, |axis| batch[axis]);
    let batch: Vec<usize> = (0..rank).map(|axis| size_at(left_batch, axis).max(size_at(right_batch, axis))).collect();
    let a = e.expand(left.id, &left.shape(left_batch), &left.shape(&batch))?;
    let b = e.expand(right.id, &right.shape(right_batch), &right.shape(&batch))?;
    let mut parts = Vec::new();
    for place in 0..elements(&batch) {
        let a = e.gather(a, elements(&batch) * rows * size, vec![place], rows * size)?;
        let b = e.gather(b, elements(&batch) * size * columns, vec![place], size * columns)?;
        parts.push((e.product(left.matrix(a, rows), right.matrix(b, size)), 1));
    }
    e.concat(&parts, 1, rows * columns)
}

/// An operand of MatMul. A vector is a row on the left, a column on the right. One that comes from a Transpose of its matrices is read where the
/// Transpose reads: matrix products take any strides.
struct Side {
    id: Id,
    batch: Vec<usize>,
    rows: usize,
    columns: usize,
    /// The matrices lie as [columns, rows].
    is_turned: bool,
}

impl Side {
    fn of(e: &Emitter, node: &Node, place: usize) -> Self {
        let shape = match (e.shape(node, place), place) {
            (&[size], 0) => vec![1, size],
            (&[size], _) => vec![size, 1],
            (shape, _) => shape.to_vec(),
        };
        let (batch, sizes) = shape.split_at(shape.len() - 2);
        let turned = node.input(place).and_then(|id| source_of_turned(e, id));
        let id = turned.unwrap_or_else(|| e.input(node, place));
        Self { id, batch: batch.to_vec(), rows: sizes[0], columns: sizes[1], is_turned: turned.is_some() }
    }

    fn shape(&self, batch: &[usize]) -> Vec<usize> {
        let sizes = if self.is_turned { [self.columns, self.rows] } else { [self.rows, self.columns] };
        [batch, &sizes].concat()
    }

    /// `id` as a matrix of so many rows.
    fn matrix(&self, id: Id, rows: usize) -> Matrix {
        if self.is_turned { matrix(id, self.columns, rows).transposed() } else { matrix(id, rows, self.columns) }
    }
}

/// What the value is the transposed matrices of.
fn source_of_turned(e: &Emitter, id: ValueId) -> Option<Id> {
    let producer = &e.graph.nodes[e.graph.producer(id)?];
    let order = (producer.op == "Transpose").then(|| producer.ints("perm")).flatten()?;
    let rank = order.len() as i64;
    let expected = (0..rank - 2).chain([rank - 1, rank - 2]);
    (rank >= 2 && expected.eq(order.iter().copied())).then(|| e.input(producer, 0))
}

impl Emitter<'_> {
    /// y [rows, columns] plus the node's third input, if there is one.
    pub fn with_bias(&mut self, node: &Node, y: Id, rows: usize, columns: usize) -> Id {
        let Some(bias) = node.input(2).map(|id| self.value(id)) else { return y };
        let bias = self.along_columns(bias, rows, columns);
        self.add(y, bias, rows * columns)
    }
}
