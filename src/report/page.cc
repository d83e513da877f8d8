#include "report/page.h"

#include <zlib.h>

#include <array>
#include <cstdint>
#include <utility>

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

}  // namespace

// A text through gzip, piece by piece.
class PageFiller::Gzip {
 public:
  Gzip() {
    constexpr int kGzip = 15 + 16;  // window bits, and gzip's header instead of zlib's
    constexpr int kMemory = 8;
    ready_ =
        deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Gzip() {
    if (ready_) deflateEnd(&stream_);
  }
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;

  Result<> add(std::string_view text, int flush = Z_NO_FLUSH) {
    if (!ready_)
      return fail(ErrorKind::environment, "the results cannot be packed: the memory does not suffice");
    constexpr size_t kMostAtOnce = size_t{1} << 30;  // zlib counts in 32 bits
    for (; text.size() > kMostAtOnce; text.remove_prefix(kMostAtOnce))
      ASSAY_TRY_VOID(add(text.substr(0, kMostAtOnce)));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT: it is only read
    stream_.avail_in = static_cast<uInt>(text.size());
    do {
      stream_.next_out = buffer_.data();
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      if (deflate(&stream_, flush) == Z_STREAM_ERROR)
        return fail(ErrorKind::environment, "the results cannot be packed");
      bytes_.append(reinterpret_cast<const char*>(buffer_.data()), buffer_.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
    return {};
  }
  Result<std::string> finish() {
    ASSAY_TRY_VOID(add("", Z_FINISH));
    return std::move(bytes_);
  }

 private:
  z_stream stream_ = {};
  bool ready_ = false;
  std::array<Bytef, size_t{1} << 16> buffer_;
  std::string bytes_;
};

PageFiller::PageFiller(std::string_view page_template) : page_template_(page_template) {}
PageFiller::~PageFiller() = default;

Result<> PageFiller::add(std::string_view json) {
  if (packed_) return packed_->add(json);
  plain_ += json;
  if (plain_.size() <= kMostPlain) return {};
  packed_ = std::make_unique<Gzip>();
  return packed_->add(std::exchange(plain_, ""));
}

Result<std::string> PageFiller::finish() {
  const size_t at = page_template_.find(kPlace);
  if (at == std::string_view::npos || page_template_.find(kPlace, at + 1) != std::string_view::npos)
    return fail(ErrorKind::data,
                "the page's template has no place for the results: build it (web/README.md)");
  std::string page(page_template_.substr(0, at));
  if (packed_) {
    ASSAY_TRY(const std::string packed, packed_->finish());
    page += R"(<script type="text/plain" id="data-gz">)" + base64(packed) + "</script>";
  } else {
    page += R"(<script type="application/json" id="data">)" + without_markup(plain_) + "</script>";
  }
  return page += page_template_.substr(at + kPlace.size());
}

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

}  // namespace assay::report
