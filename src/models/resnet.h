// The graphs of a residual network of bottlenecks with the stride in the 3x3 convolution (v1.5), as
// torchvision builds and names it. Batch normalisation uses its running statistics, in training too; its
// scale and bias train.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace assay::models {

struct ResnetConfig {
  std::vector<int64_t> blocks;  // in each stage; the width doubles from stage to stage
  int64_t width = 64;           // of the stem and of the first stage's bottlenecks
  int64_t classes = 1000;
  int64_t image = 224;  // pixels a side
};

// Input image [batch, 3, image, image]; output logits [batch, classes].
[[nodiscard]] Result<graph::Graph> resnet_logits(const ResnetConfig& config, std::string name, int64_t batch);

// Inputs image and labels [batch]; output loss, the mean cross-entropy.
[[nodiscard]] Result<graph::Graph> resnet_loss(const ResnetConfig& config, std::string name, int64_t batch);

}  // namespace assay::models
