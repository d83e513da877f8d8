//! Einsum, as products of matrices.

use std::cell::RefCell;

use assay_runner::{Contracted, Einsum, Node};

use crate::emitter::{Emitted, Emitter, Id, elements, matrix};
use crate::movement::strides;

/// An operand while it is contracted, and the graph that it lies in.
struct Operand<'a, 'g> {
    e: &'a RefCell<&'a mut Emitter<'g>>,
    id: Id,
    shape: Vec<usize>,
}

pub fn einsum(e: &mut Emitter, node: &Node) -> Emitted {
    let equation = Einsum::of(e.graph, node);
    let known: Vec<_> = (0..node.inputs.len()).map(|i| (e.input(node, i), e.shape(node, i).to_vec())).collect();
    let e = RefCell::new(e);
    equation.contract(known.into_iter().map(|(id, shape)| Operand { e: &e, id, shape }).collect()).map(|y| y.id)
}

impl<'a, 'g> Operand<'a, 'g> {
    fn with(self, id: Id, shape: Vec<usize>) -> Self {
        Self { id, shape, ..self }
    }
}

impl Contracted for Operand<'_, '_> {
    type Error = String;

    fn shape(&self) -> Vec<usize> {
        self.shape.clone()
    }

    fn reshaped(self, shape: &[usize]) -> Result<Self, String> {
        let id = self.id;
        Ok(self.with(id, shape.to_vec()))
    }

    fn permuted(self, axes: &[usize]) -> Result<Self, String> {
        let id = self.e.borrow_mut().transpose(self.id, &self.shape, axes)?;
        let shape = axes.iter().map(|&axis| self.shape[axis]).collect();
        Ok(self.with(id, shape))
    }

    fn picked(self, axis: usize, places: &[usize]) -> Result<Self, String> {
        let (outer, stride) = (elements(&self.shape[..axis]), strides(&self.shape)[axis] as usize);
        let size = self.shape[axis];
        let rows = (0..outer).flat_map(|o| places.iter().map(move |place| o * size + place)).collect();
        let id = self.e.borrow_mut().gather(self.id, elements(&self.shape), rows, stride)?;
        let mut shape = self.shape.clone();
        shape[axis] = places.len();
        Ok(self.with(id, shape))
    }

    fn summed(self, axis: usize) -> Result<Self, String> {
        let id = self.e.borrow_mut().sum(self.id, &self.shape, &[axis]);
        let mut shape = self.shape.clone();
        shape.remove(axis);
        Ok(self.with(id, shape))
    }

    fn expanded(self, shape: &[usize]) -> Result<Self, String> {
        let id = self.e.borrow_mut().expand(self.id, &self.shape, shape)?;
        Ok(self.with(id, shape.to_vec()))
    }

    fn times(self, other: Self) -> Result<Self, String> {
        let (stack, rows, inner, columns) = (self.shape[0], self.shape[1], self.shape[2], other.shape[2]);
        let mut e = self.e.borrow_mut();
        let mut parts = Vec::new();
        for place in 0..stack {
            let a = e.gather(self.id, elements(&self.shape), vec![place], rows * inner)?;
            let b = e.gather(other.id, elements(&other.shape), vec![place], inner * columns)?;
            parts.push((e.product(matrix(a, rows, inner), matrix(b, inner, columns)), 1));
        }
        let id = e.concat(&parts, 1, rows * columns)?;
        drop(e);
        Ok(self.with(id, vec![stack, rows, columns]))
    }
}
