// Outputs files from a runner, mutated: the gate reads each or refuses it, and says why.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "base/file.h"
#include "mutator.h"
#include "tensor/safetensors.h"
#include "verify/gate.h"
#include "watch.h"

namespace assay::fuzz {
namespace {

namespace fs = std::filesystem;
using tensor::Tensor;
using tensor::TensorMap;

TensorMap answer() {
  return {{"logits", Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6})}, {"loss", Tensor::of<float>({}, {0.5F})}};
}

// Of the answer above for both sets; what is off by a thousandth is wrong.
verify::Truth truth() {
  const TensorMap expected = {{"logits", Tensor::of<double>({2, 3}, {1, 2, 3, 4, 5, 6})},
                              {"loss", Tensor::of<double>({}, {0.5})}};
  verify::Truth truth;
  truth.outputs = {"logits", "loss"};
  truth.expected = {{0, expected}, {1, expected}};
  for (const std::string& name : truth.outputs) truth.f32.tensors[name] = {1e-7, 1e-7, 1e-7};
  return truth;
}

class FuzzOutputs : public testing::Test {
 protected:
  FuzzOutputs() : path_(fs::temp_directory_path() / ("assay-fuzz-" + std::to_string(::getpid()))) {}
  ~FuzzOutputs() override { fs::remove(path_); }

  // The file with its header or its data changed, the header's length told rightly most of the time.
  static std::string mutated(const std::string& file, Mutator& mutator) {
    uint64_t length = 0;
    for (size_t i = 0; i < 8; ++i) length |= uint64_t{static_cast<unsigned char>(file[i])} << (8 * i);
    const uint64_t kind = mutator.random().below(8);
    if (kind == 0) return mutator(file);
    if (kind == 1) return file.substr(0, 8 + length) + mutator(file.substr(8 + length));
    std::string header = file.substr(8, length);
    header.erase(header.find_last_not_of(' ') + 1);  // what is changed is no padding
    header = mutator(header);
    std::string result;
    for (size_t i = 0; i < 8; ++i) result += static_cast<char>(header.size() >> (8 * i));
    return result + header + file.substr(8 + length);
  }

  fs::path path_;
};

TEST_F(FuzzOutputs, AreJudgedOrRefused) {
  const verify::Truth expected = truth();
  ASSERT_TRUE(tensor::write_safetensors(path_, answer()));
  const std::string valid = read_file(path_).value();
  size_t exact = 0;
  for (uint64_t input = 0; input < inputs(); ++input) {
    begin(input);
    Mutator mutator(input);
    ASSERT_TRUE(write_file(path_, mutated(valid, mutator)));
    const std::array answers = {verify::Answer{.set = 0, .path = path_}};
    const auto judgement = judge(expected, answers, "f32", 1);
    ASSERT_TRUE(judgement) << input << ": " << judgement.error().message;
    const auto& [accuracy, errors, insensitive, smallest] = *judgement;
    exact += accuracy.verdict == record::Verdict::exact ? 1 : 0;
    if (accuracy.verdict == record::Verdict::wrong) {
      EXPECT_FALSE(accuracy.reason.empty()) << input;
    }
    EXPECT_LT(accuracy.reason.size(), 10'000U) << input;
    end();
  }
  EXPECT_GT(exact, 0U) << "no mutant passes: they do not reach the tensors";
  EXPECT_LT(peak_bytes(), kMostBytes);
}

}  // namespace
}  // namespace assay::fuzz
