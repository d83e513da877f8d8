//! Tensors of a back end whose rank is known at run time only, and their way from and to host memory. Burn has no tensor without
//! dimensions: a scalar has one, of size 1.

use assay_runner::{Answer, Dtype, Failure, Tensor};
use burn_backend::tensor::{BoolTensor, FloatTensor, IntTensor};
use burn_backend::{
    AllocationProperty, Backend, BoolStore, Bytes, DType, Shape, TensorData, TensorMetadata, read_sync,
};

use crate::backend::BOOL;

pub enum Value<B: Backend> {
    Float(FloatTensor<B>),
    Int(IntTensor<B>),
    Bool(BoolTensor<B>),
}

// A derived one would ask B to be Clone, too.
impl<B: Backend> Clone for Value<B> {
    fn clone(&self) -> Self {
        match self {
            Value::Float(tensor) => Value::Float(tensor.clone()),
            Value::Int(tensor) => Value::Int(tensor.clone()),
            Value::Bool(tensor) => Value::Bool(tensor.clone()),
        }
    }
}

/// Burn's name of an element type in host memory.
pub fn dtype(dtype: Dtype) -> Result<DType, String> {
    Ok(match dtype {
        Dtype::F64 => DType::F64,
        Dtype::F32 => DType::F32,
        Dtype::F16 => DType::F16,
        Dtype::BF16 => DType::BF16,
        Dtype::I64 => DType::I64,
        Dtype::I32 => DType::I32,
        Dtype::BOOL => DType::Bool(BoolStore::Native),
        other => return Err(format!("no tensors of {other:?}")),
    })
}

/// A shape as Burn has it.
pub fn dims(shape: &[usize]) -> Vec<usize> {
    if shape.is_empty() { vec![1] } else { shape.to_vec() }
}

/// Owner of the host memory that a tensor is a view of.
struct Owner(Tensor);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl<B: Backend> Value<B> {
    /// From host memory, which is not copied where the back end computes in host memory.
    pub fn of(tensor: &Tensor, device: &B::Device) -> Result<Self, String> {
        let bytes = Bytes::from_shared(bytes::Bytes::from_owner(Owner(tensor.clone())), AllocationProperty::Native);
        let data = TensorData::from_bytes(bytes, Shape::from(dims(tensor.shape())), dtype(tensor.dtype())?);
        Ok(match tensor.dtype() {
            Dtype::BOOL => Value::Bool(B::bool_from_data(data.convert_dtype(DType::Bool(BOOL)), device)),
            Dtype::I64 | Dtype::I32 => Value::Int(B::int_from_data(data, device)),
            _ => Value::Float(B::float_from_data(data, device)),
        })
    }

    /// A matrix as its transpose, laid out anew.
    pub fn turned(self, device: &B::Device) -> Answer<Self> {
        Ok(Value::Float(B::float_from_data(self.permute(&[1, 0]).into_data()?, device)))
    }

    pub fn into_data(self) -> Answer<TensorData> {
        let data = match self {
            Value::Float(tensor) => read_sync(B::float_into_data(tensor)),
            Value::Int(tensor) => read_sync(B::int_into_data(tensor)),
            Value::Bool(tensor) => read_sync(B::bool_into_data(tensor)),
        };
        data.map_err(|error| Failure::failed(format!("{error:?}")))
    }

    pub fn shape(&self) -> Vec<usize> {
        match self {
            Value::Float(tensor) => tensor.shape().to_vec(),
            Value::Int(tensor) => tensor.shape().to_vec(),
            Value::Bool(tensor) => tensor.shape().to_vec(),
        }
    }

    pub fn reshape(self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self;
        }
        let shape = Shape::from(shape.to_vec());
        match self {
            Value::Float(tensor) => Value::Float(B::float_reshape(tensor, shape)),
            Value::Int(tensor) => Value::Int(B::int_reshape(tensor, shape)),
            Value::Bool(tensor) => Value::Bool(B::bool_reshape(tensor, shape)),
        }
    }

    /// To a shape of the same rank, in which dimensions of size 1 are larger.
    pub fn expand(self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self;
        }
        let shape = Shape::from(shape.to_vec());
        match self {
            Value::Float(tensor) => Value::Float(B::float_expand(tensor, shape)),
            Value::Int(tensor) => Value::Int(B::int_expand(tensor, shape)),
            Value::Bool(tensor) => Value::Bool(B::bool_expand(tensor, shape)),
        }
    }

    pub fn permute(self, axes: &[usize]) -> Self {
        match self {
            Value::Float(tensor) => Value::Float(B::float_permute(tensor, axes)),
            Value::Int(tensor) => Value::Int(B::int_permute(tensor, axes)),
            Value::Bool(tensor) => Value::Bool(B::bool_permute(tensor, axes)),
        }
    }

    /// With dimensions of size 1 in front, so that it has `rank` of them.
    pub fn lift(self, rank: usize) -> Self {
        let shape = self.shape();
        if shape.len() >= rank { self } else { self.reshape(&lifted(&shape, rank)) }
    }

    pub fn float(self) -> FloatTensor<B> {
        match self {
            Value::Float(tensor) => tensor,
            _ => panic!("a floating tensor was expected"),
        }
    }

    pub fn int(self) -> IntTensor<B> {
        match self {
            Value::Int(tensor) => tensor,
            _ => panic!("an integer tensor was expected"),
        }
    }

    pub fn bool(self) -> BoolTensor<B> {
        match self {
            Value::Bool(tensor) => tensor,
            _ => panic!("a boolean tensor was expected"),
        }
    }
}

/// The shape with ones in front, so that it has `rank` dimensions.
pub fn lifted(shape: &[usize], rank: usize) -> Vec<usize> {
    [vec![1; rank.saturating_sub(shape.len())], shape.to_vec()].concat()
}

/// The shape of a float tensor.
pub fn shape_of<B: Backend>(tensor: &FloatTensor<B>) -> Vec<usize> {
    tensor.shape().to_vec()
}

pub fn reshape<B: Backend>(tensor: FloatTensor<B>, shape: &[usize]) -> FloatTensor<B> {
    Value::<B>::Float(tensor).reshape(shape).float()
}
