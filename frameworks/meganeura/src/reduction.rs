//! Sums, means, extremes and products along axes, and softmax.

use assay_runner::Node;
use meganeura::{NodeId, TensorType};

use crate::emitter::{Emitted, Emitter, refuse};
use crate::indexing::{map_of, strides_of};
use crate::order::Rows;

/// What is reduced, and what stays.
struct Axes {
    shape: Vec<usize>,
    gone: Vec<usize>,
    kept: Vec<usize>,
}

impl Axes {
    /// None: nothing is reduced.
    fn of(e: &Emitter, node: &Node) -> Option<Self> {
        let shape = e.shape(node, 0);
        let named = e.source.axes(node, 1, shape.len()).filter(|axes| !axes.is_empty());
        let axes = match named {
            None if node.flag("noop_with_empty_axes", false) => return None,
            None => (0..shape.len()).collect(),
            Some(axes) => axes,
        };
        let wide = |axis: &usize| shape[*axis] > 1;
        let (gone, kept) = (0..shape.len()).filter(wide).partition(|axis| axes.contains(axis));
        Some(Self { shape: shape.to_vec(), gone, kept })
    }

    fn count(&self) -> usize {
        self.gone.iter().map(|&axis| self.shape[axis]).product()
    }

    /// A row for each element that stays.
    fn rows(&self, e: &mut Emitter, x: NodeId) -> NodeId {
        let x = self.in_order(e, x, &[&self.kept[..], &self.gone].concat());
        e.rows(x, self.count())
    }

    /// A column for each element that stays.
    fn columns(&self, e: &mut Emitter, x: NodeId) -> NodeId {
        let x = self.in_order(e, x, &[&self.gone[..], &self.kept].concat());
        let columns = e.count(x) / self.count();
        e.rows(x, columns)
    }

    fn in_order(&self, e: &mut Emitter, x: NodeId, order: &[usize]) -> NodeId {
        if order.is_sorted() {
            return x;
        }
        let strides = strides_of(&self.shape);
        let to: Vec<usize> = order.iter().map(|&axis| self.shape[axis]).collect();
        e.pick(x, &map_of(&to, |at| order.iter().zip(at).map(|(&axis, &place)| strides[axis] * place).sum()))
    }

    fn sum(&self, e: &mut Emitter, x: NodeId) -> NodeId {
        if self.gone.is_empty() {
            return x;
        }
        if self.kept.is_empty() {
            return e.graph.sum_all(x);
        }
        if self.gone.last() < self.kept.first() {
            let columns = self.columns(e, x);
            let count = e.count(columns) / self.count();
            return e.graph.sum_rows(columns, &TensorType::f32(vec![count]));
        }
        let rows = self.rows(e, x);
        e.graph.sum_inner(rows)
    }

    /// Its pool's gradient is that of an average: where one is wanted, the greatest elements are those that are not less than it, in equal shares.
    fn greatest(&self, e: &mut Emitter, x: NodeId) -> NodeId {
        let rows = self.rows(e, x);
        e.greatest_with_gradient(rows)
    }

    /// One half times the other, until one factor is left.
    fn product(&self, e: &mut Emitter, x: NodeId) -> NodeId {
        let columns = self.columns(e, x);
        let (mut x, mut count) = (e.flat(columns), self.count());
        let width = e.count(x) / count;
        while count > 1 {
            let half = count / 2;
            let (one, other) = (e.part(x, 0, half * width), e.part(x, half * width, half * width));
            let product = e.graph.mul(one, other);
            let odd = count % 2;
            x = if odd == 0 {
                product
            } else {
                let last = e.part(x, (count - 1) * width, width);
                e.joined(product, last, 1)
            };
            count = half + odd;
        }
        x
    }

    /// The greatest element, and the logarithm of a sum in which it is 1.
    fn log_sum_exp(&self, e: &mut Emitter, x: NodeId) -> NodeId {
        let rows = self.rows(e, x);
        let (greatest, shifted) = e.shifted(rows);
        let powers = e.graph.exp(shifted);
        let sum = e.graph.sum_inner(powers);
        let log = e.graph.log(sum);
        let greatest = e.alike(greatest, log);
        e.graph.add(log, greatest)
    }
}

pub fn reduce(e: &mut Emitter, node: &Node) -> Emitted {
    let x = e.input(node, 0)?;
    match Axes::of(e, node) {
        Some(axes) => by_operator(e, &node.op, x, &axes),
        None => Ok(x),
    }
}

/// By the operator of that name.
pub fn reduced(e: &mut Emitter, op: &str, x: NodeId, shape: &[usize], axes: &[usize]) -> Emitted {
    let wide = |axis: &usize| shape[*axis] > 1;
    let (gone, kept) = (0..shape.len()).filter(wide).partition(|axis| axes.contains(axis));
    by_operator(e, op, x, &Axes { shape: shape.to_vec(), gone, kept })
}

fn by_operator(e: &mut Emitter, op: &str, x: NodeId, axes: &Axes) -> Emitted {
    Ok(match op {
        "ReduceSum" => axes.sum(e, x),
        "ReduceMean" => {
            let sum = axes.sum(e, x);
            e.times(sum, 1.0 / axes.count() as f64)
        }
        "ReduceMax" => axes.greatest(e, x),
        "ReduceMin" => {
            let negative = e.graph.neg(x);
            let greatest = axes.greatest(e, negative);
            e.graph.neg(greatest)
        }
        "ReduceL1" => {
            let magnitude = e.graph.abs(x);
            axes.sum(e, magnitude)
        }
        "ReduceL2" => {
            let squares = e.graph.mul(x, x);
            let sum = axes.sum(e, squares);
            crate::waves::root_of(e, sum)
        }
        "ReduceSumSquare" => {
            let squares = e.graph.mul(x, x);
            axes.sum(e, squares)
        }
        "ReduceLogSum" => {
            let sum = axes.sum(e, x);
            e.graph.log(sum)
        }
        "ReduceLogSumExp" => axes.log_sum_exp(e, x),
        "ReduceProd" => axes.product(e, x),
        other => return refuse(format!("{other} is no reduction")),
    })
}

pub fn softmax(e: &mut Emitter, node: &Node) -> Emitted {
    let shape = e.shape(node, 0);
    let rows = Rows::of(shape, node.axis(-1, shape.len()));
    let x = e.input(node, 0)?;
    let x = rows.apart(e, x);
    let y = if node.op == "Softmax" { e.graph.softmax(x) } else { e.logarithms(x) };
    Ok(rows.together(e, y, rows.size))
}

impl Emitter<'_> {
    /// Of each row of a matrix its greatest element, and the rows less that. No gradient comes through what is taken off.
    fn shifted(&mut self, rows: NodeId) -> (NodeId, NodeId) {
        let size = self.graph.node(rows).ty.shape[1];
        let still = self.graph.stop_gradient(rows);
        let greatest = self.greatest(still);
        let column = self.rows(greatest, 1);
        let wide = self.graph.broadcast_inner(column, size);
        (greatest, self.minus(rows, wide))
    }

    /// Of softmax. Its own is the logarithm of what may have vanished (../../docs/findings.md).
    pub fn logarithms(&mut self, rows: NodeId) -> NodeId {
        let size = self.graph.node(rows).ty.shape[1];
        let (_, shifted) = self.shifted(rows);
        let powers = self.graph.exp(shifted);
        let sum = self.graph.sum_inner(powers);
        let log = self.graph.log(sum);
        let log = self.graph.broadcast_inner(log, size);
        self.minus(shifted, log)
    }

    /// Of each row of a matrix its greatest element, a list.
    pub fn greatest_with_gradient(&mut self, rows: NodeId) -> NodeId {
        if !self.training {
            return self.greatest(rows);
        }
        let (_, shifted) = self.shifted(rows);
        let is_greatest = self.above(shifted, -f64::from(f32::MIN_POSITIVE));
        let own = self.graph.mul(rows, is_greatest);
        let (sum, count) = (self.graph.sum_inner(own), self.graph.sum_inner(is_greatest));
        self.graph.div(sum, count)
    }
}
