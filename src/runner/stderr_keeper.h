// What a runner writes to stderr: drained by a thread, so that the runner never blocks on it, and kept within
// bounds, so that a flood fills neither disk nor memory. The file gets the first part as it comes and the
// last part at the end, with a line between them that says how much was left out.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "runner/descriptor.h"

namespace assay::runner {

class StderrKeeper {
 public:
  static constexpr size_t kMostFirstBytes = size_t{256} << 10;
  static constexpr size_t kMostLastBytes = size_t{64} << 10;

  // Takes the reading end of a pipe. An empty path keeps no file; one that cannot be written is done without.
  StderrKeeper(Descriptor pipe, const std::filesystem::path& path);
  ~StderrKeeper();
  StderrKeeper(const StderrKeeper&) = delete;
  StderrKeeper& operator=(const StderrKeeper&) = delete;

  // The last lines so far, at most `most` bytes, sanitised.
  [[nodiscard]] std::string tail(size_t most = 4096) const;
  // Reads what the runner wrote before it died, waiting at most `grace_s` for the pipe's end, and completes
  // the file.
  void finish(double grace_s = 0.2);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::runner
