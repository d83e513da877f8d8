// Rounding of the operands of a product to the formats that matrix units multiply in.
#pragma once

#include "reference/options.h"
#include "reference/workers.h"

namespace assay::reference {

// x rounded to the nearest number of the format, to even where two are equally near. tf32: 8 bits of
// exponent, 10 of fraction; bf16: 8 and 7; f16: 5 and 10, with subnormals, infinite beyond 65504.
[[nodiscard]] float rounded(float x, Operands format);

// rows x columns elements, a row every `stride`, rounded into `to`, a row every `columns`.
template <class T>
void round_matrix(Workers& workers, Operands format, const T* from, int64_t rows, int64_t columns,
                  int64_t stride, T* to);

}  // namespace assay::reference
