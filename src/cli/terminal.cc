#include "cli/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace assay::cli {
namespace {

constexpr size_t kDefaultColumns = 100;

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

StatusLine::StatusLine() : live_(is_terminal(STDERR_FILENO)) {}

StatusLine::~StatusLine() { clear(); }

void StatusLine::clear() {
  if (live_ && !status_.empty()) fmt::print(stderr, "\r\033[K");
  status_.clear();
}

void StatusLine::print(std::string_view text) {
  const std::string kept = status_;
  clear();
  fmt::print(stderr, "{}\n", text);
  if (!kept.empty()) show(kept);
}

void StatusLine::show(const std::string& status) {
  if (!live_ || status == status_) return;
  status_ = status;
  fmt::print(stderr, "\r\033[K{}", cut(status, columns() - 1));
  std::fflush(stderr);
}

}  // namespace assay::cli
