// Files of results into a store. A run is taken as a whole or not at all, never twice, and never in the place
// of another one: of a run that is stored already, what the file has more is added, since a store is
// append-only.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/store.h"

namespace assay::exchange {

enum class Taken {
  added,      // it is new
  continued,  // it was stored as it was before it went on, and has the rest now
  known,      // the store has all of it already, or more
};

// A run of a file that was not taken, and why.
struct Refused {
  std::string run;
  std::string why;
};

// What came of one file.
struct Imported {
  int64_t added = 0;
  int64_t continued = 0;
  int64_t known = 0;
  std::vector<Refused> refused;
  // Why the rest of the file was not taken, or nothing of it.
  std::optional<Error> trouble;
};

class Importer {
 public:
  enum class Mode { store, dry_run };  // dry_run: only says what would be
  // Hears after every run how many of a file were "checked" or "taken" so far: files may take minutes.
  using Progress = std::function<void(std::string_view done, int64_t runs)>;
  Importer(
      store::Store& store, Mode mode, Progress progress = [](std::string_view, int64_t) {})
      : store_(store), mode_(mode), progress_(std::move(progress)) {}

  // One run, in one transaction. Fails (data) when there is another run with its id, or when it cannot be
  // stored so that it reads back as it was, and (environment) as the store does; the store is as before then.
  [[nodiscard]] Result<Taken> take(const record::Run& run);

  // All runs of a file, in order. It is read to its end first: nothing of one that is damaged or cut off is
  // taken. A run that is refused leaves the others alone. `stop` ends it between two runs.
  [[nodiscard]] Imported take_file(const std::filesystem::path& path, const std::atomic<bool>& stop);

 private:
  [[nodiscard]] Result<Taken> compare(const record::Run& run);
  [[nodiscard]] Result<> check_all(const std::filesystem::path& path, const std::atomic<bool>& stop);
  [[nodiscard]] Result<> take_all(const std::filesystem::path& path, const std::atomic<bool>& stop,
                                  Imported& imported);

  store::Store& store_;
  Mode mode_;
  Progress progress_;
  std::set<std::string> seen_;  // ids, in a dry run
};

}  // namespace assay::exchange
