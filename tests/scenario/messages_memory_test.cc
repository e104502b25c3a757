// SPDX-License-Identifier: Apache-2.0
// What messages take of memory while they wait: of the heap, really, not by their own account.
#include <doctest/doctest.h>

#include "gateway/messages/device_side.h"
#include "gateway/messages/server_side.h"
#include "gateway/messages/store_side.h"
#include "tests/scenario/world.h"
#include "tests/support/heap.h"

namespace msggw::scenario {
namespace {

using namespace messages;

constexpr std::uint32_t kDevices = 100;
constexpr std::size_t kMessages = 50'000;
/// As gateway/messages/README.md has it.
constexpr std::size_t kOctetsEach = 64;

/// The queue alone: nothing is stored, so that nothing of a store counts.
struct Site {
  explicit Site(const Limits& limits = {}) : queue(limits, devices(), registry, {{1, 2}, {3, 4}}) {
    tidy();
  }
  const core::Tables& devices() {
    for (std::uint32_t no = 0; no < kDevices; ++no) {
      world.show_up("d" + std::to_string(no), core::Bearer::coap, 1);
      world.settle();
      world.provision(*world.ask());
      world.settle();
      world.answers();
    }
    return world.gateway().tables();
  }
  void tidy() {
    store.outbox().to_devices.clear();
    store.outbox().to_server.clear();
    store.outbox().waited_for.clear();
  }
  void settle() {
    while (store.has_changes()) {
      store.take_changes();
      store.committed();
    }
    tidy();
  }
  void deliver(std::size_t number) {
    Message message;
    message.from = {AddressType::as, "application-server@example.org"};
    message.to = {AddressType::ue, "svc-d" + std::to_string(number % kDevices)};
    message.message_id = "00000000-0000-0000-0000-" + std::to_string(100'000'000'000 + number);
    message.content = std::string(number % 200, 'x');
    REQUIRE_FALSE(server.deliver(Role::n3g, std::move(message), core::Ticket{1}, world.now()));
  }
  void send(std::size_t number) {
    SendRequest request;
    request.device = core::DeviceNo{static_cast<std::uint32_t>(number % kDevices)};
    request.to = Address{AddressType::as, "as-1"};
    request.message_id = "m" + std::to_string(number);
    request.content = "21.5";
    REQUIRE_FALSE(device.send(std::move(request), world.now()));
  }

  World world;
  base::metrics::Registry registry;
  Queue queue;
  DeviceSide device{queue, {.servers = {"m5s-1"}}};
  ServerSide server{queue};
  StoreSide store{queue};
};

TEST_CASE("a message for a device that sleeps takes what the README says, and nothing else") {
  Site site;
  for (std::size_t i = 0; i < kDevices; ++i) site.deliver(i);
  site.settle();
  const std::size_t before = test::heap_octets();
  for (std::size_t i = 0; i < kMessages; ++i) {
    site.deliver(kDevices + i);
    if (i % 100 == 0) site.settle();
  }
  site.settle();
  const std::size_t grown = test::heap_octets() - before;
  MESSAGE((static_cast<double>(grown) / kMessages), " octets a message");
  CHECK(grown < kMessages * kOctetsEach);
  CHECK(grown > kMessages * sizeof(Header));  // else nothing was measured
  CHECK(site.queue.contents.size() == 0);
}

TEST_CASE("read back at a start it takes no more") {
  Site site;
  Header header;
  header.kind = Kind::message_down;
  header.stored = true;
  header.expires_s = Headers::kNever;
  const std::size_t before = test::heap_octets();
  for (std::uint32_t i = 1; i <= kMessages; ++i) {
    header.set_key({i * 0x9e37'79b9'7f4a'7c15, i * 0xc2b2'ae3d'27d4'eb4f});
    header.device = core::DeviceNo{i % kDevices};
    REQUIRE(site.store.restore(MessageNo{i}, header));
  }
  site.store.start(site.world.now());
  CHECK(test::heap_octets() - before < kMessages * kOctetsEach);
}

TEST_CASE("contents that wait for a server that is away take no more than the cache may") {
  Limits limits;
  limits.cache_octets = std::size_t{4} << 20;
  Site site(limits);
  const std::size_t before = test::heap_octets();
  for (std::size_t i = 0; i < kMessages; ++i) {
    site.send(i);
    if (i % 100 == 0) site.settle();
  }
  site.settle();
  const std::size_t grown = test::heap_octets() - before;
  CHECK(site.queue.contents.octets() > limits.cache_octets * 9 / 10);
  CHECK(grown < kMessages * kOctetsEach + limits.cache_octets * 11 / 10);
}

}  // namespace
}  // namespace msggw::scenario
