// How the core says that something failed: Result<T>, the Error it carries, and the macros that pass one on.
//
// Three kinds of failure are never mixed. Assay's own (a bad option, an unreadable file) is a Result whose
// message says what happened and what to do next. A framework's failure is an Outcome (record/outcome.h) that
// is stored and shown. A bug in Assay is ASSAY_CHECK, which aborts with file and line.
#pragma once

#include <fmt/format.h>

#include <expected>
#include <string>
#include <utility>

namespace assay {

// What an Assay failure means for the process's exit code.
enum class ErrorKind {
  usage,        // exit 2: unknown name, contradictory options
  environment,  // exit 4: disk full, missing package, locked store
  data,         // exit 4: a file that is not what it must be; the message names file, item and expectation
};

struct Error {
  ErrorKind kind = ErrorKind::data;
  std::string message;  // one line: what happened, where, and what to do next
};

template <class T = void>
using Result = std::expected<T, Error>;

// Builds a failure: return fail(ErrorKind::data, "{}: tensor {} is truncated", path, name);
template <class... Args>
[[nodiscard]] std::unexpected<Error> fail(ErrorKind kind, fmt::format_string<Args...> format,
                                          Args&&... args) {
  return std::unexpected(Error{kind, fmt::format(format, std::forward<Args>(args)...)});
}

[[noreturn]] void check_failed(const char* condition, const char* file, int line, const std::string& message);

}  // namespace assay

#define ASSAY_CONCAT_INNER(a, b) a##b
#define ASSAY_CONCAT(a, b) ASSAY_CONCAT_INNER(a, b)

// ASSAY_TRY(auto graph, parse(text)): declares `graph` from a Result, or returns its error from the enclosing
// function.
#define ASSAY_TRY(declaration, expression)                                         \
  auto ASSAY_CONCAT(assay_try_, __LINE__) = (expression);                          \
  if (!ASSAY_CONCAT(assay_try_, __LINE__))                                         \
    return std::unexpected(std::move(ASSAY_CONCAT(assay_try_, __LINE__)).error()); \
  declaration = std::move(*ASSAY_CONCAT(assay_try_, __LINE__))

// ASSAY_TRY_VOID(write(path)): the same for Result<>.
#define ASSAY_TRY_VOID(expression)                                 \
  do {                                                             \
    if (auto assay_try_result = (expression); !assay_try_result)   \
      return std::unexpected(std::move(assay_try_result).error()); \
  } while (false)

// ASSAY_CHECK(condition, "format", args...): a bug in Assay, never a user's or a framework's fault. Aborts.
#define ASSAY_CHECK(condition, ...)                                                         \
  do {                                                                                      \
    if (!(condition)) [[unlikely]]                                                          \
      ::assay::check_failed(#condition, __FILE__, __LINE__, ::fmt::format("" __VA_ARGS__)); \
  } while (false)
