#include "runner/proc_linux.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <memory>
#include <sstream>

#include "runner/descriptor.h"

namespace assay::runner {
namespace {

// Whole contents of a file in /proc, which has no size; nothing when it cannot be read.
std::optional<std::string> contents(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return std::nullopt;
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0) return std::nullopt;
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
}

// The entries of a folder that are numbers.
std::vector<int> numbers_in(const std::string& path) {
  std::vector<int> numbers;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
  if (folder == nullptr) return numbers;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    int number = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
    if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size()) numbers.push_back(number);
  }
  return numbers;
}

// proc(5), /proc/pid/stat. The second field is the name in parentheses and may hold any character,
// parentheses too.
std::optional<ProcessStat> parse_stat(int pid, const std::string& text) {
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  ProcessStat stat{.pid = pid};
  int64_t skipped = 0, user = 0, system = 0;
  fields >> stat.state >> stat.parent >> stat.group >> stat.session;
  for (int field = 7; field <= 13; ++field) fields >> skipped;
  fields >> user >> system;
  int64_t children_user = 0, children_system = 0;
  fields >> children_user >> children_system >> skipped >> skipped;
  fields >> stat.threads >> skipped >> stat.start_ticks;
  stat.cpu_ticks = user + system;
  stat.waited_ticks = children_user + children_system;
  stat.kernel_ticks = system + children_system;
  return fields ? std::optional(stat) : std::nullopt;
}

// "Pss_Anon:   112 kB" -> 114688; 0 when the line is not there.
int64_t kilobytes(const std::string& text, const std::string& key) {
  const size_t line = text.find("\n" + key + ":");
  if (line == std::string::npos) return 0;
  return std::strtoll(text.c_str() + line + key.size() + 2, nullptr, 10) * 1024;
}

int64_t ns_of_ticks(int64_t ticks) { return ticks * (1'000'000'000 / ::sysconf(_SC_CLK_TCK)); }

}  // namespace

std::optional<ProcessStat> read_stat(int pid) {
  const auto text = contents(fmt::format("/proc/{}/stat", pid));
  return text ? parse_stat(pid, *text) : std::nullopt;
}

std::vector<ProcessStat> all_processes() {
  std::vector<ProcessStat> processes;
  for (const int pid : numbers_in("/proc"))
    if (auto stat = read_stat(pid)) processes.push_back(*stat);
  return processes;
}

std::optional<std::string> environment_value(int pid, const std::string& variable) {
  auto text = contents(fmt::format("/proc/{}/environ", pid));
  if (!text) return std::nullopt;
  text->insert(text->begin(), '\0');
  const std::string key = '\0' + variable + '=';
  const size_t found = text->find(key);
  if (found == std::string::npos) return std::nullopt;
  return std::string(text->c_str() + found + key.size());
}

bool all_threads_stopped(int pid) {
  const auto stopped = [pid](int thread) {
    const auto text = contents(fmt::format("/proc/{}/task/{}/stat", pid, thread));
    const auto stat = text ? parse_stat(thread, *text) : std::nullopt;
    return !stat || std::string_view("TtZXx").find(stat->state) != std::string_view::npos;
  };
  return std::ranges::all_of(numbers_in(fmt::format("/proc/{}/task", pid)), stopped);
}

int64_t cpu_time_ns(const ProcessStat& process) {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(process.pid, &clock) == 0 && ::clock_gettime(clock, &time) == 0)
    return time.tv_sec * 1'000'000'000 + time.tv_nsec + ns_of_ticks(process.waited_ticks);
  return ns_of_ticks(process.cpu_ticks + process.waited_ticks);
}

int64_t kernel_time_ns(const ProcessStat& process) { return ns_of_ticks(process.kernel_ticks); }

std::optional<int64_t> waited_ns(int pid) {
  std::optional<int64_t> all;
  for (const int thread : numbers_in(fmt::format("/proc/{}/task", pid))) {
    const auto text = contents(fmt::format("/proc/{}/task/{}/schedstat", pid, thread));
    int64_t ran = 0, waited = 0;
    if (text && std::istringstream(*text) >> ran >> waited) all = all.value_or(0) + waited;
  }
  return all;
}

void add_allowed_cpus(int pid, std::set<int>& cpus) {
  // The kernel may have room for more CPUs than cpu_set_t, and refuses a smaller mask then.
  constexpr size_t kMostCpus = 8192;
  std::array<cpu_set_t, kMostCpus / CPU_SETSIZE> set;
  for (const int thread : numbers_in(fmt::format("/proc/{}/task", pid))) {
    CPU_ZERO_S(sizeof set, set.data());
    if (::sched_getaffinity(thread, sizeof set, set.data()) != 0) continue;
    for (size_t cpu = 0; cpu < kMostCpus; ++cpu)
      if (CPU_ISSET_S(cpu, sizeof set, set.data())) cpus.insert(static_cast<int>(cpu));
  }
}

std::optional<Memory> read_memory(int pid) {
  const auto text = contents(fmt::format("/proc/{}/smaps_rollup", pid));
  if (!text || text->empty()) return std::nullopt;
  // Shared memory (tmpfs, memfd) is no file on disk that could be read again: it counts as anonymous.
  return Memory{kilobytes(*text, "Pss"), kilobytes(*text, "Pss_Anon") + kilobytes(*text, "Pss_Shmem"),
                kilobytes(*text, "Pss_File")};
}

uint64_t pid_namespace() {
  struct stat info{};
  return ::stat("/proc/self/ns/pid", &info) == 0 ? info.st_ino : 0;
}

int64_t own_start_ticks() {
  const auto stat = read_stat(::getpid());
  return stat ? stat->start_ticks : 0;
}

}  // namespace assay::runner
