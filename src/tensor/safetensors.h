// The safetensors format: eight bytes of little-endian header length, a JSON header, then the tensors' bytes.
// Files from outside are checked in full: ranges inside the file, no overlap, no hole, size fits type and
// shape, no name twice.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/part_file.h"
#include "tensor/tensor.h"

namespace assay::tensor {

// Where a tensor's bytes lie, counted from the start of the file.
struct Extent {
  DType dtype = DType::f32;
  Shape shape;
  int64_t offset = 0;
  int64_t bytes = 0;
};

// The header alone. Fails (data), naming file and tensor.
[[nodiscard]] Result<std::map<std::string, Extent>> read_safetensors_header(
    const std::filesystem::path& path);

// All tensors, as views of the mapped file. Fails (data), naming file and tensor.
[[nodiscard]] Result<TensorMap> read_safetensors(const std::filesystem::path& path);
// The same of a file that another program was asked to write and may still write to: it must be a plain one,
// and is copied into memory (MappedFile::read_plain).
[[nodiscard]] Result<TensorMap> read_plain_safetensors(const std::filesystem::path& path);

// One tensor of a file to be written, produced when its turn comes so that a large file never lies in memory
// as a whole.
struct PendingTensor {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  std::function<Result<Tensor>()> produce;
};

// Writes the tensors to a neighbour of `path` and renames it. The data section starts at a multiple of 4096.
// The format allows no holes, so tensors whose size is a multiple of 64 bytes come first, in the given order
// and each at a multiple of 64; the others follow, larger element types first: every tensor is aligned to its
// element type and can be used in place in a mapping. Fails (environment), e.g. disk full, or with what a
// produce() fails with; `path` is then as it was. A file that is read at once and then removed need not reach
// the disk.
using Flush = PartFile::Flush;
[[nodiscard]] Result<> write_safetensors(const std::filesystem::path& path,
                                         const std::vector<PendingTensor>& tensors,
                                         Flush flush = Flush::to_disk);
[[nodiscard]] Result<> write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                                         Flush flush = Flush::to_disk);

}  // namespace assay::tensor
