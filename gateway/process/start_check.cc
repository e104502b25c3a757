// SPDX-License-Identifier: Apache-2.0
#include "gateway/process/start_check.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "gateway/config/language/config_error.h"
#include "gateway/process/certificates.h"
#include "provisioning/tester/tester.h"
#include "storage/device_record.h"
#include "storage/lmdb_store.h"

namespace msggw::process {

namespace {

using Problems = std::vector<std::string>;
using Address = boost::asio::ip::address;

/// By a socket on any free port: the one that is meant may be taken by the process that runs.
void check_address(const char* option, const Address& address, Problems& problems) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor socket(io);
  const boost::asio::ip::tcp::endpoint at(address, 0);
  boost::system::error_code error;
  socket.open(at.protocol(), error);
  if (!error) socket.bind(at, error);
  if (error)
    problems.push_back(std::string(option) + ": cannot listen on " + address.to_string() + ": " +
                       error.message());
}

void check_folder(const char* option, const std::filesystem::path& folder, unsigned format,
                  Problems& problems) {
  if (const auto good = storage::check_lmdb_folder(folder, format); !good)
    problems.push_back(std::string(option) + ": " + good.error().detail);
}

void check_gateway(const config::Config& config, Problems& problems) {
  check_folder("[gateway] folder", config.gateway.folder, storage::kGatewayFormat, problems);
  if (config.coap.enabled) check_address("[coap] address", config.coap.address, problems);
  if (config.admin.enabled) check_address("[admin] address", config.admin.address, problems);
  if (config.msgin5g.enabled) check_address("[msgin5g] address", config.msgin5g.address, problems);
}

void check_function(const function::Options& pf, Problems& problems) {
  if (!pf.volatile_store)
    check_folder("[pf] folder", pf.folder, storage::LmdbOptions{}.format, problems);
  check_address("[pf] address", pf.address, problems);
  if (!pf.test.enabled) return;
  check_address("[pf.test] address", pf.test.address, problems);
  if (pf.test.scenario.empty()) return;
  try {
    tester::read_scenario(pf.test.scenario);
  } catch (const std::runtime_error& error) {
    problems.emplace_back(error.what());
  }
}

}  // namespace

void check_start(const config::Config& config, config::Purpose purpose,
                 const std::filesystem::path& file) {
  Problems problems;
  if (purpose == config::Purpose::function) {
    check_function(config.pf, problems);
  } else {
    check_gateway(config, problems);
  }
  for (std::string& problem : problems) problem.insert(0, file.string() + ": ");
  try {
    check_certificates(config, purpose, file);
  } catch (const config_language::ConfigError& error) {
    problems.insert(problems.end(), error.problems().begin(), error.problems().end());
  }
  if (!problems.empty()) throw config_language::ConfigError(std::move(problems));
}

}  // namespace msggw::process
