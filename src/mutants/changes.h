// The single changes that mutants are made of, each on one node.
#pragma once

#include "mutants/rewrite.h"

namespace assay::mutants {

bool epsilon_times_ten(Draft& draft);        // where it is large enough to matter
bool small_epsilon_times_ten(Draft& draft);  // where it is not
bool epsilon_last_digits(Draft& draft);
bool norm_without_weight(Draft& draft);
bool bias_dropped(Draft& draft);
bool weight_transposed(Draft& draft);
bool other_activation(Draft& draft);
bool branch_dropped(Draft& draft);  // x + f(x) becomes x
bool last_token_repeated(Draft& draft);

bool rotary_pairing(Draft& draft);
bool rotary_dropped(Draft& draft);
bool rotary_backwards(Draft& draft);

bool no_scale(Draft& draft);
bool no_causal_mask(Draft& draft);
bool causal_one_late(Draft& draft);  // every token sees one of its future
bool next_head_group(Draft& draft);  // queries read their neighbours' keys and values
bool keys_as_values(Draft& draft);
bool first_past_token_lost(Draft& draft);
bool cache_not_appended(Draft& draft);  // the new token does not see itself

bool labels_shifted(Draft& draft);
bool loss_summed(Draft& draft);
bool loss_over_one_less(Draft& draft);  // the mean is over one label fewer than there are

bool halves_up(Draft& draft);         // what lies half way is rounded up, and not to the even number
bool one_quantum_more(Draft& draft);  // as with a zero point that is one off
bool saturation_missing(Draft& draft);

bool tied_gradient_once(Draft& draft);  // in the gradient graph: a shared weight has the gradient of one use

}  // namespace assay::mutants
