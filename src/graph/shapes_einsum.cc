#include <algorithm>
#include <map>

#include "graph/einsum.h"
#include "graph/rules.h"

namespace assay::graph {
namespace {

constexpr std::string_view kEllipsis = "...";
constexpr int64_t kUnknown = -1;
// As many as there are letters.
constexpr size_t kMostIndices = 52;

// The terms of an equation: one for each operand, and the result's where there is an arrow.
struct Terms {
  std::vector<std::string> inputs;
  std::optional<std::string> output;
};

Terms terms_of(std::string equation) {
  std::erase(equation, ' ');
  Terms terms;
  if (const size_t arrow = equation.find("->"); arrow != std::string::npos) {
    terms.output = equation.substr(arrow + 2);
    equation.resize(arrow);
  }
  for (size_t begin = 0, end = 0; end != std::string::npos; begin = end + 1) {
    end = equation.find(',', begin);
    terms.inputs.push_back(equation.substr(begin, end == std::string::npos ? end : end - begin));
  }
  return terms;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class EinsumReader {
 public:
  explicit EinsumReader(const Call& call) : call_(call), terms_(terms_of(call.node().text("equation", ""))) {}

  Result<EinsumPlan> read() {
    if (terms_.inputs.size() != call_.inputs())
      return call_.error("attribute equation has {} terms, expected {}", terms_.inputs.size(),
                         call_.inputs());
    ASSAY_TRY_VOID(count_ellipsis());
    for (size_t i = 0; i < call_.inputs(); ++i) ASSAY_TRY_VOID(read_input(i));
    ASSAY_TRY(plan_.output, read_output());
    if (plan_.sizes.size() > kMostIndices)
      return call_.error("{} different dimensions, expected at most {}", plan_.sizes.size(), kMostIndices);
    return plan_;
  }

 private:
  std::unexpected<Error> wrong(std::string_view term) const {
    return call_.error("attribute equation has the term \"{}\", expected letters and at most one ellipsis",
                       term);
  }

  static size_t letters(std::string_view term) {
    return static_cast<size_t>(std::ranges::count_if(term, is_letter));
  }

  // Its dimensions are the first indices.
  Result<> count_ellipsis() {
    for (size_t i = 0; i < call_.inputs(); ++i)
      if (terms_.inputs[i].find(kEllipsis) != std::string::npos && call_.rank(i) > letters(terms_.inputs[i]))
        ellipsis_ = std::max(ellipsis_, call_.rank(i) - letters(terms_.inputs[i]));
    plan_.sizes.assign(ellipsis_, 1);
    return {};
  }

  // The indices of a term whose ellipsis stands for `covered` dimensions.
  Result<std::vector<size_t>> indices(std::string_view term, size_t covered) {
    std::vector<size_t> result;
    bool seen = false;
    for (size_t at = 0; at < term.size(); ++at) {
      if (is_letter(term[at])) {
        result.push_back(index_of(term[at]));
      } else if (!seen && term.substr(at, kEllipsis.size()) == kEllipsis) {
        for (size_t i = ellipsis_ - covered; i < ellipsis_; ++i) result.push_back(i);
        at += kEllipsis.size() - 1;
        seen = true;
      } else {
        return wrong(term);
      }
    }
    return result;
  }

  size_t index_of(char letter) {
    const auto [found, is_new] = by_letter_.try_emplace(letter, plan_.sizes.size());
    if (is_new) plan_.sizes.push_back(kUnknown);
    return found->second;
  }

  Result<> read_input(size_t i) {
    const std::string& term = terms_.inputs[i];
    const size_t named = letters(term);
    const bool open = term.find(kEllipsis) != std::string::npos;
    if (call_.rank(i) < named || (!open && call_.rank(i) != named))
      return call_.error("{} has shape {}, the term \"{}\" says otherwise", call_.operand(i),
                         tensor::to_string(call_.shape(i)), term);
    ASSAY_TRY(const std::vector<size_t> found, indices(term, call_.rank(i) - named));
    for (size_t d = 0; d < found.size(); ++d)
      if (!take_size(found[d], call_.shape(i)[d]))
        return call_.error("{} has {} in dimension {}, another operand has {}", call_.operand(i),
                           call_.shape(i)[d], d, plan_.sizes[found[d]]);
    plan_.inputs.push_back(found);
    return {};
  }

  // Dimensions of an ellipsis broadcast, those with a letter are equal.
  bool take_size(size_t index, int64_t given) {
    int64_t& size = plan_.sizes[index];
    if (size == kUnknown || (index < ellipsis_ && size == 1)) size = given;
    return size == given || (index < ellipsis_ && given == 1);
  }

  // Without an arrow: the ellipsis, then the letters that come up once, in the alphabet's order.
  std::string implied() const {
    std::string all, result;
    for (const std::string& term : terms_.inputs) all += term;
    if (ellipsis_ > 0) result = kEllipsis;
    for (const auto& [letter, index] : by_letter_)
      if (std::ranges::count(all, letter) == 1) result += letter;
    return result;
  }

  Result<std::vector<size_t>> read_output() {
    const std::string term = terms_.output.value_or(implied());
    const size_t known = plan_.sizes.size();
    ASSAY_TRY(std::vector<size_t> found, indices(term, ellipsis_));
    std::vector<size_t> sorted = found;
    std::ranges::sort(sorted);
    if (plan_.sizes.size() != known || std::ranges::adjacent_find(sorted) != sorted.end())
      return call_.error("the result \"{}\" must have letters of the operands, each once", term);
    return found;
  }

  const Call& call_;
  Terms terms_;
  EinsumPlan plan_;
  size_t ellipsis_ = 0;
  std::map<char, size_t> by_letter_;
};

Result<EinsumPlan> plan_of(const Call& call) {
  ASSAY_TRY_VOID(call.need_floating(0));
  for (size_t i = 1; i < call.inputs(); ++i) ASSAY_TRY_VOID(call.need_same_type(0, i));
  return EinsumReader(call).read();
}

}  // namespace

Result<EinsumPlan> einsum_plan(const Graph& graph, const Node& node) {
  return plan_of(Call(graph, node, *find_operator("Einsum")));
}

std::string einsum_equation(const std::vector<std::vector<size_t>>& inputs,
                            const std::vector<size_t>& output) {
  const auto letter = [](size_t index) {
    return static_cast<char>(index < 26 ? 'a' + index : 'A' + index - 26);
  };
  std::string text;
  for (const auto& term : inputs) {
    if (&term != &inputs.front()) text += ',';
    std::ranges::transform(term, std::back_inserter(text), letter);
  }
  text += "->";
  std::ranges::transform(output, std::back_inserter(text), letter);
  return text;
}

Types infer_einsum(const Call& call) {
  ASSAY_TRY(const EinsumPlan plan, plan_of(call));
  Shape shape;
  for (const size_t index : plan.output) shape.push_back(plan.sizes[index]);
  return one(call.dtype(0), std::move(shape));
}

}  // namespace assay::graph
