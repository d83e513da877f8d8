#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "record/host_json.h"
#include "store/database.h"
#include "store/schema.h"
#include "store/store.h"

namespace assay::store {
namespace {

static_assert(std::endian::native == std::endian::little, "blobs are little-endian");

using nlohmann::json;
using record::Accuracy;
using record::Contestant;
using record::Entry;
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

// Brings an empty or older store to this program's version, in one transaction.
Result<> migrate(Database& database) {
  ASSAY_TRY(int64_t version, single_integer(database, "PRAGMA user_version"));
  const auto newest = static_cast<int64_t>(migrations().size());
  if (version > newest)
    return fail(ErrorKind::environment,
                "{}: the store has schema {}, this program knows up to {}: it was written by a newer Assay. "
                "Update Assay, or set "
                "ASSAY_STORE to another file",
                database.path(), version, newest);
  if (version == newest) return {};
  ASSAY_TRY_VOID(database.run("BEGIN IMMEDIATE"));
  // Another process may have migrated while this one waited for the lock.
  ASSAY_TRY(version, single_integer(database, "PRAGMA user_version"));
  for (; version < newest; ++version)
    ASSAY_TRY_VOID(database.run(migrations()[static_cast<size_t>(version)]));
  ASSAY_TRY_VOID(database.run(fmt::format("PRAGMA user_version = {}", newest)));
  return database.run("COMMIT");
}

std::string nodes_json(const std::vector<record::NodeIssue>& nodes) {
  json list = json::array();
  for (const auto& node : nodes)
    list.push_back({{"node", node.node}, {"op", node.op}, {"message", node.message}});
  return list.dump();
}

std::vector<record::NodeIssue> nodes_from(const std::string& text) {
  std::vector<record::NodeIssue> nodes;
  const json list = json::parse(text, nullptr, false);
  if (!list.is_array()) return nodes;
  for (const json& node : list)
    nodes.push_back({node.value("node", ""), node.value("op", ""), node.value("message", "")});
  return nodes;
}

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

template <class T>
std::vector<T> values_of(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

std::optional<int64_t> wide(const std::optional<int>& number) {
  return number ? std::optional<int64_t>(*number) : std::nullopt;
}

std::optional<int> narrow(const std::optional<int64_t>& number) {
  return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

std::vector<int> integers_from(const std::string& text) {
  std::vector<int> numbers;
  const json list = json::parse(text, nullptr, false);
  if (!list.is_array()) return numbers;
  for (const json& number : list)
    if (number.is_number_integer()) numbers.push_back(number.get<int>());
  return numbers;
}

// SQLite keeps NaN as NULL.
double number(const Statement& query, int column) {
  return query.real_or_null(column).value_or(std::numeric_limits<double>::quiet_NaN());
}

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(Database database) : database_(std::move(database)) {}

  Result<> begin(const Run& run) override {
    ASSAY_TRY(auto insert,
              database_.prepare(
                  "INSERT INTO run (id, started, assay, command, threads, seed, host, target, cpus) VALUES "
                  "(?,?,?,?,?,?,?,?,?)"));
    insert.bind(run.id)
        .bind(run.started)
        .bind(run.assay)
        .bind(run.command)
        .bind(static_cast<int64_t>(run.threads));
    insert.bind(static_cast<int64_t>(run.seed)).bind(record::host_to_json(run.host));
    insert.bind(run.target).bind(json(run.cpus).dump());
    return execute(insert);
  }

  Result<int64_t> add_entry(std::string_view run_id, const Contestant& contestant,
                            const record::Cell& cell) override {
    ASSAY_TRY(auto insert,
              database_.prepare(
                  "INSERT INTO entry (run, framework, variant, device, version, model, size, workload, "
                  "precision) VALUES (?,?,?,?,?,?,?,?,?)"));
    insert.bind(run_id)
        .bind(contestant.framework)
        .bind(contestant.variant)
        .bind(contestant.device)
        .bind(contestant.version);
    insert.bind(cell.model).bind(cell.size).bind(cell.workload).bind(cell.precision);
    ASSAY_TRY_VOID(execute(insert));
    return database_.last_row_id();
  }

  Result<> append(int64_t entry, const Piece& piece) override {
    return std::visit([&](const auto& part) { return insert(entry, part); }, piece);
  }

  Result<> finish(const Run& run) override {
    ASSAY_TRY(auto insert, database_.prepare("INSERT INTO run_end (run, hashes) VALUES (?,?)"));
    insert.bind(run.id).bind(json(run.hashes).dump());
    return execute(insert);
  }

  Result<Run> load(std::string_view id) override;
  Result<std::vector<RunSummary>> list() override;

 private:
  Result<> insert(int64_t entry, const Launch& launch) {
    ASSAY_TRY(auto insert,
              database_.prepare("INSERT INTO launch (entry, cold_s, import_s, load_s, prepare_s, peak_bytes, "
                                "footprint_bytes, anonymous_bytes, file_bytes, dropped_share, compute_type, "
                                "footprint) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"));
    insert.bind(entry).bind(launch.cold_s).bind(launch.import_s).bind(launch.load_s).bind(launch.prepare_s);
    insert.bind(launch.peak_bytes).bind(launch.footprint_bytes);
    insert.bind(launch.anonymous_bytes).bind(launch.file_bytes).bind(launch.dropped_share);
    insert.bind(launch.compute_type).bind(record::footprint_to_json(launch.footprint));
    return execute(insert);
  }

  Result<> insert(int64_t entry, const WarmStart& start) {
    ASSAY_TRY(auto insert, database_.prepare("INSERT INTO warm_start VALUES (?,?,?,?,?,?)"));
    insert.bind(entry).bind(static_cast<int64_t>(start.block));
    insert.bind(start.total_s).bind(start.import_s).bind(start.load_s).bind(start.prepare_s);
    return execute(insert);
  }

  Result<> insert(int64_t entry, const StepLimit& limit) {
    ASSAY_TRY(auto insert, database_.prepare("INSERT INTO step_limit VALUES (?,?,?,?,?,?,?,?)"));
    insert.bind(entry).bind(limit.flops).bind(limit.least_flops).bind(limit.least_bytes).bind(limit.items);
    insert.bind(limit.item).bind(limit.compute_ms).bind(limit.memory_ms);
    return execute(insert);
  }

  Result<> insert(int64_t entry, const Accuracy& accuracy) {
    ASSAY_TRY(auto insert, database_.prepare("INSERT INTO accuracy VALUES (?,?,?,?,?,?,?)"));
    insert.bind(entry).bind(record::name(accuracy.verdict)).bind(accuracy.rel_l2).bind(accuracy.max_rel);
    insert.bind(accuracy.times_f32).bind(accuracy.worst).bind(accuracy.reason);
    return execute(insert);
  }

  Result<> insert(int64_t entry, const Failure& failure) {
    ASSAY_TRY(auto insert, database_.prepare("INSERT INTO failure VALUES (?,?,?,?,?,?)"));
    insert.bind(entry)
        .bind(record::name(failure.outcome))
        .bind(record::name(failure.reason))
        .bind(failure.message);
    insert.bind(nodes_json(failure.nodes)).bind(failure.stderr_tail);
    return execute(insert);
  }

  Result<> insert(int64_t entry, const Visit& visit) {
    ASSAY_TRY(
        auto insert,
        database_.prepare(
            "INSERT INTO visit (entry, block, round, position, started_ns, batch_ns, samples, "
            "input_sets, cpu_pressure, steal, load, other_cpus, threads, cpus, cpu_ns, energy_j) VALUES "
            "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"));
    insert.bind(entry).bind(static_cast<int64_t>(visit.block)).bind(static_cast<int64_t>(visit.round));
    insert.bind(static_cast<int64_t>(visit.position)).bind(visit.started_ns).bind(visit.batch_ns);
    insert.bind(bytes_of(visit.samples_ns)).bind(bytes_of(visit.input_sets));
    insert.bind(visit.surroundings.cpu_pressure).bind(visit.surroundings.steal).bind(visit.surroundings.load);
    insert.bind(visit.surroundings.other_cpus).bind(wide(visit.surroundings.threads));
    insert.bind(wide(visit.surroundings.cpus)).bind(visit.cpu_ns).bind(visit.surroundings.energy_j);
    return execute(insert);
  }

  Result<std::string> full_id(std::string_view id);
  Result<> load_entries(Run& run);
  Result<> load_pieces(int64_t key, Entry& entry);
  Result<> load_starts(int64_t key, Entry& entry);
  Result<> load_limit(int64_t key, Entry& entry);
  Result<> load_visits(int64_t key, Entry& entry);

  Database database_;
};

Result<std::string> SqliteStore::full_id(std::string_view id) {
  const bool last = id == "last";
  ASSAY_TRY(auto query,
            database_.prepare(
                last ? "SELECT id FROM run ORDER BY rowid DESC LIMIT 1"
                     : "SELECT id FROM run WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id != ?1 LIMIT 2"));
  if (!last) query.bind(id);
  ASSAY_TRY(const bool found, query.next());
  if (!found)
    return fail(ErrorKind::usage, "{}. `assay show` lists the runs",
                last ? "there is no run yet" : fmt::format("there is no run '{}'", id));
  std::string result = query.text(0);
  ASSAY_TRY(const bool another, query.next());
  if (another && result != id)
    return fail(ErrorKind::usage, "several runs begin with '{}': give more of the id", id);
  return result;
}

Result<Run> SqliteStore::load(std::string_view id) {
  Run run;
  ASSAY_TRY(run.id, full_id(id));
  ASSAY_TRY(
      auto query,
      database_.prepare(
          "SELECT started, assay, command, threads, seed, host, hashes, target, cpus FROM run LEFT JOIN "
          "run_end ON run_end.run = run.id WHERE run.id = ?"));
  query.bind(run.id);
  ASSAY_TRY([[maybe_unused]] const bool row, query.next());
  run.started = query.text(0);
  run.assay = query.text(1);
  run.command = query.text(2);
  run.threads = static_cast<int>(query.integer(3));
  run.seed = static_cast<uint64_t>(query.integer(4));
  run.host = record::host_from_json(query.text(5));
  run.target = query.real_or_null(7);
  run.cpus = integers_from(query.text(8));
  const json hashes = json::parse(query.text(6), nullptr, false);
  run.complete = hashes.is_object();
  if (run.complete)
    for (const auto& [name, hash] : hashes.items())
      run.hashes[name] = hash.is_string() ? hash.get<std::string>() : "";
  ASSAY_TRY_VOID(load_entries(run));
  return run;
}

Result<> SqliteStore::load_entries(Run& run) {
  ASSAY_TRY(auto query,
            database_.prepare(
                "SELECT id, framework, variant, device, version, model, size, workload, precision FROM entry "
                "WHERE run = ? ORDER BY id"));
  query.bind(run.id);
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return {};
    Entry entry;
    entry.contestant = {query.text(1), query.text(2), query.text(3), query.text(4)};
    entry.cell = {query.text(5), query.text(6), query.text(7), query.text(8)};
    ASSAY_TRY_VOID(load_pieces(query.integer(0), entry));
    ASSAY_TRY_VOID(load_starts(query.integer(0), entry));
    ASSAY_TRY_VOID(load_limit(query.integer(0), entry));
    ASSAY_TRY_VOID(load_visits(query.integer(0), entry));
    run.entries.push_back(std::move(entry));
  }
}

// The newest of each piece counts: a later verdict of the same entry replaces an earlier one.
Result<> SqliteStore::load_pieces(int64_t key, Entry& entry) {
  ASSAY_TRY(
      auto launch,
      database_.prepare(
          "SELECT cold_s, import_s, load_s, prepare_s, peak_bytes, footprint_bytes, anonymous_bytes, "
          "file_bytes, dropped_share, compute_type, footprint FROM launch WHERE entry = ? ORDER BY rowid "
          "DESC LIMIT 1"));
  ASSAY_TRY(const bool has_launch, launch.bind(key).next());
  if (has_launch)
    entry.launch =
        Launch{.cold_s = launch.real(0),
               .import_s = launch.real(1),
               .load_s = launch.real(2),
               .prepare_s = launch.real(3),
               .peak_bytes = launch.integer_or_null(4),
               .footprint_bytes = launch.integer_or_null(5),
               .anonymous_bytes = launch.integer_or_null(6),
               .file_bytes = launch.integer_or_null(7),
               .dropped_share = launch.real_or_null(8),
               .compute_type = launch.text(9),
               .footprint = record::footprint_from_json(launch.text(10)).value_or(record::Footprint())};
  ASSAY_TRY(auto accuracy,
            database_.prepare("SELECT * FROM accuracy WHERE entry = ? ORDER BY rowid DESC LIMIT 1"));
  ASSAY_TRY(const bool has_accuracy, accuracy.bind(key).next());
  if (has_accuracy)
    entry.accuracy =
        Accuracy{record::verdict_from_name(accuracy.text(1)).value_or(record::Verdict::unchecked),
                 number(accuracy, 2),
                 number(accuracy, 3),
                 number(accuracy, 4),
                 accuracy.text(5),
                 accuracy.text(6)};
  ASSAY_TRY(auto failure,
            database_.prepare("SELECT * FROM failure WHERE entry = ? ORDER BY rowid DESC LIMIT 1"));
  ASSAY_TRY(const bool has_failure, failure.bind(key).next());
  if (!has_failure) return {};
  entry.outcome = record::outcome_from_name(failure.text(1)).value_or(record::Outcome::failed);
  entry.failure =
      Failure{entry.outcome, record::reason_from_name(failure.text(2)).value_or(record::Reason::none),
              failure.text(3), nodes_from(failure.text(4)), failure.text(5)};
  return {};
}

Result<> SqliteStore::load_starts(int64_t key, Entry& entry) {
  ASSAY_TRY(
      auto query,
      database_.prepare("SELECT block, total_s, import_s, load_s, prepare_s FROM warm_start WHERE entry = ? "
                        "ORDER BY rowid"));
  query.bind(key);
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return {};
    entry.warm_starts.push_back(
        {static_cast<int>(query.integer(0)), query.real(1), query.real(2), query.real(3), query.real(4)});
  }
}

Result<> SqliteStore::load_limit(int64_t key, Entry& entry) {
  ASSAY_TRY(auto query, database_.prepare(
                            "SELECT flops, least_flops, least_bytes, items, item, compute_ms, memory_ms FROM "
                            "step_limit WHERE entry = ? ORDER BY rowid DESC LIMIT 1"));
  ASSAY_TRY(const bool row, query.bind(key).next());
  if (row)
    entry.limit = StepLimit{query.real(0), query.real(1),         query.real(2),        query.integer(3),
                            query.text(4), query.real_or_null(5), query.real_or_null(6)};
  return {};
}

Result<> SqliteStore::load_visits(int64_t key, Entry& entry) {
  ASSAY_TRY(auto query,
            database_.prepare(
                "SELECT block, round, position, started_ns, batch_ns, samples, input_sets, cpu_pressure, "
                "steal, load, other_cpus, threads, cpus, cpu_ns, energy_j FROM visit "
                "WHERE entry = ? ORDER BY rowid"));
  query.bind(key);
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return {};
    Visit visit;
    visit.block = static_cast<int>(query.integer(0));
    visit.round = static_cast<int>(query.integer(1));
    visit.position = static_cast<int>(query.integer(2));
    visit.started_ns = query.integer(3);
    visit.batch_ns = query.integer(4);
    visit.samples_ns = values_of<int64_t>(query.blob(5));
    visit.input_sets = values_of<uint8_t>(query.blob(6));
    visit.surroundings.cpu_pressure = query.real_or_null(7);
    visit.surroundings.steal = query.real_or_null(8);
    visit.surroundings.load = query.real_or_null(9);
    visit.surroundings.other_cpus = query.real_or_null(10);
    visit.surroundings.threads = narrow(query.integer_or_null(11));
    visit.surroundings.cpus = narrow(query.integer_or_null(12));
    visit.cpu_ns = query.integer_or_null(13);
    visit.surroundings.energy_j = query.real_or_null(14);
    entry.visits.push_back(std::move(visit));
  }
}

Result<std::vector<RunSummary>> SqliteStore::list() {
  ASSAY_TRY(
      auto query,
      database_.prepare(
          "SELECT run.id, started, command, run_end.run IS NOT NULL, (SELECT count(*) FROM entry WHERE "
          "entry.run = run.id) FROM run LEFT JOIN run_end ON run_end.run = run.id ORDER BY run.rowid DESC"));
  std::vector<RunSummary> runs;
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return runs;
    runs.push_back({query.text(0), query.text(1), query.text(2), query.integer(3) != 0,
                    static_cast<int>(query.integer(4))});
  }
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& path) {
  ASSAY_TRY(auto database, Database::open(path));
  ASSAY_TRY_VOID(migrate(database));
  ASSAY_TRY_VOID(
      database.run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON"));
  return std::make_unique<SqliteStore>(std::move(database));
}

std::filesystem::path default_path() {
  if (const char* own = std::getenv("ASSAY_STORE"); own != nullptr && *own != '\0') return own;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data != '\0')
    return std::filesystem::path(data) / "assay" / "assay.db";
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr && *home != '\0' ? home : "/tmp") / ".local" / "share" /
         "assay" / "assay.db";
}

}  // namespace assay::store
