// SPDX-License-Identifier: Apache-2.0
// DTLS handshakes as they may come, octet by octet and without a socket.
#include "adapters/wire/coap/datagram_sessions.h"

#include <doctest/doctest.h>

#include <deque>

#include "adapters/wire/coap/security.h"
#include "adapters/wire/coap/test_ways.h"

namespace msggw::coap::test {
namespace {

constexpr Way kDtls{"coaps", Transport::dtls};
constexpr Way kDtlsPsk{"coaps with PSK", Transport::dtls, true};
using State = tls::DatagramSession::State;

Peer at(std::uint16_t port) {
  Peer peer;
  peer.port = port;
  return peer;
}

struct Server {
  explicit Server(const Way& way, const std::function<void(ServerOptions&)>& change = {})
      : options(server_of(way)) {
    if (change) change(options);
    tls::Source source(tls_of(options));
    REQUIRE(source.reload().has_value());
    sessions.emplace(
        options,
        DatagramSessions::Events{
            [this](const Peer& to, std::string_view datagram) { sent.emplace_back(to, datagram); },
            [this](const Peer& from, std::string_view data) { heard.emplace_back(from, data); },
            [this](int change_by) { count += change_by; },
            [this](int change_by) { under_way += change_by; },
            [this](const Peer&, const tls::Problem& problem) {
              failures.push_back(problem.failure);
            },
            [this] { ++turned_away; }, [](const Peer&) {},
            [this](const Peer&, Lapse why) { lapses.push_back(why); },
            [this](bool is_own) { ++(is_own ? gave_way_own : gave_way); }});
    sessions->use(source.current());
  }
  void wait(base::Duration time) {
    now += time;
    sessions->tick(now);
  }

  ServerOptions options;
  base::TimePoint now{};
  std::deque<std::pair<Peer, std::string>> sent;
  std::vector<std::pair<Peer, std::string>> heard;
  std::vector<tls::Failure> failures;
  std::vector<Lapse> lapses;
  int count = 0;
  int under_way = 0;
  int turned_away = 0;
  int gave_way = 0;
  int gave_way_own = 0;
  std::optional<DatagramSessions> sessions;
};

struct Device {
  Device(Server& to, std::uint16_t port, const Way& way, const char* ciphers = kCiphers)
      : server(to), peer(at(port)) {
    const ClientSecurity security = client_of(way).security;
    tls::Options options{.datagram = true, .ciphers = ciphers};
    options.ca = security.ca;
    options.certificate = security.certificate;
    options.key = security.key;
    context = tls::make(options).value();
    secret = {security.psk_identity, security.psk_key};
    dtls.emplace(tls::connect_with(context, "127.0.0.1"), tls::Side::client,
                 [this](std::string_view datagram) { out.emplace_back(datagram); });
    if (way.psk) tls::use_psk_as_client(dtls->connection(), secret);
    dtls->begin();
  }
  /// One datagram each way. False: there was none.
  bool step() {
    const bool any = !out.empty() || !server.sent.empty();
    if (!out.empty()) {
      const std::string datagram = std::move(out.front());
      out.pop_front();
      server.sessions->received(peer, datagram, server.now);
    }
    for (auto count = server.sent.size(); count > 0; --count) {
      const auto [to, datagram] = std::move(server.sent.front());
      server.sent.pop_front();
      if (to == peer) dtls->received(datagram, [this](std::string_view data) { heard += data; });
    }
    return any;
  }
  State shake_hands() {
    while (step()) {
    }
    return dtls->state();
  }

  Server& server;
  Peer peer;
  tls::Context context;
  tls::PskSecret secret;
  std::deque<std::string> out;
  std::string heard;
  std::optional<tls::DatagramSession> dtls;
};

TEST_CASE("a handshake, and what is said in its session") {
  for (const Way& way : {kDtls, kDtlsPsk}) {
    Server server(way);
    Device device(server, 1, way);
    REQUIRE(device.shake_hands() == State::established);
    CHECK(server.count == 1);
    device.dtls->send("hello");
    device.shake_hands();
    REQUIRE(server.heard.size() == 1);
    const auto& [from, data] = server.heard[0];
    CHECK(data == "hello");
    CHECK(from.session != 0);
    REQUIRE(server.sessions->identity_of(from) != nullptr);
    CHECK(server.sessions->identity_of(from)->names == names_of(way));
    server.sessions->send(from, "world");
    server.sessions->send(at(2), "nobody");
    device.shake_hands();
    CHECK(device.heard == "world");
    device.dtls.reset();  // says good-bye
    server.sessions->received(device.peer, device.out.back(), server.now);
    CHECK(server.count == 0);
    CHECK(server.sessions->identity_of(from) == nullptr);
    CHECK(server.failures.empty());
  }
}

TEST_CASE("nothing is kept of who has shown no cookie, and nobody is sent more than he sent") {
  Server server(kDtls);
  Device device(server, 1, kDtls);
  const std::string hello = device.out.front();
  for (std::uint16_t port = 1; port <= 100; ++port) {
    server.sessions->received(at(port), hello, server.now);
    REQUIRE(server.sent.size() == 1);
    CHECK(server.sent[0].second.size() < hello.size());
    server.sent.clear();
  }
  CHECK(server.count == 0);
  CHECK(!server.sessions->next_tick(server.now).has_value());
  device.step();  // the cookie of port 1
  const std::string with_cookie = device.out.front();
  server.sessions->received(at(2), with_cookie, server.now);
  CHECK(server.count == 0);
  CHECK(device.shake_hands() == State::established);
}

TEST_CASE("handshakes that fail at the ClientHello are told, with the reason") {
  Server server(kDtls);
  Device device(server, 1, kDtls, "ECDHE-RSA-AES128-SHA256");
  CHECK(device.shake_hands() == State::ended);
  CHECK(device.dtls->problem().detail.find("the peer refused") != std::string::npos);
  CHECK(server.failures == std::vector{tls::Failure::nothing_in_common});
  CHECK(server.count == 0);
  Server by_psk(kDtlsPsk);
  Device with_certificate(by_psk, 1, kDtls);
  CHECK(with_certificate.shake_hands() == State::ended);
  CHECK(by_psk.failures == std::vector{tls::Failure::nothing_in_common});
}

TEST_CASE("a handshake that does not end is told in time, by what was seen of it") {
  Server server(kDtlsPsk);
  Device silent(server, 1, kDtlsPsk);
  silent.step();
  silent.step();  // its hello with the cookie
  CHECK(server.count == 1);
  Device wrong(server, 2, kDtlsPsk);
  wrong.secret.key = "another-key";
  wrong.shake_hands();
  CHECK(server.count == 2);
  server.wait(server.options.handshake_timeout - base::Duration{1});
  CHECK(server.failures.empty());
  server.wait(base::Duration{1});
  CHECK(server.failures == std::vector{tls::Failure::timeout, tls::Failure::wrong_psk_key});
  CHECK(server.count == 0);
}

TEST_CASE("a peer that begins anew has its new session once it has shown its cookie") {
  Server server(kDtlsPsk);
  Device before(server, 1, kDtlsPsk);
  REQUIRE(before.shake_hands() == State::established);
  Device after(server, 1, kDtlsPsk);
  after.step();  // no cookie yet: anybody may have sent this
  before.dtls->send("still here");
  before.step();
  REQUIRE(server.heard.size() == 1);
  CHECK(after.shake_hands() == State::established);
  after.dtls->send("again");
  after.shake_hands();
  REQUIRE(server.heard.size() == 2);
  CHECK(server.heard[0].first.session != server.heard[1].first.session);
  CHECK(server.sessions->identity_of(server.heard[0].first) == nullptr);
  CHECK(server.count == 1);
}

TEST_CASE("a hello that comes again in the middle of its handshake does no harm") {
  Server server(kDtlsPsk);
  Device device(server, 1, kDtlsPsk);
  device.step();
  const std::string with_cookie = device.out.front();
  device.step();
  server.sessions->received(device.peer, with_cookie, server.now);
  CHECK(device.shake_hands() == State::established);
  server.sessions->received(device.peer, with_cookie, server.now);
  device.dtls->send("hello");
  device.shake_hands();
  CHECK(server.heard.size() == 1);
  CHECK(server.count == 1);
  CHECK(server.failures.empty());
}

TEST_CASE("limits: handshakes, sessions, silence") {
  Server server(kDtlsPsk, [](ServerOptions& options) {
    options.max_handshakes = 1;
    options.max_idle_sessions = 2;
  });
  {
    Device slow(server, 1, kDtlsPsk);
    slow.step();
    slow.step();
    CHECK(server.under_way == 1);
    Device more(server, 2, kDtlsPsk);
    more.step();
    CHECK(server.turned_away == 0);  // who has shown no cookie is in nobody's way
    CHECK(more.shake_hands() == State::established);
    CHECK(server.turned_away == 1);
    CHECK(server.failures == std::vector{tls::Failure::timeout});
    CHECK(server.under_way == 0);
    CHECK(server.count == 1);
    CHECK(slow.shake_hands() == State::handshake);
    server.failures.clear();
  }
  std::deque<Device> devices;
  for (std::uint16_t port = 3; port < 6; ++port) {
    server.now += base::Duration{1'000};
    devices.emplace_back(server, port, kDtlsPsk);
    CHECK(devices.back().shake_hands() == State::established);
  }
  CHECK(server.count == 2);  // of 3 and what was before nothing is left
  CHECK(server.gave_way == 2);
  CHECK(server.gave_way_own == 0);
  devices[1].dtls->send("alive");
  devices[1].step();
  CHECK(server.heard.size() == 1);
  server.wait(server.options.session_timeout - base::Duration{1});
  CHECK(server.count == 2);
  server.wait(base::Duration{1});
  CHECK(server.count == 0);
  CHECK(server.failures.empty());
}

TEST_CASE("one source does not keep others out by its handshakes") {
  Server server(kDtlsPsk, [](ServerOptions& options) { options.max_handshakes_per_source = 1; });
  Device slow(server, 1, kDtlsPsk);
  slow.step();
  slow.step();
  Device neighbour(server, 2, kDtlsPsk);
  neighbour.step();
  neighbour.step();
  CHECK(server.turned_away == 1);
  Device other(server, 3, kDtlsPsk);
  other.peer.address[0] = 0x20;
  CHECK(other.shake_hands() == State::established);
  CHECK(slow.shake_hands() == State::established);
  Device next(server, 4, kDtlsPsk);  // a handshake that has ended is none any more
  CHECK(next.shake_hands() == State::established);
}

TEST_CASE("one identity has so many sessions, and then takes room from itself alone") {
  Server server(kDtlsPsk, [](ServerOptions& options) {
    options.max_sessions_per_identity = 2;
    options.security.psk_key = [](std::string_view) { return tls::FoundPsk(kKey); };
  });
  const auto speaks = [&](Device& device) {
    const auto before = server.heard.size();
    device.dtls->send("alive");
    device.shake_hands();
    return server.heard.size() > before;
  };
  Device other(server, 9, kDtlsPsk);
  other.secret.identity = "another";
  REQUIRE(other.shake_hands() == State::established);
  std::deque<Device> devices;
  for (std::uint16_t port = 1; port < 3; ++port) {
    devices.emplace_back(server, port, kDtlsPsk);
    REQUIRE(devices.back().shake_hands() == State::established);
  }
  CHECK(server.count == 3);
  CHECK(speaks(devices[0]));
  devices.emplace_back(server, 3, kDtlsPsk);
  REQUIRE(devices[2].shake_hands() == State::established);
  CHECK(server.count == 3);
  CHECK(server.gave_way_own == 1);
  CHECK(server.gave_way == 0);
  CHECK(speaks(devices[0]));
  CHECK_FALSE(speaks(devices[1]));
  CHECK(speaks(devices[2]));
  CHECK(speaks(other));
  // A device that begins anew on its port has one session as before.
  devices.emplace_back(server, 3, kDtlsPsk);
  REQUIRE(devices[3].shake_hands() == State::established);
  CHECK(server.gave_way_own == 1);
  server.wait(server.options.session_timeout);
  CHECK(server.count == 0);
}

TEST_CASE("a PSK is one identity in all its spellings, and has half of the sessions at most") {
  Server server(kDtlsPsk, [](ServerOptions& options) {
    options.max_idle_sessions = 4;
    options.max_sessions_per_identity = 100;
    options.security.psk_key = [](std::string_view) { return tls::FoundPsk(kKey, 7); };
  });
  std::deque<Device> devices;
  for (std::uint16_t port = 1; port < 5; ++port) {
    devices.emplace_back(server, port, kDtlsPsk);
    devices.back().secret.identity = "00" + std::string(port, ':') + "11";
    REQUIRE(devices.back().shake_hands() == State::established);
  }
  CHECK(server.count == 2);
  CHECK(server.gave_way_own == 2);
}

TEST_CASE("who has no identity has half of the sessions at most, with all of his source") {
  Server server(kDtls, [](ServerOptions& options) {
    options.max_idle_sessions = 4;
    options.max_sessions_per_identity = 1;
    options.security.client_ca.clear();
  });
  std::deque<Device> devices;
  for (std::uint16_t port = 1; port < 6; ++port) {
    devices.emplace_back(server, port, kDtls);
    if (port == 1) devices.back().peer.address[0] = 0x20;
    REQUIRE(devices.back().shake_hands() == State::established);
  }
  CHECK(server.count == 3);
  CHECK(server.gave_way_own == 2);
  CHECK(server.gave_way == 0);
}

TEST_CASE("octets that are no DTLS are dropped") {
  Server server(kDtls);
  Device device(server, 1, kDtls);
  REQUIRE(device.shake_hands() == State::established);
  std::string hello(60, '\0');
  hello[0] = 22;
  hello[13] = 1;
  for (const std::string& octets :
       {std::string(), std::string("x"), std::string(2'000, '\xFF'), hello}) {
    server.sessions->received(at(1), octets, server.now);
    server.sessions->received(at(7), octets, server.now);
  }
  CHECK(server.count == 1);
  server.sent.clear();
  device.dtls->send("hello");
  device.shake_hands();
  CHECK(server.heard.size() == 1);
}

}  // namespace
}  // namespace msggw::coap::test
