// `assay setup`: installs or builds frameworks into the cache, the quickest first.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cache/cache.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/setup_view.h"
#include "host/host.h"
#include "runner/guard.h"
#include "setup/build.h"
#include "setup/select.h"

namespace assay::cli {
namespace {

struct Task {
  const setup::Framework* framework;
  const setup::Build* build;
};

// The builds that "FRAMEWORK" or "FRAMEWORK/VARIANT" means. A variant whose device or need is not here is
// refused, before anything is fetched or compiled for it.
Result<std::vector<Task>> tasks_of(const std::vector<setup::Framework>& frameworks, const std::string& wanted,
                                   const record::Host& host) {
  const size_t slash = wanted.find('/');
  ASSAY_TRY(const setup::Framework* framework, setup::find_framework(frameworks, wanted.substr(0, slash)));
  std::vector<Task> found;
  if (slash == std::string::npos) {
    for (const setup::Build* build : framework->usual_builds()) found.push_back({framework, build});
    return found;
  }
  ASSAY_TRY(const setup::Variant* variant, setup::find_variant(*framework, wanted.substr(slash + 1)));
  if (const std::string reason = setup::unmet(*variant, host); !reason.empty())
    return fail(ErrorKind::environment, "{}/{} cannot run here: {}", framework->name, variant->name, reason);
  if (const setup::Build* build = framework->build(variant->build)) found.push_back({framework, build});
  return found;
}

Result<std::vector<Task>> tasks(const std::vector<setup::Framework>& frameworks,
                                const std::vector<std::string>& wanted) {
  std::vector<std::string> names;
  for (const auto& framework : frameworks)
    if (!framework.hidden) names.push_back(framework.name);
  const record::Host host = host::this_machine();
  std::vector<Task> result;
  for (const std::string& name : wanted.empty() ? names : wanted) {
    ASSAY_TRY(const auto found, tasks_of(frameworks, name, host));
    for (const Task& task : found)
      if (std::ranges::find(result, task.build, &Task::build) == result.end()) result.push_back(task);
  }
  std::ranges::stable_sort(result, {}, [](const Task& task) { return task.build->minutes; });
  return result;
}

nlohmann::json as_json(const Task& task, const Result<>& result) {
  const auto directory = setup::build_dir(*task.framework, *task.build);
  return {{"framework", task.framework->name},
          {"build", task.build->name},
          {"ready", result.has_value()},
          {"reason", result ? "" : result.error().message},
          {"directory", directory ? directory->string() : ""},
          {"footprint_bytes", setup::footprint_bytes(*task.framework, *task.build).value_or(0)}};
}

Result<int> set_up_all(const SetupArguments& arguments) {
  ASSAY_TRY(const auto frameworks, setup::scan(source_dir() / "frameworks"));
  ASSAY_TRY(const auto list, tasks(frameworks, arguments.frameworks));
  ASSAY_TRY(const auto in_use, cache::use_cache());
  ASSAY_TRY_VOID(runner::start_guard(executable()));
  nlohmann::json report = nlohmann::json::array();
  int exit_code = 0;
  for (const Task& task : list) {
    SetupView view(task.framework->name);
    const auto result =
        setup::set_up(*task.framework, *task.build, view.observer(),
                      arguments.offline ? setup::Network::forbidden : setup::Network::allowed);
    view.finish();
    report.push_back(as_json(task, result));
    if (!result) exit_code = report_error(result.error());
  }
  if (arguments.json) print_json({{"schema", 1}, {"builds", report}});
  return exit_code;
}

}  // namespace

int run(const SetupArguments& arguments) {
  const auto result = set_up_all(arguments);
  return result ? *result : report_error(result.error());
}

}  // namespace assay::cli
