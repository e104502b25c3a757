// SPDX-License-Identifier: Apache-2.0
#include "provisioning/function/policy_servers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace msggw::function {
namespace {

constexpr int kMany = 100'000;

std::string id_of(int i) {
  return "001b63" + std::to_string(i);
}

std::vector<std::string> order(const PolicyServers& servers, const std::string& private_id) {
  std::vector<std::string> out;
  servers.order(private_id, out);
  return out;
}

ServerOptions weighted(const std::vector<ServerOption>& list) {
  return {list, true};
}

TEST_CASE("servers come first in proportion to their weights") {
  const std::vector<ServerOption> list{{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}, {"never", 0}};
  const PolicyServers servers(weighted(list), 0);
  CHECK(servers.size() == 4);
  std::map<std::string, int> first;
  std::map<std::string, int> second_behind_d;
  for (int i = 0; i < kMany; ++i) {
    const auto told = order(servers, id_of(i));
    ++first[told[0]];
    if (told[0] == "d") ++second_behind_d[told[1]];
  }
  CHECK(first.size() == 4);
  for (const ServerOption& server : list) {
    if (server.weight == 0) continue;
    CAPTURE(server.service_id);
    const double share = static_cast<double>(first[server.service_id]) / kMany;
    CHECK(share == doctest::Approx(server.weight / 10.0).epsilon(0.03));
  }
  // When "d" fails, its Private IDs go to the others in proportion too.
  for (const ServerOption& server : list) {
    if (server.weight == 0 || server.service_id == "d") continue;
    const double share = static_cast<double>(second_behind_d[server.service_id]) / first["d"];
    CHECK(share == doctest::Approx(server.weight / 6.0).epsilon(0.05));
  }
}

TEST_CASE("the order of a Private ID is always the same, and every Private ID has its own") {
  const ServerOptions list = weighted({{"a", 1}, {"b", 1}, {"c", 1}});
  ServerOptions turned = list;
  std::rotate(turned.list.begin(), turned.list.begin() + 1, turned.list.end());
  const PolicyServers one(list, 0), other(turned, 0);
  std::map<std::vector<std::string>, int> orders;
  for (int i = 0; i < 10'000; ++i) {
    const auto told = order(one, id_of(i));
    REQUIRE(order(other, id_of(i)) == told);  // the place in the list is nothing to it
    ++orders[told];
  }
  CHECK(orders.size() == 6);
}

TEST_CASE("the order does not change with the program") {
  const PolicyServers servers(
      weighted({{"m5s-1@x.example", 3}, {"m5s-2@x.example", 2}, {"m5s-3@x.example", 1}}), 0);
  std::string firsts;
  for (int i = 0; i < 24; ++i) firsts += order(servers, id_of(i))[0][4];
  CHECK(firsts == "213311311211122221113231");
}

TEST_CASE("a change of one server moves only what it must") {
  const std::vector<ServerOption> list{{"a", 5}, {"b", 5}, {"c", 5}, {"d", 5}};
  const PolicyServers before(weighted(list), 0);
  auto fewer = list, more = list, heavier = list;
  fewer.erase(fewer.begin() + 1);
  more.push_back({"e", 5});
  heavier[0].weight = 10;
  const PolicyServers without_b(weighted(fewer), 0), with_e(weighted(more), 0),
      heavy_a(weighted(heavier), 0);
  int to_e = 0, to_a = 0, others = 0;
  for (int i = 0; i < kMany; ++i) {
    const auto id = id_of(i);
    auto old = order(before, id);
    auto now = order(with_e, id);
    to_e += now[0] == "e" ? 1 : 0;
    std::erase(now, "e");
    others += now == old ? 0 : 1;  // nothing else changes places
    auto heavy = order(heavy_a, id);
    to_a += heavy[0] == "a" && old[0] != "a" ? 1 : 0;
    const bool stays = heavy[0] == old[0] || heavy[0] == "a";
    others += stays ? 0 : 1;
    const auto left = order(without_b, id);
    std::erase(old, "b");
    others += left == old ? 0 : 1;
  }
  CHECK(others == 0);
  CHECK(to_e == doctest::Approx(kMany / 5.0).epsilon(0.03));
  CHECK(to_a == doctest::Approx(kMany * (10.0 / 25 - 5.0 / 20)).epsilon(0.05));
}

TEST_CASE("the list is cut to what is told, the front of the same order") {
  const ServerOptions list = weighted({{"a", 1}, {"b", 2}, {"c", 3}, {"d", 4}});
  const PolicyServers all(list, 0), two(list, 2), too_many(list, 9);
  CHECK(two.told() == 2);
  CHECK(too_many.told() == 4);
  for (int i = 0; i < 100; ++i) {
    auto told = order(all, id_of(i));
    CHECK(order(too_many, id_of(i)) == told);
    told.resize(2);
    CHECK(order(two, id_of(i)) == told);
  }
}

TEST_CASE("a plain list has one order for all") {
  const PolicyServers servers({{{"main", 1}, {"spare", 1}, {"off", 0}}, false}, 0);
  std::vector<std::string> out{"old", "old", "old", "old"};
  for (int i = 0; i < 100; ++i) {
    servers.order(id_of(i), out);
    CHECK(out == std::vector<std::string>{"main", "spare"});
  }
}

}  // namespace
}  // namespace msggw::function
