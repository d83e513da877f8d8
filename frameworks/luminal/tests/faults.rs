//! What is wrong in Luminal itself, as it is now (docs/findings.md): a test that fails here says that a newer version has mended it, and that the
//! runner, its README and the findings are to be looked at.

use luminal::op::{Contiguous, Function, InputTensor, Operator};
use luminal::prelude::*;

fn tracker(dims: &[usize]) -> ShapeTracker {
    ShapeTracker::new(&dims.iter().map(|&dim| dim.into()).collect::<Vec<_>>())
}

fn numbers(tensor: &Tensor) -> &[f32] {
    tensor.data.as_any().downcast_ref::<Vec<f32>>().unwrap()
}

type Pair = GraphTensor<R1<2>>;

/// What a graph of one input of two numbers gives.
fn of_two(numbers: [f32; 2], build: impl Fn(Pair) -> Pair) -> Vec<f32> {
    let mut cx = Graph::new();
    let x = cx.tensor::<R1<2>>().set(numbers);
    let y = build(x).retrieve();
    cx.execute();
    y.data()
}

#[test]
fn a_compiled_comparison_for_equality_is_one_for_order() {
    let run = |compiles: bool| {
        let mut cx = Graph::new();
        let a = cx.tensor::<R1<3>>().set([1.0, 2.0, 3.0]);
        let b = cx.tensor::<R1<3>>().set([2.0, 2.0, 2.0]);
        // The comparison is read, for what is retrieved is not rewritten.
        let mut y = (a.equals(b) * 1.5).retrieve();
        if compiles {
            cx.compile(CPUCompiler::default(), &mut y);
        }
        cx.execute();
        y.data()
    };
    assert_eq!(run(false), [0.0, 1.5, 0.0]);
    assert_eq!(run(true), [0.0, 0.0, 1.5]);
}

#[test]
fn matrix_products_are_not_found() {
    let mut cx = Graph::new();
    let a = cx.tensor::<R2<2, 3>>().set(vec![1.0; 6]);
    let b = cx.tensor::<R2<3, 4>>().set(vec![1.0; 12]);
    let mut y = a.matmul(b).retrieve();
    cx.compile(<(GenericCompiler, CPUCompiler)>::default(), &mut y);
    assert!(cx.graph.node_weights().all(|op| !op.as_any().is::<MatMul2D>()));
}

#[test]
fn a_matrix_product_reads_a_slice_from_the_start() {
    let mut cx = Graph::new();
    let load = || Function("Load".to_string(), Box::new(|_| panic!("its value was not set")));
    let (a, b) = (cx.add_op(load()).finish(), cx.add_op(load()).finish());
    cx.set_tensor(a, 0, Tensor::new(vec![1.0f32, 2.0]));
    cx.set_tensor(b, 0, Tensor::new(vec![1.0f32]));
    let mut second = tracker(&[2, 1]);
    second.slice(&[(1.into(), 2.into()), (0.into(), 1.into())]);
    let y = cx.add_op(MatMul2D).input(a, 0, second).input(b, 0, tracker(&[1, 1])).finish();
    cx.keep_tensors(y);
    cx.execute();
    assert_eq!(numbers(cx.get_tensor_ref(y, 0).unwrap()), [1.0], "right is 2");
}

#[test]
fn an_empty_tensor_has_an_element() {
    assert_eq!(tracker(&[0]).n_elements().to_usize(), Some(1));
    let made = Contiguous.process(vec![(InputTensor::Owned(Tensor::new(vec![7.0f32])), tracker(&[0]))]);
    assert_eq!(numbers(&made[0]).len(), 1);
}

#[test]
fn relu_of_minus_infinity_is_no_number() {
    let y = of_two([f32::NEG_INFINITY, 1.0], GraphTensor::relu);
    assert!(y[0].is_nan() && y[1] == 1.0);
}

#[test]
fn powers_of_negative_numbers_are_positive() {
    let y = of_two([-2.0, 2.0], |x| x.pow(3.0));
    assert!((y[0] - 8.0).abs() < 1e-5 && (y[1] - 8.0).abs() < 1e-5);
}

#[test]
fn the_sign_of_a_small_number_is_small() {
    assert!(of_two([1e-11, 1.0], GraphTensor::sign)[0] < 0.1);
}

#[test]
fn the_cosine_loses_digits_of_large_angles() {
    let error = |x: f32| (of_two([x, 0.0], GraphTensor::cos)[0] - x.cos()).abs();
    assert!((9000..9008).map(|x| error(x as f32)).fold(0.0, f32::max) > 1e-4);
}

#[test]
fn a_reduction_of_a_permuted_tensor_is_permuted_again() {
    let mut cx = Graph::new();
    let x = cx.tensor::<R3<2, 1, 3>>().set(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let turned: GraphTensor<R3<3, 1, 2>> = x.permute::<_, Axes3<2, 1, 0>>();
    let sum: GraphTensor<R2<3, 2>> = turned.sum_reduce::<_, Axis<1>>();
    let y = sum.retrieve();
    cx.execute();
    assert_eq!(y.data(), [1.0, 5.0, 4.0, 3.0, 2.0, 6.0], "right is 1, 4, 2, 5, 3, 6");
}
