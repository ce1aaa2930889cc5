// expect: sum needs a member of the record that is a number: sum(&Record::count)
#include <weir/weir.h>

using namespace std::chrono_literals;

struct Word {
  std::string word;
};

void job(weir::Environment& env) {
  env.from_values<Word>({{"a"}}).key_by(&Word::word).window(weir::TumblingProcessingTime{1s}).sum(&Word::word);
}
