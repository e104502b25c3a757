// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/start_check.h"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "gateway/config/language/config_error.h"
#include "provisioning/function/ledger.h"
#include "storage/credential_record.h"
#include "storage/device_record.h"
#include "storage/lmdb_store.h"
#include "tests/support/temp_folder.h"

namespace msggw::process::start_check_test {
namespace {

using config::Purpose;
namespace fs = std::filesystem;

std::string problems(const config::Config& config, Purpose purpose,
                     const std::vector<std::string>& settings = {}) {
  try {
    check_start(config, purpose, {"conf", settings});
  } catch (const config_language::ConfigError& error) {
    return error.what();
  }
  return {};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Setup {
  test::TempFolder temp;
  const fs::path& folder = temp.path();
  config::Config config;

  Setup() {
    config.gateway.folder = folder / "gateway";
    config.pf.folder = folder / "pf";
    config.coap.address = boost::asio::ip::make_address("127.0.0.1");
  }
};

TEST_CASE("check: a folder that is not there yet is made by the start, not by the check") {
  Setup s;
  CHECK(problems(s.config, Purpose::gateway).empty());
  CHECK(problems(s.config, Purpose::function).empty());
  CHECK(fs::is_empty(s.folder));
}

TEST_CASE("check: a key file of credentials that is none") {
  Setup s;
  s.config.credentials.key_file = s.folder / "key";
  std::ofstream(s.folder / "key") << std::string(31, 'k');
  const std::string said = problems(s.config, Purpose::gateway);
  CHECK(contains(said, "conf: [credentials] key_file: "));
  CHECK(contains(said, "does not hold 32 octets"));
  std::ofstream(s.folder / "key") << std::string(32, 'k');
  CHECK(problems(s.config, Purpose::gateway).empty());
  CHECK(problems(s.config, Purpose::function).empty());
}

TEST_CASE("check: a key file that is not there is missed by PSKs alone") {
  Setup s;
  const auto store_with = [&](const std::vector<std::string>& tables, credentials::Kind kind) {
    storage::LmdbOptions options;
    options.folder = s.config.gateway.folder = s.folder / credentials::name_of(kind);
    options.tables = tables;
    options.format = storage::kGatewayFormat;
    const auto store = storage::open_lmdb_store(options);
    if (tables.size() <= static_cast<std::size_t>(storage::kCredentials)) return;
    const bool has_secret = kind != credentials::Kind::certificate;
    storage::Batch batch;
    batch.put_with(storage::kCredentials, 0, [&](std::string& row) {
      storage::append_credential(
          row, {core::DeviceNo{0}, kind, "meter", has_secret ? "sealed" : "", 0, 0});
    });
    REQUIRE(store->apply(batch));
  };
  store_with(storage::gateway_tables(), credentials::Kind::certificate);
  CHECK(problems(s.config, Purpose::gateway).empty());
  store_with({"devices"}, credentials::Kind::password);  // from before there were credentials
  CHECK(problems(s.config, Purpose::gateway).empty());
  store_with(storage::gateway_tables(), credentials::Kind::psk);
  const std::string said = problems(s.config, Purpose::gateway);
  CHECK(contains(said, "conf: [credentials] key_file: "));
  CHECK(contains(said, "credentials.key is not there"));
  std::ofstream(s.config.gateway.folder / "credentials.key") << std::string(32, 'k');
  CHECK(problems(s.config, Purpose::gateway).empty());
}

TEST_CASE("check: a folder that no start can use, of the gateway and of the PF") {
  Setup s;
  const auto both = [&](const std::string& why) {
    CHECK(contains(problems(s.config, Purpose::gateway), "conf: [gateway] folder: store "));
    CHECK(contains(problems(s.config, Purpose::gateway), why));
    CHECK(contains(problems(s.config, Purpose::function), "conf: [pf] folder: store "));
    CHECK(contains(problems(s.config, Purpose::function), why));
  };
  std::ofstream(s.folder / "file") << "x";
  s.config.gateway.folder = s.config.pf.folder = s.folder / "file";
  both("is no folder");
  s.config.gateway.folder = s.config.pf.folder = s.folder / "file" / "below";
  both("is no folder");
  s.config.gateway.folder = s.config.pf.folder = s.folder / "cut";
  {
    storage::LmdbOptions options;
    options.folder = s.config.pf.folder;
    options.tables = function::store_tables();
    storage::open_lmdb_store(options);
  }
  CHECK(problems(s.config, Purpose::function).empty());
  fs::resize_file(s.folder / "cut" / "data.mdb", 8'192);
  both("data.mdb is cut off");
  std::ofstream(s.folder / "cut" / "data.mdb") << std::string(20'000, 'j');
  both("damaged or not ours");
  s.config.pf.volatile_store = true;
  CHECK(problems(s.config, Purpose::function).empty());
}

TEST_CASE("check: addresses that this machine has not, and a scenario that is none") {
  Setup s;
  const auto foreign = boost::asio::ip::make_address("192.0.2.1");  // RFC 5737
  s.config.coap.address = s.config.admin.address = foreign;
  const std::string gateway = problems(s.config, Purpose::gateway);
  CHECK(contains(gateway, "conf: [coap] address: cannot listen on 192.0.2.1"));
  CHECK(contains(gateway, "conf: [admin] address: cannot listen on 192.0.2.1"));
  const std::string set = problems(s.config, Purpose::gateway, {"coap.address=192.0.2.1"});
  CHECK(contains(set, "command line: [coap] address: cannot listen on 192.0.2.1"));
  CHECK(contains(set, "conf: [admin] address: cannot listen on 192.0.2.1"));
  s.config.coap.enabled = s.config.admin.enabled = false;
  CHECK(problems(s.config, Purpose::gateway).empty());

  s.config.pf.address = foreign;
  CHECK(contains(problems(s.config, Purpose::function), "[pf] address: cannot listen"));
  s.config.pf.address = boost::asio::ip::make_address("127.0.0.1");
  s.config.pf.test.scenario = s.folder / "scenario.json";
  std::ofstream(s.config.pf.test.scenario) << R"([{"do":"hlaf"}])";
  CHECK(problems(s.config, Purpose::function).empty());  // not enabled
  s.config.pf.test.enabled = true;
  CHECK(contains(problems(s.config, Purpose::function), "conf: [pf.test] scenario"));
  s.config.pf.test.scenario = s.folder / "absent.json";
  CHECK(contains(problems(s.config, Purpose::function), "No such file"));
  s.config.pf.test.scenario.clear();
  s.config.pf.test.address = foreign;
  CHECK(contains(problems(s.config, Purpose::function), "[pf.test] address: cannot listen"));
}

}  // namespace
}  // namespace msggw::process::start_check_test
