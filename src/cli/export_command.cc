// `assay export`: stored runs as a file of results, which `assay import` takes on any machine.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/part_file.h"
#include "base/text.h"
#include "base/utc.h"
#include "base/version.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/stored_results.h"
#include "exchange/results_file.h"
#include "store/store.h"

namespace assay::cli {
namespace {

struct Written {
  std::vector<std::string> runs;
  size_t results = 0;
  size_t visits = 0;
};

bool to_standard_output(const ExportArguments& arguments) {
  return arguments.output.empty() || arguments.output == "-";
}

// The ids of the runs that are asked for, each once; of all, the oldest first.
Result<std::vector<std::string>> chosen_runs(store::Store& store, const std::vector<std::string>& names) {
  std::vector<std::string> ids;
  if (names.empty()) {
    ASSAY_TRY(const auto runs, store.list());
    for (const auto& run : runs) ids.push_back(run.id);
    std::ranges::reverse(ids);
    if (ids.empty()) return fail(ErrorKind::usage, "there are no results yet. `assay run` makes some");
  }
  for (const std::string& name : names) {
    ASSAY_TRY(const auto found, store.find(name));
    for (const std::string& id : found)
      if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  }
  return ids;
}

Result<Written> write_runs(store::Store& store, const std::vector<std::string>& ids,
                           exchange::ResultsWriter::Sink sink) {
  exchange::ResultsWriter writer(std::move(sink));
  Written written;
  ASSAY_TRY_VOID(writer.begin({std::string(kVersion), utc_now()}));
  for (const std::string& id : ids) {
    if (interrupted() || output_lost()) return written;
    const auto run = store.load(id);
    if (!run) return fail(run.error().kind, "run {}: {}", id, run.error().message);
    ASSAY_TRY_VOID(writer.add(*run));
    written.runs.push_back(id);
    written.results += run->results.size();
    for (const auto& result : run->results) written.visits += result.visits.size();
  }
  ASSAY_TRY_VOID(writer.end());
  return written;
}

Result<Written> write_to_output(store::Store& store, const std::vector<std::string>& ids) {
  return write_runs(store, ids, [](std::string_view text) -> Result<> {
    write_output(text);
    return {};
  });
}

// The whole file, or what was there before.
Result<Written> write_to_file(store::Store& store, const std::vector<std::string>& ids,
                              const std::filesystem::path& path) {
  ASSAY_TRY_VOID(check_is_not_store(path));
  PartFile file(path);
  ASSAY_TRY(auto written, write_runs(store, ids, [&](std::string_view text) { return file.write(text); }));
  if (!interrupted()) ASSAY_TRY_VOID(file.commit());
  return written;
}

void say(const ExportArguments& arguments, const Written& written) {
  const std::string file = arguments.output.string();
  if (arguments.json)
    print_json({{"schema", 1},
                {"file", file},
                {"runs", written.runs},
                {"results", written.results},
                {"visits", written.visits}});
  else
    print_error("assay: wrote {} run{} with {} result{} to {}\n", written.runs.size(),
                written.runs.size() == 1 ? "" : "s", written.results, written.results == 1 ? "" : "s",
                one_line(file));
}

Result<int> write(const ExportArguments& arguments) {
  const bool piped = to_standard_output(arguments);
  if (piped && arguments.json)
    return fail(
        ErrorKind::usage,
        "--json tells what was written to a file, and the results go to standard output: give -o FILE");
  ASSAY_TRY(const auto store, store::open_sqlite_to_read(store::default_path()));
  ASSAY_TRY(const auto ids, chosen_runs(*store, arguments.runs));
  catch_interrupts();
  ASSAY_TRY(const auto written,
            piped ? write_to_output(*store, ids) : write_to_file(*store, ids, arguments.output));
  if (interrupted()) return 130;
  if (!piped) say(arguments, written);
  return 0;
}

}  // namespace

int run(const ExportArguments& arguments) {
  const auto result = write(arguments);
  return result ? *result : report_error(result.error());
}

}  // namespace assay::cli
