#include "limits/machine_limits.h"

#include <fmt/chrono.h>

#include <chrono>

#include "base/file.h"
#include "base/hash.h"
#include "base/seal.h"
#include "base/text.h"
#include "base/utc.h"
#include "decide/limit.h"
#include "host/bandwidth.h"
#include "host/surroundings.h"
#include "limits/products.h"
#include "record/disturbance.h"
#include "setup/program.h"

namespace assay::limits {
namespace fs = std::filesystem;
namespace {

// Changes whenever the way of measuring does, so that older figures are not taken for new ones.
constexpr int kMethod = 4;
constexpr double kProductSeconds = 1;
// A machine that is always busy is not measured anew by every run.
constexpr auto kDisturbedFor = std::chrono::minutes(15);

int64_t own_cpu_ns() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return int64_t{used.tv_sec} * 1'000'000'000 + used.tv_nsec;
}

// What decides the figures: the machine, what it allows this process, and the method.
fs::path cache_file(const LimitsRequest& request) {
  const record::Host& host = request.host;
  Hasher hasher;
  hasher.add(host.name).add(host.cpu).add(host.kernel).add(static_cast<int64_t>(host.cores));
  hasher.add(static_cast<int64_t>(request.threads)).add(static_cast<int64_t>(kMethod));
  return cache_dir() / "limits" / (hasher.hex().substr(0, 16) + ".json");
}

bool is_old(const fs::path& file) {
  std::error_code ec;
  const auto written = fs::last_write_time(file, ec);
  return !ec && fs::file_time_type::clock::now() - written > kDisturbedFor;
}

void announce(const LimitsRequest& request) {
  if (request.say)
    request.say(
        fmt::format("measuring what this machine can do with {} threads, once: about 12 s", request.threads));
}

}  // namespace

record::Limits measured_now(int threads, const std::function<void(record::Limits&)>& measure) {
  const host::Snapshot before = host::snapshot();
  const int64_t began_ns = own_cpu_ns();
  record::Limits limits{.measured = utc_now(), .threads = threads};
  measure(limits);
  limits.disturbed = record::disturbed(host::between(before, host::snapshot(), own_cpu_ns() - began_ns));
  return limits;
}

record::Limits measure_limits(const record::Host& host, int threads) {
  return measured_now(threads, [&](record::Limits& limits) {
    limits.peaks = measure_peaks(threads, kProductSeconds);
    auto memory = host::measure_memory(threads, host.memory_bytes.value_or(0));
    if (!memory) return;
    limits.levels = std::move(memory->levels);
    limits.bandwidth = std::move(memory->bandwidth);
    limits.large_pages = memory->large_pages;
  });
}

Result<record::Limits> measure_in_child(const LimitsRequest& request,
                                        std::span<const std::string> arguments) {
  const std::string threads = std::to_string(request.threads);
  setup::ProgramCall command{
      .argv = {request.assay.string(), "limits", "--measure", "--threads", threads},
      // oneDNN's threads; one that is bound would bind all that it starts to its own CPU.
      .environment = {{"OMP_NUM_THREADS", threads},
                      {"OMP_PROC_BIND", ""},
                      {"OMP_PLACES", ""},
                      {"GOMP_CPU_AFFINITY", ""}},
      .directory = {},
      .stopped = request.stopped};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  std::string printed;
  ASSAY_TRY(const auto ending,
            setup::run_program(command, [&](std::string_view piece) { printed += piece; }));
  auto limits = record::limits_from_json(printed);
  if (ending.success() && limits) return *std::move(limits);
  return fail(ErrorKind::environment, "the machine's limits could not be measured: {}",
              sanitised(printed, 500));
}

Result<> keep_limits(const LimitsRequest& request, const record::Limits& limits) {
  const fs::path file = cache_file(request);
  ASSAY_TRY_VOID(write_file(file, record::limits_to_json(limits) + "\n"));
  return seal(file);
}

Result<record::Limits> machine_limits(const LimitsRequest& request) {
  const fs::path file = cache_file(request);
  if (!request.again && is_intact(file, request.say)) {
    const auto text = read_file(file);
    const auto cached = text ? record::limits_from_json(*text) : std::nullopt;
    if (cached && cached->disturbed && is_old(file)) return raise_limits(request, *cached);
    if (cached) return *cached;
  }
  announce(request);
  ASSAY_TRY(auto limits, measure_in_child(request, {}));
  ASSAY_TRY_VOID(keep_limits(request, limits));
  return limits;
}

Result<record::Limits> raise_limits(const LimitsRequest& request, const record::Limits& known) {
  announce(request);
  ASSAY_TRY(const auto again, measure_in_child(request, {}));
  auto limits = decide::higher_of(known, again);
  ASSAY_TRY_VOID(keep_limits(request, limits));
  return limits;
}

}  // namespace assay::limits
