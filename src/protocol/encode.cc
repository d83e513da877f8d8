#include <array>
#include <nlohmann/json.hpp>

#include "protocol/codec.h"

namespace assay::protocol {
namespace {

using Json = nlohmann::json;

template <class... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};

Json or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(nullptr); }

Json to_json(const Generation& generation) {
  return {{"prefill", generation.prefill},
          {"decode", generation.decode},
          {"prefill_onnx", or_null(generation.prefill_onnx)},
          {"decode_onnx", or_null(generation.decode_onnx)},
          {"decodes", generation.decodes}};
}

Json to_json(const Samples& samples) {
  Json json = {{"samples_ns", samples.samples_ns}};
  if (!samples.parts_ns.empty()) json["parts_ns"] = samples.parts_ns;
  return json;
}

Json to_json(const LoadRequest& load) {
  Json json = {{"graph", load.graph},        {"weights", load.weights},    {"state", or_null(load.state)},
               {"onnx", or_null(load.onnx)}, {"gguf", or_null(load.gguf)}, {"gradients", load.gradients},
               {"variant", load.variant},    {"device", load.device},      {"precision", load.precision},
               {"threads", load.threads},    {"cache", load.cache}};
  if (load.original) json["original"] = *load.original;
  if (load.fixed) json["fixed"] = *load.fixed;
  if (load.generation) json["generation"] = to_json(*load.generation);
  return json;
}

Json parameters(const Call& call) {
  return std::visit(
      Overload{[](const LoadRequest& load) { return to_json(load); },
               [](const InputsRequest& inputs) { return Json{{"path", inputs.path}, {"sets", inputs.sets}}; },
               [](const StepsRequest& steps) { return Json{{"count", steps.count}}; },
               [](const OutputsRequest& outputs) { return Json{{"path", outputs.path}}; },
               [](const auto&) { return Json::object(); }},
      call);
}

Json to_json(const Description& description) {
  Json devices = Json::array();
  for (const Device& device : description.devices)
    devices.push_back({{"name", device.name}, {"description", device.description}});
  return {{"framework", description.framework},   {"version", description.version},
          {"devices", std::move(devices)},        {"operators", description.operators},
          {"precisions", description.precisions}, {"training", description.training},
          {"details", description.details}};
}

Json to_json(const Result& result) {
  return std::visit(
      Overload{[](const Description& description) { return to_json(description); },
               [](const Loaded& loaded) {
                 return Json{
                     {"precision", loaded.precision}, {"threads", loaded.threads}, {"notes", loaded.notes}};
               },
               [](const Samples& samples) { return to_json(samples); },
               [](const Written& written) { return Json{{"set", written.set}}; },
               [](const Received&) { return Json::object(); }, [](const Closed&) { return Json::object(); }},
      result);
}

Json to_json(const record::Failure& failure) {
  Json nodes = Json::array();
  for (const record::NodeIssue& issue : failure.nodes)
    nodes.push_back({{"node", issue.node}, {"op", issue.op}, {"message", issue.message}});
  return {{"outcome", record::name(failure.outcome)},
          {"reason", record::name(failure.reason)},
          {"message", failure.message},
          {"nodes", std::move(nodes)}};
}

// Invalid UTF-8 is replaced, so dump() cannot throw.
std::string line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string_view method(const Call& call) {
  static constexpr std::array<std::string_view, std::variant_size_v<Call>> kNames = {
      "describe", "load", "inputs", "steps", "outputs", "close"};
  return kNames[call.index()];
}

std::string encode(const Request& request) {
  return line({{"assay", kVersion},
               {"id", request.id},
               {"method", method(request.call)},
               {"params", parameters(request.call)}});
}

std::string encode(const Reply& reply) {
  Json json = {{"assay", kVersion}, {"id", reply.id}};
  if (const auto* result = std::get_if<Result>(&reply.answer))
    json["result"] = to_json(*result);
  else
    json["error"] = to_json(std::get<record::Failure>(reply.answer));
  return line(json);
}

}  // namespace assay::protocol
