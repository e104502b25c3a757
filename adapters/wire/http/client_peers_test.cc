// SPDX-License-Identifier: Apache-2.0
// The client's HTTP/2 against a server that others wrote: nghttpd.
#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "adapters/wire/http/test_peers.h"

namespace msggw::http {
namespace {

using test::Certificates;
using test::eventually;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::uint16_t free_port() {
  const base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

bool listens(std::uint16_t port) {
  const base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = loopback(port);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

/// Answers a POST with its own body. `tls`: key and certificate, or nothing.
class Nghttpd {
 public:
  Nghttpd(const std::vector<std::string>& flags, const std::vector<std::string>& tls)
      : port_(free_port()) {
    std::vector<std::string> words = {"nghttpd", "--address=127.0.0.1", "--echo-upload"};
    words.insert(words.end(), flags.begin(), flags.end());
    if (tls.empty()) words.emplace_back("--no-tls");
    words.push_back(std::to_string(port_));
    words.insert(words.end(), tls.begin(), tls.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execvp("nghttpd", arguments.data());
      ::_exit(127);
    }
    REQUIRE_MESSAGE(eventually([this] { return listens(port_); }), "nghttpd (nghttp2-server)");
  }
  ~Nghttpd() { stop(); }
  Nghttpd(const Nghttpd&) = delete;
  Nghttpd& operator=(const Nghttpd&) = delete;

  void stop() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  std::string url(const std::string& scheme) const {
    return scheme + "://127.0.0.1:" + std::to_string(port_) + "/";
  }

 private:
  std::uint16_t port_;
  pid_t pid_ = 0;
};

/// How many of `total` posts, 50 at a time and of up to `most_octets`, came back as they went.
std::size_t echoed(boost::asio::io_context& io, Client& client, const std::string& url,
                   std::size_t total, std::size_t most_octets) {
  std::size_t good = 0;
  std::size_t ended = 0;
  std::size_t started = 0;
  std::string first_error;
  const bool all = eventually([&] {
    while (started < total && started - ended < 50) {
      ClientRequest request = test::to(url);
      request.content_type = "text/plain";
      request.body.assign(1 + started * 977 % most_octets, static_cast<char>('a' + started % 26));
      ++started;
      client.start(request, [&, body = request.body](const base::Result<ClientResponse>& answer) {
        ++ended;
        good += answer && answer->status == 200 && answer->body == body ? 1 : 0;
        if (!answer && first_error.empty()) first_error = answer.error().detail;
      });
    }
    io.restart();
    io.run_for(std::chrono::milliseconds(20));
    return ended == total;
  });
  CHECK(all);
  CHECK(first_error == "");
  return good;
}

ClientOptions http2() {
  ClientOptions options;
  options.version = Version::http2;
  return options;
}

TEST_CASE("nghttpd without TLS: many requests, bodies of any size, trailers") {
  for (const std::vector<std::string>& flags :
       {std::vector<std::string>{}, {"--max-concurrent-streams=3"}, {"--trailer=x-check: 1"}}) {
    const Nghttpd server(flags, {});
    boost::asio::io_context io;
    Client client(io, http2());
    CHECK(echoed(io, client, server.url("http"), 2'000, 1'000) == 2'000);
    CHECK(echoed(io, client, server.url("http"), 100, 65'536) == 100);
  }
}

TEST_CASE("nghttpd with TLS") {
  const Certificates certificates;
  const Nghttpd server({}, {certificates.key("server"), certificates.pem("server")});
  boost::asio::io_context io;
  ClientOptions options = http2();
  options.tls = certificates.client(false);
  Client client(io, options);
  CHECK(echoed(io, client, server.url("https"), 2'000, 1'000) == 2'000);
  CHECK(echoed(io, client, server.url("https"), 100, 65'536) == 100);
}

TEST_CASE("nghttpd that dies") {
  Nghttpd server({}, {});
  boost::asio::io_context io;
  Client client(io, http2());
  CHECK(echoed(io, client, server.url("http"), 100, 1'000) == 100);
  server.stop();
  const auto answer = test::fetch(io, client, test::to(server.url("http")));
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == base::Errc::unavailable);
}

}  // namespace
}  // namespace msggw::http
