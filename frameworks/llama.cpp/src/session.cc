#include "session.h"

#include <algorithm>
#include <cstring>

namespace llama_runner {

using assay::tensor::DType;
using assay_runner::Answer;
using assay_runner::failed;
using assay_runner::PendingTensor;
using assay_runner::Reason;
using assay_runner::Tensor;
using assay_runner::TensorMap;
using assay_runner::unsupported;

Session::~Session() {
  if (batch_.token) llama_batch_free(batch_);
}

Answer<std::unique_ptr<Session>> Session::open(const std::shared_ptr<const assay_runner::Load>& load) {
  std::unique_ptr<Session> session(new Session(load));
  if (auto done = session->prepare(); !done) return std::unexpected(std::move(done.error()));
  return session;
}

// The tokens of a step lie behind the past ones, those of each sequence of the batch in their own; each asks
// for its logits.
Answer<> Session::prepare() {
  const auto& ids = load_->graph.value(load_->graph.with_role(assay::graph::Role::input)[0]);
  sequences_ = static_cast<size_t>(ids.shape[0]);
  const auto length = static_cast<size_t>(ids.shape[1]);
  if (sequences_ > llama_max_parallel_sequences())
    return unsupported(Reason::op, "{} sequences at once: llama.cpp takes {}", sequences_,
                       llama_max_parallel_sequences());
  if (!load_->state.empty()) {
    // [batch, heads, past, size]: a head need not have its share of the width, and libllama does not tell.
    const auto& shape = load_->state.begin()->second.shape();
    past_ = static_cast<size_t>(shape[2]);
    cache_.head_size = static_cast<size_t>(shape[3]);
  }
  cache_.cells = past_ + length;
  if (auto done = open_model(); !done) return done;
  batch_ = llama_batch_init(static_cast<int32_t>(sequences_ * std::max(length, past_)), 0, 1);
  if (past_ > 0)
    if (auto done = fill_cache(); !done) return done;
  place_tokens(past_, length);
  return {};
}

void Session::place_tokens(size_t first, size_t length) {
  batch_.n_tokens = static_cast<int32_t>(sequences_ * length);
  for (size_t i = 0; i < sequences_ * length; ++i) {
    batch_.token[i] = 0;
    batch_.pos[i] = static_cast<llama_pos>(first + i % length);
    batch_.n_seq_id[i] = 1;
    batch_.seq_id[i][0] = static_cast<llama_seq_id>(i / length);
    batch_.logits[i] = 1;
  }
}

// Everything in float32: weights by the file, the cache by type_k and type_v.
Answer<> Session::open_model() {
  auto model_settings = llama_model_default_params();
  model_settings.n_gpu_layers = 0;
  model_.reset(llama_model_load_from_file(load_->request.gguf->c_str(), model_settings));
  if (!model_) return failed("llama.cpp could not load {}", *load_->request.gguf);
  cache_.layers = static_cast<size_t>(llama_model_n_layer(model_.get()));
  cache_.heads = static_cast<size_t>(llama_model_n_head_kv(model_.get()));
  auto settings = llama_context_default_params();
  settings.n_ctx = settings.n_batch = settings.n_ubatch = static_cast<uint32_t>(sequences_ * cache_.cells);
  settings.n_seq_max = static_cast<uint32_t>(sequences_);
  settings.n_threads = settings.n_threads_batch = load_->request.threads;
  settings.type_k = settings.type_v = GGML_TYPE_F32;
  // llama.cpp's flash attention casts keys and values to half precision.
  settings.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  context_.reset(llama_init_from_model(model_.get(), settings));
  if (!context_)
    return unsupported(Reason::memory, "llama.cpp could not make a context of {} cells", cache_.cells);
  auto pool = ggml_threadpool_params_default(load_->request.threads);
  threads_.reset(ggml_threadpool_new(&pool));
  llama_attach_threadpool(context_.get(), threads_.get(), threads_.get());
  return {};
}

// libllama takes no keys and values, but it saves and restores them: after any `past` tokens the saved form
// has the right cells, whose rows are replaced.
Answer<> Session::fill_cache() {
  place_tokens(0, past_);
  if (llama_decode(context_.get(), batch_) != 0)
    return failed("llama_decode failed while the cache was filled");
  for (size_t sequence = 0; sequence < sequences_; ++sequence)
    if (auto done = fill_sequence(sequence); !done) return done;
  return {};
}

Answer<> Session::fill_sequence(size_t sequence) {
  const CacheShape whole = cache_;
  cache_.cells = past_;
  auto saved = image(sequence);
  cache_ = whole;
  if (!saved) return failed("the saved cache has not the form that this runner knows");
  for (size_t layer = 0; layer < cache_.layers; ++layer)
    for (size_t cell = 0; cell < past_; ++cell)
      for (size_t head = 0; head < cache_.heads; ++head) {
        const size_t size = cache_.head_size, from = ((sequence * cache_.heads + head) * past_ + cell) * size;
        to_neighbours(past(layer, true)->data<float>().subspan(from, size),
                      saved->key(layer, cell).subspan(head * size, size), size);
        for (size_t i = 0; i < size; ++i)
          saved->value(layer, cell, head * size + i) = past(layer, false)->data<float>()[from + i];
      }
  const auto id = static_cast<llama_seq_id>(sequence);
  llama_memory_seq_rm(llama_get_memory(context_.get()), id, -1, -1);
  const auto& bytes = saved->bytes();
  if (llama_state_seq_set_data(context_.get(), bytes.data(), bytes.size(), id) != bytes.size())
    return failed("llama.cpp did not take the state");
  return {};
}

const Tensor* Session::past(size_t layer, bool keys) const {
  return &load_->state.at(fmt::format("layers.{}.past_{}", layer, keys ? "key" : "value"));
}

std::optional<CacheImage> Session::image(size_t sequence) {
  const auto id = static_cast<llama_seq_id>(sequence);
  std::vector<uint8_t> bytes(llama_state_seq_get_size(context_.get(), id));
  bytes.resize(llama_state_seq_get_data(context_.get(), bytes.data(), bytes.size(), id));
  CacheShape shape = cache_;
  shape.later = sequences_ - 1 - sequence;
  return CacheImage::of(std::move(bytes), shape);
}

Answer<> Session::step(const TensorMap& inputs) {
  const auto ids = inputs.at("input_ids").data<int64_t>();
  for (size_t i = 0; i < ids.size(); ++i) batch_.token[i] = static_cast<llama_token>(ids[i]);
  for (size_t sequence = 0; sequence < sequences_; ++sequence)
    llama_memory_seq_rm(llama_get_memory(context_.get()), static_cast<llama_seq_id>(sequence),
                        static_cast<llama_pos>(past_), -1);
  if (const int status = llama_decode(context_.get(), batch_); status != 0)
    return failed("llama_decode returned {}", status);
  logits_ = llama_get_logits(context_.get());  // waits until they are complete
  return {};
}

// Logits from where the step left them, and where the graph says so the keys and values of the new tokens.
Answer<std::vector<PendingTensor>> Session::outputs() {
  std::vector<PendingTensor> result;
  const auto& graph = load_->graph;
  const auto give = [&](size_t place, Tensor tensor) {
    const auto& value = graph.value(graph.outputs()[place]);
    result.push_back(
        {value.name, DType::f32, value.shape, [tensor] { return assay::Result<Tensor>(tensor); }});
  };
  const auto& logits = graph.value(graph.outputs()[0]);
  const auto count = static_cast<size_t>(assay::tensor::element_count(logits.shape));
  give(0, Tensor::view(DType::f32, logits.shape, std::as_bytes(std::span(logits_, count)), nullptr));
  if (graph.outputs().size() == 1) return result;
  if (graph.outputs().size() != 1 + 2 * cache_.layers)
    return failed("{} outputs, expected {}", graph.outputs().size(), 1 + 2 * cache_.layers);
  std::vector<CacheImage> saved;
  for (size_t sequence = 0; sequence < sequences_; ++sequence) {
    auto one = image(sequence);
    if (!one) return failed("the saved cache has not the form that this runner knows");
    saved.push_back(std::move(*one));
  }
  for (size_t layer = 0; layer < cache_.layers; ++layer) {
    Tensor keys(DType::f32, graph.value(graph.outputs()[1 + 2 * layer]).shape);
    Tensor values(DType::f32, graph.value(graph.outputs()[2 + 2 * layer]).shape);
    for (size_t sequence = 0; sequence < sequences_; ++sequence) {
      const size_t begin = sequence * cache_.row();
      to_halves(saved[sequence].key(layer, past_), keys.mutable_data<float>().subspan(begin, cache_.row()),
                cache_.head_size);
      for (size_t i = 0; i < cache_.row(); ++i)
        values.mutable_data<float>()[begin + i] = saved[sequence].value(layer, past_, i);
    }
    give(1 + 2 * layer, std::move(keys));
    give(2 + 2 * layer, std::move(values));
  }
  return result;
}

}  // namespace llama_runner
