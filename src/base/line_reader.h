// A file of lines, read one after the other, so that a file of any length takes the memory of its longest
// line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

namespace assay {

class LineReader {
 public:
  // A line may have `most_bytes`. Fails (data) when the file cannot be opened or is no regular one.
  [[nodiscard]] static Result<LineReader> open(const std::filesystem::path& path, size_t most_bytes);
  ~LineReader();
  LineReader(LineReader&& other) noexcept;
  LineReader& operator=(LineReader&&) = delete;

  // The next line without its line break, valid until the next call; absent behind the last. Fails (data)
  // when the file cannot be read, or the line is longer than it may be.
  [[nodiscard]] Result<std::optional<std::string_view>> next();

  // The number of the line that next() gave last, from 1.
  [[nodiscard]] int64_t number() const { return number_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  LineReader(std::string path, int fd, size_t most) : path_(std::move(path)), fd_(fd), most_(most) {}
  [[nodiscard]] Result<bool> read_more();

  std::string path_;
  int fd_;
  size_t most_;
  std::string buffer_;  // what was read and not given yet, behind begin_
  size_t begin_ = 0;
  int64_t number_ = 0;
};

}  // namespace assay
