// A graph built for ggml's CPU backend: tensors in place, threads waiting, ready to step.
#pragma once

#include <ggml-alloc.h>
#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <ggml.h>

#include <memory>
#include <vector>

#include "assay_runner/runner.h"
#include "emitter.h"

namespace ggml_runner {

template <auto kFree>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
template <class T, auto kFree>
using Owned = std::unique_ptr<T, Deleter<kFree>>;

class Program {
 public:
  // `load` has passed screen(). Keys and values that it gives are written into the first places of the caches
  // of `next`, if there is one, whose threads compute both. Fails (unsupported, memory) when ggml cannot
  // allocate.
  [[nodiscard]] static assay_runner::Answer<std::unique_ptr<Program>> build(
      const std::shared_ptr<const assay_runner::Load>& load, const Program* next = nullptr);

  // Copies the inputs and computes everything.
  [[nodiscard]] assay_runner::Answer<> step(const assay_runner::TensorMap& inputs);
  // The last step's outputs, where it left them; copied only where ggml has them in another order.
  [[nodiscard]] std::vector<assay_runner::PendingTensor> outputs() const;

 private:
  struct Output {
    std::string name;
    assay::tensor::DType dtype;
    assay::tensor::Shape shape;
    ggml_tensor* tensor;
  };
  struct Input {
    std::string name;
    ggml_tensor* tensor;
  };

  Program(std::shared_ptr<const assay_runner::Load> load, const Program* next);
  void make_leaves(Emitter& emitter);
  void emit_nodes(Emitter& emitter);
  void add_gradients(Emitter& emitter);
  assay_runner::Answer<> allocate(Emitter& emitter);
  void place_parameter(ggml_tensor* tensor, const assay_runner::Tensor& data);
  [[nodiscard]] bool reads_a_parameter() const;
  void keep(std::string name, assay::tensor::DType dtype, assay::tensor::Shape shape, ggml_tensor* tensor);
  [[nodiscard]] ggml_tensor* cache_for(const std::string& output) const;
  void upload(const Emitter& emitter);
  void prepare_threads();
  void write_labels(const assay_runner::TensorMap& inputs);
  void write_filled(const assay_runner::TensorMap& inputs);

  std::shared_ptr<const assay_runner::Load> load_;
  const Program* next_;
  Owned<ggml_context, ggml_free> parameters_, fixed_, steps_;
  std::vector<Owned<ggml_backend_buffer, ggml_backend_buffer_free>> buffers_;
  Owned<ggml_gallocr, ggml_gallocr_free> allocator_;
  Owned<ggml_threadpool, ggml_threadpool_free> threads_;
  ggml_cgraph* cgraph_ = nullptr;
  ggml_cplan plan_{};
  std::vector<uint8_t> work_;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::vector<Cache> caches_;
  std::vector<Copied> copied_;
  std::vector<Indices> indices_;
  std::vector<FilledMask> filled_masks_;
  std::vector<OneHot> one_hots_;
  std::vector<std::vector<size_t>> ones_;  // where each one-hot matrix holds a 1
};

}  // namespace ggml_runner
