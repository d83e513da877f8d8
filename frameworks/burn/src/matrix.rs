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

/// As a product of matrices: with more dimensions Burn's linear reshapes the weights, too, and copies those that are a transposed view.
fn linear<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (shape, input) = (site.out_shape(), site.shape(0));
    let columns = *input.last().expect("a dimension");
    let flat = [input.iter().product::<usize>() / columns.max(1), columns];
    let is_turned = site.node.input(1).is_some_and(|id| turns(site.graph, id));
    one_float(move |mut x| {
        let weight = x.float(1);
        let weight = if is_turned { weight } else { B::float_swap_dims(weight, 0, 1) };
        let input = reshape::<B>(x.float(0), &flat);
        reshape::<B>(B::linear(input, weight, x.given(2).map(Value::float)), &shape)
    })
}

/// Whether a parameter is resident as Burn's own Linear holds its weights, [in, out]: all that read it are Linear nodes. The products
/// are quicker than those by a view of [out, in], but for one row, where it is the other way round by less.
pub fn turns(graph: &Graph, id: ValueId) -> bool {
    let is_weights = |node: &Node| {
        let reads = node.inputs.iter().filter(|&&input| input == Some(id)).count();
        node.op == "Linear" && reads == 1 && node.input(1) == Some(id)
    };
    let readers = graph.consumers(id);
    graph.value(id).role == Role::Parameter
        && !readers.is_empty()
        && !graph.outputs.contains(&id)
        && readers.iter().all(|&reader| is_weights(&graph.nodes[reader]))
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

#[cfg(all(test, feature = "flex"))]
mod tests {
    use std::time::{Duration, Instant};

    use burn_backend::ops::{FloatTensorOps, ModuleOps};
    use burn_backend::{DType, FloatDType};
    use burn_flex::{Flex, FlexDevice};

    use super::full;

    /// The least of some tries, of one row by a transposed view.
    fn time(shape: &[usize]) -> Duration {
        let weight = Flex::float_swap_dims(full::<Flex>(&[4096, 1024], 0.5, &FlexDevice, DType::F32), 0, 1);
        let x = Flex::float_ones(shape.to_vec().into(), &FlexDevice, FloatDType::F32);
        let time = |_| {
            let start = Instant::now();
            Flex::linear(x.clone(), weight.clone(), None);
            start.elapsed()
        };
        (0..20).map(time).min().expect("some tries")
    }

    /// Why `linear` flattens; when this fails it need not (../../docs/findings.md).
    #[test]
    fn burn_copies_weights_that_are_a_view_when_the_input_has_three_dimensions() {
        let (matrix, more) = (time(&[1, 1024]), time(&[1, 1, 1024]));
        println!("{matrix:?} as a matrix, {more:?} with a dimension more");
        assert!(more > 2 * matrix);
    }
}
