#include "runner/isolation.h"

namespace assay::runner {

Isolation isolation_here() {
  static const Isolation isolation = [] {
    const auto runner = Runner::start({.argv = {"true"}, .access = Access{}});
    return runner ? (*runner)->isolation() : Isolation{};
  }();
  return isolation;
}

std::vector<std::string> gaps(const Isolation& isolation) {
  std::vector<std::string> lines;
  if (!isolation.processes)
    lines.emplace_back("no process namespaces: a contestant can limit and pin other processes of this user");
  if (!isolation.signals)
    lines.emplace_back("no Landlock with signals (Linux 6.12) either: a contestant can stop and kill them");
  if (!isolation.own_proc) lines.emplace_back("no /proc of its own: a contestant sees other processes");
  if (!isolation.files)
    lines.emplace_back("no Landlock with file rules (Linux 5.19): truth and store are open to contestants");
  else if (!isolation.lengths)
    lines.emplace_back(
        "no Landlock with truncation (Linux 6.2): a contestant can empty files it may not open");
  if (!isolation.cpus)
    lines.emplace_back("no control group with cpuset: a contestant can use CPUs it was not given");
  if (!isolation.number)
    lines.emplace_back("no control group with pids: a contestant's processes are counted, not limited");
  return lines;
}

}  // namespace assay::runner
