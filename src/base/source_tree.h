// Where the sources lie that this program was built from. Only the program `assay` and the tests link it
// (cmake/source_tree.cmake): a runner has no business there.
#pragma once

namespace assay {

// The top of the source tree, an absolute path.
[[nodiscard]] const char* source_tree();

}  // namespace assay
