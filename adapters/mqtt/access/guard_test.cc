// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/guard.h"

#include <doctest/doctest.h>

#include "adapters/mqtt/access/test_guard.h"

namespace msggw::mqtt::access::guard_test {
namespace {

TEST_CASE_FIXTURE(GuardWorld, "who has the password of a device is that device, and no other") {
  CHECK(enters(0, "a", "of-a"));
  CHECK(writes(0, "a", "msgin5g/a/up"));
  CHECK_FALSE(writes(0, "a", "msgin5g/b/up"));
  CHECK_FALSE(writes(0, "b", "msgin5g/b/up"));  // a name that it did not come by
  CHECK(refused(Refusal::topic) == 2);
  for (const char* const wrong : {"of-b", "", "of-a ", "OF-A", "key-of-a-16-octets"}) {
    CAPTURE(wrong);
    CHECK_FALSE(enters(1, "a", wrong));
  }
  CHECK_FALSE(enters(1, "", "of-a"));
  CHECK_FALSE(enters(1, "c", "of-a"));
  CHECK(refused(Refusal::login) == 7);
  CHECK_FALSE(writes(1, "a", "msgin5g/a/up"));
}

TEST_CASE_FIXTURE(GuardWorld, "the gateway may do everything, by its password alone") {
  CHECK(enters(0, "msggw", "own"));
  CHECK(writes(0, "msggw", "msgin5g/a/down"));
  CHECK(guard.may(peer(0, "msggw"), Act::subscribe, "msgin5g/+/up", kNow));
  CHECK_FALSE(enters(1, "msggw", "of-a"));
  CHECK_FALSE(writes(1, "msggw", "msgin5g/a/down"));
  CHECK_FALSE(writes(1, "msggw", "msgin5g/a/down", true));  // a certificate of that name
  guard.psk_key(client(2), "msggw", kNow);
  CHECK_FALSE(writes(2, "msggw", "msgin5g/a/down"));
}

TEST_CASE_FIXTURE(GuardWorld, "a PSK, a certificate and a password of one name are three things") {
  CHECK(guard.psk_key(client(0), "a", kNow) == "key-of-a-16-octets");
  CHECK(writes(0, "a", "msgin5g/a/up"));
  CHECK(writes(1, "b", "msgin5g/b/up", true));
  remove(11);
  CHECK_FALSE(writes(0, "a", "msgin5g/a/up"));
  CHECK(writes(1, "b", "msgin5g/b/up", true));
  remove(22);
  CHECK_FALSE(writes(1, "b", "msgin5g/b/up", true));
  CHECK_FALSE(writes(2, "b", "msgin5g/b/up", true));
  CHECK(enters(3, "b", "of-b"));
  CHECK(writes(3, "b", "msgin5g/b/up", true));
}

TEST_CASE_FIXTURE(GuardWorld, "a PSK identity that there is not has a key, of nobody") {
  const std::string key = guard.psk_key(client(0), "nobody", kNow);
  CHECK(key.size() == 32);
  CHECK(key != guard.psk_key(client(0), "nobody", kNow));
  CHECK_FALSE(writes(0, "nobody", "msgin5g/nobody/up"));
  // The identity of another is not what one came by.
  CHECK(guard.psk_key(client(1), "a", kNow) == "key-of-a-16-octets");
  CHECK_FALSE(writes(1, "b", "msgin5g/b/up"));
}

TEST_CASE_FIXTURE(GuardWorld, "a password that was changed is another") {
  CHECK(enters(0, "a", "of-a"));
  put(10, "a", {1, Kind::password, hash("new"), 0, 0, {"a"}});
  CHECK_FALSE(enters(1, "a", "of-a"));
  CHECK(enters(2, "a", "new"));
  put(13, "a", {1, Kind::password, hash("newer"), 0, 0, {"a"}});  // two at a time
  CHECK(enters(3, "a", "new"));
  CHECK(enters(4, "a", "newer"));
}

TEST_CASE_FIXTURE(GuardWorld, "whoever guesses is refused untried, and who is known is not") {
  CHECK(enters(0, "a", "of-a"));
  while (refused(Refusal::too_many) == 0) CHECK_FALSE(enters(1, "a", "guess"));
  CHECK_FALSE(enters(1, "b", "of-b"));
  CHECK(enters(2, "a", "of-a"));
  CHECK(guard.let_in({client(3), "elsewhere", "b", "198.51.100.1", false}, "of-b", kNow));
  put(30, "c", {3, Kind::password, hash("of-c"), 0, 0, {"c"}});
  CHECK_FALSE(enters(4, "c", "of-c"));
  CHECK(enters(4, "c", "of-c", "id-of-c", after(20)));
}

TEST_CASE_FIXTURE(GuardWorld, "many who guess from elsewhere do not keep the gateway out") {
  put(30, "c", {3, Kind::password, credentials::hash_password("of-c"), 0, 0, {"c"}});
  const auto comes = [this](const std::string& address, std::string_view user,
                            std::string_view password) {
    return guard.let_in({client(9), "id", user, address, false}, password, kNow);
  };
  for (int i = 0; i < 250 && refused(Refusal::too_many) == 0; ++i)
    CHECK_FALSE(comes("198.51.100." + std::to_string(i), "c", "guess"));
  REQUIRE(refused(Refusal::too_many) == 1);
  CHECK_FALSE(comes("203.0.113.1", "msggw", "own"));
  CHECK(refused(Refusal::too_many) == 2);
  for (const char* const here : {"127.0.0.1", "", "::1", "::ffff:127.0.0.1", "127.0.1.1"}) {
    CAPTURE(here);
    const std::string password = std::string("of-c-at-") + here;  // one that is not remembered
    put(30, "c", {3, Kind::password, hash(password), 0, 0, {"c"}});
    CHECK(comes(here, "c", password));
  }
  CHECK(comes("127.0.0.1", "msggw", "own"));
}

TEST_CASE_FIXTURE(GuardWorld, "the client identifier of a device that is connected is its own") {
  CHECK(enters(0, "a", "of-a", "id-of-a"));
  CHECK_FALSE(enters(1, "b", "of-b", "id-of-a"));
  CHECK(refused(Refusal::client_id) == 1);
  CHECK(enters(2, "a", "of-a", "id-of-a"));  // itself, once more
  leaves(0);
  CHECK_FALSE(enters(1, "b", "of-b", "id-of-a"));
  leaves(2);
  CHECK(enters(1, "b", "of-b", "id-of-a"));
}

TEST_CASE_FIXTURE(GuardWorld, "the last will of a connection is its own, and no later one's") {
  CHECK(enters(0, "a", "of-a"));
  leaves(0);
  CHECK(writes(0, "a", "msgin5g/a/status"));
  CHECK_FALSE(writes(0, "a", "msgin5g/b/status"));
  guard.review(kNow);
  CHECK_FALSE(writes(0, "a", "msgin5g/a/status"));  // whose is it? It may be anybody's by now
}

TEST_CASE_FIXTURE(GuardWorld, "the last will is its own also of who had said nothing before") {
  guard.psk_key(client(0), "a", kNow);
  leaves(0);
  leaves(1, "b", true);
  leaves(2, "stranger", true);
  leaves(3, "");
  CHECK(writes(0, "a", "msgin5g/a/status"));
  CHECK_FALSE(writes(0, "a", "msgin5g/b/status"));
  CHECK(writes(1, "b", "msgin5g/b/status"));  // what it showed is closed by now
  CHECK_FALSE(writes(2, "stranger", "msgin5g/stranger/status"));
  CHECK(guard.take_sightings().empty());
  guard.review(kNow);
  CHECK_FALSE(writes(0, "a", "msgin5g/a/status"));
  CHECK_FALSE(writes(1, "b", "msgin5g/b/status"));
  CHECK(guard.connections() == 0);
}

TEST_CASE_FIXTURE(GuardWorld, "a broker that asks of all once more lets nobody in by that") {
  CHECK(enters(0, "a", "of-a"));
  CHECK(guard.is_connected(client(0)));
  CHECK(guard.take_sightings().size() == 1);
  CHECK(guard.may_stay(peer(0, "a"), kNow));
  CHECK(guard.may_stay(peer(1, "b"), kNow));  // a session without a connection
  CHECK_FALSE(guard.is_connected(client(1)));
  CHECK(guard.take_sightings().empty());
  CHECK(guard.present_after(std::nullopt, 9) == std::vector<std::uint32_t>{1});
  CHECK_FALSE(writes(1, "b", "msgin5g/b/up"));
  remove(10);
  CHECK_FALSE(guard.may_stay(peer(0, "a"), kNow));
}

TEST_CASE_FIXTURE(GuardWorld,
                  "a session without a connection is handed what is its own, and says nothing") {
  const Peer session = peer(9, "a");
  CHECK(guard.may(session, Act::read, "msgin5g/a/down", kNow));
  CHECK_FALSE(guard.may(session, Act::read, "msgin5g/b/down", kNow));
  CHECK_FALSE(guard.may(session, Act::write, "msgin5g/a/up", kNow));
  CHECK_FALSE(guard.may(session, Act::subscribe, "msgin5g/a/down", kNow));
  put(31, "a", {3, Kind::certificate, "", 0, 0, {"c"}});  // two devices by one name
  CHECK_FALSE(guard.may(session, Act::read, "msgin5g/a/down", kNow));
  CHECK_FALSE(guard.may(session, Act::read, "msgin5g/c/down", kNow));
  CHECK(guard.may(peer(9, "msggw"), Act::read, "msgin5g/a/up", kNow));
  CHECK_FALSE(guard.may(peer(9, "msggw"), Act::write, "msgin5g/a/down", kNow));
}

TEST_CASE_FIXTURE(GuardWorld,
                  "what was retained is handed out while whoever retained it still might") {
  const Peer nobody{nullptr, "", "a", "", false};
  CHECK(guard.may(nobody, Act::have_written, "msgin5g/a/status", kNow));
  CHECK_FALSE(guard.may(nobody, Act::have_written, "msgin5g/a/down", kNow));
  CHECK_FALSE(guard.may(nobody, Act::have_written, "msgin5g/b/status", kNow));
  CHECK(guard.may({nullptr, "", "msggw", "", false}, Act::have_written, "msgin5g/a/down", kNow));
  for (const std::uint32_t no : {10U, 11U, 12U}) remove(no);
  CHECK_FALSE(guard.may(nobody, Act::have_written, "msgin5g/a/status", kNow));
  CHECK(refused(Refusal::topic) == 0);
}

TEST_CASE_FIXTURE(GuardWorld,
                  "a certificate that is nobody's does nothing, and its connection ends") {
  CHECK_FALSE(writes(0, "stranger", "msgin5g/stranger/up", true));
  CHECK_FALSE(writes(0, "stranger", "msgin5g/a/up", true));
  CHECK(guard.review(kNow) == std::vector<std::string>{"id-0"});
}

TEST_CASE_FIXTURE(GuardWorld, "devices are there while any of their connections is") {
  CHECK(enters(0, "a", "of-a", "x"));
  CHECK(enters(1, "a", "of-a", "y"));
  CHECK(enters(2, "msggw", "own", "z"));
  auto seen = guard.take_sightings();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].device == 1);
  CHECK(seen[0].is_there);
  CHECK(guard.present_after(std::nullopt, 9) == std::vector<std::uint32_t>{1});
  leaves(0);
  leaves(0);
  CHECK(guard.take_sightings().empty());
  leaves(1);
  seen = guard.take_sightings();
  REQUIRE(seen.size() == 1);
  CHECK_FALSE(seen[0].is_there);
  CHECK(guard.present_after(std::nullopt, 9).empty());
  CHECK(enters(3, "a", "of-a", "x"));
  CHECK(enters(4, "b", "of-b", "y"));
  CHECK(guard.present_after(1, 9) == std::vector<std::uint32_t>{2});
  guard.review(kNow);
  CHECK(guard.connections() == 3);
}

TEST_CASE("where nothing was written nobody comes in") {
  const test::TempFolder folder;
  Reading reading(folder.path());
  Guard guard(reading);
  const Peer peer{&guard, "id", "msggw", "192.0.2.1", false};
  CHECK_FALSE(guard.let_in(peer, "", GuardWorld::kNow));
  CHECK_FALSE(guard.may(peer, Act::read, "msgin5g/a/down", GuardWorld::kNow));
  CHECK(guard.psk_key(&guard, "a", GuardWorld::kNow).size() == 32);
  CHECK(guard.review(GuardWorld::kNow).empty());
}

}  // namespace
}  // namespace msggw::mqtt::access::guard_test
