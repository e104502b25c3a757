// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_smsc.h"

#include "gateway/demo/child.h"

namespace msggw::demo {

namespace {

constexpr const char* kSystemId = "msggw";
constexpr const char* kPassword = "demo";

std::string on_loopback(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

}  // namespace

std::vector<std::string> sample_smsc(const cli::Ports& ports) {
  return {beside_this_program("msggw-sim"),
          "smsc",
          "--smpp",
          on_loopback(ports.smpp),
          "--control",
          on_loopback(ports.smsc_control),
          "--account",
          std::string(kSystemId) + ":" + kPassword};
}

sms::Options sample_sms_options(const cli::Ports& ports) {
  sms::Options options;
  options.enabled = true;
  options.smsc.name = "demo";
  options.smsc.addresses = {{base::Host(boost::asio::ip::address_v4::loopback()), ports.smpp}};
  options.smsc.system_id = kSystemId;
  options.smsc.password = kPassword;
  options.answer = "MSGin5G Service ID: {serviceId}";
  options.answer_refused = "MSGin5G: {cause} {detail}";
  options.keyword_status = "STATUS";
  options.answer_status = "MSGin5G Service ID: {serviceId} ({state})";
  options.all = {options.smsc};
  return options;
}

std::string sample_smsc_url(const cli::Ports& ports) {
  return "http://" + on_loopback(ports.smsc_control) + "/smsc/v1";
}

}  // namespace msggw::demo
