#include "exchange/import.h"

#include <algorithm>

#include "exchange/continuation.h"
#include "exchange/encode.h"
#include "exchange/results_file.h"

namespace assay::exchange {
namespace {

using record::ContestantResult;
using record::Run;

std::unexpected<Error> refusal(const Run& run, std::string_view why) {
  return fail(ErrorKind::data, "run {}: {}", run.id, why);
}

// The pieces of one result that are not stored yet, or otherwise.
class Pieces {
 public:
  Pieces(store::Store& store, int64_t result) : store_(store), result_(result) {}

  template <class T>
  Result<> put(const T& is, const T& was) {
    return same(is, was) ? Result<>() : store_.append(result_, is);
  }
  template <class T>
  Result<> put(const std::optional<T>& is, const std::optional<T>& was) {
    return !is || same(is, was) ? Result<>() : store_.append(result_, *is);
  }
  // Of a list what is behind its stored beginning.
  template <class T>
  Result<> put_rest(const std::vector<T>& is, const std::vector<T>& was) {
    for (size_t i = was.size(); i < is.size(); ++i) ASSAY_TRY_VOID(store_.append(result_, is[i]));
    return {};
  }

 private:
  store::Store& store_;
  int64_t result_;
};

Result<> put_result(store::Store& store, const std::string& run_id, const ContestantResult& is,
                    const ContestantResult& was) {
  ASSAY_TRY(const int64_t key, store.add_result(run_id, is.contestant, is.cell));
  Pieces pieces(store, key);
  ASSAY_TRY_VOID(pieces.put(is.launch, was.launch));
  ASSAY_TRY_VOID(pieces.put(is.runner, was.runner));
  ASSAY_TRY_VOID(pieces.put(is.limit, was.limit));
  ASSAY_TRY_VOID(pieces.put(is.provenance, was.provenance));
  ASSAY_TRY_VOID(pieces.put(is.accuracy, was.accuracy));
  ASSAY_TRY_VOID(pieces.put(is.tensor_errors, was.tensor_errors));
  ASSAY_TRY_VOID(pieces.put_rest(is.warm_starts, was.warm_starts));
  ASSAY_TRY_VOID(pieces.put_rest(is.visits, was.visits));
  ASSAY_TRY_VOID(pieces.put(is.failure, was.failure));
  return is.complete && !was.complete ? store.append(key, record::Completed{}) : Result<>();
}

// What `was`, which is stored, has not of `run`; all of it when nothing is stored.
Result<> put_run(store::Store& store, const Run& run, const Run& was) {
  static const ContestantResult kNone{};
  for (size_t i = was.looks.size(); i < run.looks.size(); ++i)
    ASSAY_TRY_VOID(store.append(run.id, run.looks[i]));
  for (size_t i = 0; i < run.results.size(); ++i)
    ASSAY_TRY_VOID(
        put_result(store, run.id, run.results[i], i < was.results.size() ? was.results[i] : kNone));
  for (const auto& fault : run.faults)
    if (std::ranges::none_of(was.faults, [&](const auto& stored) { return same(stored, fault); }))
      ASSAY_TRY_VOID(store.append(run.id, fault));
  return run.complete ? store.finish(run) : Result<>();
}

// Whatever a file may hold that a store does not keep is found here, and nothing is stored.
Result<> check_reads_back(store::Store& store, const Run& run) {
  const auto stored = store.load(run.id);
  if (!stored) return refusal(run, stored.error().message);
  if (relation(*stored, run) == Relation::same) return {};
  return refusal(run, "it cannot be stored as it is in the file: was the file written by hand?");
}

Result<> add(store::Store& store, const Run& run) {
  ASSAY_TRY_VOID(store.begin(run));
  ASSAY_TRY_VOID(put_run(store, run, Run()));
  return check_reads_back(store, run);
}

Result<> go_on(store::Store& store, const Run& run) {
  ASSAY_TRY(const Run stored, store.load(run.id));
  ASSAY_TRY_VOID(put_run(store, run, stored));
  return check_reads_back(store, run);
}

}  // namespace

Result<Taken> Importer::compare(const Run& run) {
  ASSAY_TRY(const bool stored, store_.has(run.id));
  if (!stored) return Taken::added;
  ASSAY_TRY(const Run other, store_.load(run.id));
  const Relation found = relation(other, run);
  if (found == Relation::differs)
    return refusal(run, "another run is stored under this id, or one that was changed; it stays as it is");
  return found == Relation::goes_on ? Taken::continued : Taken::known;
}

Result<Taken> Importer::take(const Run& run) {
  if (mode_ == Mode::dry_run) {
    if (!seen_.insert(run.id).second) return Taken::known;
    return compare(run);
  }
  ASSAY_TRY(Taken taken, compare(run));
  if (taken == Taken::known) return taken;
  const auto done = store_.together([&]() -> Result<> {
    ASSAY_TRY(taken, compare(run));  // another process may have been quicker
    if (taken == Taken::known) return {};
    return taken == Taken::added ? add(store_, run) : go_on(store_, run);
  });
  return done ? Result<Taken>(taken) : std::unexpected(done.error());
}

Result<> Importer::check_all(const std::filesystem::path& path, const std::atomic<bool>& stop) {
  ASSAY_TRY(auto reader, ResultsReader::open(path));
  for (int64_t runs = 0; !stop;) {
    ASSAY_TRY(const auto run, reader.next());
    if (!run) return {};
    progress_("checked", ++runs);
  }
  return {};
}

Result<> Importer::take_all(const std::filesystem::path& path, const std::atomic<bool>& stop,
                            Imported& imported) {
  ASSAY_TRY(auto reader, ResultsReader::open(path));
  for (int64_t runs = 0; !stop;) {
    ASSAY_TRY(const auto run, reader.next());
    if (!run) return {};
    const auto taken = take(*run);
    progress_("taken", ++runs);
    if (!taken && taken.error().kind != ErrorKind::data) return std::unexpected(taken.error());
    if (!taken) imported.refused.push_back({run->id, taken.error().message});
    if (!taken) continue;
    imported.added += *taken == Taken::added;
    imported.continued += *taken == Taken::continued;
    imported.known += *taken == Taken::known;
  }
  return {};
}

Imported Importer::take_file(const std::filesystem::path& path, const std::atomic<bool>& stop) {
  Imported imported;
  auto done = check_all(path, stop);
  if (done) done = take_all(path, stop, imported);
  if (!done) imported.trouble = std::move(done).error();
  return imported;
}

}  // namespace assay::exchange
