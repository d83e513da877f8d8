#include "einsum.h"

#include <algorithm>
#include <set>

#include "graph/einsum.h"

namespace ggml_runner {

using assay::graph::EinsumPlan;
using assay::tensor::Shape;

namespace {

using Axes = std::vector<size_t>;

// A tensor whose axes are these indices of the plan.
struct Term {
  ggml_tensor* tensor;
  Axes indices;
};

bool contains(const Axes& indices, size_t index) { return std::ranges::count(indices, index) > 0; }

Axes only(const Axes& indices, const auto& wanted) {
  Axes result;
  std::ranges::copy_if(indices, std::back_inserter(result), wanted);
  return result;
}

Shape shape_by(const EinsumPlan& plan, const Axes& indices) {
  Shape shape;
  for (const size_t index : indices) shape.push_back(plan.sizes[index]);
  return shape;
}

int64_t count_of(const EinsumPlan& plan, const Axes& indices) {
  return assay::tensor::element_count(shape_by(plan, indices));
}

ggml_tensor* ordered(Emitter& emitter, const EinsumPlan& plan, const Term& term, const Axes& order) {
  std::vector<int64_t> perm;
  for (const size_t index : order)
    perm.push_back(std::ranges::find(term.indices, index) - term.indices.begin());
  return emitter.transposed(term.tensor, shape_by(plan, term.indices), perm);
}

Axes joined(Axes first, const Axes& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// Sums over the indices that no one else has.
Term summed(Emitter& emitter, const EinsumPlan& plan, const Term& term, const Axes& wanted) {
  const Axes kept = only(term.indices, [&](size_t index) { return contains(wanted, index); });
  const Axes rest = only(term.indices, [&](size_t index) { return !contains(wanted, index); });
  if (rest.empty()) return term;
  ggml_tensor* rows = emitter.reshaped(ordered(emitter, plan, term, joined(kept, rest)),
                                       {count_of(plan, kept), count_of(plan, rest)});
  return {ggml_sum_rows(emitter.context(), rows), kept};
}

// Both as matrices [shared, own, summed]; their product is [shared, own of a, own of b].
Term contracted(Emitter& emitter, const EinsumPlan& plan, const Term& a, const Term& b, const Axes& wanted) {
  const auto in_both = [&](size_t index) { return contains(a.indices, index) && contains(b.indices, index); };
  const Axes both = only(a.indices, in_both);
  const Axes shared = only(both, [&](size_t index) { return contains(wanted, index); });
  const Axes rest = only(both, [&](size_t index) { return !contains(wanted, index); });
  const auto own = [&](const Term& term) {
    return only(term.indices, [&](size_t index) { return !in_both(index); });
  };
  const auto matrices = [&](const Term& term) {
    return emitter.reshaped(ordered(emitter, plan, term, joined(joined(shared, own(term)), rest)),
                            {count_of(plan, shared), count_of(plan, own(term)), count_of(plan, rest)});
  };
  return {ggml_mul_mat(emitter.context(), matrices(b), matrices(a)), joined(joined(shared, own(a)), own(b))};
}

// Operand i with the axes that are repeated left out.
Term term_of(Emitter& emitter, const Node& node, const EinsumPlan& plan, size_t i) {
  Term term{emitter.input(node, i), {}};
  const Shape& shape = shape_of(emitter.graph(), node, i);
  for (size_t axis = 0; axis < shape.size(); ++axis)
    if (shape[axis] == plan.sizes[plan.inputs[i][axis]]) term.indices.push_back(plan.inputs[i][axis]);
  return term;
}

// What the result and the operands from i on have.
Axes wanted_from(const EinsumPlan& plan, size_t i) {
  Axes wanted = plan.output;
  for (; i < plan.inputs.size(); ++i) wanted = joined(wanted, plan.inputs[i]);
  return wanted;
}

}  // namespace

std::string refuse_einsum(const Graph& graph, const Node& node, bool) {
  const auto plan = assay::graph::einsum_plan(graph, node);
  if (!plan) return plan.error().message;
  for (const auto& indices : plan->inputs)
    if (std::set(indices.begin(), indices.end()).size() != indices.size())
      return "ggml takes no diagonal of a matrix";
  return {};
}

ggml_tensor* einsum(Emitter& emitter, const Node& node) {
  const EinsumPlan plan = *assay::graph::einsum_plan(emitter.graph(), node);
  Term all = term_of(emitter, node, plan, 0);
  all = summed(emitter, plan, all, wanted_from(plan, 1));
  for (size_t i = 1; i < plan.inputs.size(); ++i) {
    const Axes later = wanted_from(plan, i + 1);
    Term next = term_of(emitter, node, plan, i);
    next = summed(emitter, plan, next, joined(later, all.indices));
    all = contracted(emitter, plan, all, next, later);
  }
  return emitter.reshaped(ordered(emitter, plan, all, plan.output), output_shape(emitter, node));
}

}  // namespace ggml_runner
