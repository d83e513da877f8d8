#include "mutants/mutants.h"

#include <array>
#include <limits>

#include "mutants/changes.h"

namespace assay::mutants {
namespace {

constexpr int kEverywhere = std::numeric_limits<int>::max();

// The change at the first `most` nodes that have a place for it.
auto at(bool (*change)(Draft&), int most = kEverywhere) {
  return [change, most](const Graph& graph) -> Result<std::optional<Graph>> {
    int done = 0;
    ASSAY_TRY(auto rewritten, rewrite(graph, [&](Draft& draft) {
                const bool took = done < most && change(draft);
                done += took ? 1 : 0;
                return took;
              }));
    if (rewritten.changed == 0) return std::nullopt;
    return std::move(rewritten.graph);
  };
}

// By name.
const std::array kMutants = {
    Mutant{"biases-dropped", "no bias is added", Place::step, Seen::by_gate, at(bias_dropped)},
    Mutant{"branch-dropped", "one residual branch is left out", Place::step, Seen::by_gate,
           at(branch_dropped, 1)},
    Mutant{"cache-not-appended", "the new token does not see itself", Place::step, Seen::by_gate,
           at(cache_not_appended)},
    Mutant{"causal-off-by-one", "every token sees one of its future", Place::step, Seen::by_gate,
           at(causal_one_late)},
    Mutant{"epsilon-in-one-norm", "ten times the epsilon in the first norm", Place::step, Seen::by_gate,
           at(epsilon_times_ten, 1)},
    Mutant{"epsilon-last-digits", "the epsilon of one norm is 0.1 % off", Place::step, Seen::by_hash,
           at(epsilon_last_digits, 1)},
    Mutant{"epsilon-times-ten", "ten times the epsilon in every norm", Place::step, Seen::by_gate,
           at(epsilon_times_ten)},
    Mutant{"first-past-token-lost", "the cache begins one token late", Place::step, Seen::by_gate,
           at(first_past_token_lost)},
    Mutant{"halves-rounded-up", "half-way values are rounded up, not to the even number", Place::step,
           Seen::by_hash, at(halves_up)},
    Mutant{"head-grouping", "queries read their neighbours' keys and values", Place::step, Seen::by_gate,
           at(next_head_group)},
    Mutant{"keys-as-values", "keys are taken for values", Place::step, Seen::by_gate, at(keys_as_values)},
    Mutant{"labels-shifted", "each token has the next one's label", Place::step, Seen::by_gate,
           at(labels_shifted)},
    Mutant{"last-token-repeated", "the last token is the one before it", Place::step, Seen::by_gate,
           at(last_token_repeated)},
    Mutant{"layer-dropped", "both branches of the first layer are left out", Place::step, Seen::by_gate,
           at(branch_dropped, 2)},
    Mutant{"loss-over-one-less", "the mean is over one label fewer than there are", Place::step,
           Seen::by_gate, at(loss_over_one_less)},
    Mutant{"loss-summed", "the sum is not divided", Place::step, Seen::by_gate, at(loss_summed)},
    Mutant{"no-causal-mask", "every token sees all others", Place::step, Seen::by_gate, at(no_causal_mask)},
    Mutant{"norm-without-weight", "one norm is not scaled", Place::step, Seen::by_gate,
           at(norm_without_weight, 1)},
    Mutant{"other-activation", "another activation of the same kind", Place::step, Seen::by_gate,
           at(other_activation)},
    Mutant{"quantum-too-many", "one zero point is one off", Place::step, Seen::by_gate,
           at(one_quantum_more, 1)},
    Mutant{"rotary-backwards", "positions turn the other way", Place::step, Seen::by_gate,
           at(rotary_backwards)},
    Mutant{"rotary-dropped", "positions do not matter", Place::step, Seen::by_gate, at(rotary_dropped)},
    Mutant{"rotary-pairing", "neighbours are rotated where halves should be, or the reverse", Place::step,
           Seen::by_gate, at(rotary_pairing)},
    Mutant{"saturation-missing", "quantised values go beyond their type", Place::step, Seen::by_hash,
           at(saturation_missing)},
    Mutant{"small-epsilon-times-ten", "ten times an epsilon that is below rounding", Place::step,
           Seen::by_hash, at(small_epsilon_times_ten)},
    Mutant{"softmax-scale-dropped", "scores are not scaled", Place::step, Seen::by_gate, at(no_scale)},
    Mutant{"tied-gradient-once", "a shared weight has the gradient of one of its uses", Place::gradient,
           Seen::by_gate, at(tied_gradient_once)},
    Mutant{"weight-transposed", "a square weight is transposed", Place::step, Seen::by_gate,
           at(weight_transposed, 1)},
};

}  // namespace

std::span<const Mutant> all() { return kMutants; }

}  // namespace assay::mutants
