#include "record/measurement.h"

namespace assay::record {

std::string_view name(Comparison comparison) {
  switch (comparison) {
    case Comparison::none:
      return "none";
    case Comparison::tie:
      return "tie";
    case Comparison::faster:
      return "faster";
    case Comparison::slower:
      return "slower";
  }
  return "none";
}

}  // namespace assay::record
