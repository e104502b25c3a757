// SPDX-License-Identifier: Apache-2.0
// What a session proves: to be one device, for as long as the credential is its.
#include <doctest/doctest.h>

#include "adapters/coap/test_inbox_world.h"
#include "adapters/wire/coap/client.h"

namespace msggw::coap_adapter::test {
namespace {

using coap::Code;
using credentials::Kind;

const std::string kKeyOfA = "the key of a, 16 octets";
const std::string kKeyOfB = "the key of b, 16 octets";

Options secure() {
  Options options = InboxWorld::options();
  options.secure.port = 0;
  options.secure.udp = options.secure.tcp = true;
  return options;
}

/// Devices "a" (0) and "b" (1), registered; the PSK "a" is a's.
struct ProofWorld : InboxWorld {
  ProofWorld() : InboxWorld(secure()) {
    for (const char* const name : {"a", "b"}) registers(name);
    no = give(0, "a", kKeyOfA);
  }
  void registers(const std::string& private_id) {
    core::RegisterRequest request;
    request.bearer = core::Bearer::coap;
    request.private_id = private_id;
    gateway.registrations().register_device(request, clock.now());
    settle();
  }
  std::string handle(std::uint32_t device) {
    return "rd/" + gateway.registrations().handle(core::DeviceNo{device});
  }
  credentials::CredentialNo give(std::uint32_t device, const std::string& name,
                                 const std::string& key) {
    const auto added = credentials.add(core::DeviceNo{device}, {.name = name, .secret = key});
    REQUIRE(added);
    return added->no;
  }
  credentials::CredentialNo no{};
};

/// One session, which is kept from request to request.
struct Session {
  Session(ProofWorld& of, coap::Transport over, const std::string& identity, const std::string& key)
      : world(of), transport(over) {
    coap::ClientOptions options;
    options.security.psk_identity = identity;
    options.security.psk_key = key;
    client.emplace(world.io, options);
  }
  Code ask(const std::string& path) {
    coap::ClientRequest request;
    request.method = coap::Method::get;
    request.uri = base::parse_uri(std::string(coap::scheme_of(transport)) + "://127.0.0.1:" +
                                  std::to_string(world.adapter->port(transport)) + "/" + path)
                      .value();
    std::optional<base::Result<coap::ClientResponse>> done;
    client->start(request, [&](base::Result<coap::ClientResponse> r) { done = std::move(r); });
    REQUIRE(world.until([&] { return done.has_value(); }));
    if (!*done) return Code::empty;
    said = (*done)->payload;
    return (*done)->code;
  }

  ProofWorld& world;
  coap::Transport transport;
  std::optional<coap::Client> client;
  std::string said;
};

/// To a session that may have ended meanwhile, since nobody is proved by it any more.
bool is_refused(Code answer) {
  return answer == Code::forbidden || answer == Code::empty;
}

TEST_CASE("an identity that another device gets is not that device by the key it had before") {
  for (const auto transport : {coap::Transport::dtls, coap::Transport::tls}) {
    CAPTURE(scheme_of(transport));
    ProofWorld world;
    Session session(world, transport, "a", kKeyOfA);
    CHECK(session.ask(world.handle(0)) == Code::content);
    CHECK(session.ask(world.handle(1)) == Code::not_found);
    REQUIRE(world.credentials.remove(core::DeviceNo{0}, world.no));
    CHECK(is_refused(session.ask(world.handle(0))));
    const auto second = world.give(1, "a", kKeyOfB);
    const Code answer = session.ask(world.handle(1));
    CHECK(is_refused(answer));
    if (answer == Code::forbidden)
      CHECK(session.said ==
            "devices prove who they are here; what was shown is no credential of a device now");
    // Nor is it any more who it was, when the identity is its own again, with another key.
    REQUIRE(world.credentials.remove(core::DeviceNo{1}, second));
    world.give(0, "a", kKeyOfB);
    CHECK(is_refused(session.ask(world.handle(0))));
    Session with_new_key(world, transport, "a", kKeyOfB);
    CHECK(with_new_key.ask(world.handle(0)) == Code::content);
  }
}

constexpr auto kFiveSeconds = std::chrono::seconds{5};

TEST_CASE("sessions end with the credential that they were made with, and no other does") {
  ProofWorld world;
  world.give(1, "b", kKeyOfB);
  Session b(world, coap::Transport::dtls, "b", kKeyOfB);
  Session over_udp(world, coap::Transport::dtls, "a", kKeyOfA);
  Session over_tcp(world, coap::Transport::tls, "a", kKeyOfA);
  CHECK(b.ask(world.handle(1)) == Code::content);
  CHECK(over_udp.ask(world.handle(0)) == Code::content);
  CHECK(over_tcp.ask(world.handle(0)) == Code::content);
  CHECK(world.metric("msggw_coap_sessions") == 3);
  const double uses = world.metric("msggw_credential_uses_refused_total{reason=\"unknown\"}");
  REQUIRE(world.credentials.remove(core::DeviceNo{0}, world.no));
  const auto is_one_left = [&] { return world.metric("msggw_coap_sessions") == 1; };
  CHECK(world.until(is_one_left, kFiveSeconds));
  CHECK(world.metric("msggw_coap_sessions_lapsed_total{reason=\"credential\"}") == 2);
  CHECK(world.metric("msggw_credential_uses_refused_total{reason=\"unknown\"}") == uses);
  CHECK(b.ask(world.handle(1)) == Code::content);
}

TEST_CASE("a session ends when its credential has ended") {
  ProofWorld world;
  const auto now = std::chrono::floor<std::chrono::seconds>(world.clock.now());
  const auto end_s = static_cast<std::uint32_t>(now.time_since_epoch().count()) + 60;
  REQUIRE(world.credentials.add(core::DeviceNo{1},
                                {.name = "b", .secret = kKeyOfB, .not_after_s = end_s}));
  Session session(world, coap::Transport::dtls, "b", kKeyOfB);
  CHECK(session.ask(world.handle(1)) == Code::content);
  world.clock.skip(base::Duration{61'000});
  CHECK(world.until([&] { return world.metric("msggw_coap_sessions") == 0; }, kFiveSeconds));
  CHECK(session.ask(world.handle(1)) == Code::empty);
}

TEST_CASE("a PSK identity may be another spelling of the Private ID") {
  ProofWorld world;
  world.registers("00-1B-63-84-45-E6");
  REQUIRE(world.credentials.add(core::DeviceNo{2}, {.secret = kKeyOfB}));
  Session session(world, coap::Transport::dtls, "00:1b:63:84:45:e6", kKeyOfB);
  CHECK(session.ask(world.handle(2)) == Code::content);
  CHECK(session.ask(world.handle(1)) == Code::not_found);
}

}  // namespace
}  // namespace msggw::coap_adapter::test
