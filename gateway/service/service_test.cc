// SPDX-License-Identifier: Apache-2.0
#include "gateway/service/service.h"

#include <doctest/doctest.h>

#include <chrono>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "gateway/core/gateway.h"
#include "gateway/credentials/doors.h"
#include "gateway/messages/server_side.h"
#include "storage/device_record.h"
#include "storage/memory_store.h"

namespace msggw::service {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// Notes when each batch came.
class NotingStore final : public storage::Store {
 public:
  base::Result<void> load(storage::TableNo table, const Visitor& visit) override {
    return store_.load(table, visit);
  }
  base::Result<void> apply(const storage::Batch& batch) override {
    const std::scoped_lock lock(mutex_);
    begun_.push_back(SteadyClock::now());
    return store_.apply(batch);
  }
  base::Result<std::optional<std::string>> find(storage::TableNo table,
                                                std::uint64_t key) override {
    return store_.find(table, key);
  }
  base::Result<void> check() override { return {}; }

  std::vector<SteadyClock::time_point> begun() {
    const std::scoped_lock lock(mutex_);
    return begun_;
  }

 private:
  storage::MemoryStore store_{storage::gateway_tables().size()};
  std::mutex mutex_;
  std::vector<SteadyClock::time_point> begun_;
};

/// A gateway of one device that sleeps.
struct Site {
  Site() {
    REQUIRE(gateway.commits().restore_profile(core::ProfileNo{}, {{"m5s-1"}, {}}));
    core::Device device;
    device.private_id = device.service_id = "d";
    device.state = core::DeviceState::provisioned;
    REQUIRE(gateway.commits().restore_device({}, {.device = std::move(device)}));
    service.load();
    Surroundings around;
    around.to_server = [](const messages::Answer&) {};
    service.attach(client, std::move(around));
  }

  void deliver(std::size_t count) {
    for (; count > 0; --count) {
      messages::Message message;
      message.from = {messages::AddressType::as, "a"};
      message.to = {messages::AddressType::ue, "d"};
      message.message_id = std::to_string(++delivered);
      CHECK_FALSE(server.deliver(messages::Role::n3g, std::move(message), {}, clock.now()));
    }
  }
  /// Turns until as many batches have been committed.
  void run_to(std::size_t batches) {
    for (service.end_turn(); store.begun().size() < batches || !service.idle();
         service.end_turn()) {
      REQUIRE(io.run_one_for(std::chrono::seconds{10}) == 1);
    }
  }

  boost::asio::io_context io;
  base::Clock clock;
  base::metrics::Registry metrics;
  base::Context context{io, clock, metrics};
  NotingStore store;
  core::Gateway gateway{{}, metrics, {}};
  messages::Queue queue{{}, gateway.tables(), metrics, {{1, 2}, {3, 4}}};
  messages::ServerSide server{queue};
  messages::StoreSide stored{queue};
  credentials::Book book{{}, gateway.tables(), metrics};
  credentials::StoreSide proofs{book};
  client::Client client{context, {}, {base::parse_uri("http://127.0.0.1:9").value()}, {}};
  Service service{
      context, {gateway.turn(), gateway.journey(), gateway.commits(), stored, proofs}, store};
  std::size_t delivered = 0;
};

TEST_CASE("after a batch of many changes the next one waits, and goes by itself") {
  Site site;
  const auto begun = SteadyClock::now();
  site.deliver(Service::kMany);
  site.run_to(1);
  site.deliver(1);
  site.run_to(2);
  // The clock of the product counts whole milliseconds.
  CHECK(site.store.begun()[1] - begun >= Service::kApart - base::Duration{1});
  site.deliver(1);
  site.run_to(3);
  CHECK(site.queue.lanes.all().messages == Service::kMany + 2);
}

}  // namespace
}  // namespace msggw::service
