#include "cli/arguments.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>

#include "base/version.h"
#include "cli/environment.h"
#include "cli/import_arguments.h"
#include "cli/model_arguments.h"
#include "cli/stored_arguments.h"
#include "cli/validators.h"
#include "cli/words.h"

namespace assay::cli {
namespace {

constexpr const char* kTitle =
    "Assay: the same model, weights and inputs on every ML framework, timed fairly and checked against a "
    "float64 truth";

void define_run(CLI::App& app, RunArguments& run, std::string& budget, std::string& deadline,
                std::string& memory_limit) {
  app.add_option("-m,--model", run.models,
                 "Model by name, a directory with config.json and safetensors, an .onnx or a .gguf file "
                 "(repeatable); without it "
                 "smollm2-135m, and with -f or -w one model of each family");
  auto* framework = app.add_option("-f,--framework", run.contestants,
                                   "Contestant: a framework, or framework/variant (repeatable); without it "
                                   "those that are set up in minutes");
  app.add_flag("--all", run.all, "Every framework, those too that take long to set up")->excludes(framework);
  auto* workload =
      app.add_option("-w,--workload", run.workloads,
                     "inference, latency or training; with sizes: 'latency[@4096]' (repeatable)");
  add_request_sizes(app, run.sizes);
  app.add_option("--preset", run.preset, "What people do, e.g. chat-turn: assay list --presets")
      ->check(kNotEmpty)
      ->excludes(workload);
  add_size(app, run.size);
  add_model_file(app, run.model_file);
  app.add_option("--rounds", run.rounds, "Make exactly so many rounds, instead of going on until the target")
      ->check(CLI::Range(1, 100000));
  app.add_option("--budget", budget,
                 "Time to spend on measuring one model and workload, e.g. 90s, 15m, 1h; default 5m, with "
                 "--rounds none")
      ->check(kDuration);
  app.add_option(
         "--deadline", deadline,
         "Time a contestant has for one request (import, load, first step); default 10m, the first step 30m")
      ->check(kDuration);
  app.add_option("--target", run.target_percent,
                 "Measure until the ratios to the baseline are known to so many percent, or the budget ends")
      ->check(kNumber & CLI::Range(0.01, 100.0))
      ->capture_default_str();
  app.add_option(
         "--threads", run.threads,
         "Threads each contestant may use; 0, or none said: one for each usable core of the fast kind; "
         "several with commas: each contestant on the CPU at every count")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(CLI::Range(0, 999));
  app.add_option("--weights", run.weights,
                 "A safetensors file with the model's weights, instead of generated ones")
      ->check(kNotEmpty);
  app.add_option("--label", run.label, "Name for the run, by which you will know it among others")
      ->check(kNotEmpty);
  app.add_option("--seed", run.seed, "Seed of generated weights and of the order of visits")
      ->capture_default_str();
  app.add_option("--memory-limit", memory_limit,
                 "Memory each contestant may use, e.g. 12G; default nine tenths of the machine's")
      ->check(kSize);
  app.add_option("--keep-env", run.keep_environment,
                 "Pass this variable of the environment on although it steers frameworks, e.g. OMP_PLACES "
                 "(repeatable)");
  app.add_flag("--setup", run.set_up, "Set up frameworks that are missing before they run (./run does)");
  add_offline(app, run.offline);
  app.add_option(
         "--resume", run.resume,
         "Go on with an interrupted run, with its own arguments: its id, the beginning of it, or 'last'")
      ->check(kNotEmpty);
  add_json(app, run.json);
  app.footer(
      "Examples:\n"
      "  assay run                                        smollm2-135m, inference and latency, quick "
      "frameworks\n"
      "  assay run -m smollm2-135m -f FRAMEWORK -f OTHER  their names: assay list\n"
      "  assay run --all -m smollm2-135m                  every framework, inference, latency and training\n"
      "  assay run -w inference -f FRAMEWORK              one model of each family\n"
      "  assay run -m smollm2-135m -f FRAMEWORK/VARIANT -w latency --rounds 12\n"
      "  assay run -m smollm2-135m -w latency --context 128,1024,4096 -f FRAMEWORK -f OTHER   a sweep\n"
      "  assay run -m resnet-50 -w inference --batch 1,8 --image 320 -f FRAMEWORK\n"
      "  assay run --preset chat-turn -f FRAMEWORK -f OTHER\n"
      "  assay run -m ~/models/SmolLM2-360M -w inference --json > result.json\n"
      "  assay run -m model.onnx --dim batch=1 -f FRAMEWORK   an ONNX file of yours\n"
      "  assay run -m model-Q4_K_M.gguf -w latency -f FRAMEWORK   a decoder in a GGUF file, dequantised\n"
      "  assay run --resume last                          what an interrupted run still lacks\n"
      "Exit codes: 0 done, 1 a contestant is wrong, 2 usage, 3 a contestant failed, 4 environment, 130 "
      "interrupted.");
}

struct Options {
  RunArguments run;
  SetupArguments setup;
  CheckArguments check;
  LimitsArguments limits;
  ListArguments list;
  ShowArguments show;
  AdviseArguments advise;
  CompareArguments compare;
  HistoryArguments history;
  GateArguments gate;
  ClaimsArguments claims;
  ReportArguments report;
  ExportArguments exported;
  ImportArguments imported;
  ImportModelArguments imported_model;
  GraphArguments graph;
  MaterialsArguments materials;
  ReferenceArguments reference;
  JudgeArguments judge;
  CleanArguments clean;
  EnvArguments env;
  CompletionArguments completion;
  CompleteArguments complete;
  GuardArguments guard;
  std::string budget;
  std::string deadline;
  std::string memory_limit;
};

void define_setup(CLI::App& app, SetupArguments& setup) {
  app.add_option("frameworks", setup.frameworks, "FRAMEWORK[/VARIANT]; none: every framework");
  add_offline(app, setup.offline);
  add_json(app, setup.json);
  app.footer(
      "Examples:\n"
      "  assay setup                      every framework, the quickest first\n"
      "  assay setup FRAMEWORK            goes on where it was interrupted\n"
      "  assay setup FRAMEWORK/VARIANT    what that variant needs, also one that only runs when it is named\n"
      "Indexes and proxies are those of your own pip, apt and cargo.");
}

void define_list(CLI::App& app, ListArguments& list) {
  add_size(app, list.size);
  app.add_flag("--presets", list.presets, "Requests by what people do, for assay run --preset");
  add_format_and_json(app, list.format, list.json);
  app.footer(
      "Examples:\n  assay list\n  assay list --presets\n  assay list --format markdown\n  assay list --size "
      "tiny --json");
}

void define_check(CLI::App& app, CheckArguments& check) {
  add_format_and_json(app, check.format, check.json);
  app.footer("Examples:\n  assay check\n  assay check --format csv\n  assay check --json");
}

void define_clean(CLI::App& app, CleanArguments& clean) {
  app.add_flag("--all", clean.all,
               "Also the builds in use today and all else in the cache; never the stored runs");
  app.add_flag("--dry-run", clean.dry_run, "Only say what would be removed");
  add_format_and_json(app, clean.format, clean.json);
  app.footer(
      "Examples:\n"
      "  assay clean --dry-run            what old builds, weights, truth and leftovers take\n"
      "  assay clean\n"
      "  assay clean --all                everything but the stored runs; the next run sets up again\n"
      "What a running assay uses is never removed.");
}

void define_env(CLI::App& app, EnvArguments& env) {
  add_json(app, env.json);
  std::string variables;
  for (const auto& [name, meaning] : own_variables())
    variables += fmt::format("\n  {:<12} {}", name, meaning);
  app.footer(
      "Examples:\n  assay env                        paste it into a bug report\n  assay env --json\n"
      "Variables that are Assay's own (docs/usage.md has all):" +
      variables);
}

void define_completion(CLI::App& app, CompletionArguments& completion) {
  app.add_option("shell", completion.shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.footer(
      "Examples:\n"
      "  source <(assay completion bash)                               # in ~/.bashrc\n"
      "  assay completion zsh > ~/.zfunc/_assay                        # a folder of $fpath\n"
      "  assay completion fish > ~/.config/fish/completions/assay.fish");
}

void define_limits(CLI::App& app, LimitsArguments& limits) {
  app.add_option("--threads", limits.threads,
                 "Threads to measure with; 0: one for each usable core of the fast kind")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  app.add_flag("--again", limits.again, "Measure now, even when the figures are known");
  app.add_flag("--measure", limits.measure)->group("");  // hidden: the child process that measures
  app.add_option("--probe", limits.probe)->group("");    // and what it is to look at
  add_format_and_json(app, limits.format, limits.json);
  app.footer(
      "Examples:\n  assay limits\n  assay limits --format markdown\n  assay limits --again --json\n"
      "Measured once in some seconds, then kept, and looked at again during runs; `assay run` does it when "
      "it is first needed. How: "
      "docs/method.md.");
}

void define(CLI::App& app, Options& options) {
  app.require_subcommand(1);
  app.set_version_flag("--version", fmt::format("assay {}", kVersion));
  app.failure_message(CLI::FailureMessage::simple);
  define_run(*app.add_subcommand("run", "Measure and check contestants on models"), options.run,
             options.budget, options.deadline, options.memory_limit);
  define_setup(*app.add_subcommand("setup", "Install or build frameworks into the cache"), options.setup);
  define_check(*app.add_subcommand("check", "What works here, what is missing, and how to get it"),
               options.check);
  define_limits(*app.add_subcommand("limits", "What this machine can do at most: FLOP/s and bytes/s"),
                options.limits);
  define_list(*app.add_subcommand("list", "Models with their workloads, and contestants"), options.list);
  define_show(*app.add_subcommand("show", "Past runs, or one of them"), options.show);
  define_advise(
      *app.add_subcommand("advise", "Which contestant to take, from all that is stored for this machine"),
      options.advise);
  define_compare(*app.add_subcommand("compare", "Two runs, contestants or versions against each other"),
                 options.compare);
  define_history(*app.add_subcommand("history", "A contestant over time, with changes marked"),
                 options.history);
  define_gate(*app.add_subcommand("gate", "Exit code 1 when something became worse than a baseline"),
              options.gate);
  define_claims(*app.add_subcommand("claims", "Published findings, held against what is stored"),
                options.claims);
  define_report(*app.add_subcommand("report", "Results as one page for a browser"), options.report);
  define_export(*app.add_subcommand("export", "Stored runs as a file of results, with all samples"),
                options.exported);
  auto* import = app.add_subcommand(
      "import", "Runs from files that `assay export` wrote, into the store; models as ONNX files");
  define_import(*import, options.imported);
  define_model_imports(*import, options.imported_model);
  define_graph(*app.add_subcommand("graph", "A model's graph: a summary, JSON, ONNX or GGUF"), options.graph);
  define_materials(*app.add_subcommand("materials", "Write the files that a runner is given"),
                   options.materials);
  define_clean(*app.add_subcommand("clean", "Remove what the cache need not keep, with sizes"),
               options.clean);
  define_env(*app.add_subcommand("env", "Versions, places and settings, for bug reports"), options.env);
  define_completion(*app.add_subcommand("completion", "A shell's script that completes commands and names"),
                    options.completion);
  define_reference(*app.add_subcommand("reference"), options.reference);
  define_judge(*app.add_subcommand("judge"), options.judge);
  // Hidden: what the scripts of `completion` ask, and the process that cleans up after a killed one.
  app.add_subcommand("complete")->group("");
  app.add_subcommand("guard")->group("")->add_option("origin", options.guard.origin)->required();
  app.footer("Start with `assay run`, or `assay COMMAND --help` for examples.");
}

Command chosen(const CLI::App& app, Options& options) {
  const std::string name = app.get_subcommands().front()->get_name();
  if (name == "setup") return options.setup;
  if (name == "check") return options.check;
  if (name == "list") return options.list;
  if (name == "limits") return options.limits;
  if (name == "show") return options.show;
  if (name == "advise") return options.advise;
  if (name == "compare") return options.compare;
  if (name == "history") return options.history;
  if (name == "gate") return options.gate;
  if (name == "claims") return options.claims;
  if (name == "report") return options.report;
  if (name == "export") return options.exported;
  if (name == "import" && !options.imported_model.kind.empty()) return options.imported_model;
  if (name == "import") return options.imported;
  if (name == "graph") return options.graph;
  if (name == "materials") return options.materials;
  if (name == "reference") return options.reference;
  if (name == "judge") return options.judge;
  if (name == "clean") return options.clean;
  if (name == "env") return options.env;
  if (name == "completion") return options.completion;
  if (name == "guard") return options.guard;
  if (!options.memory_limit.empty()) options.run.memory_limit_bytes = bytes_of(options.memory_limit);
  if (!options.budget.empty()) options.run.budget_s = duration_s(options.budget);
  if (!options.deadline.empty()) options.run.deadline_s = duration_s(options.deadline);
  return options.run;
}

}  // namespace

std::expected<Command, EarlyExit> parse(int argc, const char* const* argv) {
  // Words that are only being typed are nobody's options.
  if (argc > 1 && std::string_view(argv[1]) == "complete") return CompleteArguments{{argv + 2, argv + argc}};
  CLI::App app(kTitle, "assay");
  Options options;
  define(app, options);
  options.run.words.assign(argv + std::min(argc, 1), argv + argc);
  options.run.command = fmt::format("assay {}", fmt::join(argv + std::min(argc, 1), argv + argc, " "));
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    std::ostringstream out;
    std::ostringstream ignored;
    app.exit(success, out, ignored);
    return std::unexpected(EarlyExit{out.str(), 0});
  } catch (const CLI::ParseError& error) {
    if (argc < 2) return std::unexpected(EarlyExit{app.help(), 2});
    return std::unexpected(EarlyExit{explain(app, error, argc, argv) + "\n", 2});
  }
  if (!options.run.resume.empty() && !only_resumes(app))
    return std::unexpected(
        EarlyExit{"assay: --resume takes its arguments from the stored run; only --json goes with it.\n", 2});
  return chosen(app, options);
}

std::vector<CommandWords> commands() {
  CLI::App app(kTitle, "assay");
  Options options;
  define(app, options);
  return commands_of(app);
}

}  // namespace assay::cli
