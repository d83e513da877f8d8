//! Activations: Candle's own where it has them with the node's numbers, else of its functions.

use candle_core::{Result, Tensor};
use candle_nn::ops;

use crate::elementwise::unary;
use crate::kernel::{Compile, Compiled, Site, kernel};

pub const OPERATORS: &[(&str, Compile)] = &[
    ("Celu", celu),
    ("Elu", elu),
    ("Gelu", gelu),
    ("HardSigmoid", hard_sigmoid),
    ("HardSwish", |site| unary(site, |x| x * ops::hard_sigmoid(x)?)),
    ("LeakyRelu", leaky_relu),
    ("Mish", |site| unary(site, |x| x * softplus(x)?.tanh()?)),
    ("PRelu", prelu),
    ("Relu", |site| unary(site, Tensor::relu)),
    ("Selu", selu),
    ("Shrink", shrink),
    ("Sigmoid", |site| unary(site, ops::sigmoid)),
    ("Softplus", |site| unary(site, softplus)),
    ("Softsign", |site| unary(site, |x| x / (x.abs()? + 1.0)?)),
    ("Swish", swish),
    ("Tanh", |site| unary(site, Tensor::tanh)),
    ("ThresholdedRelu", thresholded_relu),
];

fn gelu(site: &Site) -> Compiled {
    match site.node.text("approximate", "none") {
        "none" => unary(site, Tensor::gelu_erf),
        _ => unary(site, Tensor::gelu),
    }
}

fn swish(site: &Site) -> Compiled {
    let alpha = site.node.real("alpha", 1.0);
    if alpha == 1.0 {
        return unary(site, Tensor::silu);
    }
    site.need_f32(&[0])?;
    kernel(move |x| x.at(0) * ops::sigmoid(&(x.at(0) * alpha)?)?)
}

fn elu(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let alpha = site.node.real("alpha", 1.0);
    kernel(move |x| x.at(0).elu(alpha))
}

fn celu(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let alpha = site.node.real("alpha", 1.0);
    kernel(move |x| (x.at(0) / alpha)?.elu(1.0)? * alpha)
}

fn selu(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let (alpha, gamma) =
        (site.node.real("alpha", 1.673_263_192_176_818_8), site.node.real("gamma", 1.050_701_022_148_132_3));
    kernel(move |x| x.at(0).elu(alpha)? * gamma)
}

fn leaky_relu(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let slope = site.node.real("alpha", f64::from(0.01_f32));
    kernel(move |x| ops::leaky_relu(x.at(0), slope))
}

/// candle_nn's PReLU has a slope a channel, or one.
fn prelu(site: &Site) -> Compiled {
    site.need_f32(&[0, 1])?;
    kernel(|x| x.at(0).relu()? - x.at(0).neg()?.relu()?.broadcast_mul(x.at(1))?)
}

fn hard_sigmoid(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let (alpha, beta) = (site.node.real("alpha", f64::from(0.2_f32)), site.node.real("beta", 0.5));
    kernel(move |x| x.at(0).affine(alpha, beta)?.clamp(0f32, 1f32))
}

/// log(1 + exp(x)), which does not overflow. Candle has no log1p.
fn softplus(x: &Tensor) -> Result<Tensor> {
    x.relu()? + (x.abs()?.neg()?.exp()? + 1.0)?.log()?
}

fn thresholded_relu(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let alpha = site.node.real("alpha", 1.0);
    kernel(move |x| x.at(0).gt(alpha)?.where_cond(x.at(0), &x.at(0).zeros_like()?))
}

fn shrink(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let (limit, bias) = (site.node.real("lambd", 0.5), site.node.real("bias", 0.0));
    kernel(move |x| {
        let x = x.at(0);
        let above = x.gt(limit)?.where_cond(&(x - bias)?, &x.zeros_like()?)?;
        x.lt(-limit)?.where_cond(&(x + bias)?, &above)
    })
}
