#include "cli/model_arguments.h"

#include "cli/validators.h"

namespace assay::cli {
namespace {

void add_workload(CLI::App& app, std::string& workload) {
  app.add_option("-w,--workload", workload, "inference, latency or training; with sizes: 'latency[@4096]'")
      ->check(kWorkload)
      ->capture_default_str();
}

}  // namespace

void add_model_file(CLI::App& app, ModelFileArguments& said) {
  app.add_option("--dim", said.dims,
                 "Of an ONNX file: the size of a dimension, batch=1 or INPUT.AXIS=1 (repeatable)")
      ->check(kAssignment)
      ->allow_extra_args(false);
  app.add_option("--fix", said.fixed,
                 "Of an ONNX file: an input that is a setting, sampling_rate=16000, folded in (repeatable)")
      ->check(kAssignment)
      ->allow_extra_args(false);
  app.add_option("--inputs", said.inputs, "Of an ONNX file: .npz or .safetensors with its first input set")
      ->check(kNotEmpty);
}

void define_graph(CLI::App& app, GraphArguments& graph) {
  app.add_option("model", graph.model,
                 "Model by name, a directory, an .onnx or a .gguf file, or a graph as a .json file")
      ->required();
  add_size(app, graph.size);
  add_workload(app, graph.workload);
  add_model_file(app, graph.model_file);
  add_request_sizes(app, graph.sizes);
  app.add_flag("--gradient", graph.gradient,
               "The gradient graph of the workload (it needs a loss: -w training)");
  app.add_option("--onnx", graph.onnx, "Write NAME.onnx; its weights lie beside it as NAME.HASH.safetensors");
  app.add_option("--gguf", graph.gguf,
                 "Write a decoder that readers of GGUF know, with its weights, as NAME.gguf");
  app.add_option("--seed", graph.seed, "Seed of the generated weights")->capture_default_str();
  add_json(app, graph.json);
  app.footer(
      "Examples:\n"
      "  assay graph smollm2-135m                         a readable summary\n"
      "  assay graph smollm2-135m -w latency --json\n"
      "  assay graph smollm2-135m --onnx out/smollm2.onnx  opens in any ONNX viewer");
}

void define_materials(CLI::App& app, MaterialsArguments& materials) {
  app.add_option("model", materials.model, "Model by name, a directory, an .onnx or a .gguf file")
      ->required();
  add_size(app, materials.size);
  add_workload(app, materials.workload);
  add_model_file(app, materials.model_file);
  add_request_sizes(app, materials.sizes);
  app.add_option("--dir", materials.directory, "Folder to write to")->required();
  app.add_option("--weights", materials.weights, "A safetensors file with the model's weights")
      ->check(kNotEmpty);
  app.add_option("--seed", materials.seed, "Seed of the generated weights")->capture_default_str();
  app.footer(
      "Examples:\n  assay materials smollm2-135m --size tiny -w training --dir /tmp/given\n"
      "Writes what a runner is given: graph.json, weights.safetensors, inputs-0.safetensors, "
      "inputs-1.safetensors,\n"
      "model.onnx, state.safetensors where the workload has a state, and in training gradient.json and "
      "gradient.onnx.");
}

void define_reference(CLI::App& app, ReferenceArguments& reference) {
  app.group("");  // hidden: the program calls itself, so that the truth lives in a process of its own
  app.add_option("--graph", reference.graph)->required();
  app.add_option("--bindings", reference.bindings)->required();
  app.add_option("--out", reference.output)->required();
  app.add_option("--scalar", reference.scalar)->check(CLI::IsMember({"f32", "f64"}));
  app.add_option("--blocking", reference.blocking)->check(CLI::Range(0, 2));
  app.add_option("--threads", reference.threads);
  app.add_option("--operands", reference.operands)->check(CLI::IsMember({"full", "tf32", "f16", "bf16"}));
  app.add_option("--kinks", reference.kinks)->check(CLI::IsMember({"computed", "on", "off"}));
  app.add_option("--kink-width", reference.kink_width)->check(CLI::NonNegativeNumber);
}

void define_judge(CLI::App& app, JudgeArguments& judge) {
  app.group("");  // hidden: for the authors of runners and for the thresholds
  app.add_option("-m,--model", judge.models, "Models by name");
  app.add_option("-f,--framework", judge.contestants, "Contestants")->required();
  app.add_option("-w,--workload", judge.workloads, "Workloads; none: all");
  add_request_sizes(app, judge.sizes);
  add_size(app, judge.size);
  add_model_file(app, judge.model_file);
  auto* models = app.get_option("--model");
  app.add_option("--graphs", judge.graphs,
                 "Small graphs instead: a folder of folders as `assay materials` writes them")
      ->excludes(models);
  app.add_flag("--mutants", judge.mutants, "Also judge them with one mistake after the other in the graph");
  app.add_option("--mutant", judge.mutant, "With --mutants: only this one; may be repeated");
  app.add_flag("--tensors", judge.tensors, "With --json: the errors of every tensor");
  add_json(app, judge.json);
}

}  // namespace assay::cli
