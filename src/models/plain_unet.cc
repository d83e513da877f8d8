#include "models/layers.h"
#include "models/unet.h"

namespace assay::models {
namespace {

using graph::DType;
using graph::Graph;
using graph::kAbsent;
using graph::Tensor;

constexpr double kGroupNormEpsilon = 1e-5;

// Each level: two of (3x3 convolution, group norm, SiLU); a stride of 2 on the way down, nearest doubling and
// the skip of the level on the way up.
class PlainUnet {
 public:
  PlainUnet(const PlainUnetConfig& config, std::string name, int64_t batch, int64_t side)
      : c_(config), shape_({batch, config.latent_channels, side, side}), b_(std::move(name)) {}

  Result<Graph> step() {
    b_.output(denoised());
    return std::move(b_).finish();
  }

  Result<Graph> loss() {
    const ValueId prediction = denoised();
    b_.output(b_.mean_square(prediction, b_.input("noise", DType::f32, shape_)));
    return std::move(b_).finish();
  }

 private:
  ValueId denoised() {
    ValueId x = b_.conv("conv_in", b_.input("sample", DType::f32, shape_), "conv_in", c_.channels.front(),
                        {.kernel = 3});
    std::vector<ValueId> skips;
    for (size_t level = 0; level < c_.channels.size(); ++level) {
      const std::string name = fmt::format("down.{}", level);
      x = convolved(name + ".0", x, c_.channels[level], level == 0 ? 1 : 2);
      x = convolved(name + ".1", x, c_.channels[level], 1);
      skips.push_back(x);
    }
    for (size_t level = c_.channels.size() - 1; level-- > 0;) {
      const std::string name = fmt::format("up.{}", level);
      x = b_.op(name + ".joined", "Concat", {doubled(name, x), skips[level]}, {{"axis", 1}});
      x = convolved(name + ".0", x, c_.channels[level], 1);
      x = convolved(name + ".1", x, c_.channels[level], 1);
    }
    return b_.conv("out_sample", x, "conv_out", c_.latent_channels, {.kernel = 3});
  }

  ValueId convolved(const std::string& name, ValueId x, int64_t outputs, int64_t stride) {
    const ValueId y = b_.conv(name + ".conv", x, name + ".conv", outputs, {.kernel = 3, .stride = stride});
    return b_.op(name, "Swish",
                 {b_.group_norm(name + ".norm", y, name + ".norm", c_.groups, kGroupNormEpsilon)});
  }

  ValueId doubled(const std::string& name, ValueId x) {
    const ValueId scales = b_.constant("doubled", Tensor::of<float>({4}, {1, 1, 2, 2}));
    return b_.op(
        name + ".resize", "Resize", {x, kAbsent, scales},
        {{"mode", "nearest"}, {"coordinate_transformation_mode", "asymmetric"}, {"nearest_mode", "floor"}});
  }

  const PlainUnetConfig& c_;
  Shape shape_;
  Layers b_;
};

}  // namespace

Result<Graph> plain_unet_step(const PlainUnetConfig& config, std::string name, int64_t batch, int64_t side) {
  return PlainUnet(config, std::move(name), batch, side).step();
}

Result<Graph> plain_unet_loss(const PlainUnetConfig& config, std::string name, int64_t batch, int64_t side) {
  return PlainUnet(config, std::move(name), batch, side).loss();
}

}  // namespace assay::models
