// What the pages of a site know of each other: the data of its index, and what each other page holds of its
// place in the site (web/README.md). Pure.
#pragma once

#include <string>
#include <vector>

#include "decide/leaders.h"
#include "record/measurement.h"

namespace assay::report {

struct SiteMachine {
  record::Host host;   // before its page is made only what it is told by: name, cpu, cpu_design
  std::string file;    // its page, below the site's folder
  std::string newest;  // when the last of its runs began
  size_t runs = 0, results = 0;
};

struct SiteModel {
  std::string name, file;
};

// A cell on a machine with one number of threads; machine and model as positions in the site.
struct SiteCell {
  size_t machine = 0, model = 0;
  record::Cell cell;
  int threads = 0;
  decide::Leaders leaders;
};

struct Site {
  std::string made, assay;  // when, and by which version
  std::vector<SiteMachine> machines;
  std::vector<SiteModel> models;
  std::vector<SiteCell> cells;
};

// The data of index.html.
[[nodiscard]] std::string index_json(const Site& site);

// Of a page of one kind, with the positions of the models on it. It has every machine of the site, since a
// machine is named so that it is told from all of them.
enum class SitePage { model, machine };
[[nodiscard]] std::string place_json(const Site& site, SitePage kind, const std::vector<size_t>& models);

}  // namespace assay::report
