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

// Pixels a side of the latent image.
struct Sides {
  int64_t inference;
  int64_t latency;  // and training
};

Result<Workload> conditional(const UnetConfig& config, const Sides& sides, std::string_view workload,
                             const std::string& name) {
  const int64_t side = workload == "inference" ? sides.inference : sides.latency;
  auto made = workload == "training" ? unet_loss(config, name, side) : unet_step(config, name, side);
  ASSAY_TRY(auto step, std::move(made));
  Workload result;
  result.item_name = "steps";
  result.draws = {{"timestep", kAllTimes}};
  result.step =
      with_noise(std::move(step), {TensorMap{{"timestep", tensor::Tensor::of<float>({1}, {kTimes[0]})}},
                                   TensorMap{{"timestep", tensor::Tensor::of<float>({1}, {kTimes[1]})}}});
  return result;
}

Result<Workload> plain(const PlainUnetConfig& config, int64_t side, std::string_view workload,
                       const std::string& name) {
  const int64_t batch = workload == "latency" ? 1 : 2;
  auto made = workload == "training" ? plain_unet_loss(config, name, batch, side)
                                     : plain_unet_step(config, name, batch, side);
  ASSAY_TRY(auto step, std::move(made));
  Workload result;
  result.items = batch;
  result.item_name = "images";
  result.step = with_noise(std::move(step));
  return result;
}

Model described(std::string name, std::string_view size, std::string description) {
  return {.name = std::move(name),
          .size = std::string(size),
          .family = "unet",
          .description = std::move(description),
          .workloads = {"inference", "latency", "training"}};
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
  const Sides sides = small ? Sides{32, 16} : Sides{64, 32};
  const PlainUnetConfig mini = small ? PlainUnetConfig{.channels = {8, 16, 32}, .groups = 4}
                                     : PlainUnetConfig{.channels = {64, 128, 256}};
  const int64_t mini_side = small ? 16 : 32;
  const std::string_view miniature = small ? " in miniature" : "";
  return {assemble(described("sd15-unet", size,
                             fmt::format("Stable Diffusion 1.5's U-Net{}: one denoising step", miniature)),
                   [sd15, sides](std::string_view workload, const std::string& name) {
                     return conditional(sd15, sides, workload, name);
                   }),
          assemble(described("unet-mini", size,
                             fmt::format("a U-Net of convolutions only{}: one denoising step", miniature)),
                   [mini, mini_side](std::string_view workload, const std::string& name) {
                     return plain(mini, mini_side, workload, name);
                   })};
}

}  // namespace

Family unet_family() { return {.name = "unet", .models = unet_models}; }

}  // namespace assay::models
