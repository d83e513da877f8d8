//! From a node of our graph to a kernel: the Candle operators that compute it, with all that is known before a step worked out.

use std::cell::RefCell;
use std::collections::HashMap;

use assay_runner::{Dtype, Graph, Node, Value, ValueId};
use candle_core::{Result, Tensor};

/// The tensors of a node's inputs in one step, by place.
pub struct Operands<'a>(pub Vec<Option<&'a Tensor>>);

impl Operands<'_> {
    /// An input that is given, as the kernel's making has seen.
    pub fn at(&self, place: usize) -> &Tensor {
        self.0[place].expect("the operand is given")
    }

    pub fn given(&self, place: usize) -> Option<&Tensor> {
        self.0.get(place).copied().flatten()
    }
}

/// Computes a node's outputs, by place; those at the end that nobody wants may be left out.
pub type Kernel = Box<dyn Fn(&Operands) -> Result<Vec<Tensor>> + Send + Sync>;

/// A kernel, or why the node cannot be done.
pub type Compiled = std::result::Result<Kernel, String>;

pub type Compile = fn(&Site) -> Compiled;

/// A kernel of one output.
pub fn kernel(compute: impl Fn(&Operands) -> Result<Tensor> + Send + Sync + 'static) -> Compiled {
    kernels(move |operands| Ok(vec![compute(operands)?]))
}

pub fn kernels(compute: impl Fn(&Operands) -> Result<Vec<Tensor>> + Send + Sync + 'static) -> Compiled {
    Ok(Box::new(compute))
}

/// Refuses with a reason.
pub fn refuse(reason: impl Into<String>) -> Compiled {
    Err(reason.into())
}

/// A node and where it stands.
pub struct Site<'a> {
    pub graph: &'a Graph,
    pub node: &'a Node,
    /// Whether Candle's backward will be asked of what is computed: its fused operators give no gradient, and no error.
    pub gradients: bool,
    /// The tensors that are there before a step (parameters, states, constants), by value.
    pub fixed: &'a [Option<Tensor>],
    /// Where attention keeps states with room for more, by name.
    pub memories: &'a RefCell<HashMap<String, Tensor>>,
}

impl Site<'_> {
    pub fn value(&self, place: usize) -> Option<&Value> {
        self.node.input(place).map(|id| self.graph.value(id))
    }

    pub fn is_given(&self, place: usize) -> bool {
        self.node.input(place).is_some()
    }

    pub fn is_wanted(&self, output: usize) -> bool {
        self.node.output(output).is_some()
    }

    pub fn shape(&self, place: usize) -> Vec<usize> {
        self.graph.shape(self.node, place).to_vec()
    }

    pub fn rank(&self, place: usize) -> usize {
        self.graph.shape(self.node, place).len()
    }

    pub fn output_shape(&self, place: usize) -> Vec<usize> {
        self.graph.value(self.node.output(place).expect("an output that is wanted")).shape.clone()
    }

    pub fn dtype(&self, place: usize) -> Dtype {
        self.value(place).expect("an input that is given").dtype
    }

    /// The tensor of an input that is there before a step.
    pub fn fixed(&self, place: usize) -> Option<&Tensor> {
        self.fixed[self.node.input(place)?].as_ref()
    }

    /// The integers of an operand that must be a constant.
    pub fn ints(&self, place: usize) -> Option<Vec<i64>> {
        self.graph.constant_ints(self.node, place)
    }

    /// Why a tensor of the node is of a type that is not taken here at all.
    pub fn foreign_type(&self) -> Option<String> {
        let fault = |id: &ValueId| {
            let value = self.graph.value(*id);
            let known = matches!(value.dtype, Dtype::F32 | Dtype::F64 | Dtype::I64 | Dtype::I32 | Dtype::BOOL);
            (!known).then(|| format!("{} is {:?}; this runner computes in F32", value.name, value.dtype))
        };
        self.node.inputs.iter().chain(&self.node.outputs).flatten().find_map(fault)
    }

    /// Refuses any but float32 at these inputs, as far as they are given.
    pub fn need_f32(&self, places: &[usize]) -> std::result::Result<(), String> {
        let other = places.iter().filter_map(|&place| self.value(place)).find(|value| value.dtype != Dtype::F32);
        other.map_or(Ok(()), |value| Err(format!("{} is {:?}; this runner computes in F32", value.name, value.dtype)))
    }
}
