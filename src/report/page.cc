#include "report/page.h"

#include <zlib.h>

#include <cstdint>

namespace assay::report {
namespace {

constexpr std::string_view kPlace = R"(<script type="application/json" id="data">@ASSAY_DATA@</script>)";
constexpr size_t kMostPlain = 200'000;  // bytes; beyond it packing saves more than unpacking costs

// Inside a script element only "<" could end it or begin a comment; JSON can write it otherwise.
std::string without_markup(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  for (const char letter : json) {
    if (letter == '<')
      text += "\\u003c";
    else
      text += letter;
  }
  return text;
}

Result<std::string> gzip(std::string_view text) {
  constexpr int kGzip = 15 + 16;  // window bits, and gzip's header instead of zlib's
  constexpr int kMemory = 8;
  z_stream stream = {};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    return fail(ErrorKind::environment, "the results cannot be packed: the memory does not suffice");
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT: zlib reads it only
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int done = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (done != Z_STREAM_END) return fail(ErrorKind::environment, "the results cannot be packed");
  return packed;
}

}  // namespace

std::string base64(std::string_view bytes) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t at = 0; at < bytes.size(); at += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - at);
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i)
      group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (size_t i = 0; i < 4; ++i) text += i <= count ? kLetters[group >> (18 - 6 * i) & 63U] : '=';
  }
  return text;
}

Result<std::string> filled_page(std::string_view page_template, std::string_view json) {
  const size_t at = page_template.find(kPlace);
  if (at == std::string_view::npos || page_template.find(kPlace, at + 1) != std::string_view::npos)
    return fail(ErrorKind::data,
                "the page's template has no place for the results: build it (web/README.md)");
  std::string element;
  if (json.size() <= kMostPlain) {
    element = R"(<script type="application/json" id="data">)" + without_markup(json) + "</script>";
  } else {
    ASSAY_TRY(const std::string packed, gzip(json));
    element = R"(<script type="text/plain" id="data-gz">)" + base64(packed) + "</script>";
  }
  return std::string(page_template.substr(0, at)) + element +
         std::string(page_template.substr(at + kPlace.size()));
}

}  // namespace assay::report
