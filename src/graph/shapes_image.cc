#include <algorithm>
#include <cmath>

#include "graph/rules.h"
#include "graph/window.h"

namespace assay::graph {
namespace {

// Of a block of pixels; its square does not overflow.
constexpr int64_t kMostBlock = 1 << 20;

Shape image(int64_t batch, int64_t channels, const Shape& spatial) {
  Shape shape{batch, channels};
  shape.insert(shape.end(), spatial.begin(), spatial.end());
  return shape;
}

// W [out, in / group, ...] of a Conv or [in, out / group, ...] of a ConvTranspose; `in` and `out` are what W
// implies.
Result<> check_channels(const Call& call, int64_t group, int64_t in, int64_t out) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY_VOID(call.need_same_type(0, 1));
  const int64_t channels = call.shape(0)[1];
  if (group < 1 || channels != in || out % group != 0 || in % group != 0)
    return call.error("{} has {} channels and {} has shape {}, which do not fit with {} groups",
                      call.operand(0), channels, call.operand(1), tensor::to_string(call.shape(1)), group);
  if (!call.given(2)) return {};
  ASSAY_TRY_VOID(call.need_same_type(0, 2));
  return call.need_shape(2, {out});
}

// The one of scales and sizes that is given decides the output.
Result<Shape> resized_by_scales(const Call& call) {
  ASSAY_TRY(const std::vector<float> scales, call.constant_floats(2));
  if (scales.size() != call.rank(0))
    return call.error("{} has {} entries, expected {}", call.operand(2), scales.size(), call.rank(0));
  Shape shape;
  for (size_t i = 0; i < scales.size(); ++i) {
    if (!(scales[i] > 0)) return call.error("{} holds {}, expected more than 0", call.operand(2), scales[i]);
    shape.push_back(static_cast<int64_t>(std::floor(static_cast<double>(call.shape(0)[i]) * scales[i])));
  }
  return shape;
}

Result<Shape> resized_to_sizes(const Call& call) {
  ASSAY_TRY(const std::vector<int64_t> sizes, call.constant_integers(3));
  if (sizes.size() != call.rank(0) || std::ranges::any_of(sizes, [](int64_t size) { return size < 1; }))
    return call.error("{} is {}, expected {} positive numbers", call.operand(3), tensor::to_string(sizes),
                      call.rank(0));
  return sizes;
}

bool empty_operand(const Call& call, size_t i) {
  return !call.given(i) || tensor::element_count(call.shape(i)) == 0;
}

}  // namespace

Types infer_conv(const Call& call) {
  ASSAY_TRY(const Window w, window_of(call.graph(), call.node()));
  const Shape& weights = call.shape(1);
  ASSAY_TRY_VOID(check_channels(call, w.group, weights[1] * w.group, weights[0]));
  return one(call.dtype(0), image(call.shape(0)[0], weights[0], w.output));
}

Types infer_conv_transpose(const Call& call) {
  ASSAY_TRY(const Window w, window_of(call.graph(), call.node()));
  const Shape& weights = call.shape(1);
  ASSAY_TRY_VOID(check_channels(call, w.group, weights[0], weights[1] * w.group));
  return one(call.dtype(0), image(call.shape(0)[0], weights[1] * w.group, w.output));
}

Types infer_max_pool(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY(const Window w, window_of(call.graph(), call.node()));
  const Shape shape = image(call.shape(0)[0], call.shape(0)[1], w.output);
  return std::vector<TypedShape>{{call.dtype(0), shape}, {DType::i64, shape}};
}

Types infer_average_pool(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY(const Window w, window_of(call.graph(), call.node()));
  return one(call.dtype(0), image(call.shape(0)[0], call.shape(0)[1], w.output));
}

Types infer_global_average_pool(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY_VOID(call.need_rank(0, 3));
  return one(call.dtype(0), image(call.shape(0)[0], call.shape(0)[1], Shape(call.rank(0) - 2, 1)));
}

Types infer_global_max_pool(const Call& call) { return infer_global_average_pool(call); }

Types infer_resize(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  if (!empty_operand(call, 1)) return call.error("roi is not supported");
  const bool by_scales = !empty_operand(call, 2);
  if (by_scales == !empty_operand(call, 3)) return call.error("expected one of scales and sizes");
  ASSAY_TRY(Shape shape, by_scales ? resized_by_scales(call) : resized_to_sizes(call));
  return one(call.dtype(0), std::move(shape));
}

// [batch, channels * block^2, height, width] to [batch, channels, height * block, width * block].
Types infer_depth_to_space(const Call& call) {
  ASSAY_TRY_VOID(call.need_rank(0, 4, 4));
  const Shape& x = call.shape(0);
  const int64_t block = call.node().integer("blocksize", 0);
  if (block < 1 || block > kMostBlock || x[1] % (block * block) != 0)
    return call.error("{} channels do not divide into blocks of {} x {}", x[1], block, block);
  return one(call.dtype(0), {x[0], x[1] / (block * block), x[2] * block, x[3] * block});
}

Types infer_space_to_depth(const Call& call) {
  ASSAY_TRY_VOID(call.need_rank(0, 4, 4));
  const Shape& x = call.shape(0);
  const int64_t block = call.node().integer("blocksize", 0);
  if (block < 1 || block > kMostBlock || x[2] % block != 0 || x[3] % block != 0)
    return call.error("{} x {} do not divide into blocks of {} x {}", x[2], x[3], block, block);
  return one(call.dtype(0), {x[0], x[1] * block * block, x[2] / block, x[3] / block});
}

// X [batch, channels, spatial...] at the places of grid [batch, spatial of the result..., rank - 2].
Types infer_grid_sample(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  ASSAY_TRY_VOID(call.need_same_type(0, 1));
  ASSAY_TRY_VOID(call.need_rank(0, 3));
  ASSAY_TRY_VOID(call.need_rank(1, call.rank(0), call.rank(0)));
  const Shape& grid = call.shape(1);
  const auto spatial = static_cast<int64_t>(call.rank(0)) - 2;
  if (grid[0] != call.shape(0)[0] || grid.back() != spatial)
    return call.error("{} has shape {}, expected {} at the front and {} at the end", call.operand(1),
                      tensor::to_string(grid), call.shape(0)[0], spatial);
  if (call.node().text("mode", "linear") == "cubic" && spatial != 2)
    return call.error("mode cubic is of images with two dimensions");
  return one(call.dtype(0), image(grid[0], call.shape(0)[1], Shape(grid.begin() + 1, grid.end() - 1)));
}

}  // namespace assay::graph
