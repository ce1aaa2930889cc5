// Counts every key as often as there are rounds, with more keys than memory holds.
//
// --state=window|value|list|map   where the counts are
// --keys=N --rounds=N             every key comes once a round
// --output=DIRECTORY              a line "key<TAB>rounds" for each key
//
// The order of the keys has no locality: a key comes again when all others have come.

#include <cstdint>
#include <string>

#include <fmt/format.h>
#include <weir/weir.h>

namespace {

using namespace std::chrono_literals;

struct Hit {
  weir::Timestamp time;
  std::uint64_t key;
};

struct Total {
  std::uint64_t key;
  std::uint64_t hits;
};

/// Tells a key when it has come as often as it will.
struct InValues {
  std::uint64_t rounds;
  weir::ValueState<std::uint64_t, std::uint64_t> hits{"hits"};

  void open(weir::ProcessOpening<std::uint64_t>& opening) { opening.keep(hits); }
  void process_element(const Hit& hit, weir::ProcessContext<std::uint64_t>&, weir::Out<Total>& out) {
    if (++hits->update() == rounds) out.emit({hit.key, rounds});
  }
};

struct InLists {
  std::uint64_t rounds;
  weir::ListState<std::uint64_t, std::uint64_t> hits{"hits"};

  void open(weir::ProcessOpening<std::uint64_t>& opening) { opening.keep(hits); }
  void process_element(const Hit& hit, weir::ProcessContext<std::uint64_t>&, weir::Out<Total>& out) {
    hits->add(hit.key);
    if (hits->size() == rounds) out.emit({(*hits)[0], rounds});
  }
};

/// One key for many: the maps are what is large.
struct InMaps {
  std::uint64_t rounds;
  weir::MapState<std::uint64_t, std::uint64_t, std::uint64_t> hits{"hits"};

  void open(weir::ProcessOpening<std::uint64_t>& opening) { opening.keep(hits); }
  void process_element(const Hit& hit, weir::ProcessContext<std::uint64_t>&, weir::Out<Total>& out) {
    if (++hits->update(hit.key) == rounds) out.emit({hit.key, rounds});
  }
};

void job(weir::Environment& env) {
  auto& args = env.args();
  const auto keys = args.required<std::uint64_t>("keys");
  const auto rounds = args.required<std::uint64_t>("rounds");
  const auto state = args.get<std::string>("state", "window");
  const auto output = args.required<std::string>("output");
  const auto hits = env.generate({.count = keys * rounds},
                                 [keys](std::uint64_t index) {
                                   // A multiplication by a number without common divisors: all keys, far apart.
                                   return Hit{weir::timestamp_ms(1), index % keys * 2'654'435'761 % keys};
                                 })
                        .name("hits")
                        .timestamps(&Hit::time, weir::bounded_out_of_orderness(1s));
  const auto write = [&](const auto& totals) {
    totals
        .write_files({.directory = output},
                     [](const Total& total, std::string& line) {
                       fmt::format_to(std::back_inserter(line), "{}\t{}", total.key, total.hits);
                     })
        .name("totals");
  };
  if (state == "window") {
    write(hits.key_by(&Hit::key)
              .window(weir::TumblingEventTime{10s})
              .count([](std::uint64_t key, const weir::Window&, std::int64_t count, weir::Out<Total>& out) {
                out.emit({key, static_cast<std::uint64_t>(count)});
              })
              .name("counts"));
  } else if (state == "value") {
    write(hits.key_by(&Hit::key).process(InValues{rounds}).name("counts"));
  } else if (state == "list") {
    write(hits.key_by(&Hit::key).process(InLists{rounds}).name("counts"));
  } else {
    write(hits.key_by([](const Hit& hit) { return hit.key % 7; }).process(InMaps{rounds}).name("counts"));
  }
}

}  // namespace

int main(int argc, char** argv) { return weir::run(argc, argv, "Many Keys", job); }
