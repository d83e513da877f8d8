//! Which operator of Assay's is which of Meganeura's.

use assay_runner::{Answer, Failure, Graph, Node, NodeIssue};
use meganeura::Graph as Framework;

use crate::emitter::{Emitted, Emitter, is_held, refuse};
use crate::{
    activation, arrange, attention, einsum, elementwise, gathered, grid, image, indexing, layout, logic, loss, matrix,
    normalization, norms, order, patches, recurrence, reduction, resize, rotary, rounding, trigonometry, waves,
};

/// Emits all nodes. Fails listing those that cannot be done: what they would give is made up for the sake of the others.
pub fn emit_all(e: &mut Emitter, source: &Graph) -> Answer<()> {
    let mut issues = Vec::new();
    for node in &source.nodes {
        if let Err(message) = emit(e, node) {
            issues.push(NodeIssue { node: node.name.clone(), op: node.op.clone(), message });
            node.outputs.iter().flatten().for_each(|&id| stand_in(e, id));
        }
    }
    if issues.is_empty() { Ok(()) } else { Err(Failure::unsupported_nodes(issues)) }
}

fn stand_in(e: &mut Emitter, id: usize) {
    let shape = crate::emitter::matrix_form(&e.value(id).shape);
    let node = e.graph.input("a stand-in", &shape);
    e.set(id, node);
}

fn emit(e: &mut Emitter, node: &Node) -> Result<(), String> {
    let values = node.inputs.iter().chain(&node.outputs).flatten();
    if values.clone().any(|&id| e.value(id).shape.contains(&0)) {
        return refuse("a tensor is empty");
    }
    if let Some(&id) = node.outputs.iter().flatten().find(|&&id| !is_held(e.value(id).dtype)) {
        return refuse(format!("a tensor is {:?}: it computes in float32", e.value(id).dtype));
    }
    match node.op.as_str() {
        "Attention" => attention::attention(e, node),
        "GRU" | "LSTM" | "RNN" => recurrence::recurrence(e, node),
        "LayerNormalization" => normalization::layer_norm(e, node),
        "MaxPool" => image::max_pool(e, node),
        "SoftmaxCrossEntropyLoss" => loss::cross_entropy(e, node),
        "Split" => layout::split(e, node),
        "TopK" => order::top_k(e, node),
        _ => {
            let emitted = emit_one(e, node)?;
            e.set(node.output(0).ok_or("a first output that is not wanted")?, emitted);
            Ok(())
        }
    }
}

fn emit_one(e: &mut Emitter, node: &Node) -> Emitted {
    match node.op.as_str() {
        "Abs" => elementwise::unary(e, node, Framework::abs),
        "Exp" => elementwise::unary(e, node, Framework::exp),
        "Log" => elementwise::unary(e, node, Framework::log),
        "Neg" => elementwise::unary(e, node, Framework::neg),
        "Reciprocal" => elementwise::unary(e, node, Framework::recip),
        "Relu" => elementwise::unary(e, node, Framework::relu),
        "Sigmoid" => elementwise::unary(e, node, Framework::sigmoid),
        "Tanh" => elementwise::unary(e, node, Framework::tanh),
        "Add" => elementwise::add(e, node),
        "Sub" => elementwise::sub(e, node),
        "Mul" => elementwise::binary(e, node, Framework::mul),
        "Div" => elementwise::div(e, node),
        "Max" | "Mean" | "Min" | "Sum" => elementwise::of_many(e, node),
        "Pow" => elementwise::pow(e, node),
        "Sign" => elementwise::sign(e, node),
        "Swish" => elementwise::swish(e, node),
        "Gelu" => elementwise::gelu(e, node),
        "Celu" | "Elu" | "HardSigmoid" | "HardSwish" | "LeakyRelu" | "Mish" | "PRelu" | "Selu" | "Shrink"
        | "Softplus" | "Softsign" | "ThresholdedRelu" => activation::activation(e, node),
        "And" | "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "Or" | "Xor" => {
            logic::binary(e, node)
        }
        "IsInf" | "IsNaN" | "Not" => logic::unary(e, node),
        "Cast" => logic::cast(e, node),
        "Clip" => logic::clip(e, node),
        "Where" => logic::choose(e, node),
        "Ceil" | "Floor" | "Round" => rounding::unary(e, node),
        "Mod" => rounding::modulo(e, node),
        "Acos" | "Acosh" | "Asin" | "Asinh" | "Atan" | "Atanh" | "Cosh" | "Sinh" | "Tan" => {
            trigonometry::unary(e, node)
        }
        "Erf" => waves::erf(e, node),
        "Sqrt" => waves::sqrt(e, node),
        "Sin" => waves::sin(e, node),
        "Cos" => waves::cos(e, node),
        "Flatten" | "Identity" | "Reshape" | "Squeeze" | "Unsqueeze" => layout::view(e, node),
        "Transpose" => layout::transpose(e, node),
        "Expand" => layout::expand(e, node),
        "Concat" => layout::concat(e, node),
        "Slice" => layout::slice(e, node),
        "Pad" => layout::pad(e, node),
        "Resize" => resize::resize(e, node),
        "DepthToSpace" | "SpaceToDepth" => arrange::blocks(e, node),
        "ReverseSequence" => arrange::reverse_sequence(e, node),
        "Tile" => arrange::tile(e, node),
        "Trilu" => arrange::triangle(e, node),
        "Gather" => indexing::gather(e, node),
        "GatherElements" => gathered::gather_elements(e, node),
        "GatherND" => gathered::gather_nd(e, node),
        "ScatterElements" => gathered::scatter_elements(e, node),
        "ScatterND" => gathered::scatter_nd(e, node),
        "Linear" => matrix::linear(e, node),
        "MatMul" => matrix::matmul(e, node),
        "Gemm" => matrix::gemm(e, node),
        "Einsum" => einsum::einsum(e, node),
        "RotaryEmbedding" => rotary::rotary_embedding(e, node),
        "Conv" => image::conv(e, node),
        "ConvTranspose" => patches::convolution_transposed(e, node),
        "AveragePool" => patches::average_pool(e, node),
        "GlobalAveragePool" => image::global_average_pool(e, node),
        "GridSample" => grid::grid_sample(e, node),
        "GlobalMaxPool" => patches::global_max_pool(e, node),
        "RMSNormalization" => normalization::rms_norm(e, node),
        "GroupNormalization" => normalization::group_norm(e, node),
        "InstanceNormalization" => normalization::instance_norm(e, node),
        "BatchNormalization" => normalization::batch_norm(e, node),
        "LpNormalization" => norms::lp_norm(e, node),
        "LRN" => norms::local_response(e, node),
        "ArgMax" | "ArgMin" => order::extreme_place(e, node),
        "CumSum" => order::running_sum(e, node),
        "Hardmax" => order::hardmax(e, node),
        "OneHot" => order::one_hot(e, node),
        "LogSoftmax" | "Softmax" => reduction::softmax(e, node),
        "ReduceL1" | "ReduceL2" | "ReduceLogSum" | "ReduceLogSumExp" | "ReduceMax" | "ReduceMean" | "ReduceMin"
        | "ReduceProd" | "ReduceSum" | "ReduceSumSquare" => reduction::reduce(e, node),
        _ => refuse("not in Meganeura"),
    }
}
