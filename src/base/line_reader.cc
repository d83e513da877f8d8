#include "base/line_reader.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file.h"

namespace assay {

Result<LineReader> LineReader::open(const std::filesystem::path& path, size_t most_bytes) {
  ASSAY_TRY(const int fd, open_regular(path));
  return LineReader(path.string(), fd, most_bytes);
}

LineReader::~LineReader() {
  if (fd_ >= 0) ::close(fd_);
}

LineReader::LineReader(LineReader&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      most_(other.most_),
      buffer_(std::move(other.buffer_)),
      begin_(other.begin_),
      number_(other.number_) {}

// Whether there was more.
Result<bool> LineReader::read_more() {
  constexpr size_t kAtOnce = 1 << 16;
  buffer_.erase(0, std::exchange(begin_, 0));
  const size_t had = buffer_.size();
  buffer_.resize(had + kAtOnce);
  ssize_t got = -1;
  do {
    got = ::read(fd_, buffer_.data() + had, kAtOnce);
  } while (got < 0 && errno == EINTR);
  const int reason = errno;
  buffer_.resize(had + (got > 0 ? static_cast<size_t>(got) : 0));
  if (got < 0) return fail(ErrorKind::data, "{}: cannot be read: {}", path_, std::strerror(reason));
  return got > 0;
}

Result<std::optional<std::string_view>> LineReader::next() {
  size_t looked_at = 0;  // bytes of the line in which there is no line break
  for (;;) {
    const size_t end = buffer_.find('\n', begin_ + looked_at);
    const bool whole = end != std::string::npos;
    looked_at = (whole ? end : buffer_.size()) - begin_;
    if (looked_at > most_)
      return fail(ErrorKind::data, "{}, line {}: is longer than {} MB, the most that is read of a line",
                  path_, number_ + 1, most_ >> 20);
    bool more = false;
    if (!whole) {
      ASSAY_TRY(more, read_more());
    }
    if (more) continue;
    if (!whole && looked_at == 0) return std::optional<std::string_view>();
    ++number_;
    const std::string_view line(buffer_.data() + begin_, looked_at);
    begin_ += looked_at + (whole ? 1 : 0);
    return std::optional(line);
  }
}

}  // namespace assay
