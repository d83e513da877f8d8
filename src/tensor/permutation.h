// A pseudo-random order of [0, limit) that is never written down: place by place, in constant memory, the
// same on every machine.
#pragma once

#include <cstdint>
#include <string_view>

namespace assay::tensor {

// What stands at `place` of an endless walk through [0, limit): each lap of `limit` places has every number
// once, each lap in another order. limit is in [1, 2^32].
[[nodiscard]] int64_t permuted(std::string_view name, uint64_t seed, uint64_t place, int64_t limit);

}  // namespace assay::tensor
