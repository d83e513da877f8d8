#include "session/limits_watch.h"

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "decide/limit.h"
#include "decide/summary.h"
#include "limits/limits_probe.h"

namespace assay::session {
namespace {

limits::LimitsRequest request_of(const RunContext& context) {
  return {.assay = context.request.assay,
          .host = context.request.host,
          .threads = context.request.threads,
          .say = {},
          .stopped = [&context] { return context.stop.load(); }};
}

// What the limits of all contestants rest on together.
limits::Probe probe_of(std::span<ContestantRun* const> contestants, const record::Limits& limits) {
  std::vector<std::string> compute_types;
  double least_bytes = 0;
  for (const ContestantRun* contestant : contestants) {
    const record::ContestantResult& entry = contestant->result();
    if (!entry.launch || !entry.limit) continue;
    least_bytes = entry.limit->least_bytes;
    if (std::ranges::find(compute_types, entry.launch->compute_type) == compute_types.end())
      compute_types.push_back(entry.launch->compute_type);
  }
  return compute_types.empty() ? limits::Probe() : limits::probe_for(limits, least_bytes, compute_types);
}

Result<> take_in(const record::Limits& look, record::Limits raised,
                 std::span<ContestantRun* const> contestants, const PreparedCell& cell, RunContext& context) {
  context.looks.push_back(look);
  context.looked_ns = now_ns();
  context.limits = std::move(raised);
  ASSAY_TRY_VOID(context.store.append(context.run_id, look));
  ASSAY_TRY_VOID(limits::keep_limits(request_of(context), *context.limits));
  for (ContestantRun* contestant : contestants) ASSAY_TRY_VOID(contestant->set_limit(cell, context));
  return {};
}

// Of one whose answers are wrong no time counts.
bool beyond(const ContestantRun* contestant) {
  if (contestant->result().accuracy.verdict == record::Verdict::wrong) return false;
  const auto cell = std::span(&contestant->result(), 1);
  return decide::beyond_measured_limit(decide::summarise(cell, std::nullopt).front());
}

Result<> look_at_limits(std::span<ContestantRun* const> contestants, const PreparedCell& cell,
                        RunContext& context) {
  if (!context.limits) return {};
  const limits::Probe wanted = probe_of(contestants, *context.limits);
  if (wanted.readings.empty() && wanted.products.empty()) return {};
  const auto look = probe(request_of(context), wanted);
  if (!look) return {};
  return take_in(*look, decide::raised(*context.limits, *look), contestants, cell, context);
}

}  // namespace

Result<> watch_limits(std::span<ContestantRun* const> contestants, const PreparedCell& cell,
                      RunContext& context) {
  const auto since_s = static_cast<double>(now_ns() - context.looked_ns) * 1e-9;
  if (context.stop || !context.limits || since_s < context.request.look_interval_s) return {};
  return look_at_limits(contestants, cell, context);
}

Result<> recheck_limits(std::span<ContestantRun> contestants, const PreparedCell& cell, RunContext& context) {
  std::vector<ContestantRun*> all;
  for (ContestantRun& contestant : contestants) all.push_back(&contestant);
  if (context.stop || !context.limits || std::ranges::none_of(all, beyond)) return {};
  context.events.preparing("the machine's limits once more, since somebody was quicker than they allow");
  ASSAY_TRY_VOID(look_at_limits(all, cell, context));
  if (context.stop || std::ranges::none_of(all, beyond)) return {};
  const auto look = limits::measure_in_child(request_of(context), {});
  if (!look) return {};
  return take_in(*look, decide::higher_of(*context.limits, *look), all, cell, context);
}

}  // namespace assay::session
