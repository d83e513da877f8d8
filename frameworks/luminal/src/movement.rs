//! Moving data: transposing, slicing, repeating, padding, joining. All of it is Luminal's Gather with constant indices, or products
//! with matrices of ones and zeros, which are exact; Luminal's own views cost a hundred times as much when they are read.

use luminal::op::Contiguous;

use crate::emitter::{Emitted, Emitter, Id, elements, matrix, tracker};
use crate::kernels;

/// Indices are float32: beyond it they are no longer exact.
pub const MOST_ROWS: usize = 1 << 24;
const MOST_AXES: usize = 6;
/// Up to so many rows a product with zeros and ones beats Luminal's padding.
const MOST_PLACED_ROWS: usize = 2048;

/// A dimension of a view: its size, and how far apart in the source its elements are.
pub type Dim = (usize, isize);

/// Row-major.
pub fn strides(shape: &[usize]) -> Vec<isize> {
    (0..shape.len()).map(|axis| elements(&shape[axis + 1..]) as isize).collect()
}

/// The places in the source of all elements of a view.
pub fn places(dims: &[Dim], start: isize) -> Vec<usize> {
    let mut all = vec![start];
    for &(size, stride) in dims {
        all = all.iter().flat_map(|&place| (0..size as isize).map(move |i| place + i * stride)).collect();
    }
    all.into_iter().map(|place| place as usize).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// How many rows can be moved as one: the greatest common divisor of where runs begin and how long they are.
fn common_run(rows: &[usize]) -> usize {
    let (mut common, mut begin) = (0, 0);
    for i in 1..=rows.len() {
        if i == rows.len() || rows[i] != rows[i - 1] + 1 {
            common = gcd(gcd(common, i - begin), rows[begin]);
            if common == 1 {
                return 1;
            }
            begin = i;
        }
    }
    common
}

impl Emitter<'_> {
    /// Rows of `width` elements: row i of the result is row rows[i] of `source`.
    pub fn gather(&mut self, source: Id, size: usize, rows: Vec<usize>, width: usize) -> Emitted {
        let run = common_run(&rows);
        let rows: Vec<usize> = rows.into_iter().step_by(run).map(|row| row / run).collect();
        let width = width * run;
        if rows.len() * width == size && rows.iter().enumerate().all(|(i, &row)| i == row) {
            return Ok(source);
        }
        if rows.iter().any(|&row| row > MOST_ROWS) {
            return Err("Gather takes its indices as float32, which are exact up to 16777216".to_string());
        }
        let count = rows.len();
        let indices = self.constant(rows.into_iter().map(|row| row as f32).collect());
        Ok(self.gather_by(source, size, indices, count, width))
    }

    /// The same with `count` indices that are computed.
    pub fn gather_by(&mut self, source: Id, size: usize, indices: Id, count: usize, width: usize) -> Id {
        self.apply(
            kernels::gather(width),
            &[(indices, tracker(&[count])), (source, tracker(&[size.div_ceil(width), width]))],
        )
    }

    /// A strided view, copied; all of the source in its own order is the source.
    pub fn view(&mut self, source: Id, size: usize, dims: &[Dim], start: isize) -> Emitted {
        let shape: Vec<_> = dims.iter().map(|&(size, _)| size).collect();
        if start == 0
            && elements(&shape) == size
            && dims.iter().zip(strides(&shape)).all(|(&(_, own), step)| own == step)
        {
            return Ok(source);
        }
        self.gather(source, size, places(dims, start), 1)
    }

    pub fn transpose(&mut self, source: Id, shape: &[usize], order: &[usize]) -> Emitted {
        if elements(shape) > MOST_ROWS {
            return self.transpose_slowly(source, shape, order);
        }
        let strides = strides(shape);
        let dims: Vec<Dim> = order.iter().map(|&axis| (shape[axis], strides[axis])).collect();
        self.view(source, elements(shape), &dims, 0)
    }

    /// Luminal's own way, for what has too many elements for indices in float32.
    fn transpose_slowly(&mut self, source: Id, shape: &[usize], order: &[usize]) -> Emitted {
        if shape.len() > MOST_AXES {
            return Err("Luminal's tensors have six axes at most".to_string());
        }
        let mut view = tracker(shape);
        view.permute(order);
        Ok(self.apply(Box::new(Contiguous), &[(source, view)]))
    }

    /// As ONNX broadcasts: `from` is aligned with the end of `to`.
    pub fn expand(&mut self, source: Id, from: &[usize], to: &[usize]) -> Emitted {
        let front = to.len() - from.len();
        let kept = |axis: usize| axis >= front && from[axis - front] == to[axis];
        let (mut result, mut inner) = (source, 1);
        for axis in (0..to.len()).rev() {
            let size = to[axis];
            if !kept(axis) && size > 1 {
                let outer: usize = (0..axis).filter(|&axis| kept(axis)).map(|axis| to[axis]).product();
                result = self.repeat(result, outer, size, inner)?;
            }
            inner *= size;
        }
        Ok(result)
    }

    /// [outer, inner] -> [outer, size, inner]
    pub fn repeat(&mut self, source: Id, outer: usize, size: usize, inner: usize) -> Emitted {
        if inner == 1 {
            return Ok(self.along_rows(source, outer, size));
        }
        if outer == 1 {
            return Ok(self.along_columns(source, size, inner));
        }
        self.gather(source, outer * inner, places(&[(outer, 1), (size, 0)], 0), inner)
    }

    /// [rows, columns] -> [total, columns], zeros above and below.
    fn place(&mut self, source: Id, rows: usize, columns: usize, first: usize, total: usize) -> Id {
        if rows <= MOST_PLACED_ROWS && rows * columns > 4096 {
            let mut ones = vec![0.0; total * rows];
            (0..rows).for_each(|row| ones[(first + row) * rows + row] = 1.0);
            let ones = self.constant(ones);
            return self.product(matrix(ones, total, rows), matrix(source, rows, columns));
        }
        let mut padded = tracker(&[rows * columns]);
        padded.pad(&[((first * columns).into(), ((total - first - rows) * columns).into())]);
        self.apply(Box::new(Contiguous), &[(source, padded)])
    }

    /// The tensor with zeros behind it: at least `width`, from `size` on, both multiples of `width`. Gives the size with the zeros too.
    pub fn with_zeros(&mut self, source: Id, size: usize, width: usize) -> (Id, usize) {
        let rows = (8..=64).rev().find(|rows| size.is_multiple_of(rows * width)).unwrap_or(size / width);
        let columns = size / rows;
        (self.place(source, rows, columns, 0, rows + 1), size + columns)
    }

    /// Joins [outer, own size, inner] of each part along the middle.
    pub fn concat(&mut self, parts: &[(Id, usize)], outer: usize, inner: usize) -> Emitted {
        if let [(alone, _)] = *parts {
            return Ok(alone);
        }
        let common = parts.iter().fold(0, |common, &(_, size)| gcd(common, size * inner));
        // As matrices [size, outer * columns]; what is moved together is a row as far as possible.
        let columns = if outer == 1 { common } else { inner };
        let rows = |size: usize| size * inner / columns;
        let total = parts.iter().map(|&(_, size)| rows(size)).sum();
        let (mut first, mut result) = (0, None);
        for &(source, size) in parts {
            let front = self.swap(source, outer, rows(size), columns)?;
            let placed = self.place(front, rows(size), outer * columns, first, total);
            first += rows(size);
            result = Some(result.map_or(placed, |sum| self.add(sum, placed, total * outer * columns)));
        }
        self.swap(result.expect("at least one part"), total, outer, columns)
    }

    /// [a, b, inner] -> [b, a, inner]
    pub fn swap(&mut self, source: Id, a: usize, b: usize, inner: usize) -> Emitted {
        let rows = places(&[(b, 1), (a, b as isize)], 0);
        self.gather(source, a * b * inner, rows, inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_moved_together_where_they_can() {
        assert_eq!(common_run(&[0, 1, 2, 3]), 4);
        assert_eq!(common_run(&[4, 5, 0, 1, 2, 3]), 2);
        assert_eq!(common_run(&[1, 2, 3]), 1);
        assert_eq!(common_run(&[8]), 1);
    }

    #[test]
    fn a_view_has_its_places_in_row_major_order() {
        assert_eq!(places(&[(2, 1), (3, 2)], 0), [0, 2, 4, 1, 3, 5]);
        assert_eq!(places(&[(3, -1)], 2), [2, 1, 0]);
        assert_eq!(strides(&[2, 3, 4]), [12, 4, 1]);
    }
}
