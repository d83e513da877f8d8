#include "limits/limits_probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "decide/limit.h"
#include "limits/products.h"

namespace assay::limits {
namespace {

constexpr double kSeconds = 0.1;  // of each product and working set
constexpr std::string_view kPlainest = "ascending";

std::vector<std::string> parts_of(std::string_view word) {
  std::vector<std::string> parts;
  for (size_t start = 0; start <= word.size();) {
    const size_t end = std::min(word.find(':', start), word.size());
    parts.emplace_back(word.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

template <class T>
bool number(const std::string& text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0;
}

void add_readings(Probe& probe, const record::Bandwidth& point) {
  const auto best = std::ranges::max_element(point.readings, {}, &record::Reading::bytes_per_s);
  if (best == point.readings.end()) return;
  probe.readings.push_back({point.bytes, best->kernel, best->threads});
  int threads = 0;
  for (const auto& reading : point.readings) threads = std::max(threads, reading.threads);
  if (best->kernel != kPlainest || best->threads != threads)
    probe.readings.push_back({point.bytes, std::string(kPlainest), threads});
}

void add_product(Probe& probe, const record::Limits& limits, const std::string& precision) {
  const auto peak = std::ranges::find(limits.peaks, precision, &record::Peak::precision);
  if (peak == limits.peaks.end() || !peak->flop_per_s) return;
  const auto best = std::ranges::max_element(peak->products, {}, &record::Product::flop_per_s);
  if (best != peak->products.end()) probe.products.push_back({precision, best->library});
}

}  // namespace

Probe probe_for(const record::Limits& limits, double least_bytes,
                std::span<const std::string> compute_types) {
  Probe probe;
  for (const auto& point : decide::points_of_limit(limits, least_bytes)) add_readings(probe, point);
  for (const auto& precision : compute_types) add_product(probe, limits, precision);
  return probe;
}

std::vector<std::string> words_of(const Probe& probe) {
  std::vector<std::string> words;
  for (const auto& each : probe.readings)
    words.push_back(fmt::format("read:{}:{}:{}", each.bytes, each.kernel, each.threads));
  for (const auto& each : probe.products)
    words.push_back(fmt::format("product:{}:{}", each.precision, each.library));
  return words;
}

Result<Probe> probe_from(std::span<const std::string> words) {
  Probe probe;
  for (const auto& word : words) {
    const auto parts = parts_of(word);
    host::ReadRequest reading;
    if (parts.size() == 4 && parts[0] == "read" && number(parts[1], reading.bytes) &&
        number(parts[3], reading.threads)) {
      reading.kernel = parts[2];
      probe.readings.push_back(reading);
    } else if (parts.size() == 3 && parts[0] == "product") {
      probe.products.push_back({parts[1], parts[2]});
    } else {
      return fail(ErrorKind::usage, "'{}' is neither read:BYTES:KERNEL:THREADS nor product:TYPE:LIBRARY",
                  word);
    }
  }
  return probe;
}

record::Limits measure_probe(const Probe& probe, int threads) {
  return measured_now(threads, [&](record::Limits& limits) {
    for (const auto& each : probe.products)
      limits.peaks.push_back(
          peak_of(each.precision, {product_by(each.library, each.precision, threads, kSeconds)}));
    if (probe.readings.empty()) return;
    auto rates = host::measure_readings(probe.readings, kSeconds);
    if (!rates) return;
    limits.bandwidth = std::move(rates->bandwidth);
    limits.large_pages = rates->large_pages;
  });
}

Result<record::Limits> probe(const LimitsRequest& request, const Probe& probe) {
  std::vector<std::string> arguments;
  for (const auto& word : words_of(probe)) {
    arguments.emplace_back("--probe");
    arguments.push_back(word);
  }
  return measure_in_child(request, arguments);
}

}  // namespace assay::limits
