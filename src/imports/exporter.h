// Programs that make an ONNX file of a model that lives elsewhere: what importers/NAME/importer.toml says of
// them. They are found by looking and listed nowhere.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "setup/framework.h"

namespace assay::imports {

// One kind of source that a program takes: the word behind `assay import`, and what --help says.
struct ModelKind {
  std::string name;     // "onnxlike"
  std::string operand;  // "FILE or DIRECTORY"
  std::string summary;
  std::string dim, task;              // what these options mean; empty: there is none
  std::vector<std::string> examples;  // lines
};

struct Exporter {
  setup::Framework own;   // its environment, as something to set up: one build
  std::string framework;  // whose interpreter runs it, with that one's packages first
  std::string program;    // in its folder
  std::vector<ModelKind> kinds;
};

// All below `source`/importers, sorted by folder. Fails (data) naming file and key.
[[nodiscard]] Result<std::vector<Exporter>> exporters(const std::filesystem::path& source);

}  // namespace assay::imports
