// SPDX-License-Identifier: Apache-2.0
// Against libcoap's own programs: coap-client and coap-server, over each transport.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "adapters/wire/coap/socket.h"
#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A program that runs beside the test; what it writes goes to a file.
class Program {
 public:
  Program(std::vector<std::string> arguments, const std::string& name)
      : output_(certificates().folder() / (name + ".out")) {
    std::vector<char*> raw;
    for (std::string& argument : arguments) raw.push_back(argument.data());
    raw.push_back(nullptr);
    const std::string output = output_.string();
    pid_ = ::fork();
    if (pid_ == 0) {
      const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      if (file < 0 || ::dup2(file, 1) < 0 || ::dup2(file, 2) < 0) ::_exit(126);
      ::execvp(raw[0], raw.data());
      ::_exit(127);
    }
  }
  ~Program() {
    if (ended()) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  bool ended() {
    if (!ended_) ended_ = ::waitpid(pid_, nullptr, WNOHANG) == pid_;
    return ended_;
  }
  std::string output() const { return contents(output_); }

 private:
  fs::path output_;
  pid_t pid_ = -1;
  bool ended_ = false;
};

/// What coap-client is to be told to prove who it is.
std::vector<std::string> proof(const Way& way) {
  if (!is_secure(way.transport)) return {};
  if (way.psk) return {"-u", "gw-7", "-k", kKey};
  return {"-c", certificates().pem("client").string(), "-j", certificates().key("client").string(),
          "-C", certificates().pem("ca").string()};
}

std::string run_client(Loop& loop, std::vector<std::string> arguments, const Way& way,
                       const std::string& uri) {
  std::vector<std::string> all{"coap-client-openssl", "-B", "5"};
  for (auto& one : proof(way)) all.push_back(std::move(one));
  for (auto& one : arguments) all.push_back(std::move(one));
  all.push_back(uri);
  Program client(std::move(all), "client");
  REQUIRE(loop.until([&] { return client.ended(); }));
  return client.output();
}

TEST_CASE("coap-client asks our server, over each transport") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    CHECK(run_client(loop, {"-m", "post", "-t", "50", "-e", "hello"}, way, server.uri()) ==
          "hello\n");
    REQUIRE(server.seen.size() == 1);
    CHECK(server.seen[0].body == "hello");
    CHECK(server.seen[0].identity.names == names_of(way));
    const std::string listed =
        run_client(loop, {"-m", "get"}, way, server.uri("127.0.0.1", "/.well-known/core"));
    for (const char* part : {"</echo>", ";rt=\"test.echo\"", ";ct=\"50 60\""})
      CHECK_MESSAGE(listed.find(part) != std::string::npos, listed);
  }
}

TEST_CASE("coap-client sends and fetches long bodies") {
  const fs::path file = certificates().folder() / "body";
  const std::string body(5'000, 'b');
  std::ofstream(file) << body;
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    EchoServer server(loop, server_of(way));
    const std::string echoed =
        run_client(loop, {"-m", "post", "-t", "50", "-f", file.string()}, way, server.uri());
    CHECK(echoed == body + "\n");
    REQUIRE(server.seen.size() == 1);
    CHECK(server.seen[0].body == body);
  }
}

TEST_CASE("coap-client waits for separate responses") {
  for (const Way& way : kWays) {
    CAPTURE(way.name);
    Loop loop;
    ServerOptions options = server_of(way);
    options.piggyback_within = base::Duration{1};
    EchoServer server(loop, options);
    server.reply = Reply::later;
    std::vector<std::string> all{"coap-client-openssl", "-B", "5", "-m", "post", "-e", "later"};
    for (auto& one : proof(way)) all.push_back(std::move(one));
    all.push_back(server.uri());
    Program client(std::move(all), "client");
    REQUIRE(loop.until([&] { return !server.waiting.empty(); }));
    for (int turn = 0; turn < 10; ++turn) loop.turn();
    server.answer_all();
    REQUIRE(loop.until([&] { return client.ended(); }));
    CHECK(client.output() == "later\n");
  }
}

TEST_CASE("coap-client is refused for what it shows") {
  for (const Transport transport : {Transport::dtls, Transport::tls}) {
    Loop loop;
    EchoServer by_certificate(loop, server_of({"certificates", transport}));
    EchoServer by_psk(loop, server_of({"psk", transport, true}));
    const auto refused = [&](EchoServer& server, const std::vector<std::string>& shown) {
      std::vector<std::string> all{"coap-client-openssl", "-B", "1", "-m", "post", "-e", "x"};
      all.insert(all.end(), shown.begin(), shown.end());
      all.push_back(server.uri());
      Program client(std::move(all), "client");
      REQUIRE(loop.until([&] { return client.ended(); }));
      CHECK(server.seen.empty());
    };
    const auto counted = [&](const std::string& why) {
      return loop.metric("msggw_coap_handshakes_failed_total{reason=\"" + why + "\"}") >= 1;
    };
    refused(by_psk, {"-u", "stranger", "-k", kKey});
    CHECK(counted("unknown_psk_identity"));
    refused(by_certificate, {"-c", certificates().pem("stranger").string(), "-j",
                             certificates().key("stranger").string(), "-n"});
    CHECK(counted("unknown_ca"));
    refused(by_certificate, {"-c", certificates().pem("expired").string(), "-j",
                             certificates().key("expired").string(), "-n"});
    CHECK(counted("expired"));
  }
}

/// Whether nobody has the port, neither of UDP nor of TCP.
bool is_free(boost::asio::io_context& io, std::uint16_t port) {
  const auto here = boost::asio::ip::make_address("127.0.0.1");
  try {
    const boost::asio::ip::tcp::acceptor tcp(io, {here, port});
    const boost::asio::ip::udp::socket udp(io, {here, port});
    return true;
  } catch (const boost::system::system_error&) {
    return false;
  }
}

/// coap-server with its resources, on a port (and the next, for security) that was free just now.
/// Below those that the kernel gives to others: it goes on without the one that it cannot have.
struct LibraryServer {
  explicit LibraryServer(Loop& loop, const std::vector<std::string>& security) : loop_(loop) {
    std::random_device random;
    for (int attempt = 0; attempt < 20; ++attempt) {
      port_ = static_cast<std::uint16_t>(20'000 + 2 * (random() % 6'000));
      if (!is_free(loop.io, port_) || !is_free(loop.io, port_ + 1)) continue;
      std::vector<std::string> all{"coap-server-openssl", "-A", "127.0.0.1", "-p",
                                   std::to_string(port_), "-d", "10",        "-e"};
      all.insert(all.end(), security.begin(), security.end());
      program_.emplace(std::move(all), "server");
      if (answers()) return;
    }
    FAIL("coap-server does not start");
  }
  bool answers() {
    Client client(loop_.io, {});
    for (int attempt = 0; attempt < 50 && !program_->ended(); ++attempt) {
      if (ask(loop_, client, get("coap+tcp://127.0.0.1:" + std::to_string(port_) + "/"))
              .has_value())
        return true;
      loop_.turn(std::chrono::milliseconds{20});
    }
    return false;
  }
  std::string uri(const Way& way, const std::string& path) const {
    const int port = port_ + (is_secure(way.transport) ? 1 : 0);
    return std::string(scheme_of(way.transport)) + "://127.0.0.1:" + std::to_string(port) + path;
  }

  Loop& loop_;
  std::uint16_t port_ = 0;
  std::optional<Program> program_;
};

TEST_CASE("our client asks coap-server, over each transport") {
  for (const bool psk : {false, true}) {
    Loop loop;
    const std::vector<std::string> files{"-c", certificates().pem("server").string(),
                                         "-j", certificates().key("server").string(),
                                         "-C", certificates().pem("ca").string()};
    LibraryServer server(loop, psk ? std::vector<std::string>{"-k", kKey} : files);
    for (const Way& way : kWays) {
      if (is_secure(way.transport) && way.psk != psk) continue;
      CAPTURE(way.name);
      Client client(loop.io, client_of(way));
      const auto hello = ask(loop, client, get(server.uri(way, "/")));
      REQUIRE_MESSAGE(hello.has_value(), hello.error().detail);
      CHECK(hello->code == Code::content);
      CHECK(hello->payload.find("test server made with libcoap") != std::string::npos);

      ClientRequest put = post(server.uri(way, "/stored"), std::string(3'000, 'p'));
      put.method = Method::put;
      const auto stored = ask(loop, client, put);
      REQUIRE_MESSAGE(stored.has_value(), stored.error().detail);
      CHECK(class_of(stored->code) == 2);
      const auto fetched = ask(loop, client, get(server.uri(way, "/stored")));
      REQUIRE_MESSAGE(fetched.has_value(), fetched.error().detail);
      CHECK(fetched->payload == put.payload);

      const auto none = ask(loop, client, get(server.uri(way, "/none")));
      CHECK(none->code == Code::not_found);
      CHECK(ask(loop, client, get(server.uri(way, "/.well-known/core")))->content_format ==
            kFormatLinks);
    }
  }
}

TEST_CASE("our client waits for a separate response of coap-server") {
  Loop loop;
  LibraryServer server(loop, {});
  ClientOptions options;
  options.request_timeout = base::Duration{9'000};
  Client client(loop.io, options);
  const auto later = ask(loop, client, get(server.uri(kWays[0], "/async")));  // takes 5 s
  REQUIRE_MESSAGE(later.has_value(), later.error().detail);
  CHECK(later->payload == "done");
}

}  // namespace
}  // namespace msggw::coap::test
