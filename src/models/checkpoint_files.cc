#include "models/checkpoint_files.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"

namespace assay::models {
namespace fs = std::filesystem;
namespace {

// Kinds of files, by how their names end.
constexpr std::string_view kHarmlessEndings[] = {
    // texts, pictures, programs that nobody runs here
    ".md", ".txt", ".rst", ".html", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".csv", ".tsv",
    ".log", ".py", ".sh", ".ipynb", ".jinja", ".lock", "LICENSE", "LICENCE", "NOTICE", "CITATION.cff",
    // the tokenizer's own formats
    ".model", ".tiktoken", ".vocab",
    // weights for other programs
    ".gguf", ".onnx", ".onnx_data", ".h5", ".msgpack", ".ot", ".pb", ".tflite", ".mlmodel", ".llamafile"};

// By their whole names.
constexpr std::string_view kHarmlessNames[] = {
    // the tokenizer
    "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.json",
    "merges.json", "chat_template.json", "preprocessor_config.json", "processor_config.json",
    // how text is generated, and for which similarity and prompts embeddings were trained
    "generation_config.json",
    // training
    "data_config.json", "trainer_state.json", "training_args.bin", "training_args.json", "optimizer.pt",
    "optimizer.bin", "scheduler.pt", "scaler.pt", "rng_state.pth", "all_results.json", "train_results.json",
    "eval_results.json", "eval_result.json", "training_config.json", "latest",
    // weights for other programs
    "pytorch_model.bin", "pytorch_model.bin.index.json", "tf_model.h5", "params.json", "checklist.chk",
    "coreml", "onnx", "openvino", "original", "tensorrt", "runs", "logs", "images", "assets", "figures"};

// Names with a number in their midst: the beginning and the end.
constexpr std::pair<std::string_view, std::string_view> kHarmlessParts[] = {
    {"pytorch_model-", ".bin"},       {"rng_state_", ".pth"}, {"consolidated", ".pth"},
    {"consolidated", ".safetensors"}, {"checkpoint-", ""},    {"global_step", ""}};

bool is_harmless(std::string_view name) {
  if (name.starts_with('.')) return true;  // .git, .cache, what desktops leave behind
  const auto ends = [&](std::string_view ending) { return name.ends_with(ending); };
  const auto has_parts = [&](const auto& parts) {
    return name.starts_with(parts.first) && name.ends_with(parts.second);
  };
  return std::ranges::any_of(kHarmlessEndings, ends) ||
         std::ranges::find(kHarmlessNames, name) != std::end(kHarmlessNames) ||
         std::ranges::any_of(kHarmlessParts, has_parts);
}

std::string expectation(std::string_view name) {
  if (name.starts_with("adapter")) return "an adapter changes the model; merge it into the weights";
  if (name.ends_with(".safetensors"))
    return "other weights are read here, and two sets contradict each other";
  return "what it asks for is not known here. Move it elsewhere if the model's outputs do not depend on it";
}

Result<std::vector<fs::path>> entries_of(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code ec;
  for (fs::directory_iterator it(directory, ec), end; !ec && it != end; it.increment(ec))
    entries.push_back(it->path());
  if (ec) return fail(ErrorKind::data, "{}: cannot be read: {}", directory.string(), ec.message());
  std::ranges::sort(entries);
  return entries;
}

}  // namespace

Result<std::vector<fs::path>> safetensors_in(const fs::path& directory) {
  ASSAY_TRY(auto entries, entries_of(directory));
  std::erase_if(entries, [](const fs::path& path) {
    const std::string name = path.filename().string();
    return path.extension() != ".safetensors" || is_harmless(name);
  });
  return entries;
}

Result<> check_files(const fs::path& directory, const std::set<std::string>& read) {
  ASSAY_TRY(const auto entries, entries_of(directory));
  for (const fs::path& entry : entries) {
    const std::string name = entry.filename().string();
    if (!read.contains(name) && !is_harmless(name))
      return fail(ErrorKind::data, "{}: not expected beside {}: {}",
                  (directory / one_line(name, 200)).string(), kConfigFile, expectation(name));
  }
  return {};
}

}  // namespace assay::models
