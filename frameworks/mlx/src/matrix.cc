// Matrix products, as mlx.nn.Linear writes them.
#include <mlx/einsum.h>

#include "operators.h"

namespace mlx_runner {
namespace {

void linear(const Call& call) {
  const array weight = mx::transpose(call.x(1));
  call.set(0, call.given(2) ? mx::addmm(call.x(2), call.x(0), weight) : mx::matmul(call.x(0), weight));
}

// MLX multiplies matrices of floating numbers only.
array product_of_integers(const array& a, const array& b) {
  const array left = a.ndim() == 1 ? mx::expand_dims(a, 0) : a,
              right = b.ndim() == 1 ? mx::expand_dims(b, 1) : b;
  return mx::sum(mx::expand_dims(left, -1) * mx::expand_dims(right, -3), -2);
}

void matmul(const Call& call) {
  const array a = call.x(0), b = call.x(1);
  const array result = call.is_floating(0) ? mx::matmul(a, b) : product_of_integers(a, b);
  call.set(0, mx::reshape(result, call.result_shape()));
}

void gemm(const Call& call) {
  const auto alpha = static_cast<float>(call.node().real("alpha", 1)),
             beta = static_cast<float>(call.node().real("beta", 1));
  const array a = call.flag("transA") ? mx::transpose(call.x(0)) : call.x(0);
  const array b = call.flag("transB") ? mx::transpose(call.x(1)) : call.x(1);
  if (call.given(2)) return call.set(0, mx::addmm(call.x(2), a, b, alpha, beta));
  const array product = mx::matmul(a, b);
  call.set(0, alpha == 1 ? product : product * number(alpha, product));
}

void einsum(const Call& call) {
  std::vector<array> operands;
  for (size_t i = 0; i < call.node().inputs.size(); ++i) operands.push_back(call.x(i));
  std::string equation = call.node().text("equation", "");
  std::erase(equation, ' ');
  call.set(0, mx::reshape(mx::einsum(equation, operands), call.result_shape()));
}

}  // namespace

std::vector<Operator> matrix_operators() {
  return {
      {"Einsum", einsum},
      {"Gemm", gemm},
      {"Linear", linear},
      {"MatMul", matmul},
  };
}

}  // namespace mlx_runner
