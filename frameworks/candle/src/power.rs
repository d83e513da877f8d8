//! Pow. By one known number it is Candle's `powf`; its `pow` of tensors is exp(y log x), nothing for what is not positive, so that signs and zeros
//! are put in here.

use assay_runner::Dtype;
use candle_core::{DType, Result, Tensor};

use crate::kernel::{Compile, Compiled, Site, kernel};

pub const OPERATORS: &[(&str, Compile)] = &[("Pow", pow)];

fn pow(site: &Site) -> Compiled {
    let is_real = |place| site.dtype(place) == Dtype::F32;
    let exponent = site.graph.constant_reals(site.node, 1).filter(|numbers| numbers.len() == 1);
    match (is_real(0), is_real(1), exponent) {
        (true, true, Some(&[exponent])) => {
            let shape = site.output_shape(0);
            kernel(move |x| x.at(0).powf(exponent.into())?.reshape(shape.as_slice()))
        }
        (true, true, _) => kernel(|x| power(x.at(0), x.at(1))),
        (true, false, _) => kernel(|x| power(x.at(0), &x.at(1).to_dtype(DType::F32)?)),
        _ => kernel(|x| {
            let [base, exponent] = [0, 1].map(|place| x.at(place).to_dtype(DType::F64));
            whole(&power(&base?, &exponent?)?)?.to_dtype(x.at(0).dtype())
        }),
    }
}

/// Towards zero. What is a whole number but for the error of exp(y log x) is one.
fn whole(power: &Tensor) -> Result<Tensor> {
    (power.abs()? * (1.0 + 1e-12))?.floor()? * power.sign()?
}

/// Of floating numbers of one type.
fn power(x: &Tensor, y: &Tensor) -> Result<Tensor> {
    let shape = x.shape().broadcast_shape_binary_op(y.shape(), "pow")?;
    let (x, y) = (x.broadcast_as(&shape)?, y.broadcast_as(&shape)?);
    let (size, is_zero) = (x.abs()?, x.eq(0.0)?);
    let of_size = is_zero.where_cond(&x.ones_like()?, &size)?.pow(&y)?;
    // Zero by zero is one, too.
    let of_zero = y
        .gt(0.0)?
        .where_cond(&y.zeros_like()?, &y.lt(0.0)?.where_cond(&(y.ones_like()? * f64::INFINITY)?, &y.ones_like()?)?)?;
    signed(&x, &y, &is_zero.where_cond(&of_zero, &of_size)?)
}

/// Of a negative number the sign is that of its odd powers, and there are powers by whole numbers only.
fn signed(x: &Tensor, y: &Tensor, power: &Tensor) -> Result<Tensor> {
    let is_negative = x.lt(0.0)?;
    let y = y.detach();
    let is_odd = (&y - ((&y / 2.0)?.floor()? * 2.0)?)?.eq(1.0)?;
    let power = (&is_negative * is_odd)?.where_cond(&power.neg()?, power)?;
    let is_nothing = (is_negative * y.ne(&y.floor()?)?)?;
    is_nothing.where_cond(&(y.ones_like()? * f64::NAN)?, &power)
}

#[cfg(test)]
mod tests {
    use candle_core::DType;

    use super::{power, whole};
    use crate::testing::{numbers, vector};

    #[test]
    fn signs_and_zeros_are_those_of_powers() {
        let power = |x: &[f32], y: &[f32]| numbers(power(&vector(x), &vector(y)));
        assert_eq!(power(&[0.0, 0.0, 0.0, 3.0], &[2.0, 0.0, -1.0, 0.0]), [0.0, 1.0, f32::INFINITY, 1.0]);
        let signed = power(&[-2.0, -2.0, -2.0], &[3.0, 2.0, 0.0]);
        assert!((signed[0] + 8.0).abs() < 1e-5 && (signed[1] - 4.0).abs() < 1e-5 && signed[2] == 1.0, "{signed:?}");
        assert!(power(&[-2.0], &[0.5])[0].is_nan());
    }

    #[test]
    fn powers_of_integers_are_cut_towards_zero() {
        let in_double = |numbers: &[f32]| vector(numbers).to_dtype(DType::F64).unwrap();
        let powers = power(&in_double(&[3.0, 7.0, -3.0, 2.0, 2.0]), &in_double(&[5.0, 13.0, 3.0, -1.0, 0.75])).unwrap();
        let found = whole(&powers).unwrap().to_vec1::<f64>().unwrap();
        assert_eq!(found, [243.0, 96_889_010_407.0, -27.0, 0.0, 1.0]);
    }
}
