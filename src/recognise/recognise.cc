#include "recognise/recognise.h"

#include <algorithm>

#include "recognise/rules.h"

namespace assay::recognise {
namespace {

struct Kind {
  std::string_view name;
  Rule rule;
};

// The larger patterns first: attention holds products, which are no Linear.
constexpr Kind kKinds[] = {{"Attention", attention},
                           {"RotaryEmbedding", rotary_embedding},
                           {"LayerNormalization", layer_normalization},
                           {"RMSNormalization", rms_normalization},
                           {"Gelu", gelu},
                           {"Swish", swish},
                           {"Linear", linear}};

// The kind that took the node's place.
std::string_view replaced(const View& view, const Node& node, std::span<const std::string_view> wanted,
                          Emitter& to) {
  for (const auto& [name, rule] : kKinds) {
    if (std::ranges::find(wanted, name) == wanted.end()) continue;
    const auto done = rule(view, node, to);
    if (done && *done) return name;
  }
  return "";
}

// Of a new graph, how many nodes each kind stands for: those that took a place and are still read.
std::map<std::string, int> counted(const std::map<std::string, std::string_view>& places,
                                   const Graph& graph) {
  std::map<std::string, int> found;
  for (const Node& node : graph.nodes())
    if (const auto at = places.find(node.name); at != places.end()) ++found[std::string(at->second)];
  return found;
}

}  // namespace

std::vector<std::string_view> kinds() {
  std::vector<std::string_view> names;
  for (const Kind& kind : kKinds) names.push_back(kind.name);
  return names;
}

Result<Recognised> recognise(const Graph& source, std::span<const std::string_view> wanted,
                             const tensor::TensorMap& weights) {
  const View view(source, weights);
  ASSAY_TRY(Emitter to, Emitter::start(source));
  std::map<std::string, std::string_view> places;  // by the node's name
  for (const Node& node : source.nodes()) {
    const auto kind = node.outputs.size() == 1 ? replaced(view, node, wanted, to) : "";
    if (kind.empty())
      ASSAY_TRY_VOID(to.copy(node));
    else
      places.emplace(node.name, kind);
  }
  ASSAY_TRY(Recognised result, std::move(to).result());
  result.found = counted(places, result.graph);
  return result;
}

}  // namespace assay::recognise
