// What state and rows are stored as: values of many types, keys, schemas.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

#include "weir/core/check.h"
#include "weir/core/codec.h"
#include "weir/core/error.h"
#include "weir/core/fields.h"
#include "weir/core/schema.h"
#include "weir/core/time.h"

#include "fuzz_target.h"

struct Inner {
  std::string name;
  std::optional<double> weight;
};
WEIR_FIELDS(Inner, name, weight);

struct Outer {
  bool flag = false;
  std::int64_t number = 0;
  std::vector<Inner> inner;
  std::map<std::string, std::vector<std::uint32_t>> lists;
  std::unordered_map<std::uint64_t, std::string> names;
  std::set<std::int16_t> numbers;
  std::variant<std::int32_t, std::string, Inner> either;
  std::tuple<char, float, std::array<std::uint8_t, 3>> tuple;
  weir::Timestamp time;
};
WEIR_FIELDS(Outer, flag, number, inner, lists, names, numbers, either, tuple, time);

namespace {

template <class T>
void read_value(std::string_view bytes) {
  const T value = weir::decode_value<T>(bytes);
  std::string encoded;
  weir::encode_value(value, encoded);
  std::string again;
  weir::encode_value(weir::decode_value<T>(encoded), again);
  WEIR_CHECK(again == encoded);
}

void read_schema(std::string_view bytes) {
  const weir::Schema schema = weir::Schema::decode(bytes);
  WEIR_CHECK(weir::Schema::decode(schema.encode()) == schema);
  WEIR_CHECK(weir::difference(schema, schema).empty());
  to_string(schema);
}

}  // namespace

/// The first byte tells the type.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = weir::fuzz::text_of(data + 1, size - 1);
  try {
    switch (data[0] % 4) {
      case 0:
        read_value<Outer>(bytes);
        break;
      case 1:
        read_value<std::vector<std::string>>(bytes);
        break;
      case 2:
        read_value<std::unordered_map<std::string, Inner>>(bytes);
        break;
      default:
        read_schema(bytes);
        break;
    }
  } catch (const weir::CorruptionError&) {
    return 0;
  }
  return 0;
}
