// The program runner/init, which Assay carries within itself. init_image_linux.cc.
#pragma once

namespace assay::runner {

// A descriptor of a file in memory that holds the program, ready to be executed; the same one each time, open
// as long as this process lives. Negative where the system has no such files.
[[nodiscard]] int init_image();

}  // namespace assay::runner
