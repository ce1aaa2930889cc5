// Requests that were made by chance, and what they may take of memory.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "weir/sim/random.h"

#include "rest_world.h"

namespace {

/// The largest piece of memory that this program asked for. Tests run on one thread.
std::size_t largest_allocation = 0;

void* allocate(std::size_t size, std::size_t alignment) {
  largest_allocation = std::max(largest_allocation, size);
  void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

// Inlined, g++ would take the call of free() for a mistake.
[[gnu::noinline]] void give_back(void* memory) { std::free(memory); }

}  // namespace

void* operator new(std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { give_back(memory); }
void operator delete[](void* memory) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { give_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { give_back(memory); }

namespace weir::cluster {
namespace {

using sim::Random;

class RestRequestsByChance : public RestWorld {
 protected:
  static constexpr std::size_t kBodyLimit = 64 * 1024;

  RestRequestsByChance() {
    view.programs_allowed = true;
    view.uploaded = {{"cafe_job", "job", 1}};
    view.log = "/log/jm.log";
    write_file("/log/jm.log", std::string(30'000, 'l'));
    write_file("/web/index.html", "page");
    options.limits.body = kBodyLimit;
    options.limits.program = kBodyLimit;
    restart();
  }

  /// Requests without the token.
  static const std::vector<std::string>& examples() {
    static const std::vector<std::string> all = [] {
      const std::string end = " HTTP/1.1\r\nHost: localhost\r\n";
      const std::string vertex = job_path("/vertices/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb");
      std::vector<std::string> made;
      for (const std::string& path :
           {std::string("/"), std::string("/overview"), std::string("/jobs"), job_path(""), job_path("/checkpoints"),
            job_path("/exceptions?maxExceptions=3"), vertex, vertex + "/subtasks/metrics?get=numRecordsIn&subtasks=0-1",
            vertex + "/metrics?get=0.numRecordsIn,1.numRecordsIn", std::string("/taskmanagers/worker%3A17"),
            std::string("/jobmanager/logs/jm.log"), std::string("/metrics"), std::string("/jars")})
        made.push_back("GET " + path + end + "\r\n");
      made.push_back("HEAD /jobmanager/log" + end + "Range: bytes=10-20\r\n\r\n");
      made.push_back("PATCH " + job_path("?mode=cancel") + end + "\r\n");
      made.push_back("DELETE /jars/cafe_job" + end + "Connection: close\r\n\r\n");
      for (const std::string& path : {job_path("/stop"), job_path("/savepoints"), std::string("/jars/cafe_job/run")})
        made.push_back("POST " + path + end + "Content-Length: 29\r\n\r\n{\"targetDirectory\": \"/saves\"}\n");
      made.push_back("POST " + job_path("/checkpoints") + end +
                     "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n");
      const std::string form =
          "--XX\r\nContent-Disposition: form-data; name=\"jarfile\"; filename=\"a\"\r\n\r\nx\r\n--XX--\r\n";
      made.push_back("POST /jars/upload" + end + "Content-Type: multipart/form-data; boundary=XX\r\nContent-Length: " +
                     std::to_string(form.size()) + "\r\n\r\n" + form);
      return made;
    }();
    return all;
  }

  /// With the token; what follows it may be anything.
  static std::string with_token(std::string text) {
    const std::size_t line = text.find("\r\n");
    return line == std::string::npos ? text : text.insert(line + 2, kAuthorization);
  }

  static std::string change(std::string text, Random& random) {
    static const std::vector<std::string> kPieces{"\r\n",
                                                  "\r\n\r\n",
                                                  " ",
                                                  "/",
                                                  "%",
                                                  "%2e%2e/",
                                                  "?",
                                                  "&get=",
                                                  ":",
                                                  "\0",
                                                  "Content-Length: 99999999999999999999\r\n",
                                                  "Content-Length: 9999999999\r\n",
                                                  "Transfer-Encoding: chunked\r\n",
                                                  "ffffffffffffffff\r\n",
                                                  "7fffffff\r\n",
                                                  "HTTP/1.1",
                                                  "Expect: 100-continue\r\n",
                                                  "Range: bytes=-18446744073709551615\r\n",
                                                  "[[[[[[[[[[[[[[[[",
                                                  "{\"",
                                                  "--XX",
                                                  "\xff\xfe",
                                                  "Host: \r\n",
                                                  "Connection: keep-alive\r\n",
                                                  "Authorization: Bearer \r\n"};
    for (std::uint64_t changes = random.below(4); changes > 0; --changes) {
      const std::size_t at = random.below(text.size() + 1);
      switch (random.below(6)) {
        case 0:
          if (at < text.size()) text[at] = static_cast<char>(random.next());
          break;
        case 1:
          text.erase(at, random.below(20));
          break;
        case 2:
          text.insert(at, kPieces[random.below(kPieces.size())]);
          break;
        case 3:
          text.insert(at, text.substr(random.below(text.size() + 1), random.below(200)));
          break;
        case 4:
          text.resize(at);
          break;
        default:
          text.insert(at, random.below(3000), static_cast<char>(random.next()));
          break;
      }
    }
    return text;
  }

  static std::string request(Random& random) {
    if (random.one_in(20)) {
      std::string noise(random.below(400), '\0');
      for (char& c : noise) c = static_cast<char>(random.next());
      return noise;
    }
    std::string text;
    for (std::uint64_t count = 1 + random.below(3); count > 0; --count)
      text += examples()[random.below(examples().size())];
    return text;
  }

  /// Sends it, in one of the ways in which clients behave, and tells what came back.
  std::string send(const std::string& text, Random& random) {
    RestClient client(world, server->address());
    client.send(text);
    switch (random.below(4)) {
      case 0:
        world.run_for(std::chrono::microseconds(random.below(3000)));
        client.reset();
        break;
      case 1:
        world.run_for(std::chrono::milliseconds(random.below(20)));
        client.close();
        break;
      default:
        client.wait_until_closed();  // by a time limit at the latest
        break;
    }
    return client.received();
  }
};

TEST_F(RestRequestsByChance, NeitherHarmNorTakeMoreThanTheLimitsAllow) {
  constexpr int kRequests = 20'000;
  constexpr std::size_t kAllowed = 4 * kBodyLimit;  // a buffer doubles, and holds what came beyond the limit
  std::size_t answers = 0;
  for (int i = 0; i < kRequests; ++i) {
    Random random(static_cast<std::uint64_t>(i));
    std::string text = request(random);
    const bool knows_token = random.one_in(4);
    if (knows_token) text = with_token(std::move(text));
    text = change(std::move(text), random);
    const auto calls = view.calls.size() + view.runs.size();
    largest_allocation = 0;
    const std::string received = send(text, random);
    ASSERT_LT(largest_allocation, kAllowed) << "seed " << i << ": " << text;
    // A client that hangs up may have got a part.
    ASSERT_EQ(received.substr(0, 9), std::string("HTTP/1.1 ").substr(0, received.size()))
        << "seed " << i << ": " << received;
    answers += !received.empty();
    if (!knows_token) {
      ASSERT_EQ(view.calls.size() + view.runs.size(), calls) << "seed " << i << ": " << text;
    }
    // What a client asked for that has gone comes to its end before the next one's effects are counted.
    if (knows_token) world.run_for(std::chrono::seconds(1));
    view.uploaded = {{"cafe_job", "job", 1}};
  }
  EXPECT_GT(answers, kRequests / 2U);
  world.run_for(std::chrono::minutes(20));
  EXPECT_EQ(server->connections(), 0U);
  EXPECT_EQ(get("/jobs").status, 200);
}

TEST_F(RestRequestsByChance, TakeNoMemoryForALengthThatIsOnlyPromised) {
  for (const char* length : {"65537", "4294967296", "18446744073709551615"}) {
    largest_allocation = 0;
    auto client = this->client();
    client.send("POST " + job_path("/stop") + " HTTP/1.1\r\nHost: localhost\r\n" + kAuthorization +
                "Content-Length: " + length + "\r\n\r\n");
    EXPECT_EQ(client.reply().status, 413);
    EXPECT_LT(largest_allocation, 20'000U);
  }
  largest_allocation = 0;
  auto client = this->client();
  client.send("POST " + job_path("/stop") + " HTTP/1.1\r\nHost: localhost\r\n" + kAuthorization +
              "Transfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n{");
  EXPECT_EQ(client.reply().status, 413);
  EXPECT_LT(largest_allocation, 20'000U);
}

}  // namespace
}  // namespace weir::cluster
