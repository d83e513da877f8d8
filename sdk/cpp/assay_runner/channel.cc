#include "assay_runner/channel.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "protocol/codec.h"

namespace assay_runner {
namespace {

int checked(int descriptor) {
  if (descriptor >= 0) return descriptor;
  std::perror("the runner's pipe");
  std::_Exit(4);
}

}  // namespace

Channel Channel::take_standard_streams() {
  Channel channel(checked(::fcntl(0, F_DUPFD_CLOEXEC, 3)), checked(::fcntl(1, F_DUPFD_CLOEXEC, 3)));
  const int null = checked(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  checked(::dup2(null, 0));
  ::close(null);
  checked(::dup2(2, 1));
  return channel;
}

Channel::Channel(Channel&& other) noexcept
    : read_fd_(std::exchange(other.read_fd_, -1)),
      write_fd_(std::exchange(other.write_fd_, -1)),
      buffer_(std::move(other.buffer_)) {}

Channel::~Channel() {
  for (const int descriptor : {read_fd_, write_fd_})
    if (descriptor >= 0) ::close(descriptor);
}

std::optional<std::string> Channel::read_line() {
  size_t searched = 0;
  while (true) {
    if (const size_t end = buffer_.find('\n', searched); end != std::string::npos) {
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 1);
      return line;
    }
    searched = buffer_.size();
    if (searched > assay::protocol::kMostLineBytes) return std::nullopt;
    char piece[65536];
    const ssize_t count = ::read(read_fd_, piece, sizeof piece);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    buffer_.append(piece, static_cast<size_t>(count));
  }
}

bool Channel::write(std::string_view line) {
  while (!line.empty()) {
    const ssize_t count = ::write(write_fd_, line.data(), line.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    line.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

}  // namespace assay_runner
