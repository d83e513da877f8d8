// `assay run`: resolves names, runs the session with a live view, and says how it ended.
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <span>

#include "base/file.h"
#include "base/hash.h"
#include "base/text.h"
#include "cache/cache.h"
#include "cli/axes.h"
#include "cli/chosen_model.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/places.h"
#include "cli/revision.h"
#include "cli/run_view.h"
#include "host/host.h"
#include "limits/machine_limits.h"
#include "models/catalogue.h"
#include "models/presets.h"
#include "record/device.h"
#include "record/request.h"
#include "report/answer.h"
#include "report/json.h"
#include "report/notes.h"
#include "report/settle.h"
#include "runner/guard.h"
#include "runner/isolation.h"
#include "runner/runner.h"
#include "session/session.h"
#include "setup/variables.h"

namespace assay::cli {
namespace {

constexpr const char* kDefaultModel = "smollm2-135m";
// Without -f, the frameworks take part of which no build takes longer than so many minutes.
constexpr double kQuickSetupMinutes = 5;
constexpr double kDefaultBudgetSeconds = 300;  // of one model and workload

std::vector<std::string> quick_frameworks(const std::vector<setup::Framework>& frameworks) {
  std::vector<std::string> names;
  for (const auto& framework : frameworks) {
    const bool quick = std::ranges::all_of(framework.usual_builds(), [](const setup::Build* build) {
      return build->minutes <= kQuickSetupMinutes;
    });
    if (!framework.hidden && quick) names.push_back(framework.name);
  }
  return names;
}

// Names for setup::select, which takes all where there is none.
std::vector<std::string> wanted_of(const RunArguments& arguments,
                                   const std::vector<setup::Framework>& frameworks) {
  if (arguments.all || !arguments.contestants.empty()) return arguments.contestants;
  return quick_frameworks(frameworks);
}

// Nothing asked for: one model and the two workloads most people come for. Something asked for: every model,
// and all that it defines. Sizes are those of one model's requests.
bool nothing_asked_for(const RunArguments& arguments) {
  return arguments.models.empty() && arguments.contestants.empty() && arguments.workloads.empty() &&
         arguments.sizes.empty();
}

std::vector<std::string> default_models(const RunArguments& arguments) {
  const bool one = nothing_asked_for(arguments) || !arguments.weights.empty() || !arguments.sizes.empty();
  return one ? std::vector<std::string>{kDefaultModel} : models::one_of_each_family();
}

std::vector<std::string> default_workloads(const RunArguments& arguments) {
  return nothing_asked_for(arguments) ? std::vector<std::string>{"inference", "latency"}
                                      : std::vector<std::string>{};
}

// A preset says what -w and, where none is named, -m would.
Result<RunArguments> with_preset(RunArguments arguments) {
  if (arguments.preset.empty()) return arguments;
  ASSAY_TRY(const models::Preset* preset, models::find_preset(arguments.preset));
  if (arguments.models.empty()) arguments.models = {std::string(preset->model)};
  arguments.workloads = {preset->workloads.begin(), preset->workloads.end()};
  return arguments;
}

std::string current_directory() {
  std::error_code ec;
  return std::filesystem::current_path(ec).string();
}

// Tells one build of the program from another.
Result<std::string> program_hash(const std::filesystem::path& program) {
  ASSAY_TRY(const auto file, MappedFile::open(program));
  return Hasher().add(file->bytes()).hex();
}

// Paths as they were typed in that folder; models of the catalogue are no paths.
void read_from(const std::filesystem::path& folder, RunArguments& arguments) {
  for (std::string& model : arguments.models)
    if (!models::is_in_catalogue(model)) model = (folder / model).string();
  for (std::filesystem::path* file : {&arguments.weights, &arguments.model_file.inputs})
    if (!file->empty()) *file = (folder / *file).string();
}

// The arguments of the stored run, understood from the folder where they were typed.
Result<RunArguments> arguments_of(const record::Run& stored) {
  std::error_code ec;
  if (!stored.directory.empty() && !std::filesystem::is_directory(stored.directory, ec))
    return fail(ErrorKind::usage, "run {} cannot be resumed: it was started in {}, which is gone", stored.id,
                stored.directory);
  std::vector<const char*> argv = {"assay"};
  for (const std::string& word : stored.arguments) argv.push_back(word.c_str());
  auto command = parse(static_cast<int>(argv.size()), argv.data());
  auto* run = command ? std::get_if<RunArguments>(&*command) : nullptr;
  if (run == nullptr)
    return fail(ErrorKind::usage, "run {} cannot be resumed: its arguments are not understood any more",
                stored.id);
  read_from(stored.directory, *run);
  return *run;
}

Result<> check_workloads(const session::Request& request) {
  for (const std::string& workload : request.workloads) {
    const auto kind = record::kind_of(workload);
    const bool known = std::ranges::any_of(request.models, [&](const auto& model) {
      return std::ranges::find(model.workloads, kind) != model.workloads.end();
    });
    if (!known)
      return fail(ErrorKind::usage, "no workload '{}' here. Known: inference, latency, training", workload);
  }
  for (const auto& model : request.models) ASSAY_TRY_VOID(session::workloads_of(model, request));
  return {};
}

// What of the user's environment reaches the runners.
Result<host::RunnerEnvironment> environment_of(const RunArguments& arguments,
                                               const std::vector<setup::Framework>& frameworks) {
  const auto given = host::given_environment();
  for (const std::string& name : arguments.keep_environment)
    if (!given.contains(name))
      return fail(ErrorKind::usage, "--keep-env {}: the environment has no such variable", name);
  return setup::runner_environment(frameworks, given, arguments.keep_environment);
}

// How many threads stand for each number that was typed, each once, ascending; nothing typed: one number.
std::vector<int> thread_counts(const std::vector<int>& typed, const record::Host& host) {
  std::set<int> counts;
  for (const int count : typed.empty() ? std::vector<int>{0} : typed)
    counts.insert(count > 0 ? count : std::max(1, host.cores));
  return {counts.begin(), counts.end()};
}

// Of each contestant on the CPU one more for every smaller number of threads; it itself has the largest.
std::vector<setup::ContestantSpec> with_counts(const std::vector<setup::ContestantSpec>& contestants,
                                               std::span<const int> counts) {
  std::vector<setup::ContestantSpec> all;
  for (const auto& contestant : contestants) {
    for (const int count : counts.first(counts.size() - 1))
      if (contestant.device == "cpu")
        all.push_back({contestant.framework, contestant.variant, record::with_threads("cpu", count)});
    all.push_back(contestant);
  }
  return all;
}

Result<session::Request> resolve(const RunArguments& given, const std::vector<setup::Framework>& frameworks) {
  ASSAY_TRY(const RunArguments arguments, with_preset(given));
  session::Request request;
  request.host = host::this_machine();
  for (const std::string& name : arguments.models.empty() ? default_models(arguments) : arguments.models) {
    ASSAY_TRY(auto model,
              chosen_model(name, arguments.size, arguments.model_file, arguments.weights, arguments.offline));
    // Given twice, it is measured once: two entries of one name would share what is stored.
    if (std::ranges::find(request.models, model.name, &models::Model::name) == request.models.end())
      request.models.push_back(std::move(model));
  }
  ASSAY_TRY(request.contestants, setup::select(frameworks, wanted_of(arguments, frameworks), request.host));
  request.workloads = arguments.workloads.empty() ? default_workloads(arguments) : arguments.workloads;
  request.sizes = arguments.sizes;
  ASSAY_TRY_VOID(check_workloads(request));
  request.set_up = arguments.set_up;
  request.offline = arguments.offline;
  request.memory_limit_bytes = arguments.memory_limit_bytes;
  request.rounds = arguments.rounds;
  request.target = arguments.target_percent / 100;
  request.budget_s = arguments.budget_s;
  if (!request.rounds && !request.budget_s) request.budget_s = kDefaultBudgetSeconds;
  request.deadline_s = arguments.deadline_s;
  const auto counts = thread_counts(arguments.threads, request.host);
  request.threads = counts.back();
  request.contestants = with_counts(request.contestants, counts);
  auto share = host::share_for(request.threads);
  request.cpus = std::move(share.cpus);
  request.host.core_groups = std::move(share.groups);
  ASSAY_TRY(request.environment, environment_of(arguments, frameworks));
  request.seed = arguments.seed;
  if (!arguments.label.empty()) request.label = arguments.label;
  request.revision = revision();
  request.command = arguments.command;
  request.arguments = arguments.words;
  request.directory = current_directory();
  request.assay = executable();
  ASSAY_TRY(request.program, program_hash(request.assay));
  request.sdk = source_dir() / "sdk";
  return request;
}

// What a reader of the figures should know of the machine and the run.
void say_notes(const record::Run& run) {
  for (const std::string& note : report::notes(run)) print_error("Note: {}.\n", note);
}

// Why was said when it happened.
void say_faults(const record::Run& run) {
  for (const auto& [cell, reason] : run.faults)
    print_error("assay: {} {} was left out, for the reason above\n", one_line(cell.model), cell.workload);
}

// Which one to take, cell by cell, and who was not asked.
void say_answer(std::span<const decide::Summaries> cells, const std::vector<std::string>& not_asked) {
  for (const auto& cell : cells) cli::print("\n{}\n", fmt::join(report::answer(cell), " "));
  if (!not_asked.empty() && !cells.empty())
    cli::print("\nNot tested: {}; --all takes every framework in.\n", fmt::join(not_asked, ", "));
}

// The frameworks that people could have asked for, and did not.
std::vector<std::string> not_asked(const session::Request& request,
                                   const std::vector<setup::Framework>& frameworks) {
  std::vector<std::string> names;
  for (const auto& framework : frameworks) {
    const bool asked = std::ranges::any_of(request.contestants, [&](const auto& contestant) {
      return contestant.framework->name == framework.name;
    });
    if (!framework.hidden && !asked) names.push_back(framework.name);
  }
  return names;
}

int exit_code(const record::Run& run) {
  const auto any = [&](auto&& is) { return std::ranges::any_of(run.results, is); };
  if (interrupted()) return 130;
  if (any([](const auto& entry) { return entry.accuracy.verdict == record::Verdict::wrong; })) return 1;
  if (!run.faults.empty()) return 4;
  const auto failed = [](const auto& entry) {
    return entry.outcome != record::Outcome::ok && entry.outcome != record::Outcome::unsupported;
  };
  return any(failed) ? 3 : 0;
}

// The run to go on with; its arguments take the place of those that were given.
Result<session::Request> resumed(RunArguments& arguments, const std::vector<setup::Framework>& frameworks,
                                 store::Store& store) {
  ASSAY_TRY(auto stored, store.load(arguments.resume));
  const bool as_json = arguments.json;
  if (!stored.arguments.empty()) {
    ASSAY_TRY(arguments, arguments_of(stored));
  }
  arguments.json = as_json;
  ASSAY_TRY(auto request, resolve(arguments, frameworks));
  request.resume = std::move(stored);
  return request;
}

// Measured now when nobody did before. A run goes on without them; its results have no limit then.
std::optional<record::Limits> limits_of(const session::Request& request) {
  const auto say = [](std::string_view line) { print_error("assay: {}\n", line); };
  auto limits = limits::machine_limits(
      {.assay = request.assay, .host = request.host, .threads = request.threads, .say = say, .stopped = [] {
         return interrupted().load();
       }});
  if (limits) return *std::move(limits);
  print_error("assay: {}\n", limits.error().message);
  return std::nullopt;
}

Result<int> measure(RunArguments arguments) {
  ASSAY_TRY(const auto frameworks, setup::scan(source_dir() / "frameworks"));
  session::Request request;
  if (arguments.resume.empty()) {  // before any file is made
    ASSAY_TRY(request, resolve(arguments, frameworks));
  }
  ASSAY_TRY(auto store, store::open_sqlite(store::default_path()));
  if (!arguments.resume.empty()) {
    ASSAY_TRY(request, resumed(arguments, frameworks, *store));
  }
  ASSAY_TRY(const auto in_use, cache::use_cache());
  runner::sweep_leftovers();
  ASSAY_TRY_VOID(runner::start_guard(request.assay));
  catch_interrupts();
  request.host.isolation_gaps = runner::gaps(runner::isolation_here());
  for (const std::string& gap : request.host.isolation_gaps) print_error("assay: {}\n", gap);
  request.host.limits = limits_of(request);
  RunView view(!arguments.json);
  ASSAY_TRY(const auto run, session::run(request, *store, view, interrupted()));
  const auto cells = decide::summarise(run);
  if (arguments.json)
    print("{}\n", report::to_json(run, cells));
  else {
    say_answer(cells, not_asked(request, frameworks));
    print_axes(run, cells, "text");
  }
  say_notes(run);
  if (const auto open = report::settle(cells, request.target, {request.budget_s, request.rounds});
      !open.empty())
    print_error("{}\n", open);
  say_faults(run);
  print_error("{} {}: assay show {} prints it again.\n",
              run.complete ? "Stored as" : "Partial run, stored as", run.id, run.id);
  if (!run.complete) print_error("Go on with it: assay run --resume {}\n", run.id);
  return exit_code(run);
}

}  // namespace

int run(const RunArguments& arguments) {
  const auto result = measure(arguments);
  return result ? *result : report_error(result.error());
}

}  // namespace assay::cli
