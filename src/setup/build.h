// Builds of frameworks: where they live in the cache, whether they are ready, and setting them up.
//
// A build lives in CACHE/frameworks/NAME/BUILD-KEY. It stays ready as long as its script and inputs are what
// they were, and the tools that it was made with are still there in the same version: its stamp says which
// (setup/stamp.h). What the PATH of this shell has first does not matter, nor its locale. What the runner is
// compiled from has a hash of its own, so editing a runner never reinstalls its framework. The stamp is
// written last: a build without one was interrupted, and its script runs again in the same folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "setup/framework.h"

namespace assay::setup {

enum class BuildState {
  ready,
  missing,  // never set up, or interrupted
  stale,    // set up, but its inputs or sources have changed since, or its tools are gone
};

// "ready", "missing", "stale".
[[nodiscard]] std::string_view name(BuildState state);

// The build's folder in the cache: the one that can be used, or the one that it would get. Fails
// (environment) when there is none and a tool for making it is not installed or cannot be asked, (data) when
// an input cannot be read. The versions of tools are asked once a process.
[[nodiscard]] Result<std::filesystem::path> build_dir(const Framework& framework, const Build& build);

// A build whose tools are not installed is missing or stale. Fails like build_dir otherwise.
[[nodiscard]] Result<BuildState> state(const Framework& framework, const Build& build);

// What set_up tells and asks while it works. Each may be an empty function.
struct SetupObserver {
  std::function<void(std::string_view line)>
      say;  // for the user: what will be downloaded, what it waits for, that it is done
  std::function<void(std::string_view line)>
      progress;                   // what a script does, for how long, how far it is; five times a second
  std::function<bool()> stopped;  // whether it is to end; the next one continues
};

// Whether scripts may use the network. Without it pip, uv, cargo and the others that have a switch for it are
// told so, and ASSAY_OFFLINE=1 is set.
enum class Network { allowed, forbidden };

// Makes the build ready; returns at once when it is. Says download, disk and minutes first; fails
// (environment) when the disk has not that much free, or when a script fails, with its last lines and the
// path of the log (BUILD-KEY/setup.log); without the network the message says what to fetch. Waits, and says
// so, while another process sets up the same build. Safe to interrupt at any moment.
[[nodiscard]] Result<> set_up(const Framework& framework, const Build& build, const SetupObserver& observer,
                              Network network = Network::allowed);

// A file that the build installed: path relative to the build's folder, size in bytes.
struct InstalledFile {
  std::string path;
  int64_t bytes = 0;
};

// All files that the build installed, sorted by path, without symbolic links, compiled Python, the installer
// pip, log and stamp.
[[nodiscard]] Result<std::vector<InstalledFile>> installed_files(const Framework& framework,
                                                                 const Build& build);

// Their size together, as counted when the build was set up; nothing when the build is not ready.
[[nodiscard]] std::optional<int64_t> footprint_bytes(const Framework& framework, const Build& build);

}  // namespace assay::setup
