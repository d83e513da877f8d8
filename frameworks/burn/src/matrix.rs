//! Products of matrices.

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

/// The weights lie as [out, in]: Burn's LinearLayout::Col, a transposed view.
fn linear<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let shape = site.out_shape();
    let is_vector = site.rank(0) == 1;
    one_float(move |mut x| {
        let input = x.take(0).lift(2).float();
        let weight = B::float_swap_dims(x.float(1), 0, 1);
        let bias = x.given(2).map(Value::float);
        let result = B::linear(input, weight, bias);
        if is_vector { reshape::<B>(result, &shape) } else { result }
    })
}

/// A vector on the left is a row, one on the right a column.
fn matmul<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let (left, right, out) = (site.shape(0), site.shape(1), site.out_shape());
    let rank = left.len().max(right.len()).max(2);
    let left = lifted(&left, rank);
    let right = lifted(&if right.len() == 1 { vec![right[0], 1] } else { right }, rank);
    one(move |mut x| {
        let (a, b) = (x.take(0).reshape(&left), x.take(1).reshape(&right));
        let product = match a {
            Value::Float(a) => Value::Float(B::float_matmul(a, b.float())),
            a => Value::Int(B::int_matmul(a.int(), b.int())),
        };
        product.reshape(&out)
    })
}

fn gemm<B: Backend>(site: &Site<B>) -> Emitted<B> {
    if !site.is_floating(0) {
        return Err(format!("no Gemm of {:?} here", site.dtype(0)));
    }
    let node = site.node;
    let (alpha, beta) = (node.real("alpha", 1.0), node.real("beta", 1.0));
    let turned = |flag: &str| node.flag(flag, false);
    let (turn_a, turn_b) = (turned("transA"), turned("transB"));
    let has_bias = site.given(2);
    let turn = |matrix: FloatTensor<B>, flag| if flag { B::float_swap_dims(matrix, 0, 1) } else { matrix };
    let scaled = |matrix: FloatTensor<B>, by: f64| if by == 1.0 { matrix } else { B::float_mul_scalar(matrix, by.into()) };
    // What torch's Linear is in ONNX: Burn's linear takes a bias of all columns.
    let columns = site.out_shape()[1];
    let is_linear = alpha == 1.0 && beta == 1.0 && has_bias && site.shape(2) == [columns];
    one_float(move |mut x| {
        let (a, b) = (turn(x.float(0), turn_a), turn(x.float(1), turn_b));
        if is_linear {
            return B::linear(a, b, Some(x.float(2)));
        }
        let product = scaled(B::float_matmul(a, b), alpha);
        match x.given(2) {
            Some(bias) => B::float_add(product, scaled(bias.lift(2).float(), beta)),
            None => product,
        }
    })
}

/// Of a float constant in every place.
pub fn full<B: Backend>(shape: &[usize], value: f64, device: &B::Device, dtype: burn_backend::DType) -> FloatTensor<B> {
    B::float_full(Shape::from(shape.to_vec()), value.into(), device, dtype.into())
}
