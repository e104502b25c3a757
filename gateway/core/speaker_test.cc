// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/speaker.h"

#include <doctest/doctest.h>

namespace msggw::core {
namespace {

constexpr DeviceNo kDevice{7};

bool may(const Speaker& speaker, Act act, const ListenerPolicy& policy) {
  return !why_not(speaker, act, policy);
}

TEST_CASE("open: a claim is enough to register, and for messages only if the operator says so") {
  const ListenerPolicy open;
  CHECK(may({std::nullopt, Evidence::claim}, Act::register_device, open));
  CHECK_FALSE(may({std::nullopt, Evidence::claim}, Act::registration, open));
  CHECK(may({kDevice, Evidence::handle}, Act::registration, open));
  CHECK_FALSE(may({kDevice, Evidence::handle}, Act::message, open));
  CHECK(may({kDevice, Evidence::handle}, Act::message, {Admission::open, true}));
  CHECK_FALSE(may({std::nullopt, Evidence::claim}, Act::message, {Admission::open, true}));
  CHECK(may({kDevice, Evidence::identity}, Act::message, open));
}

TEST_CASE("known: a device that is not in the table is refused, whatever it wants") {
  const ListenerPolicy known{Admission::known, true};
  for (const Act act : {Act::register_device, Act::registration, Act::message}) {
    CHECK_FALSE(may({std::nullopt, Evidence::identity}, act, known));
    CHECK(may({kDevice, Evidence::handle}, act, known));
  }
}

TEST_CASE("proven: nothing but an identity counts, and all others hear the same") {
  const ListenerPolicy proven{Admission::proven, true};
  for (const Act act : {Act::register_device, Act::registration, Act::message}) {
    const auto stranger = why_not({std::nullopt, Evidence::claim}, act, proven);
    const auto device = why_not({kDevice, Evidence::handle}, act, proven);
    REQUIRE(stranger);
    REQUIRE(device);
    CHECK(stranger->detail == device->detail);
    CHECK(may({kDevice, Evidence::identity}, act, proven));
  }
}

TEST_CASE("who has proved to be another device is refused everywhere, as if there were none") {
  for (const Admission admission : {Admission::open, Admission::known, Admission::proven}) {
    const ListenerPolicy policy{admission, true, true};
    for (const Act act : {Act::register_device, Act::registration, Act::message}) {
      const auto known = why_not({kDevice, Evidence::handle, true, true}, act, policy);
      const auto unknown = why_not({std::nullopt, Evidence::claim, false, true}, act, policy);
      REQUIRE(known);
      REQUIRE(unknown);
      CHECK(known->code == unknown->code);
      CHECK(known->detail == unknown->detail);
      const bool registers = act == Act::register_device;
      CHECK(known->code == (registers ? base::Errc::refused : base::Errc::unknown_device));
    }
  }
}

TEST_CASE(
    "a device that has credentials is not spoken for without them, unless the operator says so") {
  const Speaker claim{kDevice, Evidence::claim, true};
  const Speaker handle{kDevice, Evidence::handle, true};
  CHECK_FALSE(may(claim, Act::register_device, {Admission::open, true}));
  CHECK_FALSE(may(handle, Act::registration, {Admission::open, true}));
  CHECK_FALSE(may(handle, Act::message, {Admission::open, true}));
  CHECK(may(claim, Act::register_device, {Admission::open, true, true}));
  CHECK(may(handle, Act::message, {Admission::open, true, true}));
  CHECK(may({kDevice, Evidence::identity, true}, Act::message, {Admission::open}));
  // Where only known devices are served, it looks as one that is not.
  const ListenerPolicy known{Admission::known, true};
  const auto stranger = why_not({std::nullopt, Evidence::claim}, Act::register_device, known);
  const auto hidden = why_not(claim, Act::register_device, known);
  REQUIRE(hidden);
  CHECK(hidden->detail == stranger->detail);
  CHECK(hidden->why == Denial::Why::credentials);
}

TEST_CASE("who has the handle of a device that must prove itself hears what he would of none") {
  const ListenerPolicy open{Admission::open, true};
  const auto none = why_not({std::nullopt, Evidence::handle}, Act::registration, open);
  for (const Act act : {Act::registration, Act::message}) {
    const auto hidden = why_not({kDevice, Evidence::handle, true}, act, open);
    REQUIRE(hidden);
    CHECK(hidden->code == none->code);
    CHECK(hidden->detail == none->detail);
  }
}

PrivateIdKinds kinds(std::initializer_list<PrivateIdKind> all) {
  return PrivateIdKinds(std::span(all.begin(), all.size()));
}

TEST_CASE("a Private ID of a kind that comes elsewhere is refused alike, whoever has it") {
  const std::vector<PrivateIdKind> here = all_but_numbers();
  for (const Admission admission : {Admission::open, Admission::known}) {
    const ListenerPolicy policy{admission, true, false, PrivateIdKinds(here)};
    const PrivateIdKinds number = kinds({PrivateIdKind::msisdn});
    const Speaker of_device{kDevice, Evidence::claim, false, false, number};
    const Speaker of_nobody{std::nullopt, Evidence::claim, false, false, number};
    for (const Act act : {Act::register_device, Act::registration, Act::message}) {
      const auto known = why_not(of_device, act, policy);
      const auto unknown = why_not(of_nobody, act, policy);
      REQUIRE(known);
      REQUIRE(unknown);
      CHECK(known->code == unknown->code);
      CHECK(known->detail == unknown->detail);
      CHECK(known->why == Denial::Why::kind);
    }
    // Not where the operator has joined it with another, nor where it is proved.
    CHECK(may({kDevice, Evidence::claim, false, false,
               kinds({PrivateIdKind::msisdn, PrivateIdKind::mac48})},
              Act::register_device, policy));
    CHECK(may({kDevice, Evidence::identity, false, false, number}, Act::message, policy));
  }
}

TEST_CASE("a device that must prove itself and a kind that comes elsewhere hear the same") {
  const ListenerPolicy policy{Admission::open, true, false, PrivateIdKinds(all_but_numbers())};
  const auto number =
      why_not({std::nullopt, Evidence::claim, false, false, kinds({PrivateIdKind::msisdn})},
              Act::register_device, policy);
  const auto hidden = why_not({kDevice, Evidence::claim, true}, Act::register_device, policy);
  REQUIRE(number);
  REQUIRE(hidden);
  CHECK(number->code == hidden->code);
  CHECK(number->detail == hidden->detail);
}

TEST_CASE("where messages are barred, a claim is told so whether or not there is such a device") {
  const ListenerPolicy open;
  const auto known = why_not({kDevice, Evidence::claim}, Act::message, open);
  const auto hidden = why_not({kDevice, Evidence::claim, true}, Act::message, open);
  const auto unknown = why_not({std::nullopt, Evidence::claim}, Act::message, open);
  CHECK(known->detail == unknown->detail);
  CHECK(hidden->detail == unknown->detail);
}

TEST_CASE("kinds are written as they are named") {
  for (const PrivateIdKind kind : kPrivateIdKinds)
    CHECK(parse_private_id_kind(name_of(kind)) == kind);
  CHECK(parse_private_id_kind("mac").error().detail ==
        "is no kind of Private ID; there are opaque, mac48, eui64, imei, msisdn, uuid");
}

}  // namespace
}  // namespace msggw::core
