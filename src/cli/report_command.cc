// `assay report`: results as one self-contained page, or as a site with a page for each model and machine.
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/report_page.h"
#include "cli/report_site.h"

namespace assay::cli {
namespace {

Result<> put_page(const std::filesystem::path& path, const std::string& page) {
  if (path == "-") {
    write_output(page);
    return {};
  }
  ASSAY_TRY_VOID(check_is_not_store(path));
  return write_file(path, page);
}

Result<> write_one_page(const PageSource& source, const std::vector<PlannedRun>& runs,
                        const ReportArguments& arguments) {
  ASSAY_TRY(const auto page, make_page(source, runs));
  if (page.results == 0)
    return fail(ErrorKind::usage,
                "there is no result in what is to be reported; `assay show` lists the runs");
  ASSAY_TRY_VOID(put_page(arguments.output, page.text));
  if (arguments.json)
    print_json({{"schema", 1},
                {"file", arguments.output.string()},
                {"runs", page.runs},
                {"results", page.results},
                {"bytes", page.text.size()}});
  else if (arguments.output != "-")
    print_error("assay: wrote {} ({} results of {} runs, {} kB): open it in a browser\n",
                one_line(arguments.output.string()), page.results, page.runs, page.text.size() / 1000);
  return {};
}

Result<> write_report(const ReportArguments& arguments) {
  ASSAY_TRY(auto store, store::open_sqlite_to_read(store::default_path()));
  ASSAY_TRY(const auto runs, plan_report(*store, arguments.runs));
  ASSAY_TRY(const auto source, page_source(*store));
  return arguments.site.empty() ? write_one_page(source, runs, arguments)
                                : write_site(source, runs, arguments);
}

}  // namespace

int run(const ReportArguments& arguments) {
  const auto result = write_report(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
