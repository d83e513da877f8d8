// Files from outside, each damaged in one way: every one is refused with one line that names the file and
// the key or the tensor.
#include "gguf/reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

namespace assay::gguf {
namespace {

namespace fs = std::filesystem;

// A file put together byte by byte.
class Bytes {
 public:
  template <class T>
  Bytes& number(T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    text_.append(bytes, sizeof value);
    return *this;
  }
  Bytes& raw(std::string_view text) {
    text_ += text;
    return *this;
  }
  Bytes& words(std::string_view text) { return number<uint64_t>(text.size()).raw(text); }
  Bytes& header(uint64_t tensors, uint64_t keys, uint32_t version = 3) {
    return raw("GGUF").number(version).number(tensors).number(keys);
  }
  // A tensor's entry in the header.
  Bytes& tensor(std::string_view name, const std::vector<uint64_t>& sizes, uint32_t type, uint64_t offset) {
    words(name).number(static_cast<uint32_t>(sizes.size()));
    for (const uint64_t size : sizes) number(size);
    return number(type).number(offset);
  }
  Bytes& data(size_t bytes, size_t alignment = 32) {
    text_.resize((text_.size() + alignment - 1) / alignment * alignment + bytes);
    return *this;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

class ReadGguf : public testing::Test {
 protected:
  ReadGguf() : path_(fs::temp_directory_path() / fmt::format("assay-read-{}.gguf", ::getpid())) {}
  ~ReadGguf() override { fs::remove(path_); }

  [[nodiscard]] Result<Contents> read(const Bytes& bytes) const {
    EXPECT_TRUE(write_file(path_, bytes.text()));
    return read_gguf(path_);
  }
  void expect_refused(const Bytes& bytes, std::string_view part) const {
    const auto found = read(bytes);
    ASSERT_FALSE(found) << "accepted; expected: " << part;
    const std::string& message = found.error().message;
    EXPECT_TRUE(message.starts_with(path_.string() + ": ")) << message;
    EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    EXPECT_LT(message.size(), 500U);
  }

  fs::path path_;
};

constexpr uint32_t kU32 = 4, kF32 = 6, kText = 8, kList = 9;

TEST_F(ReadGguf, KeysOfEveryType) {
  Bytes bytes;
  bytes.header(0, 6, 2);
  bytes.words("u8").number<uint32_t>(0).number<uint8_t>(7);
  bytes.words("i64").number<uint32_t>(11).number<int64_t>(-7);
  bytes.words("large").number<uint32_t>(10).number<uint64_t>(UINT64_MAX);
  bytes.words("real").number(kF32).number(1e-5F);
  bytes.words("text").number(kText).words("llama");
  bytes.words("list").number(kList).number(kU32).number<uint64_t>(2).number<uint32_t>(5).number<uint32_t>(5);
  const auto found = read(bytes);
  ASSERT_TRUE(found) << found.error().message;
  const Metadata& keys = found->metadata;
  EXPECT_EQ(keys.integer("u8", 0).value(), 7);
  EXPECT_FALSE(keys.integer("i64", 0));
  EXPECT_FALSE(keys.integer("large", 0));
  EXPECT_EQ(keys.positive_real("real").value(), 1e-5) << "the decimal that was meant";
  EXPECT_EQ(keys.text("text").value(), "llama");
  EXPECT_EQ(keys.integer("list", 0).value(), 5) << "the same for all layers";
  EXPECT_TRUE(keys.check_all_asked({}));
}

TEST_F(ReadGguf, AKeyThatNobodyAskedForIsRefused) {
  Bytes bytes;
  bytes.header(0, 2).words("tokenizer.a").number(kU32).number<uint32_t>(1);
  const auto found = read(bytes.words("b\n").number(kU32).number<uint32_t>(2));
  ASSERT_TRUE(found);
  const auto checked = found->metadata.check_all_asked(std::vector<std::string_view>{"tokenizer."});
  ASSERT_FALSE(checked);
  EXPECT_NE(checked.error().message.find("b? is 2, expected no such key"), std::string::npos)
      << checked.error().message;
}

TEST_F(ReadGguf, TensorsLieWhereTheyShould) {
  Bytes bytes;
  bytes.header(2, 1).words("general.alignment").number(kU32).number<uint32_t>(64);
  bytes.tensor("b", {32, 3}, 2, 64).tensor("a", {2}, 0, 0);
  const auto found = read(bytes.data(64 + 54, 64));
  ASSERT_TRUE(found) << found.error().message;
  const StoredTensor& b = found->tensors.at("b");
  EXPECT_EQ(b.shape, (tensor::Shape{3, 32}));
  EXPECT_EQ(b.type->name, "Q4_0");
  EXPECT_EQ(b.bytes.size(), 54U);
  EXPECT_EQ((b.bytes.data() - found->file->bytes().data()) % 64, 0);
}

TEST_F(ReadGguf, WhatIsNoSuchFile) {
  expect_refused(Bytes(), "does not begin with GGUF");
  expect_refused(Bytes().raw("GGUT").number<uint64_t>(3), "does not begin with GGUF");
  expect_refused(Bytes().header(0, 0, 1), "version 1 of the format, expected 2 or 3");
  expect_refused(Bytes().header(0, 0, 0x03000000), "big-endian");
  expect_refused(Bytes().raw("GGUF").number<uint32_t>(3).number<uint32_t>(0), "truncated");
}

TEST_F(ReadGguf, CountsAndLengthsThatCannotBe) {
  constexpr uint64_t kHuge = uint64_t{1} << 60;
  expect_refused(Bytes().header(kHuge, 0), "1152921504606846976 tensors");
  expect_refused(Bytes().header(0, kHuge), "1152921504606846976 keys");
  expect_refused(Bytes().header(0, 1).number(kHuge), "a name of 1152921504606846976 bytes");
  expect_refused(Bytes().header(0, 1).words("k").number(kText).number(kHuge),
                 "key k: 1152921504606846976 bytes");
  expect_refused(Bytes().header(0, 1).words("k").number(kList).number(kU32).number(kHuge),
                 "key k: a list of 1152921504606846976");
  expect_refused(Bytes().header(0, 1).words("k").number(kList).number(kText).number(kHuge),
                 "key k: a list of");
  expect_refused(Bytes().header(0, 1).words("k").number<uint32_t>(13), "key k: type 13");
  Bytes deep;
  deep.header(0, 1).words("k").number(kList);
  for (int i = 0; i < 100'000; ++i) deep.number(kList).number<uint64_t>(1);
  expect_refused(deep.data(100), "key k: lists inside of lists");
  Bytes twice;
  for (twice.header(0, 2); twice.text().size() < 60;) twice.words("k").number(kU32).number<uint32_t>(1);
  expect_refused(twice, "key k: there twice");
}

TEST_F(ReadGguf, TensorsThatCannotBe) {
  const auto one = [](const std::vector<uint64_t>& sizes, uint32_t type, uint64_t offset) {
    return Bytes().header(1, 0).tensor("t", sizes, type, offset).data(64);
  };
  constexpr uint64_t kHuge = uint64_t{1} << 40;
  expect_refused(one({kHuge, kHuge}, 0, 0), "tensor t: a dimension of 1099511627776");
  expect_refused(one({kHuge, 1 << 22}, 0, 0), "bytes that 64 bits can count");
  expect_refused(one({0}, 0, 0), "a dimension of 0");
  expect_refused(one({1, 1, 1, 1, 1}, 0, 0), "5 dimensions");
  expect_refused(one({17}, 0, 0), "tensor t: 68 bytes from 0 on do not lie in the 64 bytes of data");
  expect_refused(one({1}, 0, uint64_t{1} << 62), "do not lie in");
  expect_refused(one({1}, 0, 4), "begins at 4, expected a multiple of 32");
  expect_refused(one({33}, 2, 0), "rows of 33, expected blocks of 32 of type Q4_0");
  expect_refused(one({256}, 16, 0), "tensor t: type IQ2_XXS, which is not read here");
  expect_refused(one({256}, 99, 0), "tensor t: type 99, which is not read here");
  expect_refused(Bytes().header(2, 0).tensor("t", {9}, 0, 0).tensor("u", {1}, 0, 32).data(64),
                 "overlaps another");
  expect_refused(Bytes().header(2, 0).tensor("t", {1}, 0, 0).tensor("t", {1}, 0, 32).data(64),
                 "tensor t: there twice");
  expect_refused(Bytes().header(0, 1).words("general.alignment").number(kU32).number<uint32_t>(24),
                 "a power of two");
  expect_refused(Bytes().header(0, 1).words("general.alignment").number(kU32).number<uint32_t>(0),
                 "general.alignment is 0");
}

// Cut anywhere, it is refused; nothing is read behind its end.
TEST_F(ReadGguf, CutAnywhere) {
  Bytes whole;
  whole.header(1, 2)
      .words("k")
      .number(kText)
      .words("value")
      .words("l")
      .number(kList)
      .number(kU32)
      .number<uint64_t>(1)
      .number<uint32_t>(1);
  whole.tensor("t", {8}, 0, 0).data(32);
  ASSERT_TRUE(read(whole));
  for (size_t length = 0; length < whole.text().size(); ++length) {
    ASSERT_TRUE(write_file(path_, whole.text().substr(0, length)));
    EXPECT_FALSE(read_gguf(path_)) << length;
  }
}

}  // namespace
}  // namespace assay::gguf
