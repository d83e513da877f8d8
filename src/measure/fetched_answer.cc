#include "measure/fetched_answer.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/clock.h"
#include "base/file.h"
#include "base/part_file.h"
#include "host/host.h"
#include "tensor/safetensors.h"

namespace assay::measure {
namespace fs = std::filesystem;
namespace {

// What this machine needs to write such a file just now: byte by byte, since a file system may share the
// blocks of one that it is told to copy.
int64_t time_to_copy(const fs::path& file) {
  const fs::path target = file.string() + ".copy";
  std::error_code ignored;
  fs::remove(target, ignored);  // what the runner may have put there
  const int64_t begun_ns = now_ns();
  PartFile copy(target);  // never committed
  // Only the system touches what is mapped: it refuses to write what the runner has cut off by then.
  if (const auto mapped = MappedFile::open(file)) static_cast<void>(copy.write((*mapped)->bytes()));
  return now_ns() - begun_ns;
}

struct Written {
  // The core's clock around a request for outputs, without the kernel's time and what it was kept waiting.
  int64_t ns = 0;
  std::optional<int64_t> cpu_ns;  // what was computed meanwhile, without it too
  int64_t kernel_ns = 0;          // the time that was left out
};

// What a counter rose by; threads of the runner's that end take theirs with them.
std::optional<int64_t> risen(const std::optional<int64_t>& before, const std::optional<int64_t>& after) {
  if (!before || !after) return std::nullopt;
  return std::max<int64_t>(0, *after - *before);
}

Attempt<Written> time_outputs(LaunchedRunner& runner, const fs::path& path, const TakeSnapshot& snapshot) {
  const auto before = moment_of(runner, snapshot);
  const auto took_ns = runner.outputs(path);
  if (!took_ns) return std::unexpected(took_ns.error());
  const auto after = moment_of(runner, snapshot);
  const int64_t kernel_ns = risen(before.processors.kernel_ns, after.processors.kernel_ns).value_or(0);
  const int64_t others_ns = kept_waiting_ns(before, after);
  Written written{
      .ns = std::max<int64_t>(0, *took_ns - kernel_ns - others_ns), .cpu_ns = {}, .kernel_ns = kernel_ns};
  if (const auto cpu_ns = risen(before.processors.cpu_ns, after.processors.cpu_ns))
    written.cpu_ns = std::max<int64_t>(0, *cpu_ns - kernel_ns);
  return written;
}

// Share of the machine's CPUs that others kept busy since then.
double others_since(const Moment& since, LaunchedRunner& runner, const TakeSnapshot& snapshot) {
  const auto now = moment_of(runner, snapshot);
  const auto own_ns = risen(since.processors.cpu_ns, now.processors.cpu_ns);
  const auto others = host::between(since.snapshot, now.snapshot, own_ns).other_cpus.value_or(0);
  return others / host::online_cpus();
}

}  // namespace

Moment moment_of(LaunchedRunner& runner, const TakeSnapshot& snapshot) {
  return {snapshot(), runner.processors()};
}

int64_t kept_waiting_ns(const Moment& before, const Moment& after) {
  const auto own_ns = risen(before.processors.cpu_ns, after.processors.cpu_ns);
  if (!own_ns) return 0;
  const auto elapsed_ns = static_cast<double>(after.snapshot.taken_ns - before.snapshot.taken_ns);
  const auto computed_ns = std::min(static_cast<double>(*own_ns), elapsed_ns);
  const auto waited_ns =
      static_cast<double>(risen(before.processors.waited_ns, after.processors.waited_ns).value_or(0));
  const auto others =
      host::between(before.snapshot, after.snapshot, own_ns).other_cpus.value_or(0) * elapsed_ns;
  const auto stolen = risen(before.snapshot.steal_ticks, after.snapshot.steal_ticks).value_or(0);
  const auto busy = risen(before.snapshot.busy_ticks, after.snapshot.busy_ticks).value_or(0);
  const double stolen_ns =
      busy > 0 ? computed_ns * static_cast<double>(stolen) / static_cast<double>(busy) : 0;
  return static_cast<int64_t>(std::min({waited_ns, others, elapsed_ns - computed_ns}) + stolen_ns);
}

Attempt<FetchedAnswer> fetch_answer(LaunchedRunner& runner, uint64_t set, const fs::path& folder,
                                    const fs::path& path, double step_ns, const Moment& since,
                                    const TakeSnapshot& snapshot) {
  const fs::path first = folder / "outputs.safetensors", second = folder / "outputs-again.safetensors";
  std::error_code ec;
  fs::remove(first, ec);
  fs::remove(second, ec);
  FetchedAnswer answer{.set = set, .path = path, .stamp = {}, .cost = {.step_ns = step_ns}};
  auto written = time_outputs(runner, first, snapshot);
  if (!written) return std::unexpected(std::move(written).error());
  answer.cost.parts_ns = written->ns;
  answer.cost.first_cpu_ns = written->cpu_ns;
  answer.cost.kernel_ns = written->kernel_ns;
  fs::rename(first, path, ec);
  // What is put on the disk now is what counts: a write that comes later changes the stamp.
  if (!ec) settle(path);
  if (const auto stamp = stamp_of(path)) answer.stamp = *stamp;
  written = time_outputs(runner, second, snapshot);
  if (!written) return std::unexpected(std::move(written).error());
  answer.cost.second_ns = written->ns;
  answer.cost.second_cpu_ns = written->cpu_ns;
  answer.cost.kernel_ns += written->kernel_ns;
  answer.cost.copy_ns = time_to_copy(second);
  answer.cost.others = others_since(since, runner, snapshot);
  if (const auto header = tensor::read_safetensors_header(second))
    answer.cost.tensors = static_cast<int>(header->size());
  fs::remove(second, ec);
  return answer;
}

}  // namespace assay::measure
