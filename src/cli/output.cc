#include "cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/json.h"

namespace assay::cli {
namespace {

// Why standard output could not be written, the first time; 0: it could.
int& trouble() {
  static int reason = 0;
  return reason;
}

void remember(bool written) {
  if (!written && trouble() == 0) trouble() = errno != 0 ? errno : EIO;
}

}  // namespace

void write_output(std::string_view text) {
  if (trouble() != 0) return;
  errno = 0;
  remember(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

void write_error(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

void print_beside_table(std::string_view format, std::string_view text) {
  format == "csv" ? write_error(text) : write_output(text);
}

void print_json(const nlohmann::json& document, int indent) {
  write_output(json_text(document, indent) + "\n");
}

void flush_output() {
  if (trouble() != 0) return;
  errno = 0;
  remember(std::fflush(stdout) == 0);
}

bool output_lost() { return trouble() != 0; }

void hold_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(stream, F_GETFD) < 0)  // the lowest number that is free is this one
      static_cast<void>(::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
}

int finish_output(int exit_code) {
  flush_output();
  if (trouble() == 0 || trouble() == EPIPE) return exit_code;
  print_error("assay: standard output cannot be written: {}\n", std::strerror(trouble()));
  return 4;
}

}  // namespace assay::cli
