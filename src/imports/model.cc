#include "imports/model.h"

#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/hash.h"
#include "base/json_fields.h"
#include "base/seal.h"
#include "base/text.h"
#include "graph/json.h"
#include "imports/inputs.h"
#include "imports/proof.h"
#include "models/fresh.h"
#include "models/stack.h"
#include "onnx/import.h"
#include "tensor/safetensors.h"

namespace assay::imports {
namespace fs = std::filesystem;
namespace {

using graph::Graph;
using models::Workload;

constexpr size_t kHashDigits = 8;  // of a model's name
constexpr size_t kMostOfName = 200;

// What was proven before, as it is kept beside the normal form.
struct Kept {
  std::vector<std::string> kinds, refused;
};

Result<Kept> read_kept(const fs::path& path, const std::string& of) {
  if (!is_intact(path)) return fail(ErrorKind::data, "{}: not there", path.string());
  ASSAY_TRY(const auto json, read_json(path));
  JsonFields fields(json, path.string());
  const std::string key = fields.text("of");
  Kept kept{fields.texts("kinds"), fields.texts("refused")};
  ASSAY_TRY_VOID(fields.finish());
  if (key != of) return fail(ErrorKind::data, "{}: of another graph", path.string());
  return kept;
}

std::vector<std::string> kinds_of(const recognise::Recognised& recognised) {
  std::vector<std::string> kinds;
  for (const auto& [kind, count] : recognised.found) kinds.push_back(kind);
  return kinds;
}

// Of both graphs: a rule that was changed since has to be proven again.
Result<std::string> key_of_proof(const Graph& plain, const fs::path& weights) {
  ASSAY_TRY(const auto known, tensor::read_safetensors(weights));
  ASSAY_TRY(const auto all, recognise::recognise(plain, recognise::kinds(), known));
  return Hasher().add(graph::to_json(plain)).add(graph::to_json(all.graph)).hex();
}

struct Imported {
  recognise::Recognised recognised;
  std::vector<std::string> refused;
  std::string key;  // of what was proven
};

Result<Imported> recognised_of(const Graph& plain, const NormalForm& form,
                               const std::vector<tensor::TensorMap>& sets,
                               const verify::Evaluator& evaluate) {
  const fs::path path = form.folder / "proof.json";
  ASSAY_TRY(const std::string key, key_of_proof(plain, form.weights));
  if (const auto kept = read_kept(path, key)) {
    ASSAY_TRY(auto recognised, again(plain, form.weights, kept->kinds));
    return Imported{std::move(recognised), kept->refused, key};
  }
  ASSAY_TRY(auto made, proven(plain, form.weights, sets, form.folder, evaluate));
  const nlohmann::json json = {{"of", key}, {"kinds", kinds_of(made.recognised)}, {"refused", made.refused}};
  ASSAY_TRY_VOID(write_file(path, json_text(json)));
  ASSAY_TRY_VOID(seal(path));
  return Imported{std::move(made.recognised), std::move(made.refused), key};
}

// The weights under the names that the recognised graph has for them; a rule that was changed has others.
Result<fs::path> weights_of(const Imported& imported, const NormalForm& form) {
  if (imported.recognised.transposed.empty()) return form.weights;
  fs::path path = form.folder / fmt::format("recognised-{}.safetensors", imported.key.substr(0, kHashDigits));
  if (is_intact(path)) return path;
  ASSAY_TRY_VOID(write_weights(imported.recognised, form.weights, path));
  ASSAY_TRY_VOID(seal(path));
  return path;
}

// "model.onnx" is many people's; the folder tells more then.
std::string name_of(const fs::path& file) {
  std::error_code ec;
  const fs::path path = fs::absolute(file, ec).lexically_normal();
  const std::string folder = path.parent_path().filename().string();
  const bool plain = path.stem() == "model" && !folder.empty();
  return plain ? fmt::format("{}/{}", folder, path.filename().string()) : path.filename().string();
}

std::string hash_of(const NormalForm& form, const Wishes& wishes) {
  Hasher hasher;
  hasher.add(form.content);
  for (const auto& [name, size] : wishes.dims) hasher.add(name).add(size);
  for (const auto& [name, value] : wishes.fixed) hasher.add(name).add(value);
  return hasher.hex().substr(0, kHashDigits);
}

Workload workload_of(const std::string& model, const Graph& graph, const Policy& policy) {
  Workload workload{.model = model, .size = "full", .name = "inference", .step = {.graph = graph}};
  workload.draws = policy.draws;
  const auto sets = models::fresh_inputs(workload, 0, 0, 2);
  for (size_t set = 0; set < 2; ++set)
    workload.step.inputs[set] = models::set_of(sets, static_cast<int>(set));
  return workload;
}

Result<Policy> inputs_of(const Graph& plain, const Wishes& wishes, const NormalForm& form,
                         const Workshop& workshop) {
  if (wishes.inputs.empty()) return policy_of(plain, form.ranges);
  ASSAY_TRY(const fs::path given, given_inputs(wishes.inputs, form.folder, workshop));
  return policy_from(plain, given);
}

void say_decisions(const Imported& imported, const NormalForm& form, const Policy& policy,
                   const std::function<void(std::string_view)>& say) {
  for (const std::string& note : form.notes) say(note);
  if (!policy.words.empty()) say(fmt::format("inputs: {}", fmt::join(policy.words, "; ")));
  std::vector<std::string> found;
  for (const auto& [kind, count] : imported.recognised.found)
    found.push_back(fmt::format("{} {}", count, kind));
  if (!found.empty()) say(fmt::format("recognised and proven equal in float64: {}", fmt::join(found, ", ")));
  if (!imported.refused.empty())
    say(fmt::format("not equal in float64, so left as they are: {}", fmt::join(imported.refused, ", ")));
}

}  // namespace

bool is_file_to_import(std::string_view name) { return name.ends_with(".onnx"); }

Result<models::Model> model_of(const fs::path& file, const Wishes& wishes, const Workshop& workshop,
                               const std::function<void(std::string_view)>& say) {
  ASSAY_TRY(const NormalForm form, normal_form(file, wishes, workshop));
  auto plain = onnx::import_onnx(form.model, form.weights);
  if (!plain) return fail(plain.error().kind, "{}: {}", file.string(), plain.error().message);
  ASSAY_TRY(const Policy policy, inputs_of(*plain, wishes, form, workshop));
  models::Model model{
      .name = fmt::format("{}#{}", one_line(name_of(file), kMostOfName), hash_of(form, wishes)),
      .size = "full",
      .family = "onnx",
      .description = fmt::format("an ONNX file, {}", one_line(file.filename().string(), kMostOfName)),
      .workloads = {"inference"}};
  const Workload before = workload_of(model.name, *plain, policy);
  auto imported = recognised_of(*plain, form, {before.step.inputs[0], before.step.inputs[1]},
                                verify::child_evaluator(workshop.assay));
  if (!imported) return fail(imported.error().kind, "{}: {}", file.string(), imported.error().message);
  ASSAY_TRY(const fs::path weights, weights_of(*imported, form));
  say_decisions(*imported, form, policy, say);
  std::error_code ec;
  const models::Original original{fs::absolute(file, ec), form.fixed};
  if (!imported->recognised.graph.with_role(graph::Role::parameter).empty()) model.checkpoint = {weights};
  model.build = [identity = model, graph = std::move(imported->recognised.graph), policy,
                 original](std::string_view name) -> Result<Workload> {
    ASSAY_TRY_VOID(models::normal_name(identity, name));
    Workload workload = workload_of(identity.name, graph, policy);
    workload.original = original;
    return workload;
  };
  return model;
}

}  // namespace assay::imports
