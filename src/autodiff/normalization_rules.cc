// Gradients of normalisations. Sums that are weighted by a vector are products with it: no pass of their own
// over the tensor.
#include "autodiff/rule.h"

namespace assay::autodiff {
namespace {

// X as a matrix whose rows are normalised, with scale (and bias) as wide as a row.
struct Rows {
  GradientContext& c;
  Emitter& e;
  size_t axis;
  int64_t count, width;
  Shape row;  // the dimensions normalised over

  explicit Rows(GradientContext& context)
      : c(context), e(context.emit), axis(context.axis(context.node.integer("axis", -1))) {
    const Shape x = c.shape(0);
    row = Shape(x.begin() + static_cast<std::ptrdiff_t>(axis), x.end());
    width = tensor::element_count(row);
    count = tensor::element_count(x) / width;
  }

  ValueId matrix(ValueId a) const { return e.rows_from(a, axis); }
  // Input i of one number a column, as a matrix of one column.
  ValueId column(size_t i) const { return e.reshape(e.expand(c.input(i), row), {width, 1}); }
  ValueId row_of(size_t i) const { return e.reshape(e.expand(c.input(i), row), {width}); }
  // A row of sums over the rows, as the gradient of input i.
  void give(size_t i, ValueId sums) const { c.give(i, e.sum_to(e.reshape(sums, row), c.shape(i))); }
};

// y = x r w with r = 1 / sqrt(mean(x^2) + eps):  dx = r (g w - x r^2 / n sum(g w x)),  dw = sum over rows of
// g x r
void rms_normalization(GradientContext& c) {
  Emitter& e = c.emit;
  const Rows rows(c);
  const ValueId x = rows.matrix(c.input(0));
  const ValueId g = rows.matrix(c.gradient());
  const ValueId gx = e.mul(g, x);
  const ValueId r = e.inverse_root(e.mean(e.square(x), {1}, true), c.node.real("epsilon", 1e-5));
  if (c.wants(1)) rows.give(1, e.matmul(e.reshape(r, {1, rows.count}), gx));
  if (!c.wants(0)) return;
  const ValueId dot = e.scale(e.matmul(gx, rows.column(1)), 1 / static_cast<double>(rows.width));
  const ValueId along = e.mul(x, e.mul(e.square(r), dot));
  c.give(0, e.reshape(e.mul(r, e.sub(e.mul(g, rows.row_of(1)), along)), c.shape(0)));
}

// y = z w + b with z = (x - mean) r:  dx = r (g w - mean(g w) - z mean(g w z))
void layer_normalization(GradientContext& c) {
  Emitter& e = c.emit;
  const Rows rows(c);
  const ValueId g = rows.matrix(c.gradient());
  const ValueId mean = e.reshape(c.output(1), {rows.count, 1});
  const ValueId r = e.reshape(c.output(2), {rows.count, 1});
  const ValueId z = e.mul(e.sub(rows.matrix(c.input(0)), mean), r);
  const ValueId gz = e.mul(g, z);
  if (c.wants(1)) rows.give(1, e.sum(gz, {0}, false));
  if (c.wants(2)) rows.give(2, e.sum(g, {0}, false));
  if (!c.wants(0)) return;
  const double share = 1 / static_cast<double>(rows.width);
  const ValueId mean_gw = e.scale(e.matmul(g, rows.column(1)), share);
  const ValueId mean_gwz = e.scale(e.matmul(gz, rows.column(1)), share);
  const ValueId inner = e.sub(e.sub(e.mul(g, rows.row_of(1)), mean_gw), e.mul(z, mean_gwz));
  c.give(0, e.reshape(e.mul(r, inner), c.shape(0)));
}

// As layer normalisation, but that statistics are of a group of channels and scale and bias of one channel.
// With the sums of g and g x over each channel, dx = g A + x B + D with A, B, D of each channel.
class GroupGradient {
 public:
  GroupGradient(GradientContext& context, int64_t groups)
      : c_(context), e_(context.emit), x_shape_(context.shape(0)), groups_(groups) {
    samples_ = x_shape_[0];
    channels_ = x_shape_[1];
    pixels_ = tensor::element_count(x_shape_) / samples_ / channels_;
  }

  void run() {
    const Shape flat{samples_, channels_, pixels_};
    const ValueId x = e_.reshape(c_.input(0), flat);
    const ValueId g = e_.reshape(c_.gradient(), flat);
    statistics(x);
    const ValueId sum_g = e_.sum(g, {2}, false);  // [samples, channels]
    const ValueId sum_gx = e_.sum(e_.mul(g, x), {2}, false);
    const ValueId sum_gz = e_.mul(e_.sub(sum_gx, e_.mul(sum_g, by_channel(mean_))), by_channel(r_));
    if (c_.wants(1)) c_.give(1, e_.sum(sum_gz, {0}, false));
    if (c_.wants(2)) c_.give(2, e_.sum(sum_g, {0}, false));
    if (c_.wants(0)) c_.give(0, e_.reshape(data_gradient(x, g, sum_g, sum_gz), x_shape_));
  }

 private:
  int64_t group_size() const { return channels_ / groups_; }

  // mean_ and r_, [samples, groups, 1].
  void statistics(ValueId x) {
    const ValueId groups = e_.reshape(x, {samples_, groups_, group_size() * pixels_});
    mean_ = e_.mean(groups, {2}, true);
    const ValueId variance = e_.mean(e_.square(e_.sub(groups, mean_)), {2}, true);
    r_ = e_.inverse_root(variance, c_.node.real("epsilon", 1e-5));
  }

  // [samples, groups, 1] as [samples, channels].
  ValueId by_channel(ValueId a) {
    return e_.reshape(e_.expand(a, {samples_, groups_, group_size()}), {samples_, channels_});
  }

  // The mean over a group of the product with scale, from sums over channels. [samples, groups, 1].
  ValueId group_mean(ValueId sums) {
    const ValueId weighted = e_.reshape(e_.mul(sums, c_.input(1)), {samples_, groups_, group_size()});
    return e_.scale(e_.sum(weighted, {2}, true), 1 / static_cast<double>(group_size() * pixels_));
  }

  ValueId data_gradient(ValueId x, ValueId g, ValueId sum_g, ValueId sum_gz) {
    const ValueId slope = e_.mul(group_mean(sum_gz), e_.square(r_));
    const ValueId offset = e_.sub(e_.mul(slope, mean_), e_.mul(group_mean(sum_g), r_));
    const Shape column{samples_, channels_, 1};
    const ValueId a = e_.reshape(e_.mul(by_channel(r_), c_.input(1)), column);
    const ValueId b = e_.reshape(by_channel(slope), column);
    const ValueId d = e_.reshape(by_channel(offset), column);
    return e_.add(e_.sub(e_.mul(g, a), e_.mul(x, b)), d);
  }

  GradientContext& c_;
  Emitter& e_;
  Shape x_shape_;
  int64_t groups_;
  int64_t samples_ = 0, channels_ = 0, pixels_ = 0;
  ValueId mean_ = kAbsent;
  ValueId r_ = kAbsent;
};

void group_normalization(GradientContext& c) { GroupGradient(c, c.node.integer("num_groups", 1)).run(); }
void instance_normalization(GradientContext& c) { GroupGradient(c, c.shape(0)[1]).run(); }

// y = x / n with the norm n:  dx = (g - n' sum(g y)) / n, where n' is y, or the sign of x of sums of sizes
void lp_normalization(GradientContext& c) {
  Emitter& e = c.emit;
  const std::vector<int64_t> axis{static_cast<int64_t>(c.axis(c.node.integer("axis", -1)))};
  const bool squares = c.node.integer("p", 2) == 2;
  const ValueId x = c.input(0);
  const ValueId norm = e.op(squares ? "ReduceL2" : "ReduceL1", {x, e.integers(axis)});
  const ValueId slope = squares ? c.output() : e.op("Sign", {x});
  const ValueId along = e.mul(slope, e.sum(e.mul(c.gradient(), c.output()), axis, true));
  c.give(0, e.div(e.sub(c.gradient(), along), norm));
}

// Running statistics are frozen: y = (x - mean) r scale + bias with numbers of each channel.
void batch_normalization(GradientContext& c) {
  Emitter& e = c.emit;
  if (c.wants(3) || c.wants(4)) return c.fail("the running statistics cannot be trained");
  const Shape x = c.shape(0);
  Shape channel(x.size() - 1, 1);
  channel[0] = x[1];
  std::vector<int64_t> others{0};
  for (size_t i = 2; i < x.size(); ++i) others.push_back(static_cast<int64_t>(i));
  const ValueId r = e.inverse_root(c.input(4), c.node.real("epsilon", 1e-5));
  const ValueId g = c.gradient();
  if (c.wants(1)) {
    const ValueId centred = e.sub(c.input(0), e.reshape(c.input(3), channel));
    c.give(1, e.mul(e.sum(e.mul(g, centred), others, false), r));
  }
  if (c.wants(2)) c.give(2, e.sum(g, others, false));
  if (c.wants(0)) c.give(0, e.mul(g, e.reshape(e.mul(c.input(1), r), channel)));
}

constexpr Rule kNormalizationRules[] = {
    {"RMSNormalization", rms_normalization},
    {.op = "LayerNormalization", .gradient = layer_normalization, .outputs = 3},
    {"GroupNormalization", group_normalization},
    {"BatchNormalization", batch_normalization},
    {"InstanceNormalization", instance_normalization},
    {"LpNormalization", lp_normalization},
};

}  // namespace

std::span<const Rule> normalization_rules() { return kNormalizationRules; }

}  // namespace assay::autodiff
