#include "graph/window.h"

#include <algorithm>

#include "graph/call.h"

namespace assay::graph {
namespace {

// Of an attribute; products of two of them with a dimension do not overflow.
constexpr int64_t kMostSteps = 1 << 20;

// An attribute with one entry (or two, for pads) a spatial dimension.
Result<std::vector<int64_t>> entries(const Call& call, std::string_view name, size_t count, int64_t otherwise,
                                     int64_t least) {
  auto values = call.node().integers(name, std::vector<int64_t>(count, otherwise));
  if (values.size() != count)
    return call.error("attribute {} has {} entries, expected {}", name, values.size(), count);
  for (const int64_t value : values)
    if (value < least || value > kMostSteps)
      return call.error("attribute {} holds {}, expected {} to {}", name, value, least, kMostSteps);
  return values;
}

Result<std::vector<int64_t>> kernel_of(const Call& call, size_t spatial) {
  if (call.node().op == "MaxPool" || call.node().op == "AveragePool")
    return entries(call, "kernel_shape", spatial, 1, 1);
  ASSAY_TRY_VOID(call.need_rank(1, spatial + 2, spatial + 2));
  const Shape kernel(call.shape(1).begin() + 2, call.shape(1).end());
  ASSAY_TRY(auto stated, entries(call, "kernel_shape", spatial, 1, 1));
  if (call.node().has("kernel_shape") && stated != kernel)
    return call.error("attribute kernel_shape is {}, but {} has shape {}", tensor::to_string(stated),
                      call.operand(1), tensor::to_string(call.shape(1)));
  return kernel;
}

int64_t extent(const Window& w, size_t i) { return (w.kernel[i] - 1) * w.dilations[i] + 1; }

// SAME: as many outputs as strides fit, the padding halved, the odd one at the end (SAME_UPPER) or the start.
void pad_same(Window& w, bool upper) {
  for (size_t i = 0; i < w.input.size(); ++i) {
    const int64_t outputs = (w.input[i] + w.strides[i] - 1) / w.strides[i];
    const int64_t all = std::max<int64_t>(0, (outputs - 1) * w.strides[i] + extent(w, i) - w.input[i]);
    w.pads_begin[i] = upper ? all / 2 : all - all / 2;
    w.pads_end[i] = all - w.pads_begin[i];
  }
}

Result<> fill_pads(const Call& call, Window& w) {
  const size_t spatial = w.input.size();
  ASSAY_TRY(const auto pads, entries(call, "pads", 2 * spatial, 0, 0));
  w.pads_begin.assign(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(spatial));
  w.pads_end.assign(pads.begin() + static_cast<std::ptrdiff_t>(spatial), pads.end());
  const std::string automatic = call.node().text("auto_pad", "NOTSET");
  if (automatic == "NOTSET") return {};
  if (std::ranges::any_of(pads, [](int64_t pad) { return pad != 0; }))
    return call.error("attributes pads and auto_pad {} are both given", automatic);
  if (automatic != "VALID") pad_same(w, automatic == "SAME_UPPER");
  return {};
}

Result<Shape> swept(const Call& call, const Window& w) {
  const bool ceil = call.node().integer("ceil_mode", 0) != 0;
  Shape output;
  for (size_t i = 0; i < w.input.size(); ++i) {
    const int64_t room = w.input[i] + w.pads_begin[i] + w.pads_end[i] - extent(w, i);
    if (room < 0)
      return call.error("the window of {} does not fit into dimension {} of {}", extent(w, i), i + 2,
                        call.operand(0));
    int64_t count = (ceil ? room + w.strides[i] - 1 : room) / w.strides[i] + 1;
    // A window that would start in the padding at the end is left out.
    if (ceil && (count - 1) * w.strides[i] >= w.input[i] + w.pads_begin[i]) --count;
    output.push_back(count);
  }
  return output;
}

Result<Shape> unswept(const Call& call, const Window& w) {
  ASSAY_TRY(const auto extra, entries(call, "output_padding", w.input.size(), 0, 0));
  Shape output;
  for (size_t i = 0; i < w.input.size(); ++i) {
    const int64_t length =
        (w.input[i] - 1) * w.strides[i] + extra[i] + extent(w, i) - w.pads_begin[i] - w.pads_end[i];
    if (length < 0) return call.error("the padding leaves nothing of dimension {}", i + 2);
    output.push_back(length);
  }
  return output;
}

}  // namespace

Result<Window> window_of(const Graph& graph, const Node& node) {
  const Operator* op = find_operator(node.op);
  ASSAY_CHECK(op != nullptr, "{}", node.op);
  const Call call(graph, node, *op);
  ASSAY_TRY_VOID(call.need_rank(0, 3));
  Window w{.input = Shape(call.shape(0).begin() + 2, call.shape(0).end()), .group = node.integer("group", 1)};
  const size_t spatial = w.input.size();
  ASSAY_TRY(w.kernel, kernel_of(call, spatial));
  ASSAY_TRY(w.strides, entries(call, "strides", spatial, 1, 1));
  ASSAY_TRY(w.dilations, entries(call, "dilations", spatial, 1, 1));
  ASSAY_TRY_VOID(fill_pads(call, w));
  ASSAY_TRY(w.output, node.op == "ConvTranspose" ? unswept(call, w) : swept(call, w));
  return w;
}

}  // namespace assay::graph
