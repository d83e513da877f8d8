#include "verify/gate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "base/text.h"
#include "record/compute_type.h"
#include "tensor/safetensors.h"
#include "verify/compare.h"
#include "verify/guess.h"
#include "verify/nearness.h"
#include "verify/thresholds.h"
#include "verify/tolerance.h"
#include "verify/yardstick.h"

namespace assay::verify {
namespace {

using record::ComputeType;
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
std::string misfit(const Tensor& answer, const Tensor& truth, ComputeType declared) {
  if (answer.shape() != truth.shape())
    return fmt::format("has shape {} instead of {}", tensor::to_string(answer.shape()),
                       tensor::to_string(truth.shape()));
  const bool real = truth.dtype() == DType::f64;
  const bool fits = real ? (record::is_reduced(declared) ? tensor::is_floating(answer.dtype())
                                                         : answer.dtype() == DType::f32)
                         : answer.dtype() == truth.dtype();
  if (fits) return "";
  return fmt::format("has type {} instead of {}", tensor::dtype_name(answer.dtype()),
                     real ? "F32" : tensor::dtype_name(truth.dtype()));
}

// Judges the answers to one input set and collects what was found.
class Judge {
 public:
  // `coarser` is the yardstick of the compute type that was declared, null for float32 and finer ones.
  Judge(const Truth& truth, ComputeType type, const Yardsticks* coarser, int threads)
      : truth_(truth), type_(type), threads_(threads), declared_(coarser) {}

  void judge(uint64_t set, const TensorMap& answer) {
    set_ = set;
    total_spread_ = total_spread(spread());
    const TensorMap& expected = truth_.expected.at(set);
    TensorDifference gradients;
    std::vector<std::pair<std::string, TensorDifference>> each;
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
    for (const auto& [name, tensor] : answer)
      if (std::ranges::find(truth_.outputs, name) == truth_.outputs.end())
        reject(fmt::format("{}, input set {}: a tensor that nobody asked for", sanitised(name, 128), set_));
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
  std::optional<TensorDifference> compare_one(const std::string& name, const TensorMap& answer,
                                              const Tensor& truth) {
    const auto found = answer.find(name);
    if (found == answer.end()) {
      reject(fmt::format("{}, input set {}: missing", name, set_));
      return std::nullopt;
    }
    if (const auto fault = misfit(found->second, truth, type_); !fault.empty()) {
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
    return {rule(truth_.f32, ComputeType::f32), declared_ == nullptr ? 0 : rule(*declared_, type_)};
  }

  void judge_output(const std::string& name, const TensorDifference& comparison, const Tensor& answer) {
    const double rounding = std::max(truth_.f32.of(name).rel_l2, truth_.steps.spread.of(name).rel_l2);
    report(comparison, rounding);
    keep(name, comparison, shares([&](const Yardsticks& yardsticks, ComputeType type) {
           return output_share(comparison, yardsticks.of(name), type, truth_.steps.of(name));
         }),
         rounding, &answer);
  }

  void judge_gradient(const std::string& name, const TensorDifference& comparison,
                      const TensorDifference& all, const Tensor& answer) {
    const auto& spreads = spread();
    const auto own = spreads.find(name);
    const auto tolerance = [&](const Yardsticks& yardsticks) {
      return gradient_tolerance(comparison, yardsticks.of(name), all, own == spreads.end() ? 0 : own->second);
    };
    if (tolerance(truth_.f32) > kInsensitiveShare * comparison.norm()) insensitive_.push_back(name);
    keep(name, comparison, shares([&](const Yardsticks& yardsticks, ComputeType) {
           return gradient_share(comparison, tolerance(yardsticks));
         }),
         truth_.f32.of(name).rel_l2, &answer);
  }

  void judge_gradients(const TensorDifference& all) {
    report(all, truth_.f32.gradients.rel_l2);
    keep(kAllGradients, all, shares([&](const Yardsticks& yardsticks, ComputeType) {
           return gradients_share(all, yardsticks.gradients, total_spread_);
         }),
         truth_.f32.gradients.rel_l2, nullptr);
  }

  // What kinks do to the gradients of this set.
  [[nodiscard]] const std::map<std::string, double>& spread() const {
    static const std::map<std::string, double> kNone;
    const auto found = truth_.spread.find(set_);
    return found == truth_.spread.end() ? kNone : found->second;
  }

  // A share of nothing is none.
  void keep_smallest(const std::string& name, double share) {
    if (std::isfinite(share) && (!smallest_ || share < smallest_->share))
      smallest_ = SmallestGradient{name, set_, share};
  }

  // Raises the figures that are told of the whole.
  void report(const TensorDifference& comparison, double yardstick) {
    accuracy_.rel_l2 = std::max(accuracy_.rel_l2, comparison.rel_l2());
    accuracy_.max_rel = std::max(accuracy_.max_rel, comparison.max_rel());
    accuracy_.times_f32 =
        std::max(accuracy_.times_f32, comparison.rel_l2() / std::max(yardstick, kLeastYardstick));
  }

  void keep(const std::string& name, const TensorDifference& comparison, const Shares& share,
            double yardstick, const Tensor* answer) {
    const bool beyond = share.f32 > kFastTimesExact || share.declared > kReducedTimesExact;
    if (answer != nullptr && beyond && (cause_.empty() || deciding(share) > deciding(worst_)))
      explain(name, comparison, yardstick, *answer);
    if (answer != nullptr)
      nearness_[set_].add(comparison, truth_.f32.of(name).rel_l2, truth_.expected.at(set_).at(name));
    worst_.raise(share);
    errors_.push_back({name, set_, comparison.rel_l2(), comparison.max_rel(),
                       comparison.rel_l2() / std::max(yardstick, kLeastYardstick), share.f32,
                       share.declared});
  }

  // The share that says whether an answer passes: of what its own type may be off, where it has one.
  [[nodiscard]] double deciding(const Shares& share) const {
    return declared_ == nullptr ? share.f32 : share.declared;
  }

  void explain(const std::string& name, const TensorDifference& comparison, double yardstick,
               const Tensor& answer) {
    // The truth of another set, if there is one: an answer to that is a cause of its own.
    const auto other_set =
        std::ranges::find_if(truth_.expected, [&](const auto& set) { return set.first != set_; });
    const auto& other =
        (other_set == truth_.expected.end() ? truth_.expected.find(set_) : other_set)->second.at(name);
    cause_ = fmt::format("{}, input set {}: {}; error {:.2g}, {:.0f} x float32 rounding", name, set_,
                         guess_cause(answer, comparison, other, yardstick, threads_), comparison.rel_l2(),
                         comparison.rel_l2() / std::max(yardstick, kLeastYardstick));
  }

  void find_too_near();
  void decide();

  const Truth& truth_;
  ComputeType type_;
  int threads_;
  uint64_t set_ = 0;
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

// Who declares float64 may be as near as that is; another's answer may be met exactly.
void Judge::find_too_near() {
  if (type_ == ComputeType::f64 || truth_.is_an_answer) return;
  for (const auto& [set, nearness] : nearness_)
    if (const std::string reason = nearness.reason(); !reason.empty())
      reject(fmt::format("input set {}: {}", set, reason));
}

// A coarser type that was declared is a class of its own, however near the truth its answers come: its time
// is compared with its like. Everything else is judged as float32.
void Judge::decide() {
  if (broken_) {
    accuracy_.verdict = Verdict::wrong;
    accuracy_.reason = broken_reason_;
  } else if (declared_ != nullptr && (worst_.f32 <= 1 || worst_.declared <= kReducedTimesExact)) {
    accuracy_.verdict = Verdict::reduced;
  } else if (declared_ == nullptr && worst_.f32 <= kFastTimesExact) {
    accuracy_.verdict = worst_.f32 <= 1 ? Verdict::exact : Verdict::f32_fast;
  } else {
    accuracy_.verdict = Verdict::wrong;
    accuracy_.reason = cause_.empty() ? "all gradients together: more than rounding explains" : cause_;
    if (declared_ != nullptr)
      accuracy_.reason += fmt::format("; {:.2g} times what the declared {} allows",
                                      worst_.declared / kReducedTimesExact, record::name(type_));
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
bool first_answer_again(const Truth& truth, const std::pair<const uint64_t, TensorMap>& one,
                        const std::pair<const uint64_t, TensorMap>& another) {
  const TensorMap &first = one.second, &second = another.second;
  bool differs = false;
  for (const auto& name : truth.outputs) {
    const auto a = first.find(name), b = second.find(name);
    if (a == first.end() || b == second.end() || !identical(a->second, b->second)) return false;
    differs = differs || (!all_zero(a->second) && !identical(truth.expected.at(one.first).at(name),
                                                             truth.expected.at(another.first).at(name)));
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

// The yardstick of a declared compute type that is coarser than float32; null for the others.
Result<const Yardsticks*> coarser_yardstick(const Truth& truth, ComputeType type) {
  if (!record::is_reduced(type)) return nullptr;
  const auto found = truth.reduced.find(record::name(type));
  if (found == truth.reduced.end())
    return fail(ErrorKind::data, "the truth has no yardstick of the compute type {}", record::name(type));
  return &found->second;
}

}  // namespace

Result<Judgement> judge(const Truth& truth, std::span<const Answer> answers, std::string_view precision,
                        int threads) {
  const auto type = record::compute_type_from_name(precision);
  if (!type)
    return fail(ErrorKind::data, "unknown compute type '{}'; known are {}", sanitised(precision, 64),
                record::compute_type_names());
  ASSAY_TRY(const Yardsticks* coarser, coarser_yardstick(truth, *type));
  Judge judge(truth, *type, coarser, threads);
  std::map<uint64_t, TensorMap> read;
  for (const Answer& answer : answers) {
    ASSAY_CHECK(truth.expected.contains(answer.set));
    if (std::error_code ec; !std::filesystem::exists(std::filesystem::symlink_status(answer.path, ec))) {
      judge.reject(fmt::format("input set {}: there was no file of outputs when the reply came", answer.set));
      continue;
    }
    auto tensors = tensor::read_plain_safetensors(answer.path);
    if (!tensors) {
      judge.reject(sanitised(tensors.error().message));
      continue;
    }
    if (const auto stamp = stamp_of(answer.path); answer.stamp && (!stamp || *stamp != *answer.stamp))
      judge.reject(
          fmt::format("input set {}: its outputs were written to after they were handed over", answer.set));
    read[answer.set] = std::move(*tensors);
  }
  for (auto one = read.begin(); one != read.end(); ++one)
    if (const auto another = std::next(one);
        another != read.end() && first_answer_again(truth, *one, *another))
      judge.reject("first answer again: the answers to two input sets are the same");
  for (const auto& [set, tensors] : read) judge.judge(set, tensors);
  return std::move(judge).finish();
}

record::Accuracy worse(const record::Accuracy& a, const record::Accuracy& b) {
  const int left = severity(a), right = severity(b);
  if (left != right) return left > right ? a : b;
  return a.times_f32 >= b.times_f32 ? a : b;
}

}  // namespace assay::verify
