// Files of results: runs of this store or of many, a line a piece, written and read one run at a time, so
// that a file of any length takes the memory of its largest run. The format is in docs/json.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/line_reader.h"
#include "base/result.h"
#include "exchange/codec.h"
#include "record/measurement.h"

namespace assay::exchange {

// Writes header, runs and end, each run as a whole; `sink` gets the text piece by piece.
class ResultsWriter {
 public:
  using Sink = std::function<Result<>(std::string_view)>;
  explicit ResultsWriter(Sink sink) : sink_(std::move(sink)) {}

  // The header, first of all. Each fails as the sink does.
  [[nodiscard]] Result<> begin(const Header& header);
  [[nodiscard]] Result<> add(const record::Run& run);
  // Last of all: without it the file counts as cut off.
  [[nodiscard]] Result<> end();

 private:
  [[nodiscard]] Result<> write(std::string line);

  Sink sink_;
  int64_t runs_ = 0;
};

// Reads what ResultsWriter wrote, also several such files joined into one.
class ResultsReader {
 public:
  // Fails (data) when the file cannot be read, is empty, of a newer format, or none of results.
  [[nodiscard]] static Result<ResultsReader> open(const std::filesystem::path& path);

  // The next run, whole; absent at the end of the file. Fails (data) with file and line where a line is
  // damaged or not expected there, where lines are missing or changed, and where the file is cut off.
  [[nodiscard]] Result<std::optional<record::Run>> next();

 private:
  explicit ResultsReader(LineReader lines) : lines_(std::move(lines)) {}
  [[nodiscard]] std::string place() const;
  [[nodiscard]] Result<> read_header();
  [[nodiscard]] std::unexpected<Error> cut_off(std::string_view where) const;
  [[nodiscard]] Result<record::Run> rest_of(record::Run run, std::string_view first_line);
  [[nodiscard]] Result<> check_end(const FileEnd& end);

  LineReader lines_;
  bool inside_ = false;  // between a header and the end that belongs to it
  int64_t runs_ = 0;     // since that header
};

}  // namespace assay::exchange
