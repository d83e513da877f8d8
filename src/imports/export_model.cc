#include "imports/export_model.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/json_fields.h"
#include "base/part_file.h"
#include "base/text.h"
#include "graph/json.h"
#include "imports/model.h"
#include "imports/proof.h"
#include "setup/program.h"
#include "setup/select.h"
#include "tensor/safetensors.h"

namespace assay::imports {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMostOfReason = 1500;  // of what the program or its libraries say
// What both may differ by: the file has its constants in float32, and so has a framework that fixes types.
constexpr double kMostOff = 1e-5, kMostOffInFloat32 = 1e-4;

// A folder for one export, gone at the end.
class Scratch {
 public:
  static Result<Scratch> make() {
    fs::path folder = cache_dir() / "imports" / fmt::format("export-{}", ::getpid());
    std::error_code ec;
    fs::remove_all(folder, ec);
    fs::create_directories(folder, ec);
    if (ec) return fail(ErrorKind::environment, "{}: cannot be created: {}", folder.string(), ec.message());
    return Scratch(std::move(folder));
  }
  Scratch(Scratch&& other) noexcept : folder_(std::exchange(other.folder_, {})) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    std::error_code ignored;
    if (!folder_.empty()) fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] const fs::path& folder() const { return folder_; }

 private:
  explicit Scratch(fs::path folder) : folder_(std::move(folder)) {}
  fs::path folder_;
};

// The folder of packages of an environment that was set up.
Result<std::string> packages_of(const setup::Framework& owner, const Workshop& workshop) {
  const setup::Build& build = owner.builds.front();
  ASSAY_TRY_VOID(setup::set_up(owner, build, workshop.observer, workshop.network));
  ASSAY_TRY(const fs::path folder, setup::build_dir(owner, build));
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder / "venv" / "lib", ec))
    if (fs::is_directory(entry.path() / "site-packages", ec)) return entry.path() / "site-packages";
  return fail(ErrorKind::environment, "{}: holds no packages of Python", folder.string());
}

Result<std::string> interpreter_of(const setup::Framework& framework, const Workshop& workshop) {
  const setup::Variant& variant = framework.variants.front();
  if (const setup::Build* build = framework.build(variant.build))
    ASSAY_TRY_VOID(setup::set_up(framework, *build, workshop.observer, workshop.network));
  ASSAY_TRY(const auto command, setup::expand(framework, variant));
  return command.front();
}

Result<std::string> interpreter(const setup::Framework& framework, const ExportWishes& wishes,
                                const Workshop& workshop) {
  if (wishes.python.empty()) return interpreter_of(framework, workshop);
  const auto found = setup::locate_program(wishes.python.string());
  if (!found) return fail(ErrorKind::usage, "--python {}: there is no such program", wishes.python.string());
  std::error_code ec;
  return fs::absolute(*found, ec).string();
}

nlohmann::json request_of(const ExportWishes& wishes, const fs::path& folder,
                          const std::vector<std::string>& packages) {
  std::error_code ec;
  return {{"kind", wishes.kind},
          {"source", wishes.source},
          {"task", wishes.task},
          {"sizes", wishes.sizes},
          {"packages", packages},
          {"directory", fs::current_path(ec).string()},
          {"file", (folder / wishes.output.filename()).string()},
          {"folder", folder.string()}};
}

// The lines that the program prints: each but the last says what it does now.
class Answers {
 public:
  explicit Answers(const ExportObserver& observer) : observer_(observer) {}
  void add(std::string_view piece) {
    text_ += piece;
    for (size_t end; (end = text_.find('\n')) != std::string::npos; text_.erase(0, end + 1))
      take(text_.substr(0, end));
  }
  [[nodiscard]] const std::optional<nlohmann::json>& last() const { return last_; }

 private:
  void take(const std::string& line) {
    auto answer = parse_json(line, "what the exporter says");
    if (!answer || !answer->is_object()) return;
    const auto doing = answer->find("progress");
    if (doing == answer->end())
      last_ = *std::move(answer);
    else if (doing->is_string() && observer_.progress)
      observer_.progress(one_line(doing->get<std::string>()));
  }
  const ExportObserver& observer_;
  std::string text_;
  std::optional<nlohmann::json> last_;
};

std::string end_of(const std::string& text) {
  return one_line(text.substr(text.size() > kMostOfReason ? text.size() - kMostOfReason : 0), kMostOfReason);
}

Result<nlohmann::json> accepted(const Answers& answers, const std::string& source) {
  const auto& last = answers.last();
  if (!last) return fail(ErrorKind::data, "{}: the exporter ended without an answer", source);
  const auto made = last->find("ok");
  if (made != last->end()) return *made;
  JsonFields fields(*last, "what the exporter says");
  const std::string refused = fields.text("refused"), kind = fields.text("kind");
  ASSAY_TRY_VOID(fields.finish());
  return fail(kind == "usage" ? ErrorKind::usage : ErrorKind::data, "{}: {}", one_line(source),
              one_line(refused, kMostOfReason));
}

// Runs the program in the user's own environment: what it calls may be the user's, and need it.
Result<nlohmann::json> run_exporter(const Exporter& exporter, const std::string& python,
                                    const nlohmann::json& request, const fs::path& folder,
                                    const ExportObserver& observer) {
  const fs::path asked = folder / "request.json";
  ASSAY_TRY_VOID(write_file(asked, json_text(request)));
  Answers answers(observer);
  std::string errors;
  const setup::ProgramCall call{
      .argv = {python, (exporter.own.directory / exporter.program).string(), asked.string()},
      .stopped = observer.stopped};
  ASSAY_TRY(const Ending ending, setup::run_program(
                                     call, [&](std::string_view piece) { answers.add(piece); },
                                     [&](std::string_view piece) { errors += piece; }));
  if (observer.stopped && observer.stopped()) return fail(ErrorKind::environment, "interrupted");
  const std::string source = request["source"];
  if (ending.success()) return accepted(answers, source);
  if (ending.signal != 0)
    return fail(ErrorKind::data, "{}: the exporter was ended by signal {}{}", source, ending.signal,
                ending.signal == SIGKILL ? ": did the memory not suffice?" : "");
  return fail(ErrorKind::data, "{}: the exporter fails: {}", source, end_of(errors));
}

Result<tensor::TensorMap> evaluated(const models::Model& model, const models::Workload& workload,
                                    const fs::path& folder, const Workshop& workshop) {
  verify::ReferenceJob job{.graph = folder / "graph.json",
                           .bindings = {folder / "inputs.safetensors"},
                           .out = folder / "found.safetensors"};
  job.bindings.insert(job.bindings.end(), model.checkpoint.begin(), model.checkpoint.end());
  ASSAY_TRY_VOID(write_file(job.graph, graph::to_json(workload.step.graph)));
  ASSAY_TRY_VOID(verify::child_evaluator(workshop.assay)(job));
  return tensor::read_safetensors(job.out);
}

struct Made {
  std::string precision;
  std::map<std::string, int64_t> open;
  std::vector<std::string> notes;
};

Result<Made> made_of(const nlohmann::json& answer) {
  JsonFields fields(answer, "what the exporter says");
  Made made{.precision = fields.text("precision"), .open = {}, .notes = fields.texts("notes")};
  const nlohmann::json* sizes = fields.value("sizes", "sizes by name");
  ASSAY_TRY_VOID(fields.finish());
  for (const auto& [name, size] : sizes->items())
    if (const auto number = integer_of(size)) made.open.emplace(name, *number);
  return made;
}

// Both outputs; the file is refused where they are not the same.
Result<double> compared(const tensor::TensorMap& found, const fs::path& theirs, const Made& made,
                        const std::string& source, const std::string& framework) {
  ASSAY_TRY(const auto expected, tensor::read_safetensors(theirs));
  double most = 0;
  for (const auto& [name, tensor] : expected) {
    const auto own = found.find(name);
    const bool comparable = own != found.end() && own->second.shape() == tensor.shape();
    const double apart =
        comparable ? difference(own->second, tensor) : std::numeric_limits<double>::infinity();
    if (!(apart <= (made.precision == "float64" ? kMostOff : kMostOffInFloat32)))
      return fail(
          ErrorKind::data,
          "{}: its ONNX file does not compute what {} does: {} is off by {:.2g} of its size; no file was "
          "written",
          source, framework, one_line(name), apart);
    most = std::max(most, apart);
  }
  return most;
}

Result<> copy_to(const fs::path& from, const fs::path& to) {
  ASSAY_TRY(const auto file, MappedFile::open(from));
  PartFile part(to);
  ASSAY_TRY_VOID(part.write(file->bytes()));
  return part.commit();
}

// The data first: who finds the file finds it complete.
Result<int64_t> put_in_place(const fs::path& made, const fs::path& output) {
  std::error_code ec;
  const fs::path data = made.string() + ".data";
  int64_t bytes = static_cast<int64_t>(fs::file_size(made, ec));
  if (fs::exists(data, ec)) {
    bytes += static_cast<int64_t>(fs::file_size(data, ec));
    ASSAY_TRY_VOID(copy_to(data, output.string() + ".data"));
  }
  ASSAY_TRY_VOID(copy_to(made, output));
  return bytes;
}

// What is wrong with the file that was made is so with what it was made of.
std::unexpected<Error> of_source(const Error& error, const fs::path& file, const std::string& source) {
  std::string_view message = error.message;
  if (const std::string named = file.string() + ": "; message.starts_with(named))
    message.remove_prefix(named.size());
  return fail(error.kind, "{}: as an ONNX file: {}", one_line(source), message);
}

Result<setup::Framework> framework_of(const Exporter& exporter, const Workshop& workshop) {
  return setup::read_framework(workshop.source / "frameworks" / exporter.framework);
}

}  // namespace

Result<ExportedModel> export_model(const Exporter& exporter, const ExportWishes& wishes,
                                   const Workshop& workshop, const ExportObserver& observer) {
  ASSAY_TRY(const setup::Framework framework, framework_of(exporter, workshop));
  ASSAY_TRY(const std::string python, interpreter(framework, wishes, workshop));
  ASSAY_TRY(const std::string shared, packages_of(importer(workshop.source), workshop));
  ASSAY_TRY(const std::string own, packages_of(exporter.own, workshop));
  ASSAY_TRY(const Scratch scratch, Scratch::make());
  const fs::path& folder = scratch.folder();
  ASSAY_TRY(const auto answer,
            run_exporter(exporter, python, request_of(wishes, folder, {shared, own}), folder, observer));
  ASSAY_TRY(Made made, made_of(answer));
  for (const std::string& note : made.notes) observer.say(one_line(note));
  observer.progress("comparing");
  const fs::path file = folder / wishes.output.filename();
  const Wishes as_given{.dims = made.open, .inputs = folder / "inputs.safetensors"};
  const auto say = [&](std::string_view line) {
    if (!line.starts_with("inputs: ")) observer.say(line);  // the example's, which nobody calls so
  };
  const auto model = model_of(file, as_given, workshop, say);
  if (!model) return of_source(model.error(), file, wishes.source);
  ASSAY_TRY(const auto workload, model->build("inference"));
  ASSAY_TRY(const auto found, evaluated(*model, workload, folder, workshop));
  ASSAY_TRY(const double apart,
            compared(found, folder / "outputs.safetensors", made, wishes.source, framework.title));
  ASSAY_TRY(const int64_t bytes, put_in_place(file, wishes.output));
  ExportedModel result{.file = wishes.output,
                       .framework = framework.title,
                       .bytes = bytes,
                       .open = std::move(made.open),
                       .precision = std::move(made.precision),
                       .difference = apart,
                       .operators = {}};
  for (const auto& node : workload.step.graph.nodes()) ++result.operators[node.op];
  return result;
}

}  // namespace assay::imports
