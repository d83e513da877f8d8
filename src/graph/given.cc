#include "graph/given.h"

namespace assay::graph {

Result<ValueId> add_given(Graph& target, const Value& value) {
  switch (value.role) {
    case Role::input:
      return target.add_input(value.name, value.dtype, value.shape);
    case Role::state:
      return target.add_state(value.name, value.dtype, value.shape);
    case Role::parameter:
      return target.add_parameter(value.name, value.shape, value.init, value.trainable);
    case Role::constant:
      return target.add_constant(value.name, value.data);
    case Role::computed:
      break;
  }
  return kAbsent;
}

}  // namespace assay::graph
