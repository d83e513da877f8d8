#include "store/read_run.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/json.h"
#include "record/host_json.h"
#include "record/plausible.h"

namespace assay::store {
namespace {

using nlohmann::json;
using record::Accuracy;
using record::ContestantResult;
using record::Failure;
using record::Launch;
using record::Run;
using record::StepLimit;
using record::Visit;

// A JSON text of the store; null where it is damaged.
json kept_json(const std::string& text) { return parse_json(text, "store").value_or(json()); }

std::vector<record::NodeIssue> nodes_from(const std::string& text) {
  std::vector<record::NodeIssue> nodes;
  const json list = kept_json(text);
  if (!list.is_array()) return nodes;
  const auto text_of = [](const json& node, const char* key) {
    const auto found = node.find(key);
    return found != node.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  for (const json& node : list)
    if (node.is_object())
      nodes.push_back({text_of(node, "node"), text_of(node, "op"), text_of(node, "message")});
  return nodes;
}

template <class T>
std::vector<T> values_of(std::span<const std::byte> bytes) {
  std::vector<T> values(bytes.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(T));
  return values;
}

std::optional<int> narrow(const std::optional<int64_t>& number) {
  return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

std::vector<int> integers_from(const std::string& text) {
  std::vector<int> numbers;
  const json list = kept_json(text);
  if (!list.is_array()) return numbers;
  for (const json& number : list)
    if (number.is_number_integer()) numbers.push_back(number.get<int>());
  return numbers;
}

// A word that is not UTF-8, written as a list of bytes.
std::string bytes_from(const json& list) {
  std::string word;
  for (const json& byte : list)
    if (byte.is_number_unsigned()) word += static_cast<char>(byte.get<unsigned>());
  return word;
}

std::vector<std::string> texts_from(const std::string& text) {
  std::vector<std::string> texts;
  const json list = kept_json(text);
  if (!list.is_array()) return texts;
  for (const json& word : list) {
    if (word.is_string()) texts.push_back(word.get<std::string>());
    if (word.is_array()) texts.push_back(bytes_from(word));
  }
  return texts;
}

// The numbers of a blob; none where it is cut off.
std::vector<int64_t> whole_numbers(std::span<const std::byte> blob) {
  return blob.size() % sizeof(int64_t) == 0 ? values_of<int64_t>(blob) : std::vector<int64_t>();
}

std::unexpected<Error> damaged(const Database& database, const ContestantResult& result,
                               std::string_view what) {
  return fail(ErrorKind::data, "{}: the run is damaged: {} {} {}: {}", database.path(),
              result.contestant.name(), result.cell.model, result.cell.workload, what);
}

std::map<std::string, std::string> variables_from(const std::string& text) {
  std::map<std::string, std::string> variables;
  const json object = kept_json(text);
  if (!object.is_object()) return variables;
  for (const auto& [name, value] : object.items())
    if (value.is_string()) variables[name] = value.get<std::string>();
  return variables;
}

// SQLite keeps NaN as NULL.
double number(const Statement& query, int column) {
  return query.real_or_null(column).value_or(std::numeric_limits<double>::quiet_NaN());
}

// The newest of each piece counts: a later verdict of the same result replaces an earlier one.
Result<> load_pieces(Database& database, int64_t key, ContestantResult& result) {
  ASSAY_TRY(
      auto launch,
      database.prepare(
          "SELECT cold_s, import_s, load_s, prepare_s, peak_bytes, footprint_bytes, anonymous_bytes, "
          "file_bytes, dropped_share, compute_type, footprint FROM launch WHERE result = ? ORDER BY rowid "
          "DESC LIMIT 1"));
  ASSAY_TRY(const bool has_launch, launch.bind(key).next());
  if (has_launch)
    result.launch =
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
  ASSAY_TRY(auto accuracy, database.prepare("SELECT verdict, rel_l2, max_rel, times_f32, worst, reason FROM "
                                            "accuracy WHERE result = ? ORDER BY rowid DESC LIMIT 1"));
  ASSAY_TRY(const bool has_accuracy, accuracy.bind(key).next());
  if (has_accuracy && !record::verdict_from_name(accuracy.text(0)))
    return damaged(database, result, "its verdict is none that there is");
  if (has_accuracy)
    result.accuracy =
        Accuracy{record::verdict_from_name(accuracy.text(0)).value_or(record::Verdict::unchecked),
                 number(accuracy, 1),
                 number(accuracy, 2),
                 number(accuracy, 3),
                 accuracy.text(4),
                 accuracy.text(5)};
  ASSAY_TRY(auto failure, database.prepare("SELECT outcome, reason, message, nodes, stderr_tail FROM failure "
                                           "WHERE result = ? ORDER BY rowid DESC LIMIT 1"));
  ASSAY_TRY(const bool has_failure, failure.bind(key).next());
  if (!has_failure) return {};
  if (!record::outcome_from_name(failure.text(0)))
    return damaged(database, result, "its outcome is none that there is");
  result.outcome = record::outcome_from_name(failure.text(0)).value_or(record::Outcome::failed);
  result.failure =
      Failure{result.outcome, record::reason_from_name(failure.text(1)).value_or(record::Reason::none),
              failure.text(2), nodes_from(failure.text(3)), failure.text(4)};
  return {};
}

Result<> load_starts(Database& database, int64_t key, ContestantResult& result) {
  ASSAY_TRY(
      auto query,
      database.prepare("SELECT block, total_s, import_s, load_s, prepare_s FROM warm_start WHERE result = ? "
                       "ORDER BY rowid"));
  query.bind(key);
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return {};
    result.warm_starts.push_back(
        {static_cast<int>(query.integer(0)), query.real(1), query.real(2), query.real(3), query.real(4)});
  }
}

Result<> load_limit(Database& database, int64_t key, ContestantResult& result) {
  ASSAY_TRY(auto query, database.prepare(
                            "SELECT flops, least_flops, least_bytes, items, item, compute_ms, memory_ms FROM "
                            "step_limit WHERE result = ? ORDER BY rowid DESC LIMIT 1"));
  ASSAY_TRY(const bool row, query.bind(key).next());
  if (row)
    result.limit = StepLimit{query.real(0), query.real(1),         query.real(2),        query.integer(3),
                             query.text(4), query.real_or_null(5), query.real_or_null(6)};
  return {};
}

Result<> load_progress(Database& database, int64_t key, ContestantResult& result) {
  ASSAY_TRY(
      auto given,
      database.prepare(
          "SELECT graph, weights, runner FROM provenance WHERE result = ? ORDER BY rowid DESC LIMIT 1"));
  ASSAY_TRY(const bool has_given, given.bind(key).next());
  if (has_given) result.provenance = record::Provenance{given.text(0), given.text(1), given.text(2)};
  ASSAY_TRY(auto measured, database.prepare("SELECT 1 FROM completed WHERE result = ? LIMIT 1"));
  ASSAY_TRY(result.complete, measured.bind(key).next());
  return {};
}

Result<> load_runner(Database& database, int64_t key, ContestantResult& result) {
  ASSAY_TRY(auto query, database.prepare("SELECT framework, device, threads, notes, details FROM runner "
                                         "WHERE result = ? ORDER BY rowid DESC LIMIT 1"));
  ASSAY_TRY(const bool row, query.bind(key).next());
  if (row)
    result.runner = record::RunnerDescription{query.text(0), query.text(1), narrow(query.integer_or_null(2)),
                                              query.text(3), variables_from(query.text(4))};
  return {};
}

// The largest of each tensor, in the order in which they were judged.
Result<> load_tensor_errors(Database& database, int64_t key, ContestantResult& result) {
  ASSAY_TRY(auto query,
            database.prepare("SELECT tensor, max(rel_l2), max(max_rel), max(times_f32) FROM "
                             "tensor_error WHERE result = ? GROUP BY tensor ORDER BY min(rowid)"));
  query.bind(key);
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return {};
    result.tensor_errors.push_back({query.text(0), number(query, 1), number(query, 2), number(query, 3)});
  }
}

// Steps and time of each, one after the other.
std::vector<record::StepRequest> requests_of(const std::vector<int64_t>& numbers) {
  std::vector<record::StepRequest> requests;
  for (size_t i = 0; i + 1 < numbers.size(); i += 2)
    requests.push_back({static_cast<int>(numbers[i]), numbers[i + 1]});
  return requests;
}

Result<> load_visits(Database& database, int64_t key, ContestantResult& result) {
  ASSAY_TRY(auto query,
            database.prepare(
                "SELECT block, round, position, started_ns, batch_ns, samples, requests, cpu_pressure, "
                "steal, load, other_cpus, threads, cpus, cpu_ns, energy_j, suspended_s, sets, inputs_ns, "
                "ahead_ns, cpu_window_ns, throttled, thermal_events, asked_ns, parts FROM visit "
                "WHERE result = ? ORDER BY rowid"));
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
    visit.samples_ns = whole_numbers(query.blob(5));
    if (auto parts = whole_numbers(query.blob(23)); !parts.empty()) visit.parts_ns = std::move(parts);
    visit.requests = requests_of(values_of<int64_t>(query.blob(6)));
    if (const std::string fault = record::implausible(visit); !fault.empty())
      return damaged(database, result, fault);
    visit.surroundings.cpu_pressure = query.real_or_null(7);
    visit.surroundings.steal = query.real_or_null(8);
    visit.surroundings.load = query.real_or_null(9);
    visit.surroundings.other_cpus = query.real_or_null(10);
    visit.surroundings.threads = narrow(query.integer_or_null(11));
    visit.surroundings.cpus = narrow(query.integer_or_null(12));
    visit.cpu_ns = query.integer_or_null(13);
    visit.surroundings.energy_j = query.real_or_null(14);
    visit.surroundings.suspended_s = query.real_or_null(15);
    visit.sets = static_cast<int>(query.integer(16));
    visit.inputs_ns = query.integer(17);
    visit.ahead_ns = query.integer(18);
    visit.cpu_window_ns = query.integer_or_null(19);
    visit.surroundings.throttled = query.integer_or_null(20);
    visit.surroundings.thermal_events = query.integer_or_null(21);
    visit.asked_ns = query.integer_or_null(22);
    result.visits.push_back(std::move(visit));
  }
}

Result<> load_results(Database& database, Run& run, std::span<const record::Cell> only) {
  ASSAY_TRY(
      auto query,
      database.prepare(
          "SELECT id, framework, variant, device, version, model, size, workload, precision FROM result "
          "WHERE run = ? ORDER BY id"));
  query.bind(run.id);
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return {};
    ContestantResult result;
    result.contestant = {query.text(1), query.text(2), query.text(3), query.text(4)};
    result.cell = {query.text(5), query.text(6), query.text(7), query.text(8)};
    if (!only.empty() && std::ranges::find(only, result.cell) == only.end()) continue;
    ASSAY_TRY_VOID(load_pieces(database, query.integer(0), result));
    ASSAY_TRY_VOID(load_starts(database, query.integer(0), result));
    ASSAY_TRY_VOID(load_limit(database, query.integer(0), result));
    ASSAY_TRY_VOID(load_progress(database, query.integer(0), result));
    ASSAY_TRY_VOID(load_runner(database, query.integer(0), result));
    ASSAY_TRY_VOID(load_tensor_errors(database, query.integer(0), result));
    ASSAY_TRY_VOID(load_visits(database, query.integer(0), result));
    run.results.push_back(std::move(result));
  }
}

Result<> load_looks(Database& database, Run& run) {
  ASSAY_TRY(auto query, database.prepare("SELECT figures FROM limits_look WHERE run = ? ORDER BY rowid"));
  query.bind(run.id);
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return {};
    if (auto look = record::limits_from_json(query.text(0))) run.looks.push_back(*std::move(look));
  }
}

// Of a cell that was left out again when the run was gone on with: the last; none where it then had what it
// had lacked.
Result<> load_faults(Database& database, Run& run) {
  ASSAY_TRY(
      auto query,
      database.prepare("SELECT model, size, workload, precision, reason FROM cell_fault WHERE run = ?1 "
                       "AND rowid IN (SELECT max(rowid) FROM cell_fault WHERE run = ?1 GROUP BY model, "
                       "size, workload, precision) AND NOT EXISTS (SELECT 1 FROM result JOIN completed "
                       "ON completed.result = result.id WHERE result.run = ?1 AND result.model = "
                       "cell_fault.model AND result.size = cell_fault.size AND result.workload = "
                       "cell_fault.workload AND result.precision = cell_fault.precision) ORDER BY rowid"));
  query.bind(run.id);
  for (;;) {
    ASSAY_TRY(const bool row, query.next());
    if (!row) return {};
    run.faults.push_back({{query.text(0), query.text(1), query.text(2), query.text(3)}, query.text(4)});
  }
}

std::optional<record::ClockAnchor> anchor_of(const Statement& query, int first) {
  const auto monotonic_ns = query.integer_or_null(first), unix_ns = query.integer_or_null(first + 1);
  if (!monotonic_ns || !unix_ns) return std::nullopt;
  return record::ClockAnchor{*monotonic_ns, *unix_ns};
}

}  // namespace

Result<Run> read_run(Database& database, const std::string& id, std::span<const record::Cell> only) {
  Run run;
  run.id = id;
  ASSAY_TRY(
      auto query,
      database.prepare(
          "SELECT started, assay, command, threads, seed, host, hashes, target, cpus, arguments, directory, "
          "program, kept_environment, unset_environment, label, revision, clock_monotonic_ns, clock_unix_ns "
          "FROM run LEFT JOIN "
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
  run.arguments = texts_from(query.text(9));
  run.directory = query.text(10);
  run.program = query.text(11);
  run.kept_environment = variables_from(query.text(12));
  run.unset_environment = texts_from(query.text(13));
  run.label = query.text_or_null(14);
  run.revision = query.text_or_null(15);
  run.clock = anchor_of(query, 16);
  const json hashes = kept_json(query.text(6));
  run.complete = hashes.is_object();
  if (run.complete)
    for (const auto& [name, hash] : hashes.items())
      run.hashes[name] = hash.is_string() ? hash.get<std::string>() : "";
  ASSAY_TRY_VOID(load_looks(database, run));
  if (!run.complete) ASSAY_TRY_VOID(load_faults(database, run));
  ASSAY_TRY_VOID(load_results(database, run, only));
  return run;
}

}  // namespace assay::store
