#include <unistd.h>

#include <bit>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "record/host_json.h"
#include "store/database.h"
#include "store/find_results.h"
#include "store/find_runs.h"
#include "store/read_run.h"
#include "store/schema.h"
#include "store/store.h"

namespace assay::store {
namespace {

static_assert(std::endian::native == std::endian::little, "blobs are little-endian");

using nlohmann::json;
using record::Accuracy;
using record::Contestant;
using record::Failure;
using record::Launch;
using record::Run;
using record::StepLimit;
using record::Visit;
using record::WarmStart;

// The statement has no rows to give: run it.
Result<> execute(Statement& statement) {
  ASSAY_TRY([[maybe_unused]] const bool row, statement.next());
  return {};
}

Result<int64_t> single_integer(Database& database, std::string_view sql) {
  ASSAY_TRY(auto query, database.prepare(sql));
  ASSAY_TRY(const bool row, query.next());
  return row ? query.integer(0) : 0;
}

// The store's version, unless it is newer than this program.
Result<int64_t> schema_of(Database& database) {
  ASSAY_TRY(const int64_t version, single_integer(database, "PRAGMA user_version"));
  const auto newest = static_cast<int64_t>(migrations().size());
  if (version > newest)
    return fail(ErrorKind::environment,
                "{}: the store has schema {}, this program knows up to {}: it was written by a newer Assay. "
                "Update Assay, or set "
                "ASSAY_STORE to another file",
                database.path(), version, newest);
  return version;
}

// Brings an empty or older store to this program's version, in one transaction.
Result<> migrate(Database& database) {
  ASSAY_TRY(int64_t version, schema_of(database));
  const auto newest = static_cast<int64_t>(migrations().size());
  if (version == newest) return {};
  ASSAY_TRY_VOID(database.run("BEGIN IMMEDIATE"));
  // Another process may have migrated while this one waited for the lock.
  ASSAY_TRY(version, single_integer(database, "PRAGMA user_version"));
  for (; version < newest; ++version)
    ASSAY_TRY_VOID(database.run(migrations()[static_cast<size_t>(version)]));
  ASSAY_TRY_VOID(database.run(fmt::format("PRAGMA user_version = {}", newest)));
  return database.run("COMMIT");
}

// Words as they were typed, which file names that are not UTF-8 may be among: those as a list of bytes.
std::string words_json(const std::vector<std::string>& words) {
  json list = json::array();
  for (const std::string& word : words)
    list.push_back(is_utf8(word) ? json(word) : json(std::vector<unsigned char>(word.begin(), word.end())));
  return json_text(list);
}

std::string nodes_json(const std::vector<record::NodeIssue>& nodes) {
  json list = json::array();
  for (const auto& node : nodes)
    list.push_back({{"node", node.node}, {"op", node.op}, {"message", node.message}});
  return json_text(list);
}

// Steps and time of each request, one after the other.
std::vector<int64_t> flat(const std::vector<record::StepRequest>& requests) {
  std::vector<int64_t> numbers;
  for (const auto& request : requests) numbers.insert(numbers.end(), {request.steps, request.ns});
  return numbers;
}

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

std::optional<int64_t> wide(const std::optional<int>& number) {
  return number ? std::optional<int64_t>(*number) : std::nullopt;
}

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(Database database) : database_(std::move(database)) {}

  Result<> begin(const Run& run) override {
    ASSAY_TRY(
        auto insert,
        database_.prepare("INSERT INTO run (id, started, assay, command, threads, seed, host, target, cpus, "
                          "arguments, directory, program, kept_environment, unset_environment, label, "
                          "revision, clock_monotonic_ns, clock_unix_ns) VALUES "
                          "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
    insert.bind(run.id)
        .bind(run.started)
        .bind(run.assay)
        .bind(run.command)
        .bind(static_cast<int64_t>(run.threads));
    insert.bind(static_cast<int64_t>(run.seed)).bind(record::host_to_json(run.host));
    insert.bind(run.target).bind(json_text(run.cpus));
    insert.bind(words_json(run.arguments));
    insert.bind(run.directory).bind(run.program);
    insert.bind(json_text(run.kept_environment));
    insert.bind(json_text(run.unset_environment)).bind(run.label).bind(run.revision);
    const auto& clock = run.clock;
    insert.bind(clock ? std::optional(clock->monotonic_ns) : std::nullopt);
    insert.bind(clock ? std::optional(clock->unix_ns) : std::nullopt);
    return execute(insert);
  }

  Result<int64_t> add_result(std::string_view run_id, const Contestant& contestant,
                             const record::Cell& cell) override {
    ASSAY_TRY(const auto known, find_result(run_id, contestant, cell));
    if (known) return *known;
    // Another process may add it meanwhile.
    ASSAY_TRY(auto insert,
              database_.prepare(
                  "INSERT INTO result (run, framework, variant, device, version, model, size, workload, "
                  "precision) VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING"));
    insert.bind(run_id)
        .bind(contestant.framework)
        .bind(contestant.variant)
        .bind(contestant.device)
        .bind(contestant.version);
    insert.bind(cell.model).bind(cell.size).bind(cell.workload).bind(cell.precision);
    ASSAY_TRY_VOID(execute(insert));
    ASSAY_TRY(const auto added, find_result(run_id, contestant, cell));
    ASSAY_CHECK(added, "a result that was added is not there");
    return *added;
  }

  Result<> append(int64_t result, const Piece& piece) override {
    return std::visit([&](const auto& part) { return insert(result, part); }, piece);
  }

  Result<> append(std::string_view run_id, const record::Limits& look) override {
    ASSAY_TRY(auto insert, database_.prepare("INSERT INTO limits_look (run, figures) VALUES (?,?)"));
    insert.bind(run_id).bind(record::limits_to_json(look));
    return execute(insert);
  }

  Result<> append(std::string_view run_id, const record::CellFault& fault) override {
    ASSAY_TRY(auto insert,
              database_.prepare("INSERT INTO cell_fault (run, model, size, workload, precision, reason) "
                                "VALUES (?,?,?,?,?,?)"));
    const record::Cell& cell = fault.cell;
    insert.bind(run_id).bind(cell.model).bind(cell.size).bind(cell.workload).bind(cell.precision);
    return execute(insert.bind(fault.reason));
  }

  Result<> finish(const Run& run) override {
    ASSAY_TRY(auto insert, database_.prepare("INSERT INTO run_end (run, hashes) VALUES (?,?)"));
    insert.bind(run.id).bind(json_text(run.hashes));
    return execute(insert);
  }

  Result<> together(const std::function<Result<>()>& work) override {
    ASSAY_TRY_VOID(database_.run("BEGIN IMMEDIATE"));
    auto done = work();
    if (done) done = database_.run("COMMIT");
    // What failed is what there is to say, not that nothing of it could be taken back any more.
    if (!done) static_cast<void>(database_.run("ROLLBACK"));
    return done;
  }

  Result<Run> load(std::string_view name) override;
  Result<Run> load(std::string_view id, std::span<const record::Cell> only) override {
    return read_run(database_, std::string(id), only);
  }
  Result<std::vector<FoundResult>> newest(const record::Cell& cell, std::string_view host,
                                          std::string_view version) override {
    return find_newest(database_, cell, host, version);
  }
  Result<std::vector<FoundResult>> all(const record::Cell& cell, std::string_view host) override {
    return find_all(database_, cell, host, "");
  }
  Result<std::vector<FoundResult>> all() override { return find_everything(database_); }
  Result<std::vector<record::Cell>> cells(std::string_view host) override {
    return find_cells(database_, host);
  }
  Result<std::vector<record::Cell>> cells_of(std::string_view id) override {
    return find_cells_of(database_, id);
  }
  Result<std::vector<std::string>> find(std::string_view name) override { return find_runs(database_, name); }
  Result<bool> has(std::string_view id) override { return has_run(database_, id); }
  Result<std::vector<RunSummary>> list() override { return list_runs(database_); }

 private:
  Result<std::optional<int64_t>> find_result(std::string_view run_id, const Contestant& contestant,
                                             const record::Cell& cell) {
    ASSAY_TRY(auto query,
              database_.prepare("SELECT id FROM result WHERE run = ? AND framework = ? AND variant = ? AND "
                                "device = ? AND model = ? AND size = ? AND workload = ? AND precision = ?"));
    query.bind(run_id).bind(contestant.framework).bind(contestant.variant).bind(contestant.device);
    query.bind(cell.model).bind(cell.size).bind(cell.workload).bind(cell.precision);
    ASSAY_TRY(const bool row, query.next());
    return row ? std::optional(query.integer(0)) : std::nullopt;
  }

  Result<> insert(int64_t result, const record::Provenance& provenance) {
    ASSAY_TRY(auto insert, database_.prepare("INSERT INTO provenance VALUES (?,?,?,?)"));
    insert.bind(result).bind(provenance.graph_hash).bind(provenance.weights_key).bind(provenance.runner_key);
    return execute(insert);
  }

  Result<> insert(int64_t result, const record::Completed& /*completed*/) {
    ASSAY_TRY(auto insert, database_.prepare("INSERT INTO completed VALUES (?)"));
    insert.bind(result);
    return execute(insert);
  }

  Result<> insert(int64_t result, const Launch& launch) {
    ASSAY_TRY(auto insert, database_.prepare(
                               "INSERT INTO launch (result, cold_s, import_s, load_s, prepare_s, peak_bytes, "
                               "footprint_bytes, anonymous_bytes, file_bytes, dropped_share, compute_type, "
                               "footprint) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"));
    insert.bind(result).bind(launch.cold_s).bind(launch.import_s).bind(launch.load_s).bind(launch.prepare_s);
    insert.bind(launch.peak_bytes).bind(launch.footprint_bytes);
    insert.bind(launch.anonymous_bytes).bind(launch.file_bytes).bind(launch.dropped_share);
    insert.bind(launch.compute_type).bind(record::footprint_to_json(launch.footprint));
    return execute(insert);
  }

  Result<> insert(int64_t result, const WarmStart& start) {
    ASSAY_TRY(auto insert, database_.prepare(
                               "INSERT INTO warm_start (result, block, total_s, import_s, load_s, prepare_s) "
                               "VALUES (?,?,?,?,?,?)"));
    insert.bind(result).bind(static_cast<int64_t>(start.block));
    insert.bind(start.total_s).bind(start.import_s).bind(start.load_s).bind(start.prepare_s);
    return execute(insert);
  }

  Result<> insert(int64_t result, const StepLimit& limit) {
    ASSAY_TRY(
        auto insert,
        database_.prepare("INSERT INTO step_limit (result, flops, least_flops, least_bytes, items, item, "
                          "compute_ms, memory_ms) VALUES (?,?,?,?,?,?,?,?)"));
    insert.bind(result).bind(limit.flops).bind(limit.least_flops).bind(limit.least_bytes).bind(limit.items);
    insert.bind(limit.item).bind(limit.compute_ms).bind(limit.memory_ms);
    return execute(insert);
  }

  Result<> insert(int64_t result, const Accuracy& accuracy) {
    ASSAY_TRY(
        auto insert,
        database_.prepare("INSERT INTO accuracy (result, verdict, rel_l2, max_rel, times_f32, worst, reason) "
                          "VALUES (?,?,?,?,?,?,?)"));
    insert.bind(result).bind(record::name(accuracy.verdict)).bind(accuracy.rel_l2).bind(accuracy.max_rel);
    insert.bind(accuracy.times_f32).bind(accuracy.worst).bind(accuracy.reason);
    return execute(insert);
  }

  // One statement, so that all are there or none is.
  Result<> insert(int64_t result, const record::TensorErrors& errors) {
    ASSAY_TRY(auto insert,
              database_.prepare("INSERT INTO tensor_error (result, tensor, rel_l2, max_rel, times_f32) "
                                "SELECT ?, value->>0, value->>1, value->>2, value->>3 FROM json_each(?)"));
    json rows = json::array();
    for (const auto& error : errors)
      rows.push_back({error.tensor, error.rel_l2, error.max_rel, error.times_f32});
    insert.bind(result).bind(json_text(rows));
    return execute(insert);
  }

  Result<> insert(int64_t result, const record::RunnerDescription& runner) {
    ASSAY_TRY(
        auto insert,
        database_.prepare("INSERT INTO runner (result, framework, device, threads, notes, details) VALUES "
                          "(?,?,?,?,?,?)"));
    insert.bind(result).bind(runner.framework).bind(runner.device).bind(wide(runner.threads));
    insert.bind(runner.notes).bind(json_text(runner.details));
    return execute(insert);
  }

  Result<> insert(int64_t result, const Failure& failure) {
    ASSAY_TRY(auto insert,
              database_.prepare("INSERT INTO failure (result, outcome, reason, message, nodes, stderr_tail) "
                                "VALUES (?,?,?,?,?,?)"));
    insert.bind(result)
        .bind(record::name(failure.outcome))
        .bind(record::name(failure.reason))
        .bind(failure.message);
    insert.bind(nodes_json(failure.nodes)).bind(failure.stderr_tail);
    return execute(insert);
  }

  Result<> insert(int64_t result, const Visit& visit) {
    ASSAY_TRY(auto insert,
              database_.prepare(
                  "INSERT INTO visit (result, block, round, position, started_ns, batch_ns, samples, "
                  "input_sets, cpu_pressure, steal, load, other_cpus, threads, cpus, cpu_ns, energy_j, "
                  "suspended_s, requests, sets, inputs_ns, ahead_ns, cpu_window_ns, throttled, "
                  "thermal_events, asked_ns, parts) VALUES "
                  "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
    insert.bind(result).bind(static_cast<int64_t>(visit.block)).bind(static_cast<int64_t>(visit.round));
    insert.bind(static_cast<int64_t>(visit.position)).bind(visit.started_ns).bind(visit.batch_ns);
    const std::vector<uint8_t> none;  // the input set of each step, in old runs
    const std::vector<int64_t> requests = flat(visit.requests);
    insert.bind(bytes_of(visit.samples_ns)).bind(bytes_of(none));
    insert.bind(visit.surroundings.cpu_pressure).bind(visit.surroundings.steal).bind(visit.surroundings.load);
    insert.bind(visit.surroundings.other_cpus).bind(wide(visit.surroundings.threads));
    insert.bind(wide(visit.surroundings.cpus)).bind(visit.cpu_ns).bind(visit.surroundings.energy_j);
    insert.bind(visit.surroundings.suspended_s).bind(bytes_of(requests));
    insert.bind(static_cast<int64_t>(visit.sets)).bind(visit.inputs_ns).bind(visit.ahead_ns);
    insert.bind(visit.cpu_window_ns).bind(visit.surroundings.throttled);
    insert.bind(visit.surroundings.thermal_events).bind(visit.asked_ns);
    insert.bind(bytes_of(visit.parts_ns.value_or(std::vector<int64_t>())));
    return execute(insert);
  }

  Result<Run> load_now(std::string_view name);

  Database database_;
};

Result<Run> SqliteStore::load(std::string_view name) {
  // One transaction, so that a run that another process goes on with is read as of one moment.
  ASSAY_TRY_VOID(database_.run("SAVEPOINT reading"));
  auto run = load_now(name);
  const auto released = database_.run("RELEASE reading");
  if (run && !released) return std::unexpected(released.error());
  return run;
}

Result<Run> SqliteStore::load_now(std::string_view name) {
  ASSAY_TRY(const auto ids, find(name));
  // A label is no name of one run where several have it.
  if (ids.size() > 1)
    return fail(ErrorKind::usage, "{} runs have the label '{}': name one by its id. `assay show` lists them",
                ids.size(), one_line(name));
  return read_run(database_, ids.front());
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& path) {
  ASSAY_TRY(auto database, Database::open(path));
  ASSAY_TRY_VOID(migrate(database));
  ASSAY_TRY_VOID(
      database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON"));
  return std::make_unique<SqliteStore>(std::move(database));
}

Result<std::unique_ptr<Store>> open_sqlite_to_read(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  std::error_code ec;
  const bool writable = ::access(path.c_str(), W_OK) == 0 && ::access(folder.c_str(), W_OK) == 0;
  if (writable || !std::filesystem::exists(path, ec)) return open_sqlite(path);
  ASSAY_TRY(auto database, Database::open_to_read(path));
  ASSAY_TRY(const int64_t version, schema_of(database));
  if (version < static_cast<int64_t>(migrations().size())) {
    ASSAY_TRY(Database copy, database.copied());  // what cannot be brought up to date in its place
    ASSAY_TRY_VOID(migrate(copy));
    return std::make_unique<SqliteStore>(std::move(copy));
  }
  return std::make_unique<SqliteStore>(std::move(database));
}

std::filesystem::path default_path() {
  if (const char* own = std::getenv("ASSAY_STORE"); own != nullptr && *own != '\0') return own;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != '\0')
    return std::filesystem::path(data) / "assay" / "assay.db";
  return home_dir() / ".local" / "share" / "assay" / "assay.db";
}

}  // namespace assay::store
