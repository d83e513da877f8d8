// A llama.cpp model with its context: one step is one llama_decode, of a whole prompt with the logits of all
// positions, or of one token behind a cache that the load has filled.
#pragma once

#include <ggml-cpu.h>
#include <llama.h>

#include <memory>

#include "assay_runner/runner.h"
#include "cache_image.h"

namespace llama_runner {

template <auto kFree>
struct Deleter {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
template <class T, auto kFree>
using Owned = std::unique_ptr<T, Deleter<kFree>>;

class Session {
 public:
  // Opens the GGUF file of `load`; where the graph has states, the cache is filled with them. Fails (failed,
  // or unsupported for want of memory).
  [[nodiscard]] static assay_runner::Answer<std::unique_ptr<Session>> open(
      const std::shared_ptr<const assay_runner::Load>& load);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] assay_runner::Answer<> step(const assay_runner::TensorMap& inputs);
  [[nodiscard]] assay_runner::Answer<std::vector<assay_runner::PendingTensor>> outputs();

 private:
  explicit Session(std::shared_ptr<const assay_runner::Load> load) : load_(std::move(load)) {}
  assay_runner::Answer<> prepare();
  assay_runner::Answer<> open_model();
  assay_runner::Answer<> fill_cache();
  assay_runner::Answer<> fill_sequence(size_t sequence);
  // `length` tokens of every sequence from position `first`, one sequence after the other.
  void place_tokens(size_t first, size_t length);
  [[nodiscard]] std::optional<CacheImage> image(size_t sequence);
  [[nodiscard]] const assay_runner::Tensor* past(size_t layer, bool keys) const;

  std::shared_ptr<const assay_runner::Load> load_;
  Owned<llama_model, llama_model_free> model_;
  Owned<ggml_threadpool, ggml_threadpool_free> threads_;
  Owned<llama_context, llama_free> context_;
  llama_batch batch_{};
  CacheShape cache_;      // of one sequence; cells: past and new
  size_t sequences_ = 1;  // of the batch
  size_t past_ = 0;       // positions that the state fills
  float* logits_ = nullptr;
};

}  // namespace llama_runner
