// Counts the words that arrive on a socket, over a sliding window of 5 seconds by 1 second.
//
//   nc -lk -p 9999                                  # in one terminal: type words
//   ./socket_window_word_count --port 9999          # in another
//   ./socket_window_word_count --demo               # or without a text server

#include <weir/weir.h>

using namespace std::chrono_literals;

struct WordWithCount {
  std::string word;
  std::int64_t count;
};
WEIR_FIELDS(WordWithCount, word, count);

void job(weir::Environment& env) {
  weir::connectors::SocketOptions socket;
  const bool demo = env.args().flag("demo", "count the words of a text server of its own");
  const bool tumbling = env.args().flag("tumbling", "windows of 5 s one after another");
  socket.host = env.args().get<std::string>("hostname", "localhost", "where the text server is");
  const auto port = env.args().optional<std::uint16_t>("port", "the text server's port");
  socket.max_line = env.args().get<std::uint32_t>("max-line", 1024 * 1024, "the longest line, in bytes");
  socket.retries = env.args().get<std::uint32_t>("retries", 0, "how often to try to connect again");
  if (env.args().flag("drain", "when the text ends, print windows that are not due, too")) env.drain_at_end();
  if (!port && !demo && !env.args().for_help_only()) {
    throw weir::UsageError(
        "No port specified. Please run 'socket_window_word_count --port <port>'\n"
        "To start a simple text server, run 'nc -lk -p <port>' and type the input text into the command line.");
  }
  socket.port = port.value_or(0);
  const auto text = (demo ? env.demo_text() : env.socket_text(socket)).name("Socket Stream");

  auto windows = text.flat_map([](std::string_view line, weir::Out<WordWithCount>& out) {
                       for (const auto word : weir::split(line)) out.emit({std::string(word), 1});
                     })
                     .key_by(&WordWithCount::word)
                     .window(tumbling ? weir::WindowLayout(weir::TumblingProcessingTime{5s})
                                      : weir::WindowLayout(weir::SlidingProcessingTime{5s, 1s}));
  windows.sum(&WordWithCount::count).name("counts").print().name("Print").parallelism(1);
}

int main(int argc, char** argv) { return weir::run(argc, argv, "Socket Window WordCount", job); }
