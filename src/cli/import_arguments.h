// The options of `assay import`: of files of results, and of models that become ONNX files.
#pragma once

#include "cli/arguments.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}  // namespace CLI

namespace assay::cli {

void define_import(CLI::App& app, ImportArguments& imported);

// A command below `import` for each kind of model that some exporter takes; the one that is called sets
// `kind`. Without a source tree there are none.
void define_model_imports(CLI::App& import, ImportModelArguments& model);

}  // namespace assay::cli
