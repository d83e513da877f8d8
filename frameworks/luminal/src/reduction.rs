//! Sums, means and extremes along axes, and softmax.

use assay_runner::Node;
use luminal::op::MaxReduce;
use luminal::prelude::BatchedMatMul2D;

use crate::emitter::{Emitted, Emitter, Id, elements, tracker};

pub fn reduce(e: &mut Emitter, node: &Node) -> Emitted {
    let (x, shape) = (e.input(node, 0), e.shape(node, 0));
    let axes = e.graph.axes(node, 1, shape.len()).filter(|axes| !axes.is_empty());
    let Some(axes) = axes.or_else(|| (!node.flag("noop_with_empty_axes", false)).then(|| (0..shape.len()).collect()))
    else {
        return Ok(x);
    };
    let n = elements(shape);
    Ok(match node.op.as_str() {
        "ReduceSum" => e.sum(x, shape, &axes),
        "ReduceMean" => {
            let count: usize = axes.iter().map(|&axis| shape[axis]).product();
            let sum = e.sum(x, shape, &axes);
            e.scale(sum, 1.0 / count as f32, n / count)
        }
        "ReduceMax" => e.greatest(x, shape, &axes),
        "ReduceMin" => {
            let minus = e.scale(x, -1.0, n);
            let greatest = e.greatest(minus, shape, &axes);
            e.scale(greatest, -1.0, elements(e.output_shape(node)))
        }
        other => return Err(format!("{other} is no reduction")),
    })
}

pub fn softmax(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let axis = node.axis(-1, shape.len());
    let (outer, size, inner) = (elements(&shape[..axis]), shape[axis], elements(&shape[axis + 1..]));
    let input = e.input(node, 0);
    let x = e.swap_inner(input, outer, size, inner)?;
    let (rows, n) = (outer * inner, elements(shape));
    let result = if node.op == "Softmax" {
        let (powers, inverse) = e.softmax_parts(x, rows, size);
        let inverse = e.along_rows(inverse, rows, size);
        e.mul(powers, inverse, n)
    } else {
        e.log_softmax(x, rows, size)
    };
    e.swap_inner(result, outer, inner, size)
}

impl Emitter<'_> {
    /// [outer, a, b] -> [outer, b, a]
    pub fn swap_inner(&mut self, x: Id, outer: usize, a: usize, b: usize) -> Emitted {
        if a == 1 || b == 1 { Ok(x) } else { self.transpose(x, &[outer, a, b], &[0, 2, 1]) }
    }

    /// Neighbouring axes that are all reduced, from the last: [outer, size, inner].
    fn spans(shape: &[usize], axes: &[usize]) -> Vec<[usize; 3]> {
        let (mut spans, mut inner, mut axis) = (Vec::new(), 1, shape.len());
        while axis > 0 {
            let end = axis;
            while axis > 0 && axes.contains(&(axis - 1)) {
                axis -= 1;
            }
            if axis < end {
                spans.push([elements(&shape[..axis]), elements(&shape[axis..end]), inner]);
            } else {
                axis -= 1;
                inner *= shape[axis];
            }
        }
        spans
    }

    pub fn sum(&mut self, x: Id, shape: &[usize], axes: &[usize]) -> Id {
        Self::spans(shape, axes).into_iter().fold(x, |x, [outer, size, inner]| {
            if size == 1 {
                x
            } else if inner == 1 {
                self.row_sums(x, outer, size)
            } else {
                let mut view = tracker(&[outer, size, inner]);
                view.permute(&[0, 2, 1]);
                let ones = self.filled(1.0, size);
                self.apply(Box::new(BatchedMatMul2D), &[(x, view), (ones, tracker(&[size, 1]))])
            }
        })
    }

    pub fn greatest(&mut self, x: Id, shape: &[usize], axes: &[usize]) -> Id {
        let spans = Self::spans(shape, axes).into_iter().filter(|span| span[1] > 1);
        spans.fold(x, |x, span| self.apply(Box::new(MaxReduce(1)), &[(x, tracker(&span))]))
    }

    /// Of x [rows, size]: exp(x - greatest), and the inverse of each row's sum.
    pub fn softmax_parts(&mut self, x: Id, rows: usize, size: usize) -> (Id, Id) {
        let shifted = self.shifted(x, rows, size);
        let powers = self.exp(shifted, rows * size);
        let sums = self.row_sums(powers, rows, size);
        (powers, self.recip(sums, rows))
    }

    /// x less the greatest of its row.
    fn shifted(&mut self, x: Id, rows: usize, size: usize) -> Id {
        let greatest = self.greatest(x, &[rows, size], &[1]);
        let greatest = self.along_rows(greatest, rows, size);
        self.sub(x, greatest, rows * size)
    }

    pub fn log_softmax(&mut self, x: Id, rows: usize, size: usize) -> Id {
        let shifted = self.shifted(x, rows, size);
        let powers = self.exp(shifted, rows * size);
        let sums = self.row_sums(powers, rows, size);
        let logs = self.log2(sums, rows);
        let logs = self.scale(logs, std::f32::consts::LN_2, rows);
        let logs = self.along_rows(logs, rows, size);
        self.sub(shifted, logs, rows * size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_axes_are_one_span() {
        assert_eq!(Emitter::spans(&[2, 3, 4, 5], &[0, 2, 3]), [[6, 20, 1], [1, 2, 3]]);
        assert_eq!(Emitter::spans(&[2, 3], &[0]), [[1, 2, 3]]);
        assert!(Emitter::spans(&[2, 3], &[]).is_empty());
    }
}
