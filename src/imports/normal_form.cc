#include "imports/normal_form.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <system_error>

#include "base/clock.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/hash.h"
#include "base/json_fields.h"
#include "base/seal.h"
#include "base/text.h"
#include "setup/keys.h"
#include "setup/program.h"

namespace assay::imports {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::json;

constexpr size_t kMostSaid = 600;  // of what the importer says
constexpr int64_t kBaseBytes = int64_t{3}
                               << 30;  // address space: the interpreter and its libraries take most of it
constexpr int64_t kPerFileByte = 8;
constexpr double kMostSeconds = 600;

// Of the main file and of those that hold its data, as far as they can be read.
Result<std::string> content_hash(const fs::path& file, const std::vector<std::string>& data) {
  Hasher hasher;
  ASSAY_TRY(const auto main, MappedFile::open(file));
  hasher.add(main->bytes());
  for (const std::string& name : data) {
    ASSAY_TRY(const auto part, MappedFile::open(file.parent_path() / name));
    hasher.add(name).add(part->bytes());
  }
  return hasher.hex();
}

// Of all that decides the normal form but the files that hold the model's data, which only the importer
// knows.
Result<std::string> key_of(const fs::path& file, const Wishes& wishes, const fs::path& importer) {
  Hasher hasher;
  ASSAY_TRY(const std::string content, content_hash(file, {}));
  ASSAY_TRY(const std::string program, setup::files_key(std::array{importer}));
  ASSAY_TRY(const std::string packages, read_file(importer / "requirements.lock"));
  hasher.add(content).add(program).add(packages);
  for (const auto& [name, size] : wishes.dims) hasher.add(name).add(size);
  for (const auto& [name, value] : wishes.fixed) hasher.add(name).add(value);
  return hasher.hex().substr(0, 16);
}

Result<fs::path> python_of(const Workshop& workshop) {
  const setup::Framework framework = importer(workshop.source);
  ASSAY_TRY_VOID(setup::set_up(framework, framework.builds.front(), workshop.observer, workshop.network));
  ASSAY_TRY(const fs::path build, setup::build_dir(framework, framework.builds.front()));
  return build / "venv" / "bin" / "python";
}

// Runs a program of the importer with a request and reads its answer, one JSON object.
Result<Json> ask(const std::string& program, const Json& request, const fs::path& folder,
                 const fs::path& file, const Workshop& workshop) {
  ASSAY_TRY(const fs::path python, python_of(workshop));
  const fs::path asked = folder / "request.json";
  ASSAY_TRY_VOID(write_file(asked, json_text(request)));
  const int64_t begun_ns = now_ns();
  std::string printed, errors;
  const setup::ProgramCall call{
      .argv = {python.string(), "-E", "-s", (importer(workshop.source).directory / program).string(),
               asked.string()},
      .directory = folder,
      .stopped = [&] { return static_cast<double>(now_ns() - begun_ns) * 1e-9 > kMostSeconds; }};
  ASSAY_TRY(const Ending ending, setup::run_program(
                                     call, [&](std::string_view piece) { printed += piece; },
                                     [&](std::string_view piece) { errors += piece; }));
  if (ending.success()) return parse_json(printed, "answer of " + program);
  if (call.stopped())
    return fail(ErrorKind::data, "{}: reading it takes more than {:.0f} s", file.string(), kMostSeconds);
  if (ending.signal != 0)
    return fail(ErrorKind::data, "{}: ONNX's own tools fail on it (signal {})", file.string(), ending.signal);
  return fail(ErrorKind::data, "{}: ONNX's own tools fail on it: {}", file.string(),
              one_line(errors.substr(errors.size() > kMostSaid ? errors.size() - kMostSaid : 0), kMostSaid));
}

// The answer, unless it is a refusal.
Result<Json> accepted(Json answer, const fs::path& file) {
  if (answer.contains("ok")) return answer["ok"];
  JsonFields fields(answer, "answer of the importer");
  const std::string refused = fields.text("refused"), kind = fields.text("kind");
  ASSAY_TRY_VOID(fields.finish());
  return fail(kind == "usage" ? ErrorKind::usage : ErrorKind::data, "{}: {}", file.string(),
              one_line(refused, kMostSaid));
}

Json request_of(const fs::path& file, const Wishes& wishes, const fs::path& folder) {
  std::error_code ec;
  int64_t bytes = 0;  // of all that lies beside it: its data may be there
  for (const auto& entry : fs::directory_iterator(file.parent_path(), ec))
    if (entry.path().filename().string().starts_with(file.stem().string()))
      bytes += static_cast<int64_t>(entry.file_size(ec));
  return {{"file", file.string()},
          {"folder", folder.string()},
          {"dims", wishes.dims},
          {"fixed", wishes.fixed},
          {"memory", kBaseBytes + kPerFileByte * std::max<int64_t>(bytes, 0)}};
}

std::string float_note(const std::vector<std::string>& types) {
  return types.empty()
             ? ""
             : fmt::format("what it computes in {} is computed in float32", fmt::join(types, " and "));
}

std::string integer_note(const std::vector<std::string>& types, bool long_sums) {
  if (types.empty()) return "";
  return fmt::format("what it computes in {} is computed in float32, on whole numbers{}",
                     fmt::join(types, " and "),
                     long_sums ? "; sums of their products beyond 2^24 are rounded" : "");
}

Result<NormalForm> described(const fs::path& file, const fs::path& folder, const Json& made) {
  JsonFields fields(made, (folder / "made.json").string());
  const auto data = fields.texts("data");
  const auto floats = fields.texts("floats");
  const auto integers = fields.texts("integers");
  const bool long_sums = fields.boolean("long_sums");
  Ranges ranges;
  fields.each("ranges", [&](JsonFields& range) {
    const std::string name = range.text("name");
    ranges[name] = {range.integer("least"), range.integer("most")};
  });
  const bool fixed = fields.boolean("fixed");
  const std::string content = fields.text("content");
  ASSAY_TRY_VOID(fields.finish());
  ASSAY_TRY(const std::string now, content_hash(file, data));
  NormalForm form{.folder = folder,
                  .model = folder / "model.onnx",
                  .weights = folder / "weights.safetensors",
                  .content = now,
                  .ranges = std::move(ranges)};
  if (now != content) return fail(ErrorKind::data, "{}: has changed", file.string());
  if (fixed) form.fixed = folder / "fixed.safetensors";
  for (std::string note : {float_note(floats), integer_note(integers, long_sums)})
    if (!note.empty()) form.notes.push_back(std::move(note));
  return form;
}

// What an earlier call made, if it is intact and all of the file is as it was.
std::optional<NormalForm> kept(const fs::path& file, const fs::path& folder) {
  const fs::path made = folder / "made.json";
  for (const char* name : {"made.json", "model.onnx", "weights.safetensors"})
    if (!is_intact(folder / name)) return std::nullopt;
  const auto json = read_json(made);
  auto form = json ? described(file, folder, *json) : Result<NormalForm>(std::unexpected(json.error()));
  return form ? std::optional(*std::move(form)) : std::nullopt;
}

}  // namespace

setup::Framework importer(const fs::path& source) {
  setup::Framework result{.name = "onnx-importer",
                          .title = "ONNX importer",
                          .language = "Python",
                          .licence = "Apache-2.0",
                          .directory = source / "importers" / "onnx"};
  result.builds.push_back({.name = "venv",
                           .script = "../../sdk/python/venv.sh",
                           .inputs = {"requirements.lock"},
                           .tools = {"python3"},
                           .download_mb = 55,
                           .disk_mb = 260,
                           .minutes = 0.5});
  return result;
}

Result<NormalForm> normal_form(const fs::path& file, const Wishes& wishes, const Workshop& workshop) {
  std::error_code ec;
  const fs::path path = fs::absolute(file, ec);
  if (!fs::is_regular_file(path, ec))
    return fail(ErrorKind::usage, "{}: there is no such file", file.string());
  ASSAY_TRY(const std::string key, key_of(path, wishes, importer(workshop.source).directory));
  const fs::path folder = cache_dir() / "imports" / key;
  fs::create_directories(folder, ec);
  ASSAY_TRY(const auto lock, FileLock::wait_for(folder.string() + ".lock", {}));
  if (auto form = kept(path, folder)) return *std::move(form);
  ASSAY_TRY(auto answer, ask("normalise.py", request_of(path, wishes, folder), folder, path, workshop));
  ASSAY_TRY(Json made, accepted(std::move(answer), file));
  ASSAY_TRY(made["content"], content_hash(path, made.value("data", std::vector<std::string>())));
  ASSAY_TRY_VOID(write_file(folder / "made.json", json_text(made)));
  for (const char* name : {"model.onnx", "weights.safetensors", "made.json"})
    ASSAY_TRY_VOID(seal(folder / name));
  return described(path, folder, made);
}

Result<fs::path> given_inputs(const fs::path& inputs, const fs::path& folder, const Workshop& workshop) {
  if (inputs.extension() == ".safetensors") return inputs;
  std::error_code ec;
  const fs::path path = fs::absolute(inputs, ec), out = folder / "given.safetensors";
  if (!fs::is_regular_file(path, ec))
    return fail(ErrorKind::usage, "--inputs {}: there is no such file", inputs.string());
  const Json request = {{"file", path.string()}, {"out", out.string()}, {"memory", kBaseBytes}};
  ASSAY_TRY(auto answer, ask("arrays.py", request, folder, path, workshop));
  ASSAY_TRY([[maybe_unused]] const Json made, accepted(std::move(answer), inputs));
  return out;
}

}  // namespace assay::imports
