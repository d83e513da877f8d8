#include "imports/inputs.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <set>

#include "base/text.h"
#include "tensor/safetensors.h"

namespace assay::imports {
namespace {

using graph::Graph;
using graph::kAbsent;
using graph::Node;
using graph::Role;
using graph::Value;
using graph::ValueId;
using tensor::DType;

constexpr size_t kMostShown = 100;  // of a name from outside

// Operators whose outputs hold elements of their first input, or of all of them.
bool hands_on(const std::string& op) {
  static const std::set<std::string> kOps = {"Cast",    "Identity",  "Reshape", "Unsqueeze",
                                             "Squeeze", "Transpose", "Flatten", "Expand",
                                             "Slice",   "Split",     "Concat",  "Tile"};
  return kOps.contains(op);
}

// n of a constant that holds 0, 1 ... n - 1.
std::optional<int64_t> counted(const tensor::Tensor& data) {
  if (data.size() < 2 || (data.dtype() != DType::i64 && data.dtype() != DType::i32)) return std::nullopt;
  for (int64_t i = 0; i < data.size(); ++i) {
    const auto at = static_cast<size_t>(i);
    if ((data.dtype() == DType::i64 ? data.data<int64_t>()[at] : data.data<int32_t>()[at]) != i)
      return std::nullopt;
  }
  return data.size();
}

// How many rows the node chooses from by this value; nothing where it does not.
std::optional<int64_t> rows_chosen(const Graph& graph, const Node& node, ValueId id) {
  if (node.op == "Gather" && node.input(1) == id) {
    const auto& shape = graph.value(node.inputs[0]).shape;
    const int64_t axis = node.integer("axis", 0);
    return shape[static_cast<size_t>(axis < 0 ? axis + static_cast<int64_t>(shape.size()) : axis)];
  }
  // Compared with 0, 1, 2 ...: another way of one-hot.
  if (node.op == "Equal") {
    const Value& other = graph.value(node.inputs[node.inputs[0] == id ? 1 : 0]);
    return other.role == Role::constant ? counted(other.data) : std::nullopt;
  }
  if (node.op == "OneHot" && node.input(0) == id) {
    const auto& depth = graph.value(node.inputs[1]).data;
    return depth.dtype() == DType::i64 && depth.size() == 1 ? std::optional(depth.data<int64_t>()[0])
                                                            : std::nullopt;
  }
  return std::nullopt;
}

// The fewest rows that the input's elements choose from, wherever they are handed on to.
std::optional<int64_t> rows(const Graph& graph, ValueId input) {
  std::set<ValueId> carries = {input};
  std::optional<int64_t> least;
  for (const Node& node : graph.nodes())
    for (const ValueId id : node.inputs) {
      if (!carries.contains(id)) continue;
      const bool chosen_from = node.op == "Gather" && node.inputs[0] == id;  // e.g. the last token
      if (hands_on(node.op) || chosen_from) carries.insert(node.outputs.begin(), node.outputs.end());
      const auto found = rows_chosen(graph, node, id);
      if (found) least = std::min(found.value(), least.value_or(*found));
    }
  return least;
}

int64_t largest_dimension(const Graph& graph) {
  int64_t most = 1;
  for (const ValueId id : graph.with_role(Role::input))
    for (const int64_t dimension : graph.value(id).shape) most = std::max(most, dimension);
  return most;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// What is drawn for an integer or boolean input, and its words.
std::pair<models::Draw, std::string> drawn(const Graph& graph, ValueId id, const Ranges& ranges) {
  const Value& input = graph.value(id);
  if (const auto range = ranges.find(input.name); range != ranges.end()) {
    const auto [least, most] = range->second;
    return {models::Ids{.limit = most + 1, .least = least}, fmt::format("from {} to {}", least, most)};
  }
  const std::string name = lower(input.name);
  const auto limit = input.dtype == DType::boolean ? std::nullopt : rows(graph, id);
  if (limit) return {models::Ids{.limit = *limit}, fmt::format("ids below {}", *limit)};
  if (name.find("len") != std::string::npos && input.dtype != DType::boolean) {
    const int64_t length = largest_dimension(graph);
    return {models::Constant{static_cast<double>(length)}, fmt::format("{} everywhere, as a length", length)};
  }
  return {models::Constant{1}, "ones"};
}

Result<> check_given(const Value& input, const tensor::TensorMap& given, const std::filesystem::path& file) {
  const auto found = given.find(input.name);
  if (found == given.end())
    return fail(ErrorKind::data, "{}: input {} is not in it", file.string(),
                one_line(input.name, kMostShown));
  if (found->second.dtype() != input.dtype || found->second.shape() != input.shape)
    return fail(ErrorKind::data, "{}: {} is {} {}, the model takes {} {}", file.string(),
                one_line(input.name, kMostShown), tensor::dtype_name(found->second.dtype()),
                tensor::to_string(found->second.shape()), tensor::dtype_name(input.dtype),
                tensor::to_string(input.shape));
  return {};
}

}  // namespace

Policy policy_of(const Graph& graph, const Ranges& ranges) {
  Policy policy;
  for (const ValueId id : graph.with_role(Role::input)) {
    const Value& input = graph.value(id);
    if (input.dtype == DType::f32) continue;
    auto [draw, words] = drawn(graph, id, ranges);
    policy.draws.emplace(input.name, std::move(draw));
    policy.words.push_back(fmt::format("{}: {}", one_line(input.name, kMostShown), words));
  }
  return policy;
}

Result<Policy> policy_from(const Graph& graph, const std::filesystem::path& inputs) {
  ASSAY_TRY(const auto given, tensor::read_safetensors(inputs));
  Policy policy;
  for (const ValueId id : graph.with_role(Role::input)) {
    const Value& input = graph.value(id);
    ASSAY_TRY_VOID(check_given(input, given, inputs));
    policy.draws.emplace(input.name, models::Given{given.at(input.name)});
  }
  if (given.size() != policy.draws.size())
    return fail(ErrorKind::data, "{}: holds {} tensors, the model takes {} inputs", inputs.string(),
                given.size(), policy.draws.size());
  policy.words.push_back(fmt::format("inputs as in {}", inputs.filename().string()));
  return policy;
}

}  // namespace assay::imports
