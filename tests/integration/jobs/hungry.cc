// Keeps so many bytes for every line of its input, --bytes, until no memory is left.

#include <list>
#include <string>

#include <weir/weir.h>

namespace {

void job(weir::Environment& env) {
  auto& args = env.args();
  const auto input = args.required<std::string>("input");
  const auto bytes = args.required<std::uint32_t>("bytes");
  env.lines(input)
      .name("lines")
      .map([bytes, kept = std::list<std::string>()](const weir::Line&) mutable {
        kept.emplace_back(bytes, 'x');
        return std::uint64_t{kept.size()};
      })
      .name("keep")
      .print()
      .name("print");
}

}  // namespace

int main(int argc, char** argv) { return weir::run(argc, argv, "Hungry", job); }
