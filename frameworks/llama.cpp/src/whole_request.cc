// Whole requests: a prompt, and tokens one after the other behind it.
#include <algorithm>

#include "session.h"

namespace llama_runner {

using assay_runner::Answer;
using assay_runner::failed;
using assay_runner::TensorMap;

Answer<> Session::prepare_request() {
  const auto& generation = *load_->generation;
  const auto& prompt = generation.prefill.value(generation.prefill.with_role(assay::graph::Role::input)[0]);
  const auto length = static_cast<size_t>(prompt.shape[1]);
  cache_.cells = length + static_cast<size_t>(generation.decodes);
  if (auto done = open_model(); !done) return done;
  batch_ = llama_batch_init(static_cast<int32_t>(sequences_ * length), 0, 1);
  if (auto done = check_placement(length); !done) return done;
  const auto& logits = load_->graph.value(load_->graph.outputs()[0]);
  written_.resize(static_cast<size_t>(assay::tensor::element_count(logits.shape)));
  return {};
}

Answer<> Session::parts(const TensorMap& inputs, const std::function<void()>& done) {
  const auto ids = inputs.at("input_ids").data<int64_t>();
  const auto decodes = static_cast<size_t>(load_->generation->decodes);
  const size_t prompt = cache_.cells - decodes;
  forget(0);
  made_ = 0;
  for (size_t part = 0; part <= decodes; ++part) {
    const size_t first = part == 0 ? 0 : prompt + part - 1;
    if (auto decoded = decode_part(ids, first, part == 0 ? prompt : 1); !decoded) return decoded;
    done();
  }
  logits_ = written_.data();
  return {};
}

// The tokens of each sequence from `first` on, with the logits of the last: they are copied, since the next
// part takes their place.
Answer<> Session::decode_part(std::span<const int64_t> ids, size_t first, size_t length) {
  place_tokens(first, length, false);
  for (size_t sequence = 0; sequence < sequences_; ++sequence) {
    for (size_t i = 0; i < length; ++i)
      batch_.token[sequence * length + i] =
          static_cast<llama_token>(ids[sequence * cache_.cells + first + i]);
    batch_.logits[(sequence + 1) * length - 1] = 1;
  }
  if (const int status = llama_decode(context_.get(), batch_); status != 0)
    return failed("llama_decode returned {}", status);
  const float* logits = llama_get_logits(context_.get());  // waits until they are complete
  const size_t count = written_.size() / sequences_;       // of each sequence
  const size_t vocabulary = count / (static_cast<size_t>(load_->generation->decodes) + 1);
  for (size_t sequence = 0; sequence < sequences_; ++sequence)
    std::copy_n(logits + sequence * vocabulary, vocabulary,
                written_.data() + sequence * count + made_ * vocabulary);
  ++made_;
  return {};
}

}  // namespace llama_runner
