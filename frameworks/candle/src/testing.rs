//! For the tests of functions on tensors.

use candle_core::Tensor;

use crate::device;

pub fn vector(numbers: &[f32]) -> Tensor {
    Tensor::new(numbers, device::open().expect("the processor is there")).expect("numbers make a tensor")
}

pub fn numbers(tensor: candle_core::Result<Tensor>) -> Vec<f32> {
    tensor.expect("a result").flatten_all().and_then(|tensor| tensor.to_vec1()).expect("float32")
}
