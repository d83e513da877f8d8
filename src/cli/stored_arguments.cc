#include "cli/stored_arguments.h"

#include <string>
#include <vector>

#include "cli/validators.h"

namespace assay::cli {
namespace {

void add_cells(CLI::App& app, std::vector<std::string>& models, std::vector<std::string>& workloads) {
  app.add_option("-m,--model", models, "Only of this model (repeatable)")->check(kNotEmpty);
  app.add_option(
         "-w,--workload", workloads,
         "Only of this workload: 'latency' in all its sizes, 'latency[@4096]' in that one (repeatable)")
      ->check(kWorkload);
}

}  // namespace

void define_show(CLI::App& app, ShowArguments& show) {
  app.add_option("run", show.run,
                 "A run's id, the beginning of it, its label, or 'last'; none: list the runs")
      ->check(kNotEmpty);
  app.add_flag("--samples", show.samples, "Print every sample in nanoseconds");
  app.add_flag("--files", show.files,
               "Print what the footprints count: packages, largest files, mapped code");
  app.add_option("--baseline", show.baseline,
                 "Contestant that the others are compared with (the run's first)")
      ->check(kNotEmpty);
  add_margin(app, show.margin_percent);
  add_format_and_json(app, show.format, show.json);
  for (const char* other : {"--samples", "--files"}) app.get_option(other)->excludes("--format");
  app.footer(
      "Examples:\n"
      "  assay show                       the stored runs\n"
      "  assay show last --baseline FRAMEWORK/VARIANT\n"
      "  assay show last --format csv     the results as comma-separated values\n"
      "  assay show 20260102 --samples    any beginning of an id that only one run has\n"
      "  assay show 'before the update'   the run with that label; of several, a list");
}

void define_advise(CLI::App& app, AdviseArguments& advise) {
  app.add_option("-m,--model", advise.models,
                 "Model, by the name its results are stored under (repeatable); none: all")
      ->check(kNotEmpty);
  app.add_option("--for", advise.goal,
                 "What it is to be good for; without it latency, throughput, training and chat, each as far "
                 "as measured")
      ->check(CLI::IsMember({"latency", "throughput", "training", "chat", "start", "size"}));
  add_request_sizes(app, advise.sizes);
  app.add_option_function<std::string>(
         "--latency-budget", [&](const std::string& text) { advise.latency_s = duration_s(text); },
         "A step takes at most so long, at its 95th percentile where that is known")
      ->check(kDuration);
  app.add_option_function<std::string>(
         "--max-memory", [&](const std::string& text) { advise.memory_bytes = bytes_of(text); },
         "Peak memory at most, e.g. 2G")
      ->check(kSize);
  app.add_option_function<std::string>(
         "--max-footprint", [&](const std::string& text) { advise.footprint_bytes = bytes_of(text); },
         "Installed size at most, e.g. 50M")
      ->check(kSize);
  app.add_option_function<std::string>(
         "--max-start", [&](const std::string& text) { advise.start_s = duration_s(text); },
         "Cold start to the first answer at most, e.g. 2s")
      ->check(kDuration);
  app.add_option("--language", advise.language, "Language of the framework's users: rust, c++, python")
      ->check(kNotEmpty);
  app.add_flag("--exact", advise.exact, "Only who answers as exactly as float32 allows");
  app.add_option("--threads", advise.threads, "Of results with so many threads; 0: as the newest have")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  add_size(app, advise.size);
  add_margin(app, advise.margin_percent);
  add_format_and_json(app, advise.format, advise.json);
  app.footer(
      "Examples:\n"
      "  assay advise -m smollm2-135m                          from all that is stored for this machine\n"
      "  assay advise -m smollm2-135m --for latency --latency-budget 50ms --max-memory 2G\n"
      "  assay advise -m smollm2-135m --for latency --context 4096\n"
      "  assay advise -m minilm-l6 --for size --language rust\n"
      "  assay advise --for training --exact --json\n"
      "Nobody is advised whose answers were wrong, failed or were not checked.\n"
      "Exit codes: 0 somebody can be taken, 1 nobody meets the constraints, 2 usage, 4 environment.");
}

void define_compare(CLI::App& app, CompareArguments& compare) {
  app.add_option(
         "before", compare.before,
         "A run, a label, a contestant (its newest results), a version (FRAMEWORK=VERSION) or a machine")
      ->required()
      ->check(kNotEmpty);
  app.add_option("after", compare.after, "Likewise; ratios are after / before")->required()->check(kNotEmpty);
  add_cells(app, compare.models, compare.workloads);
  add_margin(app, compare.margin_percent);
  add_format_and_json(app, compare.format, compare.json);
  app.footer(
      "Examples:\n"
      "  assay compare 'before the update' last\n"
      "  assay compare FRAMEWORK/VARIANT OTHER/VARIANT -w latency\n"
      "  assay compare FRAMEWORK=1.31.0 FRAMEWORK=1.32.0 --format markdown\n"
      "Times of different runs are compared through a contestant that both have, where there is one "
      "(docs/method.md).");
}

void define_history(CLI::App& app, HistoryArguments& history) {
  app.add_option("-f,--framework", history.contestant, "Contestant: a framework, or framework/variant")
      ->required()
      ->check(kNotEmpty);
  add_cells(app, history.models, history.workloads);
  app.add_option("--last", history.last, "The newest so many runs")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  add_format_and_json(app, history.format, history.json);
  app.footer(
      "Examples:\n"
      "  assay history -f FRAMEWORK\n"
      "  assay history -m smollm2-135m -w latency -f FRAMEWORK/VARIANT --last 50 --format csv\n"
      "A change is marked where the level changed significantly; the rule and its false alarms: "
      "docs/method.md.");
}

void define_gate(CLI::App& app, GateArguments& gate) {
  app.add_option("run", gate.run, "The run, label or contestant to judge")
      ->capture_default_str()
      ->check(kNotEmpty);
  app.add_option("--baseline", gate.baseline, "A run, a label, or a file that `assay export` wrote")
      ->required()
      ->check(kNotEmpty);
  app.add_option("--max", gate.max_percent, "By how many percent time, memory and size may grow")
      ->transform(kPercent)
      ->capture_default_str();
  add_cells(app, gate.models, gate.workloads);
  add_format_and_json(app, gate.format, gate.json);
  app.footer(
      "Examples:\n"
      "  assay run -m smollm2-135m -f FRAMEWORK -f OTHER --label today && assay gate today --baseline "
      "release\n"
      "  assay gate --baseline main.jsonl --max 5% -w latency --json\n"
      "Measure beside a contestant that does not change: it is the control that takes the machine's mood "
      "out.\n"
      "Exit codes: 0 nothing became worse, 1 something did, 2 usage, 4 environment or a damaged file.");
}

void define_claims(CLI::App& app, ClaimsArguments& claims) {
  app.add_option("claims", claims.names, "Claims by the names of their files in claims/; none: all")
      ->check(kNotEmpty);
  add_format_and_json(app, claims.format, claims.json);
  app.footer(
      "Examples:\n"
      "  assay claims                     what is confirmed, refuted, or not tested here and what that would "
      "take\n"
      "  assay claims rust-size --json\n"
      "Results of other machines count for those machines: assay import FILE.");
}

void define_report(CLI::App& app, ReportArguments& report) {
  app.add_option(
         "runs", report.runs,
         "Runs by id, the beginning of it, label or 'last'; none: the newest results of every contestant, "
         "model, workload and machine")
      ->check(kNotEmpty);
  auto* output = app.add_option("-o,--output", report.output, "File to write; '-': standard output")
                     ->check(kNotEmpty)
                     ->capture_default_str();
  app.add_option("--site", report.site,
                 "Folder to write instead: an index, a page for each model and one for each machine")
      ->check(kNotEmpty)
      ->excludes(output);
  add_json(app, report.json);
  app.footer(
      "Examples:\n"
      "  assay report                     everything that is stored, its newest, as one page\n"
      "  assay report last -o run.html\n"
      "  assay report 'before the update' 'after it' -o both.html\n"
      "  assay report --site public       of many machines: open public/index.html, or put the folder on any "
      "web server\n"
      "The page is one file without network: it can be mailed, and a view of it is a link. Of a site a "
      "second "
      "call replaces\n"
      "what the first one wrote, removes what is no more, and touches nothing else in the folder.");
}

void define_export(CLI::App& app, ExportArguments& exported) {
  app.add_option("runs", exported.runs,
                 "Runs by id, the beginning of it, label (all runs that have it) or 'last'; none: all runs")
      ->check(kNotEmpty);
  app.add_option("-o,--output", exported.output, "File to write; '-', or none: standard output")
      ->check(kNotEmpty);
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

}  // namespace assay::cli
