#include "operators.h"

#include <openvino/core/except.hpp>

#include "assay_runner/operator_table.h"
#include "settings.h"

namespace openvino_runner {
namespace {

// A mistake here would compute something else; OpenVINO's own inference of shapes is the check.
void check_output(const Value& value, const Output& output) {
  if (output.get_partial_shape().is_dynamic() || output.get_shape() != shape_of(value.shape) ||
      output.get_element_type() != element_type(value.dtype))
    throw Refusal(fmt::format("OpenVINO makes {} {} of it, not {} {}", output.get_element_type().to_string(),
                              output.get_partial_shape().to_string(), dtype_name(value.dtype),
                              assay::tensor::to_string(value.shape)));
}

// The CPU plugin would compute in F32 what the graph wants in another floating type.
void check_types(const Graph& graph, const std::vector<ValueId>& ids) {
  for (const ValueId id : ids)
    if (id != kAbsent && assay::tensor::is_floating(graph.value(id).dtype) &&
        graph.value(id).dtype != DType::f32)
      throw Refusal(fmt::format("{} is {}; OpenVINO's plugin for the CPU computes in F32",
                                graph.value(id).name, dtype_name(graph.value(id).dtype)));
}

void emit_checked(Emitter& emitter, const Node& node) {
  const Operator* known = find_operator(node.op);
  if (!known) throw Refusal("not an operator of this runner");
  check_types(emitter.graph(), node.inputs);
  check_types(emitter.graph(), node.outputs);
  const Outputs made = known->emit(emitter, node);
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] == kAbsent) continue;
    check_output(emitter.graph().value(node.outputs[i]), made.at(i));
    emitter.set(node.outputs[i], made[i]);
  }
  if (!made.empty() && made[0].get_node()) made[0].get_node()->set_friendly_name(node.name);
}

}  // namespace

const std::vector<Operator>& operators() {
  static const std::vector<Operator> all = assay_runner::joined_by_name<Operator>(
      {activation_operators(), attention_operators(), block_operators(), convolution_operators(),
       elementwise_operators(), indexing_operators(), layout_operators(), loss_operators(),
       matrix_operators(), normalization_operators(), order_operators(), pooling_operators(),
       recurrent_operators(), reduction_operators(), resize_operators(), rotary_operators()});
  return all;
}

const Operator* find_operator(std::string_view name) { return assay_runner::find_by_name(operators(), name); }

std::string emit(Emitter& emitter, const Node& node) {
  try {
    emit_checked(emitter, node);
  } catch (const Refusal& refusal) {
    return refusal.what();
  } catch (const ov::Exception& exception) {
    return reason(exception);
  }
  return {};
}

}  // namespace openvino_runner
