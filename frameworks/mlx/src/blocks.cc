// Operators that repeat, rearrange or blank out parts of a tensor.
#include "indices.h"
#include "operators.h"

namespace mlx_runner {
namespace {

void tile(const Call& call) {
  const auto repeats = call.integers(1);
  call.set(0, mx::tile(call.x(0), {repeats.begin(), repeats.end()}));
}

void trilu(const Call& call) {
  const int k = call.given(1) ? static_cast<int>(call.integers(1)[0]) : 0;
  call.set(0, call.flag("upper", true) ? mx::triu(call.x(0), k) : mx::tril(call.x(0), k));
}

void rearranged(const Call& call, const mx::Shape& parts, const std::vector<int>& order) {
  call.set(0, mx::reshape(mx::transpose(mx::reshape(call.x(0), parts), order), call.result_shape()));
}

void depth_to_space(const Call& call) {
  const auto block = static_cast<int>(call.node().integer("blocksize", 1));
  const mx::Shape y = call.result_shape();
  const int rows = y[2] / block, columns = y[3] / block;
  if (call.node().text("mode", "DCR") == "CRD")
    return rearranged(call, {y[0], y[1], block, block, rows, columns}, {0, 1, 4, 2, 5, 3});
  rearranged(call, {y[0], block, block, y[1], rows, columns}, {0, 3, 4, 1, 5, 2});
}

void space_to_depth(const Call& call) {
  const auto block = static_cast<int>(call.node().integer("blocksize", 1));
  const mx::Shape x = mlx_shape(call.shape(0));
  rearranged(call, {x[0], x[1], x[2] / block, block, x[3] / block, block}, {0, 3, 5, 1, 2, 4});
}

// The element at each place: what lies as far from the sequence's end, behind it the same.
void reverse_sequence(const Call& call) {
  const auto time = static_cast<int>(call.node().integer("time_axis", 0));
  const array x = call.x(0);
  mx::Shape shape(x.ndim(), 1);
  shape[static_cast<size_t>(1 - time)] = x.shape(1 - time);
  const array lengths = mx::reshape(call.x(1), shape);
  const array places = counted_along(time, call.rank(0), x.shape(time), lengths.dtype());
  const array sources = mx::where(places < lengths, lengths - number(1, lengths) - places, places);
  call.set(0, mx::take_along_axis(x, mx::broadcast_to(sources, x.shape()), time));
}

}  // namespace

std::vector<Operator> block_operators() {
  return {
      {"DepthToSpace", depth_to_space},
      {"ReverseSequence", reverse_sequence},
      {"SpaceToDepth", space_to_depth},
      {"Tile", tile},
      {"Trilu", trilu},
  };
}

}  // namespace mlx_runner
