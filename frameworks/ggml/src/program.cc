#include "program.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "assay_runner/generation.h"
#include "mask.h"
#include "numbers.h"
#include "operators.h"

namespace ggml_runner {

using assay::graph::Role;
using assay::tensor::DType;
using assay::tensor::Shape;
using assay_runner::Answer;
using assay_runner::Load;
using assay_runner::PendingTensor;
using assay_runner::TensorMap;

namespace {

// What ggml's CPU kernels want of an address.
constexpr size_t kAlignment = 64;

ggml_context* context_for(size_t tensors, size_t extra_bytes = 0) {
  return ggml_init({tensors * ggml_tensor_overhead() + extra_bytes, nullptr, true});
}

void copy_to(ggml_tensor* tensor, const Tensor& data) {
  std::memcpy(tensor->data, data.bytes().data(), data.bytes().size());
}

void copy_places(const Tensor& from, const Indices& indices) {
  auto* to = static_cast<int32_t*>(indices.target->data);
  write_places(integers_of(from), indices.places, {to, static_cast<size_t>(indices.target->ne[0])});
}

// The rows of each of the state's matrices at the start of the target's, which may have room for more.
void fill(const Cache& cache, const Tensor& state) {
  const auto matrices = static_cast<size_t>(cache.target->ne[2] * cache.target->ne[3]);
  const size_t bytes = state.bytes().size() / matrices;
  std::memset(cache.target->data, 0, ggml_nbytes(cache.target));
  for (size_t i = 0; i < matrices; ++i)
    std::memcpy(static_cast<char*>(cache.target->data) + i * cache.target->nb[2],
                state.bytes().data() + i * bytes, bytes);
}

// One matrix of a tensor, its rows one after the other. A transposed one by tiles of a cache line's width:
// element by element each would fetch a line, and a model's gradients would take longer to copy than to
// compute.
void copy_matrix(const ggml_tensor& tensor, const char* from, float* to) {
  constexpr int64_t kTile = 16;
  const int64_t columns = tensor.ne[0], rows = tensor.ne[1];
  const auto row_bytes = static_cast<size_t>(columns) * sizeof(float);
  if (tensor.nb[0] == sizeof(float)) {
    for (int64_t row = 0; row < rows; ++row)
      std::memcpy(to + row * columns, from + static_cast<size_t>(row) * tensor.nb[1], row_bytes);
    return;
  }
  for (int64_t top = 0; top < rows; top += kTile)
    for (int64_t left = 0; left < columns; left += kTile)
      for (int64_t row = top; row < std::min(top + kTile, rows); ++row)
        for (int64_t column = left; column < std::min(left + kTile, columns); ++column)
          std::memcpy(
              to + row * columns + column,
              from + static_cast<size_t>(row) * tensor.nb[1] + static_cast<size_t>(column) * tensor.nb[0],
              sizeof(float));
}

Tensor copied(const ggml_tensor* tensor, const Shape& shape) {
  Tensor result(DType::f32, shape);
  float* to = result.mutable_data<float>().data();
  for (int64_t i3 = 0; i3 < tensor->ne[3]; ++i3)
    for (int64_t i2 = 0; i2 < tensor->ne[2]; ++i2) {
      copy_matrix(*tensor,
                  static_cast<const char*>(tensor->data) + static_cast<size_t>(i2) * tensor->nb[2] +
                      static_cast<size_t>(i3) * tensor->nb[3],
                  to);
      to += tensor->ne[0] * tensor->ne[1];
    }
  return result;
}

// [batch, count, heads * size] (ours) into the first places of a cache.
void put(Emitter& emitter, ggml_tensor* rows, ggml_tensor* cache) {
  const int64_t count = rows->ne[1], size = cache->ne[0], heads = cache->ne[2], batch = cache->ne[3];
  ggml_tensor* by_head = emitter.permuted(emitter.reshaped(rows, {batch, count, heads, size}), {0, 2, 1, 3});
  ggml_tensor* places = ggml_view_4d(emitter.context(), cache, size, count, heads, batch, cache->nb[1],
                                     cache->nb[2], cache->nb[3], 0);
  emitter.compute_now(ggml_cpy(emitter.context(), by_head, places));
}

bool is_seen(const FilledMask& mask, int64_t before, int64_t place) {
  return place <= before && (mask.window == 0 || place > before - mask.window);
}

// A node becomes at most some ten tensors, and its gradient more than as many again; a recurrent one in each
// step. Memory that is not used is not touched.
size_t most_tensors(const Graph& graph) {
  size_t count = 1024;
  for (const Node& node : graph.nodes())
    count += (repetitions(graph, node) > 1 ? 256 : 64) * repetitions(graph, node) +
             8 * (node.inputs.size() + node.outputs.size());
  return count;
}

// Views of integers are made where they are more than indices; what hides places of a cache is made by
// itself.
bool is_left_out(const Graph& graph, const Node& node) {
  const ValueId first = node.outputs[0];
  if (first == assay::graph::kAbsent) return false;
  const DType dtype = graph.value(first).dtype;
  return (is_integer(dtype) && is_view(node)) || is_part_of_a_mask(graph, first);
}

void emit(Emitter& emitter, const Node& node) {
  ggml_tensor* first = find_operator(node.op)->emit(emitter, node);
  if (node.output(0) != assay::graph::kAbsent) emitter.set(node.outputs[0], first);
}

// Where it lies, when its elements follow each other; else a copy.
Tensor in_our_order(const ggml_tensor* tensor, const Shape& shape) {
  if (!ggml_is_contiguous(tensor)) return copied(tensor, shape);
  const auto* bytes = static_cast<const std::byte*>(tensor->data);
  return Tensor::view(DType::f32, shape, {bytes, ggml_nbytes(tensor)}, nullptr);
}

}  // namespace

Program::Program(std::shared_ptr<const Load> load, const Program* next)
    : load_(std::move(load)), next_(next) {
  const size_t values = load_->graph.values().size();
  const size_t nodes = most_tensors(load_->graph);
  parameters_.reset(context_for(values));
  fixed_.reset(context_for(8 * values + 8 * load_->graph.nodes().size() + 1024));
  steps_.reset(context_for(2 * nodes, ggml_graph_overhead_custom(nodes, load_->request.gradients)));
  cgraph_ = ggml_new_graph_custom(steps_.get(), nodes, load_->request.gradients);
}

Answer<std::unique_ptr<Program>> Program::build(const std::shared_ptr<const Load>& load,
                                                const Program* next) {
  std::unique_ptr<Program> program(new Program(load, next));
  Emitter emitter(load->graph, program->fixed_.get(), program->steps_.get(), program->cgraph_,
                  load->request.gradients);
  program->make_leaves(emitter);
  program->emit_nodes(emitter);
  if (load->request.gradients) program->add_gradients(emitter);
  if (auto done = program->allocate(emitter); !done) return std::unexpected(std::move(done.error()));
  program->upload(emitter);
  program->prepare_threads();
  return program;
}

// Inputs and parameters. States are made where a cache is, constants and indices where they are used.
void Program::make_leaves(Emitter& emitter) {
  const auto& graph = load_->graph;
  for (const ValueId id : graph.with_role(Role::parameter)) {
    const auto ne = dimensions(graph.value(id).shape);
    ggml_tensor* tensor = ggml_new_tensor(parameters_.get(), GGML_TYPE_F32, GGML_MAX_DIMS, ne.data());
    if (load_->request.gradients && graph.value(id).trainable) ggml_set_param(tensor);
    emitter.set(id, tensor);
  }
  for (const ValueId id : graph.with_role(Role::input)) {
    const Value& value = graph.value(id);
    if (value.dtype != DType::f32) continue;
    ggml_tensor* tensor = emitter.fixed(GGML_TYPE_F32, dimensions(value.shape));
    emitter.set(id, tensor);
    inputs_.push_back({value.name, tensor});
  }
}

void Program::keep(std::string name, DType dtype, Shape shape, ggml_tensor* tensor) {
  ggml_set_output(tensor);
  if (tensor->view_src) ggml_set_output(tensor->view_src);
  outputs_.push_back({std::move(name), dtype, std::move(shape), tensor});
}

// Where the next program has the past that an output belongs to.
ggml_tensor* Program::cache_for(const std::string& output) const {
  const std::string state = assay_runner::state_of(output);
  for (const Cache& cache : caches_)
    if (load_->graph.value(cache.state).name == state) return cache.target;
  return nullptr;
}

void Program::emit_nodes(Emitter& emitter) {
  const auto& graph = load_->graph;
  for (const Node& node : graph.nodes())
    if (!is_left_out(graph, node)) emit(emitter, node);
  for (const ValueId id : graph.outputs()) {
    ggml_tensor* tensor = emitter.tensor(id);
    if (ggml_tensor* cache = next_ ? next_->cache_for(graph.value(id).name) : nullptr) {
      put(emitter, tensor, cache);
      continue;
    }
    if (load_->request.gradients) ggml_set_loss(tensor);
    keep(graph.value(id).name, graph.value(id).dtype, graph.value(id).shape, tensor);
    ggml_build_forward_expand(cgraph_, tensor);
  }
}

bool Program::reads_a_parameter() const {
  for (int i = 0; i < ggml_graph_n_nodes(cgraph_); ++i)
    if ((ggml_graph_node(cgraph_, i)->flags & GGML_TENSOR_FLAG_PARAM) != 0) return true;
  return false;
}

// ggml's own backward, which aborts where there is nothing to train. The gradient of the loss by itself stays
// 1; that of a parameter which the loss does not depend on is 0, and ggml has no tensor for it.
void Program::add_gradients(Emitter& emitter) {
  const auto& graph = load_->graph;
  if (reads_a_parameter()) {
    ggml_build_backward_expand(steps_.get(), cgraph_, nullptr);
    ggml_tensor* seed = ggml_graph_get_grad_acc(cgraph_, emitter.tensor(graph.outputs()[0]));
    ggml_set_input(seed);
    ggml_set_output(seed);
  }
  for (const ValueId id : graph.with_role(Role::parameter)) {
    const Value& value = graph.value(id);
    if (!value.trainable) continue;
    ggml_tensor* gradient = ggml_graph_get_grad(cgraph_, emitter.tensor(id));
    if (!gradient) gradient = emitter.constant(Tensor(DType::f32, value.shape));
    keep("grad." + value.name, DType::f32, value.shape, gradient);
    ggml_build_forward_expand(cgraph_, gradient);
  }
}

// In the mapped file where it is aligned, else in a copy.
void Program::place_parameter(ggml_tensor* tensor, const Tensor& data) {
  auto* address = const_cast<std::byte*>(data.bytes().data());
  if (reinterpret_cast<uintptr_t>(address) % kAlignment == 0) {
    buffers_.emplace_back(ggml_backend_cpu_buffer_from_ptr(address, data.bytes().size()));
    ggml_backend_tensor_alloc(buffers_.back().get(), tensor, address);
    return;
  }
  auto* type = ggml_backend_cpu_buffer_type();
  buffers_.emplace_back(ggml_backend_buft_alloc_buffer(type, ggml_backend_buft_get_alloc_size(type, tensor)));
  ggml_backend_tensor_alloc(buffers_.back().get(), tensor,
                            ggml_backend_buffer_get_base(buffers_.back().get()));
  copy_to(tensor, data);
}

Answer<> Program::allocate(Emitter& emitter) {
  auto* type = ggml_backend_cpu_buffer_type();
  for (const ValueId id : load_->graph.with_role(Role::parameter))
    place_parameter(emitter.tensor(id), load_->weights.at(load_->graph.value(id).name));
  if (ggml_get_first_tensor(fixed_.get()))
    buffers_.emplace_back(ggml_backend_alloc_ctx_tensors_from_buft(fixed_.get(), type));
  allocator_.reset(ggml_gallocr_new(type));
  if ((!buffers_.empty() && !buffers_.back()) || !ggml_gallocr_alloc_graph(allocator_.get(), cgraph_))
    return assay_runner::unsupported(assay_runner::Reason::memory, "ggml could not allocate the model");
  return {};
}

void Program::upload(const Emitter& emitter) {
  for (const Upload& upload : emitter.uploads()) copy_to(upload.target, upload.data);
  for (const Cache& cache : emitter.caches())
    fill(cache, load_->state.at(load_->graph.value(cache.state).name));
  caches_ = emitter.caches();
  copied_ = emitter.copied();
  filled_masks_ = emitter.filled_masks();
  indices_ = emitter.step_indices();
  one_hots_ = emitter.one_hots();
  ones_.resize(one_hots_.size());
  for (const OneHot& matrix : one_hots_) std::memset(matrix.target->data, 0, ggml_nbytes(matrix.target));
  if (ggml_tensor* seed = ggml_graph_get_grad_acc(cgraph_, outputs_.front().tensor))
    *static_cast<float*>(seed->data) = 1;
}

// One pool for the life of the model: ggml's own would start threads in every step.
void Program::prepare_threads() {
  auto settings = ggml_threadpool_params_default(load_->request.threads);
  if (!next_) threads_.reset(ggml_threadpool_new(&settings));
  plan_ = ggml_graph_plan(cgraph_, load_->request.threads, next_ ? next_->threads_.get() : threads_.get());
  work_.resize(plan_.work_size);
  plan_.work_data = work_.data();
}

void Program::write_labels(const TensorMap& inputs) {
  for (size_t i = 0; i < one_hots_.size(); ++i) {
    auto* matrix = static_cast<float*>(one_hots_[i].target->data);
    for (const size_t place : ones_[i]) matrix[place] = 0;
    ones_[i] = places_of_ones(integers_of(inputs.at(load_->graph.value(one_hots_[i].labels).name)),
                              one_hots_[i].target->ne[0], one_hots_[i].ignored);
    for (const size_t place : ones_[i]) matrix[place] = 1;
  }
}

// 0 adds nothing to a score, -inf takes it away; in half precision, as ggml's flash attention wants a mask.
void Program::write_filled(const TensorMap& inputs) {
  const ggml_fp16_t seen = ggml_fp32_to_fp16(0), hidden = ggml_fp32_to_fp16(-INFINITY);
  for (const FilledMask& mask : filled_masks_) {
    auto* row = static_cast<ggml_fp16_t*>(mask.target->data);
    for (const int64_t before : inputs.at(load_->graph.value(mask.position).name).data<int64_t>())
      for (int64_t place = 0; place < mask.target->ne[0]; ++place)
        *row++ = is_seen(mask, before, place) ? seen : hidden;
  }
}

Answer<> Program::step(const TensorMap& inputs) {
  for (const Input& input : inputs_) copy_to(input.tensor, inputs.at(input.name));
  for (const Indices& indices : indices_)
    copy_places(inputs.at(load_->graph.value(indices.source).name), indices);
  for (const Copied& copied : copied_) {
    const Tensor& data = inputs.at(load_->graph.value(copied.source).name);
    if (!is_exact(data))
      return assay_runner::failed("{} has integers beyond 2^24, which ggml's float32 does not count exactly",
                                  load_->graph.value(copied.source).name);
    copy_to(copied.target, as_float32(data));
  }
  write_labels(inputs);
  write_filled(inputs);
  if (ggml_graph_compute(cgraph_, &plan_) != GGML_STATUS_SUCCESS)
    return assay_runner::failed("ggml_graph_compute failed");
  return {};
}

std::vector<PendingTensor> Program::outputs() const {
  std::vector<PendingTensor> result;
  for (const Output& output : outputs_)
    result.push_back({output.name, output.dtype, output.shape, [&output]() -> assay::Result<Tensor> {
                        return as_type(in_our_order(output.tensor, output.shape), output.dtype);
                      }});
  return result;
}

}  // namespace ggml_runner
