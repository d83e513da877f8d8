// Layers with weights: what the families build their graphs of. Parameters carry the names that checkpoints
// give them, a prefix with .weight and .bias, and are drawn so that a fresh model keeps the size of what
// passes through it (docs/models.md, Weights): matrices and kernels sqrt(g / fan in) with g = 2 before a ReLU
// and 1 elsewhere, norm scales around 1, small biases.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/builder.h"

namespace assay::models {

using graph::Shape;
using graph::ValueId;

struct LinearOptions {
  bool bias = true;
  double scale = 1;  // of the weight's standard deviation, e.g. branch_scale() or kBeforeRelu
};

struct ConvOptions {
  int64_t kernel = 1;  // the same in all spatial dimensions; padding keeps the size at stride 1
  int64_t stride = 1;
  bool bias = true;
  double scale = 1;
};

struct NormOptions {
  bool bias = true;
  bool old_names = false;  // .gamma and .beta, as files that were once TensorFlow's have them
};

inline constexpr double kBeforeRelu = 1.4142135623730951;  // sqrt(2): a ReLU halves the mean square

class Layers : public graph::Builder {
 public:
  using graph::Builder::Builder;

  // The sum of `branches` such branches has the size of one.
  [[nodiscard]] static double branch_scale(int64_t branches);

  // Rows of a table [rows, width] by indices; rows have about unit length.
  ValueId table(const std::string& prefix, int64_t rows, int64_t width);
  ValueId embedding(std::string name, ValueId indices, ValueId table);

  // [..., in] -> [..., outputs].
  ValueId linear(std::string name, ValueId x, const std::string& prefix, int64_t outputs,
                 LinearOptions options = {});
  // [n, in, space...] -> [n, outputs, space...].
  ValueId conv(std::string name, ValueId x, const std::string& prefix, int64_t outputs,
               ConvOptions options = {});

  // Over the last dimension.
  ValueId layer_norm(std::string name, ValueId x, const std::string& prefix, double epsilon,
                     NormOptions options = {});
  ValueId rms_norm(std::string name, ValueId x, const std::string& prefix, double epsilon);
  // Over the channels, dimension 1; `scale` is the mean of the norm's own scale.
  ValueId group_norm(std::string name, ValueId x, const std::string& prefix, int64_t groups, double epsilon);
  ValueId batch_norm(std::string name, ValueId x, const std::string& prefix, double epsilon,
                     double scale = 1);

  ValueId add(std::string name, ValueId a, ValueId b) { return op(std::move(name), "Add", {a, b}); }
  ValueId reshape(std::string name, ValueId x, const Shape& shape);
  ValueId transpose(std::string name, ValueId x, std::vector<int64_t> order);
  // [batch, length, heads * size] -> [batch, heads, length, size].
  ValueId split_heads(const std::string& name, ValueId x, int64_t heads);
  // Rows `first` to `last` - 1 of dimension `axis`.
  ValueId rows(std::string name, ValueId x, int64_t first, int64_t last, int64_t axis = 1);

  // Losses, scalars: mean cross-entropy of [n, classes] against [n]; mean square of a difference.
  ValueId cross_entropy(ValueId scores, ValueId labels);
  ValueId mean_square(ValueId prediction, ValueId target);

 private:
  ValueId matrix(const std::string& prefix, Shape shape, double scale);
  ValueId bias(const std::string& prefix, int64_t size);
  ValueId norm_scale(const std::string& prefix, int64_t size, double mean);
  // Dimension i of a value; 1 after an error, which finish() tells.
  [[nodiscard]] int64_t size(ValueId x, size_t i) const;
};

}  // namespace assay::models
