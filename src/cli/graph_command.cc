// `assay graph`: a model's graph, or one in a file, as a readable summary, as JSON, or as an ONNX file with
// its weights beside it.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "autodiff/gradient.h"
#include "base/file.h"
#include "cli/chosen_model.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "gguf/export.h"
#include "graph/json.h"
#include "graph/summary.h"
#include "models/weights.h"
#include "onnx/export.h"

namespace assay::cli {
namespace fs = std::filesystem;
namespace {

// A model's graph, or one that lies in a file; and where its parameters come from.
struct Chosen {
  graph::Graph graph;
  std::vector<fs::path> checkpoint;
};

Result<Chosen> choose(const GraphArguments& arguments) {
  std::error_code ec;
  if (arguments.model.ends_with(".json") && !fs::is_directory(arguments.model, ec)) {
    ASSAY_TRY(const auto text, read_file(arguments.model));
    auto graph = graph::from_json(text);
    if (!graph) return fail(graph.error().kind, "{}: {}", arguments.model, graph.error().message);
    return Chosen{.graph = *std::move(graph), .checkpoint = {}};
  }
  ASSAY_TRY(const auto model, chosen_model(arguments.model, arguments.size, arguments.model_file));
  ASSAY_TRY(auto workload, chosen_workload(model, arguments.workload, arguments.sizes));
  return Chosen{.graph = std::move(workload.step.graph), .checkpoint = model.checkpoint};
}

// A file of another kind is not written over.
Result<> check_ending(const fs::path& path, std::string_view option, std::string_view ending) {
  if (path.extension() == ending) return {};
  return fail(ErrorKind::usage, "{} {}: a name that ends in {} is expected", option, path.string(), ending);
}

// The weights' own name in it tells them from any other model's, and from a file of the user's: an ONNX file
// that refers to them never meets others.
Result<> write_onnx(const Chosen& chosen, const GraphArguments& arguments) {
  const fs::path folder = arguments.onnx.has_parent_path() ? arguments.onnx.parent_path() : ".";
  ASSAY_TRY_VOID(check_ending(arguments.onnx, "--onnx", ".onnx"));
  ASSAY_TRY_VOID(check_no_checkpoint(folder));
  ASSAY_TRY(const auto key, models::weights_key(chosen.graph, chosen.checkpoint, arguments.seed));
  fs::path weights = arguments.onnx;
  weights.replace_extension(fmt::format("{}.safetensors", key));
  ASSAY_TRY_VOID(models::write_weights(chosen.graph, chosen.checkpoint, arguments.seed, weights));
  ASSAY_TRY_VOID(onnx::export_onnx(chosen.graph, weights, arguments.onnx));
  print_error("assay: wrote {} and {}\n", arguments.onnx.string(), weights.string());
  return {};
}

// A new folder beside the path, removed with what is in it.
class Scratch {
 public:
  static Result<Scratch> beside(const fs::path& path) {
    std::string name = path.string() + ".XXXXXX";
    std::error_code ec;
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), ec);
    if (::mkdtemp(name.data()) == nullptr)
      return fail(ErrorKind::environment, "{}: no folder can be made beside it: {}", path.string(),
                  std::generic_category().message(errno));
    return Scratch(name);
  }
  Scratch(Scratch&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    std::error_code ec;
    if (!path_.empty()) fs::remove_all(path_, ec);
  }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  explicit Scratch(fs::path path) : path_(std::move(path)) {}
  fs::path path_;
};

// The weights are needed only until they have been copied into the file.
Result<> write_gguf(const Chosen& chosen, const GraphArguments& arguments) {
  ASSAY_TRY_VOID(check_ending(arguments.gguf, "--gguf", ".gguf"));
  ASSAY_TRY(const Scratch scratch, Scratch::beside(arguments.gguf));
  const fs::path weights = scratch.path() / "weights.safetensors";
  ASSAY_TRY_VOID(models::write_weights(chosen.graph, chosen.checkpoint, arguments.seed, weights));
  ASSAY_TRY_VOID(gguf::export_gguf(chosen.graph, weights, arguments.gguf));
  print_error("assay: wrote {}\n", arguments.gguf.string());
  return {};
}

Result<> show_graph(const GraphArguments& arguments) {
  ASSAY_TRY(Chosen chosen, choose(arguments));
  if (arguments.gradient) {
    ASSAY_TRY(chosen.graph, autodiff::gradient(chosen.graph));
  }
  if (!arguments.onnx.empty()) ASSAY_TRY_VOID(write_onnx(chosen, arguments));
  if (!arguments.gguf.empty()) ASSAY_TRY_VOID(write_gguf(chosen, arguments));
  if (arguments.json || (arguments.onnx.empty() && arguments.gguf.empty()))
    print("{}\n", arguments.json ? graph::to_json(chosen.graph) : graph::summary(chosen.graph));
  return {};
}

}  // namespace

int run(const GraphArguments& arguments) {
  const auto result = show_graph(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
