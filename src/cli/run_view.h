// How a run looks while it works: rows and tables that stay, and in a terminal a status line with what runs
// now and the time left.
#pragma once

#include <map>
#include <string>

#include "cli/terminal.h"
#include "decide/summary.h"
#include "session/events.h"

namespace assay::cli {

class RunView final : public session::Events {
 public:
  // tables: print each cell's results on standard output when it is done.
  explicit RunView(bool tables) : tables_(tables) {}

  void started(const record::Run& run) override;
  void setting_up(std::string_view framework, std::string_view line) override;
  void setup_output(std::string_view line) override;
  void cell_started(const record::Cell& cell, size_t index, size_t cells, size_t contestants) override;
  void preparing(std::string_view what) override;
  void noticed(std::string_view what) override;
  void kept(const record::ContestantResult& entry) override;
  void launching(const record::Contestant& contestant) override;
  void launched(const record::ContestantResult& entry) override;
  void block_started(int block, int blocks) override;
  void loading(const record::Contestant& contestant) override;
  void visited(const record::Contestant& contestant, const record::Visit& visit) override;
  void round_done(int round, int rounds, std::optional<double> left_s) override;
  void dropped(const record::Contestant& contestant, const record::Failure& failure) override;
  void cell_failed(const record::CellFault& fault) override;
  void cell_finished(std::span<const decide::Summary> cell) override;

 private:
  void status(const std::string& what);

  bool tables_;
  StatusLine line_;
  std::string cell_;      // "[1/2] smollm2-135m inference"
  std::string progress_;  // "round 3/12, 40 s left"
};

}  // namespace assay::cli
