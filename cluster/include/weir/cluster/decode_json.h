#pragma once

#include <string>
#include <string_view>

#include "weir/core/schema.h"

// What a checkpoint holds, as JSON, by the schemas that it keeps beside its values: no type of the job is needed.
//
// Structs are objects; lists, sets, tuples and arrays are arrays; maps are arrays of [key, value]; an optional without
// a value is null; a variant is {"<index>": value}; enums, durations and times are the numbers inside. What only the
// job can read is {"type": ..., "hex": ...}: protobuf messages, and every value that has a part with a codec of its
// own.

namespace weir::cluster {

/// Of what Codec wrote: all of `bytes`. Errors: CorruptionError.
std::string value_json(const Schema& schema, std::string_view bytes);

/// Of what encode_key wrote, from the front of `bytes`, which is taken off. Errors: CorruptionError.
std::string key_json(const Schema& schema, std::string_view& bytes);

}  // namespace weir::cluster
