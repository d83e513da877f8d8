// A runner process that speaks badly: every reply is taken or is a Failure, and the core neither dies, hangs
// nor fills its memory.
#include "runner/runner.h"

#include <gtest/gtest.h>

#include "mutator.h"
#include "samples.h"
#include "watch.h"

namespace assay::fuzz {
namespace {

constexpr double kDeadlineSeconds = 0.25;  // of a reply without an end, which is waited for

// Asks until the runner is dead; returns how many replies it gave.
uint64_t ask(runner::Runner& runner, uint64_t seed, uint64_t most) {
  stats::Random random(seed);
  runner::LoadRequest load;
  fill(load);
  for (uint64_t replies = 1;; ++replies) {
    begin(seed + replies - 1);
    const auto failure = [&]() -> std::optional<record::Failure> {
      if (random.below(2) == 0) {
        const auto described = runner.describe(kDeadlineSeconds);
        return described ? std::nullopt : std::optional(described.error());
      }
      const auto loaded = runner.load(load, kDeadlineSeconds);
      return loaded ? std::nullopt : std::optional(loaded.error());
    }();
    end();
    const bool own_account = failure && failure->outcome == record::Outcome::unsupported;
    if (replies == most || (failure && !own_account)) return replies;
  }
}

TEST(FuzzRunner, BadRepliesAreTakenOrFail) {
  // A process costs more than a line does.
  const uint64_t wanted = std::getenv("ASSAY_FUZZ_INPUTS") == nullptr ? inputs() / 5 : inputs();
  for (uint64_t input = 0; input < wanted;) {
    begin(input);
    const auto runner = runner::Runner::start({.argv = {ASSAY_GARBLED_RUNNER, std::to_string(input)}});
    ASSERT_TRUE(runner) << runner.error().message;
    input += ask(**runner, input, wanted - input);
  }
  EXPECT_LT(peak_bytes(), kMostBytes);
}

}  // namespace
}  // namespace assay::fuzz
