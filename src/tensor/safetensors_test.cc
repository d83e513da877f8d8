#include "tensor/safetensors.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file.h"

namespace assay::tensor {
namespace {

namespace fs = std::filesystem;

class Safetensors : public testing::Test {
 protected:
  Safetensors() : folder_(fs::temp_directory_path() / fmt::format("assay-safetensors-{}", ::getpid())) {
    fs::create_directories(folder_);
  }
  ~Safetensors() override { fs::remove_all(folder_); }

  [[nodiscard]] fs::path path() const { return folder_ / "x.safetensors"; }

  // A file of that header and so many bytes of data.
  void write(std::string_view header, size_t data_bytes) const {
    write_raw(header.size(), header, data_bytes);
  }
  void write_raw(uint64_t length, std::string_view header, size_t data_bytes) const {
    std::string content;
    for (size_t i = 0; i < 8; ++i) content += static_cast<char>((length >> (8 * i)) & 0xFF);
    content += header;
    content.append(data_bytes, '\x01');
    ASSERT_TRUE(write_file(path(), content));
  }
  // The message of the failure: one line that names the file.
  [[nodiscard]] std::string failure() const {
    const auto result = read_safetensors(path());
    EXPECT_FALSE(result);
    if (result) return "";
    const std::string message = result.error().message;
    EXPECT_NE(message.find("x.safetensors"), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_FALSE(read_safetensors_header(path()));
    return message;
  }
  void expect_failure(const std::vector<std::string>& parts) const {
    const std::string message = failure();
    for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
  }

  fs::path folder_;
};

TEST_F(Safetensors, WhatIsWrittenIsRead) {
  const TensorMap tensors = {{"a", Tensor::of<float>({3}, {1, 2, 3})},
                             {"b", Tensor::of<int64_t>({1, 2}, {4, 5})},
                             {"c", Tensor::of<double>({}, {6})},
                             {"none", Tensor(DType::f32, {0, 7})},
                             {"odd \"name\"\n", Tensor::of<bool>({3}, {true, false, true})}};
  ASSERT_TRUE(write_safetensors(path(), tensors));
  const auto read = read_safetensors(path());
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(read->at(name).dtype(), tensor.dtype()) << name;
    EXPECT_EQ(read->at(name).shape(), tensor.shape()) << name;
    EXPECT_TRUE(std::ranges::equal(read->at(name).bytes(), tensor.bytes())) << name;
  }
}

TEST_F(Safetensors, FileIsAlignedAsSaid) {
  const TensorMap tensors = {{"a", Tensor(DType::boolean, {3})},
                             {"b", Tensor(DType::f32, {16, 5})},
                             {"c", Tensor(DType::f32, {1})},
                             {"d", Tensor(DType::f32, {32})},
                             {"e", Tensor(DType::f64, {3})}};
  ASSERT_TRUE(write_safetensors(path(), tensors));
  const auto header = read_safetensors_header(path());
  ASSERT_TRUE(header) << header.error().message;
  EXPECT_EQ(header->at("b").offset % 4096, 0);
  for (const auto& [name, extent] : *header) {
    EXPECT_EQ(extent.offset % static_cast<int64_t>(dtype_size(extent.dtype)), 0) << name;
    if (extent.bytes % 64 == 0) {
      EXPECT_EQ(extent.offset % 64, 0) << name;
    }
  }
}

TEST_F(Safetensors, AFailingProducerLeavesTheOldFile) {
  ASSERT_TRUE(write_safetensors(path(), TensorMap{{"old", Tensor(DType::f32, {1})}}));
  const auto broken = [] { return Result<Tensor>(fail(ErrorKind::data, "no")); };
  EXPECT_FALSE(write_safetensors(path(), std::vector<PendingTensor>{{"new", DType::f32, {1}, broken}}));
  EXPECT_TRUE(read_safetensors(path())->contains("old"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(Safetensors, AFullDiskIsSaid) {
  const auto result = write_safetensors("/dev/full/x", TensorMap{{"a", Tensor(DType::f32, {1})}});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::environment);
}

TEST_F(Safetensors, AMisalignedForeignFileIsReadAll) {
  write(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} )", 4);
  const auto read = read_safetensors(path());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->at("a").size(), 1);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(read->at("a").bytes().data()) % 4, 0U);
}

TEST_F(Safetensors, NotAFile) {
  EXPECT_FALSE(read_safetensors(folder_ / "missing.safetensors"));
  ASSERT_TRUE(write_file(path(), "short"));
  expect_failure({"5 bytes"});
}

TEST_F(Safetensors, AbsurdHeaderLength) {
  write_raw(uint64_t{1} << 60, "{}", 0);
  expect_failure({"header of 1152921504606846976 bytes"});
  write_raw(~uint64_t{0}, "{}", 0);
  expect_failure({"header of 18446744073709551615 bytes"});
  write_raw(3, "{}", 0);
  expect_failure({"header of 3 bytes in a file of 10"});
}

TEST_F(Safetensors, AbsurdNesting) {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  write("{\"a\":{\"dtype\":" + deep + ",\"shape\":[],\"data_offsets\":[0,0]}}", 0);
  expect_failure({"nested too deep"});
  write(std::string(200'000, '['), 0);
  expect_failure({"not a JSON object"});
  write("{\"a\":" + std::string(200'000, '['), 0);
  expect_failure({"header, line 1, column 69: nested too deep"});
}

TEST_F(Safetensors, NotJson) {
  write("{\"a\": ", 0);
  expect_failure({"header, line 1, column 7: not JSON", "cut off"});
  write("[1]", 0);
  expect_failure({"not a JSON object"});
}

TEST_F(Safetensors, Truncated) {
  write(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 7);
  expect_failure({"\"w\"", "[0,8]", "7 bytes"});
}

TEST_F(Safetensors, OffsetsBackwards) {
  write(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8);
  expect_failure({"\"w\"", "[8,0]"});
  write(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}})", 8);
  expect_failure({"\"w\"", "data_offsets"});
}

TEST_F(Safetensors, Overlapping) {
  write(
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
      8);
  expect_failure({"\"b\"", "overlaps"});
}

TEST_F(Safetensors, Hole) {
  write(
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}})",
      12);
  expect_failure({"\"b\"", "hole"});
  write(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 5);
  expect_failure({"1 bytes follow"});
}

TEST_F(Safetensors, SizeDoesNotFitTheShape) {
  write(R"({"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8);
  expect_failure({"\"w\"", "8 bytes", "[3]", "F32"});
  write(R"({"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}})", 0);
  expect_failure({"\"w\"", "0 bytes"});
}

TEST_F(Safetensors, BadEntries) {
  write(R"({"w":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}})", 1);
  expect_failure({"\"w\"", "\"F8\"", "BF16"});
  write(R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4);
  expect_failure({"\"w\"", "shape", "holds -1"});
  write(R"({"w":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", 4);
  expect_failure({"\"w\"", "shape"});
  write(R"({"w":{"dtype":"F32","data_offsets":[0,4]}})", 4);
  expect_failure({"\"w\"", "'shape' is missing"});
  write(R"({"w":7})", 0);
  expect_failure({"\"w\""});
}

TEST_F(Safetensors, HeadersThatParsersLetPassByCustom) {
  const std::string good = R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})";
  write("\xEF\xBB\xBF" + good, 4);
  expect_failure({"not a JSON object"});
  write(" " + good, 4);
  expect_failure({"not a JSON object"});
  write(good + std::string("\0{}", 3), 4);
  expect_failure({"not JSON"});
  write(good + "{}", 4);
  expect_failure({"not JSON"});
  write(R"({"w":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}})", 4);
  expect_failure({"not JSON"});
  write("{\"\xFF\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4);
  expect_failure({"not JSON"});
}

TEST_F(Safetensors, AKeyTwiceInAnEntry) {
  write(R"({"w":{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}})", 4);
  expect_failure({"\"shape\"", "twice"});
}

// As other writers leave them: notes of their own, names in any order, spaces behind the header.
TEST_F(Safetensors, OfOtherWritersIsRead) {
  write(
      R"({"__metadata__":{"format":"pt"},"z":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"data_offsets":[0,4],"shape":[1],"dtype":"F32"}}      )",
      8);
  const auto read = read_safetensors(path());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->size(), 2U);
  EXPECT_TRUE(read_plain_safetensors(path()));
}

TEST_F(Safetensors, OfAnotherProgramIsAPlainFile) {
  write(R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4);
  EXPECT_TRUE(read_plain_safetensors(path()));
  fs::rename(path(), folder_ / "other");
  fs::create_symlink(folder_ / "other", path());
  EXPECT_FALSE(read_plain_safetensors(path()));
  EXPECT_TRUE(read_safetensors(path())) << "a user's checkpoint may be a link";
  fs::remove(path());
  fs::create_hard_link(folder_ / "other", path());
  EXPECT_FALSE(read_plain_safetensors(path()));
  EXPECT_TRUE(read_safetensors(path()));
}

TEST_F(Safetensors, ANameTwice) {
  write(
      R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
      4);
  expect_failure({"\"w\"", "twice"});
}

}  // namespace
}  // namespace assay::tensor
