// A llama.cpp model with its context: one step is one llama_decode, of a whole prompt with the logits of all
// positions, or of one token behind a cache that the load has filled.
#pragma once

#include <ggml-cpu.h>
#include <llama.h>

#include <functional>
#include <memory>
#include <vector>

#include "assay_runner/runner.h"
#include "cache_image.h"
#include "cache_rows.h"
#include "device.h"

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
  // Opens the GGUF file of `load` on the device; where the graph has states, the cache is filled with them.
  // Fails (failed, or unsupported for want of memory or because a GPU would not compute all).
  [[nodiscard]] static assay_runner::Answer<std::unique_ptr<Session>> open(
      const std::shared_ptr<const assay_runner::Load>& load, const Device& device);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] assay_runner::Answer<> step(const assay_runner::TensorMap& inputs);
  // A whole request: the prompt with the logits of its last position, then one token of each sequence after
  // the other (whole_request.cc).
  [[nodiscard]] assay_runner::Answer<> parts(const assay_runner::TensorMap& inputs,
                                             const std::function<void()>& done);
  [[nodiscard]] assay_runner::Answer<std::vector<assay_runner::PendingTensor>> outputs();

 private:
  Session(std::shared_ptr<const assay_runner::Load> load, Device device)
      : load_(std::move(load)), device_(std::move(device)) {}
  assay_runner::Answer<> prepare();
  assay_runner::Answer<> prepare_request();
  assay_runner::Answer<> decode_part(std::span<const int64_t> ids, size_t first, size_t length);
  void forget(size_t first);
  assay_runner::Answer<> open_model();
  assay_runner::Answer<> check_placement(size_t length);
  assay_runner::Answer<> fill_cache();
  assay_runner::Answer<> fill_sequence(size_t sequence);
  // `length` tokens of number 0 of every sequence from position `first`, one sequence after the other; each
  // asks for its logits, or none does.
  void place_tokens(size_t first, size_t length, bool logits);
  [[nodiscard]] std::optional<CacheImage> image(size_t sequence);
  [[nodiscard]] bool turns_neighbours() const;
  void read_key(const CacheRows& rows, size_t layer, std::span<float> target) const;
  [[nodiscard]] const assay_runner::Tensor* past(size_t layer, bool keys) const;

  std::shared_ptr<const assay_runner::Load> load_;
  Device device_;
  llama_context_params settings_{};
  Owned<llama_model, llama_model_free> model_;
  Owned<ggml_threadpool, ggml_threadpool_free> threads_;
  Owned<llama_context, llama_free> context_;
  llama_batch batch_{};
  CacheShape cache_;      // of one sequence; cells: past and new
  size_t sequences_ = 1;  // of the batch
  size_t past_ = 0;       // positions that the state fills
  float* logits_ = nullptr;
  std::vector<float> written_;  // of a whole request: the logits of all its tokens, as the graph has them
  size_t made_ = 0;             // tokens of each sequence whose logits are there
};

}  // namespace llama_runner
