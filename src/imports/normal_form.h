// A file of ONNX brought into the form that the core reads (onnx/import.h), by a program in a Python
// environment of its own with ONNX's checker, shape inference and version converter, and the optimiser of
// onnxscript: importers/onnx. The file is from outside: the program's memory and time are limited. What it
// made is kept in the cache.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "setup/build.h"

namespace assay::imports {

// What is said of a file on the command line.
struct Wishes {
  std::map<std::string, int64_t> dims;       // size of a dimension by its name, or by INPUT.AXIS
  std::map<std::string, std::string> fixed;  // inputs that are settings: their values, which are folded in
  std::filesystem::path inputs;  // .npz or .safetensors with the first input set; empty: generated
};

// Where the importer lies and how its environment may be set up.
struct Workshop {
  std::filesystem::path source;  // the source tree
  std::filesystem::path assay;   // this program, for evaluations in a child process
  setup::SetupObserver observer;
  setup::Network network = setup::Network::allowed;
};

// The importer as something to set up: one build, no variants.
[[nodiscard]] setup::Framework importer(const std::filesystem::path& source);

// Inputs that are integers of few bits in the file, int32 here: the least and the most that each may be.
using Ranges = std::map<std::string, std::pair<int64_t, int64_t>>;

struct NormalForm {
  std::filesystem::path folder;
  std::filesystem::path model, weights;
  std::optional<std::filesystem::path> fixed;  // safetensors: the inputs that were folded in
  std::string content;                         // hash of the file and of the files that it refers to
  std::vector<std::string> notes;              // what was changed, for people
  Ranges ranges;
};

// Fails (usage) where a dimension is missing or unknown, (data) with one line that names the file and the
// node or tensor, (environment) where the importer cannot be set up.
[[nodiscard]] Result<NormalForm> normal_form(const std::filesystem::path& file, const Wishes& wishes,
                                             const Workshop& workshop);

// The input set in a file of NumPy's arrays or of safetensors, by the inputs' names, as safetensors in
// `folder`.
[[nodiscard]] Result<std::filesystem::path> given_inputs(const std::filesystem::path& inputs,
                                                         const std::filesystem::path& folder,
                                                         const Workshop& workshop);

}  // namespace assay::imports
