// expect: Weir cannot use this type in a key: keys are integers, enums, std::string, strong ids
#include <string>

#include <weir/core/key_codec.h>

struct Place {
  std::string city;
  double latitude;
};
WEIR_FIELDS(Place, city, latitude);

void encode(const Place& place, weir::KeyBuffer& out) { weir::encode_key(place, out); }
