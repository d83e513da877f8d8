// `assay list`: the models with what each workload costs, and the contestants.
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/places.h"
#include "graph/cost.h"
#include "models/catalogue.h"
#include "models/presets.h"
#include "record/request.h"
#include "report/figures.h"
#include "report/table.h"
#include "setup/framework.h"

namespace assay::cli {
namespace {

struct Row {
  const models::Model* model;
  std::string workload;
  graph::Cost cost;
};

Result<std::vector<Row>> model_rows(const std::vector<models::Model>& catalogue) {
  std::vector<Row> rows;
  for (const auto& model : catalogue)
    for (const std::string& name : model.workloads) {
      ASSAY_TRY(const auto workload, model.build(name));
      rows.push_back({&model, name, graph::cost(workload.step.graph)});
    }
  return rows;
}

// What sizes of a request the workload takes.
nlohmann::json takes_json(const Row& row) {
  nlohmann::json takes = nlohmann::json::object();
  const auto found = row.model->dimensions.find(row.workload);
  if (found == row.model->dimensions.end()) return takes;
  for (const auto& [dimension, bounds] : found->second)
    takes[std::string(record::words_of(dimension).name)] = {{"usual", bounds.usual},
                                                            {"least", bounds.least},
                                                            {"most", bounds.most},
                                                            {"multiple_of", bounds.multiple_of}};
  return takes;
}

std::string takes_text(const Row& row) {
  std::vector<std::string> parts;
  const auto found = row.model->dimensions.find(row.workload);
  if (found == row.model->dimensions.end()) return "";
  for (const auto& [dimension, bounds] : found->second)
    parts.push_back(fmt::format("{} {}", record::words_of(dimension).name, bounds.usual));
  return fmt::format("{}", fmt::join(parts, ", "));
}

double bytes_moved(const graph::Cost& cost) { return cost.parameter_bytes + cost.io_bytes; }

void print_list_json(const std::vector<Row>& rows, const std::vector<setup::Framework>& frameworks) {
  nlohmann::json models = nlohmann::json::array();
  for (const Row& row : rows)
    models.push_back({{"model", row.model->name},
                      {"size", row.model->size},
                      {"family", row.model->family},
                      {"workload", row.workload},
                      {"takes", takes_json(row)},
                      {"parameters", row.cost.parameters},
                      {"forward_flops", row.cost.flops},
                      {"least_bytes", bytes_moved(row.cost)},
                      {"peak_activation_bytes", row.cost.peak_activation_bytes}});
  nlohmann::json contestants = nlohmann::json::array();
  for (const auto& framework : frameworks)
    for (const auto& variant : framework.variants)
      if (!framework.hidden)
        contestants.push_back(
            {{"framework", framework.name}, {"variant", variant.name}, {"devices", variant.devices}});
  print_json({{"schema", 1}, {"workloads", models}, {"contestants", contestants}});
}

report::Table models_table(const std::vector<Row>& rows) {
  report::Table table;
  table.right = {false, false, true, true, true, true};
  table.rows.push_back({"model", "workload", "parameters", "forward FLOPs", "bytes that must move",
                        "peak activations", "of what size, usually"});
  for (const Row& row : rows)
    table.rows.push_back(
        {row.model->name, row.workload, report::count(static_cast<double>(row.cost.parameters)),
         report::count(row.cost.flops), report::bytes(static_cast<int64_t>(bytes_moved(row.cost))),
         report::bytes(static_cast<int64_t>(row.cost.peak_activation_bytes)), takes_text(row)});
  return table;
}

report::Table frameworks_table(const std::vector<setup::Framework>& frameworks) {
  report::Table table;
  table.rows.push_back({"framework", "language", "variants", "licence"});
  for (const auto& framework : frameworks) {
    if (framework.hidden) continue;
    std::vector<std::string> variants;
    for (const auto& variant : framework.variants) variants.push_back(variant.name);
    table.rows.push_back({framework.name, framework.language, fmt::format("{}", fmt::join(variants, ", ")),
                          framework.licence});
  }
  return table;
}

int list_presets(const ListArguments& arguments) {
  nlohmann::json documents = nlohmann::json::array();
  report::Table table;
  table.rows.push_back({"preset", "what is done", "model", "workloads"});
  for (const models::Preset& preset : models::presets()) {
    documents.push_back({{"preset", preset.name},
                         {"meaning", preset.meaning},
                         {"model", preset.model},
                         {"workloads", preset.workloads}});
    table.rows.push_back({std::string(preset.name), std::string(preset.meaning), std::string(preset.model),
                          fmt::format("{}", fmt::join(preset.workloads, " "))});
  }
  if (arguments.json)
    print_json({{"schema", 1}, {"presets", documents}});
  else
    print("{}", report::formatted(std::vector<report::Section>{{"Presets", {}, table}}, arguments.format));
  return 0;
}

Result<> list(const ListArguments& arguments) {
  const auto catalogue = models::catalogue(arguments.size);
  ASSAY_TRY(const auto rows, model_rows(catalogue));
  ASSAY_TRY(const auto frameworks, setup::scan(source_dir() / "frameworks"));
  if (arguments.json)
    print_list_json(rows, frameworks);
  else
    print("{}", report::formatted(
                    std::vector<report::Section>{
                        {"Models", {{"table", "models"}}, models_table(rows)},
                        {"Frameworks", {{"table", "frameworks"}}, frameworks_table(frameworks)}},
                    arguments.format));
  return {};
}

}  // namespace

int run(const ListArguments& arguments) {
  if (arguments.presets) return list_presets(arguments);
  const auto result = list(arguments);
  return result ? 0 : report_error(result.error());
}

}  // namespace assay::cli
