//! From a node to the call, or the few calls, of Burn's operations that compute it. What depends on the graph alone is worked out once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use assay_runner::{Graph, Node, ValueId};
use burn_backend::Backend;
use burn_backend::tensor::{BoolTensor, FloatTensor, IntTensor};

use crate::value::{Value, dims};
use crate::{
    activations, arithmetic, attention, einsum, elementwise, image, indexing, layout, loss, matrix, normalization,
    order, pooling, rearrangement, recurrent, reduction, resize, rotation, sampling,
};

/// The inputs of a node in one step, in their order. One that is taken is gone, so that Burn can compute in its place.
pub struct Operands<B: Backend>(pub Vec<Option<Value<B>>>);

impl<B: Backend> Operands<B> {
    pub fn given(&mut self, place: usize) -> Option<Value<B>> {
        self.0.get_mut(place).and_then(Option::take)
    }

    pub fn take(&mut self, place: usize) -> Value<B> {
        self.given(place).expect("an input that must be given")
    }

    pub fn float(&mut self, place: usize) -> FloatTensor<B> {
        self.take(place).float()
    }

    pub fn int(&mut self, place: usize) -> IntTensor<B> {
        self.take(place).int()
    }

    pub fn bool(&mut self, place: usize) -> BoolTensor<B> {
        self.take(place).bool()
    }
}

/// Computes a node's outputs, all that it lists, those that are not wanted being None.
pub type Kernel<B> = Box<dyn FnMut(Operands<B>) -> Vec<Option<Value<B>>>>;

/// Why a node cannot be done.
pub type Emitted<B> = Result<Kernel<B>, String>;

/// A node in its graph, on a device.
pub struct Site<'a, B: Backend> {
    pub graph: &'a Graph,
    pub node: &'a Node,
    pub device: &'a B::Device,
    pub pasts: &'a Pasts<B>,
}

/// Keys and values of all positions, of the states that stay with a node, by their places among the graph's values. Each step takes them, writes
/// the last rows and puts them back: nobody else holds them between steps.
pub type Pasts<B> = Rc<RefCell<HashMap<ValueId, FloatTensor<B>>>>;

impl<B: Backend> Site<'_, B> {
    /// The shape of an input as Burn has it.
    pub fn shape(&self, place: usize) -> Vec<usize> {
        dims(self.graph.shape(self.node, place))
    }

    pub fn rank(&self, place: usize) -> usize {
        self.graph.shape(self.node, place).len()
    }

    pub fn dtype(&self, place: usize) -> assay_runner::Dtype {
        self.graph.value(self.node.input(place).expect("an input that must be given")).dtype
    }

    pub fn output(&self, place: usize) -> Option<&assay_runner::Value> {
        self.node.output(place).map(|id: ValueId| self.graph.value(id))
    }

    /// The shape of the first output as Burn has it.
    pub fn out_shape(&self) -> Vec<usize> {
        dims(&self.output(0).expect("every node has a first output").shape)
    }

    pub fn given(&self, place: usize) -> bool {
        self.node.input(place).is_some()
    }

    pub fn wanted(&self, place: usize) -> bool {
        self.node.output(place).is_some()
    }

    pub fn is_floating(&self, place: usize) -> bool {
        !matches!(self.dtype(place), assay_runner::Dtype::BOOL | assay_runner::Dtype::I64 | assay_runner::Dtype::I32)
    }
}

/// A kernel with one output.
pub fn one<B: Backend>(mut compute: impl FnMut(Operands<B>) -> Value<B> + 'static) -> Emitted<B> {
    Ok(Box::new(move |operands| vec![Some(compute(operands))]))
}

/// A kernel with one output, a floating one.
pub fn one_float<B: Backend>(mut compute: impl FnMut(Operands<B>) -> FloatTensor<B> + 'static) -> Emitted<B> {
    one(move |operands| Value::Float(compute(operands)))
}

/// All operators that are there, sorted.
pub const OPERATORS: &[&str] = &[
    "Abs",
    "Acos",
    "Acosh",
    "Add",
    "And",
    "ArgMax",
    "ArgMin",
    "Asin",
    "Asinh",
    "Atan",
    "Atanh",
    "Attention",
    "AveragePool",
    "BatchNormalization",
    "Cast",
    "Ceil",
    "Celu",
    "Clip",
    "Concat",
    "Conv",
    "ConvTranspose",
    "Cos",
    "Cosh",
    "CumSum",
    "DepthToSpace",
    "Div",
    "Einsum",
    "Elu",
    "Equal",
    "Erf",
    "Exp",
    "Expand",
    "Flatten",
    "Floor",
    "GRU",
    "Gather",
    "GatherElements",
    "GatherND",
    "Gelu",
    "Gemm",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Greater",
    "GreaterOrEqual",
    "GridSample",
    "GroupNormalization",
    "HardSigmoid",
    "HardSwish",
    "Hardmax",
    "Identity",
    "InstanceNormalization",
    "IsInf",
    "IsNaN",
    "LRN",
    "LSTM",
    "LayerNormalization",
    "LeakyRelu",
    "Less",
    "LessOrEqual",
    "Linear",
    "Log",
    "LogSoftmax",
    "LpNormalization",
    "MatMul",
    "Max",
    "MaxPool",
    "Mean",
    "Min",
    "Mish",
    "Mod",
    "Mul",
    "Neg",
    "Not",
    "OneHot",
    "Or",
    "PRelu",
    "Pad",
    "Pow",
    "RMSNormalization",
    "RNN",
    "Reciprocal",
    "ReduceL1",
    "ReduceL2",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceMax",
    "ReduceMean",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "ReduceSumSquare",
    "Relu",
    "Reshape",
    "Resize",
    "ReverseSequence",
    "RotaryEmbedding",
    "Round",
    "ScatterElements",
    "ScatterND",
    "Selu",
    "Shrink",
    "Sigmoid",
    "Sign",
    "Sin",
    "Sinh",
    "Slice",
    "Softmax",
    "SoftmaxCrossEntropyLoss",
    "Softplus",
    "Softsign",
    "SpaceToDepth",
    "Split",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Sum",
    "Swish",
    "Tan",
    "Tanh",
    "ThresholdedRelu",
    "Tile",
    "TopK",
    "Transpose",
    "Trilu",
    "Unsqueeze",
    "Where",
    "Xor",
];

/// The kernel of a node, or why there is none.
pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "Celu" | "Elu" | "Gelu" | "HardSigmoid" | "HardSwish" | "LeakyRelu" | "Mish" | "PRelu" | "Selu" | "Shrink"
        | "Softplus" | "Softsign" | "Swish" | "ThresholdedRelu" => activations::emit(site),
        "Clip" | "IsInf" | "IsNaN" | "Max" | "Mean" | "Min" | "Mod" | "Sum" => arithmetic::emit(site),
        "Linear" | "MatMul" | "Gemm" => matrix::emit(site),
        "Einsum" => einsum::emit(site),
        "Attention" => attention::emit(site),
        "RotaryEmbedding" => rotation::emit(site),
        "Conv" | "ConvTranspose" => image::emit(site),
        "MaxPool" | "AveragePool" | "GlobalAveragePool" | "GlobalMaxPool" => pooling::emit(site),
        "Resize" => resize::emit(site),
        "GridSample" => sampling::emit(site),
        "LayerNormalization"
        | "RMSNormalization"
        | "GroupNormalization"
        | "BatchNormalization"
        | "InstanceNormalization"
        | "LRN"
        | "LpNormalization" => normalization::emit(site),
        "ArgMax" | "ArgMin" | "CumSum" | "Hardmax" | "TopK" => order::emit(site),
        "DepthToSpace" | "ReverseSequence" | "SpaceToDepth" | "Tile" | "Trilu" => rearrangement::emit(site),
        "GRU" | "LSTM" | "RNN" => recurrent::emit(site),
        "Softmax" | "LogSoftmax" => reduction::emit(site),
        op if op.starts_with("Reduce") => reduction::emit(site),
        "SoftmaxCrossEntropyLoss" => loss::emit(site),
        "Identity" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" | "Transpose" | "Expand" | "Concat" | "Split"
        | "Slice" | "Pad" => layout::emit(site),
        "Gather" | "GatherElements" | "GatherND" | "ScatterElements" | "ScatterND" | "OneHot" => indexing::emit(site),
        _ => elementwise::emit(site),
    }
}
