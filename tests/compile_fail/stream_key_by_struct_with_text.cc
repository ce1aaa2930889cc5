// expect: A key that state keeps must own its bytes: write std::string instead of weir::Text or std::string_view
#include <weir/weir.h>

struct Place {
  weir::Text city;
  int district;
};
WEIR_FIELDS(Place, city, district);

struct Visit {
  Place place;
};
WEIR_FIELDS(Visit, place);

void job(weir::Environment& env) { env.from_values<Visit>({{{"Ulm", 1}}}).key_by(&Visit::place); }
