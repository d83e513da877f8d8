#include "models/sentence_modules.h"

#include <array>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/json_fields.h"
#include "base/text.h"
#include "models/checkpoint.h"
#include "models/checkpoint_files.h"

namespace assay::models {
namespace fs = std::filesystem;
namespace {

constexpr const char* kTransformerFile = "sentence_bert_config.json";
constexpr const char* kSentencesFile = "config_sentence_transformers.json";

struct Module {
  std::string type;  // "Pooling", of "sentence_transformers.models.Pooling"
  std::string path;
};

Module read_entry(JsonFields& fields) {
  const std::string type = fields.text("type");
  // Another package's class of that name need not do the same.
  const bool own = type.starts_with("sentence_transformers.");
  return {own ? type.substr(type.rfind('.') + 1) : type, fields.text("path")};
}

Result<std::vector<Module>> read_list(const fs::path& path) {
  ASSAY_TRY(const auto json, read_json(path));
  if (!json.is_array()) return fail(ErrorKind::data, "{}: a list of modules is expected", path.string());
  std::vector<Module> modules;
  for (size_t i = 0; i < json.size(); ++i) {
    JsonFields fields(json[i], fmt::format("{}: module {}", path.string(), i), JsonFields::Unknown::allowed);
    modules.push_back(read_entry(fields));
    ASSAY_TRY_VOID(fields.finish());
  }
  return modules;
}

// A folder may be absent where it would hold nothing.
Result<Config> config_in(const fs::path& folder) {
  std::error_code ec;
  return fs::exists(folder / kConfigFile, ec) ? Config::read(folder / kConfigFile) : Config::empty();
}

Result<Pooling> read_pooling(const Config& config, int64_t width) {
  for (const char* key : {"word_embedding_dimension", "embedding_dimension"}) {
    if (!config.has(key)) continue;
    ASSAY_TRY(const int64_t dimension, config.positive(key));
    if (dimension != width) return config.refuse(key, fmt::format("hidden_size, {}", width));
  }
  for (const char* key : {"pooling_mode_max_tokens", "pooling_mode_mean_sqrt_len_tokens",
                          "pooling_mode_weightedmean_tokens", "pooling_mode_lasttoken"})
    ASSAY_TRY_VOID(config.must_be(key, false));
  constexpr std::array<std::string_view, 2> kModes = {"mean", "cls"};
  ASSAY_TRY_VOID(config.must_be_one_of("pooling_mode", kModes));
  Pooling pooling = Pooling::mean;
  if (config.has("pooling_mode")) {
    ASSAY_TRY(const auto mode, config.text("pooling_mode"));
    pooling = mode == "cls" ? Pooling::first : Pooling::mean;
  } else {
    ASSAY_TRY(const bool first, config.flag("pooling_mode_cls_token", false));
    // As sentence-transformers has it: several modes are put one behind the other.
    ASSAY_TRY(const bool mean, config.flag("pooling_mode_mean_tokens", true));
    if (first == mean) return config.refuse("pooling_mode_mean_tokens", first ? "false" : "true");
    pooling = first ? Pooling::first : Pooling::mean;
  }
  // Prompts are texts, and the workloads have none.
  constexpr std::array<std::string_view, 3> kWithoutEffect = {"include_prompt", "pooling_mode_cls_token",
                                                              "pooling_mode_mean_tokens"};
  ASSAY_TRY_VOID(config.check_all_asked(kWithoutEffect));
  return pooling;
}

Result<> check_transformer(const Config& config, int64_t longest) {
  if (config.has("max_seq_length")) {
    ASSAY_TRY(const int64_t length, config.positive("max_seq_length"));
    if (length < longest) return config.refuse("max_seq_length", fmt::format("at least {}", longest));
  }
  constexpr std::array<std::string_view, 1> kTask = {"feature-extraction"};
  ASSAY_TRY_VOID(config.must_be_one_of("transformer_task", kTask));
  constexpr std::array<std::string_view, 1> kOutput = {"last_hidden_state"};
  ASSAY_TRY_VOID(config.must_be_one_of("module_output_name", kOutput));
  constexpr std::array<std::string_view, 2> kWithoutEffect = {"do_lower_case", "modality_config"};
  return config.check_all_asked(kWithoutEffect);
}

Result<> check_sentences(const Config& config) {
  constexpr std::array<std::string_view, 1> kType = {"SentenceTransformer"};
  ASSAY_TRY_VOID(config.must_be_one_of("model_type", kType));
  constexpr std::array<std::string_view, 4> kWithoutEffect = {"__version__", "prompts", "default_prompt_name",
                                                              "similarity_fn_name"};
  return config.check_all_asked(kWithoutEffect);
}

Result<> read_module(const fs::path& directory, const Module& module, size_t place, int64_t width,
                     SentenceModules& result) {
  const auto refuse = [&] {
    return fail(
        ErrorKind::data,
        "{}: module {} is {} in '{}', expected Transformer in '', then Pooling, then perhaps Normalize",
        (directory / kModulesFile).string(), place, one_line(module.type, 200), one_line(module.path, 200));
  };
  constexpr std::array<std::string_view, 3> kOrder = {"Transformer", "Pooling", "Normalize"};
  if (place >= kOrder.size() || module.type != kOrder[place] || (place == 0) != module.path.empty() ||
      fs::path(module.path).filename() != module.path)
    return refuse();
  if (place == 0) return {};
  result.files.insert(module.path);
  ASSAY_TRY(const Config config, config_in(directory / module.path));
  if (module.type == "Normalize") return config.check_all_asked({});
  ASSAY_TRY(result.pooling, read_pooling(config, width));
  return {};
}

}  // namespace

Result<SentenceModules> read_sentence_modules(const fs::path& directory, int64_t width, int64_t longest) {
  SentenceModules result;
  std::error_code ec;
  for (const char* name : {kTransformerFile, kSentencesFile}) {
    if (!fs::exists(directory / name, ec)) continue;
    ASSAY_TRY(const Config config, Config::read(directory / name));
    ASSAY_TRY_VOID(name == kTransformerFile ? check_transformer(config, longest) : check_sentences(config));
    result.files.insert(name);
  }
  if (!fs::exists(directory / kModulesFile, ec)) return result;
  result.files.insert(kModulesFile);
  ASSAY_TRY(const auto modules, read_list(directory / kModulesFile));
  if (modules.size() < 2)
    return fail(ErrorKind::data, "{}: {} modules, expected a Transformer and a Pooling",
                (directory / kModulesFile).string(), modules.size());
  for (size_t i = 0; i < modules.size(); ++i)
    ASSAY_TRY_VOID(read_module(directory, modules[i], i, width, result));
  result.normalised = modules.size() == 3;
  return result;
}

}  // namespace assay::models
