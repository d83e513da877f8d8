# How programs of GoogleTest are run by ctest: each once, with its report in reports/, since starting one takes longer than most tests.
# assay_tests(TARGET NAME [AS_SHIPPED]): with AS_SHIPPED ./test runs it without sanitizers too.
function(assay_tests target name)
  cmake_parse_arguments(arg "AS_SHIPPED" "" "" ${ARGN})
  add_test(NAME ${name} COMMAND ${target} --gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${target}.xml)
  set_tests_properties(${name} PROPERTIES TIMEOUT 1800)
  # Of what is slow to compile under sanitizers half is thinking about tests, which run once.
  target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0>)
  if(arg_AS_SHIPPED)
    set_tests_properties(${name} PROPERTIES LABELS as-shipped)
    add_dependencies(test_programs ${target})
  endif()
endfunction()
