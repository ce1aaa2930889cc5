// expect: min needs a member of the record that < compares: min(&Record::price)
#include <weir/weir.h>

using namespace std::chrono_literals;

struct Price {
  int cents;
};

struct Bid {
  int auction;
  Price price;
};

void job(weir::Environment& env) {
  env.from_values<Bid>({{1, {2}}}).key_by(&Bid::auction).window(weir::TumblingProcessingTime{1s}).min(&Bid::price);
}
