# cli/revision.h's function, generated: which revision of the sources the program is built from.
if(TARGET assay_cli)
  set(revision_file "${CMAKE_BINARY_DIR}/generated/revision.cc")
  add_custom_target(revision
    COMMAND ${CMAKE_COMMAND} -D SOURCE_DIR=${CMAKE_SOURCE_DIR} -D OUTPUT=${revision_file}
            -P ${CMAKE_SOURCE_DIR}/cmake/write_revision.cmake
    BYPRODUCTS ${revision_file})
  add_dependencies(assay_cli revision)
  target_sources(assay_cli PRIVATE ${revision_file})
endif()
