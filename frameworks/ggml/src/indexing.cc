// Elements and rows by index, and the additions that are their gradients.
#include "operators.h"

namespace ggml_runner {
namespace {

using assay::graph::Role;
using assay::tensor::element_count;
using assay::tensor::Shape;

// Rows of a table by index.
std::string refuse_gather(const Graph& graph, const Node& node, bool) {
  if (node.integer("axis", 0) != 0) return "ggml's get_rows takes rows: axis 0";
  if (graph.value(node.inputs[1]).dtype != assay::tensor::DType::i64) return "indices must be I64";
  return {};
}

ggml_tensor* gather(Emitter& emitter, const Node& node) {
  const Shape& table = shape_of(emitter.graph(), node, 0);
  const Shape matrix = {table[0], element_count(table) / table[0]};
  ggml_tensor* rows = ggml_get_rows(emitter.context(), emitter.reshaped(emitter.input(node, 0), matrix),
                                    emitter.indices(node.inputs[1], table[0]));
  return emitter.reshaped(rows, emitter.graph().value(node.outputs[0]).shape);
}

// One element of each row of a matrix: ggml takes rows of many tables at once, here of one element each.
std::string refuse_elements(const Graph& graph, const Node& node, bool) {
  const Shape& data = shape_of(graph, node, 0);
  const Shape& indices = shape_of(graph, node, 1);
  const int64_t axis = node.integer("axis", 0);
  if (data.size() != 2 || (axis != 1 && axis != -1) || indices != Shape{data[0], 1})
    return "this runner takes one element of each row of a matrix";
  return {};
}

std::string refuse_scatter_elements(const Graph& graph, const Node& node, bool gradients) {
  if (node.text("reduction", "none") != "add") return "this runner adds to what is there";
  return refuse_elements(graph, node, gradients);
}

// A matrix [rows, columns] as `rows` tables of `columns` rows with one element, and an index for each.
struct Elements {
  ggml_tensor* tables;
  ggml_tensor* places;
};

Elements elements_of(Emitter& emitter, const Node& node) {
  const Shape& matrix = shape_of(emitter.graph(), node, 0);
  return {emitter.reshaped(emitter.input(node, 0), {matrix[0], matrix[1], 1}),
          emitter.reshaped(emitter.indices(node.inputs[1], matrix[1]), {matrix[0], 1})};
}

ggml_tensor* gather_elements(Emitter& emitter, const Node& node) {
  const Elements elements = elements_of(emitter, node);
  return emitter.reshaped(ggml_get_rows(emitter.context(), elements.tables, elements.places),
                          emitter.graph().value(node.outputs[0]).shape);
}

// ggml sets, so what is added to is taken first; one index a row, so none comes twice.
ggml_tensor* scatter_elements(Emitter& emitter, const Node& node) {
  ggml_context* context = emitter.context();
  const Elements elements = elements_of(emitter, node);
  ggml_tensor* before = ggml_get_rows(context, elements.tables, elements.places);
  ggml_tensor* updates =
      emitter.reshaped(emitter.input(node, 2), {shape_of(emitter.graph(), node, 0)[0], 1, 1});
  ggml_tensor* after = ggml_set_rows(context, ggml_cont(context, elements.tables),
                                     ggml_add(context, before, updates), elements.places);
  return emitter.reshaped(after, emitter.graph().value(node.outputs[0]).shape);
}

// Rows added to a table, which is the gradient of taking them.
std::string refuse_scatter_nd(const Graph& graph, const Node& node, bool) {
  if (node.text("reduction", "none") != "add") return "this runner adds to what is there";
  if (shape_of(graph, node, 0).size() != 2 || shape_of(graph, node, 1).back() != 1)
    return "ggml's get_rows_back adds rows to a matrix";
  return {};
}

ggml_tensor* scatter_nd(Emitter& emitter, const Node& node) {
  ggml_tensor* table = emitter.input(node, 0);
  const Shape& matrix = shape_of(emitter.graph(), node, 0);
  ggml_tensor* places = emitter.indices(node.inputs[1], matrix[0]);
  ggml_tensor* updates = emitter.reshaped(emitter.input(node, 2), {places->ne[0], matrix[1]});
  return ggml_add(emitter.context(), table, ggml_get_rows_back(emitter.context(), updates, places, table));
}

}  // namespace

std::vector<Operator> indexing_operators() {
  return {
      {"Gather", refuse_gather, gather},
      {"GatherElements", refuse_elements, gather_elements, false},
      {"ScatterElements", refuse_scatter_elements, scatter_elements, false},
      {"ScatterND", refuse_scatter_nd, scatter_nd, false},
  };
}

}  // namespace ggml_runner
