#include "setup/build.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <map>

#include "base/clock.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/text.h"
#include "host/host.h"
#include "host/steering.h"
#include "setup/keys.h"
#include "setup/places.h"
#include "setup/program.h"
#include "setup/script_output.h"
#include "setup/stamp.h"

namespace assay::setup {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kLog = "setup.log";
constexpr int64_t kBetweenProgressNs = 200'000'000;

std::string amount(int64_t megabytes) {
  return megabytes < 1000 ? fmt::format("{} MB", megabytes)
                          : fmt::format("{:.1f} GB", static_cast<double>(megabytes) / 1000);
}

std::string duration(double minutes) {
  if (minutes < 1) return fmt::format("{:.0f} s", std::ceil(minutes * 60));
  return fmt::format("{:.0f} min", std::ceil(minutes));
}

// One build being set up: the steps share these.
struct Work {
  const Framework& framework;
  const Build& build;
  const SetupObserver& observer;
  fs::path folder;
  int lock;
  Network network;

  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) const {
    if (observer.say) observer.say(framework.title + ": " + fmt::format(format, std::forward<Args>(args)...));
  }
};

void announce(const Work& work, bool resumes) {
  const Build& build = work.build;
  work.say("{} {}: about {} to download, {} on disk, {}", resumes ? "continuing to set up" : "setting up",
           build.name, amount(build.download_mb), amount(build.disk_mb), duration(build.minutes));
}

int64_t size_below(const fs::path& folder) {
  int64_t bytes = 0;
  std::error_code ec;
  for (fs::recursive_directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
    std::error_code ignored;
    if (it->is_regular_file(ignored) && !it->is_symlink(ignored))
      bytes += static_cast<int64_t>(it->file_size(ignored));
  }
  return bytes;
}

// The download counts too: installers keep what they fetch, at least until they are done. What an interrupted
// run left is there already.
Result<> check_disk(const Work& work) {
  constexpr int64_t kMegabyte = 1'000'000;
  const auto free = host::free_disk_bytes(work.folder);
  const int64_t needed = (work.build.disk_mb + work.build.download_mb) * kMegabyte - size_below(work.folder);
  if (!free || *free >= needed) return {};
  return fail(
      ErrorKind::environment,
      "{}: set-up needs {} free at {}, and there are {}: make room, or set ASSAY_CACHE to another disk",
      work.framework.title, amount(needed / kMegabyte), work.folder.string(), amount(*free / kMegabyte));
}

std::map<std::string, std::string> environment(const Work& work) {
  const fs::path& home = work.framework.directory;
  std::map<std::string, std::string> variables = {
      {"ASSAY_BUILD_DIR", work.folder.string()},
      {"ASSAY_FRAMEWORK_DIR", home.string()},
      {"ASSAY_SOURCE_DIR", home.parent_path().parent_path().string()},
      {"ASSAY_CACHE", cache_dir().string()},
      {"HOME", home_dir().string()},
      {"LC_ALL", "C"},  // what scripts read of what tools print is in English
      {"LANGUAGE", ""}};
  for (const auto& [name, value] : host::given_environment())  // of the user's own projects
    if (name.starts_with("PYTHON")) variables[name] = "";
  if (work.network == Network::forbidden)
    variables.insert({{"ASSAY_OFFLINE", "1"},
                      {"PIP_NO_INDEX", "1"},
                      {"UV_OFFLINE", "1"},
                      {"CARGO_NET_OFFLINE", "true"},
                      {"GOPROXY", "off"},
                      {"npm_config_offline", "true"}});
  return variables;
}

// What would have come over the network, for a script that failed without it.
std::string to_fetch(const Work& work) {
  if (work.network == Network::allowed) return "";
  std::string inputs;
  for (const std::string& input : work.build.inputs)
    inputs += (inputs.empty() ? "" : ", ") + (work.framework.directory / input).string();
  return fmt::format(
      "\n  The network was not used (--offline). About {} may be missing here{}{}. Fetch it where there is a "
      "network (assay setup {}; or pip download -d DIR -r LOCK FILE and PIP_FIND_LINKS=DIR)",
      amount(work.build.download_mb), inputs.empty() ? "" : ": what is named in ", inputs,
      work.framework.name);
}

bool is_stopped(const SetupObserver& observer) { return observer.stopped && observer.stopped(); }

// Tells how far the script is, a few times a second, however much or little it prints.
class Reporter {
 public:
  Reporter(const Work& work, const ScriptOutput& output) : work_(work), output_(output) {}
  void report() {
    if (!work_.observer.progress || now_ns() < due_ns_) return;
    due_ns_ = now_ns() + kBetweenProgressNs;
    work_.observer.progress(fmt::format("{}: {}", work_.framework.title, output_.progress()));
  }

 private:
  const Work& work_;
  const ScriptOutput& output_;
  int64_t due_ns_ = 0;
};

// `minutes`: how long it takes, where that is known.
Result<> run_script(const Work& work, const std::string& script, std::optional<double> minutes) {
  const fs::path& home = work.framework.directory;
  const fs::path log = work.folder / kLog;
  ScriptOutput output(log, minutes);
  Reporter reporter(work, output);
  const ProgramCall command{.argv = {"bash", (home / script).string()},
                            .environment = environment(work),
                            .directory = home,
                            .keep_open = work.lock,
                            .stopped = [&] {
                              reporter.report();
                              return is_stopped(work.observer);
                            }};
  ASSAY_TRY(const Ending ending, run_program(command, [&](std::string_view piece) { output.add(piece); }));
  if (ending.success()) return {};
  if (ending.signal == SIGINT || is_stopped(work.observer))
    return fail(ErrorKind::environment, "{}: set-up was interrupted; the next one continues",
                work.framework.title);
  const std::string end =
      ending.signal != 0 ? fmt::format("signal {}", ending.signal) : fmt::format("exit code {}", ending.code);
  return fail(ErrorKind::environment, "{}: {} failed ({}); the log is {}; its last lines:{}{}",
              work.framework.title, script, end, log.string(), output.tail(), to_fetch(work));
}

// What the build is made of now.
Result<Stamp> made_of(const Framework& framework, const Build& build) {
  Stamp stamp;
  ASSAY_TRY(stamp.inputs, inputs_key(framework, build));
  for (const std::string& name : build.tools) {
    ASSAY_TRY(stamp.tools[name], find_tool(name, framework.directory));
  }
  return stamp;
}

Result<int64_t> installed_bytes(const Work& work) {
  ASSAY_TRY(const auto files, installed_files(work.framework, work.build));
  int64_t bytes = 0;
  for (const InstalledFile& file : files) bytes += file.bytes;
  return bytes;
}

// The stamp of a build that can be used as it is. What was made with tools that are gone is removed: the
// script would find half of what it needs.
Result<std::optional<Stamp>> usable_stamp(const Work& work) {
  auto stamp = read_stamp(work.folder);
  if (!stamp || stamp->inputs.empty()) return stamp;
  ASSAY_TRY(const bool good, usable(work.framework, work.build, work.folder));
  if (good) return stamp;
  std::error_code ec;
  fs::remove_all(work.folder, ec);
  return std::nullopt;
}

Result<Stamp> install(const Work& work) {
  std::error_code ec;
  const bool resumes = fs::exists(work.folder / kLog, ec);
  announce(work, resumes);
  ASSAY_TRY_VOID(check_disk(work));
  ASSAY_TRY(Stamp stamp, made_of(work.framework, work.build));
  fs::create_directories(work.folder, ec);
  if (ec)
    return fail(ErrorKind::environment, "{}: cannot be created: {}", work.folder.string(), ec.message());
  ASSAY_TRY_VOID(
      run_script(work, work.build.script, resumes ? std::nullopt : std::optional(work.build.minutes)));
  return stamp;
}

// Under the lock: runs what is needed and writes the stamp last.
Result<> bring_up_to_date(const Work& work) {
  ASSAY_TRY(const std::string runner, runner_key(work.framework, work.build));
  ASSAY_TRY(auto stamp, usable_stamp(work));
  if (stamp && stamp->runner == runner) return {};
  const int64_t began = now_ns();
  if (!stamp) {
    ASSAY_TRY(stamp, install(work));
  }
  if (!work.build.compile.empty()) {
    work.say("compiling the runner");
    ASSAY_TRY_VOID(run_script(work, work.build.compile, std::nullopt));
  }
  stamp->runner = runner;
  ASSAY_TRY(stamp->footprint_bytes, installed_bytes(work));
  ASSAY_TRY_VOID(write_stamp(work.folder, *stamp));
  work.say("{} is ready after {}", work.build.name, duration(static_cast<double>(now_ns() - began) / 60e9));
  return {};
}

// The stamp of an older version learns what the build was made of, so that it is found from another shell,
// too. Where it cannot be written the build is as good as before.
void complete_stamp(const Framework& framework, const Build& build, const fs::path& folder) {
  const auto stamp = read_stamp(folder);
  if (!stamp || !stamp->inputs.empty()) return;
  auto complete = made_of(framework, build);
  if (!complete) return;
  complete->runner = stamp->runner;
  complete->footprint_bytes = stamp->footprint_bytes;
  static_cast<void>(write_stamp(folder, *complete));
}

}  // namespace

std::string_view name(BuildState state) {
  switch (state) {
    case BuildState::ready:
      return "ready";
    case BuildState::missing:
      return "missing";
    case BuildState::stale:
      return "stale";
  }
  return "";
}

Result<BuildState> state(const Framework& framework, const Build& build) {
  const auto folder = build_dir(framework, build);
  const auto other = completed_builds(framework, build).empty() ? BuildState::missing : BuildState::stale;
  if (!folder) {
    for (const std::string& tool : build.tools)
      if (!locate_program(tool)) return other;  // who wants to set it up is told which
    return std::unexpected(folder.error());
  }
  ASSAY_TRY(const std::string runner, runner_key(framework, build));
  const auto stamp = read_stamp(*folder);
  if (!stamp) return other;
  return stamp->runner == runner ? BuildState::ready : BuildState::stale;
}

Result<> set_up(const Framework& framework, const Build& build, const SetupObserver& observer,
                Network network) {
  ASSAY_TRY(const BuildState found, state(framework, build));
  ASSAY_TRY(fs::path folder, build_dir(framework, build));
  if (found == BuildState::ready) {
    complete_stamp(framework, build, folder);
    return {};
  }
  const auto waiting = [&] {
    if (observer.say) observer.say(framework.title + ": waiting: another assay is setting it up");
  };
  ASSAY_TRY(const FileLock lock, FileLock::wait_for(lock_of_build(folder), waiting, observer.stopped));
  ASSAY_TRY(folder, build_dir(framework, build));  // another may have made it meanwhile
  return bring_up_to_date({framework, build, observer, folder, lock.descriptor(), network});
}

std::optional<int64_t> footprint_bytes(const Framework& framework, const Build& build) {
  const auto folder = build_dir(framework, build);
  const auto stamp = folder ? read_stamp(*folder) : std::nullopt;
  return stamp ? stamp->footprint_bytes : std::nullopt;
}

}  // namespace assay::setup
