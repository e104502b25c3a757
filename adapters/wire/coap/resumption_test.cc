// SPDX-License-Identifier: Apache-2.0
// A TLS session that a client has kept proves nothing.
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <string>

#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test::resumption_test {
namespace {

namespace fs = std::filesystem;

constexpr Way kDtls{"coaps", Transport::dtls};
constexpr Way kTls{"coaps+tcp", Transport::tls};
constexpr Way kDtlsPsk{"coaps with PSK", Transport::dtls, true};
constexpr Way kTlsPsk{"coaps+tcp with PSK", Transport::tls, true};

/// What the program openssl tells of one handshake with the server, in which it keeps its session,
/// or resumes the one that it has kept, and asks for /echo.
std::string by_openssl(Loop& loop, EchoServer& server, const Way& way, const std::string& more) {
  const bool datagrams = way.transport == Transport::dtls;
  const fs::path request = certificates().folder() / "request";
  // POST; over a stream between a CSM and a Release, which ends the connection.
  std::ofstream(request) << (datagrams ? std::string("\x40\x02\x00\x01\xb4", 5) + "echo"
                                       : std::string("\x00\xe1\x50\x02\xb4", 5) + "echo" +
                                             std::string("\x00\xe4", 2));
  std::string command = "timeout 9 openssl s_client -nocommands -connect 127.0.0.1:" +
                        std::to_string(server.server().port()) + " " + more;
  if (!datagrams) command += " -ign_eof";
  if (way.psk) {
    command += " -cipher PSK -psk_identity gw-7 -psk ";
    for (const char c : kKey) {
      std::array<char, 3> hex{};
      std::snprintf(hex.data(), hex.size(), "%02x", static_cast<unsigned char>(c));
      command += hex.data();
    }
  } else {
    command += " -cert " + certificates().pem("client").string() + " -key " +
               certificates().key("client").string() + " -CAfile " +
               certificates().pem("ca").string();
  }
  command += " <" + request.string() + " 2>&1";
  auto output = std::async(std::launch::async, [&command] {
    std::string text;
    std::array<char, 1'024> part{};
    FILE* const pipe = ::popen(command.c_str(), "r");
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe))
      text.append(part.data(), size);
    ::pclose(pipe);
    return text;
  });
  REQUIRE(loop.until(
      [&] { return output.wait_for(std::chrono::seconds{0}) == std::future_status::ready; }));
  return output.get();
}

/// Keeps the session of the first handshake; a server that gave none to keep is asked anew.
std::string keeping(const fs::path& session, bool first) {
  if (first) return "-sess_out " + session.string();
  return fs::exists(session) ? "-sess_in " + session.string() : std::string();
}

TEST_CASE("no session is resumed: each handshake proves anew who the client is") {
  struct Case {
    Way way;
    const char* version;
  };
  for (const Case& one :
       {Case{kDtls, "-dtls1_2 "}, Case{kDtlsPsk, "-dtls1_2 "}, Case{kTls, "-tls1_2 "},
        Case{kTls, "-tls1_3 "}, Case{kTlsPsk, "-tls1_2 "}}) {
    CAPTURE(one.way.name);
    CAPTURE(one.version);
    Loop loop;
    EchoServer server(loop, server_of(one.way));
    const fs::path session = certificates().folder() / "session";
    fs::remove(session);
    for (const bool first : {true, false}) {
      CAPTURE(first);
      const std::string told =
          by_openssl(loop, server, one.way, one.version + keeping(session, first));
      CAPTURE(told);
      CHECK(told.find("\nNew, ") != std::string::npos);
      const std::size_t asked = first ? 1 : 2;
      REQUIRE(loop.until([&] { return server.seen.size() == asked; }));
      CHECK(server.seen.back().identity.names == names_of(one.way));
    }
  }
}

TEST_CASE("a session that was kept does not let in whose PSK identity is gone") {
  for (const Way& way : {kDtlsPsk, kTlsPsk}) {
    CAPTURE(way.name);
    Loop loop;
    bool known = true;
    ServerOptions options = server_of(way);
    options.security.psk_key = [&known](std::string_view) {
      return known ? std::optional(kKey) : std::nullopt;
    };
    EchoServer server(loop, options);
    const auto failed = [&loop] {
      return loop.metric("msggw_coap_handshakes_failed_total{reason=\"unknown_psk_identity\"}");
    };
    const std::string version = way.transport == Transport::dtls ? "-dtls1_2 " : "-tls1_2 ";
    const fs::path session = certificates().folder() / "session";
    fs::remove(session);
    by_openssl(loop, server, way, version + keeping(session, true));
    REQUIRE(loop.until([&] { return server.seen.size() == 1; }));
    known = false;
    by_openssl(loop, server, way, version + keeping(session, false));
    CHECK(loop.until([&] { return failed() == 1; }));
    CHECK(server.seen.size() == 1);
  }
}

}  // namespace
}  // namespace msggw::coap::test::resumption_test
