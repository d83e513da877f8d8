#include "store/schema.h"

#include <initializer_list>
#include <vector>

namespace assay::store {
namespace {

// Samples are int64 nanoseconds, input sets one byte each; both little-endian, one blob a visit.
constexpr const char* kFirst = R"sql(
CREATE TABLE run (
  id TEXT PRIMARY KEY, started TEXT NOT NULL, assay TEXT NOT NULL, command TEXT NOT NULL, threads INTEGER NOT NULL,
  seed INTEGER NOT NULL, host TEXT NOT NULL) STRICT;
CREATE TABLE run_end (run TEXT PRIMARY KEY REFERENCES run(id), hashes TEXT NOT NULL) STRICT;
CREATE TABLE entry (
  id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES run(id), framework TEXT NOT NULL, variant TEXT NOT NULL,
  device TEXT NOT NULL, version TEXT NOT NULL, model TEXT NOT NULL, size TEXT NOT NULL, workload TEXT NOT NULL,
  precision TEXT NOT NULL, UNIQUE (run, framework, variant, device, model, size, workload, precision)) STRICT;
CREATE INDEX entry_cell ON entry (model, size, workload, precision, framework, variant, device);
CREATE TABLE launch (
  entry INTEGER NOT NULL REFERENCES entry(id), cold_s REAL NOT NULL, import_s REAL NOT NULL, load_s REAL NOT NULL,
  prepare_s REAL NOT NULL, peak_bytes INTEGER, footprint_bytes INTEGER) STRICT;
CREATE TABLE accuracy (
  entry INTEGER NOT NULL REFERENCES entry(id), verdict TEXT NOT NULL, rel_l2 REAL, max_rel REAL, times_f32 REAL,
  worst TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE failure (
  entry INTEGER NOT NULL REFERENCES entry(id), outcome TEXT NOT NULL, reason TEXT NOT NULL, message TEXT NOT NULL,
  nodes TEXT NOT NULL, stderr_tail TEXT NOT NULL) STRICT;
CREATE TABLE visit (
  entry INTEGER NOT NULL REFERENCES entry(id), block INTEGER NOT NULL, round INTEGER NOT NULL, position INTEGER NOT NULL,
  started_ns INTEGER NOT NULL, batch_ns INTEGER NOT NULL, samples BLOB NOT NULL, input_sets BLOB NOT NULL,
  cpu_pressure REAL, steal REAL, load REAL, threads INTEGER) STRICT;
CREATE INDEX launch_entry ON launch (entry);
CREATE INDEX accuracy_entry ON accuracy (entry);
CREATE INDEX failure_entry ON failure (entry);
CREATE INDEX visit_entry ON visit (entry, block, round);
)sql";

// What a visit cost and who else was there; what measuring aimed for.
constexpr const char* kAdaptive = R"sql(
ALTER TABLE visit ADD COLUMN cpu_ns INTEGER;
ALTER TABLE visit ADD COLUMN other_cpus REAL;
ALTER TABLE visit ADD COLUMN cpus INTEGER;
ALTER TABLE run ADD COLUMN target REAL;
ALTER TABLE run ADD COLUMN cpus TEXT NOT NULL DEFAULT '[]';
)sql";

// The parts of a launch, launches with warm caches, and what a step takes at least.
constexpr const char* kLimits = R"sql(
ALTER TABLE launch ADD COLUMN anonymous_bytes INTEGER;
ALTER TABLE launch ADD COLUMN file_bytes INTEGER;
ALTER TABLE launch ADD COLUMN dropped_share REAL;
ALTER TABLE launch ADD COLUMN compute_type TEXT NOT NULL DEFAULT '';
ALTER TABLE launch ADD COLUMN footprint TEXT NOT NULL DEFAULT '';
ALTER TABLE visit ADD COLUMN energy_j REAL;
CREATE TABLE warm_start (
  entry INTEGER NOT NULL REFERENCES entry(id), block INTEGER NOT NULL, total_s REAL NOT NULL, import_s REAL NOT NULL,
  load_s REAL NOT NULL, prepare_s REAL NOT NULL) STRICT;
CREATE TABLE step_limit (
  entry INTEGER NOT NULL REFERENCES entry(id), flops REAL NOT NULL, least_flops REAL NOT NULL, least_bytes REAL NOT NULL,
  items INTEGER NOT NULL, item TEXT NOT NULL, compute_ms REAL, memory_ms REAL) STRICT;
CREATE INDEX warm_start_entry ON warm_start (entry);
CREATE INDEX step_limit_entry ON step_limit (entry);
)sql";

// What a run needs to be gone on with, what its runners were given, which results are done; sleep of the
// machine.
constexpr const char* kResumable = R"sql(
ALTER TABLE run ADD COLUMN arguments TEXT NOT NULL DEFAULT '[]';
ALTER TABLE run ADD COLUMN directory TEXT NOT NULL DEFAULT '';
ALTER TABLE run ADD COLUMN program TEXT NOT NULL DEFAULT '';
ALTER TABLE visit ADD COLUMN suspended_s REAL;
CREATE TABLE given (entry INTEGER NOT NULL REFERENCES entry(id), graph TEXT NOT NULL, weights TEXT NOT NULL) STRICT;
CREATE TABLE measured (entry INTEGER NOT NULL REFERENCES entry(id)) STRICT;
CREATE INDEX given_entry ON given (entry);
CREATE INDEX measured_entry ON measured (entry);
)sql";

// Requests of a visit (steps and time of each, 64-bit integers), and the inputs that were handed over for it.
constexpr const char* kFreshInputs = R"sql(
ALTER TABLE visit ADD COLUMN requests BLOB NOT NULL DEFAULT X'';
ALTER TABLE visit ADD COLUMN sets INTEGER NOT NULL DEFAULT 0;
ALTER TABLE visit ADD COLUMN inputs_ns INTEGER NOT NULL DEFAULT 0;
ALTER TABLE visit ADD COLUMN ahead_ns INTEGER NOT NULL DEFAULT 0;
)sql";

// The machine's limits, looked at again while a run went on.
constexpr const char* kLooks = R"sql(
CREATE TABLE limits_look (run TEXT NOT NULL REFERENCES run(id), figures TEXT NOT NULL) STRICT;
CREATE INDEX limits_look_run ON limits_look (run);
)sql";

// What the runners' environment was, and what else may stop a contestant.
constexpr const char* kSurroundings = R"sql(
ALTER TABLE run ADD COLUMN kept_environment TEXT NOT NULL DEFAULT '{}';
ALTER TABLE run ADD COLUMN unset_environment TEXT NOT NULL DEFAULT '[]';
ALTER TABLE visit ADD COLUMN cpu_window_ns INTEGER;
ALTER TABLE visit ADD COLUMN throttled INTEGER;
ALTER TABLE visit ADD COLUMN thermal_events INTEGER;
)sql";

// What it took to ask for outputs at the end of a visit.
constexpr const char* kQuestions = "ALTER TABLE visit ADD COLUMN asked_ns INTEGER;";

// What the runner ran from: a run that is gone on with must find the same.
constexpr const char* kRunnerKey = "ALTER TABLE given ADD COLUMN runner TEXT NOT NULL DEFAULT '';";

// Which run it is among others, what runners say of themselves, every tensor's error, cells without a truth.
constexpr const char* kDescribed = R"sql(
ALTER TABLE run ADD COLUMN label TEXT;
ALTER TABLE run ADD COLUMN revision TEXT;
ALTER TABLE run ADD COLUMN clock_monotonic_ns INTEGER;
ALTER TABLE run ADD COLUMN clock_unix_ns INTEGER;
CREATE TABLE runner (
  entry INTEGER NOT NULL REFERENCES entry(id), framework TEXT NOT NULL, device TEXT NOT NULL, threads INTEGER,
  notes TEXT NOT NULL, details TEXT NOT NULL) STRICT;
CREATE TABLE tensor_error (
  entry INTEGER NOT NULL REFERENCES entry(id), tensor TEXT NOT NULL, rel_l2 REAL, max_rel REAL, times_f32 REAL) STRICT;
CREATE TABLE cell_fault (
  run TEXT NOT NULL REFERENCES run(id), model TEXT NOT NULL, size TEXT NOT NULL, workload TEXT NOT NULL,
  precision TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE INDEX runner_entry ON runner (entry);
CREATE INDEX tensor_error_entry ON tensor_error (entry, tensor);
CREATE INDEX cell_fault_run ON cell_fault (run);
)sql";

// The names that everything else has for these things: docs/architecture.md.
constexpr const char* kTerms = R"sql(
DROP TRIGGER entry_no_UPDATE;
DROP TRIGGER entry_no_DELETE;
DROP TRIGGER given_no_UPDATE;
DROP TRIGGER given_no_DELETE;
DROP TRIGGER measured_no_UPDATE;
DROP TRIGGER measured_no_DELETE;
ALTER TABLE entry RENAME TO result;
ALTER TABLE given RENAME TO provenance;
ALTER TABLE measured RENAME TO completed;
ALTER TABLE launch RENAME COLUMN entry TO result;
ALTER TABLE accuracy RENAME COLUMN entry TO result;
ALTER TABLE failure RENAME COLUMN entry TO result;
ALTER TABLE visit RENAME COLUMN entry TO result;
ALTER TABLE warm_start RENAME COLUMN entry TO result;
ALTER TABLE step_limit RENAME COLUMN entry TO result;
ALTER TABLE provenance RENAME COLUMN entry TO result;
ALTER TABLE completed RENAME COLUMN entry TO result;
ALTER TABLE runner RENAME COLUMN entry TO result;
ALTER TABLE tensor_error RENAME COLUMN entry TO result;
)sql";

// Of steps that run in parts, those of each.
constexpr const char* kParts = R"sql(
ALTER TABLE visit ADD COLUMN parts BLOB NOT NULL DEFAULT x'';
)sql";

// Append-only, enforced by the database itself.
std::string guards(std::initializer_list<const char*> tables) {
  std::string sql;
  for (const char* table : tables)
    for (const char* change : {"UPDATE", "DELETE"})
      sql += std::string("CREATE TRIGGER ") + table + "_no_" + change + " BEFORE " + change + " ON " + table +
             " BEGIN SELECT RAISE(ABORT, 'the store is append-only'); END;\n";
  return sql;
}

}  // namespace

std::span<const std::string> migrations() {
  static const std::vector<std::string> kMigrations = {
      kFirst + guards({"run", "run_end", "entry", "launch", "accuracy", "failure", "visit"}),
      kAdaptive,
      kLimits + guards({"warm_start", "step_limit"}),
      kResumable + guards({"given", "measured"}),
      kLooks + guards({"limits_look"}),
      kFreshInputs,
      kSurroundings,
      kQuestions,
      kRunnerKey,
      kDescribed + guards({"runner", "tensor_error", "cell_fault"}),
      kTerms + guards({"result", "provenance", "completed"}),
      kParts};
  return kMigrations;
}

}  // namespace assay::store
