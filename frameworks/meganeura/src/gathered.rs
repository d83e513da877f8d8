//! Gathering and scattering by indices. Rows of a table by an input are an operator of Meganeura's; by indices that are computed they are a product
//! with rows that have a single 1, and so is scattering.

use assay_runner::{Node, Role};
use meganeura::{NodeId, TensorType};

use crate::emitter::{Emitted, Emitter, refuse};
use crate::indexing::{map_of, strides_of};
use crate::reduction::reduced;

/// Elements of the rows for all indices of a node: a quarter of a gibibyte of them.
const MOST_ELEMENTS: usize = 1 << 26;

pub fn check_size(elements: usize) -> Result<(), String> {
    if elements > MOST_ELEMENTS {
        return refuse(
            "embedding takes indices that are an input, and rows with a single 1 for each do not fit into memory",
        );
    }
    Ok(())
}

/// Along one axis, by an input or by what is computed.
pub fn gather(e: &mut Emitter, node: &Node, axis: usize) -> Emitted {
    let (data, indices) = (e.shape(node, 0), e.value(e.required(node, 1)?));
    let (outer, size, inner) = (data[..axis].iter().product(), data[axis], data[axis + 1..].iter().product::<usize>());
    let count = indices.shape.iter().product();
    let x = e.input(node, 0)?;
    let table = e.swapped(x, outer, size, inner);
    let table = e.rows(table, outer * inner);
    let rows = if indices.role == Role::Input {
        let rows = e.index_input(indices, size);
        e.graph.embedding(rows, table)
    } else {
        check_size(count * size)?;
        let places = e.indices(node, 1, size)?;
        let ones = e.one_hot(places, size);
        e.graph.matmul(ones, table)
    };
    Ok(e.swapped(rows, count, outer, inner))
}

/// Of each element the candidates along the axis are a row, of which one is taken.
pub fn gather_elements(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, wide) = (e.shape(node, 0), e.shape(node, 1));
    let axis = node.axis(0, shape.len());
    let (size, strides) = (shape[axis], strides_of(shape));
    check_size(wide.iter().product::<usize>() * size)?;
    let candidate =
        |at: &[usize]| (0..wide.len()).map(|d| strides[d] * if d == axis { at[wide.len()] } else { at[d] }).sum();
    let x = e.input(node, 0)?;
    let candidates = e.pick(x, &map_of(&[wide, &[size]].concat(), candidate));
    let candidates = e.rows(candidates, size);
    let places = e.indices(node, 1, size)?;
    let ones = e.one_hot(places, size);
    let own = e.graph.mul(candidates, ones);
    Ok(e.graph.sum_inner(own))
}

pub fn gather_nd(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, indices) = (e.shape(node, 0), e.shape(node, 1));
    let batch_axes = node.int("batch_dims", 0) as usize;
    let depth = indices[indices.len() - 1];
    let batch: usize = shape[..batch_axes].iter().product();
    let moving = &shape[batch_axes..batch_axes + depth];
    let (size, inner) = (moving.iter().product::<usize>(), shape[batch_axes + depth..].iter().product());
    let count = indices.iter().product::<usize>() / depth;
    check_size(count * batch * size)?;
    let rows = e.tuple_rows(node, moving)?;
    let starts = (0..count).map(|row| (row / (count / batch) * size) as f32).collect();
    let starts = e.graph.constant(starts, &[count]);
    let rows = e.graph.add(rows, starts);
    let ones = e.one_hot(rows, batch * size);
    let x = e.input(node, 0)?;
    let table = e.rows(x, inner);
    Ok(e.graph.matmul(ones, table))
}

/// What came to each place of the data, and how many updates did.
struct Scattered {
    updates: NodeId,
    hits: NodeId,
}

pub fn scatter_nd(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, indices) = (e.shape(node, 0), e.shape(node, 1));
    let depth = indices[indices.len() - 1];
    let (size, inner): (usize, usize) = (shape[..depth].iter().product(), shape[depth..].iter().product());
    let count = indices.iter().product::<usize>() / depth;
    check_size(count * size * if adds(node) { 1 } else { inner })?;
    let rows = e.tuple_rows(node, &shape[..depth])?;
    let ones = e.one_hot(rows, size);
    let hits = e.graph.sum_rows(ones, &TensorType::f32(vec![size]));
    let hits = e.broadcast(hits, &[size, 1], &[size, inner]);
    let given = e.input(node, 2)?;
    let updates = if adds(node) {
        let given = e.rows(given, inner);
        e.graph.matmul_at(ones, given)
    } else {
        let ones = e.broadcast(ones, &[count, size, 1], &[count, size, inner]);
        let wide = e.broadcast(given, &[count, 1, inner], &[count, size, inner]);
        e.collected(node, ones, wide, &[count, size * inner], 0)?
    };
    e.onto_data(node, Scattered { updates, hits })
}

pub fn scatter_elements(e: &mut Emitter, node: &Node) -> Emitted {
    let (shape, indices) = (e.shape(node, 0), e.shape(node, 1));
    let axis = node.axis(0, shape.len());
    let (outer, inner): (usize, usize) = (indices[..axis].iter().product(), indices[axis + 1..].iter().product());
    let (size, count) = (shape[axis], indices[axis]);
    let all = outer * inner * count;
    check_size(all * size)?;
    let places = e.indices(node, 1, size)?;
    let places = e.turned(places, outer, count, inner);
    let ones = e.one_hot(places, size);
    let ones = e.flat(ones);
    let given = e.input(node, 2)?;
    let given = e.turned(given, outer, count, inner);
    let wide = e.broadcast(given, &[all, 1], &[all, size]);
    let space = [outer * inner, count, size];
    let updates = e.collected(node, ones, wide, &space, 1)?;
    let hits = reduced(e, "ReduceSum", ones, &space, &[1])?;
    let mut reached = indices.to_vec();
    reached[axis] = size;
    let [updates, hits] = [updates, hits].map(|x| {
        let x = e.turned(x, outer, inner, size);
        e.with_rest(x, &reached, shape)
    });
    e.onto_data(node, Scattered { updates, hits })
}

fn adds(node: &Node) -> bool {
    matches!(node.text("reduction", "none"), "add" | "none")
}

impl Emitter<'_> {
    /// [a, b, inner] -> [b, a, inner], a list.
    pub fn swapped(&mut self, x: NodeId, a: usize, b: usize, inner: usize) -> NodeId {
        if a == 1 || b == 1 {
            return self.flat(x);
        }
        if inner == 1 {
            return self.turned(x, 1, a, b);
        }
        self.pick(x, &map_of(&[b, a, inner], |at| (at[1] * b + at[0]) * inner + at[2]))
    }

    /// Input 1, tuples of indices into dimensions of these sizes, as rows, a list. Negative ones count from the end.
    fn tuple_rows(&mut self, node: &Node, moving: &[usize]) -> Emitted {
        let depth = moving.len();
        let numbers = |sizes: Vec<usize>| sizes.into_iter().map(|size| size as f32).collect::<Vec<_>>();
        let given = self.input(node, 1)?;
        let given = self.rows(given, depth);
        let sizes = self.graph.constant(numbers(moving.to_vec()), &[depth]);
        let sizes = self.broadcast(sizes, &[depth], &self.graph.node(given).ty.shape.clone());
        let (negative, sizes) = (self.below(given, 0.0), self.alike(sizes, given));
        let corrections = self.graph.mul(negative, sizes);
        let whole = self.graph.add(given, corrections);
        let strides = self.graph.constant(numbers(strides_of(moving)), &[depth, 1]);
        let rows = self.graph.matmul(whole, strides);
        Ok(self.flat(rows))
    }

    /// Along an axis the updates where there is a 1, by the node's reduction.
    fn collected(&mut self, node: &Node, ones: NodeId, updates: NodeId, space: &[usize], axis: usize) -> Emitted {
        const NONE: f32 = -1e38;
        let (ones, updates) = (self.flat(ones), self.flat(updates));
        let (op, otherwise) = match node.text("reduction", "none") {
            "mul" => ("ReduceProd", 1.0),
            "max" => ("ReduceMax", NONE),
            "min" => ("ReduceMin", -NONE),
            _ => ("ReduceSum", 0.0),
        };
        let others = self.filled(otherwise, ones);
        let chosen = self.select(ones, updates, others);
        reduced(self, op, chosen, space, &[axis])
    }

    /// Zeros where the data goes on and no index points to.
    fn with_rest(&mut self, x: NodeId, reached: &[usize], shape: &[usize]) -> NodeId {
        if reached == shape {
            return self.flat(x);
        }
        let (strides, count) = (strides_of(reached), self.count(x));
        let source = |at: &[usize]| {
            let inside = at.iter().zip(reached).all(|(place, size)| place < size);
            if inside { at.iter().zip(&strides).map(|(place, step)| place * step).sum() } else { count }
        };
        let zero = self.graph.scalar(0.0);
        let with_zero = self.joined(x, zero, 1);
        self.pick(with_zero, &map_of(shape, source))
    }

    /// The data with what came to its places.
    fn onto_data(&mut self, node: &Node, Scattered { updates, hits }: Scattered) -> Emitted {
        let data = self.input(node, 0)?;
        let (data, updates, hits) = (self.flat(data), self.flat(updates), self.flat(hits));
        Ok(match node.text("reduction", "none") {
            "add" => self.graph.add(data, updates),
            "none" => {
                let kept = self.complement(hits);
                let kept = self.graph.mul(data, kept);
                self.graph.add(kept, updates)
            }
            reduction => {
                let changed = match reduction {
                    "mul" => self.graph.mul(data, updates),
                    "max" => self.larger(data, updates, true),
                    _ => self.larger(data, updates, false),
                };
                let is_hit = self.above(hits, 0.5);
                self.select(is_hit, changed, data)
            }
        })
    }
}
