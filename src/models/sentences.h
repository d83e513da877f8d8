// Real sentences for the workloads of a sentence embedder, with their ids in the uncased English vocabulary
// of BERT (30522 entries), [CLS] and [SEP] included. A test of fidelity holds the ids to the tokenizer.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace assay::models {

inline constexpr int64_t kBertVocabulary = 30522;
inline constexpr int64_t kBertStart = 101, kBertEnd = 102;  // [CLS] and [SEP]
inline constexpr int64_t kBertWords = 1996;  // the first word; marks, letters and special tokens come before

struct Sentence {
  std::string_view text;
  std::vector<int64_t> ids;
};

// Two passages of 128 tokens.
[[nodiscard]] inline const std::array<Sentence, 2>& passages() {
  static const std::array<Sentence, 2> all = {
      Sentence{
          "A lighthouse stands at the end of the long stone pier, where the river meets the sea. Every "
          "evening "
          "at dusk the keeper climbs the one hundred and twelve steps to the lamp, trims the wick, and winds "
          "the clockwork that turns the heavy lens. Fishermen far out on the water count the seconds between "
          "two flashes, and so they know which harbour lies before them and how close the rocks must be. In "
          "winter, when storms cover the windows with salt and ice, the keeper sleeps beside the lamp, "
          "because "
          "a light that goes out for only a few minutes can cost a ship and all those who sail in her.",
          {101,  1037, 10171, 4832, 2012, 1996,  2203, 1997,  1996,  2146,  2962,  10356, 1010,  2073,  1996,
           2314, 6010, 1996,  2712, 1012, 2296,  3944, 2012,  18406, 1996,  10684, 18881, 1996,  2028,  3634,
           1998, 4376, 4084,  2000, 1996, 10437, 1010, 12241, 2015,  1996,  15536, 3600,  1010,  1998,  7266,
           1996, 5119, 6198,  2008, 4332, 1996,  3082, 10014, 1012,  16532, 2521,  2041,  2006,  1996,  2300,
           4175, 1996, 3823,  2090, 2048, 16121, 1010, 1998,  2061,  2027,  2113,  2029,  7440,  3658,  2077,
           2068, 1998, 2129,  2485, 1996, 5749,  2442, 2022,  1012,  1999,  3467,  1010,  2043,  12642, 3104,
           1996, 3645, 2007,  5474, 1998, 3256,  1010, 1996,  10684, 25126, 3875,  1996,  10437, 1010,  2138,
           1037, 2422, 2008,  3632, 2041, 2005,  2069, 1037,  2261,  2781,  2064,  3465,  1037,  2911,  1998,
           2035, 2216, 2040,  9498, 1999, 2014,  1012, 102}},
      Sentence{
          "The price of a loaf of bread depends on far more than flour. A baker pays for the oven and the "
          "gas "
          "that heats it, for the van that brings the loaves to the shops before seven in the morning, and "
          "for "
          "the people who work while everyone else is asleep. When the harvest is poor in one part of the "
          "world, grain is bought from another, and ships, ports and insurance all take a small share. "
          "Economists like bread as an example since it is simple to weigh, eaten almost everywhere, and "
          "sold "
          "at a price that people remember. A rise of a few cents is noticed within days, and remembered.",
          {101,  1996, 3976,  1997, 1037, 27048, 1997, 7852, 9041,  2006, 2521,  2062, 2084,  13724, 1012,
           1037, 6243, 12778, 2005, 1996, 17428, 1998, 1996, 3806,  2008, 18559, 2009, 1010,  2005,  1996,
           3158, 2008, 7545,  1996, 8840, 21055, 2000, 1996, 7340,  2077, 2698,  1999, 1996,  2851,  1010,
           1998, 2005, 1996,  2111, 2040, 2147,  2096, 3071, 2842,  2003, 6680,  1012, 2043,  1996,  11203,
           2003, 3532, 1999,  2028, 2112, 1997,  1996, 2088, 1010,  8982, 2003,  4149, 2013,  2178,  1010,
           1998, 3719, 1010,  8831, 1998, 5427,  2035, 2202, 1037,  2235, 3745,  1012, 22171, 2066,  7852,
           2004, 2019, 2742,  2144, 2009, 2003,  3722, 2000, 17042, 1010, 8828,  2471, 7249,  1010,  1998,
           2853, 2012, 1037,  3976, 2008, 2111,  3342, 1012, 1037,  4125, 1997,  1037, 2261,  16653, 2003,
           4384, 2306, 2420,  1010, 1998, 4622,  1012, 102}},
  };
  return all;
}

// Two questions of 8 tokens.
[[nodiscard]] inline const std::array<Sentence, 2>& questions() {
  static const std::array<Sentence, 2> all = {
      Sentence{"What is a neural network?", {101, 2054, 2003, 1037, 15756, 2897, 1029, 102}},
      Sentence{"How do birds find home?", {101, 2129, 2079, 5055, 2424, 2188, 1029, 102}},
  };
  return all;
}

}  // namespace assay::models
