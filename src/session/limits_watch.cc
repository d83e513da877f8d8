#include "session/limits_watch.h"

#include <algorithm>
#include <vector>

#include "decide/limit.h"
#include "decide/summary.h"
#include "session/limits_probe.h"

namespace assay::session {
namespace {

LimitsRequest request_of(const Context& context) {
  return {.assay = context.request.assay,
          .host = context.request.host,
          .threads = context.request.threads,
          .say = {},
          .stopped = [&context] { return context.stop.load(); }};
}

// What the limits of all lanes rest on together.
Probe probe_of(std::span<Lane* const> lanes, const record::Limits& limits) {
  std::vector<std::string> compute_types;
  double least_bytes = 0;
  for (const Lane* lane : lanes) {
    const record::Entry& entry = lane->entry();
    if (!entry.launch || !entry.limit) continue;
    least_bytes = entry.limit->least_bytes;
    if (std::ranges::find(compute_types, entry.launch->compute_type) == compute_types.end())
      compute_types.push_back(entry.launch->compute_type);
  }
  return compute_types.empty() ? Probe() : probe_for(limits, least_bytes, compute_types);
}

Result<> take_in(const record::Limits& look, record::Limits raised, std::span<Lane* const> lanes,
                 const Cell& cell, Context& context) {
  context.looks.push_back(look);
  context.limits = std::move(raised);
  ASSAY_TRY_VOID(context.store.append(context.run_id, look));
  ASSAY_TRY_VOID(keep_limits(request_of(context), *context.limits));
  for (Lane* lane : lanes) ASSAY_TRY_VOID(lane->set_limit(cell, context));
  return {};
}

bool beyond(const Lane* lane) {
  record::Entry entry = lane->entry();
  decide::summarise(std::span(&entry, 1), std::nullopt);
  return decide::beyond_measured_limit(entry);
}

}  // namespace

Result<> watch_limits(std::span<Lane* const> lanes, const Cell& cell, Context& context) {
  if (context.stop || !context.limits) return {};
  const Probe wanted = probe_of(lanes, *context.limits);
  if (wanted.readings.empty() && wanted.products.empty()) return {};
  const auto look = probe(request_of(context), wanted);
  if (!look) return {};
  return take_in(*look, decide::raised(*context.limits, *look), lanes, cell, context);
}

Result<> recheck_limits(std::span<Lane> lanes, const Cell& cell, Context& context) {
  std::vector<Lane*> all;
  for (Lane& lane : lanes) all.push_back(&lane);
  if (context.stop || !context.limits || std::ranges::none_of(all, beyond)) return {};
  context.events.preparing("the machine's limits once more, since somebody was quicker than they allow");
  const auto look = measure_in_child(request_of(context), {});
  if (!look) return {};
  return take_in(*look, decide::higher_of(*context.limits, *look), all, cell, context);
}

}  // namespace assay::session
