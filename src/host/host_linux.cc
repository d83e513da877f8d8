#ifdef __linux__
#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "host/cgroup_linux.h"
#include "host/gpus_linux.h"
#include "host/host.h"
#include "host/proc_text.h"
#include "host/thermal.h"
#include "host/topology.h"

namespace assay::host {
namespace fs = std::filesystem;
namespace {

// Features that decide how fast arithmetic can be; the full list of flags would bury them.
constexpr std::array<std::string_view, 27> kFeatures = {
    "sse4_2",   "avx",      "f16c",        "fma",         "avx2",        "avx_vnni", "avx512f",
    "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_bf16",
    "amx_int8", "amx_fp16", "asimd",       "asimdhp",     "asimddp",     "fphp",     "bf16",
    "i8mm",     "sve",      "sve2",        "sme",         "sme2",        "svebf16"};

std::vector<std::string> features(std::string_view cpuinfo) {
  auto flags = value_of(cpuinfo, "flags", ':');
  if (!flags) flags = value_of(cpuinfo, "Features", ':');
  if (!flags) return {};
  const auto words = words_of(*flags);
  std::vector<std::string> found;
  for (const std::string_view feature : kFeatures)
    if (std::find(words.begin(), words.end(), feature) != words.end()) found.emplace_back(feature);
  return found;
}

// A line "Name:   123 kB" of /proc/meminfo in bytes.
std::optional<int64_t> meminfo_bytes(const fs::path& root, std::string_view key) {
  const auto value = value_of(text_of(root / "proc/meminfo"), key, ':');
  const auto kib = value ? integer_in(*value) : std::nullopt;
  return kib ? std::optional(*kib * 1024) : std::nullopt;
}

std::optional<int64_t> usable_memory(const fs::path& root, const CgroupLimits& limits) {
  const auto ram = meminfo_bytes(root, "MemTotal");
  if (!ram) return limits.memory_bytes;
  return std::min(*ram, limits.memory_bytes.value_or(*ram));
}

// A name that stays the same over reboots and tells nothing about whose machine it is: a hash of the
// installation's id.
std::string machine_name(const fs::path& root, const record::Host& host) {
  std::string id = text_of(root / "etc/machine-id");
  if (id.empty()) id = text_of(root / "var/lib/dbus/machine-id");
  Hasher hasher;
  hasher.add(std::string_view("assay host")).add(std::string_view(id));
  if (id.empty())
    hasher.add(std::string_view(host.cpu))
        .add(std::string_view(host.arch))
        .add(host.memory_bytes.value_or(0));
  return "host-" + hasher.hex().substr(0, 12);
}

std::string cpu_model(const fs::path& root, std::string_view cpuinfo) {
  if (const auto model = value_of(cpuinfo, "model name", ':')) return *model;
  std::string board = text_of(root / "sys/firmware/devicetree/base/model");  // ARM boards; ends in a NUL
  std::erase(board, '\0');
  return board;
}

// What the processor itself says of its design: maker, family, model and stepping on x86, their counterparts
// on Arm. Absent where a field is missing.
std::optional<std::string> cpu_design(std::string_view cpuinfo) {
  const auto field = [&](std::string_view key) { return value_of(cpuinfo, key, ':'); };
  if (const auto maker = field("vendor_id"), family = field("cpu family"), model = field("model"),
      stepping = field("stepping");
      maker && family && model && stepping)
    return fmt::format("{} family {} model {} stepping {}", *maker, *family, *model, *stepping);
  if (const auto maker = field("CPU implementer"), part = field("CPU part"), variant = field("CPU variant"),
      revision = field("CPU revision");
      maker && part && variant && revision)
    return fmt::format("implementer {} part {} variant {} revision {}", *maker, *part, *variant, *revision);
  return std::nullopt;
}

}  // namespace

record::Host this_machine(const fs::path& root) {
  record::Host host;
  const std::string cpuinfo = text_of(root / "proc/cpuinfo");
  const CgroupLimits limits = cgroup_limits(root);
  host.os = value_of(text_of(root / "etc/os-release"), "PRETTY_NAME", '=').value_or("Linux");
  if (utsname names{}; uname(&names) == 0) {
    host.kernel = std::string(names.sysname) + " " + names.release;
    host.arch = names.machine;
  }
  host.cpu = cpu_model(root, cpuinfo);
  host.cpu_design = cpu_design(cpuinfo);
  const std::vector<Processor> usable = usable_processors(root);
  host.cores = default_threads(usable, limits.cpus);
  host.cpus = static_cast<int>(usable.size());
  host.quota_cpus = limits.cpus;
  host.core_groups = groups_of(usable);
  host.thermal_events = thermal_events(root);
  host.memory_bytes = usable_memory(root, limits);
  if (!usable.empty()) host.governor = usable.front().governor;
  host.cpu_features = features(cpuinfo);
  host.gpus = gpus(root);
  host.name = machine_name(root, host);
  return host;
}

void hold_to(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<size_t>(cpu), &set);
  (void)::sched_setaffinity(0, sizeof set, &set);
}

int online_cpus() { return std::max(1, static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN))); }

fs::path executable_path() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored);
}

std::optional<int64_t> available_memory_bytes(const fs::path& root) {
  const auto system = meminfo_bytes(root, "MemAvailable");
  const auto group = cgroup_limits(root).memory_available_bytes;
  if (!system || !group) return system ? system : group;
  return std::min(*system, *group);
}

}  // namespace assay::host
#endif
