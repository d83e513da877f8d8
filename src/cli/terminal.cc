#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/clock.h"
#include "base/text.h"

namespace assay::cli {
namespace {

constexpr size_t kDefaultColumns = 100;
const std::string kClear = "\r\033[K";  // back to the line's beginning, and empty it

// The first `most` code points.
std::string cut(const std::string& text, size_t most) {
  size_t shown = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (shown++ == most) return text.substr(0, i);
  }
  return text;
}

}  // namespace

bool is_terminal(int descriptor) {
  const char* term = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

bool colours(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  return is_terminal(descriptor) && (no_color == nullptr || *no_color == '\0');
}

size_t columns() {
  if (const char* text = std::getenv("COLUMNS")) {
    const long wanted = std::strtol(text, nullptr, 10);
    if (wanted > 0) return static_cast<size_t>(wanted);
  }
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return kDefaultColumns;
}

StatusLine::StatusLine() : live_(is_terminal(STDERR_FILENO)), printed_ns_(now_ns()) {}

StatusLine::~StatusLine() { clear(); }

// Everything that belongs together goes out in one write: a terminal never shows half of it.
void StatusLine::write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void StatusLine::clear() {
  if (live_ && !status_.empty()) write(kClear);
  status_.clear();
}

void StatusLine::print(std::string_view text) {
  printed_ns_ = now_ns();
  const bool shown = live_ && !status_.empty();
  write(fmt::format("{}{}\n{}", shown ? kClear : "", sanitised(text),
                    shown ? cut(status_, columns() - 1) : ""));
}

void StatusLine::show(const std::string& status) {
  if (!live_ || status == status_) return;
  status_ = status;
  write(kClear + cut(status, columns() - 1));
}

void StatusLine::keep_showing(const std::string& status) {
  constexpr int64_t kMinuteNs = 60'000'000'000;
  if (live_)
    show(status);
  else if (now_ns() - printed_ns_ >= kMinuteNs)
    print(status);
}

}  // namespace assay::cli
