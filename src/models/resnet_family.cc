// The family `resnet`: ResNet-50.
#include <fmt/format.h>

#include "models/assemble.h"
#include "models/family.h"
#include "models/resnet.h"

namespace assay::models {
namespace {

constexpr int64_t kBatch = 4;
constexpr int64_t kLeastImage = 32, kMostImage = 4096;  // the stages halve it five times

// Labels 0, 1, 2, ..., and drawn ones.
Result<Workload> training(const ResnetConfig& config, const std::string& name, int64_t batch) {
  std::vector<int64_t> labels(static_cast<size_t>(batch));
  for (int64_t i = 0; i < batch; ++i) labels[static_cast<size_t>(i)] = i % config.classes;
  const std::array<TensorMap, 2> given = {
      TensorMap{{"labels", integer_list(labels)}},
      TensorMap{{"labels", integer_list(drawn_indices("labels", batch, config.classes))}}};
  Workload result;
  ASSAY_TRY(auto graph, resnet_loss(config, name, batch));
  result.step = with_noise(std::move(graph), given);
  result.draws = {{"labels", Ids{.limit = config.classes}}};
  return result;
}

Result<Workload> inference(const ResnetConfig& config, const std::string& name, int64_t batch) {
  Workload result;
  ASSAY_TRY(auto graph, resnet_logits(config, name, batch));
  result.step = with_noise(std::move(graph));
  return result;
}

Result<Workload> build(ResnetConfig config, const Wanted& wanted) {
  const int64_t batch = wanted.size(Dimension::batch);
  config.image = wanted.size(Dimension::image);
  ASSAY_TRY(Workload result, wanted.kind == "training" ? training(config, wanted.graph_name, batch)
                                                       : inference(config, wanted.graph_name, batch));
  result.items = batch;
  result.item_name = "images";
  return result;
}

WorkloadDimensions dimensions(const ResnetConfig& config) {
  const Bounds image = {.usual = config.image, .least = kLeastImage, .most = kMostImage};
  const auto of = [&](int64_t batch) {
    return Dimensions{{Dimension::image, image}, {Dimension::batch, {.usual = batch, .most = kMostBatch}}};
  };
  return {{"inference", of(kBatch)}, {"latency", of(1)}, {"training", of(kBatch)}};
}

std::vector<Model> resnet_models(std::string_view size) {
  const bool small = size == "tiny";
  const ResnetConfig config =
      small ? ResnetConfig{.blocks = {2, 1, 2, 1}, .width = 8, .classes = 10, .image = 64}
            : ResnetConfig{.blocks = {3, 4, 6, 3}};
  return {assemble({.name = "resnet-50",
                    .size = std::string(size),
                    .family = "resnet",
                    .description = fmt::format("ResNet-50{}: image classification, {} classes; BN frozen",
                                               small ? " in miniature" : "", config.classes),
                    .workloads = {"inference", "latency", "training"},
                    .dimensions = dimensions(config),
                    .spares = {{.name = "*.num_batches_tracked", .same_as = ""}}},
                   [config](const Wanted& wanted) { return build(config, wanted); })};
}

}  // namespace

Family resnet_family() { return {.name = "resnet", .models = resnet_models}; }

}  // namespace assay::models
