// The command line, parsed: one struct a command. CLI11 is included by the files that define
// options alone: it costs seconds to compile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "models/request.h"

namespace assay::cli {

// What is said of a model that is an ONNX file (imports/normal_form.h).
struct ModelFileArguments {
  std::vector<std::string> dims;   // "batch=1"
  std::vector<std::string> fixed;  // "sr=16000"
  std::filesystem::path inputs;    // .npz or .safetensors
};

struct RunArguments {
  std::vector<std::string> models;       // names or directories; empty: see docs/usage.md
  std::vector<std::string> contestants;  // "sample", "sample/eager"; empty: those that set up fastest
  bool all = false;                      // every framework that is not hidden
  std::vector<std::string> workloads;    // empty: see docs/usage.md
  models::Sweep sizes;                   // of requests
  std::string preset;                    // a workload and sizes by what people do; empty: none
  std::string size = "full";
  ModelFileArguments model_file;
  std::optional<int> rounds;
  std::optional<double> budget_s;
  std::optional<double> deadline_s;
  double target_percent = 3;
  std::vector<int> threads;  // 0: one for each usable core of the fast kind; several: contestants at each
  std::filesystem::path weights;
  std::string label;  // for the run; empty: none
  uint64_t seed = 0;
  std::optional<int64_t> memory_limit_bytes;  // of each contestant
  bool set_up = false;                        // set up what is missing instead of reporting it
  bool offline = false;                       // without the network
  bool json = false;
  std::string resume;                         // id of a run to go on with, whose arguments then count
  std::string command;                        // as typed, for the record
  std::vector<std::string> keep_environment;  // variables that runners get although they steer frameworks
  std::vector<std::string> words;             // the command line without the program
};

struct SetupArguments {
  std::vector<std::string> frameworks;  // or framework/variant; empty: all that are not hidden
  bool offline = false;
  bool json = false;
};

struct CleanArguments {
  bool all = false;
  bool dry_run = false;
  std::string format = "text";
  bool json = false;
};

struct EnvArguments {
  bool json = false;
};

struct CompletionArguments {
  std::string shell;  // "bash", "zsh", "fish"
};

// What the completion of a shell asks: the words after the program, the last one being typed.
struct CompleteArguments {
  std::vector<std::string> words;
};

struct GuardArguments {
  std::string origin;  // how the markers of those to kill begin
};

struct CheckArguments {
  std::string format = "text";
  bool json = false;
};

struct LimitsArguments {
  int threads = 0;                 // 0: one for each usable core of the fast kind
  bool again = false;              // even when they are cached
  bool measure = false;            // in this process: what the command itself starts
  std::vector<std::string> probe;  // with `measure`: only these (limits/limits_probe.h)
  std::string format = "text";
  bool json = false;
};

struct ListArguments {
  std::string size = "full";
  std::string format = "text";
  bool presets = false;
  bool json = false;
};

struct ShowArguments {
  std::string run;  // id, its beginning, a label, or "last"; empty: list the runs
  bool samples = false;
  bool files = false;    // what the footprint counts
  std::string baseline;  // contestant; empty: the run's first
  double margin_percent = 3;
  std::string format = "text";
  bool json = false;
};

struct AdviseArguments {
  std::vector<std::string> models;  // by name, as stored; empty: every model that there are results of
  std::string size = "full";
  std::string goal;     // latency, throughput, training, chat, start or size; empty: the first four
  models::Sweep sizes;  // of requests, one a dimension; empty: every size that is stored
  std::optional<double> latency_s;
  std::optional<int64_t> memory_bytes;
  std::optional<int64_t> footprint_bytes;
  std::optional<double> start_s;
  std::string language;  // empty: any
  bool exact = false;
  int threads = 0;  // of the results; 0: as many as the newest have
  double margin_percent = 3;
  std::string format = "text";
  bool json = false;
};

struct ExportArguments {
  std::vector<std::string> runs;  // ids, their beginnings, labels, or "last"; empty: all
  std::filesystem::path output;   // empty or "-": standard output
  bool json = false;
};

struct ImportArguments {
  std::vector<std::filesystem::path> files;
  bool dry_run = false;
  bool json = false;
};

// `assay import KIND SOURCE`: a model that becomes an ONNX file (imports/export_model.h).
struct ImportModelArguments {
  std::string kind;  // empty: files of results are imported
  std::string source;
  std::string task;
  std::vector<std::string> dims;  // "batch=1"
  std::filesystem::path python, output;
  bool offline = false;
  bool json = false;
};

struct CompareArguments {
  std::string before, after;
  std::vector<std::string> models, workloads;  // empty: all
  double margin_percent = 3;
  std::string format = "text";
  bool json = false;
};

struct HistoryArguments {
  std::string contestant;
  std::vector<std::string> models, workloads;  // empty: all
  int last = 200;                              // runs, the newest
  std::string format = "text";
  bool json = false;
};

struct GateArguments {
  std::string run = "last";
  std::string baseline;
  double max_percent = 5;
  std::vector<std::string> models, workloads;  // empty: all
  std::string format = "text";
  bool json = false;
};

struct ClaimsArguments {
  std::vector<std::string> names;  // empty: all
  std::string format = "text";
  bool json = false;
};

struct ReportArguments {
  std::vector<std::string> runs;  // by id, label, ...; empty: the newest results of every machine
  std::filesystem::path output = "assay-report.html";  // "-": standard output
  std::filesystem::path site;                          // the folder of a site; empty: one page
  bool json = false;
};

struct GraphArguments {
  std::string model;
  std::string size = "full";
  std::string workload = "inference";
  models::Sweep sizes;    // of the request, one a dimension
  bool gradient = false;  // the training step's gradient graph
  bool json = false;
  std::filesystem::path onnx;
  std::filesystem::path gguf;
  uint64_t seed = 0;
  ModelFileArguments model_file;
};

struct MaterialsArguments {
  std::string model;
  std::string size = "full";
  std::string workload = "inference";
  models::Sweep sizes;  // of the request, one a dimension
  std::filesystem::path directory;
  std::filesystem::path weights;
  std::string label;  // for the run; empty: none
  uint64_t seed = 0;
  ModelFileArguments model_file;
};

struct JudgeArguments {
  std::vector<std::string> models = {"smollm2-135m"};
  std::vector<std::string> contestants;
  std::vector<std::string> workloads;  // empty: all of the model's
  models::Sweep sizes;                 // of requests
  std::string size = "tiny";
  ModelFileArguments model_file;
  std::filesystem::path graphs;     // a folder of graphs, each with its files, instead of models
  bool mutants = false;             // runners with mistakes too
  std::vector<std::string> mutant;  // only these; empty: all
  bool tensors = false;             // in JSON: the errors of every tensor
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
                 AdviseArguments, CompareArguments, HistoryArguments, GateArguments, ClaimsArguments,
                 ReportArguments, ExportArguments, ImportArguments, ImportModelArguments, GraphArguments,
                 MaterialsArguments, ReferenceArguments, JudgeArguments, CleanArguments, EnvArguments,
                 CompletionArguments, CompleteArguments, GuardArguments>;

// What parsing came to: a command, or a text that ends the program (--help, --version, an error) with its
// exit code.
struct EarlyExit {
  std::string text;
  int exit_code = 0;
};

[[nodiscard]] std::expected<Command, EarlyExit> parse(int argc, const char* const* argv);

// The language of the command line, for completion.
struct OptionWords {
  std::vector<std::string> names;  // "-m", "--model"
  bool takes_value = false;
  std::vector<std::string> choices;  // where the values are few and fixed
};
struct CommandWords {
  std::string name;
  std::vector<OptionWords> options;
};
[[nodiscard]] std::vector<CommandWords> commands();

}  // namespace assay::cli
