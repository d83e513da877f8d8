// What the program prints. No command ends because a stream cannot be written: a run that nobody reads any
// more is still stored. finish_output() says at the end what was lost.
#pragma once

#include <fmt/format.h>

#include <nlohmann/json_fwd.hpp>
#include <string_view>
#include <utility>

namespace assay::cli {

void write_output(std::string_view text);  // standard output
void write_error(std::string_view text);   // standard error

template <class... Args>
void print(fmt::format_string<Args...> format, Args&&... args) {
  write_output(fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void print_error(fmt::format_string<Args...> format, Args&&... args) {
  write_error(fmt::format(format, std::forward<Args>(args)...));
}

// What is said around a table: on standard output, but with the format "csv" on standard error, so that
// nothing but the table is in the file that somebody makes of it.
void print_beside_table(std::string_view format, std::string_view text);

// A document and a line break; what is not UTF-8 in it is replaced.
void print_json(const nlohmann::json& document, int indent = 2);

// Has standard output written so far, for who reads along.
void flush_output();

// Whether standard output cannot be written any more: who has much to write may stop.
[[nodiscard]] bool output_lost();

// Call once before anything is opened: a standard stream that the caller closed is held by what cannot be
// written, so that no file of ours gets its number and what is printed.
void hold_standard_streams();

// The exit code: the command's, or 4, said on standard error, when standard output could not be written. A
// reader that closed its pipe has had enough, and nothing was lost.
[[nodiscard]] int finish_output(int exit_code);

}  // namespace assay::cli
