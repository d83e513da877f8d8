#include "record/machine_words.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::record {

std::string machine_words(const Host& host) {
  std::string text = host.cpu;
  std::vector<std::string> said;
  for (const std::string& gpu : host.gpus) {
    if (std::ranges::find(said, gpu) != said.end()) continue;
    const auto count = std::ranges::count(host.gpus, gpu);
    text += fmt::format("{}{}", said.empty() ? " with " : ", ", gpu);
    if (count > 1) text += fmt::format(" x {}", count);
    said.push_back(gpu);
  }
  return text;
}

}  // namespace assay::record
