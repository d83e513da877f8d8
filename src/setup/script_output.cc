#include "setup/script_output.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>

#include "base/clock.h"
#include "base/text.h"

namespace assay::setup {
namespace {

constexpr size_t kLinesShown = 15;  // of a script that failed
constexpr size_t kMostOfLine = 500;

// Whether the line is a step as Ninja counts them, and whether it is the last.
enum class Step { none, counted, last };
Step step_of(const std::string& line) {
  int done = 0, all = 0, end = 0;
  if (std::sscanf(line.c_str(), "[%d/%d]%n", &done, &all, &end) != 2 || end == 0) return Step::none;
  return done < all ? Step::counted : Step::last;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<int64_t>(seconds);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

}  // namespace

ScriptOutput::ScriptOutput(const std::filesystem::path& log, std::optional<double> minutes)
    : log_(log, std::ios::app), minutes_(minutes), began_ns_(now_ns()) {}

void ScriptOutput::add(std::string_view piece) {
  log_ << piece << std::flush;
  for (const char c : piece) {
    if (c == '\n' || c == '\r')
      end_line();
    else
      line_ += c;
  }
}

std::string ScriptOutput::tail() {
  end_line();
  std::string text;
  for (const std::string& line : last_) text += "\n  " + line;
  return text;
}

std::string ScriptOutput::progress() const {
  const double elapsed_s = static_cast<double>(now_ns() - began_ns_) * 1e-9;
  const double left = minutes_.value_or(0) - elapsed_s / 60;
  std::string text = clock_text(elapsed_s);
  if (left > 0) text += fmt::format(", about {:.0f} min left", std::ceil(left));
  return doing_.empty() ? text : text + "  " + doing_;
}

void ScriptOutput::end_line() {
  const std::string line = sanitised(line_, kMostOfLine);
  line_.clear();
  if (line.find_first_not_of(" \t") == std::string::npos) return;
  last_.push_back(line);
  if (last_.size() > kLinesShown) last_.pop_front();
  const Step step = step_of(line);
  // The warnings of a step pass by unseen.
  if (step == Step::none && counting_) return;
  counting_ = step == Step::counted;
  doing_ = line;
}

}  // namespace assay::setup
