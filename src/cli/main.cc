// Entry point: parses the command line and hands it to the command's own file.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include "base/text.h"
#include "cli/commands.h"

int main(int argc, char** argv) try {
  std::signal(SIGPIPE, SIG_IGN);  // a runner that dies while we write to it is an outcome, not our death
  const auto command = assay::cli::parse(argc, argv);
  if (!command) {
    const std::string& text = command.error().text;
    fmt::print(command.error().exit_code == 0 ? stdout : stderr, "{}", assay::sanitised(text, text.size()));
    return command.error().exit_code;
  }
  return std::visit([](const auto& arguments) { return assay::cli::run(arguments); }, *command);
} catch (const std::bad_alloc&) {
  std::fputs("assay: the memory does not suffice for what was asked for\n", stderr);
  return 4;
} catch (const std::exception& error) {  // nothing below here is meant to throw
  std::fputs("assay: ended by an unexpected error: ", stderr);
  std::fputs(error.what(), stderr);
  std::fputs("\n", stderr);
  return 4;
}
