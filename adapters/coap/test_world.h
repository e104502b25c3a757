// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/coap/adapter.h"
#include "adapters/coap/test_message.h"
#include "gateway/base/handle.h"
#include "tests/adapters/service.h"

namespace msggw::coap_adapter::test {

/// The gateway with its CoAP adapter on a free port.
class World : public msggw::test::Service {
 public:
  explicit World(const Options& options = {}, core::Limits limits = {});

  std::uint16_t port() const { return adapter.port(); }

  CoapAdapter adapter;

 private:
  core::Adapter* served() override { return &adapter; }
};

/// A device: one UDP socket on loopback.
class Device {
 public:
  explicit Device(World& world) : Device(world, world.port()) {}
  Device(msggw::test::Service& world, std::uint16_t port);

  void send(const Message& message) { send_octets(encode(message)); }
  void send_octets(std::string_view octets);
  std::uint16_t port() const;
  /// The next message for this device; none within twenty seconds: a failure of the test.
  Message receive();
  /// send() and receive().
  Message ask(const Message& message);
  /// Whether the adapter has sent nothing that was not received yet, after it has seen all that
  /// this device sent: datagrams keep their order, so a request that is answered at once tells.
  bool nothing_comes();
  /// What has come, if anything has.
  std::optional<Message> poll();

 private:
  msggw::test::Service& world_;
  base::UniqueFd socket_;
  int ping_mid_ = 60'000;
};

/// What `coap-client-openssl ARGUMENTS` prints while the world turns.
std::string run_client(msggw::test::Service& world, const std::string& arguments);

}  // namespace msggw::coap_adapter::test
