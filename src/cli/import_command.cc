// `assay import`: the runs of files that `assay export` wrote, into this machine's store.
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/terminal.h"
#include "exchange/import.h"
#include "store/store.h"

namespace assay::cli {
namespace {

using exchange::Imported;
using exchange::Importer;

// A run that nobody stored cannot be shown; and a dry run makes no file.
Result<std::unique_ptr<store::Store>> store_for(const ImportArguments& arguments) {
  const auto path = store::default_path();
  std::error_code ec;
  if (!arguments.dry_run) return store::open_sqlite(path);
  return std::filesystem::exists(path, ec) ? store::open_sqlite_to_read(path)
                                           : store::open_sqlite(":memory:");
}

nlohmann::json to_json(const std::filesystem::path& file, const Imported& imported) {
  nlohmann::json refused = nlohmann::json::array();
  for (const auto& [run, why] : imported.refused) refused.push_back({{"run", run}, {"reason", why}});
  return {{"file", file.string()},
          {"added", imported.added},
          {"continued", imported.continued},
          {"known", imported.known},
          {"refused", refused},
          {"error", imported.trouble ? nlohmann::json(imported.trouble->message) : nlohmann::json(nullptr)}};
}

// "3 runs new, 1 continued, 2 there already".
std::string counts(const Imported& imported, bool dry_run) {
  std::string text = fmt::format("{} {} {}new", imported.added, imported.added == 1 ? "run" : "runs",
                                 dry_run ? "would be " : "");
  if (imported.continued > 0) text += fmt::format(", {} continued", imported.continued);
  text += fmt::format(", {} there already", imported.known);
  if (!imported.refused.empty()) text += fmt::format(", {} refused", imported.refused.size());
  return text;
}

void say(const std::filesystem::path& file, const Imported& imported, const ImportArguments& arguments) {
  const bool nothing = imported.added + imported.continued + imported.known == 0 && imported.refused.empty();
  if (!arguments.json && !(imported.trouble && nothing))
    print("{}: {}\n", one_line(file.string()), counts(imported, arguments.dry_run));
  for (const auto& [run, why] : imported.refused)
    print_error("assay: {}: {}\n", one_line(file.string()), one_line(why));
  if (imported.trouble) static_cast<void>(report_error(*imported.trouble));
}

Result<int> take_files(const ImportArguments& arguments) {
  if (arguments.files.empty())
    return fail(ErrorKind::usage,
                "import: files of results are expected, or a kind of model: assay import --help");
  ASSAY_TRY(const auto store, store_for(arguments));
  catch_interrupts();
  StatusLine status;
  std::string name;
  Importer importer(*store, arguments.dry_run ? Importer::Mode::dry_run : Importer::Mode::store,
                    [&](std::string_view done, int64_t runs) {
                      status.keep_showing(fmt::format("{}: runs {}: {}", name, done, runs));
                    });
  nlohmann::json files = nlohmann::json::array();
  bool all = true;
  for (const auto& file : arguments.files) {
    if (interrupted()) break;
    name = one_line(file.string());
    const Imported imported = importer.take_file(file, interrupted());
    status.clear();
    say(file, imported, arguments);
    files.push_back(to_json(file, imported));
    all = all && !imported.trouble && imported.refused.empty();
    // What is wrong with a file is its own; what is wrong with the store is so for all.
    if (imported.trouble && imported.trouble->kind == ErrorKind::environment) break;
  }
  if (arguments.json) print_json({{"schema", 1}, {"dry_run", arguments.dry_run}, {"files", files}});
  if (interrupted()) return 130;
  return all ? 0 : 4;
}

}  // namespace

int run(const ImportArguments& arguments) {
  const auto result = take_files(arguments);
  return result ? *result : report_error(result.error());
}

}  // namespace assay::cli
