#include "models/resnet.h"

#include <numeric>

#include "models/layers.h"

namespace assay::models {
namespace {

using graph::DType;
using graph::Graph;

constexpr int64_t kExpansion = 4;  // a bottleneck's output is four times as wide as its inside
constexpr double kBatchNormEpsilon = 1e-5;
// Of nine normal numbers the largest has the mean square 2.56.
constexpr double kBeforeMaxPool = 0.625;

class Resnet {
 public:
  Resnet(const ResnetConfig& config, std::string name, int64_t batch)
      : c_(config), batch_(batch), b_(std::move(name)) {}

  Result<Graph> logits_graph() {
    b_.output(logits());
    return std::move(b_).finish();
  }

  Result<Graph> loss_graph() {
    const ValueId scores = logits();
    b_.output(b_.cross_entropy(scores, b_.input("labels", DType::i64, {batch_})));
    return std::move(b_).finish();
  }

 private:
  ValueId logits() {
    ValueId x = stem(b_.input("image", DType::f32, {batch_, 3, c_.image, c_.image}));
    for (size_t stage = 0; stage < c_.blocks.size(); ++stage)
      for (int64_t block = 0; block < c_.blocks[stage]; ++block) x = bottleneck(stage, block, x);
    const ValueId mean = b_.op("avgpool", "GlobalAveragePool", {x});
    const ValueId features = b_.op("features", "Flatten", {mean}, {{"axis", 1}});
    return b_.linear("logits", features, "fc", c_.classes);
  }

  ValueId stem(ValueId image) {
    const ValueId x = convolution("conv1", image, "conv1", c_.width, 7, 2, kBeforeMaxPool);
    const ValueId active = relu("relu", b_.batch_norm("bn1", x, "bn1", kBatchNormEpsilon));
    return b_.op("maxpool", "MaxPool", {active},
                 {{"kernel_shape", std::vector<int64_t>{3, 3}},
                  {"pads", std::vector<int64_t>{1, 1, 1, 1}},
                  {"strides", std::vector<int64_t>{2, 2}}});
  }

  ValueId bottleneck(size_t stage, int64_t block, ValueId x) {
    const std::string prefix = fmt::format("layer{}.{}", stage + 1, block);
    const int64_t inside = c_.width << stage;
    const int64_t stride = stage > 0 && block == 0 ? 2 : 1;
    ValueId y = relu(prefix + ".relu1", normalised(prefix, 1, x, inside, 1, 1));
    y = relu(prefix + ".relu2", normalised(prefix, 2, y, inside, 3, stride));
    y = normalised(prefix, 3, y, inside * kExpansion, 1, 1);
    const ValueId kept = block == 0 ? downsampled(prefix, x, inside * kExpansion, stride) : x;
    return relu(prefix + ".relu3", b_.add(prefix + ".residual", y, kept));
  }

  // Convolution and norm `part` of a bottleneck. The third closes the branch: no ReLU follows before the sum,
  // and its norm keeps the sum of all branches at the size of one.
  ValueId normalised(const std::string& prefix, int part, ValueId x, int64_t outputs, int64_t kernel,
                     int64_t stride) {
    const std::string conv = fmt::format("{}.conv{}", prefix, part);
    const std::string norm = fmt::format("{}.bn{}", prefix, part);
    const bool last = part == 3;
    const ValueId y = convolution(conv, x, conv, outputs, kernel, stride, last ? 1 : kBeforeRelu);
    return b_.batch_norm(norm, y, norm, kBatchNormEpsilon, last ? branch_scale() : 1);
  }

  ValueId downsampled(const std::string& prefix, ValueId x, int64_t outputs, int64_t stride) {
    const std::string name = prefix + ".downsample";
    const ValueId y = convolution(name + ".conv", x, name + ".0", outputs, 1, stride, kBeforeRelu);
    return b_.batch_norm(name + ".bn", y, name + ".1", kBatchNormEpsilon);
  }

  ValueId convolution(const std::string& name, ValueId x, const std::string& prefix, int64_t outputs,
                      int64_t kernel, int64_t stride, double scale) {
    return b_.conv(name, x, prefix, outputs,
                   {.kernel = kernel, .stride = stride, .bias = false, .scale = scale});
  }

  ValueId relu(std::string name, ValueId x) { return b_.op(std::move(name), "Relu", {x}); }

  [[nodiscard]] double branch_scale() const {
    return Layers::branch_scale(std::accumulate(c_.blocks.begin(), c_.blocks.end(), int64_t{0}));
  }

  const ResnetConfig& c_;
  int64_t batch_;
  Layers b_;
};

}  // namespace

Result<Graph> resnet_logits(const ResnetConfig& config, std::string name, int64_t batch) {
  return Resnet(config, std::move(name), batch).logits_graph();
}

Result<Graph> resnet_loss(const ResnetConfig& config, std::string name, int64_t batch) {
  return Resnet(config, std::move(name), batch).loss_graph();
}

}  // namespace assay::models
