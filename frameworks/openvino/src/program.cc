#include "program.h"

#include "emitter.h"
#include "settings.h"

namespace openvino_runner {

using assay::graph::Role;
using assay::record::NodeIssue;
using assay_runner::Answer;
using assay_runner::Load;
using assay_runner::PendingTensor;
using assay_runner::TensorMap;

Answer<std::unique_ptr<Program>> Program::build(const std::shared_ptr<const Load>& load) {
  const int threads = load->request.threads;
  limit_threads(threads);
  const std::string& variant = load->request.variant;
  auto made = variant == kAsGiven ? given_model(*load) : make_model(*load, variant == kGradientGraph);
  if (!made) return std::unexpected(std::move(made.error()));
  ov::CompiledModel compiled;
  try {
    compiled = core().compile_model(made->model, "CPU", settings(threads));
  } catch (const ov::Exception& exception) {
    auto issues = variant == kAsGiven ? std::vector<NodeIssue>() : refused_nodes(load->graph);
    if (issues.empty()) throw;
    return assay_runner::unsupported_nodes(std::move(issues));
  }
  // The graph computes in float32; a file of the user's computes in what it says.
  const auto used = checked_threads(compiled, threads, variant == kAsGiven ? Quantised::yes : Quantised::no);
  if (!used) return std::unexpected(used.error());
  std::unique_ptr<Program> program(new Program(load, std::move(compiled)));
  program->threads_ = *used;
  program->bind(made->arguments);
  return program;
}

// States and weights that are arguments stay for the life of the model.
void Program::bind(const std::vector<std::string>& arguments) {
  for (size_t place = 0; place < arguments.size(); ++place) {
    const std::string& name = arguments[place];
    if (const auto fixed = load_->fixed.find(name); fixed != load_->fixed.end()) {
      request_.set_input_tensor(place, in_place(fixed->second));
      continue;
    }
    const auto role = load_->graph.value(load_->graph.find(name).value()).role;
    if (role == Role::input)
      inputs_.push_back({name, place});
    else
      request_.set_input_tensor(place,
                                in_place((role == Role::state ? load_->state : load_->weights).at(name)));
  }
}

void Program::step(const TensorMap& inputs) {
  for (const Argument& input : inputs_)
    request_.set_input_tensor(input.place, in_place(inputs.at(input.name)));
  request_.infer();
}

std::vector<PendingTensor> Program::outputs() {
  std::vector<PendingTensor> result;
  const auto& ids = load_->graph.outputs();
  for (size_t i = 0; i < ids.size(); ++i) {
    const Value& value = load_->graph.value(ids[i]);
    result.push_back({value.name, value.dtype, value.shape, [this, i, &value]() -> assay::Result<Tensor> {
                        const ov::Tensor left = request_.get_output_tensor(i);
                        const auto* bytes = static_cast<const std::byte*>(left.data());
                        return Tensor::view(value.dtype, value.shape, {bytes, left.get_byte_size()}, nullptr);
                      }});
  }
  return result;
}

}  // namespace openvino_runner
