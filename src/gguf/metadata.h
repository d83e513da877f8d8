// The keys of a GGUF file, asked for one by one. It remembers which were asked for, so that one that is not
// known here is refused and not passed over. Every failure (data) names file, key and expectation.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace assay::gguf {

// A list of numbers or of texts. Of texts, and of lists, only the number is known.
struct List {
  uint64_t count = 0;
  std::vector<std::variant<int64_t, double>> numbers;  // empty where they are not kept
};

// Texts are views of the file. An unsigned number beyond int64_t is its largest one. A float32 is the
// shortest decimal that rounds to it: 1e-05, as the one who wrote it meant it, and not 9.999999747378752e-06.
using MetadataValue = std::variant<bool, int64_t, double, std::string_view, List>;

class Metadata {
 public:
  Metadata() = default;
  Metadata(std::string file, std::map<std::string_view, MetadataValue> fields)
      : file_(std::move(file)), fields_(std::move(fields)) {}

  [[nodiscard]] bool has(std::string_view key) const { return fields_.contains(key); }

  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<bool> flag(std::string_view key, bool otherwise) const;
  // An integer of at least `least`, and at most 2^31 - 1: products of two such numbers stay inside 64 bits. A
  // list of one for each layer counts where they are all equal.
  [[nodiscard]] Result<int64_t> integer(std::string_view key, int64_t least) const;
  [[nodiscard]] Result<double> positive_real(std::string_view key) const;
  // Exactly `count` flags, of booleans or of integers.
  [[nodiscard]] Result<std::vector<bool>> flags(std::string_view key, size_t count) const;
  [[nodiscard]] bool is_list(std::string_view key) const;

  // "FILE: KEY is VALUE, expected EXPECTATION".
  [[nodiscard]] std::unexpected<Error> refuse(std::string_view key, std::string_view expectation) const;

  // Every key was asked for, or begins with one of `harmless` ("tokenizer."), or is one of them. Fails naming
  // the first other.
  [[nodiscard]] Result<> check_all_asked(std::span<const std::string_view> harmless) const;

 private:
  [[nodiscard]] const MetadataValue* asked(std::string_view key) const;

  std::string file_;
  std::map<std::string_view, MetadataValue> fields_;
  mutable std::set<std::string, std::less<>> asked_;
};

}  // namespace assay::gguf
