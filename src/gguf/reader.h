// A GGUF file from outside, version 2 or 3, little-endian: its keys, and where each tensor lies. Checked in
// full before anything is taken from it: lengths and counts fit the file, every type is one that is read, no
// name is there twice, no two tensors share a byte.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "base/file.h"
#include "gguf/blocks.h"
#include "gguf/metadata.h"
#include "tensor/tensor.h"

namespace assay::gguf {

struct StoredTensor {
  const BlockType* type = nullptr;
  tensor::Shape shape;  // ours: outermost first
  std::span<const std::byte> bytes;
};

struct Contents {
  std::filesystem::path path;
  std::shared_ptr<const MappedFile> file;  // the others are views of it
  Metadata metadata;
  std::map<std::string, StoredTensor> tensors;
};

// Fails (data) naming file and key or tensor.
[[nodiscard]] Result<Contents> read_gguf(const std::filesystem::path& path);

}  // namespace assay::gguf
