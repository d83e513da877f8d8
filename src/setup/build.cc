#include "setup/build.h"

#include <algorithm>
#include <cmath>
#include <csignal>
#include <deque>
#include <fstream>
#include <map>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "host/host.h"
#include "host/proc_text.h"
#include "setup/build_lock.h"
#include "setup/keys.h"
#include "setup/program.h"

namespace assay::setup {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kStamp = "stamp";
constexpr std::string_view kLog = "setup.log";
constexpr size_t kLinesShown = 15;  // of a script that failed

fs::path framework_cache(const Framework& framework) { return cache_dir() / "frameworks" / framework.name; }

std::optional<std::string> stamp_value(const fs::path& folder, std::string_view key) {
  return host::value_of(host::text_of(folder / kStamp), key, '=');
}

// Whether some folder of this build, for whatever inputs, was completed.
bool any_completed(const Framework& framework, const Build& build) {
  std::error_code ec;
  for (fs::directory_iterator it(framework_cache(framework), ec), end; !ec && it != end; it.increment(ec)) {
    const std::string name = it->path().filename().string();
    const size_t dash = name.rfind('-');
    std::error_code ignored;
    if (dash != std::string::npos && name.substr(0, dash) == build.name &&
        fs::exists(it->path() / kStamp, ignored))
      return true;
  }
  return false;
}

std::string amount(int64_t megabytes) {
  return megabytes < 1000 ? fmt::format("{} MB", megabytes)
                          : fmt::format("{:.1f} GB", static_cast<double>(megabytes) / 1000);
}

std::string duration(double minutes) {
  if (minutes < 1) return fmt::format("{:.0f} s", std::ceil(minutes * 60));
  return fmt::format("{:.0f} min", std::ceil(minutes));
}

// Splits what a script prints into lines, at carriage returns too (progress bars), keeps the last ones and
// writes all to the log.
class ScriptOutput {
 public:
  ScriptOutput(const fs::path& log, const Observer& observer)
      : log_(log, std::ios::app), observer_(observer) {}

  void add(std::string_view piece) {
    log_ << piece << std::flush;
    for (const char c : piece) {
      if (c == '\n' || c == '\r')
        end_line();
      else
        line_ += c;
    }
  }

  // The last lines, each with a line break before it.
  std::string tail() {
    end_line();
    std::string text;
    for (const std::string& line : last_) text += "\n  " + line;
    return text;
  }

 private:
  void end_line() {
    const std::string line = sanitised(line_, 500);
    line_.clear();
    if (line.find_first_not_of(" \t") == std::string::npos) return;
    if (observer_.output) observer_.output(line);
    last_.push_back(line);
    if (last_.size() > kLinesShown) last_.pop_front();
  }

  std::ofstream log_;
  const Observer& observer_;
  std::string line_;
  std::deque<std::string> last_;
};

// One build being set up: the steps share these.
struct Work {
  const Framework& framework;
  const Build& build;
  const Observer& observer;
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
      {"PYTHONPATH", ""},  // of the user's own projects; would leak into environments
      {"PYTHONHOME", ""}};
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

Result<> run_script(const Work& work, const std::string& script) {
  const fs::path& home = work.framework.directory;
  const fs::path log = work.folder / kLog;
  ScriptOutput output(log, work.observer);
  const Command command{.argv = {"bash", (home / script).string()},
                        .environment = environment(work),
                        .directory = home,
                        .keep_open = work.lock,
                        .stopped = work.observer.stopped};
  ASSAY_TRY(const Ending ending, run_program(command, [&](std::string_view piece) { output.add(piece); }));
  if (ending.success()) return {};
  if (ending.signal == SIGINT || (work.observer.stopped && work.observer.stopped()))
    return fail(ErrorKind::environment, "{}: set-up was interrupted; the next one continues",
                work.framework.title);
  const std::string end =
      ending.signal != 0 ? fmt::format("signal {}", ending.signal) : fmt::format("exit code {}", ending.code);
  return fail(ErrorKind::environment, "{}: {} failed ({}); the log is {}; its last lines:{}{}",
              work.framework.title, script, end, log.string(), output.tail(), to_fetch(work));
}

Result<> write_stamp(const Work& work, const std::string& runner) {
  ASSAY_TRY(const auto files, installed_files(work.framework, work.build));
  int64_t bytes = 0;
  for (const InstalledFile& file : files) bytes += file.bytes;
  return write_file(work.folder / kStamp, fmt::format("runner={}\nfootprint_bytes={}\n", runner, bytes));
}

// Under the lock: runs what is needed and writes the stamp last.
Result<> bring_up_to_date(const Work& work) {
  std::error_code ec;
  const bool resumes = fs::exists(work.folder / kLog, ec), installed = fs::exists(work.folder / kStamp, ec);
  ASSAY_TRY(const std::string runner, runner_key(work.framework, work.build));
  if (installed && stamp_value(work.folder, "runner") == runner) return {};
  const int64_t began = now_ns();
  if (!installed) {
    announce(work, resumes);
    ASSAY_TRY_VOID(check_disk(work));
    fs::create_directories(work.folder, ec);
    if (ec)
      return fail(ErrorKind::environment, "{}: cannot be created: {}", work.folder.string(), ec.message());
    ASSAY_TRY_VOID(run_script(work, work.build.script));
  }
  if (!work.build.compile.empty()) {
    work.say("compiling the runner");
    ASSAY_TRY_VOID(run_script(work, work.build.compile));
  }
  ASSAY_TRY_VOID(write_stamp(work, runner));
  work.say("{} is ready after {}", work.build.name, duration(static_cast<double>(now_ns() - began) / 60e9));
  return {};
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

Result<fs::path> build_dir(const Framework& framework, const Build& build) {
  ASSAY_TRY(const std::string key, dependencies_key(framework, build));
  return framework_cache(framework) / (build.name + "-" + key);
}

Result<BuildState> state(const Framework& framework, const Build& build) {
  ASSAY_TRY(const fs::path folder, build_dir(framework, build));
  ASSAY_TRY(const std::string runner, runner_key(framework, build));
  const auto stamped = stamp_value(folder, "runner");
  if (stamped) return *stamped == runner ? BuildState::ready : BuildState::stale;
  return any_completed(framework, build) ? BuildState::stale : BuildState::missing;
}

Result<> set_up(const Framework& framework, const Build& build, const Observer& observer, Network network) {
  ASSAY_TRY(const BuildState found, state(framework, build));
  if (found == BuildState::ready) return {};
  ASSAY_TRY(const fs::path folder, build_dir(framework, build));
  Work work{framework, build, observer, folder, -1, network};
  const auto waiting = [&] { work.say("waiting: another assay is setting it up"); };
  ASSAY_TRY(const BuildLock lock, BuildLock::take(folder.string() + ".lock", waiting, observer.stopped));
  work.lock = lock.descriptor();
  return bring_up_to_date(work);
}

std::optional<int64_t> footprint_bytes(const Framework& framework, const Build& build) {
  const auto folder = build_dir(framework, build);
  const auto text = folder ? stamp_value(*folder, "footprint_bytes") : std::nullopt;
  return text ? host::integer_in(*text) : std::nullopt;
}

}  // namespace assay::setup
