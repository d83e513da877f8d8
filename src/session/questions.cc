#include "session/questions.h"

#include <algorithm>
#include <set>
#include <system_error>

#include "tensor/safetensors.h"

namespace assay::session {

Result<> Questions::judge() {
  for (const auto& [set, answers] : std::exchange(answers_, {})) {
    const auto judged = context_.stop ? Result<>() : judge(set, answers);
    std::error_code ignored;
    for (const auto& [who, answer] : answers) std::filesystem::remove(answer.path, ignored);
    if (!judged) return judged;
  }
  return {};
}

Result<> Questions::judge(uint64_t set, const Answers& answers) {
  for (const auto& [who, answer] : answers) contestants_[who]->keep(answer.cost);
  if (!cell_.fresh_truth_within(kCheapTruth) && comparable(answers)) {
    ASSAY_TRY(const bool same, agree(set, answers));
    if (same) return {};
  }
  for (const auto& [who, answer] : answers) {
    ASSAY_TRY(const verify::Truth* truth, cell_.truth_of_set(set, contestants_[who]->precision()));
    ASSAY_TRY_VOID(contestants_[who]->judge(*truth, {{to_judge(answer)}}, context_));
  }
  return {};
}

// Two variants of one framework may share a mistake.
bool Questions::comparable(const Answers& answers) const {
  std::set<std::string> frameworks;
  for (const auto& [who, answer] : answers)
    if (contestants_[who]->result().accuracy.verdict == record::Verdict::exact)
      frameworks.insert(contestants_[who]->result().contestant.framework);
  return frameworks.size() > 1;
}

// Whether everyone's answer is that of the first whose earlier answers were exact, within rounding.
Result<bool> Questions::agree(uint64_t set, const Answers& answers) {
  const auto first = std::ranges::find_if(answers, [&](const auto& answer) {
    return contestants_[answer.first]->result().accuracy.verdict == record::Verdict::exact;
  });
  const auto tensors = tensor::read_plain_safetensors(first->second.path);
  if (!tensors) return false;            // it is judged as what it is
  const verify::Truth* known = nullptr;  // with the yardsticks of all
  for (const auto& [who, answer] : answers) {
    ASSAY_TRY(known, cell_.truth(contestants_[who]->precision()));
  }
  const auto truth = verify::answer_as_truth(*known, set, *tensors);
  if (!truth) return false;
  for (const auto& [who, answer] : answers) {
    ASSAY_TRY(const auto judgement, verify::judge(*truth, {{to_judge(answer)}},
                                                  contestants_[who]->precision(), context_.request.threads));
    if (judgement.accuracy.verdict == record::Verdict::wrong ||
        judgement.accuracy.verdict == record::Verdict::f32_fast)
      return false;
  }
  return true;
}

}  // namespace assay::session
