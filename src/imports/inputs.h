// The inputs of a model from outside: how each is drawn, by its type and by what reads it, or as a file gives
// them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "imports/normal_form.h"
#include "models/draw.h"

namespace assay::imports {

// How the inputs that are not noise are drawn, and what that is in words ("input_ids: below 30522"), by the
// inputs' names. float32 is noise. Integers of few bits are anything that they can hold. Others that choose
// rows of a table are ids below its number of rows; masks are ones; lengths are the largest dimension of any
// input; of other integers nothing is known, and they are ones, too.
struct Policy {
  models::Draws draws;
  std::vector<std::string> words;
};
[[nodiscard]] Policy policy_of(const graph::Graph& graph, const Ranges& ranges = {});

// The same from a file with a tensor for every input: the first set is the file's, every other one has the
// file's values moved on cyclically, each by another number of elements. Fails (data) naming file, input and
// expectation.
[[nodiscard]] Result<Policy> policy_from(const graph::Graph& graph, const std::filesystem::path& inputs);

}  // namespace assay::imports
