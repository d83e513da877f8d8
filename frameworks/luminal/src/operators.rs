//! The operators of our graph that can be composed of Luminal's.

use assay_runner::{Graph, Node, ValueId};

use crate::emitter::{Emitted, Emitter, Id, elements, is_held};
use crate::{
    activation, arrange, attention, einsum, elementwise, grid, indexing, layout, loss, matrix, normalization, order,
    recurrence, reduction, rotary, rounding, scatter, trigonometry, window,
};

enum Emit {
    One(fn(&mut Emitter, &Node) -> Emitted),
    All(fn(&mut Emitter, &Node) -> Result<Vec<Id>, String>),
}

use Emit::{All, One};

/// Sorted by name.
const OPERATORS: &[(&str, Emit)] = &[
    ("Abs", One(elementwise::unary)),
    ("Acos", One(trigonometry::unary)),
    ("Acosh", One(trigonometry::unary)),
    ("Add", One(elementwise::binary)),
    ("And", One(elementwise::binary)),
    ("ArgMax", One(order::extreme_place)),
    ("ArgMin", One(order::extreme_place)),
    ("Asin", One(trigonometry::unary)),
    ("Asinh", One(trigonometry::unary)),
    ("Atan", One(trigonometry::unary)),
    ("Atanh", One(trigonometry::unary)),
    ("Attention", All(attention::attention)),
    ("AveragePool", One(window::average_pool)),
    ("BatchNormalization", One(normalization::batch_norm)),
    ("Cast", One(indexing::cast)),
    ("Ceil", One(rounding::unary)),
    ("Celu", One(activation::activation)),
    ("Clip", One(elementwise::clip)),
    ("Concat", One(layout::concat)),
    ("Conv", One(window::convolution)),
    ("ConvTranspose", One(window::convolution)),
    ("Cos", One(elementwise::unary)),
    ("Cosh", One(trigonometry::unary)),
    ("CumSum", One(order::running_sum)),
    ("DepthToSpace", One(arrange::blocks)),
    ("Div", One(elementwise::binary)),
    ("Einsum", One(einsum::einsum)),
    ("Elu", One(activation::activation)),
    ("Equal", One(elementwise::binary)),
    ("Erf", One(elementwise::unary)),
    ("Exp", One(elementwise::unary)),
    ("Expand", One(layout::expand)),
    ("Flatten", One(layout::same)),
    ("Floor", One(rounding::unary)),
    ("GRU", All(recurrence::recurrence)),
    ("Gather", One(indexing::gather)),
    ("GatherElements", One(indexing::gather_elements)),
    ("GatherND", One(indexing::gather_nd)),
    ("Gelu", One(elementwise::unary)),
    ("Gemm", One(matrix::gemm)),
    ("GlobalAveragePool", One(window::global_average_pool)),
    ("GlobalMaxPool", One(window::global_max_pool)),
    ("Greater", One(elementwise::binary)),
    ("GreaterOrEqual", One(elementwise::binary)),
    ("GridSample", One(grid::grid_sample)),
    ("GroupNormalization", One(normalization::group_norm)),
    ("HardSigmoid", One(activation::activation)),
    ("HardSwish", One(activation::activation)),
    ("Hardmax", One(order::hardmax)),
    ("Identity", One(layout::same)),
    ("InstanceNormalization", One(normalization::instance_norm)),
    ("IsInf", One(rounding::unary)),
    ("IsNaN", One(rounding::unary)),
    ("LRN", One(normalization::local_response)),
    ("LSTM", All(recurrence::recurrence)),
    ("LayerNormalization", All(normalization::layer_norm)),
    ("LeakyRelu", One(activation::activation)),
    ("Less", One(elementwise::binary)),
    ("LessOrEqual", One(elementwise::binary)),
    ("Linear", One(matrix::linear)),
    ("Log", One(elementwise::unary)),
    ("LogSoftmax", One(reduction::softmax)),
    ("LpNormalization", One(normalization::lp_norm)),
    ("MatMul", One(matrix::matmul)),
    ("Max", One(elementwise::of_many)),
    ("MaxPool", All(window::max_pool)),
    ("Mean", One(elementwise::of_many)),
    ("Min", One(elementwise::of_many)),
    ("Mish", One(activation::activation)),
    ("Mod", One(rounding::modulo)),
    ("Mul", One(elementwise::binary)),
    ("Neg", One(elementwise::unary)),
    ("Not", One(elementwise::unary)),
    ("OneHot", One(indexing::one_hot)),
    ("Or", One(elementwise::binary)),
    ("PRelu", One(activation::activation)),
    ("Pad", One(layout::pad)),
    ("Pow", One(elementwise::binary)),
    ("RMSNormalization", One(normalization::rms_norm)),
    ("RNN", All(recurrence::recurrence)),
    ("Reciprocal", One(elementwise::unary)),
    ("ReduceL1", One(reduction::reduce)),
    ("ReduceL2", One(reduction::reduce)),
    ("ReduceLogSum", One(reduction::reduce)),
    ("ReduceLogSumExp", One(reduction::reduce)),
    ("ReduceMax", One(reduction::reduce)),
    ("ReduceMean", One(reduction::reduce)),
    ("ReduceMin", One(reduction::reduce)),
    ("ReduceProd", One(reduction::reduce)),
    ("ReduceSum", One(reduction::reduce)),
    ("ReduceSumSquare", One(reduction::reduce)),
    ("Relu", One(elementwise::unary)),
    ("Reshape", One(layout::same)),
    ("Resize", One(layout::resize)),
    ("ReverseSequence", One(arrange::reverse_sequence)),
    ("RotaryEmbedding", One(rotary::rotary)),
    ("Round", One(rounding::unary)),
    ("ScatterElements", One(scatter::scatter_elements)),
    ("ScatterND", One(scatter::scatter_nd)),
    ("Selu", One(activation::activation)),
    ("Shrink", One(activation::activation)),
    ("Sigmoid", One(elementwise::unary)),
    ("Sign", One(elementwise::unary)),
    ("Sin", One(elementwise::unary)),
    ("Sinh", One(trigonometry::unary)),
    ("Slice", One(layout::slice)),
    ("Softmax", One(reduction::softmax)),
    ("SoftmaxCrossEntropyLoss", All(loss::cross_entropy)),
    ("Softplus", One(activation::activation)),
    ("Softsign", One(activation::activation)),
    ("SpaceToDepth", One(arrange::blocks)),
    ("Split", All(layout::split)),
    ("Sqrt", One(elementwise::unary)),
    ("Squeeze", One(layout::same)),
    ("Sub", One(elementwise::binary)),
    ("Sum", One(elementwise::of_many)),
    ("Swish", One(elementwise::unary)),
    ("Tan", One(trigonometry::unary)),
    ("Tanh", One(elementwise::unary)),
    ("ThresholdedRelu", One(activation::activation)),
    ("Tile", One(arrange::tile)),
    ("TopK", All(order::top_k)),
    ("Transpose", One(layout::transpose)),
    ("Trilu", One(arrange::triangle)),
    ("Unsqueeze", One(layout::same)),
    ("Where", One(elementwise::choose)),
    ("Xor", One(elementwise::binary)),
];

pub fn names() -> Vec<String> {
    OPERATORS.iter().map(|(name, _)| name.to_string()).collect()
}

/// One node of Luminal's graph for each output of `node`, or why there can be none.
pub fn emit(e: &mut Emitter, node: &Node) -> Result<Vec<Id>, String> {
    refusal(e.graph, node).map_or(Ok(()), Err)?;
    let place = OPERATORS.binary_search_by_key(&node.op.as_str(), |(name, _)| name);
    match &OPERATORS[place.map_err(|_| format!("the runner has no {}", node.op))?].1 {
        One(emit) => Ok(vec![emit(e, node)?]),
        All(emit) => emit(e, node),
    }
}

/// What no operator can do.
fn refusal(graph: &Graph, node: &Node) -> Option<String> {
    let unfit = |id: &ValueId| {
        let value = graph.value(*id);
        if !is_held(value.dtype) {
            Some(format!("Luminal's tensors on a CPU are float32, not {:?}", value.dtype))
        } else if elements(&value.shape) == 0 && value.data.is_none() {
            Some("Luminal takes an empty tensor for one with an element".to_string())
        } else {
            None
        }
    };
    node.inputs.iter().chain(&node.outputs).flatten().find_map(unfit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_sorted() {
        assert!(OPERATORS.is_sorted_by_key(|(name, _)| name));
    }
}
