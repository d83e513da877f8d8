// Stable Diffusion's U-Net; the plain one is in plain_unet.cc.
#include "models/unet.h"

#include <cmath>

#include "models/layers.h"

namespace assay::models {
namespace {

using graph::DType;
using graph::Graph;
using graph::kAbsent;
using graph::Tensor;

constexpr double kResnetEpsilon = 1e-5, kEntryEpsilon = 1e-6, kLayerEpsilon = 1e-5;

// Radians per time step: geometric from 1 to 1/10000 (exclusive). In long double, so that rounding gives the
// same bits whatever the last bit of a math library is.
Tensor time_frequencies(int64_t count) {
  Tensor table(DType::f32, {1, count});
  const auto values = table.mutable_data<float>();
  for (int64_t i = 0; i < count; ++i)
    values[static_cast<size_t>(i)] = static_cast<float>(
        std::pow(10000.0L, -static_cast<long double>(i) / static_cast<long double>(count)));
  return table;
}

class Unet {
 public:
  Unet(const UnetConfig& config, std::string name, int64_t batch, int64_t side)
      : c_(config),
        levels_(static_cast<int64_t>(config.channels.size())),
        batch_(batch),
        side_(side),
        b_(std::move(name)) {
    // Each level has as many residual blocks and transformer branches; the middle has two and one.
    const int64_t resnets = levels_ * (2 * c_.resnets + 1) + 2;
    const int64_t transformers = (levels_ - 1) * (2 * c_.resnets + 1) + 1;
    branch_scale_ = Layers::branch_scale(resnets + transformers);
  }

  Result<Graph> step() {
    b_.output(denoised());
    return std::move(b_).finish();
  }

  Result<Graph> loss() {
    const ValueId prediction = denoised();
    b_.output(b_.mean_square(prediction, b_.input("noise", DType::f32, sample_shape())));
    return std::move(b_).finish();
  }

 private:
  [[nodiscard]] Shape sample_shape() const { return {batch_, c_.latent_channels, side_, side_}; }
  [[nodiscard]] int64_t channels(int64_t level) const { return c_.channels[static_cast<size_t>(level)]; }
  [[nodiscard]] bool attends(int64_t level) const { return level + 1 < levels_; }

  ValueId denoised() {
    const ValueId sample = b_.input("sample", DType::f32, sample_shape());
    time_ = time_embedding();
    text_ = b_.input("encoder_hidden_states", DType::f32, {batch_, c_.text_length, c_.text_width});
    ValueId x = b_.conv("conv_in", sample, "conv_in", channels(0), {.kernel = 3});
    skips_ = {x};
    for (int64_t level = 0; level < levels_; ++level) x = down(level, x);
    x = middle(x);
    for (int64_t block = 0; block < levels_; ++block) x = up(block, x);
    x = swish("conv_act", b_.group_norm("conv_norm_out", x, "conv_norm_out", c_.groups, kResnetEpsilon));
    return b_.conv("out_sample", x, "conv_out", c_.latent_channels, {.kernel = 3});
  }

  // [1, 4 * width]: cosines, then sines, through two layers; with the activation that every block begins
  // with.
  ValueId time_embedding() {
    const int64_t width = channels(0);
    const ValueId frequencies = b_.constant("time.frequencies", time_frequencies(width / 2));
    const ValueId angles = b_.op("time.angles", "Mul", {frequencies, b_.input("timestep", DType::f32, {1})});
    const ValueId waves =
        b_.op("time.waves", "Concat",
              {b_.op("time.cos", "Cos", {angles}), b_.op("time.sin", "Sin", {angles})}, {{"axis", 1}});
    const ValueId wide = b_.linear("time.linear_1", waves, "time_embedding.linear_1", 4 * width);
    const ValueId embedding =
        b_.linear("time.linear_2", swish("time.act", wide), "time_embedding.linear_2", 4 * width);
    return swish("time.embedding", embedding);
  }

  ValueId down(int64_t level, ValueId x) {
    const std::string prefix = fmt::format("down_blocks.{}.", level);
    for (int64_t i = 0; i < c_.resnets; ++i) {
      x = resnet(prefix + fmt::format("resnets.{}", i), x, channels(level));
      if (attends(level)) x = transformer(prefix + fmt::format("attentions.{}", i), x);
      skips_.push_back(x);
    }
    if (level + 1 == levels_) return x;
    const std::string sampler = prefix + "downsamplers.0.conv";
    x = b_.conv(sampler, x, sampler, channels(level), {.kernel = 3, .stride = 2});
    skips_.push_back(x);
    return x;
  }

  ValueId middle(ValueId x) {
    x = resnet("mid_block.resnets.0", x, channels(levels_ - 1));
    x = transformer("mid_block.attentions.0", x);
    return resnet("mid_block.resnets.1", x, channels(levels_ - 1));
  }

  ValueId up(int64_t block, ValueId x) {
    const int64_t level = levels_ - 1 - block;
    const std::string prefix = fmt::format("up_blocks.{}.", block);
    for (int64_t i = 0; i <= c_.resnets; ++i) {
      const std::string name = prefix + fmt::format("resnets.{}", i);
      x = b_.op(name + ".joined", "Concat", {x, skips_.back()}, {{"axis", 1}});
      skips_.pop_back();
      x = resnet(name, x, channels(level));
      if (attends(level)) x = transformer(prefix + fmt::format("attentions.{}", i), x);
    }
    if (level == 0) return x;
    const std::string sampler = prefix + "upsamplers.0.";
    const ValueId scales = b_.constant("doubled", Tensor::of<float>({4}, {1, 1, 2, 2}));
    x = b_.op(
        sampler + "resize", "Resize", {x, kAbsent, scales},
        {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}});
    return b_.conv(sampler + "conv", x, sampler + "conv", channels(level), {.kernel = 3});
  }

  ValueId resnet(const std::string& name, ValueId x, int64_t outputs) {
    const int64_t inputs = b_.shape(x).size() == 4 ? b_.shape(x)[1] : outputs;
    const auto active = [&](const std::string& norm, ValueId value) {
      return swish(norm + ".act", b_.group_norm(norm, value, norm, c_.groups, kResnetEpsilon));
    };
    ValueId y = b_.conv(name + ".conv1", active(name + ".norm1", x), name + ".conv1", outputs, {.kernel = 3});
    const ValueId time = b_.linear(name + ".time_emb_proj", time_, name + ".time_emb_proj", outputs);
    y = b_.add(name + ".timed", y, b_.reshape(name + ".time", time, {1, outputs, 1, 1}));
    y = b_.conv(name + ".conv2", active(name + ".norm2", y), name + ".conv2", outputs,
                {.kernel = 3, .scale = branch_scale_});
    const ValueId kept =
        inputs == outputs ? x : b_.conv(name + ".conv_shortcut", x, name + ".conv_shortcut", outputs);
    return b_.add(name, kept, y);
  }

  // One transformer block over the pixels of a map, as a residual branch.
  ValueId transformer(const std::string& name, ValueId map) {
    const Shape shape = b_.shape(map).size() == 4 ? b_.shape(map) : Shape{1, 1, 1, 1};
    const int64_t width = shape[1], pixels = shape[2] * shape[3];
    ValueId x = b_.group_norm(name + ".norm", map, name + ".norm", c_.groups, kEntryEpsilon);
    x = b_.conv(name + ".proj_in", x, name + ".proj_in", width);
    x = b_.transpose(name + ".pixels", b_.reshape(name + ".flat", x, {batch_, width, pixels}), {0, 2, 1});
    const std::string block = name + ".transformer_blocks.0.";
    x = attention(block, 1, x, kAbsent);
    x = attention(block, 2, x, text_);
    x = feed_forward(block, x);
    x = b_.reshape(name + ".map", b_.transpose(name + ".channels", x, {0, 2, 1}), shape);
    x = b_.conv(name + ".proj_out", x, name + ".proj_out", width, {.scale = branch_scale_});
    return b_.add(name, x, map);
  }

  // Attention `number` of a block: to itself, or to `context` where it is given.
  ValueId attention(const std::string& block, int number, ValueId x, ValueId context) {
    const std::string name = fmt::format("{}attn{}", block, number),
                      norm = fmt::format("{}norm{}", block, number);
    const ValueId normed = b_.layer_norm(norm, x, norm, kLayerEpsilon);
    const ValueId from = context == kAbsent ? normed : context;
    const int64_t width = b_.shape(x).empty() ? 1 : b_.shape(x).back();
    const auto projected = [&](const std::string& part, ValueId value) {
      return b_.linear(name + part, value, name + part, width, {.bias = false});
    };
    const ValueId query = projected(".to_q", normed), key = projected(".to_k", from),
                  value = projected(".to_v", from);
    const ValueId mixed = b_.op(name, "Attention", {query, key, value},
                                {{"q_num_heads", c_.heads}, {"kv_num_heads", c_.heads}});
    return b_.add(name + ".residual",
                  b_.linear(name + ".to_out", mixed, name + ".to_out.0", width, {.scale = kThird}), x);
  }

  // Gated by the exact GELU of the second half.
  ValueId feed_forward(const std::string& block, ValueId x) {
    const int64_t width = b_.shape(x).empty() ? 1 : b_.shape(x).back();
    const std::string name = block + "ff";
    const ValueId normed = b_.layer_norm(block + "norm3", x, block + "norm3", kLayerEpsilon);
    const ValueId wide = b_.linear(name + ".net.0", normed, name + ".net.0.proj", 8 * width);
    const ValueId sizes =
        b_.constant(fmt::format("halves.{}", 4 * width), Tensor::of<int64_t>({2}, {4 * width, 4 * width}));
    const auto halves =
        b_.ops(name + ".halves", "Split", {wide, sizes}, {{"axis", 2}}, {name + ".values", name + ".gates"});
    const ValueId gate = b_.op(name + ".gelu", "Gelu", {halves[1]}, {{"approximate", "none"}});
    const ValueId gated = b_.op(name + ".gated", "Mul", {halves[0], gate});
    return b_.add(name + ".residual",
                  b_.linear(name + ".net.2", gated, name + ".net.2", width, {.scale = kThird}), x);
  }

  ValueId swish(std::string name, ValueId x) { return b_.op(std::move(name), "Swish", {x}); }

  static constexpr double kThird = 0.5773502691896258;  // 1 / sqrt(3): the three branches of a block

  const UnetConfig& c_;
  int64_t levels_;
  int64_t batch_;
  int64_t side_;
  double branch_scale_ = 1;
  Layers b_;
  ValueId time_ = kAbsent, text_ = kAbsent;
  std::vector<ValueId> skips_;  // what the way down leaves for the way up
};

}  // namespace

Result<Graph> unet_step(const UnetConfig& config, std::string name, int64_t batch, int64_t side) {
  return Unet(config, std::move(name), batch, side).step();
}

Result<Graph> unet_loss(const UnetConfig& config, std::string name, int64_t batch, int64_t side) {
  return Unet(config, std::move(name), batch, side).loss();
}

}  // namespace assay::models
