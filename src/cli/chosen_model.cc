#include "cli/chosen_model.h"

#include <charconv>

#include "base/text.h"
#include "cache/cache.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/setup_view.h"
#include "imports/model.h"
#include "models/catalogue.h"
#include "models/checkpoint.h"

namespace assay::cli {

namespace {

std::pair<std::string, std::string> split(const std::string& word) {
  const size_t at = word.find('=');
  return {word.substr(0, at), word.substr(at + 1)};
}

Result<imports::Wishes> wishes_of(const ModelFileArguments& said) {
  imports::Wishes wishes{.inputs = said.inputs};
  ASSAY_TRY(wishes.dims, sizes_of(said.dims));
  for (const std::string& word : said.fixed) wishes.fixed.insert(split(word));
  return wishes;
}

Result<models::Model> imported_model(const std::string& name, const ModelFileArguments& said, bool offline) {
  ASSAY_TRY(const auto wishes, wishes_of(said));
  ASSAY_TRY(const auto in_use, cache::use_cache());
  SetupView view("onnx importer");
  const imports::Workshop workshop{.source = source_dir(),
                                   .assay = executable(),
                                   .observer = view.observer(),
                                   .network = offline ? setup::Network::forbidden : setup::Network::allowed};
  auto model = imports::model_of(name, wishes, workshop,
                                 [](std::string_view line) { print_error("assay: {}\n", line); });
  view.finish();
  return model;
}

}  // namespace

Result<std::map<std::string, int64_t>> sizes_of(const std::vector<std::string>& dims) {
  std::map<std::string, int64_t> sizes;
  for (const std::string& word : dims) {
    const auto [name, text] = split(word);
    int64_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || end != text.data() + text.size() || size < 1)
      return fail(ErrorKind::usage, "--dim {}: a size of at least 1 is expected, as in --dim batch=1", word);
    sizes[name] = size;
  }
  return sizes;
}

Result<models::Model> chosen_model(const std::string& name, std::string_view size,
                                   const ModelFileArguments& said, const std::filesystem::path& weights,
                                   bool offline) {
  const bool is_file = imports::is_file_to_import(name);
  ASSAY_TRY(auto model, is_file ? imported_model(name, said, offline) : models::find_model(name, size));
  if (models::is_in_catalogue(name)) {
    std::error_code ec;
    if (std::filesystem::is_directory(name, ec))
      print_error("assay: {0} is the catalogue's model; the directory here is ./{0}\n", name);
  } else {
    print_error("assay: {} is {}\n", one_line(name), one_line(model.name));
  }
  if (!weights.empty()) ASSAY_TRY_VOID(models::take_weights(model, weights));
  return model;
}

Result<models::Workload> chosen_workload(const models::Model& model, const std::string& workload,
                                         const models::Sweep& sizes) {
  ASSAY_TRY_VOID(models::normal_name(model, workload));
  ASSAY_TRY(const auto names, models::swept(model, {{workload}}, sizes));
  if (names.size() != 1)
    return fail(ErrorKind::usage, "{} sizes of a request were given; this command takes one", names.size());
  return model.build(names.front());
}

Result<> check_no_checkpoint(const std::filesystem::path& folder) {
  if (!models::holds_checkpoint(folder)) return {};
  return fail(
      ErrorKind::usage,
      "{}: a checkpoint lies here, of which files written here might become part: give another folder",
      folder.string());
}

}  // namespace assay::cli
