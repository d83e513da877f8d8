// The orders in which a working set is read to find out how fast it can be read. Which one a machine's
// prefetchers follow best differs between machines, so several are tried and the best counts
// (host/bandwidth.h). Each is a template over who reads, so that a test can write down the very order that a
// CPU is given; a reader has line(i) and prefetch(i), of cache line i.
#pragma once

#include <cstddef>

namespace assay::host {

inline constexpr size_t kLineBytes = 64;
// A part's number of lines is a multiple of this: 4 KiB, within which hardware prefetchers work.
inline constexpr size_t kStretchLines = 64;

// 0, 1, 2, ... n - 1.
template <class Reader>
[[gnu::always_inline]] inline void read_ascending(Reader& reader, size_t lines) {
  for (size_t i = 0; i < lines; ++i) reader.line(i);
}

// So many ascending streams through equal shares of the part, a line of each in turn. `lines` is a multiple
// of `Streams`.
template <size_t Streams, class Reader>
[[gnu::always_inline]] inline void read_streams(Reader& reader, size_t lines) {
  const size_t share = lines / Streams;
  for (size_t i = 0; i < share; ++i)
    for (size_t stream = 0; stream < Streams; ++stream) reader.line(stream * share + i);
}

// Ascending, and what is read so many lines later is asked for beforehand; beyond the end, too, which costs
// nothing but the request.
template <size_t Ahead, class Reader>
[[gnu::always_inline]] inline void read_prefetching(Reader& reader, size_t lines) {
  for (size_t i = 0; i < lines; ++i) {
    reader.prefetch(i + Ahead);
    reader.line(i);
  }
}

// Stretches of 4 KiB from first to last or from last to first, each in ascending order: to and fro is how a
// cache keeps most of a working set that is larger than itself. `lines` is a multiple of kStretchLines.
template <class Reader>
[[gnu::always_inline]] inline void read_stretches(Reader& reader, size_t lines, bool backwards) {
  const size_t stretches = lines / kStretchLines;
  for (size_t i = 0; i < stretches; ++i) {
    const size_t first = (backwards ? stretches - 1 - i : i) * kStretchLines;
    for (size_t line = first; line < first + kStretchLines; ++line) reader.line(line);
  }
}

}  // namespace assay::host
