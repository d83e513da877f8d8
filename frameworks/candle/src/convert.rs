//! Between the protocol's tensors and Candle's. Booleans are bytes of 0 and 1 there.

use assay_runner::{Answer, Dtype, Failure, OutputFile};
use candle_core::{DType, Device, Result, Storage, Tensor};

use crate::device::here;

pub fn dtype(dtype: Dtype) -> Option<DType> {
    Some(match dtype {
        Dtype::F32 => DType::F32,
        Dtype::F64 => DType::F64,
        Dtype::I64 => DType::I64,
        Dtype::I32 => DType::I32,
        Dtype::BOOL => DType::U8,
        _ => return None,
    })
}

/// A copy on the device, which is how Candle takes what others have in memory.
pub fn tensor(source: &assay_runner::Tensor) -> Result<Tensor> {
    let (shape, device) = (source.shape(), here());
    match source.dtype() {
        Dtype::F32 => Tensor::from_slice(source.data::<f32>(), shape, device),
        Dtype::F64 => Tensor::from_slice(source.data::<f64>(), shape, device),
        Dtype::I64 => Tensor::from_slice(source.data::<i64>(), shape, device),
        Dtype::I32 => Tensor::from_slice(source.data::<i32>(), shape, device),
        Dtype::BOOL => Tensor::from_slice(source.bytes(), shape, device),
        other => candle_core::bail!("a tensor of {other:?}, which this runner does not take"),
    }
}

/// Writes a tensor from where it lies; from a copy when its elements do not follow each other, or are on another device.
pub fn write(name: &str, declared: Dtype, tensor: &Tensor, to: &mut OutputFile) -> Answer<()> {
    let tensor = tensor.contiguous()?.to_device(&Device::Cpu)?;
    let (storage, layout) = tensor.storage_and_layout();
    let Storage::Cpu(storage) = &*storage else { return Err(Failure::failed("the tensor is not on the CPU")) };
    let range = layout.start_offset()..layout.start_offset() + tensor.elem_count();
    let bytes: &[u8] = match tensor.dtype() {
        DType::F32 => bytemuck::cast_slice(&storage.as_slice::<f32>()?[range]),
        DType::F64 => bytemuck::cast_slice(&storage.as_slice::<f64>()?[range]),
        DType::I64 => bytemuck::cast_slice(&storage.as_slice::<i64>()?[range]),
        DType::I32 => bytemuck::cast_slice(&storage.as_slice::<i32>()?[range]),
        DType::U8 => &storage.as_slice::<u8>()?[range],
        other => return Err(Failure::failed(format!("{name} came out as {other:?}"))),
    };
    to.write(name, declared, tensor.dims(), bytes)
}
