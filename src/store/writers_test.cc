// Several processes that write one store at the same time, while others read it: nothing is lost, and nobody
// sees a half of anything.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "store/store.h"

namespace assay::store {
namespace {

namespace fs = std::filesystem;

constexpr int kWriters = 3;
constexpr int kResults = 4;
constexpr int kVisits = 60;
constexpr int kShared = 60;  // results that all writers add

class Writers : public testing::Test {
 protected:
  Writers() : folder_(fs::path(testing::TempDir()) / fmt::format("writers-{}", ::getpid())) {
    fs::remove_all(folder_);
  }
  ~Writers() override { fs::remove_all(folder_); }
  fs::path path() const { return folder_ / "assay.db"; }
  fs::path folder_;
};

std::string id_of(int writer) { return fmt::format("2026010{}-000000-abcd", writer + 1); }

record::Visit visit_of(int writer, int result, int round) {
  record::Visit visit;
  visit.round = round;
  visit.batch_ns = 1'000'000 * writer + 1'000 * result + round + 1;
  visit.samples_ns = {visit.batch_ns, visit.batch_ns + 1};
  return visit;
}

// One run with all its pieces, as `assay run` stores it; reads in between.
Result<> write_run(const fs::path& path, int writer) {
  ASSAY_TRY(const auto store, open_sqlite(path));
  record::Run run;
  run.id = id_of(writer);
  run.started = run.id;
  ASSAY_TRY_VOID(store->begin(run));
  for (int i = 0; i < kResults; ++i) {
    ASSAY_TRY(const int64_t key, store->add_result(run.id, {fmt::format("f{}", i), "v", "cpu", "1"},
                                                   {"m", "tiny", "inference", "f32"}));
    for (int round = 0; round < kVisits; ++round)
      ASSAY_TRY_VOID(store->append(key, visit_of(writer, i, round)));
    ASSAY_TRY(const auto so_far, store->load(run.id));
    if (so_far.results.size() != static_cast<size_t>(i) + 1 || so_far.results.back().visits.size() != kVisits)
      return fail(ErrorKind::data, "what was appended is not there");
    ASSAY_TRY_VOID(store->append(key, record::Completed{}));
  }
  return store->finish(run);
}

pid_t start_writer(const fs::path& path, int writer) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const auto done = write_run(path, writer);
  if (!done) std::fprintf(stderr, "writer %d: %s\n", writer, done.error().message.c_str());
  ::_exit(done ? 0 : 1);
}

// What a reader may see of a run at any moment: a beginning of it.
bool is_a_beginning(const record::Run& run) {
  for (size_t i = 0; i < run.results.size(); ++i) {
    const auto& visits = run.results[i].visits;
    for (size_t round = 0; round < visits.size(); ++round)
      if (visits[round].round != static_cast<int>(round)) return false;
    const bool last = i + 1 == run.results.size();
    if (!last && !run.results[i].complete) return false;
    if (run.results[i].complete && visits.size() != kVisits) return false;
  }
  return !run.complete || (run.results.size() == kResults && run.results.back().complete);
}

// Whether a writer has ended, which it must do well.
bool has_ended(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, WNOHANG) != child) return false;
  EXPECT_EQ(status, 0);
  return true;
}

void read_meanwhile(const fs::path& path, std::vector<pid_t> children) {
  while (!children.empty()) {
    std::erase_if(children, has_ended);
    const auto store = open_sqlite_to_read(path);
    ASSERT_TRUE(store) << store.error().message;
    const auto runs = (*store)->list();
    ASSERT_TRUE(runs) << runs.error().message;
    for (const auto& summary : *runs) {
      const auto run = (*store)->load(summary.id);
      ASSERT_TRUE(run) << run.error().message;
      EXPECT_TRUE(is_a_beginning(*run)) << run->id;
    }
  }
}

TEST_F(Writers, LoseNothing) {
  std::vector<pid_t> children;
  for (int writer = 0; writer < kWriters; ++writer)  // the first of them makes the file
    children.push_back(start_writer(path(), writer));
  read_meanwhile(path(), children);
  const auto store = open_sqlite(path()).value();
  for (int writer = 0; writer < kWriters; ++writer) {
    const auto run = store->load(id_of(writer));
    ASSERT_TRUE(run) << run.error().message;
    EXPECT_TRUE(run->complete);
    ASSERT_EQ(run->results.size(), static_cast<size_t>(kResults));
    for (int i = 0; i < kResults; ++i) {
      const auto& visits = run->results[static_cast<size_t>(i)].visits;
      ASSERT_EQ(visits.size(), static_cast<size_t>(kVisits));
      for (int round = 0; round < kVisits; ++round)
        EXPECT_EQ(visits[static_cast<size_t>(round)].samples_ns, visit_of(writer, i, round).samples_ns);
    }
  }
}

// Adds visits to results that other writers add at the same moment.
bool append_to_shared(const fs::path& path, int writer) {
  const auto store = open_sqlite(path);
  bool kept = store.has_value();
  for (int i = 0; kept && i < kShared; ++i) {
    const auto key = (*store)->add_result(id_of(0), {fmt::format("f{}", i), "v", "cpu", "1"},
                                          {"m", "tiny", "inference", "f32"});
    if (!key) std::fprintf(stderr, "writer %d: %s\n", writer, key.error().message.c_str());
    kept = key.has_value();
    for (int round = 0; kept && round < 3; ++round)
      kept = (*store)->append(*key, visit_of(writer, i, round)).has_value();
  }
  return kept;
}

// A run may be gone on with by one process alone, but nothing breaks when several do.
TEST_F(Writers, OfOneRunLoseNothing) {
  record::Run run;
  run.id = id_of(0);
  ASSERT_TRUE(open_sqlite(path()).value()->begin(run));
  std::vector<pid_t> children;
  for (int writer = 0; writer < kWriters; ++writer) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(append_to_shared(path(), writer) ? 0 : 1);
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const auto stored = open_sqlite(path()).value()->load(run.id);
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(stored->results.size(), static_cast<size_t>(kShared));
  for (const auto& result : stored->results) {
    std::vector<int64_t> times;
    for (const auto& visit : result.visits) times.push_back(visit.batch_ns);
    std::ranges::sort(times);
    EXPECT_EQ(times.size(), 3U * kWriters) << result.contestant.name();
    EXPECT_EQ(std::ranges::unique(times).size(), 0U) << "each once";
  }
}

}  // namespace
}  // namespace assay::store
