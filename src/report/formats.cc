#include "report/formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "base/text.h"

namespace assay::report {
namespace {

// Code points: what a terminal shows of UTF-8 text without wide characters.
size_t width(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Names and reasons come from folders, stores and runners: a table shows one line of each.
std::string shown_safely(const std::string& cell) { return one_line(cell); }

Table with_cells(const Table& table, const std::function<std::string(const std::string&)>& shown) {
  Table made = table;
  for (auto& row : made.rows) std::ranges::transform(row, row.begin(), shown);
  return made;
}

std::vector<size_t> column_widths(const Table& table) {
  std::vector<size_t> widths;
  for (const auto& row : table.rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  return widths;
}

std::string padded(const Table& table, const std::vector<size_t>& widths, const std::vector<std::string>& row,
                   size_t column) {
  const std::string& cell = row[column];
  const std::string space(widths[column] - width(cell), ' ');
  const bool right = column < table.right.size() && table.right[column];
  return right ? space + cell : cell + space;
}

std::string csv_cell(const std::string& text) {
  std::string cell = shown_safely(text);
  if (cell.find_first_of(",\"") == std::string::npos) return cell;
  for (size_t at = 0; (at = cell.find('"', at)) != std::string::npos; at += 2) cell.insert(at, 1, '"');
  return '"' + cell + '"';
}

std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) line += (i == 0 ? "" : ",") + csv_cell(cells[i]);
  return line + '\n';
}

using Columns = std::vector<std::string>;

void add_column(Columns& columns, const std::string& name) {
  if (!name.empty() && std::ranges::find(columns, name) == columns.end()) columns.push_back(name);
}

// What the sections are of, then what their tables have.
Columns columns_of(std::span<const Section> sections) {
  Columns columns;
  for (const Section& section : sections)
    for (const auto& [name, value] : section.of) add_column(columns, name);
  for (const Section& section : sections)
    if (!section.table.rows.empty())
      for (const std::string& name : section.table.rows.front()) add_column(columns, name);
  return columns;
}

void set(std::vector<std::string>& line, const Columns& columns, const std::string& name,
         const std::string& value) {
  const auto column = std::ranges::find(columns, name);
  if (column != columns.end()) line[static_cast<size_t>(column - columns.begin())] = value;
}

std::string csv_lines(const Section& section, const Columns& columns) {
  std::string text;
  const auto& rows = section.table.rows;
  for (size_t r = 1; r < rows.size(); ++r) {
    std::vector<std::string> line(columns.size());
    for (const auto& [name, value] : section.of) set(line, columns, name, value);
    for (size_t i = 0; i < rows[r].size(); ++i) set(line, columns, rows.front()[i], rows[r][i]);
    text += csv_line(line);
  }
  return text;
}

}  // namespace

std::string to_text(const Table& given, std::string_view indent) {
  const Table table = with_cells(given, shown_safely);
  const auto widths = column_widths(table);
  std::string text;
  for (const auto& row : table.rows) {
    std::string line(indent);
    for (size_t i = 0; i < row.size(); ++i) line += (i == 0 ? "" : "  ") + padded(table, widths, row, i);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string markdown_text(std::string_view text) {
  std::string safe;
  for (const char c : one_line(text)) {
    if (std::string_view("\\|<`*").contains(c)) safe += '\\';
    safe += c;
  }
  return safe;
}

std::string to_markdown(const Table& given) {
  const Table table = with_cells(given, markdown_text);
  const auto widths = column_widths(table);
  std::string text;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    std::string line = "|";
    std::string rule = "|";
    for (size_t i = 0; i < table.rows[r].size(); ++i) {
      line += " " + padded(table, widths, table.rows[r], i) + " |";
      rule += (i < table.right.size() && table.right[i]) ? "---:|" : "---|";
    }
    text += line + "\n";
    if (r == 0) text += rule + "\n";
  }
  return text;
}

std::string to_csv(std::span<const Section> sections) {
  const Columns columns = columns_of(sections);
  if (columns.empty()) return "";
  std::string text = csv_line(columns);
  for (const Section& section : sections) text += csv_lines(section, columns);
  return text;
}

std::string to_csv(const Table& table) {
  const Section section{"", {}, table};
  return to_csv(std::span(&section, 1));
}

std::string formatted(const Table& table, std::string_view format) {
  if (format == "markdown") return to_markdown(table);
  return format == "csv" ? to_csv(table) : to_text(table);
}

std::string formatted(std::span<const Section> sections, std::string_view format) {
  if (format == "csv") return to_csv(sections);
  std::string text;
  for (const auto& [title, of, table] : sections) {
    text += text.empty() ? "" : "\n";
    text += format == "markdown" ? fmt::format("**{}**\n\n{}", markdown_text(title), to_markdown(table))
                                 : fmt::format("{}\n{}", one_line(title), to_text(table));
  }
  return text;
}

}  // namespace assay::report
