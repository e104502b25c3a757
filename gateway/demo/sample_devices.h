// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/streambuf.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/cli/ports.h"
#include "gateway/demo/child.h"

namespace msggw::demo {

struct SampleDevice {
  std::string private_id;
  std::string bearer;
  std::string state;
  std::string service_id;
};

/// The demo's devices: `msggw-sim` processes that register over real CoAP, MQTT and SMS. `done` is
/// called once, on the loop, when all have ended. Throws std::runtime_error if they cannot be
/// started.
class SampleDevices {
 public:
  using Done = std::function<void(const std::vector<SampleDevice>&)>;
  SampleDevices(boost::asio::io_context& io, const cli::Ports& ports, Done done);

 private:
  struct Fleet {
    Fleet(boost::asio::io_context& io, std::vector<std::string> arguments);
    Child child;
    boost::asio::posix::stream_descriptor output;
    boost::asio::streambuf buffer;
  };
  void read(Fleet& fleet);

  std::vector<std::unique_ptr<Fleet>> fleets_;
  std::vector<SampleDevice> devices_;
  std::size_t running_ = 0;
  Done done_;
};

/// What a line of msggw-sim says of a device, "-" for what it does not say; none if it is no JSON
/// object.
std::optional<SampleDevice> sample_of(std::string_view line);

/// A table Private ID -> Service ID.
void print_samples(std::ostream& out, const std::vector<SampleDevice>& devices);

}  // namespace msggw::demo
