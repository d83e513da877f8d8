// Entry point: parses the command line and hands it to the command's own file.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "cli/commands.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a runner that dies while we write to it is an outcome, not our death
  const auto command = assay::cli::parse(argc, argv);
  if (!command) {
    fmt::print(command.error().exit_code == 0 ? stdout : stderr, "{}", command.error().text);
    return command.error().exit_code;
  }
  return std::visit([](const auto& arguments) { return assay::cli::run(arguments); }, *command);
}
