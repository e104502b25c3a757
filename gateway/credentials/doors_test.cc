// SPDX-License-Identifier: Apache-2.0
#include "gateway/credentials/doors.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include "gateway/core/gateway.h"
#include "gateway/credentials/password.h"
#include "tests/support/temp_folder.h"

namespace msggw::credentials {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint kNow{std::chrono::seconds{1'800'000'000}};
constexpr std::uint32_t kNowS = 1'800'000'000;
const std::string kKey = "0123456789abcdef";

/// Devices "d-0", "d-1" ... with the doors to their credentials.
struct World {
  explicit World(Options with = {.max_per_device = 3}) {
    for (std::uint32_t i = 0; i < 4; ++i) {
      core::Device device;
      device.private_id = "d-" + std::to_string(i);
      device.state = core::DeviceState::recorded;
      REQUIRE(gateway.commits().restore_device(core::DeviceNo{i}, {.device = std::move(device)}));
    }
    if (with.key_file.empty()) with.key_file = folder.path() / "key";
    options = with;
    begin();
  }
  /// Anew, as at a start of the gateway, with what `before` would have stored.
  base::Result<void> restart() {
    const auto before = std::move(book);
    begin();
    for (const auto& entry : before->entries) {
      if (auto restored = store->restore(entry.no, entry); !restored) return restored;
    }
    return store->start();
  }
  void begin() {
    book = std::make_unique<Book>(options, gateway.tables(), registry);
    operators.emplace(*book);
    proofs.emplace(*book);
    store.emplace(*book);
  }
  base::Result<Added> add(std::uint32_t device, const NewCredential& what) {
    return operators->add(core::DeviceNo{device}, what);
  }
  std::string why_not(std::uint32_t device, const NewCredential& what) {
    const auto added = add(device, what);
    REQUIRE_FALSE(added);
    return added.error().detail;
  }
  double refused(const char* reason) const {
    return base::metrics::counter(const_cast<base::metrics::Registry&>(registry),
                                  "msggw_credential_uses_refused_total", "", {{"reason", reason}})
        .Value();
  }

  test::TempFolder folder;
  base::metrics::Registry registry;
  core::Gateway gateway{{}, registry, {}};
  Options options;
  std::unique_ptr<Book> book;
  std::optional<OperatorSide> operators;
  std::optional<Proofs> proofs;
  std::optional<StoreSide> store;
};

TEST_CASE("a device proves itself by any of its PSKs, and nothing but them") {
  World world;
  const auto first = world.add(0, {.secret = kKey});
  REQUIRE(first);
  CHECK(first->is_new);
  REQUIRE(world.add(0, {.name = "other", .secret = kKey + "2"}));
  CHECK(world.proofs->psk_key("d-0", kNow) == kKey);
  CHECK(world.proofs->psk_key("other", kNow) == kKey + "2");
  const auto owner = world.proofs->owner(Kind::psk, "other", kNow);
  REQUIRE(owner);
  CHECK(owner->device == core::DeviceNo{0});
  CHECK_FALSE(world.proofs->psk_key("d-1", kNow));
  CHECK_FALSE(world.proofs->psk_key("", kNow));
  CHECK_FALSE(world.proofs->owner(Kind::certificate, "d-0", kNow));
  CHECK(world.refused("unknown") == 3);
  CHECK(world.proofs->has_any(core::DeviceNo{0}));
  CHECK_FALSE(world.proofs->has_any(core::DeviceNo{1}));
  // Nowhere is a key in clear.
  for (const auto& entry : world.book->entries) CHECK(entry.secret.find(kKey) == std::string::npos);
}

TEST_CASE("one that is removed is good no more, at once; the others are") {
  World world;
  const auto first = world.add(0, {.secret = kKey});
  REQUIRE(world.add(0, {.name = "new", .secret = kKey}));
  CHECK_FALSE(world.operators->remove(core::DeviceNo{1}, first->no));
  CHECK(world.operators->remove(core::DeviceNo{0}, first->no));
  CHECK_FALSE(world.operators->remove(core::DeviceNo{0}, first->no));
  CHECK_FALSE(world.proofs->psk_key("d-0", kNow));
  CHECK(world.proofs->psk_key("new", kNow));
  CHECK(world.operators->of(core::DeviceNo{0}).size() == 1);
}

TEST_CASE("each is good from its beginning to its end, and as long after as the grace is") {
  World world({.grace = 60s});
  REQUIRE(world.add(0, {.name = "ends", .secret = kKey, .not_after_s = kNowS}));
  REQUIRE(world.add(0, {.name = "begins", .secret = kKey, .not_before_s = kNowS}));
  CHECK(world.proofs->psk_key("ends", kNow - 1ms));
  CHECK_FALSE(world.proofs->psk_key("begins", kNow - 1ms));
  CHECK(world.refused("not_yet") == 1);
  CHECK(world.proofs->psk_key("begins", kNow));
  CHECK(world.proofs->psk_key("ends", kNow));
  CHECK(world.book->metrics.in_grace.Value() == 1);
  CHECK(world.proofs->psk_key("ends", kNow + 60s - 1ms));
  CHECK_FALSE(world.proofs->psk_key("ends", kNow + 60s));
  CHECK(world.refused("ended") == 1);
}

TEST_CASE("an identity says who it is, so it is of one credential alone") {
  World world;
  const auto first = world.add(0, {.name = "x", .secret = kKey, .not_after_s = 9});
  REQUIRE(first);
  const auto again = world.add(0, {.name = "x", .secret = kKey, .not_after_s = 9});
  REQUIRE(again);
  CHECK_FALSE(again->is_new);
  CHECK(again->no == first->no);
  CHECK(world.why_not(1, {.name = "x", .secret = kKey}) == "this name is another device's, d-0");
  CHECK(world.why_not(0, {.name = "x", .secret = kKey + "!", .not_after_s = 9})
            .starts_with("credential 1 of the device has this name"));
  CHECK(world.why_not(0, {.name = "x", .secret = kKey})
            .starts_with("credential 1 of the device has this name"));
  // Of another kind it is another name.
  CHECK(world.add(1, {.kind = Kind::certificate, .name = "x"}));
  CHECK_FALSE(world.add(2, {.kind = Kind::certificate, .name = "x"}));
}

TEST_CASE("a user may have several passwords") {
  World world;
  const std::string one = hash_password("one", {kLeastLog2Cost});
  const std::string two = hash_password("two", {kLeastLog2Cost});
  REQUIRE(world.add(0, {.kind = Kind::password, .name = "u", .secret = one}));
  CHECK(world.add(0, {.kind = Kind::password, .name = "u", .secret = two})->is_new);
  CHECK_FALSE(world.add(0, {.kind = Kind::password, .name = "u", .secret = two})->is_new);
  CHECK_FALSE(world.add(1, {.kind = Kind::password, .name = "u", .secret = two}));
  CHECK(world.restart());
  CHECK(world.operators->of(core::DeviceNo{0}).size() == 2);
}

TEST_CASE("what cannot be is refused, and nothing of it stays") {
  World world({.max_credentials = 4, .max_per_device = 3});
  CHECK_FALSE(world.add(0, {.secret = "short"}));
  CHECK_FALSE(world.add(0, {.secret = std::string(65, 'k')}));
  CHECK_FALSE(world.add(0, {.name = "a b", .secret = kKey}));
  CHECK_FALSE(world.add(0, {.secret = kKey, .not_before_s = 9, .not_after_s = 9}));
  CHECK_FALSE(world.add(0, {.kind = Kind::password, .secret = "clear"}));
  CHECK_FALSE(world.add(0, {.kind = Kind::certificate, .secret = kKey}));
  CHECK(world.book->entries.empty());
  CHECK_FALSE(world.store->has_changes());
  for (const char* name : {"1", "2", "3"}) REQUIRE(world.add(0, {.name = name, .secret = kKey}));
  CHECK(world.add(0, {.name = "4", .secret = kKey}).error().code == base::Errc::refused);
  REQUIRE(world.add(1, {.secret = kKey}));
  CHECK(world.add(2, {.secret = kKey}).error().code == base::Errc::overloaded);
}

TEST_CASE("changes are for the store, each once, and the operator waits for them") {
  World world;
  CHECK_FALSE(world.operators->durable_with());
  const auto one = world.add(0, {.secret = kKey});
  const auto two = world.add(1, {.secret = kKey});
  CHECK(world.operators->durable_with() == 1);
  CHECK(world.operators->remove(core::DeviceNo{0}, one->no));
  CHECK(world.store->take_changes() == std::vector{one->no, two->no});
  CHECK_FALSE(world.store->has_changes());
  world.store->gone(core::DeviceNo{1});
  CHECK(world.store->take_changes() == std::vector{two->no});
  CHECK(world.book->entries.empty());
}

TEST_CASE("after a restart all is as it was; one of a device that is gone goes") {
  World world;
  REQUIRE(world.add(0, {.secret = kKey}));
  REQUIRE(world.add(1, {.secret = kKey}));
  REQUIRE(world.restart());
  CHECK(world.proofs->psk_key("d-0", kNow) == kKey);
  CHECK(world.add(2, {.secret = kKey})->no == CredentialNo{3});

  Credential of_nobody{core::DeviceNo{9}, Kind::certificate, "x", "", 0, 0};
  CHECK_FALSE(world.store->restore(CredentialNo{9}, of_nobody));
  Credential same{core::DeviceNo{3}, Kind::psk, "d-0", "", 0, 0};
  CHECK_FALSE(world.store->restore(CredentialNo{10}, same));
  CHECK_FALSE(world.store->restore(CredentialNo{2}, same));
}

TEST_CASE("without the key file nothing starts, with another the PSKs are of no use") {
  World world;
  REQUIRE(world.add(0, {.secret = kKey}));
  const auto file = world.book->key_file.path();
  REQUIRE(::unlink(file.c_str()) == 0);
  const auto refused = world.restart();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().detail.find("put it back") != std::string::npos);
  std::ofstream(file, std::ios::binary) << std::string(32, 'x');
  REQUIRE(world.restart());
  CHECK(world.book->metrics.unreadable.Value() == 1);
  const auto standing = [&world] {
    return name_of(world.operators->standing_of(*world.book->find(CredentialNo{1}), kNow));
  };
  CHECK(standing() == "unreadable");
  CHECK_FALSE(world.proofs->psk_key("d-0", kNow));
  CHECK(world.refused("unreadable") == 1);
  const auto added = world.add(1, {.secret = kKey});
  REQUIRE(added);
  CHECK(world.proofs->psk_key("d-1", kNow) == kKey);
  CHECK(world.operators->remove(core::DeviceNo{1}, added->no));
  CHECK(world.book->metrics.unreadable.Value() == 1);
  CHECK(world.operators->remove(core::DeviceNo{0}, CredentialNo{1}));
  CHECK(world.book->metrics.unreadable.Value() == 0);
}

TEST_CASE("a PSK cannot be moved to another device or name in the store") {
  World world;
  REQUIRE(world.add(0, {.secret = kKey}));
  Credential moved = *world.book->find(CredentialNo{1});
  moved.device = core::DeviceNo{1};
  CHECK_FALSE(world.book->open(moved));
  moved = *world.book->find(CredentialNo{1});
  moved.name = "d-1";
  CHECK_FALSE(world.book->open(moved));
}

TEST_CASE("a PSK identity that is the device's Private ID in another spelling is its own") {
  World world;
  core::Device meter;
  meter.private_id = "001b638445e6";
  meter.kind = core::PrivateIdKind::mac48;
  meter.state = core::DeviceState::recorded;
  REQUIRE(world.gateway.commits().restore_device(core::DeviceNo{4}, {.device = std::move(meter)}));
  REQUIRE(world.add(4, {.secret = kKey}));  // named as the device
  for (const char* const spelling :
       {"001b638445e6", "00-1B-63-84-45-E6", "00:1b:63:84:45:e6", "001B.6384.45E6"}) {
    CAPTURE(spelling);
    CHECK(world.proofs->psk_key(spelling, kNow) == kKey);
    CHECK(world.proofs->owner(Kind::psk, spelling, kNow)->device == core::DeviceNo{4});
  }
  CHECK_FALSE(world.proofs->psk_key("00-1B-63-84-45-E7", kNow));
  // A name that somebody else has been given is not taken for that.
  REQUIRE(world.add(1, {.kind = Kind::certificate, .name = "001b638445e6"}));
  CHECK(world.proofs->owner(Kind::certificate, "001b638445e6", kNow)->device == core::DeviceNo{1});
  CHECK_FALSE(world.proofs->owner(Kind::certificate, "00-1B-63-84-45-E6", kNow));
}

TEST_CASE("a proof by name alone holds until the device has a certificate of its own") {
  World world;
  const Proven proven{core::DeviceNo{0}, Proven::kByName};
  CHECK(world.proofs->holds(proven, kNow));
  REQUIRE(world.add(0, {.secret = kKey}));
  CHECK(world.proofs->holds(proven, kNow));
  REQUIRE(world.add(0, {.kind = Kind::certificate, .name = "a.example"}));
  CHECK_FALSE(world.proofs->holds(proven, kNow));
  CHECK(world.proofs->is_taken(Kind::certificate, "a.example"));
  CHECK_FALSE(world.proofs->is_taken(Kind::psk, "a.example"));
  CHECK(world.proofs->has_any(core::DeviceNo{0}, Kind::certificate));
  CHECK_FALSE(world.proofs->has_any(core::DeviceNo{0}, Kind::password));
}

}  // namespace
}  // namespace msggw::credentials
