#include "session/step_limit.h"

#include "decide/limit.h"
#include "graph/cost.h"
#include "record/device.h"

namespace assay::session {
namespace {

// Of a request in parts that of all of them: each reads the weights anew.
graph::LeastWork least_work(const PreparedCell& cell) {
  const models::Workload& workload = cell.workload();
  if (!workload.generation) return graph::least_work(workload.step.graph, cell.trains());
  graph::LeastWork sum = graph::least_work(workload.generation->prefill, false);
  const double share = static_cast<double>(workload.generation->decodes) / 2;
  for (const graph::Graph& decode : workload.generation->at_least) {
    const graph::LeastWork each = graph::least_work(decode, false);
    sum.flops += share * each.flops;
    sum.least_flops += share * each.least_flops;
    sum.bytes += share * each.bytes;
  }
  return sum;
}

}  // namespace

record::StepLimit step_limit(const PreparedCell& cell, std::string_view device, std::string_view compute_type,
                             const std::optional<record::Limits>& limits) {
  const models::Workload& workload = cell.workload();
  const graph::LeastWork least = least_work(cell);
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
