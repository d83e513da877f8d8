#include "verify/gate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "tensor/safetensors.h"
#include "verify/compare.h"
#include "verify/guess.h"
#include "verify/nearness.h"
#include "verify/thresholds.h"
#include "verify/tolerance.h"
#include "verify/yardstick.h"

namespace assay::verify {
namespace {

using record::Verdict;
using tensor::DType;
using tensor::Tensor;
using tensor::TensorMap;

constexpr const char* kAllGradients = "all gradients";

// The largest shares of a tolerance: by the rules of float32, and by those of the declared compute type.
struct Shares {
  double f32 = 0, declared = 0;

  void raise(const Shares& other) {
    f32 = std::max(f32, other.f32);
    declared = std::max(declared, other.declared);
  }
};

// Why a tensor cannot be compared at all; empty when it can.
std::string misfit(const Tensor& answer, const Tensor& truth, std::string_view precision) {
  if (answer.shape() != truth.shape())
    return fmt::format("has shape {} instead of {}", tensor::to_string(answer.shape()),
                       tensor::to_string(truth.shape()));
  const bool real = truth.dtype() == DType::f64;
  const bool fits =
      real ? (precision == "f32" ? answer.dtype() == DType::f32 : tensor::is_floating(answer.dtype()))
           : answer.dtype() == truth.dtype();
  if (fits) return "";
  return fmt::format("has type {} instead of {}", tensor::dtype_name(answer.dtype()),
                     real ? "F32" : tensor::dtype_name(truth.dtype()));
}

// Judges the answers to one input set and collects what was found.
class Judge {
 public:
  Judge(const Truth& truth, std::string_view precision, int threads)
      : truth_(truth), precision_(precision), threads_(threads) {
    const auto declared = truth.reduced.find(precision);
    if (declared != truth.reduced.end()) declared_ = &declared->second;
  }

  void judge(int set, const TensorMap& answer) {
    set_ = set;
    total_spread_ = total_spread(truth_.spread[static_cast<size_t>(set)]);
    const TensorMap& expected = truth_.expected[static_cast<size_t>(set)];
    Comparison gradients;
    std::vector<std::pair<std::string, Comparison>> each;
    for (const auto& name : truth_.outputs) {
      const auto comparison = compare_one(name, answer, expected.at(name));
      if (!comparison) continue;
      if (is_gradient(name)) {
        gradients.add(*comparison);
        each.emplace_back(name, *comparison);
      } else {
        judge_output(name, *comparison, answer.at(name));
      }
    }
    if (each.empty()) return;
    for (const auto& [name, comparison] : each) judge_gradient(name, comparison, gradients, answer.at(name));
    for (const auto& [name, comparison] : each) keep_smallest(name, comparison.rms() / gradients.rms());
    judge_gradients(gradients);
  }

  // A fault of the answer as a whole.
  void reject(std::string reason) {
    broken_ = true;
    if (broken_reason_.empty()) broken_reason_ = std::move(reason);
  }

  Judgement finish() &&;

 private:
  // The sums of one tensor; nothing when it cannot be compared, which is a fault, or holds no real numbers.
  std::optional<Comparison> compare_one(const std::string& name, const TensorMap& answer,
                                        const Tensor& truth) {
    const auto found = answer.find(name);
    if (found == answer.end()) {
      reject(fmt::format("{}, input set {}: missing", name, set_));
      return std::nullopt;
    }
    if (const auto fault = misfit(found->second, truth, precision_); !fault.empty()) {
      reject(fmt::format("{}, input set {}: {}", name, set_, fault));
      return std::nullopt;
    }
    if (truth.dtype() == DType::f64) return compare(found->second, truth, threads_);
    if (!identical(found->second, truth))
      reject(fmt::format("{}, input set {}: other numbers than the truth", name, set_));
    return std::nullopt;
  }

  // Applies a rule with the yardsticks of float32, and of the declared type if it has its own.
  template <class Rule>
  Shares shares(const Rule& rule) const {
    return {rule(truth_.f32), declared_ == nullptr ? 0 : rule(*declared_)};
  }

  void judge_output(const std::string& name, const Comparison& comparison, const Tensor& answer) {
    report(comparison, truth_.f32.of(name).rel_l2);
    keep(name, comparison,
         shares([&](const Yardsticks& yardsticks) { return output_share(comparison, yardsticks.of(name)); }),
         truth_.f32.of(name).rel_l2, &answer);
  }

  void judge_gradient(const std::string& name, const Comparison& comparison, const Comparison& all,
                      const Tensor& answer) {
    const auto& spreads = truth_.spread[static_cast<size_t>(set_)];
    const auto spread = spreads.find(name);
    const auto tolerance = [&](const Yardsticks& yardsticks) {
      return gradient_tolerance(comparison, yardsticks.of(name), all,
                                spread == spreads.end() ? 0 : spread->second);
    };
    if (tolerance(truth_.f32) > kInsensitiveShare * comparison.norm()) insensitive_.push_back(name);
    keep(name, comparison, shares([&](const Yardsticks& yardsticks) {
           return gradient_share(comparison, tolerance(yardsticks));
         }),
         truth_.f32.of(name).rel_l2, &answer);
  }

  void judge_gradients(const Comparison& all) {
    report(all, truth_.f32.gradients.rel_l2);
    keep(kAllGradients, all, shares([&](const Yardsticks& yardsticks) {
           return gradients_share(all, yardsticks.gradients, total_spread_);
         }),
         truth_.f32.gradients.rel_l2, nullptr);
  }

  // A share of nothing is none.
  void keep_smallest(const std::string& name, double share) {
    if (std::isfinite(share) && (!smallest_ || share < smallest_->share))
      smallest_ = SmallestGradient{name, set_, share};
  }

  // Raises the figures that are told of the whole.
  void report(const Comparison& comparison, double yardstick) {
    accuracy_.rel_l2 = std::max(accuracy_.rel_l2, comparison.rel_l2());
    accuracy_.max_rel = std::max(accuracy_.max_rel, comparison.max_rel());
    accuracy_.times_f32 =
        std::max(accuracy_.times_f32, comparison.rel_l2() / std::max(yardstick, kLeastYardstick));
  }

  void keep(const std::string& name, const Comparison& comparison, const Shares& share, double yardstick,
            const Tensor* answer) {
    const bool beyond = share.f32 > kFastTimesExact || share.declared > kReducedTimesExact;
    if (answer != nullptr && beyond && (cause_.empty() || share.f32 > worst_.f32))
      explain(name, comparison, yardstick, *answer);
    if (answer != nullptr)
      nearness_[static_cast<uint64_t>(set_)].add(comparison, yardstick,
                                                 truth_.expected.at(static_cast<size_t>(set_)).at(name));
    worst_.raise(share);
    errors_.push_back({name, set_, comparison.rel_l2(), comparison.max_rel(),
                       comparison.rel_l2() / std::max(yardstick, kLeastYardstick), share.f32,
                       share.declared});
  }

  void explain(const std::string& name, const Comparison& comparison, double yardstick,
               const Tensor& answer) {
    const Tensor& other = truth_.expected[static_cast<size_t>(1 - set_)].at(name);
    cause_ = fmt::format("{}, input set {}: {}; error {:.2g}, {:.0f} x float32 rounding", name, set_,
                         guess_cause(answer, comparison, other, yardstick, threads_), comparison.rel_l2(),
                         comparison.rel_l2() / std::max(yardstick, kLeastYardstick));
  }

  void find_too_near();
  void decide();

  const Truth& truth_;
  std::string_view precision_;
  int threads_;
  int set_ = 0;
  bool broken_ = false;
  std::string broken_reason_;
  std::string cause_;                     // of the largest error
  const Yardsticks* declared_ = nullptr;  // of the declared compute type, where that is not float32
  double total_spread_ = 0;
  Shares worst_;
  record::Accuracy accuracy_;
  std::vector<TensorError> errors_;
  std::vector<std::string> insensitive_;
  std::optional<SmallestGradient> smallest_;
  std::map<uint64_t, Nearness> nearness_;  // by input set
};

// Who declares float64 may be as near as that is.
void Judge::find_too_near() {
  if (precision_ == "f64") return;
  for (const auto& [set, nearness] : nearness_)
    if (const std::string reason = nearness.reason(); !reason.empty())
      reject(fmt::format("input set {}: {}", set, reason));
}

// What is beyond float32's own rounding is measured by the compute type that was declared.
void Judge::decide() {
  if (broken_) {
    accuracy_.verdict = Verdict::wrong;
    accuracy_.reason = broken_reason_;
    return;
  }
  const bool float32 = precision_ == "f32";
  if (worst_.f32 <= 1) {
    accuracy_.verdict = Verdict::exact;
  } else if (float32 && worst_.f32 <= kFastTimesExact) {
    accuracy_.verdict = Verdict::f32_fast;
  } else if (declared_ != nullptr && worst_.declared <= kReducedTimesExact) {
    accuracy_.verdict = Verdict::reduced;
  } else if (float32 || declared_ != nullptr) {
    accuracy_.verdict = Verdict::wrong;
    accuracy_.reason = cause_.empty() ? "all gradients together: more than rounding explains" : cause_;
    if (!float32)
      accuracy_.reason += fmt::format("; {:.2g} times what the declared {} allows",
                                      worst_.declared / kReducedTimesExact, precision_);
  } else {
    accuracy_.verdict = Verdict::unchecked;
    accuracy_.reason =
        fmt::format("declared {}: beyond float32, and there is no yardstick of {}", precision_, precision_);
  }
}

Judgement Judge::finish() && {
  find_too_near();
  std::ranges::stable_sort(errors_, std::ranges::greater{}, &TensorError::tolerance_share);
  decide();
  if (!errors_.empty()) accuracy_.worst = errors_.front().tensor;
  std::ranges::sort(insensitive_);
  insensitive_.erase(std::ranges::unique(insensitive_).begin(), insensitive_.end());
  return {std::move(accuracy_), std::move(errors_), std::move(insensitive_), std::move(smallest_)};
}

bool all_zero(const Tensor& tensor) {
  return std::ranges::all_of(tensor.bytes(), [](std::byte byte) { return byte == std::byte{0}; });
}

// Whether the truth of the sets differs but the answers are the same to the last bit. Nothing but zeros has a
// name of its own.
bool first_answer_again(const Truth& truth, const TensorMap& first, const TensorMap& second) {
  bool differs = false;
  for (const auto& name : truth.outputs) {
    const auto a = first.find(name), b = second.find(name);
    if (a == first.end() || b == second.end() || !identical(a->second, b->second)) return false;
    differs = differs ||
              (!all_zero(a->second) && !identical(truth.expected[0].at(name), truth.expected[1].at(name)));
  }
  return differs;
}

// How bad a verdict is. `unchecked` with a reason was looked at and not passed; without one, nobody looked.
int severity(const record::Accuracy& accuracy) {
  constexpr std::array kOrder = {Verdict::exact,     Verdict::f32_fast,  Verdict::reduced,
                                 Verdict::quantised, Verdict::unchecked, Verdict::wrong};
  if (accuracy.verdict == Verdict::unchecked && accuracy.reason.empty()) return -1;
  return static_cast<int>(std::ranges::find(kOrder, accuracy.verdict) - kOrder.begin());
}

}  // namespace

Result<Judgement> judge(const Truth& truth, std::span<const Answer> answers, std::string_view precision,
                        int threads) {
  Judge judge(truth, precision, threads);
  std::array<std::optional<TensorMap>, 2> read;
  std::vector<OutputsCost> costs;
  for (const Answer& answer : answers) {
    ASSAY_CHECK(answer.set == 0 || answer.set == 1);
    auto tensors = tensor::read_safetensors(answer.path);
    if (!tensors) {
      judge.reject(sanitised(tensors.error().message));
      continue;
    }
    read[static_cast<size_t>(answer.set)] = std::move(*tensors);
    if (answer.cost) costs.push_back(*answer.cost);
  }
  if (auto deferred = deferred_work(costs); !deferred.empty()) judge.reject(std::move(deferred));
  const auto& [first, second] = read;
  if (first && second && first_answer_again(truth, *first, *second))
    judge.reject("first answer again: the answers to both input sets are the same");
  for (int set = 0; set < 2; ++set)
    if (const auto& tensors = read[static_cast<size_t>(set)]) judge.judge(set, *tensors);
  return std::move(judge).finish();
}

record::Accuracy worse(const record::Accuracy& a, const record::Accuracy& b) {
  const int left = severity(a), right = severity(b);
  if (left != right) return left > right ? a : b;
  return a.times_f32 >= b.times_f32 ? a : b;
}

}  // namespace assay::verify
