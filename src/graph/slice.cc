#include "graph/slice.h"

#include <algorithm>
#include <numeric>

#include "graph/call.h"

namespace assay::graph {
namespace {

// Input i as constant integers, or as many times `otherwise`.
Result<std::vector<int64_t>> integers_or(const Call& call, size_t i, size_t count, int64_t otherwise) {
  if (call.given(i)) return call.constant_integers(i);
  return std::vector<int64_t>(count, otherwise);
}

// Input i as axes, or the first `count` axes.
Result<std::vector<size_t>> axes_or_first(const Call& call, size_t i, size_t count) {
  std::vector<int64_t> given(count);
  std::iota(given.begin(), given.end(), 0);
  if (call.given(i)) {
    ASSAY_TRY(given, call.constant_integers(i));
  }
  return call.axes(given, call.rank(0));
}

// Negative positions count from the end, then both are clamped to the dimension; a step longer than the
// dimension is cut to it, so that nothing overflows.
SliceRange clamped(int64_t start, int64_t end, int64_t step, int64_t dimension) {
  if (dimension == 0) return {0, 1, 0};
  if (start < 0) start += dimension;
  if (end < 0) end = end < -dimension ? -1 : end + dimension;
  step = std::clamp(step, -dimension - 1, dimension + 1);
  if (step > 0) {
    start = std::clamp<int64_t>(start, 0, dimension);
    end = std::clamp<int64_t>(end, 0, dimension);
    return {start, step, std::max<int64_t>(0, (end - start + step - 1) / step)};
  }
  start = std::clamp<int64_t>(start, 0, dimension - 1);
  end = std::clamp<int64_t>(end, -1, dimension - 1);
  return {start, step, std::max<int64_t>(0, (start - end - step - 1) / -step)};
}

}  // namespace

Result<std::vector<SliceRange>> slice_ranges(const Graph& graph, const Node& node) {
  const Call call(graph, node, *find_operator("Slice"));
  ASSAY_TRY(const std::vector<int64_t> starts, call.constant_integers(1));
  ASSAY_TRY(const std::vector<int64_t> ends, call.constant_integers(2));
  ASSAY_TRY(const std::vector<size_t> axes, axes_or_first(call, 3, starts.size()));
  ASSAY_TRY(const std::vector<int64_t> steps, integers_or(call, 4, starts.size(), 1));
  if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
    return call.error("starts, ends, axes and steps have {}, {}, {} and {} entries, expected the same number",
                      starts.size(), ends.size(), axes.size(), steps.size());
  std::vector<SliceRange> ranges;
  for (const int64_t dimension : call.shape(0)) ranges.push_back({0, 1, dimension});
  for (size_t i = 0; i < starts.size(); ++i) {
    if (steps[i] == 0) return call.error("a step is 0");
    ranges[axes[i]] = clamped(starts[i], ends[i], steps[i], call.shape(0)[axes[i]]);
  }
  return ranges;
}

Result<std::vector<PadRange>> pad_ranges(const Graph& graph, const Node& node) {
  const Call call(graph, node, *find_operator("Pad"));
  ASSAY_TRY(const std::vector<int64_t> pads, call.constant_integers(1));
  ASSAY_TRY(const std::vector<size_t> axes, axes_or_first(call, 3, call.rank(0)));
  if (pads.size() != 2 * axes.size())
    return call.error("{} has {} entries, expected {}", call.operand(1), pads.size(), 2 * axes.size());
  std::vector<PadRange> ranges(call.rank(0));
  for (size_t i = 0; i < axes.size(); ++i) {
    ranges[axes[i]] = {pads[i], pads[axes.size() + i]};
    const int64_t dimension = call.shape(0)[axes[i]];
    if (dimension == 0 && node.text("mode", "constant") != "constant")
      return call.error("dimension {} is 0, there is nothing to continue", axes[i]);
    if (dimension + pads[i] < 0 || dimension + pads[axes.size() + i] < 0 ||
        dimension + pads[i] + pads[axes.size() + i] < 0)
      return call.error("dimension {} is {} and loses more than that", axes[i], dimension);
  }
  return ranges;
}

std::vector<int64_t> padded_indices(const PadRange& range, int64_t dimension, const std::string& mode) {
  const int64_t first = std::max<int64_t>(0, -range.before);
  const int64_t kept = dimension - first - std::max<int64_t>(0, -range.after);
  const int64_t period = std::max<int64_t>(1, 2 * (kept - 1));
  std::vector<int64_t> result;
  for (int64_t i = -range.before; i < dimension + range.after; ++i) {
    int64_t at = i - first;
    if (mode == "constant" || kept <= 0) {
      at = at < 0 || at >= kept ? -1 - first : at;
    } else if (mode == "edge") {
      at = std::clamp<int64_t>(at, 0, kept - 1);
    } else if (mode == "wrap") {
      at = (at % kept + kept) % kept;
    } else {
      at = (at % period + period) % period;
      at = at < kept ? at : period - at;
    }
    result.push_back(first + at);
  }
  return result;
}

}  // namespace assay::graph
