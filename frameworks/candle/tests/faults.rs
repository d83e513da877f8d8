//! What is wrong or missing in Candle itself, as it is now (docs/findings.md): a test that fails here says that a newer version has mended
//! it, and that the runner, its README and the findings are to be looked at.

use candle_core::{Device, Result, Tensor, Var};
use candle_nn::{ops, rotary_emb};

const CPU: &Device = &Device::Cpu;

fn var(numbers: &[f32], shape: &[usize]) -> Var {
    Var::from_tensor(&Tensor::from_slice(numbers, shape, CPU).unwrap()).unwrap()
}

/// Of the sum of what `compute` makes of `numbers`.
fn gradient(numbers: &[f32], shape: &[usize], compute: impl Fn(&Tensor) -> Result<Tensor>) -> Result<Option<Vec<f32>>> {
    let x = var(numbers, shape);
    let store = compute(&x)?.sum_all()?.backward()?;
    store.get(&x).map(|gradient| gradient.flatten_all()?.to_vec1()).transpose()
}

#[test]
fn the_gradient_of_a_max_pool_is_a_share_of_what_it_should_be() {
    let found = gradient(&[1.0, 2.0, 3.0, 4.0], &[1, 1, 2, 2], |x| x.max_pool2d(2)).unwrap().unwrap();
    assert_eq!(found, [0.0, 0.0, 0.0, 0.25], "right is 0, 0, 0, 1");
}

#[test]
fn a_max_pool_with_windows_that_overlap_has_no_gradient() {
    assert!(gradient(&[0.0; 25], &[1, 1, 5, 5], |x| x.max_pool2d_with_stride(3, 2)).is_err());
}

#[test]
fn the_gradient_of_upsampling_forgets_that_of_other_readers() {
    let found =
        gradient(&[1.0], &[1, 1, 1, 1], |x| x.upsample_nearest2d(2, 2)?.broadcast_add(&(x * 3.0)?)).unwrap().unwrap();
    assert_eq!(found, [4.0], "right is 4 + 4 * 3 = 16");
}

#[test]
fn conv1d_reads_a_transposed_filter_wrongly() {
    let x = Tensor::from_slice(&[1f32, 2.0], (1, 2, 1), CPU).unwrap();
    let filter = Tensor::from_slice(&[1f32, 2.0, 3.0, 4.0], (2, 2, 1), CPU).unwrap().transpose(0, 1).unwrap();
    let by = |filter: &Tensor| x.conv1d(filter, 0, 1, 1, 1).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    assert_eq!(by(&filter.contiguous().unwrap()), [7.0, 10.0]);
    assert_eq!(by(&filter), [5.0, 11.0], "right is 7, 10");
}

#[test]
fn so_the_gradient_of_conv1d_is_wrong_for_several_images_and_outputs() {
    let x = Tensor::from_slice(&[1f32, 2.0], (2, 1, 1), CPU).unwrap();
    let weights = Tensor::from_slice(&[1f32, 2.0, 3.0, 4.0], (2, 2, 1), CPU).unwrap();
    let found = gradient(&[1.0, 1.0], &[2, 1, 1], |w| x.conv1d(w, 0, 1, 1, 1)? * &weights).unwrap().unwrap();
    assert_eq!(found, [5.0, 11.0], "right is 7, 10");
}

#[test]
fn the_gradient_of_a_strided_convolution_takes_one_remainder_for_both_dimensions() {
    let x = var(&[0.0; 12], &[1, 1, 3, 4]);
    let filter = Tensor::ones((1, 1, 1, 1), candle_core::DType::F32, CPU).unwrap();
    let loss = x.conv2d(&filter, 0, 2, 1, 1).unwrap().sum_all().unwrap();
    assert!(loss.backward().unwrap_err().to_string().contains("shape mismatch"));
}

#[test]
fn fused_operators_give_no_gradient_and_no_error() {
    let of = |compute: fn(&Tensor) -> Result<Tensor>| gradient(&[1.0, 2.0], &[1, 1, 1, 2], compute).unwrap();
    let ones = || Tensor::ones(2, candle_core::DType::F32, CPU).unwrap();
    assert_eq!(of(ops::softmax_last_dim), None);
    assert_eq!(gradient(&[1.0, 2.0], &[1, 2], |x| ops::rms_norm(x, &ones(), 1e-5)).unwrap(), None);
    assert_eq!(gradient(&[1.0, 2.0], &[1, 2], |x| ops::layer_norm(x, &ones(), &ones(), 1e-5)).unwrap(), None);
    let table = || Tensor::ones((1, 1), candle_core::DType::F32, CPU).unwrap();
    assert_eq!(gradient(&[1.0, 2.0], &[1, 1, 1, 2], |x| rotary_emb::rope(x, &table(), &table())).unwrap(), None);
}

#[test]
fn gradients_at_kinks_are_those_of_the_right_side() {
    assert_eq!(gradient(&[0.0], &[1], Tensor::relu).unwrap(), Some(vec![1.0]), "others take 0");
    assert_eq!(gradient(&[0.0], &[1], Tensor::abs).unwrap(), Some(vec![1.0]), "others take 0");
}

#[test]
fn a_power_of_a_negative_number_is_none() {
    let x = Tensor::new(&[-2f32], CPU).unwrap();
    let y = x.pow(&Tensor::new(&[2f32], CPU).unwrap()).unwrap().to_vec1::<f32>().unwrap();
    assert!(y[0].is_nan(), "right is 4");
}

#[test]
fn gradients_of_gelu_have_six_digits() {
    let found = gradient(&[1.0], &[1], Tensor::gelu_erf).unwrap().unwrap()[0];
    assert!((f64::from(found) - 1.083_315_470_6).abs() > 5e-8, "{found}");
}

/// A function of Tensor's own would come before one of these, and be of another type.
trait Absent {
    fn acos(&self) -> &'static str;
    fn asin(&self) -> &'static str;
    fn atan(&self) -> &'static str;
}

impl Absent for Tensor {
    fn acos(&self) -> &'static str {
        "absent"
    }

    fn asin(&self) -> &'static str {
        "absent"
    }

    fn atan(&self) -> &'static str {
        "absent"
    }
}

#[test]
fn there_are_no_arc_functions() {
    let x = Tensor::new(&[0.5f32], CPU).unwrap();
    assert_eq!([x.acos(), x.asin(), x.atan()], ["absent"; 3]);
}
