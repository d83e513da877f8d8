#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <span>

#include "runner/descriptor.h"
#include "runner/init_image.h"

// NOLINTBEGIN: the assembler's part; ASSAY_INIT_PROGRAM is the path of the built program.
asm(".pushsection .rodata\n"
    ".global assay_init_begin\n"
    ".global assay_init_end\n"
    "assay_init_begin:\n"
    ".incbin \"" ASSAY_INIT_PROGRAM
    "\"\n"
    "assay_init_end:\n"
    ".popsection\n");
extern "C" const char assay_init_begin[], assay_init_end[];
// NOLINTEND

namespace assay::runner {
namespace {

constexpr unsigned kExecutable = 0x10;  // MFD_EXEC, Linux 6.3

int memory_file() {
  const long made = ::syscall(SYS_memfd_create, "assay-init", MFD_CLOEXEC | kExecutable);
  return static_cast<int>(made >= 0 ? made : ::syscall(SYS_memfd_create, "assay-init", MFD_CLOEXEC));
}

int load() {
  Descriptor file(memory_file());
  std::span<const char> left(assay_init_begin, static_cast<size_t>(assay_init_end - assay_init_begin));
  while (file.get() >= 0 && !left.empty()) {
    const ssize_t written = ::write(file.get(), left.data(), left.size());
    if (written <= 0) return -1;
    left = left.subspan(static_cast<size_t>(written));
  }
  return ::fcntl(file.get(), F_DUPFD_CLOEXEC, 10);  // dup2() onto 0, 1 and 2 must not hit it
}

}  // namespace

int init_image() {
  static const int file = load();
  return file;
}

}  // namespace assay::runner
