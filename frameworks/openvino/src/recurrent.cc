// LSTM, GRU and RNN as OpenVINO's sequences: the batch comes first, of each direction one bias, and the gates
// of an LSTM in the order forget, input, cell, output.
#include "graph/recurrent.h"

#include "operators.h"

namespace openvino_runner {
namespace {

using assay::graph::RecurrentSizes;
using Direction = ov::op::RecurrentSequenceDirection;

class Sequence {
 public:
  Sequence(Emitter& emitter, const Node& node)
      : emitter_(emitter), node_(node), s_(assay::graph::recurrent_sizes(emitter.graph(), node).value()) {}

  Outputs emit() {
    if (node_.op == "LSTM" && node_.input(7) != kAbsent) throw Refusal("peepholes (P)");
    const Output x =
        s_.batch_first ? emitter_.input(node_, 0) : transposed(emitter_.input(node_, 0), {1, 0, 2});
    const Output w = in_order(emitter_.input(node_, 1)), r = in_order(emitter_.input(node_, 2));
    const auto hidden = static_cast<size_t>(s_.hidden);
    std::shared_ptr<ov::Node> made;
    if (node_.op == "LSTM")
      made = std::make_shared<op::LSTMSequence>(x, state(5), state(6), lengths(), w, r, bias(), s_.hidden,
                                                direction());
    else if (node_.op == "GRU")
      made = std::make_shared<op::GRUSequence>(x, state(5), lengths(), w, r, bias(), hidden, direction(),
                                               std::vector<std::string>{"sigmoid", "tanh"}, none_, none_, 0.F,
                                               reset_last());
    else
      made = std::make_shared<op::RNNSequence>(x, state(5), lengths(), w, r, bias(), hidden, direction());
    return results(made->outputs());
  }

 private:
  bool reset_last() const { return node_.integer("linear_before_reset", 0) != 0; }

  Direction direction() const {
    if (s_.directions == 2) return Direction::BIDIRECTIONAL;
    return s_.reverse ? Direction::REVERSE : Direction::FORWARD;
  }

  // Rows of the gates, which are the second dimension.
  Output in_order(const Output& x) const {
    if (s_.gates != 4) return x;
    std::vector<int64_t> order;
    for (const int64_t gate : {2, 0, 3, 1})
      for (int64_t i = 0; i < s_.hidden; ++i) order.push_back(gate * s_.hidden + i);
    return rows(x, order, 1);
  }

  // [directions, gates * hidden]: both biases' sum, but what a GRU adds to the state's product before it is
  // reset, which comes behind.
  Output bias() const {
    const int64_t count = s_.gates * s_.hidden, parts = node_.op == "GRU" && reset_last() ? 4 : s_.gates;
    if (node_.input(3) == kAbsent)
      return floats({s_.directions, parts * s_.hidden},
                    std::vector<float>(static_cast<size_t>(s_.directions * parts * s_.hidden)));
    const Output b = emitter_.input(node_, 3);
    const Output input = part(b, 0, count), state = part(b, count, 2 * count);
    if (parts == s_.gates) return in_order(make<op::Add>(input, state));
    const int64_t gates = 2 * s_.hidden;
    const Output both = make<op::Add>(part(input, 0, gates), part(state, 0, gates));
    return make<op::Concat>(Outputs{both, part(input, gates, count), part(state, gates, count)}, 1);
  }

  static Output part(const Output& x, int64_t from, int64_t to) {
    return make<op::Slice>(x, integers({from}), integers({to}), integers({1}), integers({1}));
  }

  Output state(size_t operand) const {
    if (node_.input(operand) == kAbsent)
      return floats({s_.batch, s_.directions, s_.hidden},
                    std::vector<float>(static_cast<size_t>(s_.batch * s_.directions * s_.hidden)));
    const Output given = emitter_.input(node_, operand);
    return s_.batch_first ? given : transposed(given, {1, 0, 2});
  }

  Output lengths() const {
    if (node_.input(4) != kAbsent) return emitter_.input(node_, 4);
    return integers(std::vector<int64_t>(static_cast<size_t>(s_.batch), s_.steps));
  }

  // Y comes as [batch, directions, steps, hidden], states as [batch, directions, hidden].
  Outputs results(const Outputs& made) const {
    Outputs all{transposed(
        made[0], s_.batch_first ? std::vector<int64_t>{0, 2, 1, 3} : std::vector<int64_t>{2, 1, 0, 3})};
    for (size_t i = 1; i < made.size(); ++i)
      all.push_back(s_.batch_first ? made[i] : transposed(made[i], {1, 0, 2}));
    return all;
  }

  Emitter& emitter_;
  const Node& node_;
  RecurrentSizes s_;
  std::vector<float> none_;
};

Outputs recurrent(Emitter& emitter, const Node& node) { return Sequence(emitter, node).emit(); }

}  // namespace

std::vector<Operator> recurrent_operators() {
  return {{"GRU", recurrent}, {"LSTM", recurrent}, {"RNN", recurrent}};
}

}  // namespace openvino_runner
