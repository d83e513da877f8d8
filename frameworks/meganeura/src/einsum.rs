//! Einsum, as products of matrices.

use std::cell::RefCell;

use assay_runner::{Contracted, Einsum, Node};
use meganeura::NodeId;

use crate::emitter::{Emitted, Emitter};
use crate::indexing::{map_of, strides_of};
use crate::reduction::reduced;

/// An operand while it is contracted, and the graph that it lies in.
struct Operand<'a, 'g> {
    e: &'a RefCell<&'a mut Emitter<'g>>,
    id: NodeId,
    shape: Vec<usize>,
}

pub fn einsum(e: &mut Emitter, node: &Node) -> Emitted {
    let equation = Einsum::of(e.source, node);
    let operand = |place: usize| Ok::<_, String>((e.input(node, place)?, e.shape(node, place).to_vec()));
    let known = (0..node.inputs.len()).map(operand).collect::<Result<Vec<_>, _>>()?;
    let e = RefCell::new(e);
    equation.contract(known.into_iter().map(|(id, shape)| Operand { e: &e, id, shape }).collect()).map(|y| y.id)
}

impl Operand<'_, '_> {
    fn with(self, id: NodeId, shape: Vec<usize>) -> Self {
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
        let strides = strides_of(&self.shape);
        let shape: Vec<_> = axes.iter().map(|&axis| self.shape[axis]).collect();
        let source = |at: &[usize]| axes.iter().zip(at).map(|(&axis, &place)| strides[axis] * place).sum();
        let id = self.e.borrow_mut().pick(self.id, &map_of(&shape, source));
        Ok(self.with(id, shape))
    }

    fn picked(self, axis: usize, places: &[usize]) -> Result<Self, String> {
        let strides = strides_of(&self.shape);
        let mut shape = self.shape.clone();
        shape[axis] = places.len();
        let place = |d: usize, at: usize| strides[d] * if d == axis { places[at] } else { at };
        let source = |at: &[usize]| at.iter().enumerate().map(|(d, &at)| place(d, at)).sum();
        let id = self.e.borrow_mut().pick(self.id, &map_of(&shape, source));
        Ok(self.with(id, shape))
    }

    fn summed(self, axis: usize) -> Result<Self, String> {
        let id = reduced(&mut self.e.borrow_mut(), "ReduceSum", self.id, &self.shape, &[axis])?;
        let mut shape = self.shape.clone();
        shape.remove(axis);
        Ok(self.with(id, shape))
    }

    fn expanded(self, shape: &[usize]) -> Result<Self, String> {
        let id = self.e.borrow_mut().broadcast(self.id, &self.shape, shape);
        Ok(self.with(id, shape.to_vec()))
    }

    fn times(self, other: Self) -> Result<Self, String> {
        let (stack, rows, inner, columns) = (self.shape[0], self.shape[1], self.shape[2], other.shape[2]);
        let id = self.e.borrow_mut().products(self.id, other.id, stack, [rows, inner, columns]);
        Ok(self.with(id, vec![stack, rows, columns]))
    }
}
