# The program src/runner/init, which stands in the core as bytes. Static and without sanitizers: it is the first process of a runner's
# namespace, must start at once and needs nothing of the system it runs on.
add_executable(runner_init src/runner/init/main.cc)
target_compile_options(runner_init PRIVATE -Os -fno-sanitize=all)
target_link_options(runner_init PRIVATE -static -s -fno-sanitize=all)
set_source_files_properties(src/runner/init_image_linux.cc PROPERTIES
  COMPILE_DEFINITIONS "ASSAY_INIT_PROGRAM=\"$<TARGET_FILE:runner_init>\""
  OBJECT_DEPENDS "${CMAKE_BINARY_DIR}/runner_init")
add_dependencies(assay_runner runner_init)
