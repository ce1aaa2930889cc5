// expect: reduce needs a function that combines two records into one: [](const Record& a, const Record& b)
#include <weir/weir.h>

using namespace std::chrono_literals;

struct Bid {
  int auction;
  int price;
};

void job(weir::Environment& env) {
  env.from_values<Bid>({{1, 2}})
      .key_by(&Bid::auction)
      .window(weir::TumblingProcessingTime{1s})
      .reduce([](const Bid& bid) { return bid; });
}
