// Names of runs, and changes that are made together.
#include <gtest/gtest.h>
#include <unistd.h>

#include "store/store.h"

namespace assay::store {
namespace {

namespace fs = std::filesystem;

class Names : public testing::Test {
 protected:
  Names() : path_(fs::path(testing::TempDir()) / fmt::format("names-{}.db", ::getpid())) {
    remove();
    store_ = open_sqlite(path_).value();
  }
  ~Names() override {
    store_.reset();
    remove();
  }
  void remove() {
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(path_.string() + ending);
  }
  void add(const std::string& id, std::optional<std::string> label = std::nullopt,
           const std::string& host = "host-1") {
    record::Run run;
    run.id = id;
    run.label = std::move(label);
    run.started = id.substr(0, 8);
    run.host.name = host;
    run.host.cpu = "a CPU";
    ASSERT_TRUE(store_->begin(run));
  }
  std::vector<std::string> found(std::string_view name) {
    const auto ids = store_->find(name);
    return ids ? *ids : std::vector<std::string>{"! " + ids.error().message};
  }

  fs::path path_;
  std::unique_ptr<Store> store_;
};

using Texts = std::vector<std::string>;

TEST_F(Names, MeanAnIdALabelOrTheBeginningOfOneId) {
  add("20260102-1", "before");
  add("20260101-1", "before");
  add("20260101-12", "2026");
  EXPECT_EQ(found("20260101-1"), Texts{"20260101-1"}) << "a whole id wins";
  EXPECT_EQ(found("before"), (Texts{"20260101-1", "20260102-1"})) << "the oldest first";
  EXPECT_EQ(found("2026"), Texts{"20260101-12"}) << "a label wins over the beginning of ids";
  EXPECT_EQ(found("20260102"), Texts{"20260102-1"});
  EXPECT_NE(found("202601").front().find("! several runs begin with '202601'"), std::string::npos);
  EXPECT_EQ(store_->load("2026")->id, "20260101-12");
  EXPECT_NE(store_->load("before").error().message.find("2 runs have the label 'before'"), std::string::npos);
  EXPECT_EQ(*store_->has("20260101-1"), true);
  EXPECT_EQ(*store_->has("20260101"), false);
}

// Runs of other machines may come later and be older.
TEST_F(Names, LastIsTheOneThatBeganLast) {
  EXPECT_NE(found("last").front().find("! there is no run yet"), std::string::npos);
  add("20260102-1");
  add("20260101-1", std::nullopt, "host-2");
  EXPECT_EQ(found("last"), Texts{"20260102-1"});
  const auto runs = store_->list();
  ASSERT_EQ(runs->size(), 2U);
  EXPECT_EQ(runs->at(0).id, "20260102-1");
  EXPECT_EQ(runs->at(1).host, "host-2");
  EXPECT_EQ(runs->at(1).cpu, "a CPU");
  EXPECT_FALSE(runs->at(1).label);
}

TEST_F(Names, ThatAreUnknownGetTheNearestOnes) {
  add("20260102-1234", "before the update");
  EXPECT_NE(found("20260102-1243").front().find("Did you mean 20260102-1234?"), std::string::npos);
  EXPECT_NE(found("before teh update").front().find("Did you mean before the update?"), std::string::npos);
  EXPECT_NE(found("%").front().find("there is no run '%'. `assay show` lists"), std::string::npos);
  EXPECT_EQ(store_->find("\033[2J").error().message.find('\033'), std::string::npos);
}

TEST_F(Names, ARunWhoseHostIsDamagedIsListed) {
  add("20260101-1");
  add("20260101-2", std::nullopt, std::string("caf\xe9"));
  EXPECT_EQ(store_->list()->size(), 2U);
}

TEST_F(Names, WhatIsDoneTogetherIsDoneAsAWholeOrNotAtAll) {
  record::Run run;
  run.id = "20260101-1";
  const record::Cell cell{"m", "tiny", "inference", "f32"};
  const auto work = [&](bool fails) {
    return store_->together([&]() -> Result<> {
      ASSAY_TRY_VOID(store_->begin(run));
      ASSAY_TRY(const int64_t key, store_->add_result(run.id, {"f", "v", "cpu", ""}, cell));
      ASSAY_TRY_VOID(store_->append(key, record::Completed{}));
      EXPECT_EQ(store_->load(run.id)->results.size(), 1U) << "it reads what it has changed";
      EXPECT_TRUE(open_sqlite(path_).value()->list()->empty()) << "and nobody else does";
      if (fails) return fail(ErrorKind::data, "no");
      return {};
    });
  };
  EXPECT_EQ(work(true).error().message, "no");
  EXPECT_TRUE(store_->list()->empty());
  EXPECT_TRUE(work(false));
  EXPECT_EQ(store_->list()->size(), 1U);
  EXPECT_FALSE(work(false)) << "there is such a run";
  EXPECT_TRUE(store_->append(1, record::Completed{})) << "and the store goes on";
}

}  // namespace
}  // namespace assay::store
