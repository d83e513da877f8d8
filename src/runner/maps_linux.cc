#include "runner/maps_linux.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "base/file.h"

namespace assay::runner {
namespace {

// One line: "7f12a000-7f13b000 r-xp 00026000 fe:01 1234   /usr/lib/libc.so.6".
struct Range {
  int64_t bytes = 0;
  bool executable = false, writable = false;
  std::string path;  // empty: no file
};

Range parse(std::string_view line) {
  Range range;
  uint64_t begin = 0, end = 0;
  const char* last = line.data() + line.size();
  const auto first = std::from_chars(line.data(), last, begin, 16);
  if (first.ec != std::errc() || first.ptr == last) return range;
  const auto second = std::from_chars(first.ptr + 1, last, end, 16);
  if (second.ec != std::errc() || last - second.ptr < 5) return range;
  range.bytes = static_cast<int64_t>(end - begin);
  range.writable = second.ptr[2] == 'w';
  range.executable = second.ptr[3] == 'x';
  const size_t path = line.find('/');
  if (path != std::string_view::npos) range.path = line.substr(path);
  constexpr std::string_view kDeleted = " (deleted)";
  if (range.path.ends_with(kDeleted)) range.path.resize(range.path.size() - kDeleted.size());
  return range;
}

}  // namespace

std::map<std::string, MappedCode> code_in(std::string_view maps) {
  std::map<std::string, MappedCode> files;
  while (!maps.empty()) {
    const size_t end = std::min(maps.find('\n'), maps.size());
    const Range range = parse(maps.substr(0, end));
    maps.remove_prefix(std::min(end + 1, maps.size()));
    if (range.path.empty() || range.writable) continue;
    MappedCode& file = files[range.path];
    file.bytes += range.bytes;
    if (range.executable) file.code_bytes += range.bytes;
  }
  std::erase_if(files, [](const auto& file) { return file.second.code_bytes == 0; });
  return files;
}

std::map<std::string, MappedCode> mapped_code(int pid) {
  // A process that ends while it is read has none: a stream would throw.
  const std::string text = read_file(fmt::format("/proc/{}/maps", pid)).value_or("");
  return code_in(text);
}

std::string program_of(int pid) {
  std::error_code ec;
  return std::filesystem::read_symlink(fmt::format("/proc/{}/exe", pid), ec).string();
}

}  // namespace assay::runner
