// Entry point: parses the command line and hands it to the command's own file.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>
#include <string_view>
#include <system_error>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace {

// What is mapped ends where its file ends, which is nobody's bug when someone cuts the file off meanwhile.
void say_what_was_cut_off(int /*signal*/) {
  constexpr std::string_view kText =
      "assay: a file was cut off while it was read, or the disk it lies on cannot be read\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kText.data(), kText.size());
  ::_exit(4);
}

// Threads are started by the standard library, which throws where the system refuses.
void say_what_was_thrown(const std::exception& error) {
  const auto* refused = dynamic_cast<const std::system_error*>(&error);
  if (refused != nullptr && refused->code() == std::errc::resource_unavailable_try_again) {
    std::fputs(
        "assay: no further thread can be started here: is a limit on processes reached (ulimit -u, "
        "pids.max)?\n",
        stderr);
    return;
  }
  std::fputs("assay: ended by an unexpected error: ", stderr);
  std::fputs(error.what(), stderr);
  std::fputs("\n", stderr);
}

}  // namespace

int main(int argc, char** argv) try {
  assay::cli::hold_standard_streams();
  std::signal(SIGBUS, say_what_was_cut_off);
  std::signal(SIGPIPE, SIG_IGN);  // a runner that dies while we write to it is an outcome, not our death
  const auto command = assay::cli::parse(argc, argv);
  if (!command) {
    const std::string& text = command.error().text;
    const std::string safe = assay::sanitised(text, text.size());
    command.error().exit_code == 0 ? assay::cli::write_output(safe) : assay::cli::write_error(safe);
    return assay::cli::finish_output(command.error().exit_code);
  }
  return assay::cli::finish_output(
      std::visit([](const auto& arguments) { return assay::cli::run(arguments); }, *command));
} catch (const std::bad_alloc&) {
  std::fputs("assay: the memory does not suffice for what was asked for\n", stderr);
  return 4;
} catch (const std::exception& error) {  // nothing below here is meant to throw
  say_what_was_thrown(error);
  return 4;
}
