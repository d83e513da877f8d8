// The family `resnet`: ResNet-50.
#include <fmt/format.h>

#include <numeric>

#include "models/assemble.h"
#include "models/family.h"
#include "models/resnet.h"

namespace assay::models {
namespace {

constexpr int64_t kBatch = 4;

Result<Workload> training(const ResnetConfig& config, const std::string& name) {
  std::vector<int64_t> labels(kBatch);
  std::iota(labels.begin(), labels.end(), 0);
  const std::array<TensorMap, 2> given = {
      TensorMap{{"labels", integer_list(labels)}},
      TensorMap{{"labels", integer_list(drawn_indices("labels", kBatch, config.classes))}}};
  Workload result;
  ASSAY_TRY(auto graph, resnet_loss(config, name, kBatch));
  result.step = with_noise(std::move(graph), given);
  result.draws = {{"labels", Ids{.limit = config.classes}}};
  result.items = kBatch;
  return result;
}

Result<Workload> build(const ResnetConfig& config, std::string_view workload, const std::string& name) {
  if (workload == "training") return training(config, name);
  Workload result;
  result.items = workload == "latency" ? 1 : kBatch;
  ASSAY_TRY(auto graph, resnet_logits(config, name, result.items));
  result.step = with_noise(std::move(graph));
  return result;
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
                    .spares = {{.name = "*.num_batches_tracked", .same_as = ""}}},
                   [config](std::string_view workload, const std::string& name) -> Result<Workload> {
                     ASSAY_TRY(Workload result, build(config, workload, name));
                     result.item_name = "images";
                     return result;
                   })};
}

}  // namespace

Family resnet_family() { return {.name = "resnet", .models = resnet_models}; }

}  // namespace assay::models
