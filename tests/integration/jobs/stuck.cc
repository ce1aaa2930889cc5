// Has user code that never comes back once it has said so: what only a second signal can end.

#include <chrono>
#include <cstdio>
#include <thread>

#include <weir/weir.h>

struct Number {
  int value;
};
WEIR_FIELDS(Number, value);

void job(weir::Environment& env) {
  env.from_values<Number>({{1}})
      .map([](const Number& number) {
        std::fputs("stuck\n", stderr);
        std::this_thread::sleep_for(std::chrono::hours(1));
        return number;
      })
      .print();
}

int main(int argc, char** argv) { return weir::run(argc, argv, "Stuck", job); }
