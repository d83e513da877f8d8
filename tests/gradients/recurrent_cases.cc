#include "case.h"

namespace assay::gradients {
namespace {

struct Form {
  std::string op, variant;
  int64_t gates;
  Attributes attributes;
  bool bias = true;
  bool states = false;
  bool peepholes = false;
};

int64_t directions_of(const Form& form) {
  const auto found = form.attributes.find("direction");
  return found != form.attributes.end() && std::get<std::string>(found->second) == "bidirectional" ? 2 : 1;
}

// 3 steps of 2 entries of a batch, 4 numbers in, 2 units.
Case recurrent(const Form& form) {
  return {form.op, form.variant, [=](Maker& m) {
            const int64_t rows = form.gates * 2, directions = directions_of(form);
            const bool batch_first = form.attributes.contains("layout");
            const Shape state = batch_first ? Shape{2, directions, 2} : Shape{directions, 2, 2};
            std::vector<ValueId> inputs{m.p(batch_first ? Shape{2, 3, 4} : Shape{3, 2, 4}),
                                        m.p({directions, rows, 4}), m.p({directions, rows, 2})};
            inputs.push_back(form.bias ? m.p({directions, 2 * rows}) : kAbsent);
            if (form.states) inputs.insert(inputs.end(), {kAbsent, m.p(state)});
            if (form.states && form.gates == 4) inputs.push_back(m.p(state));
            if (form.peepholes) inputs.push_back(m.p({directions, 6}));
            return m.ops(form.op, inputs, form.attributes, form.gates == 4 ? 3 : 2);
          }};
}

}  // namespace

std::vector<Case> recurrent_cases() {
  const Attributes both{{"direction", std::string("bidirectional")}};
  const Attributes backward{{"direction", std::string("reverse")}};
  const Attributes first{{"layout", int64_t{1}}, {"direction", std::string("bidirectional")}};
  return {
      recurrent({"LSTM", "plain", 4, {}, false}),
      recurrent({"LSTM", "both_directions", 4, both, true, true}),
      recurrent({"LSTM", "peepholes", 4, {}, true, true, true}),
      recurrent({"LSTM", "batch_first", 4, first, true, true}),
      recurrent({"GRU", "plain", 3, {}}),
      recurrent({"GRU", "reset_last", 3, {{"linear_before_reset", int64_t{1}}}, true, true}),
      recurrent({"GRU", "both_directions", 3, both, false, true}),
      recurrent({"RNN", "backward", 1, backward, true, true}),
      recurrent({"RNN", "plain", 1, {}, false}),
  };
}

}  // namespace assay::gradients
