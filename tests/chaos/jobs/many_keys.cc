// Counts every key as often as there are rounds, with more keys than memory holds.
//
// --state=window|value|wide|list|map   where the counts are; wide: in values of 256 bytes
//         timer                        nothing is counted: each key sets a timer, ten for each millisecond
// --keys=N --rounds=N                  every key comes once a round
// --draws=N --order=uniform|zipf       then so many more at random; Zipf's exponent is 1
// --output=DIRECTORY                   a line "key<TAB>hits" for each key; with draws in windows only
//
// Rounds have no locality: a key comes again when all others have come.

#include <array>
#include <cmath>
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

enum class Order : std::uint8_t { kUniform, kZipf };

Order order_of(const std::string& name) {
  if (name == "uniform") return Order::kUniform;
  if (name == "zipf") return Order::kZipf;
  throw weir::UsageError("--order is uniform or zipf");
}

std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

std::uint64_t key_at(std::uint64_t index, std::uint64_t keys, std::uint64_t rounds, Order order) {
  std::uint64_t rank = index % keys;
  if (index >= keys * rounds) {
    const double chance = static_cast<double>(mix(index) >> 11) / static_cast<double>(std::uint64_t{1} << 53);
    const auto all = static_cast<double>(keys);
    const double drawn = order == Order::kUniform ? chance * all : std::pow(all + 1, chance) - 1;
    rank = static_cast<std::uint64_t>(drawn) % keys;
  }
  // A multiplication by a number without common divisors: all keys, far apart.
  return rank * 2'654'435'761 % keys;
}

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

struct Wide {
  std::uint64_t hits = 0;
  std::array<std::uint64_t, 31> noise{};
};
WEIR_FIELDS(Wide, hits, noise);

struct InWideValues {
  std::uint64_t rounds;
  weir::ValueState<std::uint64_t, Wide> counts{"counts"};

  void open(weir::ProcessOpening<std::uint64_t>& opening) { opening.keep(counts); }
  void process_element(const Hit& hit, weir::ProcessContext<std::uint64_t>&, weir::Out<Total>& out) {
    Wide& wide = counts->update();
    if (wide.hits == 0) {
      for (std::uint64_t i = 0; i < wide.noise.size(); ++i) wide.noise[i] = mix(hit.key * wide.noise.size() + i);
    }
    if (++wide.hits == rounds) out.emit({hit.key, rounds});
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

/// Tells a key when its timer fires, at the end of the input.
struct InTimers {
  std::uint64_t keys;
  std::uint64_t rounds;

  void process_element(const Hit& hit, weir::ProcessContext<std::uint64_t>& context, weir::Out<Total>&) {
    const std::uint64_t spread = keys / 10 + 1;
    context.set_event_timer(hit.time + weir::Duration(1 + static_cast<std::int64_t>(mix(hit.key) % spread)));
  }
  void on_timer(weir::Timestamp, weir::ProcessContext<std::uint64_t>& context, weir::Out<Total>& out) {
    out.emit({context.key(), rounds});
  }
};

void job(weir::Environment& env) {
  auto& args = env.args();
  const auto keys = args.required<std::uint64_t>("keys");
  const auto rounds = args.required<std::uint64_t>("rounds");
  const auto state = args.get<std::string>("state", "window");
  const auto draws = args.get<std::uint64_t>("draws", 0);
  const Order order = order_of(args.get<std::string>("order", "uniform"));
  const auto output = args.required<std::string>("output");
  const auto hits = env.generate({.count = keys * rounds + draws},
                                 [keys, rounds, order](std::uint64_t index) {
                                   return Hit{weir::timestamp_ms(1), key_at(index, keys, rounds, order)};
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
  } else if (state == "wide") {
    write(hits.key_by(&Hit::key).process(InWideValues{rounds}).name("counts"));
  } else if (state == "list") {
    write(hits.key_by(&Hit::key).process(InLists{rounds}).name("counts"));
  } else if (state == "timer") {
    write(hits.key_by(&Hit::key).process(InTimers{keys, rounds}).name("counts"));
  } else {
    write(hits.key_by([](const Hit& hit) { return hit.key % 7; }).process(InMaps{rounds}).name("counts"));
  }
}

}  // namespace

int main(int argc, char** argv) { return weir::run(argc, argv, "Many Keys", job); }
