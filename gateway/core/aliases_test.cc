// SPDX-License-Identifier: Apache-2.0
#include "gateway/core/aliases.h"

#include <doctest/doctest.h>

#include "gateway/core/registry.h"

namespace msggw::core {
namespace {

Device device(std::string private_id) {
  Device row;
  row.private_id = std::move(private_id);
  return row;
}

// What an idle device costs must not grow by what few devices have (docs/measured.md). Another size
// may be right, but not unnoticed.
static_assert(sizeof(Device) == 2 * sizeof(std::string) + 72);

TEST_CASE("aliases: each finds its device, none is left behind") {
  Aliases aliases({1, 2});
  CHECK(aliases.empty());
  CHECK_FALSE(aliases.find("a0"));
  CHECK(aliases.of(DeviceNo{0}).empty());
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    aliases.add(DeviceNo{i * 3}, "a" + std::to_string(i));
    if (i % 2 == 0) aliases.add(DeviceNo{i * 3}, "b" + std::to_string(i));
  }
  CHECK(aliases.size() == 7'500);
  for (std::uint32_t i = 0; i < 5'000; ++i) {
    CHECK(aliases.find("a" + std::to_string(i)) == DeviceNo{i * 3});
    CHECK(aliases.find("b" + std::to_string(i)).has_value() == (i % 2 == 0));
  }
  CHECK_FALSE(aliases.find(""));
  REQUIRE(aliases.of(DeviceNo{12}).size() == 2);
  CHECK(aliases.of(DeviceNo{12})[0] == "a4");
  CHECK(aliases.of(DeviceNo{1}).empty());

  CHECK_FALSE(aliases.remove(DeviceNo{12}, "a5"));
  CHECK_FALSE(aliases.remove(DeviceNo{1}, "a5"));
  CHECK(aliases.remove(DeviceNo{12}, "a4"));
  CHECK_FALSE(aliases.remove(DeviceNo{12}, "a4"));
  CHECK_FALSE(aliases.find("a4"));
  CHECK(aliases.find("b4") == DeviceNo{12});
  aliases.add(DeviceNo{7}, "a4");
  CHECK(aliases.find("a4") == DeviceNo{7});
  aliases.remove_all(DeviceNo{7});
  for (std::uint32_t i = 0; i < 5'000; ++i) aliases.remove_all(DeviceNo{i * 3});
  CHECK(aliases.empty());
  CHECK(aliases.size() == 0);
  CHECK_FALSE(aliases.find("b4"));
}

TEST_CASE("the registry finds a device by its aliases until it is buried") {
  Registry registry({1, 2});
  const DeviceNo no = registry.add(device("p"));
  registry.add_alias(no, "q");
  registry.add_alias(no, "r");
  CHECK(registry.find_private_id("q") == no);
  CHECK(registry.find_private_id("p") == no);
  CHECK(registry.all_aliases() == 2);
  CHECK(registry.remove_alias(no, "q"));
  CHECK_FALSE(registry.find_private_id("q"));
  registry.bury(no);
  CHECK_FALSE(registry.find_private_id("r"));
  CHECK(registry.all_aliases() == 0);
  CHECK(registry.add(device("r")) == DeviceNo{1});
}

}  // namespace
}  // namespace msggw::core
