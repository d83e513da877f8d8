//! Linear, Gemm and MatMul on Luminal's MatMul2D. Its compiler never finds the products that GraphTensor::matmul writes, so they are put
//! in by hand, as Luminal's own CPU tests do.

use assay_runner::Node;

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
    let sides = [e.shape(node, 0), e.shape(node, 1)];
    // A vector is a row on the left, a column on the right.
    let left = if sides[0].len() == 1 { vec![1, sides[0][0]] } else { sides[0].to_vec() };
    let right = if sides[1].len() == 1 { vec![sides[1][0], 1] } else { sides[1].to_vec() };
    let (rows, size, columns) = (left[left.len() - 2], left[left.len() - 1], right[right.len() - 1]);
    let (a, b) = (e.input(node, 0), e.input(node, 1));
    let (left_batch, right_batch) = (&left[..left.len() - 2], &right[..right.len() - 2]);
    if elements(right_batch) == 1 {
        return Ok(e.product(matrix(a, elements(&left) / size, size), matrix(b, size, columns)));
    }
    let rank = left_batch.len().max(right_batch.len());
    let size_at = |batch: &[usize], axis: usize| (axis + batch.len()).checked_sub(rank).map_or(1, |axis| batch[axis]);
    let batch: Vec<usize> = (0..rank).map(|axis| size_at(left_batch, axis).max(size_at(right_batch, axis))).collect();
    let a = e.expand(a, &left, &[&batch[..], &[rows, size]].concat())?;
    let b = e.expand(b, &right, &[&batch[..], &[size, columns]].concat())?;
    let mut parts = Vec::new();
    for place in 0..elements(&batch) {
        let a = e.gather(a, elements(&batch) * rows * size, vec![place], rows * size)?;
        let b = e.gather(b, elements(&batch) * size * columns, vec![place], size * columns)?;
        parts.push((e.product(matrix(a, rows, size), matrix(b, size, columns)), 1));
    }
    e.concat(&parts, 1, rows * columns)
}

impl Emitter<'_> {
    /// y [rows, columns] plus the node's third input, if there is one.
    pub fn with_bias(&mut self, node: &Node, y: Id, rows: usize, columns: usize) -> Id {
        let Some(bias) = node.input(2).map(|id| self.value(id)) else { return y };
        let bias = self.along_columns(bias, rows, columns);
        self.add(y, bias, rows * columns)
    }
}
