// expect: what an interval join keeps in state must own its bytes: map to records with std::string in place of weir::Text first
#include <weir/weir.h>

void job(weir::Environment& env) {
  const auto words = env.from_values<weir::Text>({"a"}).key_by([](weir::Text text) { return text; });
  words.interval_join(words)
      .between(weir::Duration(0), weir::Duration(1))
      .process(
          [](const weir::Text& left, const weir::Text&, weir::Out<std::string>& out) { out.emit(std::string(left)); });
}
