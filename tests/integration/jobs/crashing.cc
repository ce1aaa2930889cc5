// Crashes as soon as it runs, or does something else that a job should not.

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <thread>

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
  if (env.args().flag("hangs", "never come back while the job is built")) {
    std::fputs("hanging\n", stderr);
    std::this_thread::sleep_for(std::chrono::hours(1));
  }
  // A TaskManager sets this for its workers.
  if (env.args().flag("changes", "build another job when it is to run") && std::getenv("WEIR_WORKER_FD") != nullptr) {
    env.from_values<Number>({{1}}).print("another");
    return;
  }
  if (env.args().flag("talks", "print while the job is built")) std::puts("talk");
  env.from_values<Number>({{1}})
      .map([](const Number& number) {
        crash();
        return number;
      })
      .print();
}

int main(int argc, char** argv) { return weir::run(argc, argv, "Crashing", job); }
