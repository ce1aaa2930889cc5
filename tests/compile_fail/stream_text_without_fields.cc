// expect: Weir does not see the weir::Text in this struct, which would soon point to bytes that are gone: add WEIR_FIELDS
#include <weir/weir.h>

struct Word {
  weir::Text text;
};

void job(weir::Environment& env) {
  env.demo_text().map([](weir::Text text) { return Word{text}; });
}
