#include "cli/import_arguments.h"

#include "cli/places.h"
#include "cli/validators.h"
#include "imports/exporter.h"

namespace assay::cli {
namespace {

void define_kind(CLI::App& app, const imports::ModelKind& kind, ImportModelArguments& model) {
  app.add_option("source", model.source, kind.operand)->required()->check(kNotEmpty);
  app.add_option("-o,--output", model.output, "The file, NAME.onnx; without it, here, by the source's name")
      ->check(kNotEmpty);
  if (!kind.dim.empty())
    app.add_option("--dim", model.dims, kind.dim)->check(kAssignment)->allow_extra_args(false);
  if (!kind.task.empty()) app.add_option("--task", model.task, kind.task)->check(kNotEmpty);
  app.add_option("--python", model.python,
                 "A Python of yours to run it with: its packages come first, so that it must have the "
                 "framework that exports, in a version that can")
      ->check(kNotEmpty);
  add_offline(app, model.offline);
  add_json(app, model.json);
  std::string examples;
  for (const std::string& line : kind.examples) examples += "\n  " + line;
  app.footer("Examples:" + examples +
             "\nThe file is held against its framework, on the same inputs, before it is written.\n"
             "Exit codes: 0 done, 2 usage, 4 it cannot be exported or is not the same, or environment, 130 "
             "interrupted.");
  app.callback([&model, name = kind.name] { model.kind = name; });
}

}  // namespace

void define_import(CLI::App& app, ImportArguments& imported) {
  app.add_option("files", imported.files, "Files that `assay export` wrote")->check(kNotEmpty);
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

void define_model_imports(CLI::App& import, ImportModelArguments& model) {
  const auto known = imports::exporters(source_dir());
  if (!known) return;
  for (const auto& exporter : *known)
    for (const auto& kind : exporter.kinds)
      define_kind(*import.add_subcommand(kind.name, kind.summary), kind, model);
}

}  // namespace assay::cli
