// The options of the commands that take one model apart, and those of a model that is a file.
#pragma once

#include "cli/arguments.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}  // namespace CLI

namespace assay::cli {

// Of a model that is an ONNX file.
void add_model_file(CLI::App& app, ModelFileArguments& said);

void define_graph(CLI::App& app, GraphArguments& graph);
void define_materials(CLI::App& app, MaterialsArguments& materials);
void define_reference(CLI::App& app, ReferenceArguments& reference);
void define_judge(CLI::App& app, JudgeArguments& judge);

}  // namespace assay::cli
