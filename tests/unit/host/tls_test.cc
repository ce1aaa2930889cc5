#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weir/host/real_host.h"
#include "weir/host/tls_host.h"
#include "weir/sim/world.h"

#include "test_certificates.h"

namespace weir::host {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// One end that notes what it gets.
struct End {
  std::unique_ptr<ByteStream> stream;
  std::string got;
  std::string closed = "open";
  std::size_t sent = 0;

  void take(std::unique_ptr<ByteStream> made) {
    stream = std::move(made);
    if (stream == nullptr) return;
    stream->start({[this](const std::string& bytes) { got += bytes; },
                   [this](const std::string& error) { closed = error.empty() ? "in order" : error; },
                   [this] { ++sent; }});
  }
};

std::string numbered_text(std::size_t size) {
  std::string text;
  for (int i = 0; text.size() < size; ++i) text += std::to_string(i) + ",";
  return text;
}

void run_all(sim::World& world) {
  while (world.run_one()) {
  }
}

class Tls : public testing::Test {
 protected:
  static void SetUpTestSuite() { certificates_ = new TestCertificates; }
  static void TearDownTestSuite() { delete std::exchange(certificates_, nullptr); }

  static TestCertificates& certificates() { return *certificates_; }

  TlsOptions options(TlsKind kind, const TlsFiles& files) {
    return {kind, files, 10'000ms, [this](const std::string& why) { refusals.push_back(why); }};
  }
  TlsOptions mutual(const std::string& name, const std::string& authority = "ca") {
    return options(TlsKind::kMutual, certificates().files(name, authority));
  }

  std::vector<std::string> refusals;

 private:
  static inline TestCertificates* certificates_ = nullptr;
};

/// A listener with TLS, and a client of it.
struct Pair {
  Pair(sim::World& in_world, const TlsOptions& server_options, const TlsOptions& client_options,
       const std::string& name = "localhost")
      : Pair(in_world, std::make_unique<TlsHost>(in_world, server_options),
             std::make_unique<TlsHost>(in_world, client_options), name) {}

  /// Null: that side does not speak TLS.
  Pair(sim::World& in_world, std::unique_ptr<TlsHost> server_side, std::unique_ptr<TlsHost> client_side,
       const std::string& name = "localhost")
      : world(in_world), server_host(std::move(server_side)), client_host(std::move(client_side)) {
    Network& at = server_host != nullptr ? server_host->network() : world.network();
    listener =
        at.listen({"localhost", 7000}, [this](std::unique_ptr<ByteStream> made) { server.take(std::move(made)); });
    Network& from = client_host != nullptr ? client_host->network() : world.network();
    from.connect({name, 7000}, [this](std::unique_ptr<ByteStream> made, const std::string& error) {
      connected = error;
      client.take(std::move(made));
    });
  }

  void run_until_both() {
    world.run_until([&] { return client.stream && server.stream; });
  }

  sim::World& world;
  std::unique_ptr<TlsHost> server_host;
  std::unique_ptr<TlsHost> client_host;
  std::unique_ptr<Listener> listener;
  std::optional<std::string> connected;  ///< what the client was told
  End client;
  End server;
};

TEST_F(Tls, CarriesBytesBothWaysInOrderHoweverTheNetworkCutsThem) {
  const auto server = mutual("server");
  const auto client = mutual("client");
  const std::string question = numbered_text(3000);
  const std::string answer = numbered_text(600'000);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::World world(seed);
    Pair pair(world, server, client);
    pair.run_until_both();
    pair.client.stream->write(question);
    pair.server.stream->write(answer);
    run_all(world);
    pair.server.stream->write("last");
    pair.server.stream->close();
    run_all(world);
    EXPECT_TRUE(pair.server.got == question) << "seed " << seed;
    EXPECT_TRUE(pair.client.got == answer + "last") << "seed " << seed;
    EXPECT_EQ(pair.client.closed, "in order") << "seed " << seed;
  }
  EXPECT_THAT(refusals, IsEmpty());
}

TEST_F(Tls, WhatEndsItsOutputStillHears) {
  sim::World world(1);
  Pair pair(world, mutual("server"), mutual("client"));
  pair.run_until_both();
  pair.server.stream->close();
  run_all(world);
  EXPECT_EQ(pair.client.closed, "in order");
  pair.client.stream->write("too late, and no harm");
  pair.client.stream->close();
  run_all(world);
  EXPECT_EQ(pair.server.closed, "open") << "one that closed is told nothing";
}

TEST_F(Tls, TellsThatAllHasLeft) {
  sim::World world(2);
  Pair pair(world, mutual("server"), mutual("client"));
  pair.run_until_both();
  run_all(world);
  const std::size_t before = pair.client.sent;
  pair.client.stream->write(numbered_text(100'000));
  world.run_until([&] { return pair.client.sent > before; });
  EXPECT_TRUE(pair.server.got == numbered_text(100'000));
}

TEST_F(Tls, APausedStreamDeliversNothingUntilItIsResumed) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    sim::World world(seed);
    Pair pair(world, mutual("server"), mutual("client"));
    pair.run_until_both();
    run_all(world);
    pair.server.stream->pause();
    pair.client.stream->write("a");
    run_all(world);
    pair.client.stream->write(numbered_text(100'000));
    run_all(world);
    EXPECT_LT(pair.server.got.size(), 100'000U);
    pair.server.stream->resume();
    run_all(world);
    EXPECT_TRUE(pair.server.got == "a" + numbered_text(100'000));
  }
}

TEST_F(Tls, AnEndOfInputThatTheOtherSideDidNotSayIsAnError) {
  sim::World world(3);
  Pair pair(world, mutual("server"), mutual("client"));
  pair.run_until_both();
  pair.client.stream.reset();
  run_all(world);
  EXPECT_NE(pair.server.closed, "in order");
  EXPECT_NE(pair.server.closed, "open");
}

/// Copies what comes at a port to another and back, and can end one side in order.
class Proxy {
 public:
  Proxy(sim::World& world, std::uint16_t from, std::uint16_t to)
      : listener_(world.network().listen({"localhost", from}, [this, &world, to](std::unique_ptr<ByteStream> made) {
          near_ = std::move(made);
          world.network().connect({"localhost", to}, [this](std::unique_ptr<ByteStream> other, const std::string&) {
            far_ = std::move(other);
            near_->start({[this](std::string bytes) { far_->write(change ? change(std::move(bytes)) : bytes); },
                          [](const std::string&) {}});
            far_->start({[this](const std::string& bytes) { near_->write(bytes); }, [](const std::string&) {}});
          });
        })) {}

  /// What the far side gets instead of what the near one said.
  std::function<std::string(std::string)> change;

  void end_far() { far_->close(); }

 private:
  std::unique_ptr<ByteStream> near_;
  std::unique_ptr<ByteStream> far_;
  std::unique_ptr<Listener> listener_;
};

/// A client and a server with somebody between them.
struct Between {
  Between(sim::World& world, const TlsOptions& server_options, const TlsOptions& client_options)
      : proxy(world, 7001, 7000), server_host(world, server_options), client_host(world, client_options) {
    listener = server_host.network().listen({"localhost", 7000},
                                            [this](std::unique_ptr<ByteStream> made) { server.take(std::move(made)); });
    client_host.network().connect({"localhost", 7001}, [this](std::unique_ptr<ByteStream> made, const std::string&) {
      client.take(std::move(made));
    });
    world.run_until([&] { return client.stream && server.stream; });
  }

  Proxy proxy;
  TlsHost server_host;
  TlsHost client_host;
  std::unique_ptr<Listener> listener;
  End client;
  End server;
};

TEST_F(Tls, WhoCutsTheConnectionInOrderOfTcpIsFoundOut) {
  sim::World world(4);
  Between between(world, mutual("server"), mutual("client"));
  between.client.stream->write("half of");
  run_all(world);
  between.proxy.end_far();
  run_all(world);
  EXPECT_EQ(between.server.got, "half of");
  EXPECT_THAT(between.server.closed, HasSubstr("without the end of TLS"));
}

TEST_F(Tls, WhoChangesAByteOnTheWayEndsTheConnection) {
  sim::World world(5);
  Between between(world, mutual("server"), mutual("client"));
  // The eleventh byte is behind the head of the record.
  between.proxy.change = [passed = std::size_t{0}](std::string bytes) mutable {
    if (passed <= 10 && passed + bytes.size() > 10) bytes[10 - passed] = static_cast<char>(bytes[10 - passed] ^ 1);
    passed += bytes.size();
    return bytes;
  };
  between.client.stream->write("a record");
  run_all(world);
  EXPECT_EQ(between.server.got, "");
  EXPECT_THAT(between.server.closed, HasSubstr("bad record mac"));
  EXPECT_THAT(between.client.closed, HasSubstr("refuses the connection"));
}

TEST_F(Tls, RefusesACertificateOfAnotherAuthority) {
  sim::World world(6);
  Pair pair(world, mutual("server"), mutual("stranger", "other-ca"));
  run_all(world);
  EXPECT_EQ(pair.server.stream, nullptr);
  ASSERT_THAT(pair.connected,
              testing::Optional(HasSubstr("its certificate 'CN = server' (signed by 'CN = ca') is refused")));
  EXPECT_THAT(refusals, testing::ElementsAre(AllOf(HasSubstr("a connection to port 7000 is refused"),
                                                   HasSubstr("the other side refuses the connection"))));
}

TEST_F(Tls, RefusesAClientsCertificateOfAnotherAuthority) {
  sim::World world(7);
  // It trusts the server, but is none of its authority.
  TlsFiles files = certificates().files("stranger", "other-ca");
  certificates().run("cat ca.pem other-ca.pem > both.pem");
  files.ca = certificates().path("both.pem");
  Pair pair(world, mutual("server"), options(TlsKind::kMutual, files));
  run_all(world);
  EXPECT_EQ(pair.server.stream, nullptr);
  EXPECT_THAT(refusals,
              testing::ElementsAre(AllOf(HasSubstr("'CN = stranger' (signed by 'CN = other-ca') is refused"))));
  EXPECT_THAT(pair.client.closed, HasSubstr("the other side refuses the connection"));
}

TEST_F(Tls, RefusesAClientWithoutACertificate) {
  sim::World world(8);
  Pair pair(world, mutual("server"), options(TlsKind::kClient, {"", "", certificates().ca()}));
  run_all(world);
  EXPECT_EQ(pair.server.stream, nullptr);
  EXPECT_THAT(refusals, testing::ElementsAre(HasSubstr("it shows no certificate")));
  EXPECT_THAT(pair.client.closed, HasSubstr("the other side refuses the connection"));
}

TEST_F(Tls, RefusesPlainBytes) {
  for (const std::string said : {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "plain words, and quite a few of them"}) {
    sim::World world(9);
    refusals.clear();
    Pair pair(world, std::make_unique<TlsHost>(world, mutual("server")), nullptr);
    world.run_until([&] { return pair.client.stream != nullptr; });
    pair.client.stream->write(said);
    run_all(world);
    EXPECT_EQ(pair.server.stream, nullptr);
    EXPECT_THAT(refusals, testing::ElementsAre(HasSubstr("it does not speak TLS")));
    EXPECT_NE(pair.client.closed, "open");
  }
}

TEST_F(Tls, RefusesWhoSaysNothingWithinTheLimit) {
  sim::World world(10);
  Pair pair(world, std::make_unique<TlsHost>(world, mutual("server")), nullptr);
  world.run_until([&] { return pair.client.stream != nullptr; });
  world.run_for(9s);
  EXPECT_EQ(pair.client.closed, "open");
  world.run_for(2s);
  EXPECT_NE(pair.client.closed, "open");
  EXPECT_THAT(refusals, testing::ElementsAre(HasSubstr("longer than 10000 ms")));
}

TEST_F(Tls, ConnectingToWhoDoesNotSpeakTlsFails) {
  sim::World world(11);
  Pair pair(world, nullptr, std::make_unique<TlsHost>(world, mutual("client")));
  world.run_until([&] { return pair.server.stream != nullptr; });
  pair.server.stream->write("what do you want?");
  run_all(world);
  EXPECT_THAT(pair.connected, testing::Optional(HasSubstr("the other side does not speak TLS")));
}

TEST_F(Tls, ManyWhoSayNothingDoNotKeepOthersOut) {
  sim::World world(12);
  const auto server = mutual("server");
  const auto client = mutual("client");
  TlsHost host(world, server);
  const auto listener = host.network().listen({"localhost", 7100}, [](std::unique_ptr<ByteStream>) {});
  std::vector<std::unique_ptr<ByteStream>> silent;
  for (int i = 0; i < 300; ++i)
    world.network().connect({"localhost", 7100}, [&](std::unique_ptr<ByteStream> stream, const std::string&) {
      silent.push_back(std::move(stream));
    });
  world.run_until([&] { return silent.size() == 300; });
  world.run_for(1s);
  EXPECT_THAT(refusals, SizeIs(300 - 256));
  TlsHost other(world, client);
  std::unique_ptr<ByteStream> stream;
  other.network().connect({"localhost", 7100},
                          [&](std::unique_ptr<ByteStream> made, const std::string&) { stream = std::move(made); });
  world.run_for(5s);
  EXPECT_NE(stream, nullptr);
}

TEST_F(Tls, AClientChecksTheServersName) {
  const auto server = options(TlsKind::kServer, certificates().files("server"));
  const auto client = options(TlsKind::kClient, {"", "", certificates().ca()});
  for (const auto& [name, fine] :
       std::map<std::string, bool>{{"localhost", true}, {"127.0.0.1", true}, {"::1", false}}) {
    sim::World world(13);
    Pair pair(world, server, client, name);
    run_all(world);
    EXPECT_EQ(pair.server.stream != nullptr, fine) << name;
    EXPECT_EQ(pair.connected->empty(), fine) << name;
    if (!fine) {
      EXPECT_THAT(*pair.connected, HasSubstr("IP address mismatch"));
    }
  }
}

TEST_F(Tls, AListenerThatIsGoneTakesNobodyWhoseHandshakeWasUnderWay) {
  sim::World world(14);
  Pair pair(world, mutual("server"), mutual("client"));
  pair.listener.reset();
  run_all(world);
  EXPECT_EQ(pair.server.stream, nullptr);
}

TEST_F(Tls, AHostThatGoesTakesHandshakesWithIt) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    sim::World world(seed);
    Pair pair(world, mutual("server"), mutual("client"));
    world.run_for(1ms);
    pair.listener.reset();
    pair.client_host.reset();
    pair.server_host.reset();
    run_all(world);
    pair.client.stream.reset();
    pair.server.stream.reset();
    EXPECT_EQ(world.net().handles(), 0U);
  }
}

TEST_F(Tls, WorksOnTheRealMachineFromManyThreads) {
  RealHost real;
  const auto server_options = mutual("server");
  const auto client_options = mutual("client");
  TlsHost server(real, server_options);
  TlsHost client(real, client_options);
  std::promise<std::unique_ptr<ByteStream>> accepted;
  std::promise<std::unique_ptr<ByteStream>> made;
  const auto listener = server.network().listen(
      {"localhost", 0}, [&](std::unique_ptr<ByteStream> stream) { accepted.set_value(std::move(stream)); });
  client.network().connect(listener->address(), [&](std::unique_ptr<ByteStream> stream, const std::string& error) {
    EXPECT_EQ(error, "");
    made.set_value(std::move(stream));
  });
  const auto out = await(made.get_future());
  const auto in = await(accepted.get_future());
  constexpr int kThreads = 4;
  constexpr int kWrites = 500;
  const std::string piece(1000, 'x');
  std::promise<void> all;
  std::size_t got = 0;  // control thread only
  in->start({[&](const std::string& bytes) {
               got += bytes.size();
               if (got == kThreads * kWrites * piece.size()) all.set_value();
             },
             [](const std::string&) {}});
  out->start({[](const std::string&) {}, [](const std::string&) {}});
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      for (int j = 0; j < kWrites; ++j) out->write(piece);
    });
  for (std::thread& thread : threads) thread.join();
  await(all.get_future());
}

// ---- Files.

class TlsFilesRefused : public Tls {
 protected:
  std::string refusal(const TlsFiles& files, TlsKind kind = TlsKind::kMutual) {
    sim::World world(1);
    return error_of([&] { TlsHost host(world, {kind, files}); });
  }
};

TEST_F(TlsFilesRefused, NamesAFileThatIsMissing) {
  TlsFiles files = certificates().files("server");
  files.certificate = "/no/such.pem";
  EXPECT_EQ(refusal(files), "the certificate '/no/such.pem' cannot be read: No such file or directory");
  files = certificates().files("server");
  files.key = "/no/such.key";
  EXPECT_EQ(refusal(files), "the private key '/no/such.key' cannot be read: No such file or directory");
  files = certificates().files("server");
  files.ca = certificates().path(".");
  EXPECT_THAT(refusal(files), AllOf(HasSubstr("the CA's certificate '"), HasSubstr("cannot be read: Is a directory")));
}

TEST_F(TlsFilesRefused, NamesAFileThatIsSomethingElse) {
  TlsFiles files = certificates().files("server");
  certificates().run("echo words > words.pem; : > empty.pem; head -c 300 server.pem > cut.pem; chmod 600 words.pem");
  for (const std::string name : {"words.pem", "empty.pem", "cut.pem"}) {
    files.certificate = certificates().path(name);
    EXPECT_THAT(refusal(files), AllOf(HasSubstr(name), HasSubstr("holds no certificate in PEM"))) << name;
  }
  files = certificates().files("server");
  files.key = certificates().path("words.pem");
  EXPECT_THAT(refusal(files), HasSubstr("words.pem' holds no private key in PEM"));
}

TEST_F(TlsFilesRefused, NamesAKeyThatIsNotTheCertificates) {
  TlsFiles files = certificates().files("server");
  files.key = certificates().files("client").key;
  EXPECT_THAT(refusal(files), AllOf(HasSubstr("client.key' is not that of the certificate"), HasSubstr("server.pem'")));
}

TEST_F(TlsFilesRefused, NamesAKeyThatOthersMayRead) {
  TlsFiles files = certificates().files("open");
  certificates().run("chmod 644 open.key");
  EXPECT_THAT(refusal(files), HasSubstr("open.key' can be read by others (mode 0644): chmod 600 it"));
}

TEST_F(TlsFilesRefused, NamesAKeyWithAPassphrase) {
  TlsFiles files = certificates().files("server");
  certificates().openssl("ec -in server.key -aes128 -passout pass:secret -out locked.key");
  certificates().run("chmod 600 locked.key");
  files.key = certificates().path("locked.key");
  EXPECT_THAT(refusal(files), HasSubstr("locked.key' has a passphrase"));
}

TEST_F(TlsFilesRefused, NamesACertificateThatIsNotValidToday) {
  certificates().issue("old", "ca", "-days -1");
  TlsFiles files{certificates().path("old.pem"), certificates().path("old.key"), certificates().ca()};
  EXPECT_THAT(refusal(files), AllOf(HasSubstr("the certificate '"), HasSubstr("old.pem' expired at 20")));
  files = certificates().files("server");
  files.ca = certificates().path("old.pem");
  EXPECT_THAT(refusal(files), AllOf(HasSubstr("the CA's certificate '"), HasSubstr("old.pem' expired at 20")));
}

TEST_F(TlsFilesRefused, NamesACertificateOfAnotherAuthority) {
  TlsFiles files = certificates().files("stranger", "other-ca");
  files.ca = certificates().ca();
  EXPECT_THAT(refusal(files), AllOf(HasSubstr("stranger.pem' is not one of the CA in '"), HasSubstr("ca.pem'")));
  EXPECT_EQ(refusal(files, TlsKind::kServer), "") << "who asks for no certificate does not check its own";
}

}  // namespace
}  // namespace weir::host
