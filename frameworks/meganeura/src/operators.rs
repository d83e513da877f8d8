//! Which operator of Assay's is which of Meganeura's.

use assay_runner::{Answer, Failure, Graph, Node, NodeIssue};
use meganeura::Graph as Framework;

use crate::emitter::{Emitted, Emitter, refuse};
use crate::{attention, elementwise, image, indexing, layout, loss, matrix, normalization, reduction, rotary, waves};

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
    if let Some(&id) = node.outputs.iter().flatten().find(|&&id| e.value(id).dtype != assay_runner::Dtype::F32) {
        return refuse(format!("a tensor is {:?}: it computes in float32", e.value(id).dtype));
    }
    if node.op == "Split" {
        return layout::split(e, node);
    }
    let emitted = emit_one(e, node)?;
    let output = node.output(0).ok_or("a first output that is not wanted")?;
    e.set(output, emitted);
    Ok(())
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
        "Div" => elementwise::binary(e, node, Framework::div),
        "Max" => elementwise::extreme(e, node, true),
        "Min" => elementwise::extreme(e, node, false),
        "Pow" => elementwise::pow(e, node),
        "Sign" => elementwise::sign(e, node),
        "Swish" => elementwise::swish(e, node),
        "Gelu" => elementwise::gelu(e, node),
        "Cast" => elementwise::cast(e, node),
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
        "Resize" => layout::resize(e, node),
        "Gather" => indexing::gather(e, node),
        "Linear" => matrix::linear(e, node),
        "MatMul" => matrix::matmul(e, node),
        "Gemm" => matrix::gemm(e, node),
        "Attention" => attention::attention(e, node),
        "RotaryEmbedding" => rotary::rotary_embedding(e, node),
        "Conv" => image::conv(e, node),
        "MaxPool" => image::max_pool(e, node),
        "GlobalAveragePool" => image::global_average_pool(e, node),
        "RMSNormalization" => normalization::rms_norm(e, node),
        "LayerNormalization" => normalization::layer_norm(e, node),
        "GroupNormalization" => normalization::group_norm(e, node),
        "BatchNormalization" => normalization::batch_norm(e, node),
        "ReduceSum" => reduction::sum(e, node),
        "ReduceMean" => reduction::mean(e, node),
        "Softmax" => reduction::softmax(e, node),
        "LogSoftmax" => reduction::log_softmax(e, node),
        "SoftmaxCrossEntropyLoss" => loss::cross_entropy(e, node),
        _ => refuse("not in Meganeura"),
    }
}
