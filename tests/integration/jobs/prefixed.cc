// Prints eight words by as many printers as it is told, to see what stands before the lines.

#include <weir/weir.h>

struct Word {
  std::string text;
};
WEIR_FIELDS(Word, text);

void job(weir::Environment& env) {
  const auto name = env.args().get<std::string>("name", "", "of the printer");
  const auto printers = env.args().get<std::uint32_t>("printers", 1, "subtasks that print");
  env.from_values<Word>({{"a"}, {"b"}, {"c"}, {"d"}, {"e"}, {"f"}, {"g"}, {"h"}})
      .rebalance()
      .print(name)
      .parallelism(printers);
}

int main(int argc, char** argv) { return weir::run(argc, argv, "Prefixed", job); }
