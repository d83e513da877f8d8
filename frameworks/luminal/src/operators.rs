//! The operators of our graph that can be composed of Luminal's.

use assay_runner::{Graph, Node, ValueId};

use crate::emitter::{Emitted, Emitter, Id, elements, is_held};
use crate::{
    attention, elementwise, indexing, layout, loss, matrix, normalization, reduction, rotary, scatter, window,
};

enum Emit {
    One(fn(&mut Emitter, &Node) -> Emitted),
    All(fn(&mut Emitter, &Node) -> Result<Vec<Id>, String>),
}

use Emit::{All, One};

/// Sorted by name.
const OPERATORS: &[(&str, Emit)] = &[
    ("Abs", One(elementwise::unary)),
    ("Add", One(elementwise::binary)),
    ("And", One(elementwise::binary)),
    ("Attention", All(attention::attention)),
    ("AveragePool", One(window::average_pool)),
    ("BatchNormalization", One(normalization::batch_norm)),
    ("Cast", One(indexing::cast)),
    ("Concat", One(layout::concat)),
    ("Conv", One(window::convolution)),
    ("ConvTranspose", One(window::convolution)),
    ("Cos", One(elementwise::unary)),
    ("Div", One(elementwise::binary)),
    ("Equal", One(elementwise::binary)),
    ("Erf", One(elementwise::unary)),
    ("Exp", One(elementwise::unary)),
    ("Expand", One(layout::expand)),
    ("Flatten", One(layout::same)),
    ("Gather", One(indexing::gather)),
    ("GatherElements", One(indexing::gather_elements)),
    ("GatherND", One(indexing::gather_nd)),
    ("Gelu", One(elementwise::unary)),
    ("Gemm", One(matrix::gemm)),
    ("GlobalAveragePool", One(window::global_average_pool)),
    ("Greater", One(elementwise::binary)),
    ("GreaterOrEqual", One(elementwise::binary)),
    ("GroupNormalization", One(normalization::group_norm)),
    ("Identity", One(layout::same)),
    ("LayerNormalization", All(normalization::layer_norm)),
    ("Less", One(elementwise::binary)),
    ("LessOrEqual", One(elementwise::binary)),
    ("Linear", One(matrix::linear)),
    ("Log", One(elementwise::unary)),
    ("LogSoftmax", One(reduction::softmax)),
    ("MatMul", One(matrix::matmul)),
    ("Max", One(elementwise::extreme)),
    ("MaxPool", All(window::max_pool)),
    ("Min", One(elementwise::extreme)),
    ("Mul", One(elementwise::binary)),
    ("Neg", One(elementwise::unary)),
    ("Not", One(elementwise::unary)),
    ("OneHot", One(indexing::one_hot)),
    ("Or", One(elementwise::binary)),
    ("Pad", One(layout::pad)),
    ("Pow", One(elementwise::binary)),
    ("RMSNormalization", One(normalization::rms_norm)),
    ("Reciprocal", One(elementwise::unary)),
    ("ReduceMax", One(reduction::reduce)),
    ("ReduceMean", One(reduction::reduce)),
    ("ReduceMin", One(reduction::reduce)),
    ("ReduceSum", One(reduction::reduce)),
    ("Relu", One(elementwise::unary)),
    ("Reshape", One(layout::same)),
    ("Resize", One(layout::resize)),
    ("RotaryEmbedding", One(rotary::rotary)),
    ("ScatterElements", One(scatter::scatter_elements)),
    ("ScatterND", One(scatter::scatter_nd)),
    ("Sigmoid", One(elementwise::unary)),
    ("Sign", One(elementwise::unary)),
    ("Sin", One(elementwise::unary)),
    ("Slice", One(layout::slice)),
    ("Softmax", One(reduction::softmax)),
    ("SoftmaxCrossEntropyLoss", All(loss::cross_entropy)),
    ("Split", All(layout::split)),
    ("Sqrt", One(elementwise::unary)),
    ("Squeeze", One(layout::same)),
    ("Sub", One(elementwise::binary)),
    ("Swish", One(elementwise::unary)),
    ("Tanh", One(elementwise::unary)),
    ("Transpose", One(layout::transpose)),
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
