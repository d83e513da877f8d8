#include "session/resume.h"

#include <algorithm>

#include "record/disturbance.h"

namespace assay::session {
namespace {

std::unexpected<Error> refused(const std::string& run, std::string_view why) {
  return fail(ErrorKind::usage, "run {} cannot be resumed: {}. Its results are kept: assay show {}", run, why,
              run);
}

// What of the machine has changed, in one or two words; empty: nothing that times depend on.
std::string changed(const record::Host& before, const record::Host& now) {
  if (before.name != now.name) return "it was made on another machine";
  if (before.cpu != now.cpu || before.arch != now.arch) return "the CPU is another one";
  if (before.cores != now.cores) return fmt::format("it had {} cores, there are {}", before.cores, now.cores);
  if (before.memory_bytes != now.memory_bytes) return "the memory has another size";
  if (before.kernel != now.kernel)
    return fmt::format("the kernel was {}, it is {}", before.kernel, now.kernel);
  return "";
}

}  // namespace

Result<> check_resumable(const record::Run& stored, const Request& request) {
  if (stored.complete) return refused(stored.id, "it is complete");
  if (stored.arguments.empty()) return refused(stored.id, "it is of an older Assay, which kept no arguments");
  if (stored.program != request.program) return refused(stored.id, "the program has changed since");
  if (const std::string what = changed(stored.host, request.host); !what.empty())
    return refused(stored.id, what);
  if (stored.kept_environment != request.environment.kept ||
      stored.unset_environment != request.environment.unset)
    return refused(stored.id, "other variables of the environment steer frameworks now");
  return {};
}

const record::ContestantResult* stored_result(const Request& request, const record::Contestant& contestant,
                                              const record::Cell& cell) {
  if (!request.resume) return nullptr;
  const auto found =
      std::ranges::find_if(request.resume->results, [&](const record::ContestantResult& entry) {
        return entry.contestant.name() == contestant.name() && entry.cell == cell;
      });
  return found == request.resume->results.end() ? nullptr : &*found;
}

Result<> check_same(const record::ContestantResult& stored, const record::Provenance& now) {
  if (!stored.provenance) return {};
  const record::Provenance& before = *stored.provenance;
  const auto refuse = [](std::string_view what, const std::string& of) {
    return fail(ErrorKind::usage, "the run cannot be resumed: the {} of {} changed since", what, of);
  };
  const std::string cell = fmt::format("{} {}", stored.cell.model, stored.cell.workload);
  if (before.graph_hash != now.graph_hash) return refuse("graph", cell);
  if (before.weights_key != now.weights_key) return refuse("weights", cell);
  if (!before.runner_key.empty() && before.runner_key != now.runner_key)
    return refuse("runner, or the build of the framework,", stored.contestant.name());
  return {};
}

int rounds_done(const record::ContestantResult& entry) {
  return static_cast<int>(std::ranges::count_if(
      entry.visits, [](const record::Visit& visit) { return !record::disturbed(visit.surroundings); }));
}

int next_block(const record::ContestantResult& entry) {
  int next = 0;
  for (const record::Visit& visit : entry.visits) next = std::max(next, visit.block + 1);
  return next;
}

}  // namespace assay::session
