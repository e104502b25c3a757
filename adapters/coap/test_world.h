#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/coap/adapter.h"
#include "adapters/coap/test_message.h"
#include "gateway/base/handle.h"
#include "gateway/core/gateway.h"

namespace msggw::coap::test {

/// A gateway with nothing but the CoAP adapter, its loop stepped by the test: the store that
/// commits and the Provisioning Function that answers are switches.
class World {
 public:
  explicit World(Options options = {}, core::Limits limits = {});

  /// One turn of the loop. `wait`: how long to wait for something to be ready.
  void turn(std::chrono::milliseconds wait = std::chrono::milliseconds{1});
  /// Turns until `done()`, at most ten seconds. False: it never was.
  bool until(const std::function<bool()>& done);

  CoapAdapter& adapter() { return *adapter_; }
  core::Gateway& gateway() { return *gateway_; }
  base::metrics::Registry& metrics() { return metrics_; }
  std::uint16_t port() const { return adapter_->port(); }
  /// The value behind this line of the exposition ("name{label=\"x\"}").
  double metric(const std::string& line) const;

  bool commits = true;     ///< batches become durable
  bool provisions = true;  ///< the PF answers
  std::string service_info = R"({"segmentSize":2048})";
  std::string refusal;   ///< not empty: the PF refuses with this cause
  std::size_t asks = 0;  ///< requests that went to the PF
  std::size_t batches = 0;

 private:
  boost::asio::io_context io_;
  base::Clock clock_;
  base::metrics::Registry metrics_;
  std::optional<core::Gateway> gateway_;
  std::optional<CoapAdapter> adapter_;
  std::optional<std::uint64_t> in_flight_;
};

/// A device: one UDP socket on loopback.
class Device {
 public:
  explicit Device(World& world);

  void send(const Message& message) { send_octets(encode(message)); }
  void send_octets(std::string_view octets);
  /// The next message for this device; none within ten seconds: a failure of the test.
  Message receive();
  /// send() and receive().
  Message ask(const Message& message);
  /// Whether the adapter has sent nothing that was not received yet, after it has seen all that
  /// this device sent: datagrams keep their order, so a request that is answered at once tells.
  bool nothing_comes();

 private:
  std::optional<Message> poll();

  World& world_;
  base::UniqueFd socket_;
  int ping_mid_ = 60'000;
};

}  // namespace msggw::coap::test
