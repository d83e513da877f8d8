#include "report/advice.h"

#include <gtest/gtest.h>

#include "report/made_up_fixture.h"

namespace assay::report {
namespace {

using made_up::timed;

// Advice over results of one run; the question that it answers.
struct Asked {
  explicit Asked(std::vector<record::ContestantResult> results, decide::Goal goal = decide::Goal::throughput,
                 const decide::Constraints& constraints = {})
      : run(made_up::run_of("1", std::move(results))), question{{"m", "full", "inference"}, goal} {
    std::vector<decide::Candidate> candidates;
    for (const auto& result : run.results) candidates.push_back({{&result, &run}, "C++", {}});
    advice = decide::advise(std::move(candidates), goal, constraints);
  }
  [[nodiscard]] std::vector<std::string> sentences() const { return advice_sentences(advice, question); }
  record::Run run;
  AdviceQuestion question;
  decide::Advice advice;
};

TEST(AdviceWords, TheFastestOfSeveralAndOfTwo) {
  const auto several = Asked({timed("slow", 130), timed("fast", 100), timed("slower", 200)}).sentences();
  ASSERT_EQ(several.size(), 1U);
  EXPECT_EQ(
      several[0],
      "Take fast/v@cpu: 100 ms a step, exact (1.2x). It is faster than each of the 2 others that qualify.");
  EXPECT_TRUE(Asked({timed("slow", 130), timed("fast", 100)})
                  .sentences()[0]
                  .ends_with("It is faster than the other one that qualifies."));
  EXPECT_TRUE(Asked({timed("a", 100)}).sentences()[0].ends_with("Nobody else qualifies."));
}

TEST(AdviceWords, EqualIsNotUnknownAndUnknownHasARunThatDecides) {
  const auto equal = Asked({timed("a", 100, 0.002), timed("b", 100, 0.002)}).sentences();
  ASSERT_EQ(equal.size(), 2U);
  EXPECT_TRUE(equal[0].ends_with("Nobody is known to be better.")) << equal[0];
  EXPECT_EQ(equal[1].find("Equal within 3 %: b/v@cpu (1.00 ["), 0U) << equal[1];
  EXPECT_EQ(equal[1].find("assay run"), std::string::npos);
  const auto unknown = Asked({timed("a", 100, 0.3), timed("b", 101, 0.3), timed("c", 900)}).sentences();
  EXPECT_EQ(unknown[1].find("Not told apart: b/v@cpu (0.99 ["), 0U) << unknown[1];
  EXPECT_TRUE(unknown[1].ends_with(
      "What would decide it: assay run -m m -w inference -f a/v@cpu -f b/v@cpu --budget 10m"))
      << unknown[1];
  const auto few = Asked({timed("a", 100), timed("b", 102, 0, 3)}).sentences();
  EXPECT_EQ(few[1].find("Too few rounds: b/v@cpu."), 0U) << few[1];
}

TEST(AdviceWords, StartAndSizeAreFiguresOfTheirOwn) {
  auto small = timed("small", 200), large = timed("large", 100);
  small.launch->footprint_bytes = 1'000'000;
  small.launch->cold_s = 1;
  const auto size = Asked({large, small}, decide::Goal::size).sentences();
  EXPECT_EQ(size[0].find("Take small/v@cpu: 1.00 MB installed, exact (1.2x). It has less than the other"), 0U)
      << size[0];
  const auto start = Asked({large, small}, decide::Goal::start).sentences();
  EXPECT_EQ(start[0].find("Take small/v@cpu: 1.0 s to the first answer"), 0U) << start[0];
}

// Three parts: 60 ms until the first token, then 20 ms for each.
TEST(AdviceWords, OfAChatTheFirstTokenAndTheFurtherOnesAreSaid) {
  auto reply = timed("reply", 100);
  for (auto& visit : reply.visits) {
    visit.parts_ns.emplace();
    for (size_t i = 0; i < visit.samples_ns.size(); ++i)
      for (const int64_t ms : {60, 20, 20}) visit.parts_ns->push_back(ms * 1'000'000);
  }
  const auto sentences = Asked({reply}, decide::Goal::chat).sentences();
  EXPECT_EQ(
      sentences[0].find("Take reply/v@cpu: 100 ms a request: 60.0 ms to the first token, 20.0 ms for each "
                        "further one, exact (1.2x)."),
      0U)
      << sentences[0];
}

TEST(AdviceWords, LessThanExactIsSaid) {
  auto quick = timed("quick", 10);
  quick.accuracy.verdict = record::Verdict::f32_fast;
  EXPECT_NE(Asked({quick}).sentences()[0].find("and nobody who is exact qualifies"), std::string::npos);
}

TEST(AdviceWords, NobodyQualifiesAndWhyMostFirst) {
  const Asked asked({timed("a", 100), timed("b", 200), made_up::crashed("c")}, decide::Goal::throughput,
                    {.memory_bytes = 1});
  EXPECT_EQ(asked.sentences(), std::vector<std::string>{"Nobody qualifies, of 3: memory (2), crashed (1)."});
  EXPECT_FALSE(advised(asked.advice));
  EXPECT_TRUE(advice_table(asked.advice).rows.empty());
  EXPECT_EQ(advice_to_paste(asked.advice, asked.question), "");
}

TEST(AdviceWords, FiguresOfSeveralRunsAreNamedAsSuch) {
  const auto one = made_up::run_of("1", {timed("a", 100)}), two = made_up::run_of("2", {timed("b", 200)});
  const auto advice =
      decide::advise({{made_up::measured(one), "C++", {}}, {made_up::measured(two), "C++", {}}},
                     decide::Goal::throughput, {});
  const auto sentences = advice_sentences(advice, {{"m", "full", "inference"}, decide::Goal::throughput});
  EXPECT_EQ(sentences.back().find("The figures are of 2 runs;"), 0U) << sentences.back();
}

TEST(AdviceTable, HasTheChoiceFirstAndOnlyWhoIsNotDominated) {
  auto small = timed("small", 150), beaten = timed("beaten", 300);
  small.launch->footprint_bytes = 1'000'000;
  const Asked asked({beaten, small, timed("fast", 100)});
  const auto table = advice_table(asked.advice);
  ASSERT_EQ(table.rows.size(), 3U);
  EXPECT_EQ(table.rows[0][3], "ratio to fast/v@cpu");
  EXPECT_EQ(table.rows[1], (std::vector<std::string>{"1", "fast/v@cpu", "100 ms", "1", "540 MB", "4.2 s",
                                                     "3.00 MB", "exact (1.2x)", "2026-01-01"}));
  EXPECT_EQ(table.rows[2][3], "1.50 [1.50, 1.50]");
}

TEST(AdviceTable, CsvHasEverybodyAndHowTheyStand) {
  auto small = timed("small", 150);
  small.launch->footprint_bytes = 1'000'000;
  const Asked asked({timed("beaten", 300), small, timed("fast", 100), made_up::crashed("gone")});
  const Section section = advice_section(asked.advice, asked.question);
  EXPECT_EQ(section.of[3], (std::pair<std::string, std::string>{"for", "throughput"}));
  std::vector<std::string> standing;
  for (const auto& row : section.table.rows) {
    ASSERT_EQ(row.size(), section.table.rows[0].size());
    standing.push_back(row[1] + ": " + row[9] + (row[10].empty() ? "" : " " + row[10]));
  }
  EXPECT_EQ(standing, (std::vector<std::string>{"contestant: standing ruled out by", "fast/v@cpu: choice",
                                                "small/v@cpu: not dominated", "beaten/v@cpu: dominated",
                                                "gone/v@cpu: ruled out crashed"}));
}

TEST(AdviceText, IsTextOrMarkdownAndNamesStayText) {
  const Asked asked({timed("fast", 100), timed("slow", 200), made_up::crashed("a|b")});
  const auto text = advice_text(asked.advice, asked.question, {"other"}, "text");
  EXPECT_EQ(text.find("m inference, for throughput\nTake fast/v@cpu"), 0U) << text;
  EXPECT_NE(text.find("\nRuled out:\n  a|b/v@cpu: crashed\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nTo paste:\nm inference (full, f32) on a processor, 2 threads, a system\n"),
            std::string::npos)
      << text;
  EXPECT_TRUE(text.ends_with("\nNot tested here: other\n")) << text;
  const auto markdown = advice_text(asked.advice, asked.question, {}, "markdown");
  EXPECT_EQ(markdown.find("**m inference, for throughput**\n\nTake fast/v@cpu"), 0U) << markdown;
  EXPECT_NE(markdown.find("\n- a\\|b/v@cpu: crashed\n"), std::string::npos) << markdown;
  EXPECT_NE(markdown.find("\n    - fast/v@cpu 1: 100 ms a step, ratio 1, exact (1.2x)\n"), std::string::npos)
      << markdown;
  EXPECT_NE(markdown.find("again: assay run -m m -w inference -f fast/v@cpu -f slow/v@cpu\n"),
            std::string::npos);
  EXPECT_EQ(markdown.find("Not tested"), std::string::npos);
}

}  // namespace
}  // namespace assay::report
