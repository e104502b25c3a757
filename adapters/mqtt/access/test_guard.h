// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/mqtt/access/guard.h"
#include "gateway/credentials/password.h"
#include "tests/support/temp_folder.h"

namespace msggw::mqtt::access {

/// The gateway's user is `msggw`, password `own`. Device 1 is `a`: password `of-a`, PSK and
/// certificate of that name too; device 2 is `b` likewise.
struct GuardWorld {
  using Kind = credentials::Kind;
  static constexpr std::uint32_t kNowS = 1'800'000'000;
  static constexpr base::TimePoint kNow{std::chrono::seconds{kNowS}};

  static base::TimePoint after(int seconds) { return kNow + std::chrono::seconds{seconds}; }
  static std::string hash(std::string_view password) {
    return credentials::hash_password(password, {credentials::kLeastLog2Cost});
  }

  GuardWorld() {
    auto begun = Writing::begin(folder.path(), {"msggw", hash("own"), "msgin5g"});
    REQUIRE(begun);
    writing = std::move(*begun);
    for (const std::uint32_t device : {1U, 2U}) {
      const std::string id(1, static_cast<char>('a' - 1 + device));
      put(device * 10, id, {device, Kind::password, hash("of-" + id), 0, 0, {id}});
      put(device * 10 + 1, id, {device, Kind::psk, "key-of-" + id + "-16-octets", 0, 0, {id}});
      put(device * 10 + 2, id, {device, Kind::certificate, "", 0, 0, {id}});
    }
    REQUIRE(writing->publish());
    REQUIRE(reading.look());
  }
  void put(std::uint32_t no, const std::string& name, const Grant& grant) {
    change({no, Named{name, grant}});
  }
  void remove(std::uint32_t no) { change({no, std::nullopt}); }
  void change(const Change& what) {
    REQUIRE(writing->apply({&what, 1}));
    if (reading.login()) REQUIRE(reading.look());
  }
  static const void* client(int number) {
    static const char clients[1'024] = {};
    return clients + number;
  }
  static Peer peer(int number, std::string_view user, std::string_view id = "id") {
    return {client(number), id, user, "192.0.2.1", false};
  }
  bool enters(int number, std::string_view user, std::string_view password,
              std::string_view id = "id", base::TimePoint now = kNow) {
    return guard.let_in(peer(number, user, id), password, now);
  }
  bool writes(int number, std::string_view user, std::string_view topic, bool certificate = false,
              base::TimePoint now = kNow) {
    const std::string id = "id-" + std::to_string(number);
    Peer who = peer(number, user, id);
    who.has_certificate = certificate;
    return guard.may(who, Act::write, topic, now);
  }
  void leaves(int number, std::string_view user = "a", bool certificate = false) {
    Peer who = peer(number, user);
    who.has_certificate = certificate;
    guard.left(who, kNow);
  }
  std::uint64_t refused(Refusal why) {
    const auto some = guard.take_refusals();
    for (std::size_t i = 0; i < some.size(); ++i) all[i] += some[i];
    return all[static_cast<std::size_t>(why)];
  }
  std::vector<std::string> ended(base::TimePoint now) {
    std::vector<std::string> all_ended;
    for (int i = 0; i < 40; ++i) {
      for (auto& id : guard.review(now + i * base::Duration{100}))
        all_ended.push_back(std::move(id));
    }
    return all_ended;
  }

  test::TempFolder folder;
  std::unique_ptr<Writing> writing;
  Reading reading{folder.path()};
  Guard guard{reading};
  std::array<std::uint64_t, kRefusals> all{};
};

}  // namespace msggw::mqtt::access
