// Valid text made invalid, or nearly so: what the fuzz tests feed to whatever reads from a runner. Every seed
// gives the same change on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "stats/random.h"

namespace assay::fuzz {

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  // The text with one to four changes, of bytes or of JSON's tokens. Grows by a few megabytes at most.
  std::string operator()(std::string_view valid);

  stats::Random& random() { return random_; }

 private:
  void change(std::string& text);
  void flip(std::string& text);
  void drop(std::string& text);
  void repeat(std::string& text);
  void insert(std::string& text);
  void replace_number(std::string& text);
  void replace_string(std::string& text);
  void exchange_strings(std::string& text);
  void nest(std::string& text);
  void grow(std::string& text);
  size_t place(const std::string& text) { return random_.below(text.size() + 1); }

  stats::Random random_;
};

}  // namespace assay::fuzz
