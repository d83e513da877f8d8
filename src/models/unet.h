// The graphs of denoising U-Nets. One is Stable Diffusion's: residual blocks with a time embedding,
// transformer blocks with cross-attention to a text, as diffusers' UNet2DConditionModel builds and names it.
// The other is plain: convolutions, group norms and skips.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"

namespace assay::models {

struct UnetConfig {
  std::vector<int64_t> channels;  // of each level; all levels but the last have transformer blocks
  int64_t resnets = 2;            // of each level on the way down; one more on the way up
  int64_t heads = 8;
  int64_t groups = 32;
  int64_t text_width = 768;
  int64_t text_length = 77;
  int64_t latent_channels = 4;
};

// Inputs sample [batch, latent_channels, side, side], timestep [1] and encoder_hidden_states [batch,
// text_length, text_width]; output out_sample of the sample's shape. `side` is a multiple of 2^(levels - 1).
[[nodiscard]] Result<graph::Graph> unet_step(const UnetConfig& config, std::string name, int64_t batch,
                                             int64_t side);

// The same inputs and noise, of the sample's shape; output loss, the mean square of the difference.
[[nodiscard]] Result<graph::Graph> unet_loss(const UnetConfig& config, std::string name, int64_t batch,
                                             int64_t side);

struct PlainUnetConfig {
  std::vector<int64_t> channels;  // of each level
  int64_t groups = 16;
  int64_t latent_channels = 4;
};

// Input sample [batch, latent_channels, side, side]; output out_sample of the same shape.
[[nodiscard]] Result<graph::Graph> plain_unet_step(const PlainUnetConfig& config, std::string name,
                                                   int64_t batch, int64_t side);
// The same and noise, of the same shape; output loss.
[[nodiscard]] Result<graph::Graph> plain_unet_loss(const PlainUnetConfig& config, std::string name,
                                                   int64_t batch, int64_t side);

}  // namespace assay::models
