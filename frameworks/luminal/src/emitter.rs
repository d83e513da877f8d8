//! Luminal's graph while it is built, and the few things that all operators are made of. Every value is a contiguous row-major tensor of
//! float32, which is all that Luminal has on a CPU; its shape is known here, and Luminal is told the view that an operator takes of it.
//!
//! What decides how things are done: Luminal's elementwise operators and reductions evaluate an expression for every element and operand
//! (some 80 ns an element, several times that for views), its matrix product and Gather do not (1 ns an element). So data is moved by
//! Gather, summed, scaled and repeated by matrix products; what is left are additions, products and comparisons of contiguous operands.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use assay_runner::{Dtype, Graph, Node, Tensor as HostTensor, ValueId};
use luminal::op::{Add, Exp2, LessThan, Log2, Mul, Operator, Recip, Sqrt};
use luminal::prelude::{Dependency, MatMul2D, NodeIndex, ShapeTracker, Tensor};

use crate::kernels;

pub type Id = NodeIndex;
/// A node of Luminal's graph, or why there can be none.
pub type Emitted = Result<Id, String>;

/// A contiguous view.
pub fn tracker(dims: &[usize]) -> ShapeTracker {
    ShapeTracker::new(&dims.iter().map(|&dim| dim.into()).collect::<Vec<_>>())
}

pub fn elements(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// An operand of a matrix product.
#[derive(Clone, Copy)]
pub struct Matrix {
    id: Id,
    rows: usize,
    columns: usize,
    view: ShapeTracker,
}

pub fn matrix(id: Id, rows: usize, columns: usize) -> Matrix {
    Matrix { id, rows, columns, view: tracker(&[rows, columns]) }
}

impl Matrix {
    pub fn transposed(mut self) -> Self {
        self.view.permute(&[1, 0]);
        Self { rows: self.columns, columns: self.rows, ..self }
    }
}

pub struct Emitter<'a> {
    pub graph: &'a Graph,
    pub cx: luminal::graph::Graph,
    values: Vec<Option<Id>>,
    /// Weights of Linear that lie as [in, out], filters of Conv that lie as [out, kernel, in].
    pub turned: HashSet<ValueId>,
    /// What follows from constants alone: Luminal keeps it after the first execution and computes it no more.
    fixed: HashSet<Id>,
    constants: HashMap<u64, Vec<Id>>,
}

impl<'a> Emitter<'a> {
    pub fn new(graph: &'a Graph) -> Self {
        let values = vec![None; graph.values.len()];
        let (turned, fixed) = (HashSet::new(), HashSet::new());
        Self { graph, cx: Default::default(), values, turned, fixed, constants: HashMap::new() }
    }

    // Values of the graph.

    pub fn bind(&mut self, value: ValueId, id: Id) {
        self.values[value] = Some(id);
    }

    pub fn value(&self, value: ValueId) -> Id {
        self.values[value].expect("values come before their readers")
    }

    /// An input of the node that must be given.
    pub fn input(&self, node: &Node, place: usize) -> Id {
        self.value(node.input(place).expect("an input that must be given"))
    }

    pub fn shape(&self, node: &Node, place: usize) -> &'a [usize] {
        self.graph.shape(node, place)
    }

    pub fn output_shape(&self, node: &Node) -> &'a [usize] {
        let id = node.outputs.iter().flatten().next().expect("a node has an output");
        &self.graph.value(*id).shape
    }

    /// The number that all elements of an input are, where the graph says so.
    pub fn fill(&self, node: &Node, place: usize) -> Option<f32> {
        let mut id = node.input(place)?;
        while let Some(producer) = self.graph.producer(id).map(|place| &self.graph.nodes[place]) {
            if !matches!(producer.op.as_str(), "Expand" | "Reshape" | "Identity") {
                return None;
            }
            id = producer.input(0)?;
        }
        let data = host_data(self.graph.value(id).data.as_ref()?);
        data.iter().all(|x| x == &data[0]).then(|| data[0])
    }

    // Nodes of Luminal's graph.

    pub fn apply(&mut self, op: Box<dyn Operator>, operands: &[(Id, ShapeTracker)]) -> Id {
        let id = self.cx.graph.add_node(op);
        for (place, &(source, shape)) in operands.iter().enumerate() {
            let dependency = Dependency::Data { input_order: place as u8, output_order: 0, shape };
            self.cx.graph.add_edge(source, id, dependency);
        }
        if operands.iter().all(|(source, _)| self.fixed.contains(source)) {
            self.fix(id);
        }
        id
    }

    fn fix(&mut self, id: Id) {
        self.fixed.insert(id);
        self.cx.keep_tensors(id);
    }

    /// A tensor that stays: a parameter or a state.
    pub fn resident(&mut self, data: Vec<f32>) -> Id {
        let id = self.lent();
        self.cx.set_tensor(id, 0, Tensor::new(data));
        id
    }

    /// One that is set before the graph is executed, and stays.
    pub fn lent(&mut self) -> Id {
        let id = kernels::placeholder(&mut self.cx);
        self.cx.keep_tensors(id);
        id
    }

    /// Equal ones are one.
    pub fn constant(&mut self, data: Vec<f32>) -> Id {
        let mut hasher = DefaultHasher::new();
        data.iter().for_each(|x| x.to_bits().hash(&mut hasher));
        let hash = hasher.finish();
        let is_it = |id: &&Id| {
            let known = tensor_data(&self.cx, **id);
            known.len() == data.len() && known.iter().zip(&data).all(|(a, b)| a.to_bits() == b.to_bits())
        };
        if let Some(id) = self.constants.get(&hash).and_then(|ids| ids.iter().find(is_it)) {
            return *id;
        }
        let id = self.resident(data);
        self.fixed.insert(id);
        self.constants.entry(hash).or_default().push(id);
        id
    }

    pub fn filled(&mut self, value: f32, count: usize) -> Id {
        self.constant(vec![value; count])
    }

    pub fn scalar(&mut self, value: f32) -> Id {
        self.filled(value, 1)
    }

    // Arithmetic on n elements.

    pub fn binary(&mut self, op: impl Operator + 'static, a: Id, b: Id, n: usize) -> Id {
        self.apply(Box::new(op), &[(a, tracker(&[n])), (b, tracker(&[n]))])
    }

    pub fn add(&mut self, a: Id, b: Id, n: usize) -> Id {
        self.binary(Add, a, b, n)
    }

    pub fn mul(&mut self, a: Id, b: Id, n: usize) -> Id {
        self.binary(Mul, a, b, n)
    }

    pub fn sub(&mut self, a: Id, b: Id, n: usize) -> Id {
        self.apply(kernels::sub(), &[(a, tracker(&[n])), (b, tracker(&[n]))])
    }

    /// 1 where a < b, else 0.
    pub fn less(&mut self, a: Id, b: Id, n: usize) -> Id {
        self.binary(LessThan, a, b, n)
    }

    pub fn less_than(&mut self, a: Id, bound: f32, n: usize) -> Id {
        let bound = self.scalar(bound);
        self.apply(Box::new(LessThan), &[(a, tracker(&[n])), (bound, repeated(n))])
    }

    pub fn greater_than(&mut self, a: Id, bound: f32, n: usize) -> Id {
        let bound = self.scalar(bound);
        self.apply(Box::new(LessThan), &[(bound, repeated(n)), (a, tracker(&[n]))])
    }

    pub fn offset(&mut self, a: Id, number: f32, n: usize) -> Id {
        let number = self.scalar(number);
        self.apply(Box::new(Add), &[(a, tracker(&[n])), (number, repeated(n))])
    }

    pub fn scale(&mut self, a: Id, factor: f32, n: usize) -> Id {
        if factor == 1.0 {
            return a;
        }
        let factor = self.scalar(factor);
        self.scale_by(a, factor, n)
    }

    /// By a scalar.
    pub fn scale_by(&mut self, a: Id, factor: Id, n: usize) -> Id {
        self.product(matrix(a, n, 1), matrix(factor, 1, 1))
    }

    pub fn unary(&mut self, op: impl Operator + 'static, a: Id, n: usize) -> Id {
        self.apply(Box::new(op), &[(a, tracker(&[n]))])
    }

    pub fn exp2(&mut self, a: Id, n: usize) -> Id {
        self.unary(Exp2, a, n)
    }

    pub fn log2(&mut self, a: Id, n: usize) -> Id {
        self.unary(Log2, a, n)
    }

    pub fn recip(&mut self, a: Id, n: usize) -> Id {
        self.unary(Recip, a, n)
    }

    pub fn sqrt(&mut self, a: Id, n: usize) -> Id {
        self.unary(Sqrt, a, n)
    }

    pub fn exp(&mut self, a: Id, n: usize) -> Id {
        let scaled = self.scale(a, std::f32::consts::LOG2_E, n);
        self.exp2(scaled, n)
    }

    // Matrices.

    pub fn product(&mut self, a: Matrix, b: Matrix) -> Id {
        assert_eq!(a.columns, b.rows, "the sizes of a matrix product");
        self.apply(Box::new(MatMul2D), &[(a.id, a.view), (b.id, b.view)])
    }

    /// a [rows], b [columns] -> [rows, columns]
    pub fn outer(&mut self, a: Id, rows: usize, b: Id, columns: usize) -> Id {
        self.product(matrix(a, rows, 1), matrix(b, 1, columns))
    }

    /// Of each row.
    pub fn row_sums(&mut self, a: Id, rows: usize, columns: usize) -> Id {
        let ones = self.filled(1.0, columns);
        self.product(matrix(a, rows, columns), matrix(ones, columns, 1))
    }

    /// [rows] -> [rows, columns]
    pub fn along_rows(&mut self, a: Id, rows: usize, columns: usize) -> Id {
        let ones = self.filled(1.0, columns);
        self.outer(a, rows, ones, columns)
    }

    /// [columns] -> [rows, columns]
    pub fn along_columns(&mut self, a: Id, rows: usize, columns: usize) -> Id {
        let ones = self.filled(1.0, rows);
        self.outer(ones, rows, a, columns)
    }
}

/// A view of a scalar as n elements.
fn repeated(n: usize) -> ShapeTracker {
    ShapeTracker::fake(&[n.into()])
}

pub fn tensor_data(cx: &luminal::graph::Graph, id: Id) -> &[f32] {
    let tensor = cx.get_tensor_ref(id, 0).expect("a tensor that is there");
    tensor.data.as_any().downcast_ref::<Vec<f32>>().expect("on the CPU data is Vec<f32>")
}

/// The types whose elements Luminal can hold; whole numbers beyond 2^24 lose digits.
pub fn is_held(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F32 | Dtype::I64 | Dtype::I32 | Dtype::BOOL)
}

/// As float32. Panics on a type that is not held.
pub fn host_data(tensor: &HostTensor) -> Vec<f32> {
    match tensor.dtype() {
        Dtype::F32 => tensor.data::<f32>().to_vec(),
        Dtype::I64 => tensor.data::<i64>().iter().map(|&x| x as f32).collect(),
        Dtype::I32 => tensor.data::<i32>().iter().map(|&x| x as f32).collect(),
        Dtype::BOOL => tensor.bytes().iter().map(|&x| f32::from(x)).collect(),
        other => panic!("Luminal holds no {other:?}"),
    }
}
