// The family `unet`: the U-Net of Stable Diffusion 1.5, and a plain one of convolutions only.
#include <fmt/format.h>

#include "models/assemble.h"
#include "models/family.h"
#include "models/unet.h"

namespace assay::models {
namespace {

// Both exact in float32.
constexpr std::array<float, 2> kTimes = {512, 256};
// Of the 1,000 steps of the noise that the model was trained with, in fractions as samplers use them.
constexpr Times kAllTimes = {.unit = 1.0F / 64, .count = int64_t{999} * 64};

constexpr int64_t kMostSide = 1024;

Result<Workload> conditional(const UnetConfig& config, const Wanted& wanted) {
  const int64_t side = wanted.size(Dimension::latent), batch = wanted.size(Dimension::batch);
  const auto& make = wanted.kind == "training" ? unet_loss : unet_step;
  ASSAY_TRY(auto step, make(config, wanted.graph_name, batch, side));
  Workload result;
  result.items = batch;
  result.item_name = "steps";
  result.draws = {{"timestep", kAllTimes}};
  result.step =
      with_noise(std::move(step), {TensorMap{{"timestep", tensor::Tensor::of<float>({1}, {kTimes[0]})}},
                                   TensorMap{{"timestep", tensor::Tensor::of<float>({1}, {kTimes[1]})}}});
  return result;
}

Result<Workload> plain(const PlainUnetConfig& config, const Wanted& wanted) {
  const int64_t side = wanted.size(Dimension::latent), batch = wanted.size(Dimension::batch);
  const auto& make = wanted.kind == "training" ? plain_unet_loss : plain_unet_step;
  ASSAY_TRY(auto step, make(config, wanted.graph_name, batch, side));
  Workload result;
  result.items = batch;
  result.item_name = "images";
  result.step = with_noise(std::move(step));
  return result;
}

// Pixels a side of the latent image, and how many there are.
Dimensions dimensions(int64_t side, int64_t batch, size_t levels) {
  const int64_t multiple = int64_t{1} << (levels - 1);
  return {{Dimension::latent, {.usual = side, .least = multiple, .most = kMostSide, .multiple_of = multiple}},
          {Dimension::batch, {.usual = batch, .most = kMostBatch}}};
}

Model described(std::string name, std::string_view size, std::string description,
                WorkloadDimensions dimensions) {
  return {.name = std::move(name),
          .size = std::string(size),
          .family = "unet",
          .description = std::move(description),
          .workloads = {"inference", "latency", "training"},
          .dimensions = std::move(dimensions)};
}

std::vector<Model> unet_models(std::string_view size) {
  const bool small = size == "tiny";
  const UnetConfig sd15 = small ? UnetConfig{.channels = {8, 16, 24, 24},
                                             .resnets = 2,
                                             .heads = 2,
                                             .groups = 4,
                                             .text_width = 24,
                                             .text_length = 7}
                                : UnetConfig{.channels = {320, 640, 1280, 1280}};
  const int64_t side = small ? 32 : 64;
  const PlainUnetConfig mini = small ? PlainUnetConfig{.channels = {8, 16, 32}, .groups = 4}
                                     : PlainUnetConfig{.channels = {64, 128, 256}};
  const int64_t mini_side = small ? 16 : 32;
  const auto levels = sd15.channels.size(), mini_levels = mini.channels.size();
  const std::string_view miniature = small ? " in miniature" : "";
  return {assemble(described("sd15-unet", size,
                             fmt::format("Stable Diffusion 1.5's U-Net{}: one denoising step", miniature),
                             {{"inference", dimensions(side, 1, levels)},
                              {"latency", dimensions(side / 2, 1, levels)},
                              {"training", dimensions(side / 2, 1, levels)}}),
                   [sd15](const Wanted& wanted) { return conditional(sd15, wanted); }),
          assemble(described("unet-mini", size,
                             fmt::format("a U-Net of convolutions only{}: one denoising step", miniature),
                             {{"inference", dimensions(mini_side, 2, mini_levels)},
                              {"latency", dimensions(mini_side, 1, mini_levels)},
                              {"training", dimensions(mini_side, 2, mini_levels)}}),
                   [mini](const Wanted& wanted) { return plain(mini, wanted); })};
}

}  // namespace

Family unet_family() { return {.name = "unet", .models = unet_models}; }

}  // namespace assay::models
