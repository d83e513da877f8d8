//! Einsum: the equation of a node as indices, and the contraction as products of matrices, for frameworks that have no such function over
//! tensors whose rank is known at run time only. Operands are taken in from the left, two at a time; of each only the indices stay that
//! somebody still needs.

use std::collections::BTreeMap;

use crate::graph::{Graph, Node};

type Indices = Vec<usize>;

/// What a contraction asks of a framework's tensors.
pub trait Contracted: Sized {
    type Error;
    fn shape(&self) -> Vec<usize>;
    fn reshaped(self, shape: &[usize]) -> Result<Self, Self::Error>;
    fn permuted(self, axes: &[usize]) -> Result<Self, Self::Error>;
    /// The elements at these places of an axis.
    fn picked(self, axis: usize, places: &[usize]) -> Result<Self, Self::Error>;
    /// Without the axis.
    fn summed(self, axis: usize) -> Result<Self, Self::Error>;
    /// Of one rank; axes of size 1 become larger.
    fn expanded(self, shape: &[usize]) -> Result<Self, Self::Error>;
    /// [stack, rows, inner] by [stack, inner, columns].
    fn times(self, other: Self) -> Result<Self, Self::Error>;
}

/// Every operand's dimensions and those of the result as indices, counted from 0. An ellipsis is as many indices as it stands for, those that
/// broadcast from the right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Einsum {
    inputs: Vec<Indices>,
    output: Indices,
    sizes: Vec<usize>,
}

impl Einsum {
    pub fn of(graph: &Graph, node: &Node) -> Self {
        let shapes: Vec<_> = (0..node.inputs.len()).map(|place| graph.shape(node, place)).collect();
        Reader::read(node.text("equation", ""), &shapes)
    }

    /// The result of a step's operands, of which there are as many as the node has.
    pub fn contract<T: Contracted>(&self, operands: Vec<T>) -> Result<T, T::Error> {
        let mut operands = operands.into_iter().enumerate();
        let first = operands.next().expect("an Einsum has an operand").1;
        let mut result = self.reduced(self.labelled(first, 0)?, 1, &[])?;
        for (place, operand) in operands {
            let other = self.reduced(self.labelled(operand, place)?, place + 1, &result.indices)?;
            result = self.product(result, other, place + 1)?;
        }
        self.as_output(result)
    }

    /// An operand with an index that comes twice read along the diagonal, and without dimensions that only broadcast.
    fn labelled<T: Contracted>(&self, mut data: T, place: usize) -> Result<Labelled<T>, T::Error> {
        let shape = data.shape();
        let mut indices = Indices::new();
        let kept = |&(axis, index): &(usize, &usize)| shape[axis] == self.sizes[*index];
        let given: Indices = self.inputs[place].iter().enumerate().filter(kept).map(|(_, &index)| index).collect();
        data = data.reshaped(&self.shape(&given))?;
        for index in given {
            match indices.iter().position(|&known| known == index) {
                None => indices.push(index),
                Some(known) => data = self.diagonal(data, known, indices.len(), self.sizes[index])?,
            }
        }
        Ok(Labelled { data, indices })
    }

    /// Two axes of one size as one, at the place of the first.
    fn diagonal<T: Contracted>(&self, data: T, one: usize, other: usize, size: usize) -> Result<T, T::Error> {
        let shape = data.shape();
        let mut order: Indices = (0..shape.len()).filter(|&axis| axis != other).collect();
        order.insert(one + 1, other);
        let mut flat: Indices = order.iter().map(|&axis| shape[axis]).collect();
        flat.remove(one);
        flat[one] = size * size;
        let places: Indices = (0..size).map(|place| place * (size + 1)).collect();
        data.permuted(&order)?.reshaped(&flat)?.picked(one, &places)
    }

    fn shape(&self, indices: &[usize]) -> Vec<usize> {
        indices.iter().map(|&index| self.sizes[index]).collect()
    }

    /// Whether the result or an operand from `next` on has the index.
    fn is_needed(&self, index: usize, next: usize) -> bool {
        self.inputs[next..].iter().any(|indices| indices.contains(&index)) || self.output.contains(&index)
    }

    /// Summed over the indices that neither `other` nor anybody later has.
    fn reduced<T: Contracted>(&self, x: Labelled<T>, next: usize, other: &[usize]) -> Result<Labelled<T>, T::Error> {
        let Labelled { mut data, mut indices } = x;
        for axis in (0..indices.len()).rev() {
            if !self.is_needed(indices[axis], next) && !other.contains(&indices[axis]) {
                data = data.summed(axis)?;
                indices.remove(axis);
            }
        }
        Ok(Labelled { data, indices })
    }

    /// Indices of both that stay are a stack of products, those of both that do not are summed over.
    fn product<T: Contracted>(&self, a: Labelled<T>, b: Labelled<T>, next: usize) -> Result<Labelled<T>, T::Error> {
        let both = |index: &usize| a.indices.contains(index) && b.indices.contains(index);
        let (shared, rows): (Indices, Indices) = a.indices.iter().partition(|index| both(index));
        let (stack, inner): (Indices, Indices) = shared.iter().partition(|&&index| self.is_needed(index, next));
        let columns: Indices = b.indices.iter().copied().filter(|index| !both(index)).collect();
        let left = self.matrices(a, [&stack, &rows, &inner])?;
        let right = self.matrices(b, [&stack, &inner, &columns])?;
        let indices = [stack, rows, columns].concat();
        Ok(Labelled { data: left.times(right)?.reshaped(&self.shape(&indices))?, indices })
    }

    fn matrices<T: Contracted>(&self, x: Labelled<T>, groups: [&Indices; 3]) -> Result<T, T::Error> {
        let sizes = groups.map(|group| self.shape(group).iter().product());
        x.in_order(&groups.map(|group| group.as_slice()).concat())?.reshaped(&sizes)
    }

    /// In the result's order; an index that no operand has in full is repeated.
    fn as_output<T: Contracted>(&self, x: Labelled<T>) -> Result<T, T::Error> {
        let present: Indices = self.output.iter().copied().filter(|index| x.indices.contains(index)).collect();
        let shape: Vec<_> =
            self.output.iter().map(|index| if present.contains(index) { self.sizes[*index] } else { 1 }).collect();
        x.in_order(&present)?.reshaped(&shape)?.expanded(&self.shape(&self.output))
    }
}

/// A tensor with one index a dimension, all different.
struct Labelled<T> {
    data: T,
    indices: Indices,
}

impl<T: Contracted> Labelled<T> {
    fn in_order(self, order: &[usize]) -> Result<T, T::Error> {
        let place = |index: &usize| self.indices.iter().position(|own| own == index).expect("an index that it has");
        let axes: Indices = order.iter().map(place).collect();
        if axes.is_sorted() { Ok(self.data) } else { self.data.permuted(&axes) }
    }
}

struct Reader {
    /// How many dimensions an ellipsis stands for at most; they are the first indices.
    ellipsis: usize,
    by_letter: BTreeMap<char, usize>,
    sizes: Vec<usize>,
}

impl Reader {
    fn read(equation: &str, shapes: &[&[usize]]) -> Einsum {
        let equation = equation.replace(' ', "").replace("...", ".");
        let (inputs, output) = equation.split_once("->").map_or((equation.as_str(), None), |(a, b)| (a, Some(b)));
        let terms: Vec<_> = inputs.split(',').collect();
        let covered = |term: &str, rank: usize| rank - term.chars().filter(|&c| c != '.').count();
        let open = terms.iter().zip(shapes).filter(|(term, _)| term.contains('.'));
        let ellipsis = open.map(|(term, shape)| covered(term, shape.len())).max().unwrap_or(0);
        let mut reader = Self { ellipsis, by_letter: BTreeMap::new(), sizes: vec![1; ellipsis] };
        let mut read = Vec::new();
        for (term, shape) in terms.iter().zip(shapes) {
            let indices = reader.indices(term, covered(term, shape.len()));
            for (&index, &size) in indices.iter().zip(*shape) {
                reader.sizes[index] = if size == 1 { reader.sizes[index] } else { size };
            }
            read.push(indices);
        }
        let implied = output.is_none().then(|| reader.implied(inputs));
        let output = reader.indices(output.or(implied.as_deref()).expect("one of them"), ellipsis);
        Einsum { inputs: read, output, sizes: reader.sizes }
    }

    fn indices(&mut self, term: &str, covered: usize) -> Indices {
        let mut result = Indices::new();
        for letter in term.chars() {
            match letter {
                '.' => result.extend(self.ellipsis - covered..self.ellipsis),
                letter => result.push(self.index_of(letter)),
            }
        }
        result
    }

    fn index_of(&mut self, letter: char) -> usize {
        let next = self.sizes.len();
        let index = *self.by_letter.entry(letter).or_insert(next);
        if index == next {
            self.sizes.push(1);
        }
        index
    }

    /// Without an arrow: the ellipsis, then the letters that come up once, in the alphabet's order.
    fn implied(&self, inputs: &str) -> String {
        let once = self.by_letter.keys().filter(|&&letter| inputs.matches(letter).count() == 1);
        inputs.contains('.').then_some('.').into_iter().chain(once.copied()).collect()
    }
}

#[cfg(test)]
#[path = "einsum_test.rs"]
mod tests;
