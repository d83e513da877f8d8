#include "imports/exporter.h"

#include <algorithm>

#include "base/file.h"
#include "base/toml_reader.h"

namespace assay::imports {
namespace fs = std::filesystem;
namespace {

constexpr const char* kManifest = "importer.toml";

Result<ModelKind> read_kind(const toml::table& table, const fs::path& file) {
  TableReader reader(table, file, "[[kind]]");
  ModelKind kind{.name = reader.text("name"),
                 .operand = reader.text("operand"),
                 .summary = reader.text("summary"),
                 .dim = reader.text_or("dim", ""),
                 .task = reader.text_or("task", ""),
                 .examples = reader.texts("examples")};
  ASSAY_TRY_VOID(reader.finish());
  return kind;
}

Result<setup::Build> read_build(const toml::table& table, const fs::path& file) {
  TableReader reader(table, file, "[build]");
  setup::Build build{.name = "venv",
                     .script = "../../sdk/python/venv.sh",
                     .inputs = reader.texts("inputs"),
                     .tools = {"python3"},
                     .download_mb = static_cast<int64_t>(reader.number("download_mb")),
                     .disk_mb = static_cast<int64_t>(reader.number("disk_mb")),
                     .minutes = reader.number("minutes")};
  ASSAY_TRY_VOID(reader.finish());
  return build;
}

Result<Exporter> read_exporter(const fs::path& folder) {
  const fs::path file = folder / kManifest;
  ASSAY_TRY(const std::string text, read_file(file));
  ASSAY_TRY(const toml::table table, parse_toml(file, text));
  TableReader reader(table, file, "");
  Exporter exporter{.own = {.name = folder.filename().string() + "-importer",
                            .title = reader.text("title"),
                            .language = "Python",
                            .licence = "Apache-2.0",
                            .directory = folder},
                    .framework = reader.text("framework"),
                    .program = reader.text("program")};
  const toml::table none;
  const toml::table* build = reader.table("build");
  ASSAY_TRY(setup::Build own, read_build(build == nullptr ? none : *build, file));
  exporter.own.builds.push_back(std::move(own));
  for (const toml::table* one : reader.tables("kind")) {
    ASSAY_TRY(ModelKind kind, read_kind(*one, file));
    exporter.kinds.push_back(std::move(kind));
  }
  ASSAY_TRY_VOID(reader.finish());
  return exporter;
}

}  // namespace

Result<std::vector<Exporter>> exporters(const fs::path& source) {
  std::error_code ec;
  const fs::path top = fs::absolute(source, ec).lexically_normal() / "importers";
  std::vector<fs::path> folders;
  for (fs::directory_iterator it(top, ec), end; !ec && it != end; it.increment(ec))
    if (fs::exists(it->path() / kManifest, ec)) folders.push_back(it->path());
  std::ranges::sort(folders);
  std::vector<Exporter> found;
  for (const fs::path& folder : folders) {
    ASSAY_TRY(Exporter exporter, read_exporter(folder));
    found.push_back(std::move(exporter));
  }
  return found;
}

}  // namespace assay::imports
