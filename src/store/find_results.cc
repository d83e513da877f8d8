#include "store/find_results.h"

#include <set>
#include <utility>

namespace assay::store {
namespace {

// The machine of each run, read out of its long description once for a connection. Runs are only ever added,
// and keep their machine: what is new is behind the last that is known.
constexpr const char* kMachines = R"sql(
CREATE TEMP TABLE IF NOT EXISTS machine (
  place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, threads INTEGER NOT NULL, started TEXT NOT NULL, name TEXT NOT NULL);
INSERT INTO machine SELECT rowid, id, threads, started, iif(json_valid(host), coalesce(host->>'$.name', ''), '')
FROM run WHERE rowid > (SELECT coalesce(max(place), 0) FROM machine);
)sql";

// Run by run (a CROSS JOIN keeps the order, a + an index from being used): what is of one run lies together
// in the file, what is of one cell is all over it.
constexpr std::string_view kColumns =
    "SELECT result.run, machine.threads, machine.started, result.framework, result.variant, result.device, "
    "result.version, result.model, result.size, result.workload, result.precision FROM machine CROSS JOIN "
    "result ON result.run = machine.id WHERE ";
constexpr std::string_view kOfCell =
    "+result.model = ?1 AND +result.size = ?2 AND +result.workload = ?3 AND +result.precision = ?4 AND "
    "machine.name = ?5 AND ?6 IN ('', result.version) AND ";
// What tells something of a contestant: a visit, a failure of its own, or a wrong answer.
constexpr std::string_view kThatTell = R"sql(
  (EXISTS (SELECT 1 FROM visit WHERE visit.result = result.id)
    OR EXISTS (SELECT 1 FROM failure WHERE failure.result = result.id AND failure.reason <> 'not_set_up')
    OR EXISTS (SELECT 1 FROM accuracy WHERE accuracy.result = result.id AND accuracy.verdict = 'wrong'))
ORDER BY machine.started DESC, machine.place DESC, result.id
)sql";

Result<std::vector<FoundResult>> results(Statement& query) {
  std::vector<FoundResult> found;
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return found;
    found.push_back({.run = query.text(0),
                     .threads = static_cast<int>(query.integer(1)),
                     .started = query.text(2),
                     .contestant = {query.text(3), query.text(4), query.text(5), query.text(6)},
                     .cell = {query.text(7), query.text(8), query.text(9), query.text(10)}});
  }
}

Result<std::vector<record::Cell>> cells(Statement& query) {
  std::vector<record::Cell> found;
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return found;
    found.push_back({query.text(0), query.text(1), query.text(2), query.text(3)});
  }
}

}  // namespace

Result<std::vector<FoundResult>> find_all(Database& database, const record::Cell& cell, std::string_view host,
                                          std::string_view version) {
  ASSAY_TRY_VOID(database.run(kMachines));
  ASSAY_TRY(auto query, database.prepare(fmt::format("{}{}{}", kColumns, kOfCell, kThatTell)));
  query.bind(cell.model).bind(cell.size).bind(cell.workload).bind(cell.precision);
  query.bind(host).bind(version);
  return results(query);
}

Result<std::vector<FoundResult>> find_everything(Database& database) {
  ASSAY_TRY_VOID(database.run(kMachines));
  ASSAY_TRY(auto query, database.prepare(fmt::format("{}{}", kColumns, kThatTell)));
  return results(query);
}

Result<std::vector<FoundResult>> find_newest(Database& database, const record::Cell& cell,
                                             std::string_view host, std::string_view version) {
  ASSAY_TRY(auto all, find_all(database, cell, host, version));
  std::set<std::pair<std::string, int>> seen;
  std::erase_if(all, [&](const FoundResult& result) {
    return !seen.emplace(result.contestant.name(), result.threads).second;
  });
  return all;
}

Result<std::vector<record::Cell>> find_cells(Database& database, std::string_view host) {
  ASSAY_TRY_VOID(database.run(kMachines));
  ASSAY_TRY(auto query, database.prepare(
                            "SELECT DISTINCT model, size, workload, precision FROM machine CROSS JOIN result "
                            "ON result.run = machine.id WHERE machine.name = ? ORDER BY model, size, "
                            "workload, precision"));
  query.bind(host);
  return cells(query);
}

Result<std::vector<record::Cell>> find_cells_of(Database& database, std::string_view run) {
  ASSAY_TRY(auto query, database.prepare("SELECT DISTINCT model, size, workload, precision FROM result "
                                         "WHERE run = ? ORDER BY model, size, workload, precision"));
  query.bind(run);
  return cells(query);
}

}  // namespace assay::store
