// expect: A key that state keeps must own its bytes: write std::string instead of weir::Text or std::string_view
#include <string>

#include <weir/core/key_codec.h>
#include <weir/core/text.h>

struct Place {
  weir::Text city;
  int district;
};
WEIR_FIELDS(Place, city, district);

weir::StoredKey<Place> stored;
