#include "measure/feed.h"

#include <algorithm>
#include <numeric>
#include <system_error>
#include <vector>

#include "base/clock.h"

namespace assay::measure {

int64_t ahead_ns(int64_t read_ns, int sets, int64_t bytes) {
  constexpr int64_t kReadingNs = 5'000'000, kSetNs = 20'000, kByteNs = 4;
  return std::max<int64_t>(0, read_ns - kReadingNs - kSetNs * sets - kByteNs * bytes);
}

Attempt<Feed::Fed> Feed::give(LaunchedRunner& runner, int sets, std::optional<Judged> judged) {
  std::vector<uint64_t> numbers(static_cast<size_t>(sets));
  std::iota(numbers.begin(), numbers.end(), next_);
  next_ += numbers.size();
  if (judged) numbers[static_cast<size_t>(judged->at)] = judged->number;
  return hand_over(runner, numbers);
}

Attempt<Feed::Fed> Feed::give_one(LaunchedRunner& runner, uint64_t number) {
  return hand_over(runner, {{number}});
}

Attempt<Feed::Fed> Feed::hand_over(LaunchedRunner& runner, std::span<const uint64_t> numbers) {
  const int sets = static_cast<int>(numbers.size());
  const auto path = folder_ / "inputs.safetensors";
  const int64_t begun_ns = now_ns();
  if (const auto written = source_->write(path, numbers); !written)
    return std::unexpected(record::Failure{.message = written.error().message});
  const auto read_ns = runner.inputs(path, sets);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
  if (!read_ns) return std::unexpected(read_ns.error());
  return Fed{.handed_ns = now_ns() - begun_ns,
             .ahead_ns = measure::ahead_ns(*read_ns, sets, sets * source_->set_bytes)};
}

}  // namespace assay::measure
