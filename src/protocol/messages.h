// The messages between the core and a runner as plain data (docs/protocol.md says what they mean). Encoding
// and decoding is in codec.h; nothing here does I/O, so the C++ SDK compiles the same structs for the other
// end of the pipe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "record/outcome.h"

namespace assay::protocol {

// The version in the field "assay" of every message. It rises when an old runner would misunderstand a new
// core.
inline constexpr int64_t kVersion = 2;

// Requests: parameters of the methods. describe and close have none.
struct DescribeRequest {};

// Of a step that runs in parts (docs/protocol.md, generation): paths of their graphs as JSON and, for
// variants with model = "onnx", as ONNX; how often the second runs.
struct Generation {
  std::string prefill, decode;
  std::optional<std::string> prefill_onnx, decode_onnx;
  int64_t decodes = 0;
};

struct LoadRequest {
  std::string graph;                 // path of the graph as JSON
  std::string weights;               // path of a safetensors file
  std::optional<std::string> state;  // path of a safetensors file; absent: the graph has no states
  std::optional<std::string> onnx;   // path of the same graph as ONNX, for variants with model = "onnx"
  std::optional<std::string> gguf;   // path of the same graph as GGUF, for variants with model = "gguf"
  // Of a variant with model = "original": the user's own ONNX file, and a safetensors file with those of its
  // inputs that the graph has not, since the user fixed them. Absent for all others.
  std::optional<std::string> original;
  std::optional<std::string> fixed;
  // Where a step is a whole request: the graphs of its parts.
  std::optional<Generation> generation;
  bool gradients = false;         // a step computes `loss` and the gradients too
  std::string variant;            // "eager"
  std::string device;             // "cpu", a name from describe
  std::string precision = "f32";  // the compute type asked for
  int threads = 1;
  std::string cache;  // folder for compile caches
};

// The inputs of the next steps: each of the graph's inputs under its name, with one more leading dimension.
struct InputsRequest {
  std::string path;  // of a safetensors file
  int sets = 0;      // that leading dimension
};

struct StepsRequest {
  int count = 0;  // of the next input sets, one a step
};

struct OutputsRequest {
  std::string path;  // the safetensors file to write
};

struct CloseRequest {};

using Call =
    std::variant<DescribeRequest, LoadRequest, InputsRequest, StepsRequest, OutputsRequest, CloseRequest>;

struct Request {
  int64_t id = 0;
  Call call;
};

// Results.
struct Device {
  std::string name;         // "cpu": what a contestant's name ends in
  std::string description;  // "Intel Xeon ..."
};

struct Description {
  std::string framework;  // "Sample"
  std::string version;    // "2.15.0"
  std::vector<Device> devices;
  std::vector<std::string> operators;   // empty: not listed, ask load
  std::vector<std::string> precisions;  // "f32"
  bool training = false;
  std::map<std::string, std::string> details;  // anything worth recording: the wheel, the BLAS
};

struct Loaded {
  std::string precision;  // the compute type really used
  int threads = 0;        // as the framework says; the core counts for itself
  std::string notes;
};

// The inputs are in host memory; their file is needed no more.
struct Received {};

struct Samples {
  std::vector<int64_t> samples_ns;  // one a step
  // Of steps that run in parts: those of each, one step after the other; empty for others.
  std::vector<int64_t> parts_ns;
};

struct Written {
  int set = 0;  // which of the newest inputs' sets the step had whose outputs were written
};

struct Closed {};

using Result = std::variant<Description, Loaded, Received, Samples, Written, Closed>;

// An answer: the result, or the runner's own account of why there is none (outcome unsupported or failed).
struct Reply {
  int64_t id = 0;
  std::variant<Result, record::Failure> answer;
};

}  // namespace assay::protocol
