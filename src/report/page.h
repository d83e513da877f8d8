// The page of `assay report`: the template web/report.html with the results in it (web/README.md).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace assay::report {

// Fills the template with a JSON text that comes in pieces: as it is where it is small, else through gzip and
// base64, so that what is held of many results is what the page will have. Nothing in the data can become
// markup.
class PageFiller {
 public:
  explicit PageFiller(std::string_view page_template);
  ~PageFiller();
  PageFiller(const PageFiller&) = delete;
  PageFiller& operator=(const PageFiller&) = delete;

  // Fails (environment) when there is no memory to pack it.
  [[nodiscard]] Result<> add(std::string_view json);
  // The page; nothing may be added any more. Fails (data) when the template has no place for data, or
  // (environment).
  [[nodiscard]] Result<std::string> finish();

 private:
  class Gzip;
  std::string_view page_template_;
  std::string plain_;  // what was added, until it is too much to be left as it is
  std::unique_ptr<Gzip> packed_;
};

// RFC 4648, with padding.
[[nodiscard]] std::string base64(std::string_view bytes);

}  // namespace assay::report
