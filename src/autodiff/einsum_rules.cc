// The gradient of Einsum: another Einsum, of the gradient and the other operands.
#include <algorithm>

#include "autodiff/rule.h"
#include "graph/einsum.h"

namespace assay::autodiff {
namespace {

using Indices = std::vector<size_t>;

bool contains(const Indices& indices, size_t index) {
  return std::ranges::find(indices, index) != indices.end();
}

bool repeats(Indices indices) {
  std::ranges::sort(indices);
  return std::ranges::adjacent_find(indices) != indices.end();
}

class EinsumGradient {
 public:
  EinsumGradient(GradientContext& context, graph::EinsumPlan plan)
      : c_(context), e_(context.emit), plan_(std::move(plan)) {}

  void run() {
    for (const Indices& indices : plan_.inputs)
      if (repeats(indices)) return c_.fail("an operand's diagonal is not supported");
    for (size_t i = 0; i < plan_.inputs.size(); ++i)
      if (c_.wants(i)) c_.give(i, of_operand(i));
  }

 private:
  // The indices along which operand i is read, not repeated.
  Indices own(size_t i) const {
    Indices result;
    for (size_t d = 0; d < plan_.inputs[i].size(); ++d)
      if (c_.shape(i)[d] == plan_.sizes[plan_.inputs[i][d]]) result.push_back(plan_.inputs[i][d]);
    return result;
  }

  ValueId without_repeated(size_t i) const {
    Shape shape;
    for (const size_t index : own(i)) shape.push_back(plan_.sizes[index]);
    return e_.reshape(c_.input(i), shape);
  }

  // What only operand i has was summed over: its gradient is the same for all of it.
  ValueId of_operand(size_t i) {
    std::vector<Indices> terms{plan_.output};
    std::vector<ValueId> operands{c_.gradient()};
    for (size_t k = 0; k < plan_.inputs.size(); ++k) {
      if (k == i) continue;
      terms.push_back(own(k));
      operands.push_back(without_repeated(k));
    }
    Indices found;
    Shape open, full;
    for (const size_t index : own(i)) {
      const bool known =
          std::ranges::any_of(terms, [&](const Indices& term) { return contains(term, index); });
      if (known) found.push_back(index);
      open.push_back(known ? plan_.sizes[index] : 1);
      full.push_back(plan_.sizes[index]);
    }
    const ValueId made = e_.op("Einsum", operands, {{"equation", graph::einsum_equation(terms, found)}});
    return e_.reshape(e_.expand(e_.reshape(made, open), full), c_.shape(i));
  }

  GradientContext& c_;
  Emitter& e_;
  graph::EinsumPlan plan_;
};

void einsum(GradientContext& c) {
  auto plan = graph::einsum_plan(c.forward(), c.node);
  if (!plan) return c.fail(plan.error().message);
  EinsumGradient(c, *std::move(plan)).run();
}

constexpr Rule kEinsumRules[] = {{"Einsum", einsum}};

}  // namespace

std::span<const Rule> einsum_rules() { return kEinsumRules; }

}  // namespace assay::autodiff
