#include "session/facts.h"

#include <algorithm>

#include "decide/limit.h"
#include "decide/summary.h"
#include "graph/cost.h"
#include "session/machine_limits.h"
#include "setup/build.h"
#include "setup/footprint.h"

namespace assay::session {
namespace {

bool beyond(const Lane& lane) {
  record::Entry entry = lane.entry();
  decide::summarise(std::span(&entry, 1), std::nullopt);
  return decide::beyond_measured_limit(entry);
}

}  // namespace

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
  return setup::footprint(build_dir, home, std::move(mapped), code.program);
}

Result<> recheck_limits(std::span<Lane> lanes, const Cell& cell, Context& context) {
  if (context.stop || !context.limits || std::ranges::none_of(lanes, beyond)) return {};
  LimitsRequest request{.assay = context.request.assay,
                        .host = context.request.host,
                        .threads = context.request.threads,
                        .say = [&](std::string_view line) { context.events.preparing(line); }};
  auto raised = raise_limits(std::move(request), *context.limits);
  if (!raised) return {};  // those that are known stand
  context.limits = *std::move(raised);
  for (Lane& lane : lanes) ASSAY_TRY_VOID(lane.set_limit(cell, context));
  return {};
}

}  // namespace assay::session
