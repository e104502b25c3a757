// SPDX-License-Identifier: Apache-2.0
#include "gateway/demo/sample_devices.h"

#include <algorithm>
#include <boost/asio/read_until.hpp>
#include <boost/json/value.hpp>
#include <istream>
#include <utility>

#include "gateway/base/json.h"

namespace msggw::demo {

namespace {

std::vector<std::string> fleet(const char* bearer, std::uint16_t port,
                               std::vector<std::string> ids) {
  std::vector<std::string> arguments{beside_this_program("msggw-sim"),
                                     "fleet",
                                     bearer,
                                     "127.0.0.1:" + std::to_string(port),
                                     "--quiet",
                                     "--pending-retry",
                                     "--once"};
  arguments.insert(arguments.end(), std::make_move_iterator(ids.begin()),
                   std::make_move_iterator(ids.end()));
  return arguments;
}

}  // namespace

SampleDevices::Fleet::Fleet(boost::asio::io_context& io, std::vector<std::string> arguments)
    : child(std::move(arguments)), output(io, child.take_output().release()) {}

SampleDevices::SampleDevices(boost::asio::io_context& io, const cli::Ports& ports, Done done)
    : done_(std::move(done)) {
  fleets_.push_back(std::make_unique<Fleet>(
      io, fleet("--coap", ports.coap,
                {"02-00-5E-10-00-01", "490154203237518", "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"})));
  fleets_.push_back(std::make_unique<Fleet>(
      io,
      fleet("--mqtt", ports.mqtt, {"02:00:5e:10:00:02", "water-meter-7", "02:00:5e:10:00:01"})));
  fleets_.push_back(std::make_unique<Fleet>(
      io,
      std::vector<std::string>{beside_this_program("msggw-sim"), "phone", "--control",
                               "http://127.0.0.1:" + std::to_string(ports.smsc_control), "--from",
                               "+491701234567", "--to", "12345", "STATUS", "--once"}));
  running_ = fleets_.size();
  for (const auto& started : fleets_) read(*started);
}

void SampleDevices::read(Fleet& fleet) {
  boost::asio::async_read_until(
      fleet.output, fleet.buffer, '\n',
      [this, &fleet](const boost::system::error_code& error, std::size_t) {
        if (error) {
          if (--running_ == 0) done_(devices_);
          return;
        }
        std::istream in(&fleet.buffer);
        std::string line;
        std::getline(in, line);
        if (auto device = sample_of(line)) devices_.push_back(std::move(*device));
        read(fleet);
      });
}

std::optional<SampleDevice> sample_of(std::string_view line) {
  const auto parsed = base::parse_json(line, {});
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const auto text_of = [&](std::string_view name) {
    return std::string(base::text_member(*parsed, name).value_or("-"));
  };
  return SampleDevice{text_of("privateId"), text_of("bearer"), text_of("state"),
                      text_of("serviceId")};
}

void print_samples(std::ostream& out, const std::vector<SampleDevice>& devices) {
  const auto pad = [](const std::string& text, std::size_t width) {
    return text + std::string(width > text.size() ? width - text.size() : 0, ' ');
  };
  std::size_t width = 10;
  for (const SampleDevice& device : devices) width = std::max(width, device.private_id.size());
  out << pad("PRIVATE ID", width) << "  BEARER  STATE        SERVICE ID\n";
  for (const SampleDevice& device : devices) {
    out << pad(device.private_id, width) << "  " << pad(device.bearer, 6) << "  "
        << pad(device.state, 11) << "  " << device.service_id << '\n';
  }
  out << '\n';
}

}  // namespace msggw::demo
