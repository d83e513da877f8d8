#include "store/find_runs.h"

#include "base/text.h"

namespace assay::store {
namespace {

constexpr size_t kMostOfAName = 64;  // bytes that a message repeats

using Texts = std::vector<std::string>;

// The texts of the first column.
Result<Texts> texts(Statement query) {
  Texts found;
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return found;
    found.push_back(query.text(0));
  }
}

Result<Texts> texts(Database& database, std::string_view sql) {
  ASSAY_TRY(auto query, database.prepare(sql));
  return texts(std::move(query));
}

Result<Texts> texts(Database& database, std::string_view sql, std::string_view name) {
  ASSAY_TRY(auto query, database.prepare(sql));
  query.bind(name);
  return texts(std::move(query));
}

Result<Texts> newest(Database& database) {
  ASSAY_TRY(auto found, texts(database, "SELECT id FROM run ORDER BY started DESC, rowid DESC LIMIT 1"));
  if (found.empty()) return fail(ErrorKind::usage, "there is no run yet. `assay show` lists the runs");
  return found;
}

std::unexpected<Error> unknown(Database& database, std::string_view name) {
  const std::string shown = one_line(name, kMostOfAName);
  auto known = texts(database, "SELECT id FROM run UNION SELECT label FROM run WHERE label IS NOT NULL");
  const std::string hint = known ? did_you_mean(name, *known) : "";
  return fail(ErrorKind::usage, "there is no run '{}'.{} `assay show` lists the runs", shown,
              one_line(hint, 4 * kMostOfAName));
}

}  // namespace

Result<Texts> find_runs(Database& database, std::string_view name) {
  if (name == "last") return newest(database);
  ASSAY_TRY(const bool exact, has_run(database, name));
  if (exact) return Texts{std::string(name)};
  ASSAY_TRY(auto labelled,
            texts(database, "SELECT id FROM run WHERE label = ? ORDER BY started, rowid", name));
  if (!labelled.empty()) return labelled;
  ASSAY_TRY(auto begun,
            texts(database, "SELECT id FROM run WHERE substr(id, 1, length(?1)) = ?1 LIMIT 2", name));
  if (begun.empty()) return unknown(database, name);
  if (begun.size() > 1)
    return fail(ErrorKind::usage, "several runs begin with '{}': give more of the id",
                one_line(name, kMostOfAName));
  return begun;
}

Result<std::vector<RunSummary>> list_runs(Database& database) {
  ASSAY_TRY(
      auto query,
      database.prepare("SELECT run.id, started, command, run_end.run IS NOT NULL, (SELECT count(*) "
                       "FROM result WHERE result.run = run.id), label, "
                       "iif(json_valid(host), host->>'name', ''), iif(json_valid(host), host->>'cpu', ''), "
                       "iif(json_valid(host), host->>'cpu_design', '') "
                       "FROM run LEFT JOIN run_end ON run_end.run = run.id "
                       "ORDER BY started DESC, run.rowid DESC"));
  std::vector<RunSummary> runs;
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return runs;
    runs.push_back({.id = query.text(0),
                    .started = query.text(1),
                    .command = query.text(2),
                    .complete = query.integer(3) != 0,
                    .results = static_cast<int>(query.integer(4)),
                    .label = query.text_or_null(5),
                    .host = query.text(6),
                    .cpu = query.text(7),
                    .cpu_design = query.text(8)});
  }
}

Result<bool> has_run(Database& database, std::string_view id) {
  ASSAY_TRY(auto query, database.prepare("SELECT 1 FROM run WHERE id = ?"));
  return query.bind(id).next();
}

}  // namespace assay::store
