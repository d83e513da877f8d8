// The family `vla`: the action expert of SmolVLA.
#include <fmt/format.h>

#include "models/assemble.h"
#include "models/family.h"
#include "models/vla.h"

namespace assay::models {
namespace {

constexpr VlaConfig kVlaFull = {.hidden = 720,
                                .layers = 16,
                                .feed_forward = 2048,
                                .query_heads = 15,
                                .kv_heads = 5,
                                .head_size = 64,
                                .actions = 32,
                                .prefix = 113};
constexpr VlaConfig kVlaTiny = {.hidden = 48,
                                .layers = 4,
                                .feed_forward = 96,
                                .query_heads = 6,
                                .kv_heads = 2,
                                .head_size = 8,
                                .actions = 8,
                                .prefix = 11};
constexpr int64_t kMostPrefix = 8192;
// Exact in binary, so that the angles differ by no rounding of the time.
constexpr std::array<float, 2> kFlowTimes = {0.5F, 0.25F};
// From noise, 1, to a tenth, where its ten steps of denoising end. The highest frequency is 1,571: the
// rounding of any other time's product would be 40 times that of all the rest.
constexpr PowersOfTwo kAllFlowTimes = {.count = 4};

Result<Workload> build(VlaConfig config, const Wanted& wanted) {
  const std::string& name = wanted.graph_name;
  const int64_t chunk = wanted.kind == "latency" ? 1 : config.hidden == kVlaFull.hidden ? 50 : 10;
  const int64_t batch = wanted.size(Dimension::batch);
  config.prefix = wanted.size(Dimension::context);
  const auto make = [&](const VlaConfig& one) {
    return wanted.kind == "training" ? vla_loss(one, name, chunk, batch) : vla_step(one, name, chunk, batch);
  };
  VlaConfig float32_angles = config;
  float32_angles.float32_angles = true;
  ASSAY_TRY(auto step, make(config));
  ASSAY_TRY(auto prefix, vla_prefix(config, name + "/state", batch));
  Workload result;
  ASSAY_TRY(result.rounded, make(float32_angles));
  result.items = chunk * batch;
  result.item_name = "actions";
  result.draws = {{"timestep", kAllFlowTimes}};
  result.step =
      with_noise(std::move(step), {TensorMap{{"timestep", tensor::Tensor::of<float>({1}, {kFlowTimes[0]})}},
                                   TensorMap{{"timestep", tensor::Tensor::of<float>({1}, {kFlowTimes[1]})}}});
  result.state = with_noise(std::move(prefix));
  result.state->inputs[1] = result.state->inputs[0];
  return result;
}

std::vector<Model> vla_models(std::string_view size) {
  const bool small = size == "tiny";
  const VlaConfig config = small ? kVlaTiny : kVlaFull;
  const Dimensions taken = {{Dimension::context, {.usual = config.prefix, .most = kMostPrefix}},
                            {Dimension::batch, {.most = kMostBatch}}};
  return {assemble(
      {.name = "smolvla-expert",
       .size = std::string(size),
       .family = "vla",
       .description = fmt::format("SmolVLA's action expert{}: one denoising step, {} layers of width {}",
                                  small ? " in miniature" : "", config.layers, config.hidden),
       .workloads = {"inference", "latency", "training"},
       .dimensions = {{"inference", taken}, {"latency", taken}, {"training", taken}},
       // What comes before the expert, whose keys and values are given, and the scales of its surroundings.
       .spares = {{.name = "model.vlm_with_expert.vlm.*", .same_as = ""},
                  {.name = "model.state_proj.*", .same_as = ""},
                  {.name = "normalize_*", .same_as = ""},
                  {.name = "unnormalize_*", .same_as = ""}}},
      [config](const Wanted& wanted) { return build(config, wanted); })};
}

}  // namespace

Family vla_family() { return {.name = "vla", .models = vla_models}; }

}  // namespace assay::models
