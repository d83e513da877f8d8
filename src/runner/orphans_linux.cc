#include <sys/wait.h>
#include <unistd.h>

#include "runner/control_group.h"
#include "runner/orphans.h"
#include "runner/spawn.h"

namespace assay::runner {

Orphans& Orphans::instance() {
  static Orphans orphans;
  return orphans;
}

int Orphans::start_own(const std::function<int()>& start) {
  const std::lock_guard lock(mutex_);  // or a look from another thread would take it for an orphan
  const int pid = start();
  if (pid > 0) own_.insert(pid);
  return pid;
}

void Orphans::forget(int pid) {
  const std::lock_guard lock(mutex_);
  own_.erase(pid);
}

void Orphans::enrol(int root, const std::string& marker, int64_t start_ticks) {
  const std::lock_guard lock(mutex_);
  roots_[root] = {marker, start_ticks, ++turns_};
  seen_[root] = root;
}

void Orphans::withdraw(int root) {
  const std::lock_guard lock(mutex_);
  roots_.erase(root);
  std::erase_if(seen_, [&](const auto& entry) { return entry.second == root; });
  std::erase_if(owners_, [&](const auto& entry) { return entry.second == root; });
}

void Orphans::going(int root) {
  const std::lock_guard lock(mutex_);
  if (const auto at = roots_.find(root); at != roots_.end()) at->second.turn = ++turns_;
}

bool Orphans::is_orphan(const ProcessStat& process) const {
  return process.parent == ::getpid() && process.session != ::getsid(0) && !own_.contains(process.pid);
}

int Orphans::owner_by_turn(const ProcessStat& process) const {
  int found = 0;
  int64_t latest = 0;
  for (const auto& [pid, root] : roots_) {
    if (root.start_ticks > process.start_ticks || root.turn < latest) continue;
    found = pid;
    latest = root.turn;
  }
  return found;
}

int Orphans::owner(const ProcessStat& process) {
  const Key key(process.pid, process.start_ticks);
  if (const auto at = owners_.find(key); at != owners_.end()) return at->second;
  const auto marker = environment_value(process.pid, kMarkerVariable);
  const std::string groups = groups_of(process.pid);
  for (const auto& [pid, root] : roots_)
    if (is_among(groups, root.marker)) return owners_[key] = pid;
  for (const auto& [pid, root] : roots_)
    if (marker == root.marker) return owners_[key] = pid;
  for (const int number : {process.session, process.group})
    if (const auto at = seen_.find(number); at != seen_.end()) return owners_[key] = at->second;
  return owners_[key] = owner_by_turn(process);
}

std::vector<int> Orphans::claimed(int root, const std::vector<ProcessStat>& processes) {
  const std::lock_guard lock(mutex_);
  std::vector<int> mine;
  for (const ProcessStat& process : processes) {
    if (!is_orphan(process)) continue;
    if (process.state == 'Z')
      ::waitpid(process.pid, nullptr, WNOHANG);
    else if (owner(process) == root)
      mine.push_back(process.pid);
  }
  return mine;
}

void Orphans::remember(int root, const std::vector<ProcessStat>& members) {
  const std::lock_guard lock(mutex_);
  if (!roots_.contains(root)) return;
  for (const ProcessStat& process : members)
    for (const int number : {process.pid, process.session, process.group}) seen_[number] = root;
}

}  // namespace assay::runner
