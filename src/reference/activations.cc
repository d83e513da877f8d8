// Activations: functions of one operand, element by element. A number that a node does not give is the
// standard's, which is one of float32.
#include <cmath>
#include <limits>
#include <numbers>

#include "reference/kinks.h"
#include "reference/map.h"

namespace assay::reference {
namespace {

template <class T>
T sigmoid(T x) {
  return T{1} / (T{1} + std::exp(-x));
}

// Where the slope is ambiguous, the value decides it: zero is off, the least positive number is on.
template <class T>
Result<> relu_at_kinks(KernelContext<T>& c) {
  const T width = kink_width(c, 0);
  const bool on = c.execution().kinks == Kinks::on;
  return map_real(c, [=](T x) {
    if (std::abs(x) > width) return std::max(x, T{0});
    return on ? std::max(x, std::numeric_limits<T>::min()) : T{0};
  });
}

template <class T>
Result<> relu(KernelContext<T>& c) {
  if (c.floating(0) && c.execution().kinks != Kinks::computed) return relu_at_kinks(c);
  return map_number(c, [](auto x) { return x < 0 ? decltype(x){0} : x; });
}
template <class T>
Result<> swish(KernelContext<T>& c) {
  const auto alpha = static_cast<T>(c.node().real("alpha", 1.0));
  return map_real(c, [alpha](T x) { return x * sigmoid(alpha * x); });
}

template <class T>
Result<> gelu(KernelContext<T>& c) {
  if (c.node().text("approximate", "none") == "tanh") {
    const T factor = std::sqrt(T{2} / std::numbers::pi_v<T>);
    return map_real(c, [factor](T x) {
      return T{0.5} * x * (T{1} + std::tanh(factor * (x + static_cast<T>(0.044715) * x * x * x)));
    });
  }
  const T factor = T{1} / std::numbers::sqrt2_v<T>;
  return map_real(c, [factor](T x) { return T{0.5} * x * (T{1} + std::erf(x * factor)); });
}

// alpha (exp(x / alpha) - 1) below zero; of ELU scaled, of SELU both.
template <class T>
Result<> elu_family(KernelContext<T>& c, double below, double inner, double above) {
  const T a = static_cast<T>(below), b = static_cast<T>(inner), s = static_cast<T>(above);
  return map_real(c, [=](T x) { return x < 0 ? a * std::expm1(x * b) : s * x; });
}
template <class T>
Result<> elu(KernelContext<T>& c) {
  return elu_family(c, c.node().real("alpha", 1.0), 1, 1);
}
template <class T>
Result<> celu(KernelContext<T>& c) {
  const double alpha = c.node().real("alpha", 1.0);
  return elu_family(c, alpha, 1 / alpha, 1);
}
template <class T>
Result<> selu(KernelContext<T>& c) {
  const double gamma = c.node().real("gamma", 1.05070102214813232421875);
  return elu_family(c, gamma * c.node().real("alpha", 1.67326319217681884765625), 1, gamma);
}

template <class T>
Result<> leaky_relu(KernelContext<T>& c) {
  const T alpha = static_cast<T>(c.node().real("alpha", 0.01F));
  return map_real(c, [=](T x) { return x < 0 ? alpha * x : x; });
}

template <class T>
Result<> thresholded_relu(KernelContext<T>& c) {
  const T alpha = static_cast<T>(c.node().real("alpha", 1.0));
  return map_real(c, [=](T x) { return x > alpha || x != x ? x : T{0}; });
}

template <class T>
Result<> shrink(KernelContext<T>& c) {
  const T bias = static_cast<T>(c.node().real("bias", 0.0));
  const T limit = static_cast<T>(c.node().real("lambd", 0.5));
  return map_real(c, [=](T x) { return x < -limit ? x + bias : (x > limit ? x - bias : x * T{0}); });
}

// Not a number stays so.
template <class T>
T within_one(T x) {
  return x < 0 ? T{0} : (x > 1 ? T{1} : x);
}

template <class T>
Result<> hard_sigmoid(KernelContext<T>& c) {
  const T alpha = static_cast<T>(c.node().real("alpha", 0.2F));
  const T beta = static_cast<T>(c.node().real("beta", 0.5));
  return map_real(c, [=](T x) { return within_one(alpha * x + beta); });
}

template <class T>
T hard_swish(T x) {
  return x * within_one(x / 6 + static_cast<T>(0.5));
}

// log(1 + exp(x)), which does not overflow.
template <class T>
T softplus(T x) {
  return std::log1p(std::exp(-std::abs(x))) + (x > 0 || x != x ? x : T{0});
}
template <class T>
T mish(T x) {
  return x * std::tanh(softplus(x));
}
template <class T>
T softsign(T x) {
  return x / (T{1} + std::abs(x));
}

}  // namespace

template <class T>
void add_activations(Kernels<T>& kernels) {
  kernels.insert({{"Celu", celu<T>},
                  {"Elu", elu<T>},
                  {"Gelu", gelu<T>},
                  {"HardSigmoid", hard_sigmoid<T>},
                  {"HardSwish", mapped<T, hard_swish>},
                  {"LeakyRelu", leaky_relu<T>},
                  {"Mish", mapped<T, mish>},
                  {"Relu", relu<T>},
                  {"Selu", selu<T>},
                  {"Shrink", shrink<T>},
                  {"Sigmoid", mapped<T, sigmoid>},
                  {"Softplus", mapped<T, softplus>},
                  {"Softsign", mapped<T, softsign>},
                  {"Swish", swish<T>},
                  {"ThresholdedRelu", thresholded_relu<T>}});
}

template void add_activations(Kernels<float>&);
template void add_activations(Kernels<double>&);

}  // namespace assay::reference
