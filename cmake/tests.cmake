# How programs of GoogleTest are run by ctest: each test in a process of its own, or with ASSAY_WHOLE_TESTS each program once, with its report in
# reports/. Under sanitizers starting a program takes longer than most tests.
option(ASSAY_WHOLE_TESTS "Run each test program in one process" OFF)

function(assay_tests target prefix timeout)
  if(ASSAY_WHOLE_TESTS)
    add_test(NAME ${prefix} COMMAND ${target} --gtest_output=xml:${CMAKE_BINARY_DIR}/reports/${target}.xml)
    set_tests_properties(${prefix} PROPERTIES TIMEOUT 1800)
  else()
    gtest_discover_tests(${target} TEST_PREFIX "${prefix}/" DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT ${timeout})
  endif()
endfunction()
