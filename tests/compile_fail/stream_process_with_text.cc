// expect: what a window keeps in state must own its bytes: map to a record with std::string in place of weir::Text
#include <weir/weir.h>

using namespace std::chrono_literals;

void job(weir::Environment& env) {
  env.from_values<weir::Text>({"a"})
      .key_by([](weir::Text word) { return word; })
      .window(weir::TumblingProcessingTime{1s})
      .process([](const std::string&, const weir::Window&, const std::vector<weir::Text>& words,
                  weir::Out<std::size_t>& out) { out.emit(words.size()); });
}
