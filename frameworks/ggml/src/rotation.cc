#include "rotation.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

namespace ggml_runner {
namespace {

using assay::graph::Graph;
using assay::graph::kAbsent;
using assay::graph::Node;
using assay::graph::Role;
using assay::graph::Value;
using assay::tensor::Tensor;

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

// A table may begin behind a prefix.
constexpr int64_t kLastPosition = 1 << 20;

// Whether the first row is position `first`.
bool starts_at(const Rotation& rotation, const std::vector<double>& angles) {
  for (size_t pair = 0; pair < rotation.frequencies.size(); ++pair) {
    const double expected = static_cast<double>(rotation.first) * rotation.frequencies[pair];
    if (std::abs(difference(angles[pair], expected)) > kTolerance) return false;
  }
  return true;
}

std::vector<double> angles_of(const Tensor& cosines, const Tensor& sines) {
  const auto cosine = cosines.data<float>();
  const auto sine = sines.data<float>();
  std::vector<double> angles(cosine.size());
  for (size_t i = 0; i < angles.size(); ++i)
    angles[i] = std::atan2(static_cast<double>(sine[i]), static_cast<double>(cosine[i]));
  return angles;
}

// By what every entry scales; nothing where they differ.
std::optional<double> scale_of(const Tensor& cosines, const Tensor& sines) {
  const auto cosine = cosines.data<float>();
  const auto sine = sines.data<float>();
  const auto length = [&](size_t i) {
    return std::hypot(static_cast<double>(sine[i]), static_cast<double>(cosine[i]));
  };
  const double scale = length(0);
  for (size_t i = 0; i < cosine.size(); ++i)
    if (!(std::abs(length(i) - scale) <= kTolerance * scale)) return std::nullopt;
  return scale;
}

Tensor negative(const Tensor& tensor) {
  Tensor result(tensor.dtype(), tensor.shape());
  std::ranges::transform(tensor.data<float>(), result.mutable_data<float>().begin(), std::negate());
  return result;
}

// The first sequence's part of a table, where all sequences of the batch have the same.
std::optional<Tensor> shared(const Tensor& table) {
  assay::tensor::Shape shape = table.shape();
  const auto all = table.data<float>();
  const size_t each = all.size() / static_cast<size_t>(shape[0]);
  for (size_t i = each; i < all.size(); ++i)
    if (all[i] != all[i - each]) return std::nullopt;
  shape[0] = 1;
  Tensor one(table.dtype(), std::move(shape));
  std::ranges::copy(all.first(each), one.mutable_data<float>().begin());
  return one;
}

// A constant table that all sequences share, or a negative one: the gradient of a rotation turns back.
std::optional<Tensor> table_of(const Graph& graph, assay::graph::ValueId id) {
  const Value& value = graph.value(id);
  if (value.dtype != assay::tensor::DType::f32 || value.shape.size() != 3) return std::nullopt;
  if (value.role == Role::constant) return shared(value.data);
  for (const Node& node : graph.nodes())
    if (node.op == "Neg" && node.outputs[0] == id)
      if (const Value& source = graph.value(node.inputs[0]); source.role == Role::constant)
        return shared(negative(source.data));
  return std::nullopt;
}

// Rows of a constant table that an input of a step chooses.
struct Chosen {
  Tensor table;  // [1, rows, pairs]
  assay::graph::ValueId positions;
};

std::optional<Chosen> chosen_rows(const Graph& graph, assay::graph::ValueId id) {
  for (const Node& node : graph.nodes()) {
    if (node.outputs[0] != id || node.op != "Gather" || node.integer("axis", 0) != 0) continue;
    const Value& table = graph.value(node.inputs[0]);
    const bool known = table.role == Role::constant && table.dtype == assay::tensor::DType::f32 &&
                       table.shape.size() == 2 && graph.value(node.inputs[1]).role == Role::input;
    if (!known) return std::nullopt;
    Tensor rows(table.dtype, {1, table.shape[0], table.shape[1]});
    std::ranges::copy(table.data.data<float>(), rows.mutable_data<float>().begin());
    return Chosen{std::move(rows), node.inputs[1]};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Rotation> find_rotation(const std::vector<double>& angles, size_t rows, size_t pairs) {
  Rotation rotation;
  if (rows == 1) {
    rotation.first = 1;
    rotation.frequencies = angles;
    return rotation;
  }
  for (size_t pair = 0; pair < pairs; ++pair)
    rotation.frequencies.push_back(frequency(angles, rows, pairs, pair));
  while (!starts_at(rotation, angles))
    if (++rotation.first > kLastPosition) return std::nullopt;
  for (size_t row = 0; row < rows; ++row)
    for (size_t pair = 0; pair < pairs; ++pair) {
      const double position = static_cast<double>(rotation.first) + static_cast<double>(row);
      const double expected = position * rotation.frequencies[pair];
      if (std::abs(difference(angles[row * pairs + pair], expected)) > kTolerance) return std::nullopt;
    }
  return rotation;
}

std::optional<Rotation> rotation_of(const Graph& graph, const Node& node) {
  if (node.input(3) != kAbsent) return std::nullopt;
  const auto rows = chosen_rows(graph, node.inputs[1]), same_rows = chosen_rows(graph, node.inputs[2]);
  const bool chosen = rows && same_rows && rows->positions == same_rows->positions;
  const auto cosines = chosen ? std::optional(rows->table) : table_of(graph, node.inputs[1]);
  const auto sines = chosen ? std::optional(same_rows->table) : table_of(graph, node.inputs[2]);
  if (!cosines || !sines) return std::nullopt;
  auto rotation = find_rotation(angles_of(*cosines, *sines), static_cast<size_t>(cosines->shape()[1]),
                                static_cast<size_t>(cosines->shape()[2]));
  const auto scale = scale_of(*cosines, *sines);
  if (!rotation || !scale || (chosen && rotation->first != 0)) return std::nullopt;
  if (chosen) rotation->positions = rows->positions;
  rotation->scale = *scale;
  return rotation;
}

}  // namespace ggml_runner
