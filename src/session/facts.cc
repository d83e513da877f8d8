#include "session/facts.h"

#include "decide/limit.h"
#include "graph/cost.h"
#include "setup/build.h"
#include "setup/footprint.h"

namespace assay::session {

record::StepLimit step_limit(const Cell& cell, std::string_view device, std::string_view compute_type,
                             const std::optional<record::Limits>& limits) {
  const models::Workload& workload = cell.workload();
  const graph::LeastWork least = graph::least_work(workload.step.graph, cell.trains());
  record::StepLimit limit;
  limit.flops = least.flops;
  limit.least_flops = least.least_flops;
  limit.least_bytes = least.bytes;
  limit.items = workload.items;
  limit.item = workload.item_name;
  return limits && device == "cpu" ? decide::with_limits(limit, *limits, compute_type) : limit;
}

record::Footprint footprint_of(const setup::Selection& selection, const runner::Code& code,
                               const std::filesystem::path& home) {
  std::filesystem::path build_dir;
  if (const setup::Build* build = selection.framework->build(selection.variant->build))
    build_dir = setup::build_dir(*selection.framework, *build).value_or("");
  std::vector<record::MappedFile> mapped;
  for (const auto& [path, size] : code.mapped)
    mapped.push_back({path, record::Origin::system, size.code_bytes, size.bytes});
  return setup::footprint(build_dir, home, std::move(mapped), code.program,
                          selection.framework->device_runtimes);
}

}  // namespace assay::session
