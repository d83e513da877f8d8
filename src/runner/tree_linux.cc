#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>
#include <thread>

#include "base/clock.h"
#include "runner/control_group.h"
#include "runner/maps_linux.h"
#include "runner/orphans.h"
#include "runner/proc_linux.h"
#include "runner/spawn.h"
#include "runner/tree.h"

namespace assay::runner {
namespace {

constexpr int kLooks = 5;

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

// Processes that carry the marker although nothing else ties them to the tree.
void add_marked(const std::vector<ProcessStat>& processes, const std::string& marker, int64_t start_ticks,
                std::set<int>& members) {
  for (const ProcessStat& process : processes) {
    const bool candidate =
        process.start_ticks >= start_ticks && !members.contains(process.pid) && !dead(process);
    if (candidate && environment_value(process.pid, kMarkerVariable) == marker) members.insert(process.pid);
  }
}

std::set<int> tied_to(int root, const std::string& marker, const ControlGroup& group, int64_t start_ticks,
                      const std::vector<ProcessStat>& processes) {
  std::set<int> members = {root};
  for (const int member : group.members()) members.insert(member);
  for (const ProcessStat& process : processes)
    if (process.session == root) members.insert(process.pid);
  for (const int orphan : Orphans::instance().claimed(root, processes)) members.insert(orphan);
  add_descendants(processes, members);
  add_marked(processes, marker, start_ticks, members);
  add_descendants(processes, members);
  return members;
}

std::set<int> descendants_of(int init, const std::vector<ProcessStat>& processes) {
  std::set<int> members = {init};
  add_descendants(processes, members);
  members.erase(init);
  return members;
}

// A process is signalled alone and with its group: a group gets a signal at once, so that a chain of
// processes, each of which starts the next one and ends, does not slip away.
void signal(const ProcessStat& process, int number) {
  ::kill(process.pid, number);
  if (process.group > 1 && process.group != ::getpgrp()) ::kill(-process.group, number);
}

}  // namespace

Tree::Tree(int pid, int child, std::string marker, const ControlGroup& group)
    : pid_(pid), child_(child), marker_(std::move(marker)), group_(group) {
  const auto root = read_stat(child);
  start_ticks_ = root ? root->start_ticks : 0;
  Orphans::instance().enrol(child, marker_, start_ticks_);
}

Tree::~Tree() { Orphans::instance().withdraw(child_); }

std::vector<ProcessStat> Tree::everyone() const {
  std::vector<ProcessStat> processes = all_processes();
  const std::set<int> numbers =
      apart() ? descendants_of(child_, processes) : tied_to(pid_, marker_, group_, start_ticks_, processes);
  std::erase_if(processes, [&](const ProcessStat& process) { return !numbers.contains(process.pid); });
  return processes;
}

std::vector<ProcessStat> Tree::members() const {
  std::vector<ProcessStat> living = everyone();
  std::erase_if(living, dead);
  if (!apart()) Orphans::instance().remember(pid_, living);
  return living;
}

bool Tree::stop(int64_t deadline_ns) const {
  std::vector<int> before;
  while (true) {
    bool all_stopped = true;
    std::vector<int> now;
    for (const ProcessStat& process : members()) {
      now.push_back(process.pid);
      if (all_threads_stopped(process.pid)) continue;
      all_stopped = false;
      signal(process, SIGSTOP);
    }
    // Stopped in two looks in a row: none can have been forked between them.
    if (all_stopped && now == before) return !now.empty();
    if (now_ns() >= deadline_ns) return false;
    before = std::move(now);
    doze(100'000);
  }
}

void Tree::resume() const {
  Orphans::instance().going(child_);
  for (const ProcessStat& process : members()) ::kill(process.pid, SIGCONT);
}

int Tree::kill(int64_t deadline_ns) const {
  if (apart()) ::kill(child_, SIGKILL);  // the kernel kills the rest of the namespace, and lets none be born
  // Elsewhere a chain of processes may slip through one look: it must be gone in several.
  const int wanted = apart() ? 1 : kLooks;
  int64_t nap_ns = 200'000;
  for (int none = 0;;) {
    group_.kill();
    const auto living = members();
    for (const ProcessStat& process : living) signal(process, SIGKILL);
    none = living.empty() ? none + 1 : 0;
    if (none == wanted || now_ns() >= deadline_ns) return static_cast<int>(living.size());
    if (living.empty()) continue;
    doze(nap_ns);
    nap_ns = std::min<int64_t>(2 * nap_ns, 20'000'000);
  }
}

Processors Tree::processors() const {
  const auto everyone = this->everyone();
  if (std::ranges::all_of(everyone, dead)) return {};
  Processors found{.threads = 0, .cpus = std::nullopt, .cpu_ns = 0, .kernel_ns = 0};
  std::set<int> cpus;
  const auto add_time = [&](const ProcessStat& process) {
    *found.cpu_ns += cpu_time_ns(process);
    *found.kernel_ns += kernel_time_ns(process);
  };
  // Orphans that ended were waited for by the init of their namespace.
  if (const auto init = apart() ? read_stat(child_) : std::nullopt) add_time(*init);
  for (const ProcessStat& process : everyone) {
    // The time of a dead one goes to its parent once that has waited for it.
    add_time(process);
    if (dead(process)) continue;
    *found.threads += process.threads;
    if (const auto waited = waited_ns(process.pid)) found.waited_ns = found.waited_ns.value_or(0) + *waited;
    add_allowed_cpus(process.pid, cpus);
  }
  found.taken_ns = now_ns();
  if (!cpus.empty()) found.cpus = static_cast<int>(cpus.size());
  return found;
}

Usage Tree::usage() const {
  const auto living = this->members();
  if (living.empty()) return {};
  Usage usage{.threads = 0, .processes = static_cast<int>(living.size()), .cpu_ns = 0};
  const std::string own = program_of(pid_);
  Memory total;
  bool told = false;
  for (const ProcessStat& process : living) {
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
  for (const ProcessStat& process : members())
    for (const auto& [path, part] : mapped_code(process.pid)) {
      MappedCode& file = code.mapped[path];
      file.code_bytes = std::max(file.code_bytes, part.code_bytes);
      file.bytes = std::max(file.bytes, part.bytes);
    }
  return code;
}

std::vector<int> Tree::pids() const {
  std::vector<int> pids;
  for (const ProcessStat& process : members()) pids.push_back(process.pid);
  return pids;
}

}  // namespace assay::runner
