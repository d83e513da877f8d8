#include "cli/words.h"

#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <sstream>

#include "base/text.h"

namespace assay::cli {
namespace {

std::vector<std::string> names_of(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub :
       app.get_subcommands([](const CLI::App* candidate) { return !candidate->get_group().empty(); }))
    names.push_back(sub->get_name());
  return names;
}

// The options of a command by their long names, for "did you mean".
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

const CLI::App* find_command(const CLI::App& app, const std::string& name) {
  const auto found =
      app.get_subcommands([&](const CLI::App* candidate) { return candidate->get_name() == name; });
  return found.empty() ? nullptr : found.front();
}

// The nearest options for the first word of the command line that is no option of `command`.
std::string option_hint(const CLI::App& command, int argc, const char* const* argv) {
  const auto known = option_names(command);
  for (int i = 2; i < argc; ++i) {
    const std::string word = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    if (word.starts_with("--") && std::ranges::find(known, word) == known.end())
      return did_you_mean(word, known);
  }
  return "";
}

// The texts of "{full,tiny}", as CLI11 describes a choice.
std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string text = option.get_type_name();
  const size_t open = text.find('{'), close = text.find('}');
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos) return choices;
  std::istringstream words(text.substr(open + 1, close - open - 1));
  for (std::string word; std::getline(words, word, ',');) choices.push_back(word);
  return choices;
}

// The visible options of a command; a positional one has no name.
std::vector<OptionWords> words_of(const CLI::App& command) {
  std::vector<OptionWords> words;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_group().empty()) continue;
    OptionWords known{{}, option->get_items_expected_max() > 0, choices_of(*option)};
    for (const std::string& name : option->get_snames()) known.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) known.names.push_back("--" + name);
    words.push_back(std::move(known));
  }
  return words;
}

}  // namespace

std::string explain(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv) {
  const std::string first = argc > 1 && argv[1][0] != '-' ? argv[1] : "";
  const CLI::App* command = find_command(app, first);
  const auto commands = names_of(app);
  std::string called = first;
  if (const CLI::App* below = command == nullptr || argc < 3 ? nullptr : find_command(*command, argv[2])) {
    command = below;
    called += " " + below->get_name();
  }
  if (!first.empty() && command == nullptr)
    return fmt::format("assay: unknown command '{}'.{} Known: {}.", first, did_you_mean(first, commands),
                       fmt::join(commands, ", "));
  if (error.get_name() == "ExcludesError")
    return fmt::format("assay: {}: give one of the two.", error.what());
  const std::string hint = command == nullptr ? "" : option_hint(*command, argc, argv);
  return fmt::format("assay: {}.{} See `assay {}{}--help`.", error.what(), hint, called,
                     called.empty() ? "" : " ");
}

bool only_resumes(const CLI::App& app) {
  const CLI::App& run = *find_command(app, "run");
  return std::ranges::all_of(run.get_options(), [](const CLI::Option* option) {
    const std::string name = option->get_name();
    return option->count() == 0 || name == "--resume" || name == "--json";
  });
}

std::vector<CommandWords> commands_of(const CLI::App& app) {
  std::vector<CommandWords> result;
  for (const std::string& name : names_of(app)) {
    const CLI::App& command = *find_command(app, name);
    result.push_back({name, words_of(command)});
    for (const std::string& below : names_of(command))
      result.push_back({name + " " + below, words_of(*find_command(command, below))});
  }
  return result;
}

}  // namespace assay::cli
