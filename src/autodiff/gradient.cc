#include "autodiff/gradient.h"

#include <algorithm>
#include <ranges>

#include "autodiff/compact.h"
#include "autodiff/emitter.h"
#include "autodiff/rule.h"
#include "autodiff/tape.h"
#include "autodiff/unrolled.h"

namespace assay::autodiff {
namespace {

using graph::Graph;
using graph::Node;
using graph::Role;
using graph::Value;

Result<ValueId> scalar_output(const Graph& forward) {
  if (forward.outputs().size() != 1)
    return fail(ErrorKind::data, "graph {} has {} outputs; a gradient needs exactly one, a scalar",
                forward.name(), forward.outputs().size());
  const Value& loss = forward.value(forward.outputs().front());
  if (tensor::element_count(loss.shape) != 1 || !tensor::is_floating(loss.dtype))
    return fail(ErrorKind::data, "graph {}: output {} is {} {}, not a floating scalar; it has no gradient",
                forward.name(), loss.name, tensor::dtype_name(loss.dtype), tensor::to_string(loss.shape));
  return forward.outputs().front();
}

class Pass {
 public:
  Pass(const Graph& forward, ValueId loss)
      : loss_(loss), emitter_(forward.name()), tape_(forward, loss, emitter_) {}

  Result<Graph> run() {
    copy_values();
    for (const Node& node : forward().nodes())
      if (tape_.needed(node)) ASSAY_TRY_VOID(copy_node(node));
    seed();
    for (const Node& node : std::views::reverse(forward().nodes()))
      if (tape_.active(node)) ASSAY_TRY_VOID(differentiate(node));
    const std::vector<NamedOutput> outputs = collect();
    ASSAY_TRY(const Graph all, std::move(emitter_.builder()).finish());
    return compact(all, outputs);
  }

 private:
  const Graph& forward() const { return tape_.forward(); }

  void copy_values() {
    graph::Builder& to = emitter_.builder();
    for (size_t i = 0; i < forward().values().size(); ++i) {
      const Value& v = forward().values()[i];
      ValueId id = kAbsent;
      if (v.role == Role::input) id = to.input(v.name, v.dtype, v.shape);
      if (v.role == Role::state) id = to.state(v.name, v.dtype, v.shape);
      if (v.role == Role::parameter) id = to.parameter(v.name, v.shape, v.init, v.trainable);
      if (v.role == Role::constant) id = to.constant(v.name, v.data);
      tape_.set_value(static_cast<ValueId>(i), id);
    }
  }

  Result<> copy_node(const Node& node) {
    const Rule* rule = tape_.active(node) ? find_rule(node.op) : nullptr;
    if (rule == nullptr || rule->forward == nullptr) {
      tape_.set_outputs(node, emitter_.forward(node, inputs(node), output_names(node, rule)));
      return {};
    }
    emitter_.enter(node.name);
    GradientContext context(tape_, emitter_, node);
    tape_.set_outputs(node, rule->forward(context));
    return check(context);
  }

  std::vector<ValueId> inputs(const Node& node) const {
    std::vector<ValueId> ids;
    for (const ValueId v : node.inputs) ids.push_back(tape_.value(v));
    return ids;
  }

  std::vector<std::string> output_names(const Node& node, const Rule* rule) const {
    std::vector<std::string> names;
    for (const ValueId v : node.outputs) names.push_back(v == kAbsent ? "" : forward().value(v).name);
    if (rule == nullptr) return names;
    names.resize(std::max(names.size(), rule->outputs));
    for (size_t i = 0; i < rule->outputs; ++i)
      if (names[i].empty()) names[i] = fmt::format("{}:{}", node.name, i);
    return names;
  }

  void seed() {
    const Value& loss = forward().value(loss_);
    emitter_.enter("grad");
    tape_.add(loss_, emitter_.reshape(emitter_.scalar(1, loss.dtype), loss.shape));
  }

  Result<> differentiate(const Node& node) {
    if (!std::ranges::any_of(node.outputs, [this](ValueId v) { return tape_.has_gradient(v); })) return {};
    const Rule* rule = find_rule(node.op);
    if (rule == nullptr)
      return fail(ErrorKind::data,
                  "node {}: {} has no gradient rule; a parameter cannot be trained through it", node.name,
                  node.op);
    emitter_.enter("grad/" + node.name);
    GradientContext context(tape_, emitter_, node);
    rule->gradient(context);
    return check(context);
  }

  static Result<> check(const GradientContext& context) {
    const std::optional<std::string>& reason = context.failure();
    if (!reason) return {};
    return fail(ErrorKind::data, "node {}: {} has no gradient here: {}", context.node.name, context.node.op,
                *reason);
  }

  // The loss, then the parameters' gradients.
  std::vector<NamedOutput> collect() {
    std::vector<NamedOutput> outputs{{tape_.value(loss_), forward().value(loss_).name}};
    emitter_.enter("grad");
    for (const ValueId p : forward().with_role(Role::parameter)) {
      const Value& parameter = forward().value(p);
      if (parameter.trainable) outputs.push_back({tape_.gradient(p), gradient_name(parameter.name)});
    }
    return outputs;
  }

  ValueId loss_;
  Emitter emitter_;
  Tape tape_;
};

}  // namespace

std::string gradient_name(std::string_view parameter) { return fmt::format("grad.{}", parameter); }

Result<Graph> gradient(const Graph& forward) {
  if (std::ranges::any_of(forward.nodes(), is_unrolled, &Node::op)) {
    ASSAY_TRY(const Graph plain, unrolled(forward));
    ASSAY_TRY(const ValueId loss, scalar_output(plain));
    return Pass(plain, loss).run();
  }
  ASSAY_TRY(const ValueId loss, scalar_output(forward));
  return Pass(forward, loss).run();
}

}  // namespace assay::autodiff
