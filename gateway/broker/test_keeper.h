// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/broker/keeper.h"
#include "gateway/core/gateway.h"
#include "gateway/credentials/doors.h"
#include "tests/support/temp_folder.h"

namespace msggw::broker::keepers {

using credentials::Kind;
using mqtt::access::Reading;

/// Devices "d-0", "d-1" ..., their credentials, and a keeper that writes to a folder.
struct World {
  World() {
    for (std::uint32_t i = 0; i < 4; ++i) {
      core::Device device;
      device.private_id = "d-" + std::to_string(i);
      device.state = core::DeviceState::recorded;
      REQUIRE(gateway.commits().restore_device(core::DeviceNo{i}, {.device = std::move(device)}));
    }
  }
  void begin(bool with_psks = true) {
    Options options;
    options.folder = folder.path();
    options.with_psks = with_psks;
    options.grace = std::chrono::seconds{10};
    options.login = {"msggw", "hash", "msgin5g"};
    keeper.emplace(context, options, book, gateway.tables());
    settle();
  }
  credentials::CredentialNo add(std::uint32_t device, credentials::NewCredential what) {
    const auto added = operators.add(core::DeviceNo{device}, what);
    REQUIRE_MESSAGE(added, (added ? "" : added.error().detail));
    return added->no;
  }
  /// Certificates "name-0", "name-1" ..., none of device 3.
  std::vector<credentials::CredentialNo> add_many(std::size_t count) {
    std::vector<credentials::CredentialNo> all;
    for (std::size_t i = 0; i < count; ++i) {
      credentials::Book::Entry entry;
      entry.device = core::DeviceNo{static_cast<std::uint32_t>(i % 3)};
      entry.kind = Kind::certificate;
      entry.name = "name-" + std::to_string(i);
      entry.no = credentials::CredentialNo{book.next++};
      all.push_back(entry.no);
      book.insert(std::move(entry));
    }
    return all;
  }
  void commit() {
    const auto changes = gateway.commits().take_changes();
    gateway.commits().committed(changes.number);
  }
  /// Until the broker has what it is to have.
  void settle() {
    keeper->durable({}, store.take_changes());
    turn_until([this] { return keeper->is_current(); });
  }
  template <class Condition>
  void turn_until(Condition&& is_true) {
    for (int i = 0; i < 10'000 && !is_true(); ++i) {
      keeper->end_turn(clock.now());
      io.restart();
      io.run_for(std::chrono::milliseconds{1});
    }
    REQUIRE(is_true());
  }
  std::vector<mqtt::access::Grant> find(std::string_view name) {
    if (const auto looked = reading.look(); !looked) return {};
    std::vector<mqtt::access::Grant> all;
    for (const auto& granted : reading.find(name)) all.push_back(granted.grant);
    return all;
  }

  test::TempFolder folder;
  test::TempFolder own;
  boost::asio::io_context io;
  // What the other thread posts is waited for.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  base::Clock clock;
  base::metrics::Registry registry;
  base::Context context{io, clock, registry};
  core::Gateway gateway{core::Limits{}, registry, {base::random_hash_key(), {}, 1}};
  credentials::Book book{{.key_file = own.path() / "key"}, gateway.tables(), registry};
  credentials::OperatorSide operators{book};
  credentials::StoreSide store{book};
  base::metrics::Counter& rows =
      base::metrics::counter(registry, "msggw_broker_access_rows_total",
                             "Credentials written, or taken away, for the broker's plugin");
  base::metrics::Gauge& current =
      base::metrics::gauge(registry, "msggw_broker_access_current",
                           "1 while the broker's plugin has what it needs to know");
  std::optional<Keeper> keeper;
  Reading reading{folder.path()};
};

}  // namespace msggw::broker::keepers
