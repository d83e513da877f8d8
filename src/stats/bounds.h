// The ends of an interval.
#pragma once

namespace assay::stats {

struct Bounds {
  double low = 0;
  double high = 0;
};

}  // namespace assay::stats
