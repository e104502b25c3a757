// SPDX-License-Identifier: Apache-2.0
#include "storage/gateway_check.h"

#include <doctest/doctest.h>

#include <memory>

#include "storage/credential_record.h"
#include "storage/device_record.h"
#include "storage/lmdb_store.h"
#include "storage/message_record.h"
#include "tests/support/temp_folder.h"

namespace msggw::storage::gateway_check_test {
namespace {

core::Device a_device(const std::string& private_id) {
  core::Device device;
  device.private_id = private_id;
  device.service_id = "id-of-" + private_id;
  device.state = core::DeviceState::provisioned;
  return device;
}

/// A store whose rows a test chooses.
class Rows {
 public:
  Rows() {
    batch_.put_with(kProfiles, 0, [](std::string& out) { append_profile(out, {{"server"}, ""}); });
    put(0, a_device("meter-0"));
    put(1, a_device("meter-1"));
  }

  void put(std::uint64_t key, const core::Device& device,
           const std::vector<std::string>& aliases = {}) {
    batch_.put_with(kDevices, key, [&](std::string& out) {
      core::DeviceTexts texts;
      texts.aliases = aliases;
      append_device(out, device, texts);
    });
  }
  void put_message(std::uint64_t key, bool has_content) {
    messages::Header header;
    header.expires_s = 4'000'000'000;
    batch_.put_with(kQueue, key, [&](std::string& out) { append_header(out, header); });
    if (has_content)
      batch_.put_with(kMessages, key, [](std::string& out) { append_carried(out, {}); });
  }
  Batch& batch() { return batch_; }

  /// The first fault, empty if there is none, of the rows and then of a start.
  std::string fault() {
    LmdbOptions options;
    options.folder = folder_.path();
    options.tables = gateway_tables();
    options.format = kGatewayFormat;
    {
      const auto store = open_lmdb_store(options);
      REQUIRE(store->apply(batch_));
    }
    const auto snapshot = open_snapshot(folder_.path(), gateway_tables());
    Faults faults;
    counts = check_gateway_rows(*snapshot, faults);
    if (faults.none()) check_gateway_start(*snapshot, {}, {}, faults);
    all = faults.all();
    return faults.none() ? "" : faults.shown().front();
  }

  GatewayCounts counts;
  std::size_t all = 0;

 private:
  test::TempFolder folder_;
  Batch batch_;
};

TEST_CASE("a good store has no fault, and is counted") {
  Rows rows;
  core::Device removed;
  removed.state = core::DeviceState::removed;
  rows.put(2, removed);
  rows.put_message(1, true);
  rows.batch().put_with(kCredentials, 1, [](std::string& out) {
    append_credential(
        out, {core::DeviceNo{1}, credentials::Kind::psk, "meter-1", std::string(44, 's'), 0, 0});
  });
  CHECK(rows.fault() == "");
  CHECK(rows.counts.devices == 2);
  CHECK(rows.counts.messages == 1);
  CHECK(rows.counts.credentials == 1);
  CHECK(rows.counts.psks == 1);
}

TEST_CASE("each row that cannot be read is named") {
  Rows rows;
  rows.batch().put(kDevices, 2, "\x09");
  rows.batch().put(kQueue, 3, "");
  rows.batch().put(kMeta, kHandleKey, "x");
  CHECK(rows.fault().starts_with("devices 2: device row: unknown version"));
  CHECK(rows.all == 3);
  CHECK(rows.counts.devices == 2);
}

TEST_CASE("a message without what it carries is named") {
  Rows rows;
  rows.put_message(1, true);
  rows.put_message(2, false);
  rows.put_message(3, true);
  rows.put_message(4, false);
  CHECK(rows.fault() == "queue 2: what it carries is not there");
  CHECK(rows.all == 2);
}

TEST_CASE("rows that contradict each other keep a gateway from starting") {
  {
    Rows twice;
    twice.put(2, a_device("meter-1"));
    CHECK(twice.fault() == "device 2: its Private ID stands in an earlier row too");
  }
  {
    Rows alias;
    alias.put(2, a_device("meter-2"), {"meter-0"});
    CHECK(alias.fault() == "device 2: one of its aliases names a device already");
  }
  {
    Rows gap;
    gap.put(7, a_device("meter-7"));
    CHECK(gap.fault() == "device 7 is out of order: a row before it is missing");
  }
  {
    Rows profile;
    core::Device device = a_device("meter-2");
    device.profile = core::ProfileNo{9};
    profile.put(2, device);
    CHECK(profile.fault().find("profile contradicts") != std::string::npos);
  }
}

}  // namespace
}  // namespace msggw::storage::gateway_check_test
