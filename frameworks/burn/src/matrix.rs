//! Products of matrices.

use assay_runner::{Graph, Node, Role, ValueId};
use burn_backend::tensor::FloatTensor;
use burn_backend::{Backend, Shape};

use crate::operators::{Emitted, Site, one, one_float};
use crate::value::{Value, lifted, reshape};

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    match site.node.op.as_str() {
        "Linear" => linear(site),
        "MatMul" => matmul(site),
        _ => gemm(site),
    }
}

/// Weights that are parameters come as [in, out] where `turns` says so.
fn linear<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.out_shape();
    let is_vector = site.rank(0) == 1;
    let is_turned = site.node.input(1).is_some_and(|id| turns::<B>(site.graph, id, site.device));
    one_float(move |mut x| {
        let input = x.take(0).lift(2).float();
        let weight = x.float(1);
        let weight = if is_turned { weight } else { B::float_swap_dims(weight, 0, 1) };
        let bias = x.given(2).map(Value::float);
        let result = B::linear(input, weight, bias);
        if is_vector { reshape::<B>(result, &shape) } else { result }
    })
}

/// Whether Linear nodes get this value as Burn's own Linear holds its weights, [in, out]: its product of one row by a transposed view is
/// many times slower. A parameter that is trained is one tensor, so that others may not read it as it is.
pub fn turns<B: Backend>(graph: &Graph, id: ValueId, device: &B::Device) -> bool {
    let value = graph.value(id);
    value.role == Role::Parameter && (!B::ad_enabled(device) || !value.trainable || is_weights_only(graph, id))
}

/// Whether all that read the value are Linear nodes whose weights it is.
pub fn is_weights_only(graph: &Graph, id: ValueId) -> bool {
    let is_weights = |node: &Node| {
        node.op == "Linear"
            && node.inputs.iter().filter(|&&input| input == Some(id)).count() == 1
            && node.input(1) == Some(id)
    };
    graph.consumers(id).iter().all(|&consumer| is_weights(&graph.nodes[consumer])) && !graph.outputs.contains(&id)
}

/// A vector on the left is a row, one on the right a column.
fn matmul<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (left, right, out) = (site.shape(0), site.shape(1), site.out_shape());
    let rank = left.len().max(right.len()).max(2);
    let left = lifted(&left, rank);
    let right = lifted(&if right.len() == 1 { vec![right[0], 1] } else { right }, rank);
    one(move |mut x| product(x.take(0).reshape(&left), x.take(1).reshape(&right)).reshape(&out))
}

fn gemm<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let node = site.node;
    let (alpha, beta) = (node.real("alpha", 1.0), node.real("beta", 1.0));
    let turned = |flag: &str| node.flag(flag, false);
    let (turn_a, turn_b) = (turned("transA"), turned("transB"));
    let turn = |matrix: Value<B>, flag| if flag { matrix.permute(&[1, 0]) } else { matrix };
    // What torch's Linear is in ONNX: Burn's linear takes a bias of all columns.
    let is_linear =
        site.is_floating(0) && (alpha, beta) == (1.0, 1.0) && site.given(2) && site.shape(2) == [site.out_shape()[1]];
    one(move |mut x| {
        let (a, b) = (turn(x.take(0), turn_a), turn(x.take(1), turn_b));
        if is_linear {
            return Value::Float(B::linear(a.float(), b.float(), Some(x.float(2))));
        }
        let product = scaled(product(a, b), alpha);
        match x.given(2) {
            Some(bias) => sum(product, scaled(bias.lift(2), beta)),
            None => product,
        }
    })
}

fn product<B: Backend>(a: Value<B>, b: Value<B>) -> Value<B> {
    match a {
        Value::Float(a) => Value::Float(B::float_matmul(a, b.float())),
        a => Value::Int(B::int_matmul(a.int(), b.int())),
    }
}

fn sum<B: Backend>(a: Value<B>, b: Value<B>) -> Value<B> {
    match a {
        Value::Float(a) => Value::Float(B::float_add(a, b.float())),
        a => Value::Int(B::int_add(a.int(), b.int())),
    }
}

fn scaled<B: Backend>(value: Value<B>, by: f64) -> Value<B> {
    match value {
        value if by == 1.0 => value,
        Value::Float(value) => Value::Float(B::float_mul_scalar(value, by.into())),
        value => Value::Int(B::int_mul_scalar(value.int(), (by as i64).into())),
    }
}

/// Of a float constant in every place.
pub fn full<B: Backend>(shape: &[usize], value: f64, device: &B::Device, dtype: burn_backend::DType) -> FloatTensor<B> {
    B::float_full(Shape::from(shape.to_vec()), value.into(), device, dtype.into())
}
