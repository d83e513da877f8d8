#include "reference/evaluate.h"

#include <algorithm>

#include "graph/roles.h"
#include "reference/kernel.h"

namespace assay::reference {
namespace {

using graph::Graph;
using graph::Node;
using graph::Role;
using graph::Value;
using graph::ValueId;
using tensor::Tensor;

// A tensor from outside as an array: float32 and the storage types as they are, everything else converted.
template <class T>
Array bound(const Tensor& given, Arena& arena) {
  if (given.dtype() == DType::i32) {
    Array widened(arena, DType::i64, given.shape());
    std::ranges::copy(given.data<int32_t>(), widened.mutable_data<int64_t>());
    return widened;
  }
  const bool kept = given.dtype() == DType::f32 || !tensor::is_floating(given.dtype());
  return Array(kept ? given : tensor::converted(given, tensor::dtype_of<T>()));
}

// The binding of one value, checked against what the graph says.
Result<Tensor> find_binding(const Value& value, const TensorMap& bindings) {
  if (value.role == Role::constant) return value.data;
  const auto found = bindings.find(value.name);
  if (found == bindings.end())
    return fail(ErrorKind::data, "{} {} is not given", graph::role_name(value.role), value.name);
  const Tensor& given = found->second;
  if (given.shape() != value.shape)
    return fail(ErrorKind::data, "{} {} has shape {}, the graph expects {}", graph::role_name(value.role),
                value.name, tensor::to_string(given.shape()), tensor::to_string(value.shape));
  if (storage_of<double>(given.dtype()) != storage_of<double>(value.dtype))
    return fail(ErrorKind::data, "{} {} holds {}, the graph expects {}", graph::role_name(value.role),
                value.name, tensor::dtype_name(given.dtype()), tensor::dtype_name(value.dtype));
  return given;
}

// The number of the last node that reads each value; outputs of the graph are read after all nodes, a value
// nobody reads dies with the node that makes it (-1).
std::vector<int64_t> last_readers(const Graph& graph) {
  std::vector<int64_t> last(graph.values().size(), -1);
  for (size_t n = 0; n < graph.nodes().size(); ++n)
    for (const ValueId id : graph.nodes()[n].inputs)
      if (id != graph::kAbsent) last[static_cast<size_t>(id)] = static_cast<int64_t>(n);
  for (const ValueId id : graph.outputs())
    last[static_cast<size_t>(id)] = static_cast<int64_t>(graph.nodes().size());
  return last;
}

// A result in the type that the caller was promised: the scalar, or the graph's own integer type.
template <class T>
Tensor finished(const Array& array, DType dtype) {
  if (array.storage() == DType::i64 && dtype == DType::i32) {
    Tensor narrowed(DType::i32, array.shape());
    std::transform(array.data<int64_t>(), array.data<int64_t>() + array.size(),
                   narrowed.mutable_data<int32_t>().begin(),
                   [](int64_t value) { return static_cast<int32_t>(value); });
    return narrowed;
  }
  if (!tensor::is_floating(array.storage())) return array.to_tensor();
  return tensor::converted(array.to_tensor(), tensor::dtype_of<T>());
}

template <class T>
class Evaluator {
 public:
  Evaluator(const Graph& graph, const Options& options)
      : graph_(graph),
        workers_(options.threads),
        execution_{workers_, options.blocking, options.operands, options.kinks, options.kink_width},
        last_(last_readers(graph)),
        arrays_(graph.values().size()) {}

  Result<TensorMap> run(const TensorMap& bindings) {
    ASSAY_TRY_VOID(bind(bindings));
    for (size_t n = 0; n < graph_.nodes().size(); ++n) ASSAY_TRY_VOID(run_node(n));
    TensorMap outputs;
    for (const ValueId id : graph_.outputs())
      outputs.insert_or_assign(graph_.value(id).name,
                               finished<T>(arrays_[static_cast<size_t>(id)], graph_.value(id).dtype));
    return outputs;
  }

 private:
  Result<> bind(const TensorMap& bindings) {
    for (size_t i = 0; i < graph_.values().size(); ++i) {
      const Value& value = graph_.values()[i];
      if (value.role == Role::computed) continue;
      ASSAY_TRY(const Tensor tensor, find_binding(value, bindings));
      if (last_[i] >= 0) arrays_[i] = bound<T>(tensor, *arena_);
    }
    return {};
  }

  // The inputs of node n. One that is read here for the last time is handed over, so that a kernel may write
  // its result in place.
  std::vector<Array> take_inputs(size_t n) {
    const auto& ids = graph_.nodes()[n].inputs;
    std::vector<Array> inputs(ids.size());
    for (size_t i = 0; i < ids.size(); ++i)
      if (ids[i] != graph::kAbsent) inputs[i] = arrays_[static_cast<size_t>(ids[i])];
    for (const ValueId id : ids)
      if (id != graph::kAbsent && last_[static_cast<size_t>(id)] == static_cast<int64_t>(n))
        arrays_[static_cast<size_t>(id)] = {};
    return inputs;
  }

  Result<> run_node(size_t n) {
    const Node& node = graph_.nodes()[n];
    const auto found = kernels<T>().find(node.op);
    if (found == kernels<T>().end())
      return fail(ErrorKind::data, "node {} ({}): the reference has no such operator", node.name, node.op);
    KernelContext<T> context(graph_, node, take_inputs(n), *arena_, execution_);
    if (auto done = found->second(context); !done)
      return fail(done.error().kind, "node {} ({}): {}", node.name, node.op, done.error().message);
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      const ValueId id = node.outputs[i];
      if (id == graph::kAbsent || last_[static_cast<size_t>(id)] < 0) continue;
      Array& result = context.outputs()[i];
      ASSAY_CHECK(result.shape() == graph_.value(id).shape,
                  "node {} ({}): output {} has shape {}, inferred {}", node.name, node.op, i,
                  tensor::to_string(result.shape()), tensor::to_string(graph_.value(id).shape));
      arrays_[static_cast<size_t>(id)] = std::move(result);
    }
    return {};
  }

  const Graph& graph_;
  Workers workers_;
  Execution execution_;
  std::shared_ptr<Arena> arena_ = std::make_shared<Arena>();
  std::vector<int64_t> last_;
  std::vector<Array> arrays_;
};

}  // namespace

Result<TensorMap> evaluate(const Graph& graph, const TensorMap& bindings, const Options& options) {
  if (options.scalar == Scalar::f32) return Evaluator<float>(graph, options).run(bindings);
  return Evaluator<double>(graph, options).run(bindings);
}

}  // namespace assay::reference
