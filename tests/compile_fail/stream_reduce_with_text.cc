// expect: what a window keeps in state must own its bytes: map to a record with std::string in place of weir::Text
#include <weir/weir.h>

using namespace std::chrono_literals;

struct Word {
  weir::Text word;
  int count;
};
WEIR_FIELDS(Word, word, count);

void job(weir::Environment& env) {
  env.from_values<Word>({{"a", 1}}).key_by(&Word::word).window(weir::TumblingProcessingTime{1s}).sum(&Word::count);
}
