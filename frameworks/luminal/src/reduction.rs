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
    e.reduced(&node.op, x, shape, &axes)
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
    /// By the operator of that name.
    fn reduced(&mut self, op: &str, x: Id, shape: &[usize], axes: &[usize]) -> Emitted {
        let (n, count) = (elements(shape), axes.iter().map(|&axis| shape[axis]).product::<usize>());
        Ok(match op {
            "ReduceSum" => self.sum(x, shape, axes),
            "ReduceMean" => {
                let sum = self.sum(x, shape, axes);
                self.scale(sum, 1.0 / count as f32, n / count)
            }
            "ReduceMax" => self.greatest(x, shape, axes),
            "ReduceMin" => {
                let minus = self.scale(x, -1.0, n);
                let greatest = self.greatest(minus, shape, axes);
                self.scale(greatest, -1.0, n / count)
            }
            "ReduceL1" => {
                let magnitude = self.abs(x, n);
                self.sum(magnitude, shape, axes)
            }
            "ReduceL2" => {
                let squares = self.reduced("ReduceSumSquare", x, shape, axes)?;
                self.sqrt(squares, n / count)
            }
            "ReduceSumSquare" => {
                let square = self.mul(x, x, n);
                self.sum(square, shape, axes)
            }
            "ReduceLogSum" => {
                let sum = self.sum(x, shape, axes);
                self.ln(sum, n / count)
            }
            "ReduceLogSumExp" => self.log_sum_exp(x, shape, axes)?,
            "ReduceProd" => self.multiplied(x, shape, axes)?,
            other => return Err(format!("{other} is no reduction")),
        })
    }

    /// What is reduced comes first: [count, all others].
    fn reduced_first(&mut self, x: Id, shape: &[usize], axes: &[usize]) -> Emitted {
        let (first, others): (Vec<usize>, Vec<usize>) = (0..shape.len()).partition(|axis| axes.contains(axis));
        self.transpose(x, shape, &[first, others].concat())
    }

    /// The greatest element, and the logarithm of a sum in which it is 1.
    fn log_sum_exp(&mut self, x: Id, shape: &[usize], axes: &[usize]) -> Emitted {
        let count: usize = axes.iter().map(|&axis| shape[axis]).product();
        let n = elements(shape);
        let x = self.reduced_first(x, shape, axes)?;
        let greatest = self.greatest(x, &[count, n / count], &[0]);
        let repeated = self.along_columns(greatest, count, n / count);
        let shifted = self.sub(x, repeated, n);
        let powers = self.exp(shifted, n);
        let sum = self.sum(powers, &[count, n / count], &[0]);
        let log = self.ln(sum, n / count);
        Ok(self.add(greatest, log, n / count))
    }

    /// One half times the other, until one factor is left.
    pub fn multiplied(&mut self, x: Id, shape: &[usize], axes: &[usize]) -> Emitted {
        let mut count: usize = axes.iter().map(|&axis| shape[axis]).product();
        let width = elements(shape) / count;
        let mut x = self.reduced_first(x, shape, axes)?;
        while count > 1 {
            let half = count / 2;
            let part = |e: &mut Self, rows: std::ops::Range<usize>| e.gather(x, count * width, rows.collect(), width);
            let (one, other) = (part(self, 0..half)?, part(self, half..2 * half)?);
            let product = self.mul(one, other, half * width);
            let odd = count % 2;
            x = if odd == 0 {
                product
            } else {
                let last = part(self, count - 1..count)?;
                self.concat(&[(product, half), (last, 1)], 1, width)?
            };
            count = half + odd;
        }
        Ok(x)
    }

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
