// SPDX-License-Identifier: Apache-2.0
// Whose topic it is: a claim, unless the broker proves it.
#include <doctest/doctest.h>

#include "adapters/mqtt/test_scene.h"

namespace msggw::mqtt::test {
namespace {

/// A broker that lets everybody write everywhere, and devices "d" and "e", who are registered; "d"
/// has been given a credential since.
struct ClaimScene : Scene {
  explicit ClaimScene(const std::function<void(Options&)>& change = {})
      : Scene([&](Options& options) {
          options.topics_prove = false;
          options.open_messages = true;
          if (change) change(options);
        }) {
    register_device("d");
    register_device("e");
    if (!world.credentials.add(core::DeviceNo{0}, {.kind = credentials::Kind::certificate}))
      throw std::runtime_error("no credential");
  }
  /// What is answered to that, on `<id>/<where>`.
  std::string answer(const std::string& id, const std::string& what, const std::string& body,
                     const std::string& where) {
    publish(id + "/" + what, body);
    return hear(id + "/" + where).payload;
  }
  double not_served(const std::string& reason) const {
    return world.metric("msggw_not_served_total{bearer=\"mqtt\",reason=\"" + reason + "\"}");
  }
  bool is_registered(std::uint32_t device) const {
    return world.gateway.tables()
        .device(core::DeviceNo{device})
        .binding(core::Bearer::mqtt)
        .alive();
  }
};

TEST_CASE("a device that has credentials is not spoken for by a topic that proves nothing") {
  ClaimScene scene;
  const std::string refused = scene.answer("d", "register", "", "registration");
  CHECK(refused.find("POLICY_DENIED") != std::string::npos);
  CHECK(refused.find("this Private ID is not served here") != std::string::npos);
  // What is said of messages is what is said of a device that there is not.
  for (const auto& [what, body] :
       {std::pair{"send", R"({"payload":"x"})"}, std::pair{"up", "x"},
        std::pair{"report", R"({"msgId":"m1","delivSt":"REPT_DELY_SUCCESS"})"}}) {
    CAPTURE(what);
    const std::string said = scene.answer("d", what, body, "ack");
    CHECK(said == scene.answer("nobody", what, body, "ack"));
    CHECK(said.find("CONTEXT_NOT_FOUND") != std::string::npos);
  }
  CHECK(scene.answer("d", "deregister", "", "registration") ==
        scene.answer("nobody", "deregister", "", "registration"));
  CHECK(scene.is_registered(0));
  CHECK(scene.answer("d", "status", "online", "registration").find("POLICY_DENIED") !=
        std::string::npos);
  CHECK(scene.not_served("credentials") == 6);
  CHECK(scene.nothing_goes_up());
  // Nor is it brought anything there.
  scene.world.deliver("m1", "secret");
  CHECK(scene.is_silent("d/down"));
  CHECK(scene.answer("e", "up", "x", "ack").find("accepted") != std::string::npos);
}

TEST_CASE("nor does what is retained there stay, whenever it was given them") {
  ClaimScene scene;
  SUBCASE("while the gateway is connected") {
    scene.world.adapter->given_credentials(core::DeviceNo{0});
    scene.world.adapter->given_credentials(core::DeviceNo{1});
  }
  SUBCASE("before it connects") {
    scene.reconnect();
    scene.world.clock.skip(base::Duration{11'000});  // this broker shows nothing of what it has
  }
  const Sent cleared = scene.hear("d/registration");
  CHECK(cleared.payload.empty());
  CHECK((cleared.flags & 1) == 1);
  CHECK(scene.hear("e/registration").payload.find("serviceId") != std::string::npos);
  CHECK(scene.is_registered(0));
  // Nor does it come back.
  scene.reconnect();
  scene.world.clock.skip(base::Duration{11'000});
  CHECK(scene.hear("e/registration").payload.find("serviceId") != std::string::npos);
  CHECK(scene.is_silent("d/registration"));
}

TEST_CASE("the operator may let a topic speak for a device that has credentials") {
  ClaimScene scene([](Options& options) { options.claims_despite_credentials = true; });
  CHECK(scene.answer("d", "up", "x", "ack").find("accepted") != std::string::npos);
  CHECK(scene.not_served("credentials") == 0);
}

TEST_CASE("where the broker proves whose a topic is, credentials of the gateway ask for nothing") {
  ClaimScene scene([](Options& options) { options.topics_prove = true; });
  CHECK(scene.answer("d", "up", "x", "ack").find("accepted") != std::string::npos);
  CHECK(scene.not_served("credentials") == 0);
}

TEST_CASE("a kind of Private ID that comes elsewhere is refused alike, known or not") {
  ClaimScene scene([](Options& options) {
    options.private_id_kinds = {core::PrivateIdKind::opaque, core::PrivateIdKind::mac48};
  });
  core::RegisterRequest other;
  other.bearer = core::Bearer::coap;
  other.private_id = "356938035643809";
  scene.world.gateway.registrations().register_device(other, scene.world.clock.now());
  const std::string known = scene.answer("356938035643809", "register", "", "registration");
  CHECK(known.find("POLICY_DENIED") != std::string::npos);
  CHECK(known == scene.answer("490154203237518", "register", "", "registration"));
  CHECK(scene.answer("356938035643809", "up", "x", "ack") ==
        scene.answer("490154203237518", "up", "x", "ack"));
  CHECK(scene.not_served("kind") == 4);
  CHECK(scene.answer("001b638445e6", "register", "", "registration").find("POLICY") ==
        std::string::npos);
}

TEST_CASE("where messages are barred, nobody learns by them who is a device") {
  ClaimScene scene([](Options& options) { options.open_messages = false; });
  const std::string barred = scene.answer("e", "up", "x", "ack");
  CHECK(barred.find("open_messages") != std::string::npos);
  CHECK(barred == scene.answer("d", "up", "x", "ack"));
  CHECK(barred == scene.answer("nobody", "up", "x", "ack"));
}

}  // namespace
}  // namespace msggw::mqtt::test
