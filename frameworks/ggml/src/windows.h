// Windows that move over images, as ggml's operators on images want them: ne = {width, height, channels,
// batch}. A signal [batch, channels, length] is an image one row high, a vector of channels one of one place.
#pragma once

#include "emitter.h"
#include "graph/window.h"

namespace ggml_runner {

[[nodiscard]] assay::tensor::Shape as_image(assay::tensor::Shape shape);

// A window's numbers as ggml counts dimensions: 0 is the width, 1 the height.
struct Steps {
  int stride = 1;
  int pad = 0;  // before; as much behind unless the window is uneven
  int dilation = 1;
  int kernel = 1;
};
[[nodiscard]] Steps steps_along(const assay::graph::Window& window, size_t dimension);

// Why a node's window is none of ggml; empty when it is.
[[nodiscard]] std::string refuse_window(const Graph& graph, const Node& node);

// Whether ggml's own padding is what is asked for: as much on both sides, and all places of the output fit.
[[nodiscard]] bool is_even(const assay::graph::Window& window);

// What lies around the image as part of it, so that the window's own padding is 0: in the places that the
// output reads there is `number`.
[[nodiscard]] ggml_tensor* surrounded(Emitter& emitter, ggml_tensor* image,
                                      const assay::graph::Window& window, float number);
[[nodiscard]] assay::graph::Window without_pads(assay::graph::Window window);

// A number for each channel, against an image.
[[nodiscard]] ggml_tensor* per_channel(Emitter& emitter, const Node& node, size_t i);

}  // namespace ggml_runner
