//! Operators that work element by element, with broadcasting.

use assay_runner::Dtype;
use candle_core::{Result, Tensor};

use crate::convert;
use crate::device::here;
use crate::kernel::{Compile, Compiled, Site, kernel};

pub const OPERATORS: &[(&str, Compile)] = &[
    ("Abs", |site| unary(site, Tensor::abs)),
    ("Add", |site| binary(site, Tensor::broadcast_add)),
    ("And", |site| binary(site, Tensor::broadcast_mul)),
    ("Cast", cast),
    ("Div", |site| binary(site, Tensor::broadcast_div)),
    ("Equal", |site| binary(site, Tensor::broadcast_eq)),
    ("Erf", |site| unary(site, Tensor::erf)),
    ("Exp", |site| unary(site, Tensor::exp)),
    ("Greater", |site| binary(site, Tensor::broadcast_gt)),
    ("GreaterOrEqual", |site| binary(site, Tensor::broadcast_ge)),
    ("Identity", |_| kernel(|x| Ok(x.at(0).clone()))),
    ("Less", |site| binary(site, Tensor::broadcast_lt)),
    ("LessOrEqual", |site| binary(site, Tensor::broadcast_le)),
    ("Log", |site| unary(site, Tensor::log)),
    ("Mul", |site| binary(site, Tensor::broadcast_mul)),
    ("Neg", |site| unary(site, Tensor::neg)),
    ("Not", |_| kernel(|x| x.at(0).eq(0u8))),
    ("Or", |site| binary(site, Tensor::broadcast_maximum)),
    ("Reciprocal", |site| unary(site, Tensor::recip)),
    ("Sign", |site| unary(site, Tensor::sign)),
    ("Sqrt", |site| unary(site, Tensor::sqrt)),
    ("Sub", |site| binary(site, Tensor::broadcast_sub)),
    ("Where", select),
    ("Xor", |site| binary(site, Tensor::broadcast_ne)),
];

pub fn unary(site: &Site, compute: fn(&Tensor) -> Result<Tensor>) -> Compiled {
    site.need_f32(&[0])?;
    kernel(move |x| compute(x.at(0)))
}

pub type Binary = fn(&Tensor, &Tensor) -> Result<Tensor>;

fn binary(_: &Site, compute: Binary) -> Compiled {
    kernel(move |x| compute(x.at(0), x.at(1)))
}

fn select(_: &Site) -> Compiled {
    kernel(|x| {
        let shape = x.at(0).shape().broadcast_shape_binary_op(x.at(1).shape(), "where")?;
        let shape = shape.broadcast_shape_binary_op(x.at(2).shape(), "where")?;
        x.at(0).broadcast_as(&shape)?.where_cond(&x.at(1).broadcast_as(&shape)?, &x.at(2).broadcast_as(&shape)?)
    })
}

fn cast(site: &Site) -> Compiled {
    let to = site.graph.value(site.node.output(0).expect("Cast has an output")).dtype;
    let dtype = convert::dtype(to).expect("foreign types are refused before");
    if to == Dtype::BOOL {
        let zero = candle_core::Tensor::zeros((), convert::dtype(site.dtype(0)).expect("as above"), here());
        let zero = zero.map_err(|error| error.to_string())?;
        return kernel(move |x| x.at(0).broadcast_ne(&zero));
    }
    kernel(move |x| x.at(0).to_dtype(dtype))
}
