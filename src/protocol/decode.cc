#include <nlohmann/json.hpp>

#include "base/json_fields.h"
#include "base/text.h"
#include "protocol/codec.h"
#include "record/compute_type.h"
#include "record/device.h"
#include "record/plausible.h"

namespace assay::protocol {
namespace {

using Json = nlohmann::json;

// What a reply may hold at most; beyond it the runner is broken.
constexpr size_t kMostNameBytes = 128, kMostDevices = 256, kMostNames = 10'000, kMostNodes = 100'000,
                 kMostDetails = 256;
constexpr int kMostThreads = 1 << 20;
constexpr size_t kMostParts = size_t{1} << 20U;  // of all steps of a request

// `text` for a message: one line, sanitised, short.
std::string excerpt(std::string_view text) { return one_line(text, 120); }

// Parses a line. Faults: too long, not JSON in UTF-8, a byte order mark, a carriage return or a NUL, a field
// twice in one object. That it holds an object is for JsonFields to say.
Decoded<Json> parse_line(std::string_view line) {
  if (line.size() > kMostLineBytes)
    return std::unexpected(fmt::format("a line of {} bytes is too long", line.size()));
  if (line.find('\r') != std::string_view::npos)
    return std::unexpected(fmt::format("a carriage return in the line: '{}'", excerpt(line)));
  auto json = parse_json(line, "line");
  if (!json) return std::unexpected(std::move(json).error().message);
  return *std::move(json);
}

// A decoded value with the object's faults: reads with `read`, then asks for faults.
template <class T, class Read>
Decoded<T> object(const Json& json, std::string where, Read read) {
  JsonFields fields(json, std::move(where));
  T value;
  read(fields, value);
  if (auto end = fields.finish(); !end) return std::unexpected(std::move(end).error().message);
  return value;
}

// A name: one line of at most `most` bytes, not empty.
std::string name(JsonFields& fields, const char* key, size_t most = kMostNameBytes) {
  return one_line(fields.text(key, 1, most), most);
}

std::vector<std::string> names(JsonFields& fields, const char* key) {
  auto result = fields.texts(key, kMostNames, 1, kMostNameBytes);
  for (std::string& name : result) name = one_line(name, kMostNameBytes);
  return result;
}

// Any text, sanitised and cut to `most` bytes.
std::string text(JsonFields& fields, const char* key, size_t most = 4096) {
  return sanitised(fields.text(key), most);
}

// A path: taken as it is, not empty, no NUL.
std::string path(JsonFields& fields, const char* key) {
  std::string path = fields.text(key);
  if (path.empty() || path.contains('\0')) fields.refuse(key, "a path");
  return path;
}

std::optional<std::string> path_or_null(JsonFields& fields, const char* key) {
  return fields.is_null(key) ? std::nullopt : std::optional(path(fields, key));
}

int natural(JsonFields& fields, const char* key, int least, int most) {
  return static_cast<int>(fields.integer(key, least, most));
}

// Texts, numbers or booleans by name, all as text.
std::map<std::string, std::string> details_of(JsonFields& fields) {
  constexpr const char* kExpectation = "a text, a number, true or false";
  std::map<std::string, std::string> result;
  const auto keys = fields.unread();
  if (keys.size() > kMostDetails) fields.fault(fmt::format("more than {} entries", kMostDetails));
  for (const std::string& key : keys) {
    const Json* value = fields.value(key, kExpectation);
    if (value == nullptr) return {};
    if (value->is_structured() || value->is_null()) fields.refuse(key, kExpectation);
    const auto* text = value->get_ptr<const std::string*>();
    result[excerpt(key)] = sanitised(text != nullptr ? *text : json_text(*value), 1024);
  }
  return result;
}

// "assay" and "id", which every message has.
int64_t read_envelope(JsonFields& fields) {
  const int64_t spoken = fields.integer("assay", 0, INT32_MAX);
  if (spoken != kVersion) fields.fault(fmt::format("protocol version {}, expected {}", spoken, kVersion));
  return fields.integer("id", 0);
}

std::string checked_compute_type(JsonFields& fields, std::string type) {
  if (!record::compute_type_from_name(type))
    fields.fault(
        fmt::format("unknown compute type '{}'; known are {}", excerpt(type), record::compute_type_names()));
  return type;
}

std::string checked_device(JsonFields& fields, std::string device) {
  if (!record::is_device(device)) fields.fault(record::unknown_device(device));
  return device;
}

Device device(JsonFields& fields) {
  return {.name = checked_device(fields, name(fields, "name", 64)),
          .description = text(fields, "description", 512)};
}

Decoded<Result> description(const Json& json) {
  return object<Description>(json, "result of describe", [](JsonFields& fields, Description& result) {
    result.framework = name(fields, "framework");
    result.version = name(fields, "version");
    fields.each("devices", [&](JsonFields& entry) { result.devices.push_back(device(entry)); }, kMostDevices);
    if (result.devices.empty()) fields.fault("'devices' is empty");
    result.operators = names(fields, "operators");
    for (auto& type : names(fields, "precisions"))
      result.precisions.push_back(checked_compute_type(fields, std::move(type)));
    result.training = fields.boolean("training");
    if (fields.has("details"))
      fields.nested("details", [&](JsonFields& details) { result.details = details_of(details); });
  });
}

Decoded<Result> loaded(const Json& json) {
  return object<Loaded>(json, "result of load", [](JsonFields& fields, Loaded& result) {
    result.precision = checked_compute_type(fields, name(fields, "precision", 64));
    result.threads = natural(fields, "threads", 0, kMostThreads);
    if (fields.has("notes")) result.notes = text(fields, "notes");
  });
}

Decoded<Result> samples(const Json& json, size_t expected) {
  return object<Samples>(json, "result of steps", [expected](JsonFields& fields, Samples& result) {
    result.samples_ns = fields.integers("samples_ns", kMostSteps, 1, record::kMostSampleNs);
    if (result.samples_ns.size() != expected)
      fields.fault(fmt::format("{} samples for {} steps", result.samples_ns.size(), expected));
    if (!fields.has("parts_ns")) return;
    result.parts_ns = fields.integers("parts_ns", kMostParts, 1, record::kMostSampleNs);
    if (!record::are_parts(result.parts_ns, result.samples_ns))
      fields.fault("'parts_ns' has not as many times for each step, in all no longer than the step");
  });
}

Decoded<Result> written(const Json& json) {
  return object<Written>(json, "result of outputs", [](JsonFields& fields, Written& result) {
    result.set = natural(fields, "set", 0, kMostSteps - 1);
  });
}

Decoded<Result> received(const Json& json) {
  return object<Received>(json, "result of inputs", [](JsonFields&, Received&) {});
}

Decoded<Result> closed(const Json& json) {
  return object<Closed>(json, "result of close", [](JsonFields&, Closed&) {});
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

record::NodeIssue node_issue(JsonFields& fields) {
  return {.node = text(fields, "node", 256),
          .op = text(fields, "op", 128),
          .message = fields.has("message") ? text(fields, "message", 1024) : ""};
}

// A runner may say that it cannot (unsupported, with a reason) or that something went wrong (failed, without
// one); everything else is for the core to find.
void read_outcome(JsonFields& fields, record::Failure& failure) {
  const auto outcome = record::outcome_from_name(name(fields, "outcome", 32));
  const auto reason = record::reason_from_name(fields.has("reason") ? text(fields, "reason", 32) : "");
  const bool unsupported = outcome == record::Outcome::unsupported;
  if (!unsupported && outcome != record::Outcome::failed) fields.refuse("outcome", "unsupported or failed");
  if (!reason || (unsupported == (reason == record::Reason::none)))
    fields.refuse("reason", "one of the reasons for unsupported, and empty for failed");
  failure.outcome = outcome.value_or(record::Outcome::failed);
  failure.reason = reason.value_or(record::Reason::none);
}

Decoded<record::Failure> failure(const Json& json) {
  return object<record::Failure>(json, "error", [](JsonFields& fields, record::Failure& result) {
    read_outcome(fields, result);
    result.message = text(fields, "message");
    if (!fields.has("nodes")) return;
    fields.each("nodes", [&](JsonFields& entry) { result.nodes.push_back(node_issue(entry)); }, kMostNodes);
  });
}

Generation generation(JsonFields& fields) {
  Generation result;
  result.prefill = path(fields, "prefill");
  result.decode = path(fields, "decode");
  result.prefill_onnx = path_or_null(fields, "prefill_onnx");
  result.decode_onnx = path_or_null(fields, "decode_onnx");
  result.decodes = fields.integer("decodes", 1, kMostSteps);
  return result;
}

Decoded<Call> load_request(const Json& json) {
  return object<LoadRequest>(json, "params of load", [](JsonFields& fields, LoadRequest& load) {
    load.graph = path(fields, "graph");
    load.weights = path(fields, "weights");
    load.state = path_or_null(fields, "state");
    load.onnx = path_or_null(fields, "onnx");
    load.gguf = path_or_null(fields, "gguf");
    if (fields.has("original")) load.original = path(fields, "original");
    if (fields.has("fixed")) load.fixed = path(fields, "fixed");
    if (fields.has("generation"))
      fields.nested("generation", [&](JsonFields& parts) { load.generation = generation(parts); });
    load.gradients = fields.boolean("gradients");
    load.variant = name(fields, "variant");
    load.device = checked_device(fields, name(fields, "device", 64));
    load.precision = checked_compute_type(fields, name(fields, "precision", 64));
    load.threads = natural(fields, "threads", 1, kMostThreads);
    load.cache = path(fields, "cache");
  });
}

Decoded<Call> inputs_request(const Json& json) {
  return object<InputsRequest>(json, "params of inputs", [](JsonFields& fields, InputsRequest& inputs) {
    inputs.path = path(fields, "path");
    inputs.sets = natural(fields, "sets", 1, kMostSteps);
  });
}

Decoded<Call> steps_request(const Json& json) {
  return object<StepsRequest>(json, "params of steps", [](JsonFields& fields, StepsRequest& steps) {
    steps.count = natural(fields, "count", 1, kMostSteps);
  });
}

template <class T>
Decoded<Call> without_params(const Json& json, const char* where) {
  return object<T>(json, where, [](JsonFields&, T&) {});
}

Decoded<Call> call_of(std::string_view name, const Json& json) {
  if (name == "describe") return without_params<DescribeRequest>(json, "params of describe");
  if (name == "load") return load_request(json);
  if (name == "inputs") return inputs_request(json);
  if (name == "steps") return steps_request(json);
  if (name == "outputs")
    return object<OutputsRequest>(json, "params of outputs", [](JsonFields& fields, OutputsRequest& outputs) {
      outputs.path = path(fields, "path");
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
  auto json = parse_line(line);
  if (!json) return std::unexpected(json.error());
  JsonFields fields(*json, "request");
  Request request;
  request.id = read_envelope(fields);
  const std::string called = name(fields, "method", 64);
  static const Json none = Json::object();
  const Json* params = fields.has("params") ? fields.value("params", "an object") : &none;
  if (auto end = fields.finish(); !end) return std::unexpected(std::move(end).error().message);
  auto call = call_of(called, *params);
  if (!call) return std::unexpected(call.error());
  request.call = std::move(*call);
  return request;
}

std::optional<int64_t> request_id(std::string_view line) {
  const auto json = parse_line(line);
  return json && json->contains("id") ? integer_of(json->at("id")) : std::nullopt;
}

Decoded<Reply> decode_reply(std::string_view line, const Request& request) {
  auto json = parse_line(line);
  if (!json) return std::unexpected(json.error());
  JsonFields fields(*json, "reply");
  const int64_t id = read_envelope(fields);
  if (id != request.id) fields.fault(fmt::format("id {}, expected {}", id, request.id));
  const bool is_error = fields.has("error");
  const Json* body = fields.value(is_error ? "error" : "result", "an object");
  if (auto end = fields.finish(); !end) return std::unexpected(std::move(end).error().message);
  return answer(*body, is_error, request);
}

}  // namespace assay::protocol
