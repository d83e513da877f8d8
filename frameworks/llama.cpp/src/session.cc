#include "session.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "cache_rows.h"
#include "placement.h"

namespace llama_runner {

using assay::tensor::DType;
using assay_runner::Answer;
using assay_runner::failed;
using assay_runner::PendingTensor;
using assay_runner::Reason;
using assay_runner::Tensor;
using assay_runner::TensorMap;
using assay_runner::unsupported;

namespace {

// libllama looks tokens up in host memory, on whatever device the layers are.
const std::set<std::string> kLookup = {"GET_ROWS"};

}  // namespace

Session::~Session() {
  if (batch_.token) llama_batch_free(batch_);
}

Answer<std::unique_ptr<Session>> Session::open(const std::shared_ptr<const assay_runner::Load>& load,
                                               const Device& device) {
  std::unique_ptr<Session> session(new Session(load, device));
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
  if (load_->generation) return prepare_request();
  if (!load_->state.empty()) {
    // [batch, heads, past, size]: a head need not have its share of the width, and libllama does not tell.
    const auto& shape = load_->state.begin()->second.shape();
    past_ = static_cast<size_t>(shape[2]);
    cache_.head_size = static_cast<size_t>(shape[3]);
  }
  cache_.cells = past_ + length;
  if (auto done = open_model(); !done) return done;
  batch_ = llama_batch_init(static_cast<int32_t>(sequences_ * std::max(length, past_)), 0, 1);
  if (auto done = check_placement(length); !done) return done;
  if (past_ > 0)
    if (auto done = fill_cache(); !done) return done;
  place_tokens(past_, length, true);
  return {};
}

void Session::place_tokens(size_t first, size_t length, bool logits) {
  batch_.n_tokens = static_cast<int32_t>(sequences_ * length);
  for (size_t i = 0; i < sequences_ * length; ++i) {
    batch_.token[i] = 0;
    batch_.pos[i] = static_cast<llama_pos>(first + i % length);
    batch_.n_seq_id[i] = 1;
    batch_.seq_id[i][0] = static_cast<llama_seq_id>(i / length);
    batch_.logits[i] = logits;
  }
}

// On a GPU all is to be computed there.
Answer<> Session::check_placement(size_t length) {
  if (!is_gpu(device_)) return {};
  place_tokens(0, length, true);
  const auto left = computed_on_host(model_.get(), settings_, batch_);
  if (!left) return failed("llama.cpp could not decode on {} while it was watched", device_.name);
  if (std::ranges::includes(kLookup, *left)) return {};
  return unsupported(Reason::op, "on {} llama.cpp leaves operators to the CPU: {}", device_.name,
                     fmt::join(*left, ", "));
}

// Everything in float32: weights by the file, the cache by type_k and type_v.
Answer<> Session::open_model() {
  auto model_settings = llama_model_default_params();
  std::array<ggml_backend_dev_t, 2> devices = {device_.handle, nullptr};
  if (is_gpu(device_)) model_settings.devices = devices.data();
  model_settings.n_gpu_layers = is_gpu(device_) ? -1 : 0;  // all or none
  model_.reset(llama_model_load_from_file(load_->request.gguf->c_str(), model_settings));
  if (!model_) return failed("llama.cpp could not load {}", *load_->request.gguf);
  cache_.layers = static_cast<size_t>(llama_model_n_layer(model_.get()));
  cache_.heads = static_cast<size_t>(llama_model_n_head_kv(model_.get()));
  settings_ = llama_context_default_params();
  settings_.n_ctx = settings_.n_batch = settings_.n_ubatch = static_cast<uint32_t>(sequences_ * cache_.cells);
  settings_.n_seq_max = static_cast<uint32_t>(sequences_);
  settings_.n_threads = settings_.n_threads_batch = load_->request.threads;
  settings_.type_k = settings_.type_v = GGML_TYPE_F32;
  // llama.cpp's flash attention casts keys and values to half precision.
  settings_.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  context_.reset(llama_init_from_model(model_.get(), settings_));
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
  place_tokens(0, past_, false);
  batch_.logits[batch_.n_tokens - 1] = 1;
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
        const auto given = past(layer, true)->data<float>().subspan(from, size);
        const auto kept = saved->key(layer, cell).subspan(head * size, size);
        if (turns_neighbours())
          to_neighbours(given, kept, size);
        else
          std::ranges::copy(given, kept.begin());
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

// The order of a head's columns in the cache is that in which the architecture rotates them.
bool Session::turns_neighbours() const { return llama_model_rope_type(model_.get()) == LLAMA_ROPE_TYPE_NORM; }

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

void Session::forget(size_t first) {
  for (size_t sequence = 0; sequence < sequences_; ++sequence)
    llama_memory_seq_rm(llama_get_memory(context_.get()), static_cast<llama_seq_id>(sequence),
                        static_cast<llama_pos>(first), -1);
}

Answer<> Session::step(const TensorMap& inputs) {
  const auto ids = inputs.at("input_ids").data<int64_t>();
  for (size_t i = 0; i < ids.size(); ++i) batch_.token[i] = static_cast<llama_token>(ids[i]);
  forget(past_);
  if (const int status = llama_decode(context_.get(), batch_); status != 0)
    return failed("llama_decode returned {}", status);
  logits_ = llama_get_logits(context_.get());  // waits until they are complete
  return {};
}

// The new token's, in the order of the graph.
void Session::read_key(const CacheRows& rows, size_t layer, std::span<float> target) const {
  if (!turns_neighbours()) return rows.key(layer, past_, target);
  std::vector<float> row(cache_.row());
  rows.key(layer, past_, row);
  to_halves(row, target, cache_.head_size);
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
  std::vector<CacheRows> rows;
  for (size_t sequence = 0; sequence < sequences_; ++sequence) {
    auto one = CacheRows::of(context_.get(), cache_, sequence);
    if (!one) return failed("the cache has not the form that this runner knows");
    rows.push_back(std::move(*one));
  }
  for (size_t layer = 0; layer < cache_.layers; ++layer) {
    Tensor keys(DType::f32, graph.value(graph.outputs()[1 + 2 * layer]).shape);
    Tensor values(DType::f32, graph.value(graph.outputs()[2 + 2 * layer]).shape);
    for (size_t sequence = 0; sequence < sequences_; ++sequence) {
      const size_t begin = sequence * cache_.row();
      read_key(rows[sequence], layer, keys.mutable_data<float>().subspan(begin, cache_.row()));
      rows[sequence].value(layer, past_, values.mutable_data<float>().subspan(begin, cache_.row()));
    }
    give(1 + 2 * layer, std::move(keys));
    give(2 + 2 * layer, std::move(values));
  }
  return result;
}

}  // namespace llama_runner
