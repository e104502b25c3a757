// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_smsc.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace msggw::demo {

namespace {

constexpr const char* kSystemId = "msggw";
constexpr const char* kPassword = "demo";

std::string on_loopback(std::uint16_t port) {
  return "127.0.0.1:" + std::to_string(port);
}

std::vector<std::string> arguments(const cli::Ports& ports) {
  return {beside_this_program("msggw-sim"),
          "smsc",
          "--smpp",
          on_loopback(ports.smpp),
          "--control",
          on_loopback(ports.smsc_control),
          "--account",
          std::string(kSystemId) + ":" + kPassword};
}

}  // namespace

SampleSmsc::SampleSmsc(const cli::Ports& ports)
    : child_(arguments(ports)), output_(child_.take_output()) {
  std::string said;
  std::array<char, 512> octets;
  while (said.find("ready\n") == std::string::npos) {
    pollfd readable{output_.get(), POLLIN, 0};
    ::poll(&readable, 1, -1);
    const ssize_t got = ::read(output_.get(), octets.data(), octets.size());
    if (got == 0) throw std::runtime_error("msggw-sim smsc has ended before it listened");
    if (got > 0) said.append(octets.data(), static_cast<std::size_t>(got));
  }
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
