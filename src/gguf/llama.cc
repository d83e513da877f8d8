#include "gguf/llama.h"

#include <cmath>
#include <map>
#include <numbers>

namespace assay::gguf {
namespace {

using graph::kAbsent;
using graph::Node;
using graph::Role;
using graph::Value;

// A table's float32 cosines and sines tell an angle to about 6e-8.
constexpr double kAngleTolerance = 1e-6;
constexpr double kAnyBase = 10000;

double angle(const graph::Tensor& cosines, const graph::Tensor& sines, size_t i) {
  return std::atan2(static_cast<double>(sines.data<float>()[i]),
                    static_cast<double>(cosines.data<float>()[i]));
}

bool fits(double base, const graph::Tensor& cosines, const graph::Tensor& sines, int64_t first) {
  const auto rows = static_cast<size_t>(cosines.shape()[1]), pairs = static_cast<size_t>(cosines.shape()[2]);
  for (size_t row = 0; row < rows; ++row)
    for (size_t i = 0; i < pairs; ++i) {
      const double exponent = -static_cast<double>(i) / static_cast<double>(pairs);
      const double expected =
          static_cast<double>(first + static_cast<int64_t>(row)) * std::pow(base, exponent);
      const double found = angle(cosines, sines, row * pairs + i);
      const double error = std::abs(std::remainder(found - expected, 2 * std::numbers::pi));
      if (!(error <= kAngleTolerance)) return false;  // nor is a number that is none
    }
  return true;
}

// Whether all sequences of a batch have the table of the first.
bool repeats(const graph::Tensor& table) {
  const auto values = table.data<float>();
  const size_t each = values.size() / static_cast<size_t>(table.shape()[0]);
  for (size_t i = each; i < values.size(); ++i)
    if (values[i] != values[i - each]) return false;
  return true;
}

// Follows the values from the ids to the logits, as a llama model has them.
class Reader {
 public:
  explicit Reader(const Graph& graph) : graph_(graph), read_(graph.nodes().size(), false) {
    for (size_t i = 0; i < graph.nodes().size(); ++i) by_first_input_.emplace(graph.nodes()[i].input(0), i);
  }

  Result<Llama> read() {
    ValueId x = embedding();
    while (!fault_ && count_ + 2 < graph_.nodes().size()) x = layer(x);
    x = norm(x, model_.norm);
    const ValueId logits = linear(x, model_.head);
    if (!fault_ && (graph_.outputs().empty() || graph_.outputs()[0] != logits))
      refuse("the first output is not the logits");
    if (!fault_ && count_ != graph_.nodes().size()) refuse("there are nodes that it would not have");
    if (!fault_ && model_.layers.empty()) refuse("there is no layer");
    if (fault_)
      return fail(ErrorKind::data, "{}: not a model of the llama family: {}", graph_.name(), *fault_);
    return std::move(model_);
  }

 private:
  void refuse(std::string why) {
    if (!fault_) fault_ = std::move(why);
  }
  void refuse(const Node& node, std::string_view why) {
    refuse(fmt::format("node '{}' ({}): {}", node.name, node.op, why));
  }

  // The first node not yet read that is `op` with x as its first input; else the fault is kept and a node
  // that is none comes. Which of several it is (query, key, value) shows where their outputs go.
  const Node& take(std::string_view op, ValueId x) {
    static const Node none;
    if (fault_) return none;
    if (x == kAbsent) {
      for (size_t i = 0; i < graph_.nodes().size(); ++i)
        if (!read_[i] && graph_.nodes()[i].op == op) return mark(i);
    } else {
      for (auto [at, end] = by_first_input_.equal_range(x); at != end; ++at)
        if (!read_[at->second] && graph_.nodes()[at->second].op == op) return mark(at->second);
    }
    refuse(fmt::format("{} of '{}' expected", op, x == kAbsent ? "the ids" : graph_.value(x).name));
    return none;
  }
  const Node& mark(size_t i) {
    read_[i] = true;
    ++count_;
    return graph_.nodes()[i];
  }
  ValueId only_output(const Node& node) const { return node.output(0); }
  const graph::Shape& shape(ValueId id) const { return graph_.value(id).shape; }

  bool is_parameter(const Node& node, size_t i) {
    if (fault_) return false;
    const ValueId id = node.input(i);
    if (id == kAbsent || graph_.value(id).role != Role::parameter)
      return refuse(node, "a parameter expected"), false;
    return true;
  }

  ValueId embedding() {
    const Node& node = take("Gather", kAbsent);
    if (!is_parameter(node, 0)) return kAbsent;
    model_.embedding = node.input(0);
    model_.vocabulary = shape(node.input(0))[0];
    model_.hidden = shape(node.input(0))[1];
    if (node.integer("axis", 0) != 0) refuse(node, "axis 0 expected");
    return only_output(node);
  }

  ValueId norm(ValueId x, ValueId& weight) {
    const Node& node = take("RMSNormalization", x);
    if (!is_parameter(node, 1)) return kAbsent;
    weight = node.input(1);
    const double epsilon = node.real("epsilon", 1e-5);
    if (model_.norm_epsilon != 0 && model_.norm_epsilon != epsilon)
      refuse(node, "all norms have one epsilon");
    model_.norm_epsilon = epsilon;
    return only_output(node);
  }

  ValueId linear(ValueId x, ValueId& weight) {
    const Node& node = take("Linear", x);
    if (!is_parameter(node, 1)) return kAbsent;
    if (node.input(2) != kAbsent) refuse(node, "no bias expected");
    weight = node.input(1);
    return only_output(node);
  }

  ValueId rotated(ValueId x, int64_t& heads) {
    const Node& node = take("RotaryEmbedding", x);
    if (fault_) return kAbsent;
    const int64_t found = node.integer("num_heads", 0);
    if (heads != 0 && heads != found) refuse(node, "all layers have the same heads");
    if (node.integer("interleaved", 0) != 0 || node.integer("rotary_embedding_dim", 0) != 0 ||
        node.input(3) != kAbsent)
      refuse(node, "whole heads in halves expected");
    if (cosines_ != kAbsent && (cosines_ != node.input(1) || sines_ != node.input(2)))
      refuse(node, "all layers share one table");
    heads = found;
    cosines_ = node.input(1);
    sines_ = node.input(2);
    return only_output(node);
  }

  ValueId attention(ValueId query, ValueId key, ValueId value) {
    const Node& node = take("Attention", query);
    if (fault_) return kAbsent;
    if (node.input(1) != key || node.input(2) != value || node.input(3) != kAbsent ||
        node.input(6) != kAbsent)
      refuse(node, "query, key and value of the layer expected, and no mask");
    if (node.has("scale") || node.has("softcap")) refuse(node, "neither scale nor softcap expected");
    past_ = node.input(4) == kAbsent ? 0 : shape(node.input(4))[2];
    const bool causal = node.integer("is_causal", 0) != 0;
    if (!causal && shape(query)[1] > 1) refuse(node, "a causal mask expected");
    return only_output(node);
  }

  ValueId sum(std::string_view op, ValueId a, ValueId b) {
    const Node& node = take(op, a);
    if (!fault_ && node.input(1) != b) refuse(node, "another second input expected");
    return only_output(node);
  }

  ValueId layer(ValueId x) {
    LlamaLayer found;
    const ValueId normed = norm(x, found.attention_norm);
    const ValueId query = rotated(linear(normed, found.query), model_.query_heads);
    const ValueId key = rotated(linear(normed, found.key), model_.kv_heads);
    const ValueId value = linear(normed, found.value);
    const ValueId mixed = attention(query, key, value);
    x = sum("Add", x, linear(mixed, found.attention_output));
    const ValueId second = norm(x, found.feed_forward_norm);
    const ValueId gate = linear(second, found.gate);
    const ValueId up = linear(second, found.up);
    const ValueId active = only_output(take("Swish", gate));
    x = sum("Add", x, linear(sum("Mul", active, up), found.down));
    if (fault_) return kAbsent;
    measure(found);
    model_.layers.push_back(found);
    return x;
  }

  void measure(const LlamaLayer& found) {
    model_.head_size = shape(found.query)[0] / model_.query_heads;
    model_.feed_forward = shape(found.gate)[0];
    if (!model_.layers.empty()) return;
    const auto base = rope_base(graph_.value(cosines_).data, graph_.value(sines_).data, past_);
    if (!base) return refuse(base.error().message);
    model_.rope_base = *base;
  }

  const Graph& graph_;
  Llama model_;
  std::multimap<ValueId, size_t> by_first_input_;  // nodes, in their order
  std::vector<bool> read_;                         // by node
  size_t count_ = 0;                               // of those read
  int64_t past_ = 0;
  ValueId cosines_ = kAbsent, sines_ = kAbsent;
  std::optional<std::string> fault_;
};

}  // namespace

Result<double> rope_base(const graph::Tensor& cosines, const graph::Tensor& sines, int64_t first) {
  const auto rows = static_cast<size_t>(cosines.shape()[1]), pairs = static_cast<size_t>(cosines.shape()[2]);
  if (pairs < 2) return fail(ErrorKind::data, "the rotary table is too small to tell its base");
  if (!repeats(cosines) || !repeats(sines))
    return fail(ErrorKind::data, "the sequences of the batch have other rotary tables");
  // At position 0 nothing turns, whatever the base.
  if (rows + static_cast<size_t>(first) < 2 && fits(kAnyBase, cosines, sines, first)) return kAnyBase;
  // The slowest pair of the last row has the largest angle that tells the base; of a small base it has made
  // whole turns too, at most as many as the position allows.
  const double slowest = angle(cosines, sines, rows * pairs - 1);
  const double position = static_cast<double>(first) + static_cast<double>(rows) - 1;
  const double exponent = static_cast<double>(pairs) / static_cast<double>(pairs - 1);
  for (int turns = 0; 2 * std::numbers::pi * turns <= position; ++turns) {
    const double turned = slowest + 2 * std::numbers::pi * turns;
    if (turned <= 0) continue;
    const double base = std::pow(position / turned, exponent);
    for (const double candidate : {std::round(base), base})
      if (fits(candidate, cosines, sines, first)) return candidate;
  }
  return fail(ErrorKind::data, "the rotary table is not that of one base");
}

Result<Llama> read_llama(const Graph& graph) { return Reader(graph).read(); }

}  // namespace assay::gguf
