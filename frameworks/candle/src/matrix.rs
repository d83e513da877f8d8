//! Matrix products.

use candle_core::{D, Result, Shape, Tensor};

use crate::kernel::{Compile, Compiled, Site, kernel};

pub const OPERATORS: &[(&str, Compile)] = &[("Gemm", gemm), ("Linear", linear), ("MatMul", matmul)];

/// Over all rows at once: Candle's product of more than two dimensions would take one matrix after the other.
fn linear(site: &Site) -> Compiled {
    site.need_f32(&[0, 1, 2])?;
    let (width, shape) = (site.shape(1)[1], site.output_shape(0));
    let is_matrix = site.rank(0) == 2;
    kernel(move |x| {
        let rows = if is_matrix { x.at(0).clone() } else { x.at(0).reshape(((), width))? };
        let product = rows.matmul(&x.at(1).t()?)?;
        let product = x.given(2).map_or(Ok(product.clone()), |bias| product.broadcast_add(bias))?;
        if is_matrix { Ok(product) } else { product.reshape(shape.as_slice()) }
    })
}

fn gemm(site: &Site) -> Compiled {
    site.need_f32(&[0, 1, 2])?;
    let (alpha, beta) = (site.node.real("alpha", 1.0), site.node.real("beta", 1.0));
    let (a, b) = (site.node.flag("transA", false), site.node.flag("transB", false));
    let turned = |x: &Tensor, turn: bool| if turn { x.t() } else { Ok(x.clone()) };
    let times = |x: Tensor, factor: f64| if factor == 1.0 { Ok(x) } else { x * factor };
    kernel(move |x| {
        let product = times(turned(x.at(0), a)?.matmul(&turned(x.at(1), b)?)?, alpha)?;
        match x.given(2) {
            Some(c) => product.broadcast_add(&times(c.clone(), beta)?),
            None => Ok(product),
        }
    })
}

fn matmul(site: &Site) -> Compiled {
    site.need_f32(&[0, 1])?;
    let (left, right) = (site.rank(0), site.rank(1));
    let (b, shape) = (site.shape(1), site.output_shape(0));
    kernel(move |x| {
        let lhs = if left == 1 { x.at(0).unsqueeze(0)? } else { x.at(0).clone() };
        let rhs = if right == 1 { x.at(1).unsqueeze(1)? } else { x.at(1).clone() };
        let product = if b.len() == 2 && lhs.rank() > 2 { by_rows(&lhs, &rhs)? } else { batched(&lhs, &rhs)? };
        product.reshape(shape.as_slice())
    })
}

fn by_rows(lhs: &Tensor, rhs: &Tensor) -> Result<Tensor> {
    lhs.reshape(((), rhs.dim(0)?))?.matmul(rhs)
}

/// The batches as one dimension, each operand's matrices following each other.
fn batched(lhs: &Tensor, rhs: &Tensor) -> Result<Tensor> {
    let batch_of = |x: &Tensor| Shape::from(&x.dims()[..x.rank() - 2]);
    let batch = batch_of(lhs).broadcast_shape_binary_op(&batch_of(rhs), "matmul")?;
    let flat = |x: &Tensor| {
        let (rows, columns) = (x.dim(D::Minus2)?, x.dim(D::Minus1)?);
        let shape = [batch.dims(), &[rows, columns]].concat();
        x.broadcast_as(shape)?.contiguous()?.reshape((batch.elem_count(), rows, columns))
    };
    flat(lhs)?.matmul(&flat(rhs)?)
}
