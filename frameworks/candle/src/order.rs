//! Operators that compare or add up the elements of each row along one axis: ArgMax, ArgMin, Hardmax, TopK, CumSum.

use candle_core::{D, DType, Result, Tensor};

use crate::device::here;
use crate::kernel::{Compile, Compiled, Site, kernel, kernels};

pub const OPERATORS: &[(&str, Compile)] = &[
    ("ArgMax", |site| arg(site, Tensor::argmax_keepdim)),
    ("ArgMin", |site| arg(site, Tensor::argmin_keepdim)),
    ("CumSum", cum_sum),
    ("Hardmax", hardmax),
    ("TopK", top_k),
];

fn arg(site: &Site, place_of: fn(&Tensor, usize) -> Result<Tensor>) -> Compiled {
    let (axis, shape) = (site.node.axis(0, site.rank(0)), site.output_shape(0));
    if !site.node.flag("select_last_index", false) {
        return kernel(move |x| place_of(x.at(0), axis)?.to_dtype(DType::I64)?.reshape(shape.as_slice()));
    }
    let last = site.shape(0)[axis] as i64 - 1;
    kernel(move |x| {
        let from_the_end = place_of(&x.at(0).contiguous()?.flip(&[axis])?, axis)?.to_dtype(DType::I64)?;
        (Tensor::full(last, from_the_end.shape(), here())? - from_the_end)?.reshape(shape.as_slice())
    })
}

fn hardmax(site: &Site) -> Compiled {
    site.need_f32(&[0])?;
    let axis = site.node.axis(-1, site.rank(0));
    let size = site.shape(0)[axis];
    let mut along = vec![1; site.rank(0)];
    along[axis] = size;
    kernel(move |x| {
        let places = Tensor::arange(0u32, size as u32, here())?.reshape(along.as_slice())?;
        x.at(0).argmax_keepdim(axis)?.broadcast_eq(&places)?.to_dtype(DType::F32)
    })
}

/// Candle sorts the last dimension, and leaves equal elements in their order.
fn top_k(site: &Site) -> Compiled {
    let (axis, k) = (site.node.axis(-1, site.rank(0)), site.ints(1).ok_or("k by an input")?[0] as usize);
    let ascending = !site.node.flag("largest", true);
    kernels(move |x| {
        let rows = x.at(0).transpose(axis, D::Minus1)?.contiguous()?;
        let places = rows.detach().arg_sort_last_dim(ascending)?.narrow(D::Minus1, 0, k)?.contiguous()?;
        let values = rows.gather(&places, D::Minus1)?;
        Ok(vec![values.transpose(axis, D::Minus1)?, places.to_dtype(DType::I64)?.transpose(axis, D::Minus1)?])
    })
}

/// Candle's is a product with a triangle of ones, which it has for floating numbers; in float64 integers come out whole up to 2^53.
fn cum_sum(site: &Site) -> Compiled {
    let axis = site.graph.axes(site.node, 1, site.rank(0)).ok_or("an axis by an input")?[0];
    let [exclusive, reverse] = ["exclusive", "reverse"].map(|flag| site.node.flag(flag, false));
    let size = site.shape(0)[axis];
    let turned = move |x: &Tensor| if reverse { x.contiguous()?.flip(&[axis]) } else { Ok(x.clone()) };
    kernel(move |x| {
        let dtype = x.at(0).dtype();
        let numbers = if dtype.is_int() { x.at(0).to_dtype(DType::F64)? } else { x.at(0).clone() };
        let numbers = turned(&numbers)?;
        // Each element's sum is then of those before it.
        let numbers = match exclusive && size > 0 {
            true => numbers.narrow(axis, 0, size - 1)?.pad_with_zeros(axis, 1, 0)?,
            false => numbers,
        };
        turned(&numbers.contiguous()?.cumsum(axis)?)?.to_dtype(dtype)
    })
}
