//! Tensors in host memory: in a mapped file, or in memory of their own that is aligned to 64 bytes.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use bytemuck::{Pod, Zeroable};
use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};

use crate::failure::{Answer, Failure};

pub type Tensors = BTreeMap<String, Tensor>;

/// As many bytes as a cache line has, aligned like one.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; 64]);

#[derive(Clone)]
enum Memory {
    Mapped(Arc<Mmap>),
    Own(Arc<Vec<Line>>),
}

/// Cheap to clone: the data is shared.
#[derive(Clone)]
pub struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    memory: Memory,
    range: Range<usize>,
}

impl Tensor {
    /// A copy of the bytes, aligned to 64.
    pub fn copied(dtype: Dtype, shape: &[usize], bytes: &[u8]) -> Self {
        let mut lines = vec![Line([0; 64]); bytes.len().div_ceil(64)];
        bytemuck::cast_slice_mut::<Line, u8>(&mut lines)[..bytes.len()].copy_from_slice(bytes);
        let memory = Memory::Own(Arc::new(lines));
        Self { dtype, shape: shape.to_vec(), memory, range: 0..bytes.len() }
    }

    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Row-major, little-endian.
    pub fn bytes(&self) -> &[u8] {
        let all: &[u8] = match &self.memory {
            Memory::Mapped(map) => map,
            Memory::Own(lines) => bytemuck::cast_slice(lines),
        };
        &all[self.range.clone()]
    }

    /// The elements. Panics when T has another size than the element type.
    pub fn data<T: Pod>(&self) -> &[T] {
        assert_eq!(size_of::<T>() * 8, self.dtype.bitsize(), "elements are {:?}", self.dtype);
        bytemuck::cast_slice(self.bytes())
    }

    /// All tensors of a file, where they lie in its mapping; those that are not aligned to their elements, in copies. The file must
    /// stay as it is.
    pub fn read_file(path: &str) -> Answer<Tensors> {
        let named = |error: &dyn std::fmt::Display| Failure::failed(format!("{path}: {error}"));
        // SAFETY: the protocol promises that the files of a request do not change while they are used.
        let map = unsafe { Mmap::map(&File::open(Path::new(path)).map_err(|error| named(&error))?) };
        let map = Arc::new(map.map_err(|error| named(&error))?);
        let file = SafeTensors::deserialize(&map).map_err(|error| named(&error))?;
        Ok(file.iter().map(|(name, view)| (name.to_string(), Self::of_view(&map, &view))).collect())
    }

    fn of_view(map: &Arc<Mmap>, view: &safetensors::tensor::TensorView) -> Self {
        let bytes = view.data();
        if !(bytes.as_ptr() as usize).is_multiple_of(view.dtype().bitsize().div_ceil(8)) {
            return Self::copied(view.dtype(), view.shape(), bytes);
        }
        let begin = bytes.as_ptr() as usize - map.as_ptr() as usize;
        let memory = Memory::Mapped(map.clone());
        Self { dtype: view.dtype(), shape: view.shape().to_vec(), memory, range: begin..begin + bytes.len() }
    }
}
