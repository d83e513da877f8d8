// The command lines of what is done with stored runs: show, export, import.
#include <CLI/CLI.hpp>

#include "cli/definitions.h"

namespace assay::cli {

void define_show(CLI::App& app, ShowArguments& show) {
  app.add_option("run", show.run,
                 "A run's id, the beginning of it, its label, or 'last'; none: list the runs")
      ->check(not_empty());
  app.add_flag("--samples", show.samples, "Print every sample in nanoseconds");
  app.add_flag("--files", show.files,
               "Print what the footprints count: packages, largest files, mapped code");
  app.add_option("--baseline", show.baseline,
                 "Contestant that the others are compared with (the run's first)")
      ->check(not_empty());
  add_json(app, show.json);
  app.footer(
      "Examples:\n"
      "  assay show                       the stored runs\n"
      "  assay show last --baseline FRAMEWORK/VARIANT\n"
      "  assay show 20260102 --samples    any beginning of an id that only one run has\n"
      "  assay show 'before the update'   the run with that label; of several, a list");
}

void define_export(CLI::App& app, ExportArguments& exported) {
  app.add_option("runs", exported.runs,
                 "Runs by id, the beginning of it, label (all runs that have it) or 'last'; none: all runs")
      ->check(not_empty());
  app.add_option("-o,--output", exported.output, "File to write; '-', or none: standard output")
      ->check(not_empty());
  add_json(app, exported.json);
  app.footer(
      "Examples:\n"
      "  assay export -o results.jsonl               all stored runs, with every sample\n"
      "  assay export last -o last.jsonl\n"
      "  assay export 'before the update' 20260102 | gzip > some.jsonl.gz\n"
      "One JSON document a line (docs/json.md); the file is replaced as a whole. `assay import` reads it on "
      "any "
      "machine.\n"
      "Exit codes: 0 done, 2 usage or no such run, 4 environment or a damaged store, 130 interrupted.");
}

void define_import(CLI::App& app, ImportArguments& imported) {
  app.add_option("files", imported.files, "Files that `assay export` wrote")->required()->check(not_empty());
  app.add_flag("--dry-run", imported.dry_run, "Only check the files, and say what would be stored");
  add_json(app, imported.json);
  app.footer(
      "Examples:\n"
      "  assay import results.jsonl                  a second time it adds nothing\n"
      "  assay import machine-*.jsonl                results of many machines in one store\n"
      "  assay import --dry-run results.jsonl\n"
      "A run is stored as a whole or not at all. Of a run that was exported before it was complete, a later "
      "export adds the rest.\n"
      "Of a file that is damaged or cut off nothing is stored; a run with the id of another one is refused.\n"
      "Exit codes: 0 done, 2 usage, 4 a file is damaged, a run was refused, or environment, 130 "
      "interrupted.");
}

}  // namespace assay::cli
