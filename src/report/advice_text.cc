#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "report/advice.h"

namespace assay::report {
namespace {

constexpr std::string_view kFrontTitle = "Not dominated in time, memory, start, size and accuracy together:";

std::string heading(const AdviceQuestion& question) {
  return fmt::format("{} {}, for {}", question.cell.model, question.cell.workload,
                     decide::name(question.goal));
}

std::string as_text(const decide::Advice& advice, const AdviceQuestion& question,
                    const std::vector<std::string>& not_tested) {
  std::string text = fmt::format("{}\n{}\n", one_line(heading(question)),
                                 fmt::join(advice_sentences(advice, question), "\n"));
  if (const auto table = advice_table(advice); !table.rows.empty())
    text += fmt::format("\n{}\n{}", kFrontTitle, to_text(table));
  if (const auto lines = ruled_out_lines(advice); !lines.empty())
    text += fmt::format("\nRuled out:\n  {}\n", fmt::join(lines, "\n  "));
  if (const auto paste = advice_to_paste(advice, question); !paste.empty())
    text += fmt::format("\nTo paste:\n{}", paste);
  if (!not_tested.empty()) text += fmt::format("\nNot tested here: {}\n", fmt::join(not_tested, ", "));
  return text;
}

// Indented, so that nothing in it can end it.
std::string code_block(std::string_view lines) {
  std::string text = "    ";
  for (size_t i = 0; i < lines.size(); ++i) {
    text += lines[i];
    if (lines[i] == '\n' && i + 1 < lines.size()) text += "    ";
  }
  return text;
}

// A block to paste needs no mark here: all of it can be pasted.
std::string as_markdown(const decide::Advice& advice, const AdviceQuestion& question,
                        const std::vector<std::string>& not_tested) {
  std::string text = fmt::format("**{}**\n\n", markdown_text(heading(question)));
  for (const std::string& sentence : advice_sentences(advice, question))
    text += markdown_text(sentence) + "\n\n";
  if (const auto table = advice_table(advice); !table.rows.empty())
    text += fmt::format("{}\n\n{}\n", kFrontTitle, to_markdown(table));
  if (const auto lines = ruled_out_lines(advice); !lines.empty()) {
    text += "Ruled out:\n\n";
    for (const std::string& line : lines) text += fmt::format("- {}\n", markdown_text(line));
    text += "\n";
  }
  if (const auto paste = advice_to_paste(advice, question); !paste.empty()) text += code_block(paste);
  if (!not_tested.empty())
    text +=
        fmt::format("\nNot tested here: {}\n", markdown_text(fmt::format("{}", fmt::join(not_tested, ", "))));
  return text;
}

}  // namespace

std::string advice_text(const decide::Advice& advice, const AdviceQuestion& question,
                        const std::vector<std::string>& not_tested, std::string_view format) {
  return format == "markdown" ? as_markdown(advice, question, not_tested)
                              : as_text(advice, question, not_tested);
}

}  // namespace assay::report
