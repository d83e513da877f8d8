#include "base/file.h"
#include "graph/json.h"
#include "reference/evaluate.h"
#include "tensor/safetensors.h"
#include "verify/truth.h"

namespace assay::verify {

Result<> evaluate_here(const ReferenceJob& job) {
  ASSAY_TRY(const auto text, read_file(job.graph));
  ASSAY_TRY(const auto graph, graph::from_json(text));
  tensor::TensorMap bindings;
  for (const auto& path : job.bindings) {
    ASSAY_TRY(auto part, tensor::read_safetensors(path));
    bindings.merge(part);
  }
  ASSAY_TRY(const auto outputs, reference::evaluate(graph, bindings, job.options));
  return tensor::write_safetensors(job.out, outputs);
}

}  // namespace assay::verify
