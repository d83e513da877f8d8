#include "setup/footprint.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "host/proc_text.h"

namespace assay::setup {
namespace fs = std::filesystem;
namespace {

using record::Origin;

// Beginnings of the names of libraries that stand between a framework and a device, whoever ships them.
constexpr std::array<std::string_view, 27> kDeviceRuntimes = {
    "libcudart", "libcublas",    "libcudnn", "libcufft",   "libcurand",      "libcusolver",   "libcusparse",
    "libcupti",  "libcufile",    "libnccl",  "libnvrtc",   "libnvJitLink",   "libnvToolsExt", "libnvshmem",
    "libamdhip", "libhip",       "librocm",  "librocblas", "libhsa-runtime", "libMIOpen",     "librccl",
    "libsycl",   "libze_loader", "libur_",   "libOpenCL",  "libvulkan.so",   "libdirectml"};
constexpr std::array<std::string_view, 9> kDrivers = {"libcuda.so",      "libnvidia-", "libcudadebugger",
                                                      "libze_intel_gpu", "libigdrcl",  "libigc",
                                                      "libdrm",          "libvulkan_", "libGLX_nvidia"};

bool begins_with_one(const auto& beginnings, std::string_view name) {
  return std::ranges::any_of(beginnings,
                             [&](std::string_view beginning) { return name.starts_with(beginning); });
}

bool is_below(const fs::path& file, const fs::path& folder) {
  if (folder.empty()) return false;
  const std::string inner = file.lexically_relative(folder).string();
  return !inner.empty() && inner != "." && !inner.starts_with("..");
}

bool has_part(const fs::path& path, std::string_view wanted) {
  return std::ranges::any_of(path, [&](const fs::path& part) { return part.string() == wanted; });
}

bool is_interpreter(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with("python3") || name.starts_with("libpython3") || has_part(file, "lib-dynload");
}

record::Package read_package(const fs::path& metadata) {
  const std::string about = host::text_of(metadata / "METADATA"), wheel = host::text_of(metadata / "WHEEL");
  return {host::value_of(about, "Name", ':').value_or(""), host::value_of(about, "Version", ':').value_or(""),
          host::value_of(wheel, "Tag", ':').value_or("")};
}

// The folders site-packages of the environments in a build, which lie at its top or one below.
std::vector<fs::path> site_packages(const fs::path& build_dir) {
  std::vector<fs::path> found;
  std::error_code ec;
  fs::recursive_directory_iterator it(build_dir, ec);
  for (const fs::recursive_directory_iterator end; !ec && it != end; it.increment(ec)) {
    constexpr int kDeepest = 4;  // venv/lib/python3.11/site-packages
    if (it->path().filename() == "site-packages") found.push_back(it->path());
    if (it.depth() >= kDeepest - 1) it.disable_recursion_pending();
  }
  return found;
}

void place(record::MappedFile& file, const Ours& ours) {
  const fs::path path = file.path;
  file.origin = origin_of(path, ours);
  for (const fs::path& folder : ours.folders)
    if (is_below(path, folder)) file.path = path.lexically_relative(folder).string();
}

}  // namespace

std::vector<record::Package> packages(const fs::path& build_dir) {
  std::vector<record::Package> result;
  std::error_code ec;
  for (const fs::path& folder : site_packages(build_dir))
    for (fs::directory_iterator it(folder, ec), end; !ec && it != end; it.increment(ec)) {
      if (it->path().extension() != ".dist-info") continue;
      auto package = read_package(it->path());
      if (!package.name.empty() && package.name != "pip") result.push_back(std::move(package));
    }
  std::ranges::sort(result, {}, &record::Package::name);
  return result;
}

Origin origin_of(const fs::path& file, const Ours& ours) {
  const std::string name = file.filename().string();
  if (is_interpreter(file)) return Origin::interpreter;
  if (begins_with_one(kDrivers, name) || has_part(file, "dri")) return Origin::driver;
  if (begins_with_one(kDeviceRuntimes, name) || begins_with_one(ours.device_runtimes, name) ||
      has_part(file, "nvidia"))
    return Origin::device_runtime;
  const bool own =
      std::ranges::any_of(ours.folders, [&](const fs::path& folder) { return is_below(file, folder); });
  return own ? Origin::framework : Origin::system;
}

record::Footprint footprint(const fs::path& build_dir, const fs::path& generated,
                            std::vector<record::MappedFile> mapped, const std::string& program,
                            const std::vector<std::string>& device_runtimes) {
  record::Footprint result;
  if (!build_dir.empty()) {
    result.build = build_dir.filename().string();
    result.packages = packages(build_dir);
  }
  // The loader is mapped into every program that is linked with something.
  if (!program.empty() && origin_of(program, {{build_dir}, {}}) == Origin::framework)
    result.linkage = mapped.size() > 1 ? "dynamic" : "static";
  for (record::MappedFile& file : mapped) place(file, {{build_dir, generated}, device_runtimes});
  std::ranges::sort(mapped, [](const auto& a, const auto& b) {
    return a.bytes != b.bytes ? a.bytes > b.bytes : a.path < b.path;
  });
  result.mapped = std::move(mapped);
  return result;
}

std::string package_of(const std::string& path) {
  constexpr std::string_view kPackages = "site-packages/";
  const size_t found = path.find(kPackages);
  std::string inner = found == std::string::npos ? path : path.substr(found + kPackages.size());
  inner = inner.substr(0, inner.find('/'));
  // "numpy.libs" and "sample-2.15.0.dist-info" are parts of numpy and sample.
  for (const std::string_view ending : {".libs", ".dist-info"})
    if (inner.ends_with(ending)) inner.resize(inner.size() - ending.size());
  if (const size_t dash = inner.find('-'); found != std::string::npos && dash != std::string::npos)
    inner.resize(dash);
  return inner;
}

}  // namespace assay::setup
