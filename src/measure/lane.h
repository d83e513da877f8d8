// One contestant's process during one block: launched, loaded and warmed up, then stopped but for its visits.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "measure/measure.h"
#include "stats/random.h"

namespace assay::measure {

class Lane {
 public:
  // Launches the racer, loads, warms up until steady, pauses. `seed` decides its input sets. Fails with the
  // contestant's Failure, or with outcome `unsettled`.
  [[nodiscard]] static Attempt<Lane> start(const Racer& racer, const Plan& plan, stats::Random random);

  // One visit: continue, one step to wake, `steps` timed steps, pause. The last step has the input set that
  // the last visit's last step had not. A visit whose clocks disagree is made again, twice at most. Fills the
  // visit's times, input sets and surroundings.
  [[nodiscard]] Attempt<record::Visit> visit(int steps);

  // Writes the output tensors of the last visit's last step.
  [[nodiscard]] Attempt<Answer> outputs(const std::filesystem::path& path);

  void close() { process_->close(); }

  // How long the launch took; its block is the caller's to fill in.
  [[nodiscard]] const record::WarmStart& warm_start() const { return warm_start_; }
  [[nodiscard]] int warm_up_steps() const { return static_cast<int>(warm_up_ns_.size()); }
  // Median of the newest steps of the warm-up, nine at most; 0 without any.
  [[nodiscard]] double step_ns() const;

 private:
  Lane(std::unique_ptr<Process> process, stats::Random random);
  Attempt<> load();
  Attempt<> warm_up(const Plan& plan);
  Attempt<record::Visit> try_visit(int steps, int last_set);
  Attempt<record::Visit> timed_steps(const std::vector<int>& sets);

  std::unique_ptr<Process> process_;
  std::function<host::Snapshot()> snapshot_ = [] { return host::snapshot(); };
  stats::Random random_;
  int last_set_;
  record::WarmStart warm_start_;
  std::vector<int64_t> warm_up_ns_;
  double visited_step_ns_ = 0;  // of the last visit, a step
  std::optional<double> visited_step_cpu_ns_;
};

// Has the output tensors of the last step written to `path`; that step must have had input set `set`. The
// answer's step times are the caller's to fill in.
[[nodiscard]] Attempt<Answer> fetch_answer(Process& process, int set, const std::filesystem::path& path);

}  // namespace assay::measure
