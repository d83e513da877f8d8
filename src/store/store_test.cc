#include "store/store.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <limits>

#include "base/file.h"
#include "store/database.h"
#include "store/schema.h"

namespace assay::store {
namespace {

namespace fs = std::filesystem;

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        fs::path(testing::TempDir()) /
        fmt::format("store-{}-{}", ::getpid(), testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder_);
    path_ = folder_ / "deeper" / "assay.db";
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::unique_ptr<Store> open() {
    auto store = open_sqlite(path_);
    EXPECT_TRUE(store) << store.error().message;
    return std::move(*store);
  }

  fs::path folder_;
  fs::path path_;
};

record::Run sample_run(std::string id = "20260101-000000-abcd") {
  record::Run run;
  run.id = std::move(id);
  run.started = "2026-01-01T00:00:00Z";
  run.assay = "0.1.0";
  run.command = "assay run -m x";
  run.arguments = {"run", "-m", "x \"y\"", "/models/caf\xe9"};
  run.directory = "/home/somebody";
  run.program = "0123";
  run.kept_environment = {{"OMP_PLACES", "cores"}};
  run.unset_environment = {"MKL_NUM_THREADS"};
  run.host.quota_cpus = 1.5;
  run.host.core_groups = {
      {.kind = "performance", .node = 1, .cpus = {0, 2}, .mhz = 2400, .governor = "powersave"}};
  run.threads = 2;
  run.cpus = {0, 2};
  run.target = 0.03;
  run.seed = 0xFFFFFFFFFFFFFFFFULL;
  run.host.cpu = "A CPU \"with\" quotes";
  run.host.cores = 2;
  run.host.cpu_features = {"avx2"};
  run.host.limits = record::Limits{
      "2026", 2, true, {{"f32", 3e11, "B"}, {"bf16", {}, "none"}}, {{"L1", 96, 1e12}}, {{64, 1e12}}};
  run.hashes = {{"graph x", "00ff"}};
  return run;
}

record::Visit sample_visit() {
  record::Visit visit;
  visit.block = 1;
  visit.round = 4;
  visit.position = 2;
  visit.started_ns = 123;
  visit.batch_ns = 900;
  visit.requests = {{1, 500}, {2, 900}};
  visit.sets = 4;
  visit.inputs_ns = 77;
  visit.ahead_ns = 7;
  visit.asked_ns = 8;
  visit.samples_ns = {300, int64_t{7} * 24 * 3600 * 1'000'000'000, 1};
  visit.surroundings.load = 0.5;
  visit.surroundings.energy_j = 12.5;
  visit.surroundings.threads = 3;
  visit.surroundings.cpus = 2;
  visit.surroundings.other_cpus = 0.25;
  visit.surroundings.suspended_s = 3.5;
  visit.surroundings.throttled = 4;
  visit.surroundings.thermal_events = 0;
  visit.cpu_window_ns = 410;
  visit.cpu_ns = 1800;
  return visit;
}

int64_t fill(Store& store, const record::Run& run) {
  EXPECT_TRUE(store.begin(run));
  const auto id =
      store.add_result(run.id, {"sample", "eager", "cpu", "2.15"}, {"m", "tiny", "inference", "f32"});
  EXPECT_TRUE(id);
  record::Launch launch{4.5, 3, 1, 0.5, 1000, std::nullopt, 700, 300, 0.875, "f32", {}};
  launch.footprint.packages = {{"sample", "2.15.0+cpu", "cp311"}};
  launch.footprint.mapped = {{"lib/libsample.so", record::Origin::framework, 10, 20}};
  EXPECT_TRUE(store.append(*id, launch));
  EXPECT_TRUE(store.append(*id, record::WarmStart{2, 3.5, 2, 1, 0.5}));
  EXPECT_TRUE(store.append(*id, record::StepLimit{2e9, 1e9, 5e8, 128, "tokens", 100.5, std::nullopt}));
  EXPECT_TRUE(store.append(*id, record::Accuracy{record::Verdict::exact, 1e-7, 2e-7, 1.5, "logits", ""}));
  EXPECT_TRUE(store.append(*id, record::Provenance{"graph 1", "weights 1", "runner 1"}));
  EXPECT_TRUE(store.append(*id, sample_visit()));
  return *id;
}

TEST_F(StoreTest, GivesBackEverythingThatWasAppended) {
  const record::Run run = sample_run();
  fill(*open(), run);
  ASSERT_TRUE(open()->finish(run));

  const auto loaded = open()->load(run.id);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->seed, run.seed);
  EXPECT_EQ(loaded->host.cpu, run.host.cpu);
  EXPECT_EQ(loaded->host.cpu_features, run.host.cpu_features);
  ASSERT_TRUE(loaded->host.limits);
  EXPECT_EQ(loaded->host.limits->flop_per_s("f32"), 3e11);
  EXPECT_FALSE(loaded->host.limits->flop_per_s("bf16"));
  EXPECT_EQ(loaded->host.limits->bandwidth.at(0).bytes_per_s, 1e12);
  EXPECT_EQ(loaded->hashes, run.hashes);
  EXPECT_TRUE(loaded->complete);
  ASSERT_EQ(loaded->results.size(), 1U);
  const record::ContestantResult& result = loaded->results[0];
  EXPECT_EQ(result.contestant.name(), "sample/eager@cpu");
  EXPECT_EQ(result.contestant.version, "2.15");
  EXPECT_EQ(result.launch->peak_bytes, 1000);
  EXPECT_FALSE(result.launch->footprint_bytes);
  EXPECT_EQ(result.launch->anonymous_bytes, 700);
  EXPECT_EQ(result.launch->file_bytes, 300);
  EXPECT_EQ(result.launch->dropped_share, 0.875);
  EXPECT_EQ(result.launch->compute_type, "f32");
  EXPECT_EQ(result.launch->footprint.packages.at(0).version, "2.15.0+cpu");
  EXPECT_EQ(result.launch->footprint.size(record::Origin::framework).bytes, 20);
  EXPECT_EQ(result.warm_starts.at(0).block, 2);
  EXPECT_EQ(result.warm_starts.at(0).load_s, 1);
  EXPECT_EQ(result.limit->item, "tokens");
  EXPECT_EQ(result.limit->compute_ms, 100.5);
  EXPECT_FALSE(result.limit->memory_ms);
  EXPECT_EQ(result.accuracy.verdict, record::Verdict::exact);
  ASSERT_EQ(result.visits.size(), 1U);
  EXPECT_EQ(result.visits[0].samples_ns, sample_visit().samples_ns);
  ASSERT_EQ(result.visits[0].requests.size(), 2U);
  EXPECT_EQ(result.visits[0].requests[1].steps, 2);
  EXPECT_EQ(result.visits[0].requests[1].ns, 900);
  EXPECT_EQ(result.visits[0].sets, 4);
  EXPECT_EQ(result.visits[0].inputs_ns, 77);
  EXPECT_EQ(result.visits[0].asked_ns, 8);
  EXPECT_EQ(result.visits[0].ahead_ns, 7);
  EXPECT_EQ(result.visits[0].surroundings.threads, 3);
  EXPECT_EQ(result.visits[0].surroundings.energy_j, 12.5);
  EXPECT_EQ(result.visits[0].surroundings.cpus, 2);
  EXPECT_EQ(result.visits[0].surroundings.other_cpus, 0.25);
  EXPECT_EQ(result.visits[0].cpu_ns, 1800);
  EXPECT_EQ(result.visits[0].surroundings.suspended_s, 3.5);
  EXPECT_EQ(result.visits[0].surroundings.throttled, 4);
  EXPECT_EQ(result.visits[0].surroundings.thermal_events, 0);
  EXPECT_EQ(result.visits[0].cpu_window_ns, 410);
  EXPECT_EQ(result.provenance->weights_key, "weights 1");
  EXPECT_EQ(result.provenance->runner_key, "runner 1");
  EXPECT_FALSE(result.complete);
  EXPECT_EQ(loaded->arguments, run.arguments);
  EXPECT_EQ(loaded->directory, run.directory);
  EXPECT_EQ(loaded->program, run.program);
  EXPECT_EQ(loaded->kept_environment, run.kept_environment);
  EXPECT_EQ(loaded->unset_environment, run.unset_environment);
  EXPECT_EQ(loaded->host.quota_cpus, 1.5);
  ASSERT_EQ(loaded->host.core_groups.size(), 1u);
  EXPECT_EQ(loaded->host.core_groups[0].cpus, (std::vector<int>{0, 2}));
  EXPECT_EQ(loaded->host.core_groups[0].mhz, 2400);
  EXPECT_FALSE(loaded->host.core_groups[0].highest_mhz.has_value());
  EXPECT_EQ(loaded->host.core_groups[0].governor, "powersave");
  EXPECT_EQ(loaded->cpus, run.cpus);
  EXPECT_EQ(loaded->target, run.target);
  EXPECT_FALSE(result.visits[0].surroundings.steal);
}

TEST_F(StoreTest, KeepsTheLooksAtTheLimitsInOrder) {
  const auto store = open();
  const record::Run run = sample_run();
  ASSERT_TRUE(store->begin(run));
  for (const char* when : {"first", "second"}) {
    record::Limits look{.measured = when, .threads = 2};
    look.bandwidth = {{4096, 1e11, {{"streams-4", 2, 1e11}}}};
    ASSERT_TRUE(store->append(run.id, look));
  }
  const auto loaded = store->load(run.id);
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->looks.size(), 2U);
  EXPECT_EQ(loaded->looks[1].measured, "second");
  EXPECT_EQ(loaded->looks[0].bandwidth[0].readings[0].kernel, "streams-4");
}

TEST_F(StoreTest, GoesOnWithAnEntryThatIsThere) {
  const record::Run run = sample_run();
  const int64_t key = fill(*open(), run);
  const auto again =
      open()->add_result(run.id, {"sample", "eager", "cpu", ""}, {"m", "tiny", "inference", "f32"});
  EXPECT_EQ(again.value_or(-1), key);
  ASSERT_TRUE(open()->append(key, record::Completed{}));
  const auto loaded = open()->load(run.id);
  ASSERT_EQ(loaded->results.size(), 1U);
  EXPECT_TRUE(loaded->results[0].complete);
  EXPECT_FALSE(loaded->complete);
}

TEST_F(StoreTest, KeepsAFailureWithAllItsNodes) {
  const record::Run run = sample_run();
  const auto store = open();
  const int64_t id = fill(*store, run);
  record::Failure failure{record::Outcome::unsupported,
                          record::Reason::op,
                          "no Attention",
                          {{"n1", "Attention", "why"}, {"n2", "X", ""}},
                          "tail"};
  ASSERT_TRUE(store->append(id, failure));
  const auto loaded = store->load("last");
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->results[0].outcome, record::Outcome::unsupported);
  EXPECT_EQ(loaded->results[0].failure->reason, record::Reason::op);
  ASSERT_EQ(loaded->results[0].failure->nodes.size(), 2U);
  EXPECT_EQ(loaded->results[0].failure->nodes[1].node, "n2");
  EXPECT_FALSE(loaded->complete);
}

TEST_F(StoreTest, AnErrorThatIsNoNumberStaysNone) {
  const auto store = open();
  const int64_t id = fill(*store, sample_run());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  ASSERT_TRUE(store->append(
      id, record::Accuracy{record::Verdict::wrong, nan, infinity, nan, "logits", "not finite"}));
  const auto loaded = store->load("last");
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(std::isnan(loaded->results[0].accuracy.rel_l2));
  EXPECT_TRUE(std::isinf(loaded->results[0].accuracy.max_rel));
}

TEST_F(StoreTest, FindsARunByTheBeginningOfItsId) {
  const auto store = open();
  ASSERT_TRUE(store->begin(sample_run("20260101-1")));
  ASSERT_TRUE(store->begin(sample_run("20260101-12")));
  ASSERT_TRUE(store->begin(sample_run("20260202-2")));
  EXPECT_EQ(store->load("202602")->id, "20260202-2");
  EXPECT_EQ(store->load("20260101-1")->id, "20260101-1")
      << "a whole id wins over a longer one that begins like it";
  EXPECT_EQ(store->load("last")->id, "20260202-2");
  EXPECT_NE(store->load("2026").error().message.find("several"), std::string::npos);
  EXPECT_EQ(store->load("%").error().kind, ErrorKind::usage);
  EXPECT_EQ(store->list()->size(), 3U);
  EXPECT_EQ(store->list()->front().id, "20260202-2");
}

TEST_F(StoreTest, IsAppendOnly) {
  fill(*open(), sample_run());
  auto database = Database::open(path_);
  ASSERT_TRUE(database);
  for (const char* sql :
       {"UPDATE visit SET batch_ns = 1", "DELETE FROM visit", "DELETE FROM run",
        "UPDATE accuracy SET verdict = 'exact'", "DELETE FROM result", "DELETE FROM provenance"}) {
    const auto result = database->run(sql);
    ASSERT_FALSE(result) << sql;
    EXPECT_NE(result.error().message.find("append-only"), std::string::npos) << result.error().message;
  }
}

TEST_F(StoreTest, RefusesAStoreThatIsNewerAndLeavesItAlone) {
  fill(*open(), sample_run());
  ASSERT_TRUE(Database::open(path_)->run("PRAGMA user_version = 99"));
  const auto store = open_sqlite(path_);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, ErrorKind::environment);
  EXPECT_NE(store.error().message.find("newer Assay"), std::string::npos);
  ASSERT_TRUE(Database::open(path_)->run(fmt::format("PRAGMA user_version = {}", migrations().size())));
  EXPECT_EQ(open()->list()->size(), 1U);
}

TEST_F(StoreTest, AStoreOfTheFirstSchemaIsBroughtUpToDate) {
  fs::create_directories(path_.parent_path());
  {
    auto old = Database::open(path_);
    ASSERT_TRUE(old && old->run(migrations()[0]) && old->run("PRAGMA user_version = 1"));
    ASSERT_TRUE(
        old->run("INSERT INTO run VALUES ('1', 's', 'a', 'c', 2, 0, '{}');"
                 "INSERT INTO entry VALUES (7, '1', 'f', 'v', 'cpu', '1', 'm', 'tiny', 'inference', 'f32');"
                 "INSERT INTO launch VALUES (7, 1.5, 1, 0.25, 0.25, 900, NULL)"));
  }
  const auto run = open()->load("1");
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->results.at(0).launch->peak_bytes, 900);
  EXPECT_FALSE(run->results.at(0).launch->file_bytes);
  EXPECT_TRUE(run->results.at(0).launch->footprint.packages.empty());
  EXPECT_FALSE(run->results.at(0).limit);
}

TEST_F(StoreTest, CanBeReadWithoutWritingAnything) {
  fill(*open(), sample_run());
  auto store = Database::open_to_read(path_);
  ASSERT_TRUE(store) << store.error().message;
  EXPECT_FALSE(store->run("PRAGMA user_version = 1"));
  EXPECT_TRUE(store->run("SAVEPOINT reading; RELEASE reading")) << "as load() does";
  auto query = store->prepare("SELECT count(*) FROM result");
  ASSERT_TRUE(query && query->next());
  EXPECT_EQ(query->integer(0), 1);
  for (const char* beside : {"-wal", "-shm"}) EXPECT_FALSE(fs::exists(path_.string() + beside));
  auto copy = store->copied();
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_TRUE(copy->run("PRAGMA user_version = 1; INSERT INTO completed VALUES (1)"));
  EXPECT_FALSE(Database::open_to_read(path_.parent_path() / "absent"));
}

// A model's name is that of its folder, which may be any bytes.
TEST_F(StoreTest, NamesThatAreNotUtf8AreKeptWithReplacement) {
  record::Run run = sample_run();
  run.hashes = {{"graph caf\xe9", "00ff"}};
  fill(*open(), run);
  ASSERT_TRUE(open()->finish(run));
  EXPECT_EQ(open()->load(run.id)->hashes.begin()->first, "graph caf\xEF\xBF\xBD");
}

// Figures that nobody measured are not shown as if there were none.
TEST_F(StoreTest, SaysThatARunIsDamaged) {
  const std::pair<const char*, const char*> damages[] = {
      {"UPDATE visit SET samples = x'0102030405'", "block 1, round 4"},
      {"UPDATE visit SET samples = x''", "no times"},
      {"UPDATE visit SET samples = zeroblob(24)", "no times"},
      {"UPDATE visit SET samples = x'FFFFFFFFFFFFFFFF'", "no times"},
      {"UPDATE accuracy SET verdict = 'splendid'", "verdict"},
  };
  for (const auto& [damage, complaint] : damages) {
    fs::remove_all(folder_);
    fill(*open(), sample_run());
    ASSERT_TRUE(Database::open(path_)->run(
        fmt::format("DROP TRIGGER visit_no_update; DROP TRIGGER accuracy_no_update; {}", damage)))
        << damage;
    const auto loaded = open()->load(sample_run().id);
    ASSERT_FALSE(loaded) << damage;
    EXPECT_EQ(loaded.error().kind, ErrorKind::data);
    EXPECT_NE(loaded.error().message.find("the run is damaged: sample/eager@cpu"), std::string::npos);
    EXPECT_NE(loaded.error().message.find(complaint), std::string::npos) << loaded.error().message;
  }
}

TEST_F(StoreTest, SaysThatAFileIsNoStore) {
  ASSERT_TRUE(write_file(path_, std::string(4096, 'x')));
  const auto store = open_sqlite(path_);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("no Assay store"), std::string::npos) << store.error().message;
}

TEST_F(StoreTest, AWriterThatIsKilledLosesNothingThatWasAppended) {
  const pid_t child = ::fork();
  if (child == 0) {
    const auto store = open_sqlite(path_);
    if (store && (*store)->begin(sample_run())) {
      const auto id =
          (*store)->add_result(sample_run().id, {"f", "v", "cpu", ""}, {"m", "tiny", "inference", "f32"});
      for (int i = 0; id && i < 5; ++i) (void)(*store)->append(*id, sample_visit());
    }
    ::raise(SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  const auto run = open()->load("last");
  ASSERT_TRUE(run) << run.error().message;
  EXPECT_EQ(run->results.at(0).visits.size(), 5U);
}

TEST_F(StoreTest, AFullDiskIsSaidAndWhatWasStoredIsSafe) {
  const auto store = open();
  const int64_t id = fill(*store, sample_run());
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{300'000, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  record::Visit large = sample_visit();
  large.samples_ns.assign(5'000, 1);
  large.requests = {{5'000, 900}};
  int kept = 1;
  Result<> result;
  while ((result = store->append(id, large)) && kept < 1'000) ++kept;
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_FALSE(result) << "the limit was never met";
  EXPECT_EQ(result.error().kind, ErrorKind::environment);
  EXPECT_EQ(open()->load("last")->results[0].visits.size(), static_cast<size_t>(kept));
  EXPECT_TRUE(store->append(id, large)) << "with room again the store goes on";
}

}  // namespace
}  // namespace assay::store
