// A small job from files to files whose shape its arguments change: what a checkpoint directory must notice.
//
// --count-type=int32|int64   the type of a field in state
// --key-type=text|number     the type of the key
// --sums=NAME, --copies=NAME the names of operator and sink; "" gives none
// --second                   one more stateful operator behind the first
// --fold=sum|max             what the state means, not how it looks

#include <charconv>

#include <fmt/format.h>
#include <weir/weir.h>

namespace {

using namespace std::chrono_literals;

template <class Key, class Number>
struct Amount {
  weir::Timestamp time;
  Key key;
  Number count;
};
template <class Key, class Number>
constexpr auto weir_fields(weir::FieldsOf<Amount<Key, Number>>) {
  using A = Amount<Key, Number>;
  return weir::detail::make_fields<&A::time, &A::key, &A::count>("Amount", "time, key, count");
}

template <class Key>
Key key_of(std::string_view text) {
  if constexpr (std::is_same_v<Key, std::string>) {
    return std::string(text);
  } else {
    return static_cast<Key>(text.size());
  }
}

struct Shape {
  std::string input;
  std::string output;
  std::string sums;
  std::string copies;
  bool second = false;
  bool max = false;
};

template <class A>
weir::Stream<A> named(weir::Stream<A> stream, const std::string& name) {
  return name.empty() ? stream : stream.name(name);
}

template <class A>
weir::Stream<A> window(const weir::Stream<A>& stream, const Shape& shape) {
  auto windowed = stream.key_by(&A::key).window(weir::TumblingEventTime{10s});
  return shape.max ? windowed.max(&A::count) : windowed.sum(&A::count);
}

template <class Key, class Number>
void build(weir::Environment& env, const Shape& shape) {
  using A = Amount<Key, Number>;
  auto amounts = env.lines(shape.input)
                     .name("lines")
                     .map([](const weir::Line& line) {
                       const std::string_view text = line.text;
                       const std::size_t tab = text.find('\t');
                       std::int64_t ms = 0;
                       std::from_chars(text.data(), text.data() + tab, ms);
                       return A{weir::timestamp_ms(ms), key_of<Key>(text.substr(tab + 1)), Number{1}};
                     })
                     .timestamps(&A::time, weir::bounded_out_of_orderness(2s));
  auto sums = named(window(amounts, shape), shape.sums);
  if (shape.second) sums = window(sums, shape).name("second");
  const auto sink = sums.write_files({.directory = shape.output}, [](const A& amount, std::string& line) {
    fmt::format_to(std::back_inserter(line), "{}\t{}", amount.key, amount.count);
  });
  if (!shape.copies.empty()) sink.name(shape.copies);
}

void job(weir::Environment& env) {
  auto& args = env.args();
  Shape shape;
  shape.input = args.required<std::string>("input");
  shape.output = args.required<std::string>("output");
  shape.sums = args.get<std::string>("sums", "sums");
  shape.copies = args.get<std::string>("copies", "copies");
  shape.second = args.flag("second");
  shape.max = args.get<std::string>("fold", "sum") == "max";
  const bool wide = args.get<std::string>("count-type", "int64") == "int64";
  if (args.get<std::string>("key-type", "text") == "text") {
    wide ? build<std::string, std::int64_t>(env, shape) : build<std::string, std::int32_t>(env, shape);
  } else {
    wide ? build<std::int64_t, std::int64_t>(env, shape) : build<std::int64_t, std::int32_t>(env, shape);
  }
}

}  // namespace

int main(int argc, char** argv) { return weir::run(argc, argv, "Shaped", job); }
