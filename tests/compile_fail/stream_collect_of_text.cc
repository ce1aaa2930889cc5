// expect: Collected records outlive their batch, which a weir::Text cannot: map them to a type with std::string
#include <weir/weir.h>

void job(weir::Environment& env, std::shared_ptr<weir::connectors::Collected<weir::Text>> into) {
  env.demo_text().collect(into);
}
