// What the refusals of keys ask for compiles.
#include <string>

#include <weir/core/key_codec.h>
#include <weir/core/print_value.h>

struct Place {
  std::string city;
  std::int64_t microdegrees;
};
WEIR_FIELDS(Place, city, microdegrees);

weir::StoredKey<Place> stored;

void encode(const Place& place, weir::KeyBuffer& out, std::string& text) {
  weir::encode_key(place, out);
  weir::append_value(text, place);
}
