// Crashes: in its main function, or as soon as it runs.

#include <csignal>
#include <cstdio>
#include <string_view>

#include <weir/weir.h>

struct Number {
  int value;
};
WEIR_FIELDS(Number, value);

void crash() {
  std::fputs("about to crash\n", stderr);
  (void)std::raise(SIGSEGV);
}

void job(weir::Environment& env) {
  if (env.args().flag("in-main", "crash while the job is built")) crash();
  if (env.args().flag("talks", "print while the job is built")) std::puts("talk");
  env.from_values<Number>({{1}})
      .map([](const Number& number) {
        crash();
        return number;
      })
      .print();
}

int main(int argc, char** argv) { return weir::run(argc, argv, "Crashing", job); }
