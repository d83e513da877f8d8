#include "exchange/codec.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "exchange/encode.h"
#include "exchange/equal_records_fixture.h"
#include "exchange/full_run_fixture.h"

namespace assay::exchange {
namespace {

template <class T>
T decoded(const std::string& line) {
  auto read = from_line(line, "file, line 1");
  EXPECT_TRUE(read) << read.error().message << "\n" << line;
  T* value = read ? std::get_if<T>(&*read) : nullptr;
  EXPECT_NE(value, nullptr) << line;
  return value == nullptr ? T() : std::move(*value);
}

std::string fault_of(const std::string& line) {
  const auto read = from_line(line, "file, line 7");
  return read ? "" : read.error().message;
}

// Every line on its way there and back.
record::Run through_lines(const record::Run& run) {
  auto read = decoded<record::Run>(to_line(run));
  for (const auto& result : run.results) {
    auto& added = read.results.emplace_back(decoded<record::ContestantResult>(to_line(result)));
    for (const auto& visit : result.visits) added.visits.push_back(decoded<record::Visit>(to_line(visit)));
  }
  return read;
}

TEST(Codec, ARunComesBackWithEveryField) { expect_equal(through_lines(full_run()), full_run()); }

TEST(Codec, ARunInWhichNothingIsKnownComesBack) {
  record::Run run;
  run.id = "20260101-000000-abcd";
  run.results.emplace_back();
  run.results[0].visits.emplace_back().samples_ns = {1};
  expect_equal(through_lines(run), run);
}

TEST(Codec, APartialRunComesBackAsPartial) { expect_equal(through_lines(partial_run()), partial_run()); }

TEST(Codec, WhatIsAbsentIsLeftOut) {
  record::Visit visit;
  visit.samples_ns = {1};
  EXPECT_EQ(to_line(visit),
            R"({"visit":{"block":0,"round":0,"position":0,"started_ns":0,"batch_ns":0,"samples_ns":[1],)"
            R"("requests":[],"sets":0,"inputs_ns":0,"ahead_ns":0}})");
  EXPECT_EQ(
      fault_of(R"({"visit":{"block":0,"round":0,"position":0,"started_ns":0,"batch_ns":0,"samples_ns":[1],)"
               R"("requests":[],"sets":0,"inputs_ns":0,"ahead_ns":0,"steal":null}})"),
      "")
      << "or null";
}

TEST(Codec, NumbersAreExact) {
  record::Visit visit = full_visit(0, 0);
  for (const double number : {0.1, 1.0 / 3, 5e-324, 1e-310, 1.7976931348623157e308, 123456789012345678.0,
                              std::nextafter(1.0, 2.0)}) {
    visit.surroundings.load = number;
    EXPECT_EQ(decoded<record::Visit>(to_line(visit)).surroundings.load, number) << number;
  }
  for (const int64_t number :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), (int64_t{1} << 53) + 1}) {
    visit.started_ns = number;
    EXPECT_EQ(decoded<record::Visit>(to_line(visit)).started_ns, number);
  }
}

TEST(Codec, ErrorsThatAreNoNumberAreKept) {
  const auto result = decoded<record::ContestantResult>(to_line(failed_result("v")));
  EXPECT_TRUE(std::isnan(result.accuracy.rel_l2));
  EXPECT_EQ(result.accuracy.max_rel, std::numeric_limits<double>::infinity());
  EXPECT_EQ(result.outcome, record::Outcome::unsupported) << "the outcome is the failure's";
}

TEST(Codec, ALineIsAscii) {
  record::Run run = full_run();
  run.label = "\033[2J\u202e\u009bcaf\u00e9\n";
  const std::string line = to_line(run);
  EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; })) << line;
  EXPECT_EQ(decoded<record::Run>(line).label, run.label);
}

TEST(Codec, EndsAndHeaderComeBack) {
  const auto header = decoded<Header>(to_line(Header{"0.1.0", "2026-01-01T00:00:00Z"}));
  EXPECT_EQ(header.assay, "0.1.0");
  EXPECT_EQ(header.made, "2026-01-01T00:00:00Z");
  const auto end = decoded<RunEnd>(to_line(RunEnd{"20260101-1", 2, 30, "00ff"}));
  EXPECT_EQ(std::tie(end.run, end.results, end.visits, end.hash),
            std::make_tuple("20260101-1", 2, 30, "00ff"));
  EXPECT_EQ(decoded<FileEnd>(to_line(FileEnd{3})).runs, 3);
  EXPECT_EQ(to_line(Header{"0.1.0", "t"}), R"({"assay-results":2,"assay":"0.1.0","made":"t"})");
}

// The line with one text in it replaced.
std::string with(std::string line, const std::string& part, const std::string& other) {
  const size_t at = line.find(part);
  EXPECT_NE(at, std::string::npos) << part << " in " << line;
  return at == std::string::npos ? line : line.replace(at, part.size(), other);
}

TEST(Codec, SaysWhereAndWhatIsWrong) {
  const std::string run = to_line(full_run()), result = to_line(full_result("v")),
                    visit = to_line(full_visit(1, 4));
  const std::pair<std::string, const char*> cases[] = {
      {visit.substr(0, 30), "file, line 7, column 31: not JSON: the text ends too early"},
      {"[]", "file, line 7 is [], expected an object"},
      {"{}", "file, line 7: is no line that `assay export` writes"},
      {R"({"visits": {}})", "file, line 7: is no line that `assay export` writes"},
      {R"({"visit": {}, "run": {}})", "file, line 7: run: 'id' is missing"},
      {R"({"runs": 1, "visits": 1})", "file, line 7: unknown field 'visits'"},
      {R"({"assay-results": 3, "written-by": "later"})",
       "file, line 7: the results are in format 3, this program reads up to 2: they were written by a newer "
       "Assay. Update Assay"},
      {R"({"assay-results": 0})", "'assay-results' is 0, expected an integer from 1"},
      {with(visit, "\"round\":4", "\"round\":4.5"),
       "file, line 7: visit: 'round' is 4.5, expected an integer"},
      {with(visit, "\"round\":4", "\"round\":4294967296"), "'round' is 4294967296, expected an integer from"},
      {with(visit, "\"round\":4", "\"round\":4,\"rounds\":4"), "file, line 7: visit: unknown field 'rounds'"},
      {with(visit, "\"round\":4", "\"round\":4,\"round\":4"), "\"round\" comes twice"},
      {with(visit, "[300,", "[0,"), "visit: the samples of block 1, round 4 are no times"},
      {with(visit, "[[1,500]", "[[2,500]"), "visit: the requests of block 1, round 4 are not for its steps"},
      {with(visit, "[[1,500]", "[[1,500,3]"), "expected pairs of steps and ns"},
      {with(visit, "\"load\":0.5", "\"load\":\"much\""), "'load' is \"much\", expected a number"},
      {with(result, "f32-fast", "splendid"),
       "result: accuracy: 'verdict' is \"splendid\", expected a verdict"},
      {with(result, "\"origin\":\"framework\"", "\"origin\":\"mars\""), "result: launch: 'footprint' is"},
      {with(result, "\"linkage\"", "\"linked\""), "result: launch: 'footprint' is"},
      {with(result, "\"variant\":\"v\"", "\"variant\":[300]"), "'variant' is [300], expected a text"},
      {with(run, "\"governor\":\"schedutil\"", "\"governor\":5"), "run: 'host' is"},
      {with(run, "\"seed\":18446744073709551615", "\"seed\":-1"), "'seed' is -1, expected a natural number"},
      {with(run, "\"OMP_PLACES\":\"cores\"", "\"OMP_PLACES\":5"), "'OMP_PLACES' is 5, expected a text"},
  };
  for (const auto& [line, complaint] : cases)
    EXPECT_NE(fault_of(line).find(complaint), std::string::npos) << complaint << "\n" << fault_of(line);
}

// An id is a part of paths and a word of command lines.
TEST(Codec, AnIdIsNoPathAndNoOption) {
  for (const char* id : {"20261122-183107-4f2a", "20260101-1", "A_b"}) EXPECT_TRUE(is_run_id(id)) << id;
  for (const char* id : {"", "last", "-x", "--all", "../x", "a/b", "a b", ".", "a\n", "caf\xC3\xA9"})
    EXPECT_FALSE(is_run_id(id)) << id;
  EXPECT_FALSE(is_run_id(std::string(65, 'a')));
  EXPECT_NE(fault_of(to_line(full_run("../x"))).find("'id' is \"../x\", expected the id of a run"),
            std::string::npos);
}

// A field that an older program did not know yet may be missing in what it wrote of the machine.
TEST(Codec, AnOlderDescriptionOfTheMachineIsRead) {
  const std::string line = with(to_line(full_run()), "\"isolation_gaps\":[\"the network\"],", "");
  EXPECT_TRUE(decoded<record::Run>(line).host.isolation_gaps.empty());
}

TEST(Codec, SameIsToTheLastBit) {
  EXPECT_TRUE(same(failed_result("v"), failed_result("v"))) << "not a number is what it is";
  record::Visit visit = full_visit(0, 0);
  visit.surroundings.load = std::nextafter(0.5, 1.0);
  EXPECT_FALSE(same(visit, full_visit(0, 0)));
}

}  // namespace
}  // namespace assay::exchange
