// What a set-up script prints: all of it goes to the log; kept are the last lines, for when it fails, and how
// far it is.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace assay::setup {

class ScriptOutput {
 public:
  // `minutes`: how long the script takes by its manifest; absent when only a part of it is left to do.
  ScriptOutput(const std::filesystem::path& log, std::optional<double> minutes);

  // The next piece, cut anywhere. Lines end at carriage returns too (progress bars).
  void add(std::string_view piece);

  // The last lines, each with a line break before it.
  [[nodiscard]] std::string tail();

  // One line: the time since it began, about how long it will still take where that is known, and what it
  // does: the last step that a builder counted ("[57/234] ..."), until it is at the last one, else the last
  // line.
  [[nodiscard]] std::string progress() const;

 private:
  void end_line();

  std::ofstream log_;
  std::optional<double> minutes_;
  int64_t began_ns_;
  std::string line_;       // not complete yet
  std::string doing_;      // shown as progress
  bool counting_ = false;  // doing_ is a counted step and others follow
  std::deque<std::string> last_;
};

}  // namespace assay::setup
