// expect: Weir cannot use this type in a key: keys are integers, enums, std::string, strong ids
// expect: instead of a floating-point number key by an integer
#include <weir/core/key_codec.h>

void encode(weir::KeyBuffer& out) { weir::encode_key(1.5, out); }
