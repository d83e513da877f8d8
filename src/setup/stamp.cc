#include "setup/stamp.h"

#include "base/file.h"
#include "host/proc_text.h"

namespace assay::setup {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kTool = "tool.";

fs::path file_of(const fs::path& folder) { return folder / "stamp"; }

// "tool.c++=0123456789abcdef /usr/bin/c++".
void read_tool(std::string_view line, Stamp& stamp) {
  const size_t equals = line.find('='), space = line.find(' ', equals);
  if (!line.starts_with(kTool) || equals == std::string_view::npos || space == std::string_view::npos) return;
  stamp.tools[std::string(line.substr(kTool.size(), equals - kTool.size()))] = {
      line.substr(space + 1), std::string(line.substr(equals + 1, space - equals - 1))};
}

}  // namespace

std::optional<Stamp> read_stamp(const fs::path& folder) {
  const std::string text = host::text_of(file_of(folder));
  const auto runner = host::value_of(text, "runner", '=');
  if (!runner) return std::nullopt;
  Stamp stamp{.runner = *runner, .inputs = host::value_of(text, "inputs", '=').value_or("")};
  if (const auto bytes = host::value_of(text, "footprint_bytes", '='))
    stamp.footprint_bytes = host::integer_in(*bytes);
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = rest.find('\n');
    read_tool(rest.substr(0, end), stamp);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return stamp;
}

Result<> write_stamp(const fs::path& folder, const Stamp& stamp) {
  std::string text = fmt::format("runner={}\nfootprint_bytes={}\ninputs={}\n", stamp.runner,
                                 stamp.footprint_bytes.value_or(0), stamp.inputs);
  for (const auto& [name, tool] : stamp.tools)
    text += fmt::format("{}{}={} {}\n", kTool, name, tool.version, tool.path.string());
  return write_file(file_of(folder), text);
}

fs::file_time_type completed(const fs::path& folder) {
  std::error_code ec;
  const auto time = fs::last_write_time(file_of(folder), ec);
  return ec ? fs::file_time_type::min() : time;
}

}  // namespace assay::setup
