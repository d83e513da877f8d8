// Content hashes: XXH3 with 128 bits, as 32 hexadecimal digits. They key the caches and name graphs and
// weights in the store; they guard against accident, not against an adversary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace assay {

// Collects bytes and gives their hash. Each add() also mixes in the length, so ("ab","c") and ("a","bc")
// differ.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;
  Hasher& add(std::span<const std::byte> bytes);
  Hasher& add(std::string_view text);
  Hasher& add(int64_t number);
  [[nodiscard]] std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// XXH3 64-bit hash of a text with seed 0: the stable key of a name.
[[nodiscard]] uint64_t name_key(std::string_view name);

}  // namespace assay
