// A model that lives elsewhere as an ONNX file, by one of the exporters, and held against what the framework
// that it comes from computes of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "imports/exporter.h"
#include "imports/normal_form.h"

namespace assay::imports {

// What is said on the command line.
struct ExportWishes {
  std::string kind, source;
  std::string task;                      // empty: what the source says
  std::map<std::string, int64_t> sizes;  // by name
  std::filesystem::path python;  // an interpreter of the user's, instead of the framework's; empty: none
  std::filesystem::path output;  // the file; beside it OUTPUT.data, where it is too large for one
};

struct ExportObserver {
  std::function<void(std::string_view what)> progress;  // what is being done, for a live view
  std::function<void(std::string_view line)> say;       // what was decided, a line each
  std::function<bool()> stopped;                        // whether to end
};

struct ExportedModel {
  std::filesystem::path file;
  std::string framework;                 // its title
  int64_t bytes = 0;                     // with its data
  std::map<std::string, int64_t> open;   // dimensions that the file leaves open, as in the example
  std::string precision;                 // in which the framework computed: "float64" or "float32"
  double difference = 0;                 // |ours - theirs| / |theirs| of the worst output
  std::map<std::string, int> operators;  // of the graph that will be run, patterns put together
};

// Sets up what is needed, exports, evaluates the file in float64 on the example inputs and compares. The file
// is written where both agree. Fails (usage, data) with a line that names the source and what its framework
// says of it, (data) where the outputs are not the same, (environment) where something cannot be set up.
[[nodiscard]] Result<ExportedModel> export_model(const Exporter& exporter, const ExportWishes& wishes,
                                                 const Workshop& workshop, const ExportObserver& observer);

}  // namespace assay::imports
