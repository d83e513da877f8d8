// `assay import KIND SOURCE`: an ONNX file of a model that lives elsewhere.
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cache/cache.h"
#include "cli/chosen_model.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/setup_view.h"
#include "cli/terminal.h"
#include "imports/export_model.h"

namespace assay::cli {
namespace {

namespace fs = std::filesystem;

Result<imports::Exporter> exporter_of(const std::string& kind) {
  ASSAY_TRY(const auto known, imports::exporters(source_dir()));
  for (const auto& exporter : known)
    if (std::ranges::find(exporter.kinds, kind, &imports::ModelKind::name) != exporter.kinds.end())
      return exporter;
  return fail(ErrorKind::usage, "import {}: there is no such kind of model", kind);
}

// NAME of DIR/NAME, DIR/NAME.EXTENSION of a file, MODULE:NAME.
std::string name_of(const std::string& source) {
  std::error_code ec;
  const bool is_directory = fs::is_directory(source, ec);
  fs::path path = fs::absolute(source, ec).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (!is_directory && fs::exists(path, ec)) return path.stem().string();
  const std::string name = path.filename().string();
  return name.substr(name.rfind(':') + 1);
}

Result<fs::path> output_of(const ImportModelArguments& arguments) {
  if (arguments.output.empty()) return name_of(arguments.source) + ".onnx";
  if (arguments.output.extension() == ".onnx") return arguments.output;
  return fail(ErrorKind::usage, "-o {}: its name must end in .onnx, by which -m knows it",
              arguments.output.string());
}

Result<imports::ExportWishes> wishes_of(const ImportModelArguments& arguments) {
  imports::ExportWishes wishes{.kind = arguments.kind,
                               .source = arguments.source,
                               .task = arguments.task,
                               .sizes = {},
                               .python = arguments.python,
                               .output = {}};
  ASSAY_TRY(wishes.sizes, sizes_of(arguments.dims));
  ASSAY_TRY(wishes.output, output_of(arguments));
  return wishes;
}

// What measures the file.
std::string next_command(const imports::ExportedModel& model) {
  std::string command = "assay run -m " + shell_word(model.file.string());
  for (const auto& [name, size] : model.open)
    command += fmt::format(" --dim {}", shell_word(fmt::format("{}={}", name, size)));
  return command;
}

void report(const imports::ExportedModel& model, bool json) {
  const std::string next = next_command(model);
  if (json) {
    print_json({{"schema", 1},
                {"file", model.file.string()},
                {"bytes", model.bytes},
                {"dims", model.open},
                {"precision", model.precision},
                {"difference", model.difference},
                {"operators", model.operators},
                {"command", next}});
    return;
  }
  print("{}: {:.1f} MB; off from {} in {} by {:.1g} of the outputs' size at most\n",
        one_line(model.file.string()), static_cast<double>(model.bytes) * 1e-6, model.framework,
        model.precision, model.difference);
  print("Measure it: {}\n", next);
}

Result<int> import_model(const ImportModelArguments& arguments) {
  ASSAY_TRY(const auto exporter, exporter_of(arguments.kind));
  ASSAY_TRY(const auto wishes, wishes_of(arguments));
  ASSAY_TRY(const auto in_use, cache::use_cache());
  catch_interrupts();
  StatusLine status;
  const auto say = [&](std::string_view line) { status.print(fmt::format("assay: {}", line)); };
  const setup::SetupObserver setting_up{
      .say = say,
      .progress = [&](std::string_view line) { status.keep_showing(fmt::format("  {}", line)); },
      .stopped = [] { return interrupted().load(); }};
  const imports::Workshop workshop{
      .source = source_dir(),
      .assay = executable(),
      .observer = setting_up,
      .network = arguments.offline ? setup::Network::forbidden : setup::Network::allowed};
  const imports::ExportObserver observer{
      .progress =
          [&](std::string_view what) { status.keep_showing(fmt::format("{}: {}", wishes.source, what)); },
      .say = say,
      .stopped = setting_up.stopped};
  const auto model = imports::export_model(exporter, wishes, workshop, observer);
  status.clear();
  if (interrupted()) return 130;
  if (!model) return std::unexpected(model.error());
  report(*model, arguments.json);
  return 0;
}

}  // namespace

int run(const ImportModelArguments& arguments) {
  const auto result = import_model(arguments);
  return result ? *result : report_error(result.error());
}

}  // namespace assay::cli
