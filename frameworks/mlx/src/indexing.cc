// Operators that look elements up or put them somewhere. MLX counts negative indices from the end, as ONNX
// does.
#include "indices.h"
#include "operators.h"

namespace mlx_runner {
namespace {

void gather(const Call& call) { call.set(0, mx::take(call.x(0), call.x(1), call.axis(0, call.rank(0)))); }

// MLX takes indices of the data's shape but for the axis; ONNX leaves out what lies beyond theirs.
array cut_to_indices(const Call& call, int axis) {
  mx::Shape stop = mlx_shape(call.shape(1));
  const auto place = static_cast<size_t>(axis);
  stop[place] = static_cast<int>(call.shape(0)[place]);
  const array x = call.x(0);
  return x.shape() == stop ? x : mx::slice(x, mx::Shape(stop.size(), 0), stop);
}

void gather_elements(const Call& call) {
  const int axis = call.axis(0, call.rank(0));
  call.set(0, mx::take_along_axis(cut_to_indices(call, axis), call.x(1), axis));
}

// The last axis of the indices taken apart: one array for each axis of the data that they address.
std::vector<array> coordinates(const array& indices) {
  std::vector<array> result;
  for (int i = 0; i < indices.shape(-1); ++i) result.push_back(mx::take(indices, i, -1));
  return result;
}

void gather_nd(const Call& call) {
  const auto batch = static_cast<int>(call.node().integer("batch_dims", 0));
  const array x = call.x(0);
  const auto own = coordinates(call.x(1));
  const int rank = call.rank(1) - 1;
  std::vector<array> places;
  std::vector<int> axes;
  mx::Shape sizes = x.shape();
  for (int axis = 0; axis < batch + static_cast<int>(own.size()); ++axis) {
    places.push_back(axis < batch ? counted_along(axis, rank, x.shape(axis), own[0].dtype())
                                  : own[static_cast<size_t>(axis - batch)]);
    axes.push_back(axis);
    sizes[static_cast<size_t>(axis)] = 1;
  }
  call.set(0, mx::reshape(mx::gather(x, places, axes, sizes), call.result_shape()));
}

// `updates` has the indices' shape followed by the data's, with 1 for each axis that is addressed.
array scattered(const Call& call, const std::vector<array>& places, const std::vector<int>& axes,
                const array& updates) {
  const std::string reduction = call.node().text("reduction", "none");
  const array x = call.x(0);
  if (reduction == "add") return mx::scatter_add(x, places, updates, axes);
  if (reduction == "mul") return mx::scatter_prod(x, places, updates, axes);
  if (reduction == "max") return mx::scatter_max(x, places, updates, axes);
  if (reduction == "min") return mx::scatter_min(x, places, updates, axes);
  return mx::scatter(x, places, updates, axes);
}

void scatter_elements(const Call& call) {
  const int rank = call.rank(0), chosen = call.axis(0, rank);
  const array indices = call.x(1);
  std::vector<array> places;
  std::vector<int> axes;
  mx::Shape shape = indices.shape();
  for (int axis = 0; axis < rank; ++axis) {
    places.push_back(axis == chosen ? indices
                                    : counted_along(axis, rank, indices.shape(axis), indices.dtype()));
    axes.push_back(axis);
    shape.push_back(1);
  }
  call.set(0, scattered(call, places, axes, mx::reshape(call.x(2), shape)));
}

void scatter_nd(const Call& call) {
  const auto places = coordinates(call.x(1));
  std::vector<int> axes;
  mx::Shape shape;
  for (int axis = 0; axis + 1 < call.rank(1); ++axis)
    shape.push_back(static_cast<int>(call.shape(1)[static_cast<size_t>(axis)]));
  for (int axis = 0; axis < call.rank(0); ++axis) {
    const bool addressed = axis < static_cast<int>(places.size());
    if (addressed) axes.push_back(axis);
    shape.push_back(addressed ? 1 : static_cast<int>(call.shape(0)[static_cast<size_t>(axis)]));
  }
  call.set(0, scattered(call, places, axes, mx::reshape(call.x(2), shape)));
}

void one_hot(const Call& call) {
  const int rank = call.rank(0) + 1, axis = call.axis(-1, rank);
  const auto depth = call.result_shape()[static_cast<size_t>(axis)];
  array indices = call.x(0);
  indices = mx::where(indices < number(0, indices), indices + number(depth, indices), indices);
  const array hit = mx::expand_dims(indices, axis) == counted_along(axis, rank, depth, indices.dtype());
  call.set(0, mx::where(hit, mx::take(call.x(2), 1, 0), mx::take(call.x(2), 0, 0)));
}

}  // namespace

std::vector<Operator> indexing_operators() {
  return {
      {"Gather", gather},  {"GatherElements", gather_elements},   {"GatherND", gather_nd},
      {"OneHot", one_hot}, {"ScatterElements", scatter_elements}, {"ScatterND", scatter_nd},
  };
}

}  // namespace mlx_runner
