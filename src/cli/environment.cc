#include "cli/environment.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "setup/variables.h"

namespace assay::cli {
namespace {

constexpr std::array<std::string_view, 20> kBeginnings = {
    "ASSAY_", "PIP_", "UV_",   "CARGO_",  "RUST", "CMAKE_", "CXX",    "CC",  "CFLAGS",   "LDFLAGS",
    "PYTHON", "XDG_", "CUDA_", "NVIDIA_", "HIP_", "ROCR_",  "GLIBC_", "LD_", "NO_COLOR", "LC_"};
constexpr std::array<std::string_view, 6> kNames = {"COLUMNS", "HOME", "LANG", "PATH", "TERM", "TMPDIR"};

constexpr std::array<OwnVariable, 3> kOwn = {{
    {"ASSAY_CACHE", "folder of frameworks, weights, truth and files of runs"},
    {"ASSAY_HOME", "folder with frameworks/ and sdk/, where that is not the one that assay was built in"},
    {"ASSAY_STORE", "file of the stored runs"},
}};

std::string upper(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return std::toupper(c); });
  return result;
}

bool relevant(std::span<const setup::Framework> frameworks, std::string_view name) {
  return setup::steers(frameworks, name) || upper(name).ends_with("_PROXY") ||
         std::ranges::find(kNames, name) != kNames.end() ||
         std::ranges::any_of(kBeginnings, [&](auto beginning) { return name.starts_with(beginning); });
}

bool secret(std::string_view name) {
  const std::string text = upper(name);
  return std::ranges::any_of(std::array{"TOKEN", "PASSWORD", "SECRET", "CREDENTIAL", "_KEY"},
                             [&](const char* word) { return text.contains(word); });
}

}  // namespace

std::span<const OwnVariable> own_variables() { return kOwn; }

std::string without_credentials(const std::string& text) {
  std::string result;
  size_t at = 0;
  while (true) {
    const size_t scheme = text.find("://", at);
    if (scheme == std::string::npos) return result + text.substr(at);
    const size_t begin = scheme + 3;
    // A password may hold whatever else an address is made of, as it was typed.
    const size_t end = std::min(text.find_first_of(" ,;\t\n", begin), text.size());
    const size_t sign = text.substr(begin, end - begin).rfind('@');
    result += text.substr(at, begin - at);
    result += sign == std::string::npos ? text.substr(begin, end - begin)
                                        : "***" + text.substr(begin + sign, end - begin - sign);
    at = end;
  }
}

std::map<std::string, std::string> relevant_variables(std::span<const setup::Framework> frameworks,
                                                      const std::map<std::string, std::string>& environment) {
  std::map<std::string, std::string> found;
  for (const auto& [name, value] : environment)
    if (relevant(frameworks, name)) found[name] = secret(name) ? "***" : without_credentials(value);
  return found;
}

}  // namespace assay::cli
