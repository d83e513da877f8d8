#include "runner/stderr_keeper.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/text.h"

namespace assay::runner {
namespace {

Descriptor create(const std::filesystem::path& path) {
  if (path.empty()) return Descriptor();
  std::error_code ignored;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), ignored);
  ::unlink(path.c_str());  // of an earlier process, which may have put a pipe there for us to wait at
  return Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
}

// A full disk loses the log, not the run.
void write_to(const Descriptor& file, std::string_view bytes) {
  while (file.get() >= 0 && !bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

struct StderrKeeper::State {
  Descriptor pipe, file;
  std::array<Descriptor, 2> wake;  // a pipe that ends the thread's sleep
  std::thread thread;
  std::atomic<int64_t> stop_at_ns = INT64_MAX;
  mutable std::mutex mutex;  // guards what follows
  std::string last;          // the end of all that came, up to twice kMostLastBytes
  size_t total = 0;

  void drain();
  void keep(std::string_view bytes);
  void write_end();
  [[nodiscard]] int sleep_ms() const;
};

void StderrKeeper::State::keep(std::string_view bytes) {
  const size_t first = total < kMostFirstBytes ? std::min(bytes.size(), kMostFirstBytes - total) : 0;
  write_to(file, bytes.substr(0, first));
  const std::lock_guard lock(mutex);
  total += bytes.size();
  last += bytes;
  if (last.size() > 2 * kMostLastBytes) last.erase(0, last.size() - kMostLastBytes);
}

// After the first part: how much is missing, then the last part.
void StderrKeeper::State::write_end() {
  const std::lock_guard lock(mutex);
  if (total <= kMostFirstBytes) return;
  const size_t rest = std::min({total - kMostFirstBytes, kMostLastBytes, last.size()});
  const size_t left_out = total - kMostFirstBytes - rest;
  if (left_out > 0) write_to(file, fmt::format("\n[{} bytes left out]\n", left_out));
  write_to(file, std::string_view(last).substr(last.size() - rest));
}

int StderrKeeper::State::sleep_ms() const {
  const int64_t stop_ns = stop_at_ns;
  if (stop_ns == INT64_MAX) return -1;
  return static_cast<int>(std::max<int64_t>((stop_ns - now_ns()) / 1'000'000, 0));
}

void StderrKeeper::State::drain() {
  std::vector<char> buffer(size_t{64} << 10);
  while (now_ns() < stop_at_ns) {
    const ssize_t got = ::read(pipe.get(), buffer.data(), buffer.size());
    if (got > 0) keep({buffer.data(), static_cast<size_t>(got)});
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) break;
    if (got > 0) continue;
    const bool stopping = stop_at_ns != INT64_MAX;  // the wake pipe stays readable then: do not watch it
    std::array<pollfd, 2> watched = {{{pipe.get(), POLLIN, 0}, {stopping ? -1 : wake[0].get(), POLLIN, 0}}};
    ::poll(watched.data(), watched.size(), sleep_ms());
  }
  write_end();
}

StderrKeeper::StderrKeeper(Descriptor pipe, const std::filesystem::path& path)
    : state_(std::make_unique<State>()) {
  state_->pipe = std::move(pipe);
  state_->file = create(path);
  std::array<int, 2> ends{-1, -1};
  if (::pipe(ends.data()) == 0)
    for (size_t i = 0; i < 2; ++i) {
      ::fcntl(ends[i], F_SETFD, FD_CLOEXEC);
      state_->wake[i].reset(ends[i]);
    }
  state_->thread = std::thread([state = state_.get()] { state->drain(); });
}

StderrKeeper::~StderrKeeper() { finish(0); }

void StderrKeeper::finish(double grace_s) {
  if (!state_->thread.joinable()) return;
  state_->stop_at_ns = now_ns() + static_cast<int64_t>(grace_s * 1e9);
  state_->wake[1].reset();
  state_->thread.join();
}

std::string StderrKeeper::tail(size_t most) const {
  const std::lock_guard lock(state_->mutex);
  std::string_view text = state_->last;
  while (text.ends_with('\n')) text.remove_suffix(1);
  if (text.size() > most) {
    text.remove_prefix(text.size() - most);
    const size_t line = text.find('\n');
    if (line != std::string_view::npos) text.remove_prefix(line + 1);
  }
  return sanitised(text, most);
}

}  // namespace assay::runner
