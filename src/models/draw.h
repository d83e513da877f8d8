// How values of a step's inputs are drawn, as data: what a family says of its inputs, so that any number of
// sets can be made of them (models/fresh.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "tensor/tensor.h"

namespace assay::models {

// int64 or int32, uniform in [least, limit): token ids, classes. Where sequences are framed, the ends of each
// row are given.
struct Ids {
  int64_t limit = 0;
  int64_t least = 0;
  std::optional<int64_t> first;
  std::optional<int64_t> last;
};

// int64: at each position the id that follows it in the input `ids`, whose values are drawn without a frame;
// rows are read as one, so that after the last of a row comes the first of the next.
struct Following {
  std::string ids;
};

// float32: unit, 2 * unit, ... count * unit, each exact.
struct Times {
  float unit = 0;
  int64_t count = 0;
};

// float32: 1, 1/2, 1/4, ... 2^(1 - count). Where a time is multiplied by frequencies so high that rounding
// the product moves the phase, it is rounded for none of these.
struct PowersOfTwo {
  int64_t count = 0;
};

// The same number in every element, of any type.
struct Constant {
  double value = 0;
};

// The tensor itself as set 0, and as every other set its elements moved on cyclically, each by another number
// of places, as long as there are enough.
struct Given {
  tensor::Tensor tensor;
};

using Draw = std::variant<Ids, Following, Times, PowersOfTwo, Constant, Given>;
using Draws = std::map<std::string, Draw>;  // by the input's name

}  // namespace assay::models
