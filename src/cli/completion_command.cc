// `assay completion SHELL`: a script for the shell, and `assay complete WORDS` (hidden), which it asks for
// what the last word may become. So the shell's side knows nothing, and the answers are never out of date.
#include <algorithm>
#include <set>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "models/catalogue.h"
#include "models/presets.h"
#include "setup/framework.h"
#include "store/store.h"

namespace assay::cli {
namespace {

// Without an answer each shell completes file names.
constexpr const char* kBash = R"sh(# assay completion bash
_assay() {
  local IFS=$'\n'
  COMPREPLY=($("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _assay assay
)sh";
constexpr const char* kZsh = R"sh(#compdef assay
_assay() {
  local -a answers
  answers=(${(f)"$(${words[1]} complete "${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( ${#answers} )); then compadd -a answers; else _files; fi
}
if [ "$funcstack[1]" = "_assay" ]; then _assay "$@"; else compdef _assay assay; fi
)sh";
constexpr const char* kFish = R"sh(# assay completion fish
complete -c assay -a '(set -l words (commandline -opc); assay complete $words[2..] (commandline -ct) 2>/dev/null)'
)sh";

using Words = std::vector<std::string>;

Words model_names() {
  Words names;
  for (const auto& model : models::catalogue("full")) names.push_back(model.name);
  return names;
}

Words workload_names() {
  std::set<std::string> names;
  for (const auto& model : models::catalogue("full"))
    names.insert(model.workloads.begin(), model.workloads.end());
  return {names.begin(), names.end()};
}

Words preset_names() {
  Words names;
  for (const auto& preset : models::presets()) names.emplace_back(preset.name);
  return names;
}

// Hidden frameworks are for tests, and left out.
Words framework_names(bool variants) {
  Words names;
  const auto frameworks = setup::scan(source_dir() / "frameworks");
  if (!frameworks) return names;
  for (const auto& framework : *frameworks) {
    if (framework.hidden) continue;
    names.push_back(framework.name);
    for (const auto& variant : framework.variants)
      if (variants) names.push_back(framework.name + "/" + variant.name);
  }
  return names;
}

// Ids and labels.
Words run_names() {
  Words names = {"last"};
  std::error_code ec;
  if (!std::filesystem::exists(store::default_path(), ec)) return names;
  const auto store = store::open_sqlite_to_read(store::default_path());
  const auto runs = store ? (*store)->list() : Result<std::vector<store::RunSummary>>();
  if (!runs) return names;
  std::set<std::string> labels;  // each once; what a shell's line cannot show is left out
  for (const auto& run : *runs) {
    names.push_back(run.id);
    if (run.label && one_line(*run.label) == *run.label) labels.insert(*run.label);
  }
  names.insert(names.end(), labels.begin(), labels.end());
  return names;
}

// What an option's value may be.
Words values_of(const OptionWords& option) {
  const auto is = [&](const char* name) {
    return std::ranges::find(option.names, name) != option.names.end();
  };
  if (is("--model")) return model_names();
  if (is("--framework")) return framework_names(true);
  if (is("--workload")) return workload_names();
  if (is("--resume")) return run_names();
  if (is("--preset")) return preset_names();
  return option.choices;
}

// What a word that is no option may be.
Words operands_of(const CommandWords& command) {
  if (command.name == "setup") return framework_names(false);
  if (command.name == "graph" || command.name == "materials") return model_names();
  if (command.name == "show" || command.name == "export") return run_names();
  for (const OptionWords& option : command.options)
    if (option.names.empty()) return option.choices;
  return {};
}

// The commands below one, by their last words; of an empty name all that are below none.
Words names_below(const std::vector<CommandWords>& known, const std::string& name) {
  const std::string before = name.empty() ? "" : name + " ";
  Words names;
  for (const CommandWords& command : known)
    if (command.name.starts_with(before) && command.name.find(' ', before.size()) == std::string::npos)
      names.push_back(command.name.substr(before.size()));
  return names;
}

// The command that the words before the last one name, one below another where there is such.
const CommandWords* command_of(const std::vector<CommandWords>& known, const Words& words) {
  const auto named = [&](const std::string& name) {
    const auto at = std::ranges::find(known, name, &CommandWords::name);
    return at == known.end() ? nullptr : &*at;
  };
  const CommandWords* below = words.size() > 2 ? named(words[0] + " " + words[1]) : nullptr;
  return below != nullptr ? below : named(words.front());
}

const OptionWords* option_of(const CommandWords& command, const std::string& word) {
  for (const OptionWords& option : command.options)
    if (std::ranges::find(option.names, word) != option.names.end()) return &option;
  return nullptr;
}

// "--model=NAME" comes from bash as three words.
Words without_equals(Words words) {
  std::erase(words, "=");
  return words;
}

Words answers(const Words& given) {
  const Words words = without_equals(given);
  const auto known = commands();
  if (words.size() < 2) return names_below(known, "");
  const CommandWords* command = command_of(known, words);
  if (command == nullptr) return {};
  const OptionWords* before = option_of(*command, words[words.size() - 2]);
  if (before != nullptr && before->takes_value) return values_of(*before);
  const Words below = words.size() == 2 ? names_below(known, command->name) : Words();
  if (!words.back().starts_with("-")) return below.empty() ? operands_of(*command) : below;
  Words names;
  for (const OptionWords& option : command->options)
    names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

}  // namespace

int run(const CompletionArguments& arguments) {
  print("{}", arguments.shell == "bash" ? kBash : arguments.shell == "zsh" ? kZsh : kFish);
  return 0;
}

int run(const CompleteArguments& arguments) {
  // `--model=` is still to get its value when the last word is the sign itself.
  std::string typed = arguments.words.empty() ? "" : arguments.words.back();
  Words words = arguments.words;
  if (typed == "=") {
    typed.clear();
    words.push_back("");
  }
  for (const std::string& answer : answers(words))
    if (answer.starts_with(typed)) print("{}\n", answer);
  return 0;
}

}  // namespace assay::cli
