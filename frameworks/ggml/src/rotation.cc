#include "rotation.h"

#include <cmath>
#include <numbers>

namespace ggml_runner {
namespace {

using assay::graph::Graph;
using assay::graph::kAbsent;
using assay::graph::Node;
using assay::graph::Role;
using assay::graph::Value;

constexpr double kTurn = 2 * std::numbers::pi;

// The difference of two angles, in [-pi, pi].
double difference(double a, double b) { return std::remainder(a - b, kTurn); }

// A table holds float32 cosines and sines, so its angles are known to about 6e-8; larger angles are sums of
// many small ones.
constexpr double kTolerance = 1e-6;

// The angle from one row to the next, refined over ever longer distances so that its error shrinks with them.
double frequency(const std::vector<double>& angles, size_t rows, size_t pairs, size_t pair) {
  const auto at = [&](size_t row) { return angles[row * pairs + pair]; };
  double step = difference(at(1), at(0));
  for (size_t distance = 2; distance < rows; distance = std::min(distance * 2, rows)) {
    const auto d = static_cast<double>(distance);
    const size_t row = std::min(distance, rows - 1);
    const auto r = static_cast<double>(row);
    step += difference(difference(at(row), at(0)), r * step) / r;
    if (d >= static_cast<double>(rows - 1)) break;
  }
  return step;
}

std::vector<double> angles_of(const Value& cosines, const Value& sines) {
  const auto cosine = cosines.data.data<float>();
  const auto sine = sines.data.data<float>();
  std::vector<double> angles(cosine.size());
  for (size_t i = 0; i < angles.size(); ++i)
    angles[i] = std::atan2(static_cast<double>(sine[i]), static_cast<double>(cosine[i]));
  return angles;
}

bool is_table(const Value& value) {
  return value.role == Role::constant && value.dtype == assay::tensor::DType::f32 &&
         value.shape.size() == 3 && value.shape[0] == 1;
}

}  // namespace

std::optional<Rotation> find_rotation(const std::vector<double>& angles, size_t rows, size_t pairs) {
  if (rows == 1) return Rotation{.first = 1, .frequencies = angles};
  Rotation rotation{.first = 0, .frequencies = {}};
  for (size_t pair = 0; pair < pairs; ++pair)
    rotation.frequencies.push_back(frequency(angles, rows, pairs, pair));
  // The first row's position: 0, or as many steps as the fastest pair says, when it turns by one each.
  if (pairs > 0 && std::abs(angles[0]) > kTolerance) return std::nullopt;
  for (size_t row = 0; row < rows; ++row)
    for (size_t pair = 0; pair < pairs; ++pair) {
      const double expected = static_cast<double>(row) * rotation.frequencies[pair];
      if (std::abs(difference(angles[row * pairs + pair], expected)) > kTolerance) return std::nullopt;
    }
  return rotation;
}

NodeRotation rotation_of(const Graph& graph, const Node& node) {
  const auto refuse = [](std::string fault) { return NodeRotation{std::nullopt, std::move(fault)}; };
  const Value& x = graph.value(node.inputs[0]);
  const Value& cosines = graph.value(node.inputs[1]);
  const Value& sines = graph.value(node.inputs[2]);
  if (node.input(3) != kAbsent) return refuse("position ids are not known before a step");
  if (node.integer("interleaved", 0) != 0) return refuse("this runner rotates halves");
  if (node.integer("rotary_embedding_dim", 0) != 0) return refuse("this runner rotates whole heads");
  if (x.shape.size() != 3 || x.shape[0] != 1) return refuse("the input must be [1, length, heads * size]");
  if (!is_table(cosines) || !is_table(sines)) return refuse("the tables must be constants of one sequence");
  auto rotation = find_rotation(angles_of(cosines, sines), static_cast<size_t>(cosines.shape[1]),
                                static_cast<size_t>(cosines.shape[2]));
  if (!rotation) return refuse("ggml turns by position x frequency, which these tables are not");
  return {std::move(rotation), {}};
}

}  // namespace ggml_runner
