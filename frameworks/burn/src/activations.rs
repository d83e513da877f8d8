//! Activations, composed as burn::tensor::activation composes them.

use burn_backend::tensor::FloatTensor;
use burn_backend::{Backend, TensorMetadata};

use crate::backend::BOOL;
use crate::operators::{Emitted, Site, one_float};

pub fn emit<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let number = |name: &str, otherwise: f64| site.node.real(name, otherwise);
    match site.node.op.as_str() {
        "Celu" => elu(number("alpha", 1.0), number("alpha", 1.0), 1.0),
        "Elu" => elu(number("alpha", 1.0), 1.0, 1.0),
        "Gelu" => gelu(site),
        "HardSigmoid" => hard_sigmoid(number("alpha", f64::from(0.2_f32)), number("beta", 0.5)),
        "HardSwish" => one_float(|mut x| hard_swish::<B>(x.float(0))),
        "LeakyRelu" => leaky_relu(number("alpha", f64::from(0.01_f32))),
        "Mish" => one_float(|mut x| mish::<B>(x.float(0))),
        "PRelu" => prelu(site),
        "Selu" => elu(number("alpha", 1.673_263_192_176_818_8), 1.0, number("gamma", 1.050_701_022_148_132_3)),
        "Shrink" => shrink(number("lambd", 0.5), number("bias", 0.0)),
        "Softplus" => one_float(|mut x| softplus::<B>(x.float(0))),
        "Softsign" => one_float(|mut x| softsign::<B>(x.float(0))),
        "Swish" => swish(number("alpha", 1.0)),
        _ => thresholded_relu(number("alpha", 1.0)),
    }
}

/// burn::tensor::activation has the tanh form as a composition, too.
fn gelu<B: Backend>(site: &Site<B>) -> Emitted<B> {
    if site.node.text("approximate", "none") == "none" {
        return one_float(|mut x| B::gelu(x.float(0)));
    }
    let factor = (2.0 / std::f64::consts::PI).sqrt();
    one_float(move |mut x| {
        let x: FloatTensor<B> = x.float(0);
        let cube = B::float_mul(B::float_mul(x.clone(), x.clone()), x.clone());
        let inner = B::float_add(x.clone(), B::float_mul_scalar(cube, 0.044715.into()));
        let tanh = B::float_tanh(B::float_mul_scalar(inner, factor.into()));
        B::float_mul_scalar(B::float_mul(x, B::float_add_scalar(tanh, 1.into())), 0.5.into())
    })
}

fn swish<B: Backend>(alpha: f64) -> Emitted<B> {
    one_float(move |mut x| {
        let x: FloatTensor<B> = x.float(0);
        let scaled = scaled::<B>(x.clone(), alpha);
        B::float_mul(x, B::sigmoid(scaled))
    })
}

fn scaled<B: Backend>(x: FloatTensor<B>, by: f64) -> FloatTensor<B> {
    if by == 1.0 { x } else { B::float_mul_scalar(x, by.into()) }
}

/// gamma * alpha (exp(x / width) - 1) where x is not above zero, else gamma * x: ELU, CELU and SELU.
fn elu<B: Backend>(alpha: f64, width: f64, gamma: f64) -> Emitted<B> {
    one_float(move |mut x| {
        let x: FloatTensor<B> = x.float(0);
        let is_below = B::float_lower_equal_elem(x.clone(), 0.into(), BOOL);
        let inner = if width == 1.0 { x.clone() } else { B::float_div_scalar(x.clone(), width.into()) };
        let below = scaled::<B>(B::float_sub_scalar(B::float_exp(inner), 1.into()), alpha);
        scaled::<B>(B::float_mask_where(x, is_below, below), gamma)
    })
}

fn leaky_relu<B: Backend>(slope: f64) -> Emitted<B> {
    one_float(move |mut x| B::leaky_relu(x.float(0), slope.into()))
}

fn prelu<B: Backend>(site: &Site<B>) -> Emitted<B> {
    let rank = site.shape(0).len();
    if !site.is_floating(0) {
        return Err("Burn's prelu is of floating numbers".to_string());
    }
    one_float(move |mut x| B::prelu(x.float(0), x.take(1).lift(rank).float()))
}

fn hard_sigmoid<B: Backend>(alpha: f64, beta: f64) -> Emitted<B> {
    one_float(move |mut x| B::hard_sigmoid(x.float(0), alpha.into(), beta.into()))
}

fn hard_swish<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    B::float_mul(x.clone(), B::hard_sigmoid(x, (1.0 / 6.0).into(), 0.5.into()))
}

/// Where x is large it is x itself, and exp is not asked.
fn softplus<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    let threshold = 20;
    let is_large = B::float_greater_elem(x.clone(), threshold.into(), BOOL);
    let small = B::float_mask_fill(x.clone(), is_large.clone(), threshold.into());
    B::float_mask_where(B::float_log1p(B::float_exp(small)), is_large, x)
}

fn mish<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    B::float_mul(x.clone(), B::float_tanh(softplus::<B>(x)))
}

fn softsign<B: Backend>(x: FloatTensor<B>) -> FloatTensor<B> {
    B::float_div(x.clone(), B::float_add_scalar(B::float_abs(x), 1.into()))
}

fn thresholded_relu<B: Backend>(alpha: f64) -> Emitted<B> {
    one_float(move |mut x| {
        let x: FloatTensor<B> = x.float(0);
        let is_below = B::float_lower_equal_elem(x.clone(), alpha.into(), BOOL);
        B::float_mask_fill(x, is_below, 0.into())
    })
}

fn shrink<B: Backend>(limit: f64, bias: f64) -> Emitted<B> {
    one_float(move |mut x| {
        let x: FloatTensor<B> = x.float(0);
        let [above, below] = [
            B::float_greater_elem(x.clone(), limit.into(), BOOL),
            B::float_lower_elem(x.clone(), (-limit).into(), BOOL),
        ];
        let zeros = B::float_zeros(x.shape(), &x.device(), x.dtype().into());
        let lowered = B::float_mask_where(zeros, above, B::float_sub_scalar(x.clone(), bias.into()));
        B::float_mask_where(lowered, below, B::float_add_scalar(x, bias.into()))
    })
}
