#include "assay_runner/inputs.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "assay_runner/forms.h"
#include "tensor/safetensors.h"

namespace assay_runner {
namespace {

using assay::graph::Role;

constexpr size_t kAlignment = 64;

std::shared_ptr<std::byte> aligned_copy(std::span<const std::byte> bytes) {
  const size_t size = (bytes.size() + kAlignment) / kAlignment * kAlignment;
  std::shared_ptr<std::byte> memory(static_cast<std::byte*>(std::aligned_alloc(kAlignment, size)), std::free);
  if (!memory) throw std::bad_alloc();
  if (!bytes.empty()) std::memcpy(memory.get(), bytes.data(), bytes.size());
  return memory;
}

// Slice `index` of a tensor whose first dimension counts the sets.
Tensor slice(const Tensor& stacked, size_t index, const Form& form) {
  const size_t bytes =
      static_cast<size_t>(assay::tensor::element_count(form.shape)) * assay::tensor::dtype_size(form.dtype);
  const auto memory = aligned_copy(stacked.bytes().subspan(index * bytes, bytes));
  return Tensor::view(form.dtype, form.shape, {memory.get(), bytes}, memory);
}

}  // namespace

Answer<std::vector<TensorMap>> read_inputs(const assay::protocol::InputsRequest& request,
                                           const Graph& graph) {
  const Forms forms = forms_of(graph, Role::input);
  Forms stacked = forms;
  for (auto& [name, form] : stacked) form.shape.insert(form.shape.begin(), request.sets);
  const auto file = answered(assay::tensor::read_safetensors(request.path));
  if (!file) return std::unexpected(file.error());
  if (auto checked = check(forms_of(*file), stacked, request.path); !checked)
    return std::unexpected(std::move(checked.error()));
  std::vector<TensorMap> sets(static_cast<size_t>(request.sets));
  for (size_t index = 0; index < sets.size(); ++index)
    for (const auto& [name, form] : forms) sets[index].emplace(name, slice(file->at(name), index, form));
  return sets;
}

}  // namespace assay_runner
