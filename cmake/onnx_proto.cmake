# The messages of ONNX files, generated from src/onnx/onnx.proto: that file of the PyPI package onnx 1.23.2, unchanged, under the
# Apache License 2.0 (Copyright ONNX Project Contributors; the text of the licence is LICENSE of this repository).
set(onnx_proto "${CMAKE_SOURCE_DIR}/src/onnx/onnx.proto")
file(SHA256 "${onnx_proto}" onnx_proto_hash)
if(NOT onnx_proto_hash STREQUAL "547214dd049486a4d5ecbae593e9c72d90b5e8d603944b722eff469e0b5a9cc9")
  message(FATAL_ERROR "src/onnx/onnx.proto differs from the file of onnx 1.23.2: restore it, or change version and hash here")
endif()
set(onnx_proto_folder "${CMAKE_BINARY_DIR}/generated/onnx")
file(MAKE_DIRECTORY "${onnx_proto_folder}")
add_custom_command(
  OUTPUT "${onnx_proto_folder}/onnx.pb.cc" "${onnx_proto_folder}/onnx.pb.h"
  COMMAND protobuf::protoc "--proto_path=${CMAKE_SOURCE_DIR}/src/onnx" "--cpp_out=${onnx_proto_folder}" "${onnx_proto}"
  DEPENDS "${onnx_proto}"
  VERBATIM)
add_library(onnx_proto STATIC "${onnx_proto_folder}/onnx.pb.cc" "${onnx_proto_folder}/onnx.pb.h")
target_include_directories(onnx_proto SYSTEM PUBLIC "${onnx_proto_folder}")
target_compile_options(onnx_proto PRIVATE -w)  # generated code is not ours to correct
target_link_libraries(onnx_proto PUBLIC protobuf::libprotobuf-lite)
