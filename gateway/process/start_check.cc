// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/start_check.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/text.h"
#include "gateway/config/language/config_error.h"
#include "gateway/credentials/credential.h"
#include "gateway/credentials/sealer.h"
#include "gateway/process/certificates.h"
#include "gateway/process/key_file.h"
#include "gateway/process/stores.h"
#include "provisioning/tester/tester.h"
#include "storage/credential_record.h"
#include "storage/device_record.h"

namespace msggw::process {

namespace {

using Address = boost::asio::ip::address;

class Problems {
 public:
  explicit Problems(const Origin& origin) : origin_(origin) {}

  void add(std::string_view section, std::string_view key, const std::string& what) {
    add_whole(section, key, "[" + std::string(section) + "] " + std::string(key) + ": " + what);
  }
  /// `what` names the option itself.
  void add_whole(std::string_view section, std::string_view key, const std::string& what) {
    all_.push_back(origin_.of(section, key) + ": " + what);
  }
  void add(const config_language::ConfigError& error) {
    all_.insert(all_.end(), error.problems().begin(), error.problems().end());
  }
  void throw_if_any() {
    if (!all_.empty()) throw config_language::ConfigError(std::move(all_));
  }

 private:
  const Origin& origin_;
  std::vector<std::string> all_;
};

/// By a socket on any free port: the one that is meant may be taken by the process that runs.
void check_address(std::string_view section, const Address& address, Problems& problems) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor socket(io);
  const boost::asio::ip::tcp::endpoint at(address, 0);
  boost::system::error_code error;
  socket.open(at.protocol(), error);
  if (!error) socket.bind(at, error);
  if (error)
    problems.add(section, "address",
                 "cannot listen on " + address.to_string() + ": " + error.message());
}

void check_folder(std::string_view section, storage::LmdbOptions options, Problems& problems) {
  if (const auto good = storage::check_lmdb_folder(std::move(options)); !good)
    problems.add(section, "folder", good.error().detail);
}

/// None, too, if the store cannot be read, which is another problem, or is from before there were
/// credentials.
bool holds_psks(const config::GatewayOptions& gateway) {
  storage::LmdbOptions options = store_of(gateway);
  options.tables = {options.tables.at(static_cast<std::size_t>(storage::kCredentials))};
  options.read_only = true;
  bool found = false;
  try {
    const auto store = storage::open_lmdb_store(std::move(options));
    const auto loaded = store->load(storage::TableNo{0}, [&](std::uint64_t, std::string_view row) {
      const auto credential = storage::parse_credential(row);
      if (credential && credential->kind == credentials::Kind::psk) found = true;
    });
    return loaded && found;
  } catch (const std::runtime_error&) {
    return false;
  }
}

void check_key_file(const config::Config& config, Problems& problems) {
  const std::filesystem::path file = key_file_of(config);
  const auto key = credentials::KeyFile(file).read();
  if (!key) {
    problems.add("credentials", "key_file", key.error().detail);
  } else if (!*key && holds_psks(config.gateway)) {
    problems.add("credentials", "key_file",
                 base::printable(file.native(), 200) +
                     " is not there, and the PSKs of devices cannot be read without it");
  }
}

void check_gateway(const config::Config& config, Problems& problems) {
  check_folder("gateway", store_of(config.gateway), problems);
  check_key_file(config, problems);
  if (config.coap.enabled) check_address("coap", config.coap.address, problems);
  if (config.admin.enabled) check_address("admin", config.admin.address, problems);
  if (config.msgin5g.enabled) check_address("msgin5g", config.msgin5g.address, problems);
}

void check_function(const function::Options& pf, Problems& problems) {
  if (!pf.volatile_store) check_folder("pf", store_of(pf), problems);
  check_address("pf", pf.address, problems);
  if (!pf.test.enabled) return;
  check_address("pf.test", pf.test.address, problems);
  if (pf.test.scenario.empty()) return;
  try {
    tester::read_scenario(pf.test.scenario);
  } catch (const std::runtime_error& error) {
    problems.add_whole("pf.test", "scenario", error.what());
  }
}

}  // namespace

void check_start(const config::Config& config, config::Purpose purpose, const Origin& origin) {
  Problems problems(origin);
  if (purpose == config::Purpose::function) {
    check_function(config.pf, problems);
  } else {
    check_gateway(config, problems);
  }
  try {
    check_certificates(config, purpose, origin);
  } catch (const config_language::ConfigError& error) {
    problems.add(error);
  }
  problems.throw_if_any();
}

}  // namespace msggw::process
