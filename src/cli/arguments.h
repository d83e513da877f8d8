// The command line, parsed: one struct a command. CLI11 is included by arguments.cc alone, since it costs
// seconds to compile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"

namespace assay::cli {

struct RunArguments {
  std::vector<std::string> models;       // names or directories; empty: smollm2-135m
  std::vector<std::string> contestants;  // "pytorch", "pytorch/compile"; empty: those that set up fastest
  std::vector<std::string> workloads;    // empty: see docs/usage.md
  std::string size = "full";
  std::optional<int> rounds;
  std::optional<double> budget_s;
  std::optional<double> deadline_s;
  double target_percent = 3;
  int threads = 0;  // 0: every core that this process may use
  std::filesystem::path weights;
  uint64_t seed = 0;
  bool set_up = false;  // set up what is missing instead of reporting it
  bool json = false;
  std::string command;  // as typed, for the record
};

struct SetupArguments {
  std::vector<std::string> frameworks;  // empty: all that are not hidden
  bool json = false;
};

struct CheckArguments {
  bool json = false;
};

struct LimitsArguments {
  int threads = 0;       // 0: every core that this process may use
  bool again = false;    // even when they are cached
  bool measure = false;  // in this process: what the command itself starts
  bool json = false;
};

struct ListArguments {
  std::string size = "full";
  bool json = false;
};

struct ShowArguments {
  std::string run;  // id, its beginning, or "last"; empty: list the runs
  bool samples = false;
  bool files = false;  // what the footprint counts
  bool json = false;
};

struct GraphArguments {
  std::string model;
  std::string size = "full";
  std::string workload = "inference";
  bool gradient = false;  // the training step's gradient graph
  bool json = false;
  std::filesystem::path onnx;
  uint64_t seed = 0;
};

struct ExportArguments {
  std::string model;
  std::string size = "full";
  std::string workload = "inference";
  std::filesystem::path directory;
  std::filesystem::path weights;
  uint64_t seed = 0;
};

struct GateArguments {
  std::vector<std::string> models = {"smollm2-135m"};
  std::vector<std::string> contestants;
  std::vector<std::string> workloads;  // empty: all of the model's
  std::string size = "tiny";
  bool mutants = false;  // runners with mistakes too
  bool tensors = false;  // in JSON: the errors of every tensor
  bool json = false;
};

struct ReferenceArguments {
  std::filesystem::path graph;
  std::vector<std::filesystem::path> bindings;
  std::filesystem::path output;
  std::string scalar = "f64";
  int blocking = 0;
  int threads = 0;
  std::string operands = "full";
  std::string kinks = "computed";
  double kink_width = 0;
};

using Command =
    std::variant<RunArguments, SetupArguments, CheckArguments, LimitsArguments, ListArguments, ShowArguments,
                 GraphArguments, ExportArguments, ReferenceArguments, GateArguments>;

// What parsing came to: a command, or a text that ends the program (--help, --version, an error) with its
// exit code.
struct Ending {
  std::string text;
  int exit_code = 0;
};

[[nodiscard]] std::expected<Command, Ending> parse(int argc, const char* const* argv);

}  // namespace assay::cli
