// The pipe to the core: one JSON object a line. It is taken before the framework does anything, so that
// whatever a library prints lands in the runner's stderr and cannot reach the protocol.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace assay_runner {

class Channel {
 public:
  // Duplicates descriptors 0 and 1 (not inherited by child processes), points 0 at /dev/null and 1 at 2.
  // Ends the process with code 4 when the system refuses.
  [[nodiscard]] static Channel take_standard_streams();

  // Reads from one descriptor and writes to another; owns both.
  Channel(int read_fd, int write_fd) : read_fd_(read_fd), write_fd_(write_fd) {}
  ~Channel();
  Channel(Channel&& other) noexcept;
  Channel& operator=(Channel&&) = delete;
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // The next line without its end; nothing at the end of input, or when a line is longer than the protocol
  // allows.
  [[nodiscard]] std::optional<std::string> read_line();

  // Writes all of `line`, which ends in a newline. False when the core is gone.
  bool write(std::string_view line);

 private:
  int read_fd_;
  int write_fd_;
  std::string buffer_;  // read, not yet handed out
};

}  // namespace assay_runner
