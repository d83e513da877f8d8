//! The graph of Meganeura that is being built from Assay's, and what must be uploaded before it can run.

use std::collections::HashMap;
use std::ops::Deref;

use assay_runner::{Dtype, Graph, Load, Node, Role, Tensor, Tensors, Value, ValueId};
use meganeura::NodeId;
use meganeura::graph::Op;

/// A node's result, or why it cannot be done.
pub type Emitted = Result<NodeId, String>;

pub fn refuse<T>(why: impl Into<String>) -> Result<T, String> {
    Err(why.into())
}

/// What a step's input becomes: numbers; indices of rows; the first of its whole numbers; rows with a single 1 where the label is. One may become
/// several things.
#[derive(Clone, Copy, PartialEq)]
pub enum Form {
    First,
    Numbers,
    Indices { rows: usize },
    OneHot { classes: usize },
}

pub struct Feed {
    pub input: String,
    pub form: Form,
}

/// Floats that lie in a mapped file, or were made here.
pub enum Floats {
    Mapped(Tensor),
    Made(Vec<f32>),
}

/// The types whose elements float32 can hold; whole numbers beyond 2^24 lose digits.
pub fn is_held(dtype: Dtype) -> bool {
    matches!(dtype, Dtype::F32 | Dtype::I64 | Dtype::I32 | Dtype::BOOL)
}

impl Floats {
    /// Of a type that is held.
    pub fn of(tensor: &Tensor) -> Self {
        match tensor.dtype() {
            Dtype::I64 => Floats::Made(tensor.data::<i64>().iter().map(|&x| x as f32).collect()),
            Dtype::I32 => Floats::Made(tensor.data::<i32>().iter().map(|&x| x as f32).collect()),
            Dtype::BOOL => Floats::Made(tensor.bytes().iter().map(|&x| f32::from(x)).collect()),
            _ => Floats::Mapped(tensor.clone()),
        }
    }
}

impl Deref for Floats {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        match self {
            Floats::Mapped(tensor) => tensor.data(),
            Floats::Made(floats) => floats,
        }
    }
}

/// What a session is made of.
pub struct Source<'a> {
    pub graph: &'a Graph,
    pub weights: &'a Tensors,
    pub state: &'a Tensors,
    pub gradients: bool,
    /// Its states are caches of a request, which the session fills itself.
    pub cached: bool,
}

impl<'a> Source<'a> {
    pub fn of(load: &'a Load) -> Self {
        let gradients = load.request.gradients;
        Self { graph: &load.graph, weights: &load.weights, state: &load.state, gradients, cached: false }
    }
}

/// Keys or values of a sequence, a parameter [places, heads * width] that is written at each step.
pub struct Cache {
    pub state: String,
    pub sequence: usize,
    pub places: usize,
    pub heads: usize,
    pub size: usize,
    /// Of a head, filled up with zeros.
    pub width: usize,
}

impl Cache {
    pub fn name(&self) -> String {
        format!("{}.of.{}", self.state, self.sequence)
    }
}

pub struct Emitter<'a> {
    pub source: &'a Graph,
    pub training: bool,
    pub graph: meganeura::Graph,
    /// By the names of the session's inputs.
    pub feeds: HashMap<String, Feed>,
    /// Parameters' contents, and those of inputs that stay as they are.
    pub parameters: Vec<(String, Floats)>,
    pub kept: Vec<(String, Floats)>,
    pub indices: Vec<(String, Vec<u32>)>,
    /// The first output is a loss of which each row leaves a part.
    pub loss_in_parts: bool,
    /// Where keys and values of decode stay.
    pub caches: Vec<Cache>,
    weights: &'a Tensors,
    state: &'a Tensors,
    pub cached: bool,
    nodes: HashMap<ValueId, NodeId>,
    slots: HashMap<String, NodeId>,
    constants: HashMap<(u32, usize), NodeId>,
    maps: HashMap<Vec<u32>, NodeId>,
}

impl<'a> Emitter<'a> {
    pub fn new(source: &Source<'a>) -> Self {
        Self {
            source: source.graph,
            training: source.gradients,
            graph: meganeura::Graph::new(),
            feeds: HashMap::new(),
            parameters: Vec::new(),
            kept: Vec::new(),
            indices: Vec::new(),
            loss_in_parts: false,
            caches: Vec::new(),
            weights: source.weights,
            state: source.state,
            cached: source.cached,
            nodes: HashMap::new(),
            slots: HashMap::new(),
            constants: HashMap::new(),
            maps: HashMap::new(),
        }
    }

    pub fn value(&self, id: ValueId) -> &'a Value {
        self.source.value(id)
    }

    /// An input that the operator always has.
    pub fn required(&self, node: &Node, place: usize) -> Result<ValueId, String> {
        node.input(place).ok_or_else(|| "an input that must be given".to_string())
    }

    pub fn shape(&self, node: &Node, place: usize) -> &'a [usize] {
        self.source.shape(node, place)
    }

    /// Of the first output that is wanted.
    pub fn output_shape(&self, node: &Node) -> &'a [usize] {
        &self.value(*node.outputs.iter().flatten().next().expect("a node has an output")).shape
    }

    pub fn set(&mut self, id: ValueId, node: NodeId) {
        self.nodes.insert(id, node);
    }

    /// The floats of a value, in whatever form it has.
    pub fn node(&mut self, id: ValueId) -> Emitted {
        if let Some(&node) = self.nodes.get(&id) {
            return Ok(node);
        }
        let value = self.value(id);
        if !is_held(value.dtype) {
            return refuse(format!("a tensor is {:?}: it computes in float32", value.dtype));
        }
        let node = self.leaf(value);
        self.set(id, node);
        Ok(node)
    }

    pub fn input(&mut self, node: &Node, place: usize) -> Emitted {
        let id = self.required(node, place)?;
        self.node(id)
    }

    fn leaf(&mut self, value: &Value) -> NodeId {
        let shape = matrix_form(&value.shape);
        match value.role {
            Role::Constant => {
                let floats = Floats::of(value.data.as_ref().expect("a constant has data")).to_vec();
                self.graph.constant(floats, &shape)
            }
            Role::Parameter => {
                let floats = Floats::of(&self.weights[&value.name]);
                self.resident(&value.name, &shape, floats, value.trainable)
            }
            Role::State => {
                let floats = Floats::of(&self.state[&value.name]);
                self.resident(&value.name, &shape, floats, false)
            }
            Role::Input => self.fed(&value.name, value, Form::Numbers, |graph, slot| graph.input(slot, &shape)),
            Role::Computed => unreachable!("nodes come after what they read"),
        }
    }

    /// What is uploaded once. Autodiff computes the gradient of every parameter, so what needs none is an input to it.
    pub fn resident(&mut self, name: &str, shape: &[usize], floats: Floats, trainable: bool) -> NodeId {
        if self.training && !trainable {
            self.kept.push((name.to_string(), floats));
            self.graph.input(name, shape)
        } else {
            self.parameters.push((name.to_string(), floats));
            self.graph.parameter(name, shape)
        }
    }

    /// The session's input `slot`, in which an input of the graph comes in a form.
    pub fn fed(
        &mut self,
        slot: &str,
        value: &Value,
        form: Form,
        made: impl FnOnce(&mut meganeura::Graph, &str) -> NodeId,
    ) -> NodeId {
        if let Some(&node) = self.slots.get(slot) {
            return node;
        }
        let node = made(&mut self.graph, slot);
        self.slots.insert(slot.to_string(), node);
        self.feeds.insert(slot.to_string(), Feed { input: value.name.clone(), form });
        node
    }

    /// An input of indices of a table's rows.
    pub fn index_input(&mut self, value: &Value, rows: usize) -> NodeId {
        let count = value.shape.iter().product();
        let slot = format!("{}.of.{rows}", value.name);
        self.fed(&slot, value, Form::Indices { rows }, |graph, slot| graph.input_u32(slot, &[count]))
    }

    /// Indices that are known when the model is loaded.
    pub fn index_constant(&mut self, indices: Vec<u32>) -> NodeId {
        if let Some(&node) = self.maps.get(&indices) {
            return node;
        }
        let name = format!("indices.{}", self.maps.len());
        let node = self.graph.input_u32(&name, &[indices.len()]);
        self.maps.insert(indices.clone(), node);
        self.indices.push((name, indices));
        node
    }

    /// Floats of a value that are known when the model is loaded: of constants and of weights that no gradient changes.
    pub fn known(&self, id: ValueId) -> Option<&'a [f32]> {
        let value = self.value(id);
        match value.role {
            _ if value.dtype != Dtype::F32 => None,
            Role::Constant => value.data.as_ref().map(|data| data.data()),
            Role::Parameter if !(self.training && value.trainable) => Some(self.weights[&value.name].data()),
            _ => None,
        }
    }

    pub fn state_of(&self, id: ValueId) -> &'a [f32] {
        self.state[&self.value(id).name].data()
    }

    // Forms. A value is a list of floats, row-major; any form of as many elements is a view of it.

    pub fn count(&self, node: NodeId) -> usize {
        self.graph.node(node).ty.num_elements()
    }

    pub fn shaped(&mut self, node: NodeId, shape: &[usize]) -> NodeId {
        if self.graph.node(node).ty.shape == shape { node } else { self.graph.reshape(node, shape) }
    }

    pub fn flat(&mut self, node: NodeId) -> NodeId {
        let count = self.count(node);
        self.shaped(node, &[count])
    }

    /// As a matrix of so many columns.
    pub fn rows(&mut self, node: NodeId, columns: usize) -> NodeId {
        let rows = self.count(node) / columns;
        self.shaped(node, &[rows, columns])
    }

    /// In the form of another value of as many elements.
    pub fn alike(&mut self, node: NodeId, other: NodeId) -> NodeId {
        let shape = self.graph.node(other).ty.shape.clone();
        self.shaped(node, &shape)
    }

    /// A value that is the same everywhere, in the form of `other`.
    pub fn filled(&mut self, value: f32, other: NodeId) -> NodeId {
        let count = self.count(other);
        let graph = &mut self.graph;
        let node = *self
            .constants
            .entry((value.to_bits(), count))
            .or_insert_with(|| graph.constant(vec![value; count], &[count]));
        self.alike(node, other)
    }

    // Arithmetic with numbers.

    pub fn plus(&mut self, node: NodeId, number: f64) -> NodeId {
        let other = self.filled(number as f32, node);
        self.graph.add(node, other)
    }

    pub fn times(&mut self, node: NodeId, number: f64) -> NodeId {
        if number == 1.0 {
            return node;
        }
        let other = self.filled(number as f32, node);
        self.graph.mul(node, other)
    }

    pub fn minus(&mut self, a: NodeId, b: NodeId) -> NodeId {
        let negative = self.graph.neg(b);
        self.graph.add(a, negative)
    }

    /// A parameter whose gradient would be that of a sum as it is. One that other operators read, too, is fused into them and gets lost
    /// (../../docs/findings.md). A product with ones lies between.
    pub fn apart(&mut self, x: NodeId) -> NodeId {
        if !self.training || !matches!(self.graph.node(x).op, Op::Parameter { .. }) {
            return x;
        }
        let ones = self.filled(1.0, x);
        self.graph.mul(x, ones)
    }

    /// 1 - x
    pub fn complement(&mut self, x: NodeId) -> NodeId {
        let negative = self.graph.neg(x);
        self.plus(negative, 1.0)
    }

    /// 1 where x is greater than the number, else 0.
    pub fn above(&mut self, x: NodeId, number: f64) -> NodeId {
        let bound = self.filled(number as f32, x);
        self.graph.greater(x, bound)
    }

    /// 1 where x is less than the number, else 0.
    pub fn below(&mut self, x: NodeId, number: f64) -> NodeId {
        let bound = self.filled(number as f32, x);
        self.graph.greater(bound, x)
    }

    /// yes where the condition is 1, no where it is 0; of one form.
    pub fn select(&mut self, condition: NodeId, yes: NodeId, no: NodeId) -> NodeId {
        let otherwise = self.complement(condition);
        let (yes, no) = (self.graph.mul(condition, yes), self.graph.mul(otherwise, no));
        self.graph.add(yes, no)
    }
}

/// All but the last dimension joined; what is no matrix is a list.
pub fn matrix_form(shape: &[usize]) -> Vec<usize> {
    match shape.split_last() {
        None => vec![1],
        Some((&last, [])) => vec![last],
        Some((&last, leading)) => vec![leading.iter().product(), last],
    }
}
