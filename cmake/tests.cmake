# How programs of GoogleTest are run by ctest: each once, with its report in reports/, since starting one takes longer than most tests.
# assay_tests(TARGET PREFIX TIMEOUT [AS_SHIPPED]): with AS_SHIPPED ./test runs it without sanitizers too.
function(assay_tests target prefix timeout)
  cmake_parse_arguments(arg "AS_SHIPPED" "" "" ${ARGN})
  add_test(NAME ${prefix} COMMAND ${target} --gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${target}.xml)
  set_tests_properties(${prefix} PROPERTIES TIMEOUT ${timeout})
  # Of what is slow to compile under sanitizers half is thinking about tests, which run once.
  target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:-O0>)
  if(arg_AS_SHIPPED)
    set_tests_properties(${prefix} PROPERTIES LABELS as-shipped)
    add_dependencies(test_programs ${target})
  endif()
endfunction()
