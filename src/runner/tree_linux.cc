#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include "base/clock.h"
#include "runner/maps_linux.h"
#include "runner/proc_linux.h"
#include "runner/tree.h"

namespace assay::runner {
namespace {

bool dead(const ProcessStat& process) { return process.state == 'Z' || process.state == 'X'; }

void doze(int64_t ns) { std::this_thread::sleep_for(std::chrono::nanoseconds(ns)); }

// Adds to `members` the children of members until none is new.
void add_descendants(const std::vector<ProcessStat>& processes, std::set<int>& members) {
  for (bool grown = true; grown;) {
    grown = false;
    for (const ProcessStat& process : processes)
      if (members.contains(process.parent)) grown |= members.insert(process.pid).second;
  }
}

// The living members of the tree whose root is `root`, started at `start_ticks`.
std::vector<ProcessStat> find_members(int root, const std::string& marker, int64_t start_ticks) {
  const std::vector<ProcessStat> processes = all_processes();
  std::set<int> members = {root};
  for (const ProcessStat& process : processes)
    if (process.session == root) members.insert(process.pid);
  add_descendants(processes, members);
  for (const ProcessStat& process : processes) {
    const bool candidate =
        process.start_ticks >= start_ticks && !members.contains(process.pid) && !dead(process);
    if (candidate && environment_value(process.pid, kMarkerVariable) == marker) members.insert(process.pid);
  }
  add_descendants(processes, members);
  std::vector<ProcessStat> living;
  for (const ProcessStat& process : processes)
    if (members.contains(process.pid) && !dead(process)) living.push_back(process);
  return living;
}

// Reaps those that became children of the core when their parent died. Never the root, whose status others
// collect.
void reap(const std::set<int>& pids, int root) {
  for (const int pid : pids)
    if (pid != root) ::waitpid(pid, nullptr, WNOHANG);
}

}  // namespace

Tree::Tree(int pid, std::string marker) : pid_(pid), marker_(std::move(marker)) {
  const auto root = read_stat(pid);
  start_ticks_ = root ? root->start_ticks : 0;
}

bool Tree::stop(int64_t deadline_ns) const {
  std::vector<int> before;
  while (true) {
    bool all_stopped = true;
    std::vector<int> now;
    for (const ProcessStat& process : find_members(pid_, marker_, start_ticks_)) {
      now.push_back(process.pid);
      if (all_threads_stopped(process.pid)) continue;
      all_stopped = false;
      ::kill(process.pid, SIGSTOP);
    }
    // Stopped in two looks in a row: none can have been forked between them.
    if (all_stopped && now == before) return !now.empty();
    if (now_ns() >= deadline_ns) return false;
    before = std::move(now);
    doze(100'000);
  }
}

void Tree::resume() const {
  for (const ProcessStat& process : find_members(pid_, marker_, start_ticks_)) ::kill(process.pid, SIGCONT);
}

int Tree::kill(int64_t deadline_ns) const {
  std::set<int> seen;
  for (int64_t nap_ns = 200'000;; nap_ns = std::min<int64_t>(2 * nap_ns, 20'000'000)) {
    const auto members = find_members(pid_, marker_, start_ticks_);
    for (const ProcessStat& process : members) {
      ::kill(process.pid, SIGKILL);
      seen.insert(process.pid);
    }
    reap(seen, pid_);
    if (members.empty() || now_ns() >= deadline_ns) return static_cast<int>(members.size());
    doze(nap_ns);
  }
}

Processors Tree::processors() const {
  const auto members = find_members(pid_, marker_, start_ticks_);
  if (members.empty()) return {};
  Processors found{.threads = 0, .cpus = allowed_cpus(pid_), .cpu_ns = 0, .user_ns = 0};
  for (const ProcessStat& process : members) {
    *found.threads += process.threads;
    *found.cpu_ns += cpu_time_ns(process);
    *found.user_ns += user_time_ns(process);
  }
  return found;
}

Usage Tree::usage() const {
  const auto members = find_members(pid_, marker_, start_ticks_);
  if (members.empty()) return {};
  Usage usage{.threads = 0, .processes = static_cast<int>(members.size()), .cpu_ns = 0};
  const std::string own = program_of(pid_);
  Memory total;
  bool told = false;
  for (const ProcessStat& process : members) {
    *usage.threads += process.threads;
    *usage.cpu_ns += cpu_time_ns(process);
    const std::string program = process.pid == pid_ ? own : program_of(process.pid);
    if (!program.empty() && program != own) usage.programs.insert(std::filesystem::path(program).filename());
    const auto memory = read_memory(process.pid);
    if (!memory) continue;
    told = true;
    total.pss_bytes += memory->pss_bytes;
    total.anonymous_bytes += memory->anonymous_bytes;
    total.file_bytes += memory->file_bytes;
  }
  if (!told) return usage;
  usage.pss_bytes = total.pss_bytes;
  usage.anonymous_bytes = total.anonymous_bytes;
  usage.file_bytes = total.file_bytes;
  return usage;
}

Code Tree::code() const {
  Code code{.program = program_of(pid_), .mapped = {}};
  for (const ProcessStat& process : find_members(pid_, marker_, start_ticks_))
    for (const auto& [path, part] : mapped_code(process.pid)) {
      MappedCode& file = code.mapped[path];
      file.code_bytes = std::max(file.code_bytes, part.code_bytes);
      file.bytes = std::max(file.bytes, part.bytes);
    }
  return code;
}

std::vector<int> Tree::pids() const {
  std::vector<int> pids;
  for (const ProcessStat& process : find_members(pid_, marker_, start_ticks_)) pids.push_back(process.pid);
  return pids;
}

}  // namespace assay::runner
