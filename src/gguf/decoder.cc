#include "gguf/decoder.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

namespace assay::gguf {
namespace {

using graph::kAbsent;
using graph::Node;
using graph::Role;

// Follows the values from the ids to the logits, as a decoder has them.
class Reader {
 public:
  explicit Reader(const Graph& graph) : graph_(graph), read_(graph.nodes().size(), false) {
    for (size_t i = 0; i < graph.nodes().size(); ++i) {
      by_first_input_.emplace(graph.nodes()[i].input(0), i);
      if (graph.nodes()[i].op == "Attention" && graph.nodes()[i].input(4) != kAbsent)
        past_ = std::max(past_, shape(graph.nodes()[i].input(4))[2]);
    }
  }

  Result<Decoder> read() {
    ValueId x = embedding();
    while (!fault_ && follows("Add", x)) x = layer(x);
    if (follows("Slice", x)) x = last_tokens(x);
    x = norm(x, model_.norm);
    const ValueId logits = capped(divided(head(x)));
    if (!fault_ && (graph_.outputs().empty() || graph_.outputs()[0] != logits))
      refuse("the first output is not the logits");
    if (!fault_ && count_ != graph_.nodes().size()) refuse("there are nodes that it would not have");
    if (!fault_ && model_.layers.empty()) refuse("there is no layer");
    if (fault_)
      return fail(ErrorKind::data, "{}: not a decoder that GGUF's readers know: {}", graph_.name(), *fault_);
    return std::move(model_);
  }

 private:
  void refuse(std::string why) {
    if (!fault_) fault_ = std::move(why);
  }
  void refuse(const Node& node, std::string_view why) {
    refuse(fmt::format("node '{}' ({}): {}", node.name, node.op, why));
  }

  // Where only the last tokens have logits.
  ValueId last_tokens(ValueId x) {
    const Node& node = take("Slice", x);
    const auto is = [&](size_t i, int64_t wanted) {
      const ValueId id = fault_ ? kAbsent : node.input(i);
      return id != kAbsent && graph_.value(id).role == Role::constant && graph_.value(id).data.size() == 1 &&
             graph_.value(id).dtype == graph::DType::i64 &&
             graph_.value(id).data.data<int64_t>()[0] == wanted;
    };
    if (!is(2, shape(x)[1]) || !is(3, 1) || (node.input(4) != kAbsent && !is(4, 1)))
      refuse(node, "the last tokens expected");
    return node.output(0);
  }

  // The first node not yet read that is `op` with x as its first input.
  [[nodiscard]] std::optional<size_t> next(std::string_view op, ValueId x) const {
    for (auto [at, end] = by_first_input_.equal_range(x); at != end; ++at)
      if (!read_[at->second] && graph_.nodes()[at->second].op == op) return at->second;
    return std::nullopt;
  }
  [[nodiscard]] bool follows(std::string_view op, ValueId x) const { return !fault_ && next(op, x); }

  // That node; else the fault is kept and a node that is none comes. Which of several it is (query, key,
  // value) shows where their outputs go.
  const Node& take(std::string_view op, ValueId x) {
    static const Node none;
    if (fault_) return none;
    if (const auto found = next(op, x)) return mark(*found);
    refuse(fmt::format("{} of '{}' expected", op, x == kAbsent ? "nothing" : graph_.value(x).name));
    return none;
  }
  const Node& take_first(std::string_view op) {
    for (size_t i = 0; i < graph_.nodes().size(); ++i)
      if (!read_[i] && graph_.nodes()[i].op == op) return mark(i);
    refuse(fmt::format("{} of 'the ids' expected", op));
    static const Node none;
    return none;
  }
  const Node& mark(size_t i) {
    read_[i] = true;
    ++count_;
    return graph_.nodes()[i];
  }
  [[nodiscard]] const graph::Shape& shape(ValueId id) const { return graph_.value(id).shape; }

  bool is_parameter(const Node& node, size_t i) {
    if (fault_) return false;
    const ValueId id = node.input(i);
    if (id == kAbsent || graph_.value(id).role != Role::parameter)
      return refuse(node, "a parameter expected"), false;
    return true;
  }

  // The number that input i is, a constant of one element.
  double number(const Node& node, size_t i) {
    if (fault_) return 1;
    const ValueId id = node.input(i);
    const auto& value = graph_.value(id == kAbsent ? 0 : id);
    if (id == kAbsent || value.role != Role::constant || value.dtype != graph::DType::f32 ||
        tensor::element_count(value.shape) != 1)
      return refuse(node, "a number expected"), 1;
    return static_cast<double>(value.data.data<float>()[0]);
  }

  // x times a number, where it is.
  ValueId scaled(ValueId x, double& factor) {
    if (!follows("Mul", x)) return x;
    const Node& node = take("Mul", x);
    factor = number(node, 1);
    return node.output(0);
  }

  ValueId embedding() {
    const Node& node = take_first("Gather");
    if (!is_parameter(node, 0)) return kAbsent;
    model_.embedding = node.input(0);
    model_.vocabulary = shape(node.input(0))[0];
    model_.hidden = shape(node.input(0))[1];
    if (node.integer("axis", 0) != 0) refuse(node, "axis 0 expected");
    if (shape(node.input(1)).size() != 2) refuse(node, "ids of [batch, length] expected");
    return scaled(node.output(0), model_.embedding_scale);
  }

  // The parameter of a norm, which multiplies by it, or by 1 more.
  ValueId scale_of(const Node& node) {
    const ValueId scale = fault_ ? kAbsent : node.input(1);
    const bool plain = scale != kAbsent && graph_.value(scale).role == Role::parameter;
    if (norms_ > 0 && plain == model_.norm_plus_one) refuse(node, "all norms are of one kind");
    ++norms_;
    if (plain) return scale;
    model_.norm_plus_one = true;
    for (size_t i = 0; i < graph_.nodes().size() && !fault_; ++i) {
      const Node& sum = graph_.nodes()[i];
      if (sum.op != "Add" || sum.output(0) != scale || !is_parameter(sum, 0)) continue;
      if (number(sum, 1) == 1) return mark(i).input(0);
    }
    refuse(node, "a parameter expected");
    return kAbsent;
  }

  ValueId norm(ValueId x, ValueId& weight) {
    const Node& node = take("RMSNormalization", x);
    weight = scale_of(node);
    if (fault_) return kAbsent;
    const double epsilon = node.real("epsilon", 1e-5);
    if (model_.norm_epsilon != 0 && model_.norm_epsilon != epsilon)
      refuse(node, "all norms have one epsilon");
    model_.norm_epsilon = epsilon;
    return node.output(0);
  }
  ValueId norm_if_there(ValueId x, ValueId& weight) {
    return follows("RMSNormalization", x) ? norm(x, weight) : x;
  }

  ValueId linear(ValueId x, Matrix& matrix) {
    const Node& node = take("Linear", x);
    if (!is_parameter(node, 1)) return kAbsent;
    matrix.weight = node.input(1);
    matrix.bias = node.input(2);
    if (matrix.bias != kAbsent) is_parameter(node, 2);
    return node.output(0);
  }

  // Queries or keys normed, all heads apart or together, where they are.
  ValueId head_norm(ValueId x, ValueId& weight) {
    const bool apart = follows("Reshape", x), together = follows("RMSNormalization", x);
    const HeadNorms kind = apart ? HeadNorms::each_head : together ? HeadNorms::whole_width : HeadNorms::none;
    if (head_norms_known_ && kind != model_.head_norms) refuse("all layers have the same norms of heads");
    head_norms_known_ = true;
    model_.head_norms = kind;
    if (!apart) return norm_if_there(x, weight);
    const ValueId normed = norm(take("Reshape", x).output(0), weight);
    if (!fault_) model_.head_size = tensor::element_count(shape(weight));
    return take("Reshape", normed).output(0);
  }

  ValueId rotated(ValueId x, int64_t& heads, DecoderLayer& layer) {
    if (!follows("RotaryEmbedding", x)) return x;
    const Node& node = take("RotaryEmbedding", x);
    const int64_t found = node.integer("num_heads", 0);
    if (heads != 0 && heads != found) refuse(node, "all layers have the same heads");
    heads = found;
    if (node.integer("interleaved", 0) != 0 || node.input(3) != kAbsent) refuse(node, "halves expected");
    const auto& cosines = graph_.value(node.input(1));
    const auto& sines = graph_.value(node.input(2));
    if (fault_ || cosines.role != Role::constant || sines.role != Role::constant)
      return refuse(node, "tables that are constants expected"), kAbsent;
    const int64_t columns = 2 * cosines.shape.back();
    if (model_.rotated_columns != 0 && model_.rotated_columns != columns)
      refuse(node, "all layers rotate as many columns");
    model_.rotated_columns = columns;
    const auto rotation = rotation_of(node.input(1), node.input(2));
    if (!rotation) return refuse(rotation.error().message), kAbsent;
    layer.rotated = true;
    layer.rotation = *rotation;
    return node.output(0);
  }

  Result<Rotation> rotation_of(ValueId cosines, ValueId sines) {
    const auto known = rotations_.find(cosines);
    if (known != rotations_.end()) return known->second;
    ASSAY_TRY(const auto found, read_rotation(graph_.value(cosines).data, graph_.value(sines).data, past_));
    rotations_[cosines] = found;
    return found;
  }

  // How many tokens each row of a mask sees at most; 0 for a mask that is no window.
  [[nodiscard]] int64_t window_of(ValueId id) const {
    const auto& mask = graph_.value(id);
    if (mask.role != Role::constant || mask.dtype != graph::DType::boolean || mask.shape.size() != 2)
      return 0;
    const int64_t rows = mask.shape[0], columns = mask.shape[1];
    const auto seen = mask.data.data<bool>();
    const int64_t window = std::count(seen.end() - columns, seen.end(), true);
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t column = 0; column < columns; ++column) {
        const int64_t last = columns - rows + row;
        const bool expected = column <= last && column > last - window;
        if (seen[static_cast<size_t>(row * columns + column)] != expected) return 0;
      }
    return window;
  }

  ValueId attention(ValueId query, ValueId key, ValueId value, DecoderLayer& layer) {
    const Node& node = take("Attention", query);
    if (fault_) return kAbsent;
    if (node.input(1) != key || node.input(2) != value || node.input(6) != kAbsent)
      refuse(node, "query, key and value of the layer expected");
    model_.query_heads = node.integer("q_num_heads", 0);
    model_.kv_heads = node.integer("kv_num_heads", 0);
    if (model_.query_heads < 1 || shape(query).size() != 3)
      return refuse(node, "joined heads expected"), kAbsent;
    model_.head_size = shape(query)[2] / model_.query_heads;
    if (node.input(3) != kAbsent && (layer.window = window_of(node.input(3))) == 0)
      refuse(node, "no mask but a window expected");
    const bool causal = node.integer("is_causal", 0) != 0;
    if (!causal && shape(query)[1] > 1 && layer.window == 0) refuse(node, "a causal mask expected");
    const int64_t kept = node.input(4) == kAbsent ? 0 : shape(node.input(4))[2];
    if (kept != past_) refuse(node, "the whole past expected");
    same(node, "scale", model_.attention_scale);
    same(node, "softcap", model_.attention_softcap);
    return node.output(0);
  }
  // An attribute that all layers have, or none.
  void same(const Node& node, const char* attribute, double& value) {
    const double found = node.real(attribute, 0);
    if (!model_.layers.empty() && found != value) refuse(node, "all layers attend in the same way");
    value = found;
  }

  // What is added to x: a branch, perhaps normed and scaled.
  ValueId joined(ValueId x, ValueId branch, ValueId& post_norm) {
    branch = norm_if_there(branch, post_norm);
    double factor = 1;
    branch = scaled(branch, factor);
    if (branches_++ > 0 && factor != model_.residual_scale) refuse("all branches are scaled alike");
    model_.residual_scale = factor;
    const Node& node = take("Add", x);
    if (!fault_ && node.input(1) != branch) refuse(node, "another second input expected");
    return node.output(0);
  }

  ValueId layer(ValueId x) {
    DecoderLayer found;
    const ValueId normed = norm_if_there(x, found.attention_norm);
    ValueId query = linear(normed, found.query), key = kAbsent, value = kAbsent;
    model_.fused = follows("Split", query);
    if (model_.fused) {
      const Node& parts = take("Split", query);
      query = parts.output(0);
      key = parts.output(1);
      value = parts.output(2);
    } else {
      key = linear(normed, found.key);
      value = linear(normed, found.value);
    }
    query = rotated(head_norm(query, found.query_norm), model_.query_heads, found);
    key = rotated(head_norm(key, found.key_norm), model_.kv_heads, found);
    const ValueId mixed = attention(query, key, value, found);
    x = joined(x, linear(mixed, found.attention_output), found.attention_post_norm);
    x = joined(x, feed_forward(norm_if_there(x, found.feed_forward_norm), found),
               found.feed_forward_post_norm);
    if (fault_) return kAbsent;
    model_.layers.push_back(found);
    return x;
  }

  ValueId feed_forward(ValueId normed, DecoderLayer& found) {
    ValueId gate = kAbsent, up = kAbsent;
    if (model_.fused) {
      const Node& parts = take("Split", linear(normed, found.up));
      gate = parts.output(0);
      up = parts.output(1);
    } else {
      gate = linear(normed, found.gate);
      up = linear(normed, found.up);
    }
    const ValueId active = activated(gate);
    const Node& node = take("Mul", active);
    if (!fault_ && node.input(1) != up) refuse(node, "another second input expected");
    if (!fault_) model_.feed_forward = shape(up).back();
    return linear(node.output(0), found.down);
  }

  ValueId activated(ValueId gate) {
    model_.gelu = follows("Gelu", gate);
    const Node& node = take(model_.gelu ? "Gelu" : "Swish", gate);
    if (model_.gelu && node.text("approximate", "none") != "tanh")
      refuse(node, "the approximation by tanh expected");
    return node.output(0);
  }

  ValueId head(ValueId x) {
    Matrix found;
    const ValueId logits = linear(x, found);
    model_.head = found.weight;
    if (found.bias != kAbsent) refuse("no bias of the head expected");
    return logits;
  }

  ValueId divided(ValueId logits) {
    if (!follows("Div", logits)) return logits;
    const Node& node = graph_.nodes()[next("Div", logits).value_or(0)];
    if (follows("Tanh", node.output(0))) return logits;
    model_.logits_divisor = number(take("Div", logits), 1);
    return node.output(0);
  }

  ValueId capped(ValueId logits) {
    if (!follows("Div", logits)) return logits;
    const Node& share = take("Div", logits);
    model_.logits_softcap = number(share, 1);
    const Node& back = take("Mul", take("Tanh", share.output(0)).output(0));
    if (!fault_ && number(back, 1) != model_.logits_softcap) refuse(back, "the cap once more expected");
    return back.output(0);
  }

  const Graph& graph_;
  Decoder model_;
  std::multimap<ValueId, size_t> by_first_input_;  // nodes, in their order
  std::vector<bool> read_;                         // by node
  size_t count_ = 0;                               // of those read
  size_t norms_ = 0, branches_ = 0;
  bool head_norms_known_ = false;
  int64_t past_ = 0;
  std::map<ValueId, Rotation> rotations_;  // by the table of cosines
  std::optional<std::string> fault_;
};

}  // namespace

Result<Decoder> read_decoder(const Graph& graph) { return Reader(graph).read(); }

}  // namespace assay::gguf
