#include "setup/framework.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "base/toml_reader.h"
#include "record/device.h"
#include "record/request.h"
#include "setup/build.h"
#include "setup/sdk_paths.h"

namespace assay::setup {
namespace fs = std::filesystem;
namespace {

constexpr std::array kForms = {std::pair{std::string_view("graph"), ModelForm::graph},
                               std::pair{std::string_view("onnx"), ModelForm::onnx},
                               std::pair{std::string_view("gguf"), ModelForm::gguf},
                               std::pair{std::string_view("original"), ModelForm::original}};
constexpr std::array kTrainings = {std::pair{std::string_view("none"), Training::none},
                                   std::pair{std::string_view("autodiff"), Training::autodiff},
                                   std::pair{std::string_view("gradient-graph"), Training::gradient_graph}};

// The value of a key that must be one of a few words; the first of `words` is the default.
template <class Words>
auto choice(TableReader& reader, std::string_view key, const Words& words) {
  const std::string text = reader.text_or(key, words.front().first);
  std::vector<std::string> known;
  for (const auto& [word, value] : words) {
    if (word == text) return value;
    known.emplace_back(word);
  }
  reader.set_fault("key \"{}\" must be one of {}, not \"{}\"", key, fmt::join(known, ", "), text);
  return words.front().second;
}

// Names stand in contestants, paths and command lines.
bool is_name(std::string_view text) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
  return !text.empty() && text.front() != '.' && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

void check_name(TableReader& reader, const std::string& name) {
  if (!is_name(name)) reader.set_fault("name \"{}\" must consist of a-z, 0-9, '-', '_' and '.'", name);
}

void check_exists(TableReader& reader, const fs::path& directory, std::string_view key,
                  const std::string& path) {
  std::error_code ec;
  if (!path.empty() && !fs::exists(directory / path, ec))
    reader.set_fault("key \"{}\": there is no {} in the framework's folder", key, path);
}

std::vector<std::string> read_sources(TableReader& reader, const fs::path& directory) {
  auto sources = with_sdk_sources(reader.texts("sources"), directory);
  if (!sources) reader.set_fault("key \"sources\": {}", sources.error().message);
  return std::move(sources).value_or(std::vector<std::string>());
}

Result<Build> read_build(const toml::table& table, const fs::path& directory, const fs::path& file) {
  TableReader reader(table, file, "[[build]]");
  Build build;
  build.name = reader.text("name");
  build.script = sdk_path(reader.text("script"));
  build.inputs = reader.texts("inputs");
  std::ranges::transform(build.inputs, build.inputs.begin(), sdk_path);
  build.tools = reader.texts("tools");
  build.native = reader.flag_or("native", false);
  build.quick = reader.flag_or("quick", false);
  build.compile = sdk_path(reader.text_or("compile", ""));
  build.sources = read_sources(reader, directory);
  build.download_mb = static_cast<int64_t>(reader.number("download_mb"));
  build.disk_mb = static_cast<int64_t>(reader.number("disk_mb"));
  build.minutes = reader.number("minutes");
  check_name(reader, build.name);
  check_exists(reader, directory, "script", build.script);
  check_exists(reader, directory, "compile", build.compile);
  for (const std::string& input : build.inputs) check_exists(reader, directory, "inputs", input);
  for (const std::string& source : build.sources) check_exists(reader, directory, "sources", source);
  if (build.compile.empty() != build.sources.empty())
    reader.set_fault("build \"{}\": \"compile\" and \"sources\" go together", build.name);
  ASSAY_TRY_VOID(reader.finish());
  return build;
}

void check_placeholders(TableReader& reader, const Variant& variant) {
  for (const std::string& word : variant.command) {
    if (word.find("{build}") != std::string::npos && variant.build.empty())
      reader.set_fault("variant \"{}\": the command uses {{build}}, but \"build\" names none", variant.name);
    for (size_t at = word.find('{'); at != std::string::npos; at = word.find('{', at + 1)) {
      const std::string_view rest = std::string_view(word).substr(at);
      if (!rest.starts_with("{build}") && !rest.starts_with("{framework}") && !rest.starts_with("{source}"))
        reader.set_fault(
            "variant \"{}\": unknown placeholder in \"{}\": there are {{build}}, {{framework}}, {{source}}",
            variant.name, word);
    }
  }
}

Result<Variant> read_variant(const toml::table& table, const Framework& framework, const fs::path& file) {
  TableReader reader(table, file, "[[variant]]");
  Variant variant;
  variant.name = reader.text("name");
  variant.title = reader.text_or("title", "");
  variant.hidden = reader.flag_or("hidden", false);
  variant.build = reader.text_or("build", "");
  variant.command = reader.texts("command");
  variant.model = choice(reader, "model", kForms);
  variant.training = choice(reader, "training", kTrainings);
  variant.workloads = reader.texts("workloads");
  variant.generates = reader.flag_or("generates", false);
  variant.devices = reader.texts("devices");
  variant.needs = reader.texts("needs");
  check_name(reader, variant.name);
  if (variant.command.empty())
    reader.set_fault("variant \"{}\": key \"command\" is missing or empty", variant.name);
  check_placeholders(reader, variant);
  if (variant.devices.empty()) variant.devices = {"cpu"};
  for (const std::string& device : variant.devices)
    if (!record::is_device(device))
      reader.set_fault("variant \"{}\": {}", variant.name, record::unknown_device(device));
  if (!variant.build.empty() && framework.build(variant.build) == nullptr)
    reader.set_fault("variant \"{}\": there is no [[build]] named \"{}\"", variant.name, variant.build);
  ASSAY_TRY_VOID(reader.finish());
  return variant;
}

Result<> read_parts(TableReader& reader, const fs::path& file, Framework& framework) {
  for (const toml::table* table : reader.tables("build")) {
    ASSAY_TRY(Build build, read_build(*table, framework.directory, file));
    if (framework.build(build.name) != nullptr) reader.set_fault("two builds are named \"{}\"", build.name);
    framework.builds.push_back(std::move(build));
  }
  for (const toml::table* table : reader.tables("variant")) {
    ASSAY_TRY(Variant variant, read_variant(*table, framework, file));
    if (framework.variant(variant.name) != nullptr)
      reader.set_fault("two variants are named \"{}\"", variant.name);
    framework.variants.push_back(std::move(variant));
  }
  if (framework.variants.empty()) reader.set_fault("there is no [[variant]]: nothing could run");
  return {};
}

template <class Item>
const Item* find_named(const std::vector<Item>& items, std::string_view name) {
  const auto at = std::ranges::find(items, name, &Item::name);
  return at == items.end() ? nullptr : &*at;
}

void replace_all(std::string& text, std::string_view placeholder, const std::string& value) {
  for (size_t at = text.find(placeholder); at != std::string::npos;
       at = text.find(placeholder, at + value.size()))
    text.replace(at, placeholder.size(), value);
}

}  // namespace

bool Variant::runs(std::string_view workload) const {
  const std::string_view kind = record::kind_of(workload);
  if (kind == "training" && training == Training::none) return false;
  if (kind == "generate") return generates;
  return workloads.empty() || std::ranges::find(workloads, kind) != workloads.end();
}

const Build* Framework::build(std::string_view wanted) const { return find_named(builds, wanted); }
const Variant* Framework::variant(std::string_view wanted) const { return find_named(variants, wanted); }

Result<Framework> read_framework(const fs::path& directory) {
  const fs::path file = directory / "framework.toml";
  ASSAY_TRY(const std::string text, read_file(file));
  ASSAY_TRY(const toml::table table, parse_toml(file, text));
  TableReader reader(table, file, "");
  Framework framework;
  framework.directory = directory;
  framework.name = reader.text("name");
  framework.title = reader.text_or("title", framework.name);
  framework.language = reader.text("language");
  framework.licence = reader.text("licence");
  framework.homepage = reader.text_or("homepage", "");
  framework.hidden = reader.flag_or("hidden", false);
  framework.packages = reader.texts("packages");
  framework.device_runtimes = reader.texts("device_runtimes");
  framework.variables_unset = reader.texts("variables_unset");
  framework.variables_kept = reader.texts("variables_kept");
  check_name(reader, framework.name);
  if (framework.name != directory.filename().string())
    reader.set_fault("name \"{}\" must be the name of its folder, \"{}\"", framework.name,
                     directory.filename().string());
  ASSAY_TRY_VOID(read_parts(reader, file, framework));
  ASSAY_TRY_VOID(reader.finish());
  return framework;
}

std::vector<const Build*> Framework::usual_builds() const {
  std::vector<const Build*> found;
  for (const Build& build : builds) {
    const auto needs = [&](const Variant& variant) { return variant.build == build.name; };
    const auto shown = [&](const Variant& variant) { return needs(variant) && !variant.hidden; };
    if (std::ranges::none_of(variants, needs) || std::ranges::any_of(variants, shown))
      found.push_back(&build);
  }
  return found;
}

Result<std::vector<Framework>> scan(const fs::path& frameworks_dir) {
  std::error_code ec;
  const fs::path top = fs::absolute(frameworks_dir, ec).lexically_normal();
  std::vector<fs::path> folders;
  for (fs::directory_iterator it(top, ec), end; !ec && it != end; it.increment(ec))
    if (fs::exists(it->path() / "framework.toml", ec)) folders.push_back(it->path());
  if (ec)
    return fail(ErrorKind::environment, "{}: cannot be searched for frameworks: {}", top.string(),
                ec.message());
  std::ranges::sort(folders);
  std::vector<Framework> frameworks;
  for (const fs::path& folder : folders) {
    ASSAY_TRY(Framework framework, read_framework(folder));
    frameworks.push_back(std::move(framework));
  }
  return frameworks;
}

Result<std::vector<std::string>> expand(const Framework& framework, const Variant& variant) {
  fs::path build;
  if (const Build* needed = framework.build(variant.build)) {
    ASSAY_TRY(build, build_dir(framework, *needed));
  }
  std::vector<std::string> argv = variant.command;
  for (std::string& word : argv) {
    replace_all(word, "{build}", build.string());
    replace_all(word, "{framework}", framework.directory.string());
    replace_all(word, "{source}", framework.directory.parent_path().parent_path().string());
  }
  return argv;
}

}  // namespace assay::setup
