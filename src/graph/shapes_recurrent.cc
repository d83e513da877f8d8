#include "graph/recurrent.h"
#include "graph/rules.h"

namespace assay::graph {
namespace {

// Operands that all three have under the same numbers.
constexpr size_t kX = 0, kW = 1, kR = 2, kB = 3, kLengths = 4, kInitialH = 5;
// Those of an LSTM alone.
constexpr size_t kInitialC = 6, kPeepholes = 7;

int64_t gates_of(const Node& node) {
  if (node.op == "LSTM") return 4;
  return node.op == "GRU" ? 3 : 1;
}

Shape state_shape(const RecurrentSizes& s) {
  if (s.batch_first) return {s.batch, s.directions, s.hidden};
  return {s.directions, s.batch, s.hidden};
}

Result<> need_when_given(const Call& call, size_t i, const Shape& shape) {
  if (!call.given(i)) return {};
  ASSAY_TRY_VOID(call.need_same_type(kX, i));
  return call.need_shape(i, shape);
}

Result<> check_recurrent_operands(const Call& call, const RecurrentSizes& s) {
  const int64_t rows = s.gates * s.hidden;
  ASSAY_TRY_VOID(call.need_same_type(kX, kW));
  ASSAY_TRY_VOID(call.need_shape(kW, {s.directions, rows, s.input}));
  ASSAY_TRY_VOID(call.need_same_type(kX, kR));
  ASSAY_TRY_VOID(call.need_shape(kR, {s.directions, rows, s.hidden}));
  ASSAY_TRY_VOID(need_when_given(call, kB, {s.directions, 2 * rows}));
  if (call.given(kLengths)) {
    ASSAY_TRY_VOID(call.need_index(kLengths));
    ASSAY_TRY_VOID(call.need_shape(kLengths, {s.batch}));
  }
  ASSAY_TRY_VOID(need_when_given(call, kInitialH, state_shape(s)));
  if (call.node().op != "LSTM") return {};
  ASSAY_TRY_VOID(need_when_given(call, kInitialC, state_shape(s)));
  return need_when_given(call, kPeepholes, {s.directions, 3 * s.hidden});
}

Result<RecurrentSizes> checked_sizes(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(kX));
  ASSAY_TRY_VOID(call.need_rank(kX, 3, 3));
  ASSAY_TRY_VOID(call.need_rank(kR, 3, 3));
  const std::string direction = call.node().text("direction", "forward");
  RecurrentSizes s{.gates = gates_of(call.node()), .directions = direction == "bidirectional" ? 2 : 1};
  s.reverse = direction == "reverse";
  s.batch_first = call.node().integer("layout", 0) != 0;
  s.steps = call.shape(kX)[s.batch_first ? 1 : 0];
  s.batch = call.shape(kX)[s.batch_first ? 0 : 1];
  s.input = call.shape(kX)[2];
  s.hidden = call.shape(kR)[2];
  if (const int64_t stated = call.node().integer("hidden_size", s.hidden); stated != s.hidden)
    return call.error("attribute hidden_size is {}, but {} has shape {}", stated, call.operand(kR),
                      tensor::to_string(call.shape(kR)));
  ASSAY_TRY_VOID(check_recurrent_operands(call, s));
  return s;
}

// Y and `states` last states.
Types infer_recurrent(const Call& call, size_t states) {
  ASSAY_TRY(const RecurrentSizes s, checked_sizes(call));
  const DType dtype = call.dtype(kX);
  const Shape all = s.batch_first ? Shape{s.batch, s.steps, s.directions, s.hidden}
                                  : Shape{s.steps, s.directions, s.batch, s.hidden};
  std::vector<TypedShape> types{{dtype, all}};
  for (size_t i = 0; i < states; ++i) types.push_back({dtype, state_shape(s)});
  return types;
}

}  // namespace

Result<RecurrentSizes> recurrent_sizes(const Graph& graph, const Node& node) {
  const Operator* op = find_operator(node.op);
  ASSAY_CHECK(op != nullptr, "{}", node.op);
  return checked_sizes(Call(graph, node, *op));
}

Types infer_lstm(const Call& call) { return infer_recurrent(call, 2); }
Types infer_gru(const Call& call) { return infer_recurrent(call, 1); }
Types infer_rnn(const Call& call) { return infer_recurrent(call, 1); }

}  // namespace assay::graph
