#include "case.h"

namespace assay::gradients {
namespace {

Case slice(const std::string& variant, const std::vector<int64_t>& starts, const std::vector<int64_t>& ends,
           const std::vector<int64_t>& axes, const std::vector<int64_t>& steps) {
  return {"Slice", variant, [=](Maker& m) {
            return std::vector{
                m.op("Slice", {m.p({5, 6}), m.ints(starts), m.ints(ends), m.ints(axes), m.ints(steps)})};
          }};
}

Case unary(const std::string& op, const std::string& variant, const Shape& x,
           const std::vector<int64_t>& second, const Attributes& attributes = {}) {
  return {op, variant, [=](Maker& m) {
            std::vector<ValueId> inputs{m.p(x)};
            if (!second.empty()) inputs.push_back(m.ints(second));
            return std::vector{m.op(op, inputs, attributes)};
          }};
}

Case gather(const std::string& variant, const Shape& data, const Shape& shape,
            const std::vector<int64_t>& indices, int64_t axis) {
  return {"Gather", variant, [=](Maker& m) {
            return std::vector{m.op("Gather", {m.p(data), m.i64(shape, indices)}, {{"axis", axis}})};
          }};
}

std::vector<Case> joining() {
  const Attributes last{{"axis", int64_t{1}}};
  return {
      {"Concat", "all",
       [=](Maker& m) { return std::vector{m.op("Concat", {m.p({2, 3}), m.p({2, 1}), m.p({2, 2})}, last)}; }},
      {"Concat", "some",
       [=](Maker& m) {
         return std::vector{m.op("Concat", {m.p({2, 3}), m.fixed({2, 1}), m.p({2, 2})}, last)};
       }},
      {"Split", "sizes", [=](Maker& m) { return m.ops("Split", {m.p({2, 6}), m.ints({1, 3, 2})}, last, 3); }},
      {"Split", "equal",
       [](Maker& m) { return m.ops("Split", {m.p({4, 3})}, {{"num_outputs", int64_t{2}}}, 2); }},
      {"Split", "one_used",
       [=](Maker& m) { return std::vector{m.ops("Split", {m.p({2, 6}), m.ints({1, 3, 2})}, last, 3)[1]}; }},
  };
}

std::vector<Case> looking_up() {
  return {
      gather("rows", {5, 3}, {2, 4}, {0, 4, 1, 1, 1, 3, 0, 4}, 0),
      gather("negative_index", {5, 3}, {2}, {-1, 2}, 0),
      gather("one", {5, 3}, {}, {2}, 0),
      gather("columns", {2, 5, 3}, {4}, {4, 0, 4, 2}, 1),
      gather("one_column", {2, 5}, {}, {3}, -1),
      gather("last_of_three", {2, 3, 5}, {2}, {4, 1}, 2),
      gather("matrix_of_columns", {2, 5, 3}, {2, 2}, {4, 0, 4, 2}, 1),
      {"Gather", "tied",
       [](Maker& m) {  // an embedding that is the output head too
         const ValueId table = m.p({6, 4});
         const ValueId x = m.op("Gather", {table, m.i64({1, 3}, {2, 5, 2})});
         return std::vector{m.op("Linear", {m.op("Tanh", {x}), table})};
       }},
      {"Gather", "twice",
       [](Maker& m) {
         const ValueId table = m.p({6, 4});
         const ValueId x = m.op("Gather", {table, m.i64({3}, {2, 5, 2})});
         return std::vector{x, m.op("Gather", {table, m.i64({2}, {0, 2})})};
       }},
      {"GatherElements", "rows",
       [](Maker& m) {
         return std::vector{m.op("GatherElements", {m.p({3, 4}), m.i64({2, 4}, {0, 1, 2, 0, 2, 1, 2, 2})},
                                 {{"axis", int64_t{0}}})};
       }},
      {"GatherElements", "columns",
       [](Maker& m) {
         return std::vector{m.op("GatherElements", {m.p({3, 4}), m.i64({3, 2}, {0, 0, 3, 1, 2, 1})},
                                 {{"axis", int64_t{1}}})};
       }},
      {"GatherND", "rows",
       [](Maker& m) { return std::vector{m.op("GatherND", {m.p({3, 4}), m.i64({3, 1}, {0, 2, 2})})}; }},
      {"GatherND", "elements",
       [](Maker& m) {
         return std::vector{m.op("GatherND", {m.p({3, 4}), m.i64({3, 2}, {0, 1, 2, 3, 0, 1})})};
       }},
  };
}

}  // namespace

std::vector<Case> layout_cases() {
  std::vector<Case> cases{
      unary("Identity", "plain", {2, 3}, {}),
      unary("Reshape", "plain", {2, 6}, {3, -1}),
      unary("Flatten", "plain", {2, 3, 2}, {}, {{"axis", int64_t{2}}}),
      unary("Squeeze", "one", {2, 1, 3}, {1}),
      unary("Squeeze", "all", {1, 2, 1}, {}),
      unary("Unsqueeze", "two", {2, 3}, {0, -1}),
      unary("Transpose", "reverse", {2, 3, 4}, {}),
      unary("Transpose", "permutation", {2, 3, 4}, {}, {{"perm", std::vector<int64_t>{1, 2, 0}}}),
      unary("Expand", "new_dimensions", {3, 1}, {2, 3, 4}),
      unary("Expand", "smaller", {3, 1, 4}, {2, 1}),
      unary("Pad", "both_ends", {2, 3}, {1, 0, 0, 2}),
      unary("Pad", "crop", {3, 4}, {-1, 1, 0, -2}),
      unary("Pad", "reflect", {3, 4}, {1, 0, 2, 3}, {{"mode", std::string("reflect")}}),
      unary("Pad", "edge", {3, 4}, {1, 0, 2, 3}, {{"mode", std::string("edge")}}),
      unary("Pad", "wrap", {3, 4}, {0, 5, 0, -1}, {{"mode", std::string("wrap")}}),
      unary("Tile", "two", {2, 3, 1}, {2, 1, 3}),
      unary("DepthToSpace", "depth_first", {2, 8, 2, 3}, {}, {{"blocksize", int64_t{2}}}),
      unary("DepthToSpace", "columns_first", {2, 8, 2, 3}, {},
            {{"blocksize", int64_t{2}}, {"mode", std::string("CRD")}}),
      unary("SpaceToDepth", "plain", {2, 2, 4, 6}, {}, {{"blocksize", int64_t{2}}}),
      unary("Trilu", "upper", {2, 3, 4}, {1}),
      unary("Trilu", "lower", {3, 4}, {}, {{"upper", int64_t{0}}}),
      unary("ReverseSequence", "plain", {4, 3, 2}, {4, 1, 2}),
      slice("plain", {1, 0}, {4, 5}, {0, 1}, {1, 1}),
      slice("steps", {0, 1}, {5, 6}, {0, 1}, {3, 2}),
      slice("negative", {-2}, {100}, {-1}, {1}),
      slice("backwards", {4, 5}, {0, -100}, {0, 1}, {-1, -2}),
      {"Cast", "to_double_and_back",
       [](Maker& m) {
         const ValueId wide = m.op("Cast", {m.p({2, 3})}, {{"to", int64_t{11}}});
         return std::vector{m.op("Cast", {m.op("Mul", {wide, wide})}, {{"to", int64_t{1}}})};
       }},
  };
  for (auto& more : {joining(), looking_up()}) cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

}  // namespace assay::gradients
