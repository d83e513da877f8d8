// One contestant's process during one block: launched, loaded and warmed up, then stopped but for its visits.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "measure/feed.h"
#include "measure/fetched_answer.h"
#include "measure/measure.h"
#include "stats/random.h"

namespace assay::measure {

// That the outputs of one step of a visit are asked for: of which input set, and where they go.
struct Question {
  uint64_t set = 0;
  std::filesystem::path path;
};

class BlockProcess {
 public:
  // Launches the contestant, loads, makes the first step and writes its outputs once, unjudged, since the
  // first time may load code; warms up until steady, pauses. Fails with the contestant's Failure, or with
  // outcome `unsteady`. Input sets are given from number `first_set` on.
  [[nodiscard]] static Attempt<BlockProcess> start(const LaunchedContestant& contestant,
                                                   const BlockPlan& plan, uint64_t first_set,
                                                   stats::Random random);

  // One visit: continue, one step to wake, `steps` timed steps, pause. With a question the visit ends with a
  // step at a random place, whose input set is the question's and whose outputs are fetched. A visit whose
  // clocks disagree is made again, twice at most, then without the question. Fills the visit's times and
  // surroundings.
  struct Visited {
    record::Visit visit;
    std::optional<FetchedAnswer> answer;
  };
  [[nodiscard]] Attempt<Visited> visit(int steps, const std::optional<Question>& question);

  void close() { runner_->close(); }

  // How long the launch took; its block is the caller's to fill in.
  [[nodiscard]] const record::WarmStart& warm_start() const { return warm_start_; }
  [[nodiscard]] int warm_up_steps() const { return static_cast<int>(warm_up_ns_.size()); }
  // Median of the newest steps of the warm-up, nine at most; 0 without any.
  [[nodiscard]] double step_ns() const;
  // The first input set that was not given yet.
  [[nodiscard]] uint64_t next_set() const { return feed_.next(); }

 private:
  BlockProcess(std::unique_ptr<LaunchedRunner> runner, const LaunchedContestant& contestant,
               uint64_t first_set, stats::Random random);
  Attempt<> load();
  Attempt<> first_step();
  Attempt<> warm_up(const BlockPlan& plan);
  Attempt<> warm_up_by(int steps);
  Attempt<Visited> try_visit(int steps, const std::optional<Question>& question);
  // The timed steps, in requests of these lengths.
  Attempt<> timed_steps(const std::vector<int>& lengths, record::Visit& visit);

  std::unique_ptr<LaunchedRunner> runner_;
  std::filesystem::path home_;
  Feed feed_;
  TakeSnapshot snapshot_ = [] { return host::snapshot(); };
  stats::Random random_;
  record::WarmStart warm_start_;
  std::vector<int64_t> warm_up_ns_;
};

}  // namespace assay::measure
