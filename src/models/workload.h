// A workload: what one step of a model is (inference, latency or training), as a graph with its two input
// sets, and where its state and its truth come from. Everything a runner is given and everything it is judged
// against follows from this.
#pragma once

#include <array>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "models/draw.h"
#include "models/request.h"

namespace assay::models {

using graph::Graph;
using tensor::TensorMap;

// A graph with the inputs of both sets. inputs[s] holds exactly the graph's inputs by name.
struct Evaluation {
  Graph graph;
  std::array<TensorMap, 2> inputs;
};

// A file that a graph was made from, for contestants who are to take it as it stands.
struct Original {
  std::filesystem::path file;                  // absolute
  std::optional<std::filesystem::path> fixed;  // safetensors: inputs that the file has and the graph has not
};

// A step that is a whole request: what is read first, then what is written token by token, each a graph over
// the same weights. Who runs it keeps the states that `decode` has, empty at first: what a graph gives as
// layers.N.key and layers.N.value [batch, count, heads * size] comes to the next places of layers.N.past_key
// and layers.N.past_value [batch, heads, places, size]. The step's input input_ids is what `prefill` takes,
// followed by what each `decode` takes; the step's output joins those of all, along the same dimension.
struct Generation {
  Graph prefill;
  Graph decode;
  int64_t decodes = 0;  // how often it runs
  // The first and the last decode with a past that is just as long as it is then: what they must read, where
  // `decode` has room for more. What is between them needs no less than their mean.
  std::array<Graph, 2> at_least = {Graph(), Graph()};
};

struct Workload {
  std::string model;  // "smollm2-135m"
  std::string size;   // "full" or "tiny"
  std::string name;   // as the cell has it: "inference", "latency[@4096]" (record/request.h)
  Request request;    // all sizes of what is asked; empty where none can be chosen
  // "inference", "latency", "training" or "generate".
  [[nodiscard]] std::string_view kind() const { return record::kind_of(name); }
  // The step itself. In training it ends in one output named "loss", a scalar; the gradients of the trainable
  // parameters, named "grad.<parameter>", are outputs that follow from it (autodiff/gradient.h).
  Evaluation step;
  // Where the step has states: their source, whose outputs carry the states' names. Both input sets share the
  // state of set 0.
  std::optional<Evaluation> state;
  // How further inputs of the step are drawn (models/fresh.h), for those that are not noise.
  Draws draws;
  // Where the truth is not the step itself: a graph without states whose outputs have the names and shapes of
  // step's outputs. Its inputs are those of the state's set 0, followed by what the step adds (truth_inputs()
  // in models/fresh.h).
  std::optional<Evaluation> truth;
  // The step as float32 rounds what its graph has as exact constants and frameworks compute themselves:
  // rotary tables, from angles in float32. For the yardstick of rounding; absent where there is no such
  // constant.
  std::optional<Graph> rounded;
  std::optional<Generation> generation;  // where the step runs in parts
  std::optional<Original> original;      // where the graph was made from a file of another kind
  // What one step processes, for derived figures: 128 "tokens", 4 "images".
  int64_t items = 1;
  std::string item_name = "items";
};

// A tensor that a file of a model's weights may hold beside its parameters.
struct Spare {
  std::string name;     // a star in it stands for any characters
  std::string same_as;  // the parameter that it must equal; empty: the model does not use it
};

// One model in one size: its workloads by name, and the checkpoint that its parameters come from, if it has
// one.
struct Model {
  std::string name;         // "smollm2-135m", or a directory's or a file's name and a hash of what it holds
  std::string size;         // "full" or "tiny"
  std::string family;       // "decoder"
  std::string description;  // one line
  std::vector<std::string> workloads;  // by their kinds
  WorkloadDimensions dimensions;       // what sizes of a request each takes
  // The workload of that name, e.g. "latency" or "latency[@4096,x8]". Fails (usage) on a size that it does
  // not take.
  std::function<Result<Workload>(std::string_view workload)> build;
  // What its graphs follow from, by the keys of a config.json; empty where no directory can say it.
  std::map<std::string, std::string> numbers;
  std::vector<Spare> spares;
  // Safetensors files, or one GGUF file; empty: weights are generated.
  std::vector<std::filesystem::path> checkpoint;
};

}  // namespace assay::models
