#include "record/device.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/text.h"

namespace assay::record {
namespace {

// One for each way in which frameworks reach hardware; docs/protocol.md says what each is.
constexpr std::array<std::string_view, 10> kKinds = {"cpu",    "cuda",     "rocm",   "metal",  "xpu",
                                                     "vulkan", "lavapipe", "webgpu", "opencl", "directml"};
constexpr size_t kMostDigits = 3;

// "0", "1", "12": no sign, no leading zero.
bool is_index(std::string_view text) {
  if (text.empty() || text.size() > kMostDigits || (text.size() > 1 && text.front() == '0')) return false;
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

constexpr std::string_view kBeforeThreads = "cpu-", kAfterThreads = "t";

// The digits of "cpu-2t"; empty where the device is none such.
std::string_view thread_digits(std::string_view device) {
  if (!device.starts_with(kBeforeThreads) || !device.ends_with(kAfterThreads)) return {};
  const auto digits = device.substr(kBeforeThreads.size(), device.size() - kBeforeThreads.size() - 1);
  return is_index(digits) && digits != "0" ? digits : std::string_view();
}

}  // namespace

std::string with_threads(std::string_view device, int threads) {
  return fmt::format("{}-{}{}", device, threads, kAfterThreads);
}

std::string_view without_threads(std::string_view device) {
  return thread_digits(device).empty() ? device : "cpu";
}

std::optional<int> threads_of(std::string_view device) {
  const auto digits = thread_digits(device);
  if (digits.empty()) return std::nullopt;
  return std::stoi(std::string(digits));
}

std::string_view device_kind(std::string_view text) { return text.substr(0, text.find(':')); }

bool is_device(std::string_view text) {
  const std::string_view kind = device_kind(text);
  if (std::ranges::find(kKinds, kind) == kKinds.end()) return false;
  return kind.size() == text.size() || (kind != "cpu" && is_index(text.substr(kind.size() + 1)));
}

std::string unknown_device(std::string_view text) {
  return fmt::format("unknown device '{}'; known are {}", sanitised(text, 64), fmt::join(kKinds, ", "));
}

}  // namespace assay::record
