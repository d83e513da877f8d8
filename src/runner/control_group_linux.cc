#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <optional>
#include <set>
#include <string_view>
#include <thread>

#include "host/cgroup_linux.h"
#include "host/proc_text.h"
#include "runner/control_group.h"
#include "runner/proc_linux.h"

namespace assay::runner {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = "assay-";
constexpr const char* kMount = "/sys/fs/cgroup";

bool put(const fs::path& file, std::string_view text) {
  const Descriptor opened(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  return opened.get() >= 0 && ::write(opened.get(), text.data(), text.size()) == std::ssize(text);
}

bool is_there(const fs::path& path) { return ::access(path.c_str(), F_OK) == 0; }

// Where each hierarchy has the group that this process is in. On hybrid systems the unified one is mounted
// beside those of v1.
std::vector<fs::path> own_groups() {
  const fs::path mount = kMount;
  const fs::path unified = is_there(mount / "cgroup.controllers") ? mount : mount / "unified";
  const std::string lines = groups_of(::getpid());
  std::vector<fs::path> folders;
  for (const auto& [controller, hierarchy] :
       {std::pair{"", unified}, std::pair{"pids", mount / "pids"}, std::pair{"cpuset", mount / "cpuset"}}) {
    const auto group = host::group_path(lines, controller);
    if (!group) continue;
    fs::path folder = hierarchy / fs::path(*group).relative_path();
    if (is_there(folder / "cgroup.procs")) folders.push_back(std::move(folder));
  }
  return folders;
}

std::string list_of(const std::vector<int>& cpus) {
  if (!cpus.empty()) return fmt::format("{}", fmt::join(cpus, ","));
  std::set<int> own;
  add_allowed_cpus(::getpid(), own);
  return fmt::format("{}", fmt::join(own, ","));
}

// In v1 a group without CPUs and memory nodes takes no process in.
bool limit_cpus(const fs::path& folder, const std::vector<int>& cpus) {
  const std::string nodes = host::text_of(folder.parent_path() / "cpuset.mems");
  if (!nodes.empty() && host::text_of(folder / "cpuset.mems").empty()) put(folder / "cpuset.mems", nodes);
  return put(folder / "cpuset.cpus", list_of(cpus));
}

std::vector<int> members_in(const fs::path& folder) {
  std::vector<int> pids;
  const std::string text = host::text_of(folder / "cgroup.procs");
  for (const std::string_view word : host::words_of(text))
    // 0 is a process outside of this one's namespace.
    if (const auto pid = host::integer_in(word); pid && *pid > 0) pids.push_back(static_cast<int>(*pid));
  return pids;
}

// A killed process leaves its group a moment after it is seen dead.
void remove_folder(const fs::path& folder) {
  constexpr int kTries = 200;
  for (int i = 0; i < kTries && ::rmdir(folder.c_str()) != 0 && errno == EBUSY; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace

ControlGroup::ControlGroup(const std::string& marker, const std::vector<int>& cpus, int most_processes)
    : most_(most_processes + 1) {
  for (const fs::path& own : own_groups()) {
    const fs::path folder = own / fmt::format("{}{}", kPrefix, marker);
    if (::mkdir(folder.c_str(), 0755) != 0) continue;
    folders_.push_back(folder);
    if (put(folder / "pids.max", std::to_string(most_))) counting_ = folder;
    if (!is_there(folder / "cpuset.cpus")) continue;
    limits_cpus_ = limit_cpus(folder, cpus);
    if (limits_cpus_) continue;
    ::rmdir(folder.c_str());
    folders_.pop_back();
  }
}

std::vector<Descriptor> ControlGroup::doors() const {
  std::vector<Descriptor> doors;
  for (const fs::path& folder : folders_)
    doors.emplace_back(::open((folder / "cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
  return doors;
}

bool ControlGroup::refused() const {
  if (!limits_processes()) return false;
  const std::string events = host::text_of(counting_ / "pids.events");
  const auto times = host::value_of(events, "max", ' ');
  if (!times || host::integer_in(*times).value_or(0) == 0) return false;
  // The kernel also counts what a group above refuses; this one's limit was then never reached.
  const auto peak = host::integer_in(host::text_of(counting_ / "pids.peak"));
  return !peak || *peak >= most_;
}

std::vector<int> ControlGroup::members() const {
  std::vector<int> pids;
  for (const fs::path& folder : folders_)
    for (const int pid : members_in(folder)) pids.push_back(pid);
  return pids;
}

void ControlGroup::kill() const {
  for (const fs::path& folder : folders_) put(folder / "cgroup.kill", "1");
}

void ControlGroup::remove() const {
  for (const fs::path& folder : folders_) remove_folder(folder);
}

std::vector<RunnerGroup> runner_groups() {
  std::vector<RunnerGroup> found;
  for (const fs::path& own : own_groups()) {
    std::error_code ec;
    for (fs::directory_iterator it(own, ec), end; !ec && it != end; it.increment(ec)) {
      const std::string name = it->path().filename();
      if (name.starts_with(kPrefix)) found.push_back({name.substr(kPrefix.size()), it->path()});
    }
  }
  return found;
}

std::vector<int> members_of(const RunnerGroup& group) { return members_in(group.folder); }

void remove(const RunnerGroup& group) { remove_folder(group.folder); }

std::string groups_of(int pid) { return host::text_of(fmt::format("/proc/{}/cgroup", pid)); }

bool is_among(const std::string& groups, const std::string& marker) {
  // A runner may be allowed to make groups below its own.
  const std::string name = fmt::format("/{}{}", kPrefix, marker);
  return (groups + '\n').contains(name + '\n') || groups.contains(name + '/');
}

}  // namespace assay::runner
