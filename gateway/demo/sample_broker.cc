// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_broker.h"

#include <fstream>
#include <stdexcept>
#include <string>

#include "gateway/base/private_file.h"

namespace msggw::demo {

namespace {

/// The first lines are of those without a user name, the patterns of those that have one.
constexpr const char* kRules =
    "topic readwrite #\n"
    "pattern write msgin5g/%u/register\n"
    "pattern write msgin5g/%u/deregister\n"
    "pattern write msgin5g/%u/status\n"
    "pattern write msgin5g/%u/send\n"
    "pattern write msgin5g/%u/up\n"
    "pattern write msgin5g/%u/report\n"
    "pattern read msgin5g/%u/registration\n"
    "pattern read msgin5g/%u/ack\n"
    "pattern read msgin5g/%u/down\n"
    "pattern read msgin5g/%u/reports\n"
    "pattern read msgin5g/%u/answers/#\n";

void write_file(const std::filesystem::path& file, const std::string& text) {
  if (!base::make_private(file) || !(std::ofstream(file) << text).flush())
    throw std::runtime_error("cannot write " + file.string());
}

}  // namespace

mqtt::BrokerOptions sample_broker(const cli::Ports& ports, const std::filesystem::path& folder,
                                  const std::string& keys) {
  std::filesystem::create_directories(folder);
  const auto rules = folder / "acl";
  const auto key_file = folder / "keys";
  write_file(rules, kRules);
  write_file(key_file, keys);
  mqtt::BrokerOptions options;
  options.dir = folder;
  options.port = ports.mqtt;
  options.more = "acl_file " + rules.string() + "\npsk_file " + key_file.string() + "\nlistener " +
                 std::to_string(ports.mqtt_tls) + ' ' + options.address.to_string() +
                 "\npsk_hint msggw\nuse_identity_as_username true\n";
  return options;
}

}  // namespace msggw::demo
