#include "settings.h"

#include <tbb/global_control.h>

#include <algorithm>
#include <array>
#include <optional>

namespace openvino_runner {

ov::Core& core() {
  static ov::Core instance;
  return instance;
}

void limit_threads(int threads) {
  static std::optional<tbb::global_control> limit;
  limit.reset();
  limit.emplace(tbb::global_control::max_allowed_parallelism, static_cast<size_t>(threads));
}

ov::AnyMap settings(int threads) {
  return {
      ov::hint::performance_mode(ov::hint::PerformanceMode::LATENCY),
      ov::hint::execution_mode(ov::hint::ExecutionMode::ACCURACY),
      ov::hint::inference_precision(ov::element::f32),
      ov::hint::kv_cache_precision(ov::element::f32),
      ov::hint::dynamic_quantization_group_size(0),
      ov::num_streams(1),
      ov::inference_num_threads(threads),
      // So many threads are wanted, wherever they find processors: Assay asks for no more than there are
      // cores.
      ov::hint::enable_hyper_threading(true),
  };
}

namespace {

// The types of the CPU plugin's nodes in which float32 would lose something. u8 is how it keeps booleans.
bool is_coarse(const std::string& type, Quantised quantised) {
  constexpr std::array kCoarse = {"bf16", "f16", "f8e4m3", "f8e5m2", "nf4"};
  constexpr std::array kIntegers = {"i8", "u4", "i4"};
  const auto is_type = [&](const char* name) { return type == name; };
  return std::ranges::any_of(kCoarse, is_type) ||
         (quantised == Quantised::no && std::ranges::any_of(kIntegers, is_type));
}

}  // namespace

assay_runner::Answer<int> checked_threads(const ov::CompiledModel& compiled, int threads,
                                          Quantised quantised) {
  const int used = compiled.get_property(ov::inference_num_threads);
  if (used > threads) return assay_runner::failed("OpenVINO takes {} threads, not {}", used, threads);
  for (const auto& node : compiled.get_runtime_model()->get_ops()) {
    const auto& info = node->get_rt_info();
    const auto found = info.find("runtimePrecision");
    if (found == info.end()) continue;
    if (const auto type = found->second.as<std::string>(); is_coarse(type, quantised))
      return assay_runner::failed("OpenVINO computes {} in {}", node->get_friendly_name(), type);
  }
  return used;
}

std::string reason(const std::exception& exception) {
  const std::string text = exception.what();
  const size_t end = text.find_last_not_of(" \n");
  if (end == std::string::npos) return "no reason is given";
  const size_t line = text.find_last_of('\n', end);
  return text.substr(line == std::string::npos ? 0 : line + 1,
                     end - (line == std::string::npos ? 0 : line + 1) + 1);
}

}  // namespace openvino_runner
