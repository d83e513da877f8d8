#include "session/step_limit.h"

#include "decide/limit.h"
#include "graph/cost.h"
#include "record/device.h"

namespace assay::session {

record::StepLimit step_limit(const PreparedCell& cell, std::string_view device, std::string_view compute_type,
                             const std::optional<record::Limits>& limits) {
  const models::Workload& workload = cell.workload();
  const graph::LeastWork least = graph::least_work(workload.step.graph, cell.trains());
  record::StepLimit limit;
  limit.flops = least.flops;
  limit.least_flops = least.least_flops;
  limit.least_bytes = least.bytes;
  limit.items = workload.items;
  limit.item = workload.item_name;
  return limits && record::without_threads(device) == "cpu"
             ? decide::with_limits(limit, *limits, compute_type)
             : limit;
}

}  // namespace assay::session
