#include "cli/chosen_model.h"

#include "base/text.h"
#include "cli/output.h"
#include "models/catalogue.h"
#include "models/checkpoint.h"

namespace assay::cli {

Result<models::Model> chosen_model(const std::string& name, std::string_view size,
                                   const std::filesystem::path& weights) {
  ASSAY_TRY(auto model, models::find_model(name, size));
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
