#include "setup/program.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace assay::setup {
namespace fs = std::filesystem;
namespace {

bool is_executable_file(const fs::path& path) {
  std::error_code ec;
  return fs::is_regular_file(path, ec) && ::access(path.c_str(), X_OK) == 0;
}

std::optional<fs::path> resolved(const fs::path& path) {
  std::error_code ec;
  const fs::path real = fs::canonical(path, ec);
  return ec ? std::nullopt : std::optional(real);
}

constexpr int kPollMs = 100;
constexpr std::chrono::milliseconds kPatience{2000};  // with a program that is to stop

Result<Subprocess> start(const ProgramCall& command, int output, int errors) {
  return Subprocess::start({.argv = command.argv,
                            .environment = command.environment,
                            .directory = command.directory,
                            .output = output,
                            .errors = errors,
                            .keep_open = command.keep_open});
}

// A pipe whose ends a program that is started does not inherit.
class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_) != 0) return;
    for (const int end : ends_) ::fcntl(end, F_SETFD, FD_CLOEXEC);
  }
  ~Pipe() {
    close_write();
    if (ends_[0] >= 0) ::close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int read_end() const { return ends_[0]; }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  void close_write() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

 private:
  int ends_[2] = {-1, -1};
};

// Whether the other side may still write.
bool read_piece(int fd, const Printed& printed) {
  char buffer[1 << 14];
  const ssize_t got = ::read(fd, buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return true;
  if (got <= 0) return false;
  if (printed) printed(std::string_view(buffer, static_cast<size_t>(got)));
  return true;
}

bool is_to_stop(const ProgramCall& command) { return command.stopped && command.stopped(); }

// Until the end of what is printed, or until the program is to stop.
void read_all(const ProgramCall& command, int output, const Printed& printed, int errors,
              const Printed& complained) {
  pollfd watched[] = {{output, POLLIN, 0}, {errors, POLLIN, 0}};
  while ((watched[0].fd >= 0 || watched[1].fd >= 0) &&
         !is_to_stop(command)) {  // poll() ignores those below 0
    const int found = ::poll(watched, 2, kPollMs);
    if (found < 0 && errno != EINTR) return;
    if (found <= 0) continue;
    if (watched[0].revents != 0 && !read_piece(output, printed)) watched[0].fd = -1;
    if (watched[1].revents != 0 && !read_piece(errors, complained)) watched[1].fd = -1;
  }
}

}  // namespace

std::optional<fs::path> locate_program(std::string_view name) {
  if (name.empty()) return std::nullopt;
  if (name.find('/') != std::string_view::npos)
    return is_executable_file(name) ? std::optional(fs::path(name)) : std::nullopt;
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  while (!rest.empty()) {
    const size_t end = rest.find(':');
    const fs::path candidate = fs::path(rest.substr(0, end)) / name;
    std::error_code ec;
    if (is_executable_file(candidate)) return fs::absolute(candidate, ec);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return std::nullopt;
}

std::optional<fs::path> find_program(std::string_view name) {
  const auto located = locate_program(name);
  return located ? resolved(*located) : std::nullopt;
}

Result<Ending> run_program(const ProgramCall& command, const Printed& printed) {
  ASSAY_CHECK(!command.argv.empty());
  Pipe pipe;
  if (pipe.read_end() < 0) return fail(ErrorKind::environment, "no pipe: {}", std::strerror(errno));
  ASSAY_TRY(auto process, start(command, pipe.write_end(), pipe.write_end()));
  pipe.close_write();
  read_all(command, pipe.read_end(), printed, -1, {});
  return is_to_stop(command) ? process.end(kPatience) : process.wait();
}

Result<Ending> run_program(const ProgramCall& command, const Printed& output, const Printed& errors) {
  ASSAY_CHECK(!command.argv.empty());
  Pipe out, err;
  if (out.read_end() < 0 || err.read_end() < 0)
    return fail(ErrorKind::environment, "no pipe: {}", std::strerror(errno));
  ASSAY_TRY(auto process, start(command, out.write_end(), err.write_end()));
  out.close_write();
  err.close_write();
  read_all(command, out.read_end(), output, err.read_end(), errors);
  return is_to_stop(command) ? process.end(kPatience) : process.wait();
}

}  // namespace assay::setup
