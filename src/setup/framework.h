// What frameworks/NAME/framework.toml says: a framework, the builds it installs and the variants that run on
// them. Frameworks are found by scanning the folder and listed nowhere. docs: frameworks/README.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace assay::setup {

// One thing to install, by a script that may run again after an interruption. All paths are relative to the
// framework's folder, what the file writes with "sdk:" too (setup/sdk_paths.h).
struct Build {
  std::string name;    // "venv"
  std::string script;  // "setup.sh": installs the dependencies into $ASSAY_BUILD_DIR
  std::vector<std::string>
      inputs;  // files that decide what is installed: lock files. The script is always one of them
  std::vector<std::string>
      tools;            // programs whose path and version also decide it: "python3", "c++", "cargo"
  bool native = false;  // made for this machine's processor: another one gets a build of its own
  bool quick = false;   // has a quick form for tests, a build of its own, with ASSAY_QUICK_BUILDS
  std::string compile;  // script that builds the runner after `script`; empty: nothing to compile (Python)
  std::vector<std::string> sources;  // files and folders that `compile` builds from: the runner, the SDK
  int64_t download_mb = 0;
  int64_t disk_mb = 0;
  double minutes = 0;
};

// What load() is given besides the graph; a variant with `original` takes part only where the graph was made
// from a file of the user's.
enum class ModelForm { graph, onnx, gguf, original };
enum class Training { none, autodiff, gradient_graph };  // how the variant computes gradients

// One way to run a framework: what stands between the slash and the @ of a contestant.
struct Variant {
  std::string name;     // "compile"
  std::string title;    // one line for people, may be empty
  bool hidden = false;  // runs only when it is named itself: never answers, or takes much to set up
  std::string build;    // name of its Build; empty: nothing to set up
  std::vector<std::string> command;  // argv; {build}, {framework} and {source} stand for those folders
  ModelForm model = ModelForm::graph;
  Training training = Training::none;
  std::vector<std::string> workloads;  // the only workloads it runs; empty: all
  bool generates = false;              // it runs requests in parts too, the workload generate
  std::vector<std::string>
      devices;  // devices it can be asked for, the preferred one first: "cpu", "cuda"; never empty
  std::vector<std::string> needs;  // further needs: "linux", "macos", "windows", "program:g++", "cpu:x86_64"

  // Whether the variant takes part in the workload: listed or no list, `training` only with a way to train,
  // and `generate` only where it says so.
  [[nodiscard]] bool runs(std::string_view workload) const;
};

struct Framework {
  std::string name;      // the folder's name: "sample"
  std::string title;     // "Sample"
  std::string language;  // language of its users: "Python", "C++", "Rust"
  std::string licence;   // SPDX identifier
  std::string homepage;
  bool hidden = false;                // runs only when named: test doubles
  std::vector<std::string> packages;  // Debian packages that setting it up and running it need
  std::vector<std::string>
      device_runtimes;  // beginnings of the names of further libraries between it and a device
  std::vector<std::string>
      variables_unset;  // beginnings of the names of variables that steer it; runners do without them
  std::vector<std::string> variables_kept;  // of those, the ones that runners get all the same
  std::filesystem::path directory;
  std::vector<Build> builds;
  std::vector<Variant> variants;

  // The build or variant of that name, or null.
  [[nodiscard]] const Build* build(std::string_view wanted) const;
  [[nodiscard]] const Variant* variant(std::string_view wanted) const;
  // The builds that stand for the framework: all but those that only hidden variants need.
  [[nodiscard]] std::vector<const Build*> usual_builds() const;
};

// Every framework under `frameworks_dir`, sorted by name, hidden ones included. Fails (data) naming file and
// key: a key that is missing, of the wrong type or unknown (with the nearest known name), a script or input
// that does not exist.
[[nodiscard]] Result<std::vector<Framework>> scan(const std::filesystem::path& frameworks_dir);

// The framework of one folder.
[[nodiscard]] Result<Framework> read_framework(const std::filesystem::path& directory);

// The variant's command with its placeholders replaced by folders; nothing else is interpreted, no shell is
// involved. Fails (environment) like build_dir().
[[nodiscard]] Result<std::vector<std::string>> expand(const Framework& framework, const Variant& variant);

}  // namespace assay::setup
