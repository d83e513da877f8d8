#include "exchange/results_file.h"

#include <algorithm>
#include <type_traits>

#include "base/hash.h"
#include "base/text.h"

namespace assay::exchange {
namespace {

// Far more than any visit or footprint takes.
constexpr size_t kMostLineBytes = size_t{64} << 20;
constexpr std::string_view kSqlite = "SQLite format 3";

// What a line is, for a message.
std::string name_of(const Line& line) {
  return std::visit(
      [](const auto& value) -> std::string {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, Header>) return "the header of a file";
        if constexpr (std::is_same_v<T, record::Run>) return "the begin of run " + one_line(value.id);
        if constexpr (std::is_same_v<T, record::ContestantResult>) return "a result";
        if constexpr (std::is_same_v<T, record::Visit>) return "a visit";
        if constexpr (std::is_same_v<T, RunEnd>) return "the end of run " + one_line(value.run);
        if constexpr (std::is_same_v<T, FileEnd>) return "the end of the file";
      },
      line);
}

int64_t visits_in(const record::Run& run) {
  int64_t visits = 0;
  for (const auto& result : run.results) visits += static_cast<int64_t>(result.visits.size());
  return visits;
}

bool has_result(const record::Run& run, const record::ContestantResult& result) {
  return std::ranges::any_of(run.results, [&](const record::ContestantResult& other) {
    return other.cell == result.cell && other.contestant.name() == result.contestant.name();
  });
}

// Whether the end that was read belongs to the run, and nothing of it is missing or was changed.
Result<> check_run_end(const record::Run& run, const RunEnd& end, const std::string& hash,
                       const std::string& place) {
  if (end.run != run.id)
    return fail(ErrorKind::data, "{}: the end of run {}, where that of run {} was expected", place,
                one_line(end.run), run.id);
  const auto results = static_cast<int64_t>(run.results.size());
  if (end.results != results || end.visits != visits_in(run))
    return fail(
        ErrorKind::data,
        "{}: run {} has {} results and {} visits, it was written with {} and {}: lines are missing or "
        "come twice",
        place, run.id, results, visits_in(run), end.results, end.visits);
  if (!end.hash.empty() && end.hash != hash)
    return fail(ErrorKind::data, "{}: run {} is not what was written: a line of it was changed", place,
                run.id);
  return {};
}

}  // namespace

Result<> ResultsWriter::write(std::string line) { return sink_(line += '\n'); }

Result<> ResultsWriter::begin(const Header& header) { return write(to_line(header)); }

Result<> ResultsWriter::add(const record::Run& run) {
  Hasher hasher;
  const auto put = [&](std::string line) {
    hasher.add(line);
    return write(std::move(line));
  };
  ASSAY_TRY_VOID(put(to_line(run)));
  for (const auto& result : run.results) {
    ASSAY_TRY_VOID(put(to_line(result)));
    for (const auto& visit : result.visits) ASSAY_TRY_VOID(put(to_line(visit)));
  }
  ++runs_;
  return write(
      to_line(RunEnd{run.id, static_cast<int64_t>(run.results.size()), visits_in(run), hasher.hex()}));
}

Result<> ResultsWriter::end() { return write(to_line(FileEnd{runs_})); }

Result<ResultsReader> ResultsReader::open(const std::filesystem::path& path) {
  ASSAY_TRY(auto lines, LineReader::open(path, kMostLineBytes));
  ResultsReader reader(std::move(lines));
  ASSAY_TRY_VOID(reader.read_header());
  return reader;
}

std::string ResultsReader::place() const {
  return fmt::format("{}, line {}", lines_.path(), lines_.number());
}

// The first line says what the file is, whatever else may be wrong with it.
Result<> ResultsReader::read_header() {
  ASSAY_TRY(const auto text, lines_.next());
  if (!text) return fail(ErrorKind::data, "{}: is empty, where results were expected", lines_.path());
  if (text->starts_with(kSqlite))
    return fail(ErrorKind::data, "{}: is a store, not a file of results: ASSAY_STORE={} assay export -o FILE",
                lines_.path(), lines_.path());
  if (!text->starts_with("{") || text->find("\"assay-results\"") == std::string_view::npos)
    return fail(ErrorKind::data, "{}: is no file of results, which `assay export -o FILE` writes",
                lines_.path());
  ASSAY_TRY(const Line line, from_line(*text, place()));
  inside_ = std::holds_alternative<Header>(line);
  if (!inside_) return fail(ErrorKind::data, "{}: {}, where the header was expected", place(), name_of(line));
  return {};
}

std::unexpected<Error> ResultsReader::cut_off(std::string_view where) const {
  return fail(ErrorKind::data, "{}: is cut off: it ends {} line {}. Export or copy it again", lines_.path(),
              where, lines_.number());
}

Result<record::Run> ResultsReader::rest_of(record::Run run, std::string_view first_line) {
  Hasher hasher;
  hasher.add(first_line);
  for (;;) {
    ASSAY_TRY(const auto text, lines_.next());
    if (!text) return cut_off(fmt::format("within run {}, with", run.id));
    ASSAY_TRY(Line line, from_line(*text, place()));
    if (const auto* end = std::get_if<RunEnd>(&line)) {
      ASSAY_TRY_VOID(check_run_end(run, *end, hasher.hex(), place()));
      return run;
    }
    hasher.add(*text);
    auto* result = std::get_if<record::ContestantResult>(&line);
    auto* visit = std::get_if<record::Visit>(&line);
    if (result == nullptr && (visit == nullptr || run.results.empty()))
      return fail(ErrorKind::data, "{}: {}, where a result or the end of run {} was expected", place(),
                  name_of(line), run.id);
    if (result != nullptr && has_result(run, *result))
      return fail(ErrorKind::data, "{}: the result of {} {} {} comes twice in run {}", place(),
                  one_line(result->contestant.name()), one_line(result->cell.model),
                  one_line(result->cell.workload), run.id);
    if (result != nullptr)
      run.results.push_back(std::move(*result));
    else
      run.results.back().visits.push_back(std::move(*visit));
  }
}

Result<> ResultsReader::check_end(const FileEnd& end) {
  if (end.runs != runs_)
    return fail(ErrorKind::data, "{}: there are {} runs, {} were written: some are missing or come twice",
                place(), runs_, end.runs);
  inside_ = false;
  runs_ = 0;
  return {};
}

Result<std::optional<record::Run>> ResultsReader::next() {
  for (;;) {
    ASSAY_TRY(const auto text, lines_.next());
    if (!text && inside_) return cut_off("before its last line, with");
    if (!text) return std::optional<record::Run>();
    ASSAY_TRY(Line line, from_line(*text, place()));
    if (auto* run = std::get_if<record::Run>(&line); run != nullptr && inside_) {
      ++runs_;
      ASSAY_TRY(auto whole, rest_of(std::move(*run), *text));
      return std::optional(std::move(whole));
    }
    const auto* end = std::get_if<FileEnd>(&line);
    const bool begins = !inside_ && std::holds_alternative<Header>(line);
    if (end != nullptr && inside_)
      ASSAY_TRY_VOID(check_end(*end));
    else if (begins)
      inside_ = true;
    else
      return fail(ErrorKind::data, "{}: {}, where {} was expected", place(), name_of(line),
                  inside_ ? "a run or the end of the file" : "nothing or the header of another file");
  }
}

}  // namespace assay::exchange
