// The GGUF format, version 3: a header of typed keys and of tensors with their offsets, then the tensors'
// data, each at a multiple of 32. Little-endian. Tensors have their dimensions innermost first.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "tensor/tensor.h"

namespace assay::gguf {

using Field = std::variant<uint32_t, float, std::string, std::vector<uint32_t>>;

struct PendingTensor {
  std::string name;
  tensor::Shape shape;                      // ours: outermost first
  std::function<tensor::Tensor()> produce;  // f32 of that shape, when its turn comes
};

// Writes to a neighbour of `path` and renames it. Fails (environment), e.g. disk full; `path` is then as it
// was.
[[nodiscard]] Result<> write_gguf(const std::filesystem::path& path,
                                  const std::vector<std::pair<std::string, Field>>& fields,
                                  const std::vector<PendingTensor>& tensors);

}  // namespace assay::gguf
