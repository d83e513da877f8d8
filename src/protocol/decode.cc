#include <fmt/format.h>

#include "protocol/codec.h"
#include "protocol/fields.h"
#include "record/compute_type.h"
#include "record/device.h"

namespace assay::protocol {
namespace {

// What a reply may hold at most; beyond it the runner is broken.
constexpr size_t kMostDevices = 256, kMostNames = 10'000, kMostNodes = 100'000, kMostDetails = 256;
constexpr int64_t kMostSampleNs = int64_t{7} * 24 * 3600 * 1'000'000'000;  // a week
constexpr int64_t kMostThreads = 1 << 20;

// A decoded value with the object's faults: reads with `read`, then asks for faults.
template <class T, class Read>
Decoded<T> object(const Json& json, std::string where, Read read) {
  Fields fields(json, std::move(where));
  T value;
  read(fields, value);
  if (auto fault = fields.finish()) return std::unexpected(std::move(*fault));
  return value;
}

// "assay" and "id", which every message has.
int64_t read_envelope(Fields& fields) {
  const int64_t spoken = fields.integer("assay", 0, INT32_MAX);
  if (spoken != kVersion) fields.fault(fmt::format("protocol version {}, expected {}", spoken, kVersion));
  return fields.integer("id", 0, INT64_MAX);
}

std::string checked_compute_type(Fields& fields, std::string type) {
  if (!record::compute_type_from_name(type))
    fields.fault(
        fmt::format("unknown compute type '{}'; known are {}", excerpt(type), record::compute_type_names()));
  return type;
}

std::string checked_device(Fields& fields, std::string device) {
  if (!record::is_device(device)) fields.fault(record::unknown_device(device));
  return device;
}

Decoded<Device> device(const Json& json) {
  return object<Device>(json, "device", [](Fields& fields, Device& device) {
    device.name = checked_device(fields, fields.name("name", 64));
    device.description = fields.text("description", 512);
  });
}

Decoded<Result> description(const Json& json) {
  return object<Description>(json, "result of describe", [](Fields& fields, Description& result) {
    result.framework = fields.name("framework");
    result.version = fields.name("version");
    for (const Json* entry : fields.objects("devices", kMostDevices)) {
      auto decoded = device(*entry);
      if (!decoded) return fields.fault(decoded.error());
      result.devices.push_back(std::move(*decoded));
    }
    if (result.devices.empty()) fields.fault("'devices' is empty");
    result.operators = fields.names("operators", kMostNames);
    for (auto& type : fields.names("precisions", kMostNames))
      result.precisions.push_back(checked_compute_type(fields, std::move(type)));
    result.training = fields.boolean("training");
    if (fields.has("details")) result.details = fields.texts("details", kMostDetails);
  });
}

Decoded<Result> loaded(const Json& json) {
  return object<Loaded>(json, "result of load", [](Fields& fields, Loaded& result) {
    result.precision = checked_compute_type(fields, fields.name("precision", 64));
    result.threads = static_cast<int>(fields.integer("threads", 0, kMostThreads));
    if (fields.has("notes")) result.notes = fields.text("notes");
  });
}

Decoded<Result> samples(const Json& json, size_t expected) {
  return object<Samples>(json, "result of steps", [expected](Fields& fields, Samples& result) {
    result.samples_ns = fields.integers("samples_ns", kMostSteps, 1, kMostSampleNs);
    if (result.samples_ns.size() != expected)
      fields.fault(fmt::format("{} samples for {} steps", result.samples_ns.size(), expected));
  });
}

Decoded<Result> written(const Json& json) {
  return object<Written>(json, "result of outputs", [](Fields& fields, Written& result) {
    result.set = static_cast<int>(fields.integer("set", 0, kMostSteps - 1));
  });
}

Decoded<Result> received(const Json& json) {
  return object<Received>(json, "result of inputs", [](Fields&, Received&) {});
}

Decoded<Result> closed(const Json& json) {
  return object<Closed>(json, "result of close", [](Fields&, Closed&) {});
}

Decoded<Result> result_of(const Call& call, const Json& json) {
  if (const auto* steps = std::get_if<StepsRequest>(&call))
    return samples(json, static_cast<size_t>(steps->count));
  if (std::holds_alternative<DescribeRequest>(call)) return description(json);
  if (std::holds_alternative<LoadRequest>(call)) return loaded(json);
  if (std::holds_alternative<InputsRequest>(call)) return received(json);
  if (std::holds_alternative<OutputsRequest>(call)) return written(json);
  return closed(json);
}

Decoded<record::NodeIssue> node_issue(const Json& json) {
  return object<record::NodeIssue>(json, "error node", [](Fields& fields, record::NodeIssue& issue) {
    issue.node = fields.text("node", 256);
    issue.op = fields.text("op", 128);
    if (fields.has("message")) issue.message = fields.text("message", 1024);
  });
}

// A runner may say that it cannot (unsupported, with a reason) or that something went wrong (failed, without
// one); everything else is for the core to find.
void read_outcome(Fields& fields, record::Failure& failure) {
  const auto outcome = record::outcome_from_name(fields.name("outcome", 32));
  const auto reason = record::reason_from_name(fields.has("reason") ? fields.text("reason", 32) : "");
  const bool unsupported = outcome == record::Outcome::unsupported;
  if (!unsupported && outcome != record::Outcome::failed)
    fields.fault("'outcome' must be unsupported or failed");
  if (!reason || (unsupported == (reason == record::Reason::none)))
    fields.fault("'reason' must be one of the reasons for unsupported, and empty for failed");
  failure.outcome = outcome.value_or(record::Outcome::failed);
  failure.reason = reason.value_or(record::Reason::none);
}

Decoded<record::Failure> failure(const Json& json) {
  return object<record::Failure>(json, "error", [](Fields& fields, record::Failure& result) {
    read_outcome(fields, result);
    result.message = fields.text("message");
    if (!fields.has("nodes")) return;
    for (const Json* entry : fields.objects("nodes", kMostNodes)) {
      auto issue = node_issue(*entry);
      if (!issue) return fields.fault(issue.error());
      result.nodes.push_back(std::move(*issue));
    }
  });
}

Decoded<Call> load_request(const Json& json) {
  return object<LoadRequest>(json, "params of load", [](Fields& fields, LoadRequest& load) {
    load.graph = fields.path("graph");
    load.weights = fields.path("weights");
    load.state = fields.path_or_null("state");
    load.onnx = fields.path_or_null("onnx");
    load.gguf = fields.path_or_null("gguf");
    load.gradients = fields.boolean("gradients");
    load.variant = fields.name("variant");
    load.device = checked_device(fields, fields.name("device", 64));
    load.precision = checked_compute_type(fields, fields.name("precision", 64));
    load.threads = static_cast<int>(fields.integer("threads", 1, kMostThreads));
    load.cache = fields.path("cache");
  });
}

Decoded<Call> inputs_request(const Json& json) {
  return object<InputsRequest>(json, "params of inputs", [](Fields& fields, InputsRequest& inputs) {
    inputs.path = fields.path("path");
    inputs.sets = static_cast<int>(fields.integer("sets", 1, kMostSteps));
  });
}

Decoded<Call> steps_request(const Json& json) {
  return object<StepsRequest>(json, "params of steps", [](Fields& fields, StepsRequest& steps) {
    steps.count = static_cast<int>(fields.integer("count", 1, kMostSteps));
  });
}

template <class T>
Decoded<Call> without_params(const Json& json, const char* where) {
  return object<T>(json, where, [](Fields&, T&) {});
}

Decoded<Call> call_of(std::string_view name, const Json& json) {
  if (name == "describe") return without_params<DescribeRequest>(json, "params of describe");
  if (name == "load") return load_request(json);
  if (name == "inputs") return inputs_request(json);
  if (name == "steps") return steps_request(json);
  if (name == "outputs")
    return object<OutputsRequest>(json, "params of outputs", [](Fields& fields, OutputsRequest& outputs) {
      outputs.path = fields.path("path");
    });
  if (name == "close") return without_params<CloseRequest>(json, "params of close");
  return std::unexpected(fmt::format("unknown method '{}'", excerpt(name)));
}

// The body of a reply, be it a result or an error.
Decoded<Reply> answer(const Json& body, bool is_error, const Request& request) {
  Reply reply{request.id, {}};
  if (is_error) {
    auto decoded = failure(body);
    if (!decoded) return std::unexpected(std::move(decoded).error());
    reply.answer = std::move(*decoded);
  } else {
    auto decoded = result_of(request.call, body);
    if (!decoded) return std::unexpected(std::move(decoded).error());
    reply.answer = std::move(*decoded);
  }
  return reply;
}

}  // namespace

Decoded<Request> decode_request(std::string_view line) {
  auto json = parse_object(line);
  if (!json) return std::unexpected(json.error());
  Fields fields(*json, "request");
  Request request;
  request.id = read_envelope(fields);
  const std::string name = fields.name("method", 64);
  static const Json none = Json::object();
  const Json* params = fields.has("params") ? fields.object("params") : &none;
  if (auto fault = fields.finish()) return std::unexpected(std::move(*fault));
  auto call = call_of(name, *params);
  if (!call) return std::unexpected(call.error());
  request.call = std::move(*call);
  return request;
}

std::optional<int64_t> request_id(std::string_view line) {
  const auto json = parse_object(line);
  if (!json || !json->contains("id") || !json->at("id").is_number_integer()) return std::nullopt;
  const auto& id = json->at("id");
  return id.is_number_unsigned() && id.get<uint64_t>() > INT64_MAX ? std::nullopt
                                                                   : std::optional(id.get<int64_t>());
}

Decoded<Reply> decode_reply(std::string_view line, const Request& request) {
  auto json = parse_object(line);
  if (!json) return std::unexpected(json.error());
  Fields fields(*json, "reply");
  const int64_t id = read_envelope(fields);
  if (id != request.id) fields.fault(fmt::format("id {}, expected {}", id, request.id));
  const bool is_error = fields.has("error");
  const Json* body = fields.object(is_error ? "error" : "result");
  if (auto fault = fields.finish()) return std::unexpected(std::move(*fault));
  return answer(*body, is_error, request);
}

}  // namespace assay::protocol
