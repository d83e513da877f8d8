// Tables as text for a terminal, as Markdown for documents, and as CSV for spreadsheets.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::report {

// Rows of text cells, the first row being the head. Columns are as wide as their widest cell on screen (UTF-8
// counted by code points). A column without a name is for the eye: CSV leaves it out.
struct Table {
  std::vector<std::vector<std::string>> rows;
  std::vector<bool> right;  // columns aligned to the right
};

// One of the tables of a document: what it is of, as names and values. CSV is one table of all, with these
// names as its first columns.
struct Section {
  std::string title;
  std::vector<std::pair<std::string, std::string>> of;
  Table table;
};

[[nodiscard]] std::string to_text(const Table& table, std::string_view indent = "  ");
[[nodiscard]] std::string to_markdown(const Table& table);
// As RFC 4180 has it, but for lines that end in a newline alone.
[[nodiscard]] std::string to_csv(const Table& table);
// One table with the columns of all, by their names; what a section has no column of is empty.
[[nodiscard]] std::string to_csv(std::span<const Section> sections);

// One of these by the name that --format has: "text", "markdown", "csv". Several: with their titles, CSV
// apart.
[[nodiscard]] std::string formatted(const Table& table, std::string_view format);
[[nodiscard]] std::string formatted(std::span<const Section> sections, std::string_view format);

// A text of which Markdown makes no table, markup or HTML; on one line.
[[nodiscard]] std::string markdown_text(std::string_view text);

}  // namespace assay::report
