// SPDX-License-Identifier: Apache-2.0
#include "gateway/service/operator_reads.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/scenario/messages_world.h"

namespace msggw::service {
namespace {

using messages::MessageNo;

messages::Carried carried(const std::string& id) {
  messages::Message message;
  message.message_id = id;
  return message;
}

TEST_CASE("lists are read one after the other, in order, what is in RAM from there") {
  scenario::MessagesWorld world;
  world.deliver(world.message("in-ram"));  // 1
  OperatorReads reads(world.queue());
  CHECK(reads.empty());
  CHECK(reads.take(8).empty());

  std::string told;
  const auto tell = [&](std::vector<std::optional<messages::Carried>> found) {
    for (const auto& each : found)
      told += each ? scenario::message_of(*each).message_id + " " : "none ";
    told += "; ";
  };
  reads.add({MessageNo{1}, MessageNo{7}, MessageNo{8}, MessageNo{9}}, tell);
  reads.add({MessageNo{1}}, tell);
  reads.add({}, tell);
  CHECK_FALSE(reads.empty());
  CHECK(reads.take(0).empty());
  CHECK(reads.take(2) == std::vector<std::uint64_t>{7, 8});
  reads.brought(carried("seven"));
  reads.brought(std::nullopt);
  CHECK(told.empty());
  CHECK(reads.take(2) == std::vector<std::uint64_t>{9});
  reads.brought(carried("nine"));
  CHECK(told == "in-ram seven none nine ; ");
  CHECK(reads.take(2).empty());
  CHECK(told == "in-ram seven none nine ; in-ram ; ; ");
  CHECK(reads.empty());
}

TEST_CASE("what is in RAM behind what is not keeps its place") {
  scenario::MessagesWorld world;
  world.deliver(world.message("in-ram"));  // 1
  OperatorReads reads(world.queue());
  std::size_t found = 0;
  reads.add({MessageNo{0}, MessageNo{1}, MessageNo{2}}, [&](const auto& all) {
    found = all.size();
    CHECK_FALSE(all[0]);
    CHECK(scenario::message_of(*all[1]).message_id == "in-ram");
    CHECK_FALSE(all[2]);
  });
  CHECK(reads.take(8) == std::vector<std::uint64_t>{0});
  reads.brought(std::nullopt);
  CHECK(reads.take(8) == std::vector<std::uint64_t>{2});
  reads.brought(std::nullopt);
  CHECK(found == 3);
}

}  // namespace
}  // namespace msggw::service
