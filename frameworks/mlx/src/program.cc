#include "program.h"

#include <mlx/compile.h>
#include <mlx/transforms.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "assay_runner/generation.h"
#include "operators.h"

namespace mlx_runner {

using assay::graph::kAbsent;
using assay::graph::Role;
using assay::tensor::Shape;
using assay_runner::Load;
using assay_runner::PendingTensor;
using assay_runner::TensorMap;

namespace {

// Filters of convolutions lie as MLX's do.
bool is_filter(const Graph& graph, ValueId id) {
  return std::ranges::any_of(graph.nodes(),
                             [&](const Node& node) { return node.op == "Conv" && node.input(1) == id; });
}

std::ptrdiff_t readers(const Graph& graph, ValueId id) {
  std::ptrdiff_t count = std::ranges::count(graph.outputs(), id);
  for (const Node& node : graph.nodes()) count += std::ranges::count(node.inputs, id);
  return count;
}

// The inputs of an Attention node: past keys or values, and the fresh ones.
constexpr std::array<std::pair<size_t, size_t>, 2> kPasts = {{{4, 1}, {5, 2}}};

// How many rows a step adds to a state that one Attention node alone reads; 0 for any other.
int64_t new_rows(const Graph& graph, ValueId state) {
  if (readers(graph, state) != 1) return 0;
  for (const Node& node : graph.nodes()) {
    if (node.op != "Attention") continue;
    for (const auto& [past, fresh] : kPasts)
      if (node.input(past) == state) {
        const Shape& shape = graph.value(node.input(fresh)).shape;
        return shape.size() == 3 ? shape[1] : shape[2];
      }
  }
  return 0;
}

// In row-major order. What an array's strides are is known when it is computed.
array in_order(array data) {
  data.eval();
  if (!data.flags().row_contiguous) {
    data = mx::contiguous(data);
    data.eval();
  }
  return data;
}

// Where it lies when its elements follow each other, else a copy.
assay::Result<Tensor> as_tensor(const array& data, DType dtype, const Shape& shape) {
  const auto kept = std::make_shared<array>(in_order(data));
  const auto* bytes = reinterpret_cast<const std::byte*>(kept->data<char>());
  return Tensor::view(dtype, shape, {bytes, kept->nbytes()}, kept);
}

// The output with a state's new rows.
ValueId rows_of(const Graph& graph, const std::string& state) {
  return *std::ranges::find(graph.outputs(), state,
                            [&](ValueId output) { return assay_runner::state_of(graph.value(output).name); });
}

// [batch, count, heads * size] as the state has it, [batch, heads, count, size].
array by_head(const array& rows, const Value& state) {
  const auto heads = static_cast<int>(state.shape[1]), size = static_cast<int>(state.shape[3]);
  return mx::transpose(mx::reshape(rows, {rows.shape(0), rows.shape(1), heads, size}),
                       std::vector<int>{0, 2, 1, 3});
}

}  // namespace

PendingTensor as_pending(std::string name, const Value& value, array data) {
  return {std::move(name), value.dtype, value.shape,
          [&value, data = std::move(data)] { return as_tensor(data, value.dtype, value.shape); }};
}

Program::Program(std::shared_ptr<const Load> load, const Program* shared) : load_(std::move(load)) {
  inputs_ = load_->graph.with_role(Role::input);
  make_residents(shared);
  make_caches();
  compiled_ = mx::compile(
      std::function<Arrays(const Arrays&)>([this](const Arrays& arguments) { return traced(arguments); }));
}

bool Program::trains(const Value& value) const {
  return load_->request.gradients && value.role == Role::parameter && value.trainable;
}

void Program::make_residents(const Program* shared) {
  const Graph& graph = load_->graph;
  for (const Role role : {Role::parameter, Role::state})
    for (const ValueId id : graph.with_role(role)) {
      if (role == Role::state && !load_->request.gradients && new_rows(graph, id) > 0)
        cached_.push_back(id);
      else
        resident_ids_.push_back(id);
    }
  const auto rest =
      std::ranges::stable_partition(resident_ids_, [&](ValueId id) { return trains(graph.value(id)); });
  trained_ = resident_ids_.size() - rest.size();
  for (const ValueId id : resident_ids_) {
    const Value& value = graph.value(id);
    if (const array* known = shared == nullptr ? nullptr : shared->resident(value.name)) {
      channels_last_.push_back(is_filter(graph, id));
      residents_.push_back(*known);
      continue;
    }
    const array data = copied((value.role == Role::state ? load_->state : load_->weights).at(value.name));
    channels_last_.push_back(is_filter(graph, id));
    residents_.push_back(channels_last_.back() ? mx::contiguous(channels_moved_last(data)) : data);
    residents_.back().eval();
  }
}

const array* Program::resident(std::string_view name) const {
  for (size_t i = 0; i < residents_.size(); ++i)
    if (load_->graph.value(resident_ids_[i]).name == name) return &residents_[i];
  return nullptr;
}

void Program::make_caches() {
  for (const ValueId id : cached_) {
    const array past = copied(load_->state.at(load_->graph.value(id).name));
    const auto rows = static_cast<int>(new_rows(load_->graph, id));
    caches_.push_back(mx::pad(past, std::vector<int>{2}, {0}, {rows}));
    caches_.back().eval();
  }
}

Program::Arrays Program::forward(const Arrays& arguments) const {
  const Graph& graph = load_->graph;
  Emitter emitter(graph, load_->request.gradients);
  auto argument = arguments.begin();
  for (size_t i = 0; i < resident_ids_.size(); ++i)
    emitter.set(resident_ids_[i], {*argument++, channels_last_[i]});
  for (const ValueId id : cached_) emitter.add_cache(id, *argument++);
  for (const ValueId id : inputs_) emitter.set(id, {*argument++});
  for (const Node& node : graph.nodes()) emit(emitter, node);
  Arrays results;
  for (const ValueId id : graph.outputs()) {
    const bool turned = emitter.operand(id).channels_last;
    results.push_back(turned ? mx::contiguous(emitter.value(id)) : emitter.value(id));
  }
  for (const ValueId id : cached_) results.push_back(kept(emitter, id));
  return results;
}

// The cache after a step. Where the new token's position is given, its row comes to that place too: the last
// one, where attention has it, is the next token's.
array Program::kept(Emitter& emitter, ValueId state) const {
  const Graph& graph = load_->graph;
  const auto position = graph.find("position");
  if (!position) return emitter.cache(state);
  const ValueId rows = rows_of(graph, graph.value(state).name);
  const array start = mx::reshape(mx::slice(emitter.value(*position), {0, 0}, {1, 1}), {1});
  return mx::slice_update(emitter.cache(state), by_head(emitter.value(rows), graph.value(state)), start,
                          std::vector<int>{2});
}

void Program::begin_caches(const Program& prefill) {
  const Graph& given = prefill.load_->graph;
  for (size_t i = 0; i < cached_.size(); ++i) {
    const Value& state = load_->graph.value(cached_[i]);
    const auto place =
        std::ranges::find(given.outputs(), rows_of(given, state.name)) - given.outputs().begin();
    const array fresh = by_head(prefill.left_[static_cast<size_t>(place)], state);
    caches_[i] = mx::slice_update(std::move(caches_[i]), fresh, {0, 0, 0, 0}, fresh.shape());
  }
  mx::eval(caches_);
}

Program::Arrays Program::traced(const Arrays& arguments) const {
  if (trained_ == 0) return forward(arguments);
  std::vector<int> trained(trained_);
  std::iota(trained.begin(), trained.end(), 0);
  const auto loss = [this](const Arrays& given) { return Arrays{mx::reshape(forward(given).front(), {})}; };
  auto [results, gradients] = mx::value_and_grad(loss, trained)(arguments);
  results.insert(results.end(), gradients.begin(), gradients.end());
  return results;
}

void Program::step(const TensorMap& inputs) {
  left_.clear();  // the memory of the step before is free for this one
  Arrays arguments = residents_;
  std::ranges::move(caches_, std::back_inserter(arguments));
  caches_.clear();
  for (const ValueId id : inputs_) arguments.push_back(viewed(inputs.at(load_->graph.value(id).name)));
  left_ = compiled_(arguments);
  arguments.clear();  // nobody else holds the caches now
  mx::eval(left_);
  const auto first = left_.end() - static_cast<std::ptrdiff_t>(cached_.size());
  caches_.assign(first, left_.end());
  left_.erase(first, left_.end());
}

std::vector<PendingTensor> Program::outputs() const {
  const Graph& graph = load_->graph;
  std::vector<PendingTensor> result;
  const auto add = [&](std::string name, const Value& value, array data) {
    result.push_back(as_pending(std::move(name), value, std::move(data)));
  };
  size_t place = 0;
  for (const ValueId id : graph.outputs()) add(graph.value(id).name, graph.value(id), left_[place++]);
  for (size_t i = 0; i < trained_; ++i) {
    const Value& value = graph.value(resident_ids_[i]);
    const array& gradient = left_[place++];
    add("grad." + value.name, value, channels_last_[i] ? channels_moved_second(gradient) : gradient);
  }
  return result;
}

}  // namespace mlx_runner
