// What a session tells while it works, for a live view or plain lines. Called in the session's thread, never
// while a step is timed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "decide/summary.h"
#include "record/measurement.h"

namespace assay::session {

class Events {
 public:
  virtual ~Events() = default;

  virtual void started(const record::Run& /*run*/) {}
  // A line for the user about a framework's set-up, and what its script does and how far it is.
  virtual void setting_up(std::string_view /*framework*/, std::string_view /*line*/) {}
  virtual void setup_output(std::string_view /*line*/) {}

  // Cell `index` of `cells` begins; so many contestants take part.
  virtual void cell_started(const record::Cell& /*cell*/, size_t /*index*/, size_t /*cells*/,
                            size_t /*contestants*/) {}
  // Something that nobody is timed by: weights, ONNX file, truth.
  virtual void preparing(std::string_view /*what*/) {}
  // Something about the run's files that its user should know: one of them was damaged.
  virtual void noticed(std::string_view /*what*/) {}
  // The contestant of a run that is gone on with has its cold launch, its failure or all its visits already.
  virtual void kept(const record::ContestantResult& /*entry*/) {}
  virtual void launching(const record::Contestant& /*contestant*/) {}
  // The cold launch is over: first verdict, start and memory; or why there is none.
  virtual void launched(const record::ContestantResult& /*entry*/) {}

  virtual void block_started(int /*block*/, int /*blocks*/) {}
  virtual void loading(const record::Contestant& /*contestant*/) {}
  virtual void visited(const record::Contestant& /*contestant*/, const record::Visit& /*visit*/) {}
  virtual void round_done(int /*round*/, int /*rounds*/, std::optional<double> /*left_s*/) {}
  virtual void dropped(const record::Contestant& /*contestant*/, const record::Failure& /*failure*/) {}
  // Nobody could be judged there; the run goes on with the next cell.
  virtual void cell_failed(const record::CellFault& /*fault*/) {}
  virtual void cell_finished(std::span<const decide::Summary> /*cell*/) {}
};

}  // namespace assay::session
