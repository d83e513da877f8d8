// Elements and rows by index, and the additions that are their gradients. Indices become places in a matrix
// of rows or of single elements, which is what ggml takes.
#include "numbers.h"
#include "operators.h"
#include "shaping.h"

namespace ggml_runner {
namespace {

using assay::graph::Role;
using assay::tensor::element_count;
using assay::tensor::Shape;

// Indices that are computed are computed in float32.
bool is_computed(const Graph& graph, ValueId id) {
  while (graph.value(id).role == Role::computed) {
    const Node* maker = nullptr;
    for (const Node& node : graph.nodes())
      if (node.outputs[0] == id) maker = &node;
    if (!maker || !is_view(*maker)) return true;
    id = maker->inputs[0];
  }
  return false;
}

std::string refuse_large(const Graph& graph, const Node& node, int64_t places) {
  const bool counted = is_computed(graph, node.inputs[1]) && places > kLargestInteger;
  return counted ? "a place beyond 2^24, which float32 does not count exactly" : "";
}

ggml_tensor* gather(Emitter& emitter, const Node& node) {
  const Shape& shape = shape_of(emitter.graph(), node, 0);
  const Along axis = along(shape, axis_of(emitter.graph(), node, 0));
  ggml_tensor* found =
      taken(emitter, emitter.input(node, 0), axis, emitter.indices(node.inputs[1], axis.length));
  return emitter.reshaped(found, output_shape(emitter, node));
}

std::string refuse_gather(const Graph& graph, const Node& node, bool) {
  return refuse_large(graph, node, shape_of(graph, node, 0)[axis_of(graph, node, 0)]);
}

// Where a place along an axis begins among all elements, for each element of `indices`.
Places places_of_elements(const Shape& data, const Shape& indices, size_t axis) {
  Places places{.entries = {data[axis]}, .apart = {along(data, axis).inner}};
  for (int64_t i = 0; i < element_count(indices); ++i) {
    int64_t rest = i, begin = 0, stride = 1;
    for (size_t d = data.size(); d-- > 0; rest /= indices[d], stride *= data[d])
      if (d != axis) begin += rest % indices[d] * stride;
    places.begins.push_back(begin);
  }
  return places;
}

ggml_tensor* element_places(Emitter& emitter, const Node& node) {
  const Graph& graph = emitter.graph();
  return emitter.places(node.inputs[1], places_of_elements(shape_of(graph, node, 0), shape_of(graph, node, 1),
                                                           axis_of(graph, node, 0)));
}

// All elements, one a row.
ggml_tensor* elements(Emitter& emitter, ggml_tensor* x) {
  return emitter.reshaped(x, {ggml_nelements(x), 1});
}

std::string refuse_elements(const Graph& graph, const Node& node, bool) {
  return refuse_large(graph, node, element_count(shape_of(graph, node, 0)));
}

ggml_tensor* gather_elements(Emitter& emitter, const Node& node) {
  ggml_tensor* all = elements(emitter, emitter.input(node, 0));
  return emitter.reshaped(ggml_get_rows(emitter.context(), all, element_places(emitter, node)),
                          output_shape(emitter, node));
}

// Rows that tuples of indices name, behind axes that both share.
struct Tuples {
  Places places;
  int64_t rows = 1;
  int64_t columns = 1;
};

Tuples tuples_of(const Graph& graph, const Node& node) {
  const Shape& data = shape_of(graph, node, 0);
  const Shape& indices = shape_of(graph, node, 1);
  const auto shared = static_cast<size_t>(node.integer("batch_dims", 0)),
             length = static_cast<size_t>(indices.back());
  Tuples tuples;
  int64_t apart = 1;
  for (size_t axis = shared + length; axis-- > shared; apart *= data[axis]) {
    tuples.places.entries.insert(tuples.places.entries.begin(), data[axis]);
    tuples.places.apart.insert(tuples.places.apart.begin(), apart);
  }
  for (size_t axis = shared + length; axis < data.size(); ++axis) tuples.columns *= data[axis];
  tuples.rows = element_count(data) / tuples.columns;
  const int64_t count = element_count(indices) / indices.back(), batches = tuples.rows / apart;
  if (batches > 1)
    for (int64_t i = 0; i < count; ++i) tuples.places.begins.push_back(i / (count / batches) * apart);
  return tuples;
}

std::string refuse_tuples(const Graph& graph, const Node& node, bool) {
  return refuse_large(graph, node, tuples_of(graph, node).rows);
}

ggml_tensor* gather_nd(Emitter& emitter, const Node& node) {
  const Tuples tuples = tuples_of(emitter.graph(), node);
  ggml_tensor* table = emitter.reshaped(emitter.input(node, 0), {tuples.rows, tuples.columns});
  ggml_tensor* found = ggml_get_rows(emitter.context(), table, emitter.places(node.inputs[1], tuples.places));
  return emitter.reshaped(found, output_shape(emitter, node));
}

std::string refuse_reduction(const Node& node) {
  const std::string way = node.text("reduction", "none");
  return way == "add" || way == "none" ? "" : "ggml sets or adds what it scatters";
}

// ggml adds rows to zeros, and sets those of a copy.
ggml_tensor* scattered(Emitter& emitter, const Node& node, ggml_tensor* table, ggml_tensor* updates,
                       ggml_tensor* places) {
  ggml_context* context = emitter.context();
  ggml_tensor* result = nullptr;
  if (node.text("reduction", "none") == "add")
    result = ggml_add(context, table, ggml_get_rows_back(context, updates, places, table));
  else
    result = ggml_set_rows(context, ggml_dup(context, table), updates, places);
  return emitter.reshaped(result, output_shape(emitter, node));
}

std::string refuse_scatter_elements(const Graph& graph, const Node& node, bool gradients) {
  const std::string text = refuse_reduction(node);
  return text.empty() ? refuse_elements(graph, node, gradients) : text;
}

ggml_tensor* scatter_elements(Emitter& emitter, const Node& node) {
  return scattered(emitter, node, elements(emitter, emitter.input(node, 0)),
                   elements(emitter, emitter.input(node, 2)), element_places(emitter, node));
}

std::string refuse_scatter_nd(const Graph& graph, const Node& node, bool gradients) {
  const std::string text = refuse_reduction(node);
  return text.empty() ? refuse_tuples(graph, node, gradients) : text;
}

ggml_tensor* scatter_nd(Emitter& emitter, const Node& node) {
  const Tuples tuples = tuples_of(emitter.graph(), node);
  ggml_tensor* places = emitter.places(node.inputs[1], tuples.places);
  return scattered(emitter, node, emitter.reshaped(emitter.input(node, 0), {tuples.rows, tuples.columns}),
                   emitter.reshaped(emitter.input(node, 2), {places->ne[0], tuples.columns}), places);
}

constexpr unsigned kAll = kIntegers | kAnyRank;

}  // namespace

std::vector<Operator> indexing_operators() {
  return {
      {"Gather", refuse_gather, gather, kAll},
      {"GatherElements", refuse_elements, gather_elements, kAll},
      {"GatherND", refuse_tuples, gather_nd, kAll},
      {"ScatterElements", refuse_scatter_elements, scatter_elements, kAll | kNoBackward},
      {"ScatterND", refuse_scatter_nd, scatter_nd, kAll | kNoBackward},
  };
}

}  // namespace ggml_runner
