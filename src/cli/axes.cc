#include "cli/axes.h"

#include "base/text.h"
#include "cli/output.h"
#include "report/sweep.h"
#include "report/thread_counts.h"

namespace assay::cli {

void print_axes(const record::Run& run, std::span<const decide::Summaries> cells, std::string_view format) {
  for (const auto& cell : cells)
    if (const auto table = report::thread_table(cell, run.threads); !table.rows.empty())
      print("\n{} {} by threads\n{}{}", one_line(cell.front().result->cell.model),
            one_line(cell.front().result->cell.workload), format == "markdown" ? "\n" : "",
            report::formatted(table, format));
  print("{}", report::sweeps_text(run, cells, format));
}

}  // namespace assay::cli
