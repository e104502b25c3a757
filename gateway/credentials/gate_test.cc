// SPDX-License-Identifier: Apache-2.0
#include "gateway/credentials/gate.h"

#include <doctest/doctest.h>

#include "gateway/core/gateway.h"

namespace msggw::credentials {
namespace {

constexpr base::TimePoint kAt{std::chrono::seconds{1'800'000'000}};

core::PrivateIdKinds one_of(core::PrivateIdKind kind) {
  core::PrivateIdKinds kinds;
  kinds.add(kind);
  return kinds;
}

/// One device, "001b638445e6", and the way in of a bearer.
struct GateWorld {
  GateWorld() {
    core::Device device;
    device.private_id = "001b638445e6";
    device.kind = core::PrivateIdKind::mac48;
    device.state = core::DeviceState::recorded;
    REQUIRE(gateway.commits().restore_device(core::DeviceNo{0}, {.device = std::move(device)}));
  }
  double denied(const char* reason) {
    return base::metrics::counter(registry, "msggw_not_served_total", "",
                                  {{"bearer", "mqtt"}, {"reason", reason}})
        .Value();
  }

  base::metrics::Registry registry;
  core::Gateway gateway{{}, registry, {}};
  Book book{{}, gateway.tables(), registry};
  OperatorSide operators{book};
  Proofs proofs{book};
  Gate gate{core::Bearer::mqtt, gateway.tables(), &proofs, registry};
};

TEST_CASE("a speaker is known by each spelling of his name, with the kinds of all his names") {
  GateWorld world;
  const auto claim = core::Evidence::claim;
  const core::Speaker speaker = world.gate.called("00-1B-63-84-45-E6", claim);
  CHECK(speaker.device == core::DeviceNo{0});
  CHECK_FALSE(speaker.can_prove);
  CHECK_FALSE(speaker.kinds.shares_any(one_of(core::PrivateIdKind::msisdn)));
  REQUIRE(world.gateway.operations().add_alias(core::DeviceNo{0}, "+491701234567"));
  CHECK(world.gate.called("tel:+491701234567", claim)
            .kinds.shares_any(one_of(core::PrivateIdKind::mac48)));
  CHECK(world.gate.holder(core::DeviceNo{0}, claim)
            .kinds.shares_any(one_of(core::PrivateIdKind::msisdn)));
  CHECK_FALSE(world.gate.called("+491709999999", claim).device);
  REQUIRE(world.operators.add(core::DeviceNo{0}, {.kind = Kind::certificate, .name = "x"}));
  CHECK(world.gate.called("001b638445e6", claim).can_prove);
  CHECK(world.gate.holder(core::DeviceNo{0}, core::Evidence::handle).can_prove);
  CHECK_FALSE(world.gate.holder(std::nullopt, core::Evidence::handle).can_prove);
}

TEST_CASE("each denial is counted by its reason") {
  GateWorld world;
  core::ListenerPolicy policy;
  policy.kinds = core::PrivateIdKinds(core::all_but_numbers());
  const auto number = world.gate.called("+491709999999", core::Evidence::claim);
  const auto act = core::Act::register_device;
  CHECK(world.gate.why_not(number, act, policy, "+491709999999", kAt)->why ==
        core::Denial::Why::kind);
  CHECK(world.denied("kind") == 1);
  const auto meter = world.gate.called("001b638445e6", core::Evidence::claim);
  CHECK_FALSE(world.gate.why_not(meter, act, policy, "001b638445e6", kAt));
  CHECK(world.gate.why_not(meter, core::Act::message, policy, "001b638445e6", kAt)->why ==
        core::Denial::Why::messages);
  CHECK(world.denied("messages") == 1);
}

}  // namespace
}  // namespace msggw::credentials
