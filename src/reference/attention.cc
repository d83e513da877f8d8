// Scaled dot-product attention with grouped heads, past keys and values, masks and causal masking aligned to
// the end of the valid keys. One task a batch element and query head, which holds the scores of as many of
// its queries as kMostScores allows: the memory grows with the length of a sequence, not with its square.
#include "graph/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "reference/kernel.h"
#include "reference/sums.h"

namespace assay::reference {
namespace {

// Where the rows of one operand lie, in elements: [batch, heads, length, size] or [batch, length, heads *
// size].
struct Heads {
  int64_t batch = 0;
  int64_t heads = 0;
  int64_t length = 0;
  int64_t size = 0;
  int64_t batch_step = 0;
  int64_t head_step = 0;
  int64_t row_step = 0;

  Heads(const Shape& shape, int64_t heads_of_3d) {
    if (shape.size() == 4) {
      batch = shape[0], heads = shape[1], length = shape[2], size = shape[3];
      batch_step = heads * length * size, head_step = length * size, row_step = size;
    } else {
      batch = shape[0], heads = heads_of_3d, length = shape[1], size = shape[2] / heads;
      batch_step = length * heads * size, head_step = size, row_step = heads * size;
    }
  }
  [[nodiscard]] int64_t at(int64_t b, int64_t h) const { return b * batch_step + h * head_step; }
};

// An additive mask or a boolean one; keys beyond its last dimension are not attended.
template <class T>
struct Mask {
  const T* added = nullptr;
  const bool* allowed = nullptr;
  int64_t length = std::numeric_limits<int64_t>::max();
  int64_t step[3] = {0, 0, 0};  // of batch, head, query
  int64_t key_step = 0;

  Mask() = default;
  explicit Mask(const Shape& shape) : length(shape.back()), key_step(1) {
    int64_t stride = length;
    for (size_t i = 1; i < shape.size() && i < 4; ++i) {
      const int64_t dim = shape[shape.size() - 1 - i];
      step[3 - i] = dim == 1 ? 0 : stride;
      stride *= dim;
    }
  }
  // What is added to the score; minus infinity where the key is not attended.
  [[nodiscard]] T bias(int64_t b, int64_t h, int64_t i, int64_t j) const {
    if (j >= length) return -std::numeric_limits<T>::infinity();
    const int64_t at = b * step[0] + h * step[1] + i * step[2] + j * key_step;
    if (allowed != nullptr) return allowed[at] ? T{0} : -std::numeric_limits<T>::infinity();
    return added != nullptr ? added[at] : T{0};
  }
};

constexpr int64_t kMostScores = 1 << 22;  // 32 MiB in float64

// What is exposed as qk_matmul_output.
enum class Exposed : uint8_t { product = 0, softcapped = 1, masked = 2, probabilities = 3 };

template <class T>
struct Problem {
  Heads q;
  Heads k;
  Heads v;
  Heads y;
  const T* q_data = nullptr;
  const T* k_data = nullptr;
  const T* v_data = nullptr;
  T* y_data = nullptr;
  T* exposed = nullptr;  // [batch, q heads, q length, k length], or nullptr
  Exposed stage = Exposed::product;
  Mask<T> mask;
  T scale = 1;
  T softcap = 0;
  bool causal = false;
  int64_t past = 0;
  const int64_t* valid_keys = nullptr;  // [batch], or nullptr
};

// The keys of batch element b that are not padding, and how many of them precede query 0.
template <class T>
int64_t valid_keys(const Problem<T>& p, int64_t b) {
  return p.valid_keys == nullptr ? p.k.length : std::min(p.k.length, p.valid_keys[b]);
}
template <class T>
int64_t causal_offset(const Problem<T>& p, int64_t b) {
  return p.valid_keys == nullptr ? p.past : p.valid_keys[b] - p.q.length;
}

// Queries of one head, one after the other, and the keys that any of them may attend.
struct Rows {
  int64_t batch = 0;
  int64_t head = 0;
  int64_t first = 0;
  int64_t count = 0;
  int64_t keys = 0;
};

// How many keys query i may attend at most.
template <class T>
int64_t keys_of(const Problem<T>& p, int64_t b, int64_t i) {
  const int64_t valid = valid_keys(p, b);
  return p.causal ? std::clamp<int64_t>(i + causal_offset(p, b) + 1, 0, valid) : valid;
}

// Adds the mask to the scores of query i, of `keys` keys. False when no key may be attended.
template <class T>
bool add_bias(const Problem<T>& p, int64_t b, int64_t h, int64_t i, int64_t keys, T* scores) {
  const int64_t end = keys_of(p, b, i);
  bool any = false;
  for (int64_t j = 0; j < end; ++j) {
    const T bias = p.mask.bias(b, h, i, j);
    any = any || bias != -std::numeric_limits<T>::infinity();
    scores[j] += bias;
  }
  std::fill(scores + end, scores + keys, -std::numeric_limits<T>::infinity());
  return any;
}

template <class T>
void softmax_row(T* x, int64_t length, int blocking) {
  T top = -std::numeric_limits<T>::infinity();
  for (int64_t j = 0; j < length; ++j) top = x[j] > top ? x[j] : top;
  for (int64_t j = 0; j < length; ++j) x[j] = std::exp(x[j] - top);
  const T sum = blocked_sum<T>(length, blocking, [&](int64_t j) { return x[j]; });
  for (int64_t j = 0; j < length; ++j) x[j] /= sum;
}

// Scores to probabilities, row by row.
template <class T>
void normalise(const Problem<T>& p, int blocking, const Rows& rows, T* scores) {
  const int64_t keys = rows.keys, b = rows.batch, h = rows.head;
  const auto expose = [&](Exposed stage, int64_t i) {
    if (p.exposed == nullptr || p.stage != stage) return;
    std::copy_n(scores + (i - rows.first) * keys, keys,
                p.exposed + ((b * p.q.heads + h) * p.q.length + i) * keys);
  };
  for (int64_t i = rows.first; i < rows.first + rows.count; ++i) {
    T* row = scores + (i - rows.first) * keys;
    expose(Exposed::product, i);
    if (p.softcap > 0)
      for (int64_t j = 0; j < keys; ++j) row[j] = p.softcap * std::tanh(row[j] / p.softcap);
    expose(Exposed::softcapped, i);
    const bool any = add_bias(p, b, h, i, keys, row);
    expose(Exposed::masked, i);
    if (any)
      softmax_row(row, keys, blocking);
    else
      std::fill_n(row, keys, T{0});
    expose(Exposed::probabilities, i);
  }
}

template <class T>
void attend_rows(KernelContext<T>& c, const Problem<T>& p, const Rows& rows, T* scores) {
  const int64_t b = rows.batch, h = rows.head, kv_head = h / (p.q.heads / p.k.heads);
  gemm<T>(c.execution(), rows.count, rows.keys, p.q.size, p.scale,
          {p.q_data + p.q.at(b, h) + rows.first * p.q.row_step, p.q.row_step},
          {p.k_data + p.k.at(b, kv_head), p.k.row_step, true}, T{0}, scores, rows.keys);
  normalise(p, c.blocking(), rows, scores);
  gemm<T>(c.execution(), rows.count, p.v.size, rows.keys, T{1}, {scores, rows.keys},
          {p.v_data + p.v.at(b, kv_head), p.v.row_step}, T{0},
          p.y_data + p.y.at(b, h) + rows.first * p.y.row_step, p.y.row_step);
}

// All queries of a head, in parts; of a part no key is looked at that none of its queries may attend, unless
// all scores are an output.
template <class T>
void attend(KernelContext<T>& c, const Problem<T>& p, int64_t b, int64_t h) {
  const int64_t most =
      std::max<int64_t>(1, std::min(p.q.length, kMostScores / std::max<int64_t>(p.k.length, 1)));
  Array room(c.arena(), tensor::dtype_of<T>(), {most, p.k.length});
  for (int64_t first = 0; first < p.q.length; first += most) {
    const int64_t count = std::min(most, p.q.length - first);
    const bool all = p.exposed != nullptr || count == p.q.length;
    const int64_t keys = all ? p.k.length : std::max<int64_t>(keys_of(p, b, first + count - 1), 1);
    attend_rows(c, p, {b, h, first, count, keys}, room.template mutable_data<T>());
  }
}

// Past and new rows, one after the other, as [batch, heads, total length, size].
template <class T>
Array joined(KernelContext<T>& c, const T* past, int64_t past_length, const T* given, const Heads& heads) {
  const int64_t total = past_length + heads.length;
  Array result(c.arena(), tensor::dtype_of<T>(), {heads.batch, heads.heads, total, heads.size});
  T* to = result.template mutable_data<T>();
  for (int64_t b = 0; b < heads.batch; ++b)
    for (int64_t h = 0; h < heads.heads; ++h) {
      to = std::copy_n(past + (b * heads.heads + h) * past_length * heads.size, past_length * heads.size, to);
      for (int64_t i = 0; i < heads.length; ++i)
        to = std::copy_n(given + heads.at(b, h) + i * heads.row_step, heads.size, to);
    }
  return result;
}

// Puts past and new keys (or values) together where there are past ones or the joined ones are an output.
template <class T>
void join(KernelContext<T>& c, size_t past_input, size_t output, const T*& data, Heads& heads) {
  const int64_t past_length = c.given(past_input) ? c.shape(past_input)[2] : 0;
  if (past_length == 0 && !c.wanted(output)) return;
  Array all = joined(c, c.given(past_input) ? c.real(past_input) : nullptr, past_length, data, heads);
  data = all.template data<T>();
  heads = Heads(all.shape(), 0);
  c.keep(all);
  if (c.wanted(output)) c.set(output, std::move(all));
}

template <class T>
Mask<T> mask_of(KernelContext<T>& c) {
  if (!c.given(3)) return {};
  Mask<T> mask(c.shape(3));
  if (c.floating(3))
    mask.added = c.real(3);
  else
    mask.allowed = c.booleans(3);
  return mask;
}

template <class T>
Result<> attention(KernelContext<T>& c) {
  ASSAY_TRY(const graph::AttentionSizes sizes, graph::attention_sizes(c.graph(), c.node()));
  Problem<T> p{.q = Heads(c.shape(0), sizes.q_heads),
               .k = Heads(c.shape(1), sizes.kv_heads),
               .v = Heads(c.shape(2), sizes.kv_heads),
               .y = Heads(c.out_shape(0), sizes.q_heads)};
  p.q_data = c.real(0);
  p.k_data = c.real(1);
  p.v_data = c.real(2);
  p.past = sizes.past_length;
  join(c, 4, 1, p.k_data, p.k);
  join(c, 5, 2, p.v_data, p.v);
  p.mask = mask_of(c);
  p.valid_keys = c.given(6) ? c.integers(6) : nullptr;
  p.causal = c.node().integer("is_causal", 0) != 0;
  p.scale = static_cast<T>(sizes.scale);
  p.softcap = static_cast<T>(c.node().real("softcap", 0.0));
  p.stage = static_cast<Exposed>(c.node().integer("qk_matmul_output_mode", 0));
  p.exposed = c.wanted(3) ? c.template out<T>(3) : nullptr;
  p.y_data = c.template out<T>(0);
  c.workers().split(sizes.batch * sizes.q_heads, 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) attend(c, p, task / sizes.q_heads, task % sizes.q_heads);
  });
  return {};
}

}  // namespace

template <class T>
void add_attention(Kernels<T>& kernels) {
  kernels.insert({{"Attention", attention<T>}});
}

template void add_attention(Kernels<float>&);
template void add_attention(Kernels<double>&);

}  // namespace assay::reference
