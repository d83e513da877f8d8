// Where every run is kept: an append-only record of what was measured, with all timed steps. A run that is
// interrupted at any moment keeps what it had, since each piece is its own transaction. Summaries are
// computed from the samples when a run is read, never stored.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "record/measurement.h"

namespace assay::store {

// A piece of what is known about one result of a run.
using Piece = std::variant<record::Launch, record::WarmStart, record::StepLimit, record::Provenance,
                           record::RunnerDescription, record::Accuracy, record::TensorErrors, record::Failure,
                           record::Visit, record::Completed>;

// A run as a list shows it.
struct RunSummary {
  std::string id;
  std::string started;
  std::string command;
  bool complete = false;
  int results = 0;
  std::optional<std::string> label;
  // The machine: its stable id, its processor and the design of that, for runs of several machines may come
  // together in one store, and images of machines that were copied have one id. Empty when not known.
  std::string host, cpu, cpu_design;
};

// A result of a contestant in a cell, and the run it is of.
struct FoundResult {
  std::string run;
  int threads = 0;
  std::string started;
  record::Contestant contestant;
  record::Cell cell;
};

class Store {
 public:
  virtual ~Store() = default;

  // Begins a run; its results are added one by one. Fails (environment): locked, disk full.
  [[nodiscard]] virtual Result<> begin(const record::Run& run) = 0;
  // Adds a contestant in a cell to a run, unless it is there already; returns the key for append().
  [[nodiscard]] virtual Result<int64_t> add_result(std::string_view run_id,
                                                   const record::Contestant& contestant,
                                                   const record::Cell& cell) = 0;
  [[nodiscard]] virtual Result<> append(int64_t result, const Piece& piece) = 0;
  // One more look at the machine's limits, taken while the run went on.
  [[nodiscard]] virtual Result<> append(std::string_view run_id, const record::Limits& look) = 0;
  // A cell that was left out.
  [[nodiscard]] virtual Result<> append(std::string_view run_id, const record::CellFault& fault) = 0;
  // Marks a run as complete, and keeps the hashes of the graphs, weights and inputs that it used.
  [[nodiscard]] virtual Result<> finish(const record::Run& run) = 0;

  // Several changes as one: all that `work` makes of them is kept or, where it fails, nothing. It may read
  // what it has changed. Other processes that write wait meanwhile, for 10 s; those that read see nothing of
  // it.
  [[nodiscard]] virtual Result<> together(const std::function<Result<>()>& work) = 0;

  // The run with all results and visits, as of one moment where it still goes on. Summaries (time, ratio) are
  // absent: decide/ computes them. `name` is as for find(). Fails (usage) when there is no such run, or
  // several, and (data) when what is stored of it is damaged.
  [[nodiscard]] virtual Result<record::Run> load(std::string_view name) = 0;
  // The ids of the runs that a name means: "last", the one that began last; an id; a label, which several
  // runs may have, the oldest first; or the beginning of one id. Fails (usage) when it means none, with the
  // nearest ones, or is the beginning of several ids.
  [[nodiscard]] virtual Result<std::vector<std::string>> find(std::string_view name) = 0;
  // Whether there is a run of exactly this id.
  [[nodiscard]] virtual Result<bool> has(std::string_view id) = 0;
  // The same with the results of these cells only; none: of all. `id` in full.
  [[nodiscard]] virtual Result<record::Run> load(std::string_view id, std::span<const record::Cell> only) = 0;
  [[nodiscard]] Result<record::Run> load(std::string_view id, const record::Cell& only) {
    return load(id, std::span(&only, 1));
  }
  // Of every contestant, and of every number of threads, the newest result that tells something of it: a
  // time, a failure of its own or a wrong answer; from runs on the machine of that name (record::Host::name),
  // of any version or of one. The newest first.
  [[nodiscard]] virtual Result<std::vector<FoundResult>> newest(const record::Cell& cell,
                                                                std::string_view host,
                                                                std::string_view version = {}) = 0;
  // Every such result of the cell, not the newest alone. The newest first.
  [[nodiscard]] virtual Result<std::vector<FoundResult>> all(const record::Cell& cell,
                                                             std::string_view host) = 0;
  // Those of all cells and machines. The newest first.
  [[nodiscard]] virtual Result<std::vector<FoundResult>> all() = 0;
  // What there are results of from the machine of that name: each cell once.
  [[nodiscard]] virtual Result<std::vector<record::Cell>> cells(std::string_view host) = 0;
  // What a run has results of: each cell once. `id` in full.
  [[nodiscard]] virtual Result<std::vector<record::Cell>> cells_of(std::string_view id) = 0;
  // Newest first, by when they began.
  [[nodiscard]] virtual Result<std::vector<RunSummary>> list() = 0;
};

// The SQLite file at `path`, created when absent and brought to this program's schema when older. Fails
// (environment), leaving the file untouched, when it is newer than the program, locked for 10 s, or no
// database.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& path);

// The same for reading: where file and folder can be written it is open_sqlite, elsewhere nothing is written,
// and a store of an older schema is brought up to date in memory.
[[nodiscard]] Result<std::unique_ptr<Store>> open_sqlite_to_read(const std::filesystem::path& path);

// $ASSAY_STORE, else the user's data folder: $XDG_DATA_HOME/assay/assay.db or ~/.local/share/assay/assay.db.
[[nodiscard]] std::filesystem::path default_path();

}  // namespace assay::store
