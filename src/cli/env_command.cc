// `assay env`: what a bug report needs: versions, the machine, what is set up, places and their sizes, and
// the environment variables that matter.
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "base/version.h"
#include "cache/cache.h"
#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/output.h"
#include "cli/places.h"
#include "host/host.h"
#include "host/steering.h"
#include "record/host_json.h"
#include "reference/blas.h"
#include "report/figures.h"
#include "report/table.h"
#include "setup/build.h"
#include "setup/tool.h"
#include "store/store.h"

namespace assay::cli {
namespace {

using nlohmann::json;

constexpr std::array kTools = {"g++", "gcc", "clang++", "cmake", "ninja", "python3", "cargo", "rustc", "git"};

// "g++ (Debian 12.2.0-14) 12.2.0": the first line of what the tool says; empty when it is not there.
std::string version_of(const char* tool) {
  const auto text = setup::printed_version(tool);
  return text ? text->substr(0, text->find('\n')) : "";
}

json tools() {
  json found = json::object();
  for (const char* tool : kTools)
    if (const std::string version = version_of(tool); !version.empty()) found[tool] = version;
  return found;
}

// The version that the framework's runner told in the newest run that has one.
std::string version_in_runs(const record::Run* run, const std::string& framework) {
  if (run == nullptr) return "";
  for (const auto& entry : run->results)
    if (entry.contestant.framework == framework && !entry.contestant.version.empty())
      return entry.contestant.version;
  return "";
}

json frameworks(const std::vector<setup::Framework>& known, const record::Run* newest) {
  json list = json::array();
  for (const auto& framework : known) {
    if (framework.hidden) continue;
    for (const auto& build : framework.builds) {
      const auto state = setup::state(framework, build);
      const auto folder = setup::build_dir(framework, build);
      list.push_back({{"framework", framework.name},
                      {"build", folder ? folder->filename().string() : build.name},
                      {"state", state ? std::string(setup::name(*state)) : state.error().message},
                      {"version", version_in_runs(newest, framework.name)},
                      {"bytes", setup::footprint_bytes(framework, build).value_or(0)}});
    }
  }
  return list;
}

int64_t file_bytes(const std::filesystem::path& path) {
  std::error_code ec;
  const auto bytes = std::filesystem::file_size(path, ec);
  return ec ? 0 : static_cast<int64_t>(bytes);
}

json places() {
  const auto store = store::default_path();
  return {{"program", executable().string()},
          {"source", source_dir().string()},
          {"cache", cache_dir().string()},
          {"cache_bytes", cache::size_on_disk(cache_dir())},
          {"cache_free_bytes", host::free_disk_bytes(cache_dir()).value_or(0)},
          {"store", store.string()},
          {"store_bytes", file_bytes(store)}};
}

// The newest of this machine: others may have been imported.
std::optional<record::Run> newest_run(const record::Host& host) {
  std::error_code ec;
  if (!std::filesystem::exists(store::default_path(), ec)) return std::nullopt;
  auto store = store::open_sqlite_to_read(store::default_path());
  const auto runs = store ? (*store)->list() : Result<std::vector<store::RunSummary>>();
  if (!runs) return std::nullopt;
  const auto newest = std::ranges::find(*runs, host.name, &store::RunSummary::host);
  if (newest == runs->end()) return std::nullopt;
  auto run = (*store)->load(newest->id);
  if (!run) return std::nullopt;
  return std::move(*run);
}

json document(const std::vector<setup::Framework>& known) {
  const record::Host host = host::this_machine();
  const auto newest = newest_run(host);
  json variables = json::object();
  for (const auto& [name, value] : relevant_variables(known, host::given_environment()))
    variables[name] = value;
  return {{"schema", 1},
          {"assay", kVersion},
          {"host", json::parse(record::host_to_json(host))},
          {"openblas_core", reference::blas_core()},
          {"tools", tools()},
          {"frameworks", frameworks(known, newest ? &*newest : nullptr)},
          {"places", places()},
          {"environment", variables}};
}

void print_text(const json& found) {
  const json& host = found["host"];
  const json& places = found["places"];
  const auto size = [](const json& bytes) {
    return bytes.is_number() ? report::bytes(bytes.get<int64_t>()) : "an unknown amount";
  };
  print("assay {}\n{}, {}, {}\n{}, {} cores, {} of memory, OpenBLAS kernels {}\n", kVersion,
        host.value("os", ""), host.value("kernel", ""), host.value("arch", ""), host.value("cpu", ""),
        host.value("cores", 0), size(host["memory_bytes"]), found.value("openblas_core", ""));
  print("\nprogram  {}\nsource   {}\ncache    {}  ({}, {} free)\nstore    {}  ({})\n\n",
        places.value("program", ""), places.value("source", ""), places.value("cache", ""),
        size(places["cache_bytes"]), size(places["cache_free_bytes"]), places.value("store", ""),
        size(places["store_bytes"]));
  report::Table table;
  for (const auto& [tool, version] : found["tools"].items()) table.rows.push_back({tool, version});
  table.rows.push_back({"", ""});
  for (const json& build : found["frameworks"])
    table.rows.push_back(
        {build.value("framework", ""), fmt::format("{} {} {}", build.value("version", ""),
                                                   build.value("state", ""), build.value("build", ""))});
  print("{}\n", report::to_text(table, ""));
  for (const auto& [name, value] : found["environment"].items())
    print("{}={}\n", one_line(name), one_line(value.get<std::string>()));
}

}  // namespace

int run(const EnvArguments& arguments) {
  const auto known = setup::scan(source_dir() / "frameworks");
  if (!known) return report_error(known.error());
  const json found = document(*known);
  if (arguments.json)
    print_json(found);
  else
    print_text(found);
  return 0;
}

}  // namespace assay::cli
