// Standard error as a terminal: whether it is one, how wide, and a status line at its bottom that is redrawn
// in place.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::cli {

// Whether the stream is a terminal that can be redrawn (TERM is not dumb).
[[nodiscard]] bool is_terminal(int descriptor);
// Whether colours are wanted there: a terminal, and NO_COLOR is not set.
[[nodiscard]] bool colours(int descriptor);
// Columns of standard error: $COLUMNS, else the terminal's, else 100.
[[nodiscard]] size_t columns();

// Lines that stay, above one line that changes. Without a terminal the changing line is not shown.
class StatusLine {
 public:
  StatusLine();
  ~StatusLine();
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;
  // Prints lines that stay, with a newline at the end.
  void print(std::string_view text);
  // Replaces the changing line; cut to the terminal's width.
  void show(const std::string& status);
  // The same for work that takes minutes: without a terminal it is printed when nothing else was for a
  // minute.
  void keep_showing(const std::string& status);
  void clear();
  [[nodiscard]] bool live() const { return live_; }

 private:
  static void write(const std::string& text);

  bool live_;
  std::string status_;
  int64_t printed_ns_;  // when the last line was
};

}  // namespace assay::cli
