// GridSample: an image read at the places of a grid, in any number of spatial dimensions.
#include <algorithm>
#include <cmath>

#include "reference/kernel.h"
#include "reference/strided.h"

namespace assay::reference {
namespace {

enum class Beyond : uint8_t { zeros, border, reflection };

// The pixels that an element reads along one dimension, and with which weights; -1 is a pixel of zeros.
template <class T>
struct PixelTaps {
  int64_t count = 0;
  int64_t pixel[4] = {};
  T weight[4] = {};
};

template <class T>
T reflected(T x, T low, T high) {
  const T range = high - low;
  if (range <= 0) return low;
  const T folded = std::fmod(std::abs(x - low), 2 * range);
  return low + (folded <= range ? folded : 2 * range - folded);
}

// Keys' cubic convolution with a = -0.75: the weight of a pixel so far away.
template <class T>
T cubic_weight(T distance) {
  constexpr T kA = static_cast<T>(-0.75);
  const T x = std::abs(distance);
  if (x <= 1) return ((kA + 2) * x - (kA + 3)) * x * x + 1;
  return x < 2 ? ((kA * x - 5 * kA) * x + 8 * kA) * x - 4 * kA : T{0};
}

template <class T>
class GridAxis {
 public:
  GridAxis(const graph::Node& node, int64_t size)
      : size_(size),
        mode_(node.text("mode", "linear")),
        corners_(node.integer("align_corners", 0) != 0),
        low_(corners_ ? T{0} : static_cast<T>(-0.5)),
        high_(static_cast<T>(size) - (corners_ ? T{1} : static_cast<T>(0.5))) {
    const std::string beyond = node.text("padding_mode", "zeros");
    beyond_ = beyond == "zeros" ? Beyond::zeros : beyond == "border" ? Beyond::border : Beyond::reflection;
  }

  // -1 and 1 are the image's ends: the middles of its outer pixels, or their outer sides.
  [[nodiscard]] PixelTaps<T> taps(T place) const {
    const auto length = static_cast<T>(size_);
    const T x = corners_ ? (place + 1) / 2 * (length - 1) : ((place + 1) * length - 1) / 2;
    return taps_at(moved_inside(mode_ == "nearest" ? std::nearbyint(x) : x));
  }

 private:
  [[nodiscard]] T moved_inside(T x) const {
    if (x >= low_ && x <= high_) return x;
    if (beyond_ == Beyond::border) return std::clamp<T>(x, 0, static_cast<T>(size_ - 1));
    return beyond_ == Beyond::reflection ? reflected(x, low_, high_) : x;
  }

  [[nodiscard]] PixelTaps<T> taps_at(T x) const {
    // Places that no number holds, or so far away that no integer does, read nothing.
    if (!(std::abs(x) < T{1e9F})) return {};
    PixelTaps<T> taps;
    if (mode_ == "nearest") {
      taps = {.count = 1, .pixel = {pixel(static_cast<int64_t>(x))}, .weight = {T{1}}};
      return taps;
    }
    const T floor = std::floor(x);
    const bool cubic = mode_ == "cubic";
    taps.count = cubic ? 4 : 2;
    for (int64_t i = 0; i < taps.count; ++i) {
      const T at = floor + static_cast<T>(i - (cubic ? 1 : 0));
      taps.pixel[i] = pixel(static_cast<int64_t>(at));
      taps.weight[i] = cubic ? cubic_weight(x - at) : T{1} - std::abs(x - at);
    }
    return taps;
  }

  [[nodiscard]] int64_t pixel(int64_t at) const {
    if (at >= 0 && at < size_) return at;
    if (beyond_ == Beyond::zeros) return -1;
    const T x = beyond_ == Beyond::border ? static_cast<T>(at) : reflected(static_cast<T>(at), low_, high_);
    return std::clamp<int64_t>(static_cast<int64_t>(x), 0, size_ - 1);
  }

  int64_t size_;
  std::string mode_;
  bool corners_;
  T low_, high_;
  Beyond beyond_ = Beyond::zeros;
};

// The sum over dimensions d and up, from the pixel at `at`.
template <class T>
T sampled(const T* plane, const std::vector<PixelTaps<T>>& taps, const Shape& steps, size_t d, int64_t at) {
  if (d == taps.size()) return plane[at];
  T sum = 0;
  for (int64_t i = 0; i < taps[d].count; ++i)
    if (taps[d].pixel[i] >= 0)
      sum += taps[d].weight[i] * sampled(plane, taps, steps, d + 1, at + taps[d].pixel[i] * steps[d]);
  return sum;
}

template <class T>
Result<> grid_sample(KernelContext<T>& c) {
  const Shape image(c.shape(0).begin() + 2, c.shape(0).end());
  const Shape steps = contiguous_steps(image);
  const int64_t channels = c.shape(0)[1], pixels = tensor::element_count(image);
  const auto rank = static_cast<int64_t>(image.size());
  const int64_t places = product(c.out_shape(0), 2, c.out_shape(0).size());
  std::vector<GridAxis<T>> axes;
  for (const int64_t size : image) axes.emplace_back(c.node(), size);
  const T* x = c.real(0);
  const T* grid = c.real(1);
  T* y = c.template out<T>(0);
  c.workers().split(c.shape(0)[0] * places, grain_rows(channels), [&](int64_t begin, int64_t end) {
    std::vector<PixelTaps<T>> taps(image.size());
    for (int64_t at = begin; at < end; ++at) {
      // The grid names the last dimension first.
      for (size_t d = 0; d < image.size(); ++d)
        taps[d] = axes[d].taps(grid[at * rank + rank - 1 - static_cast<int64_t>(d)]);
      const int64_t entry = at / places, place = at % places;
      for (int64_t channel = entry * channels; channel < (entry + 1) * channels; ++channel)
        y[channel * places + place] = sampled(x + channel * pixels, taps, steps, 0, 0);
    }
  });
  return {};
}

}  // namespace

template <class T>
void add_grid_sample(Kernels<T>& kernels) {
  kernels.insert({{"GridSample", grid_sample<T>}});
}

template void add_grid_sample(Kernels<float>&);
template void add_grid_sample(Kernels<double>&);

}  // namespace assay::reference
