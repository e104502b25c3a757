// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/access/guard.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "adapters/mqtt/access/test_guard.h"

namespace msggw::mqtt::access::guard_review_test {
namespace {

TEST_CASE_FIXTURE(GuardWorld, "times hold for coming and for staying") {
  put(30, "c", {3, Kind::password, hash("early"), kNowS + 10, kNowS + 20, {"c"}});
  CHECK_FALSE(enters(0, "c", "early"));
  CHECK(enters(0, "c", "early", "id-c", after(10)));
  CHECK(writes(0, "c", "msgin5g/c/up", false, after(19)));
  CHECK(ended(after(11)).empty());
  CHECK_FALSE(writes(0, "c", "msgin5g/c/up", false, after(20)));
  CHECK(ended(after(20)).front() == "id-c");
  CHECK_FALSE(enters(1, "c", "early", "id-c", after(20)));
}

TEST_CASE_FIXTURE(GuardWorld,
                  "connections end when what let them in is gone, within the time of a review") {
  constexpr int kMany = 600;  // more than are looked at in a turn
  for (int i = 0; i < kMany; ++i) CHECK(enters(i, "a", "of-a", "a-" + std::to_string(i)));
  CHECK(enters(kMany, "b", "of-b", "b"));
  CHECK(enters(kMany + 1, "msggw", "own", "g"));
  CHECK(ended(kNow).empty());
  remove(10);
  std::vector<std::string> all;
  for (base::TimePoint at = after(10); at <= after(10) + Guard::kReview; at += base::Duration{100})
    for (auto& id : guard.review(at)) all.push_back(std::move(id));
  CHECK(all.size() >= kMany);
  CHECK(std::find(all.begin(), all.end(), "b") == all.end());
  CHECK(std::find(all.begin(), all.end(), "g") == all.end());
  CHECK(refused(Refusal::ended) >= kMany);
}

TEST_CASE_FIXTURE(GuardWorld,
                  "connections are looked at when what they came by has changed or ended") {
  put(30, "c", {3, Kind::password, hash("of-c"), 0, kNowS + 100, {"c"}});
  CHECK(enters(0, "a", "of-a", "a"));
  CHECK(enters(1, "c", "of-c", "c"));
  CHECK(ended(kNow).empty());
  CHECK(guard.reviewed() == 2);
  REQUIRE(reading.look());
  CHECK(ended(after(50)).empty());
  CHECK(guard.reviewed() == 2);
  remove(20);
  put(40, "d", {4, Kind::password, hash("of-d"), 0, 0, {"d"}});
  CHECK(ended(after(60)).empty());
  CHECK(guard.reviewed() == 2);  // nobody came by these
  put(10, "a", reading.find("a").front().grant);
  CHECK(ended(after(70)).empty());
  CHECK(guard.reviewed() == 3);
  put(10, "a", {1, Kind::password, reading.find("a").front().grant.secret, 0, kNowS + 90, {"a"}});
  CHECK(ended(after(80)).empty());
  CHECK(guard.reviewed() == 4);
  remove(40);  // what is passed by keeps the time at which it ends
  CHECK(ended(after(85)).empty());
  CHECK(ended(after(90)).front() == "a");
  leaves(0);
  CHECK(ended(after(95)).empty());
  CHECK_FALSE(ended(after(100)).empty());
  leaves(1, "c");
  CHECK(ended(after(200)).empty());
  const auto looked = guard.reviewed();
  CHECK(ended(after(300)).empty());
  CHECK(guard.reviewed() == looked);
}

TEST_CASE_FIXTURE(GuardWorld, "what has gone between the handshake and the first word ends too") {
  CHECK(guard.psk_key(client(0), "a", kNow) == "key-of-a-16-octets");
  CHECK(guard.psk_key(client(1), "b", kNow) == "key-of-b-16-octets");
  remove(11);
  CHECK(ended(kNow).empty());
  CHECK_FALSE(writes(0, "a", "msgin5g/a/up", false, after(10)));
  CHECK(writes(1, "b", "msgin5g/b/up", false, after(10)));
  CHECK(guard.review(after(10)) == std::vector<std::string>{"id-0"});
}

TEST_CASE_FIXTURE(GuardWorld,
                  "a number that comes again with another secret proves nothing of before") {
  CHECK(enters(0, "a", "of-a", "by-password"));
  CHECK(guard.psk_key(client(1), "a", kNow) == "key-of-a-16-octets");
  CHECK(writes(1, "a", "msgin5g/a/up"));
  CHECK(enters(2, "b", "of-b", "b"));
  put(10, "a", {1, Kind::password, hash("another"), 0, 0, {"a"}});
  put(11, "a", {1, Kind::psk, "another-of-16-octets", 0, 0, {"a"}});
  CHECK_FALSE(writes(0, "a", "msgin5g/a/up"));
  CHECK_FALSE(writes(1, "a", "msgin5g/a/up"));
  CHECK(writes(2, "b", "msgin5g/b/up"));
  const auto all = ended(after(10));
  CHECK(std::find(all.begin(), all.end(), "by-password") != all.end());
  CHECK(std::find(all.begin(), all.end(), "id-1") != all.end());
  CHECK(std::find(all.begin(), all.end(), "b") == all.end());
}

TEST_CASE_FIXTURE(GuardWorld,
                  "a generation is told of when all connections have been held against it") {
  constexpr int kMany = 600;
  for (int i = 0; i < kMany; ++i) CHECK(enters(i, "a", "of-a", "a-" + std::to_string(i)));
  CHECK(guard.generation().empty());
  CHECK(ended(kNow).empty());
  const std::string before = guard.generation();
  CHECK(before == reading.generation());
  // Of another store, which has other devices by these numbers.
  auto another = Writing::begin(folder.path(), {"msggw", hash("own"), "msgin5g"});
  REQUIRE(another);
  REQUIRE((*another)->publish());
  REQUIRE(reading.look());
  CHECK(guard.generation() == before);
  std::size_t to_end = guard.review(after(10)).size();
  CHECK(to_end < kMany);
  CHECK(guard.generation() == before);
  for (int i = 1; i < 10; ++i) to_end += guard.review(after(10) + i * base::Duration{100}).size();
  CHECK(to_end >= kMany);
  CHECK(guard.generation() == reading.generation());
}

TEST_CASE_FIXTURE(GuardWorld, "a connection ends with the certificate that it has shown") {
  put(12, "a", {1, Kind::certificate, "", 0, kNowS + 100, {"a"}});
  const auto says = [this](int number, std::uint32_t ends_s, base::TimePoint now) {
    const std::string id = "id-" + std::to_string(number);
    Peer who = peer(number, "a", id);
    who.has_certificate = true;
    who.certificate_ends_s = ends_s;
    return guard.may(who, Act::write, "msgin5g/a/up", now);
  };
  CHECK(says(0, kNowS + 50, kNow));
  CHECK(says(1, kNowS + 500, kNow));
  CHECK(says(2, 0, kNow));
  CHECK(ended(after(40)).empty());
  CHECK(says(0, kNowS + 50, after(49)));
  CHECK_FALSE(says(0, kNowS + 50, after(50)));
  const auto first = ended(after(50));
  REQUIRE(!first.empty());
  CHECK(std::count(first.begin(), first.end(), "id-0") == static_cast<long>(first.size()));
  leaves(0, "a", true);
  CHECK(ended(after(90)).empty());
  const auto others = ended(after(100));  // as it is granted
  CHECK(std::count(others.begin(), others.end(), "id-1") > 0);
  CHECK(std::count(others.begin(), others.end(), "id-2") > 0);
}

}  // namespace
}  // namespace msggw::mqtt::access::guard_review_test
