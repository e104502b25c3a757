// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "tests/sim/fleet/keys.h"
#include "tests/sim/fleet/options.h"

namespace msggw::fleet {

/// Many endpoints towards one server, whatever carries their messages: what goes out and comes in
/// is a CoAP message as RFC 7252 3 writes it. Not thread-safe.
class Sources {
 public:
  /// Longer answers are cut and do not decode.
  static constexpr std::size_t kDatagramOctets = 1'500;

  struct Received {
    std::span<const std::uint8_t> octets;
    std::uint32_t peer = 0;  ///< to whom it came; any number, if it came to none of them
  };
  /// What became of handshakes, where there are any.
  struct Sessions {
    std::uint64_t established = 0;
    std::uint64_t failed = 0;  ///< handshakes and connections that came to nothing
  };

  Sources() = default;
  Sources(const Sources&) = delete;
  Sources& operator=(const Sources&) = delete;
  virtual ~Sources() = default;

  /// Whether somebody listens; silence of a datagram's receiver is no proof that nobody does.
  virtual bool reachable(std::span<const std::uint8_t> ping) const = 0;

  /// The descriptors to be watched for reading, numbered.
  virtual std::size_t size() const = 0;
  virtual int fd(std::size_t socket) const = 0;
  virtual std::size_t socket_of(std::uint32_t peer) const = 0;

  /// Room for the next message of `peer`; commit() its size before calling again.
  virtual std::span<std::uint8_t> prepare(std::uint32_t peer) = 0;
  virtual void commit(std::size_t octets) = 0;
  /// Sends what is prepared.
  virtual void flush() = 0;
  /// Messages that the system did not take; to the protocol they are lost ones.
  virtual std::uint64_t send_failures() const = 0;

  /// Messages that wait on `socket`. Valid until the next call.
  virtual std::span<const Received> receive(std::size_t socket) = 0;

  /// ADDRESS:PORT from which the peer sends, as in a URI.
  virtual std::string address_of(std::uint32_t peer) const = 0;

  /// To be called some fifty times a second: what handshakes have lost is repeated.
  virtual void tick() {}
  /// The device behind the peer has lost its session, without a word to the server; it begins
  /// another one with what it sends next.
  virtual void restart(std::uint32_t) {}
  /// The same, and from now on it sends from another address, as behind a NAT that forgot it.
  virtual void roam(std::uint32_t) {}
  /// Nothing goes out and nothing comes in until it is awake; then it has restarted.
  virtual void sleep(std::uint32_t, bool) {}
  virtual Sessions sessions() const { return {}; }
};

/// The endpoints that `security` asks for: UDP, DTLS, or TLS over TCP. Throws std::runtime_error or
/// std::invalid_argument with one sentence for the user.
std::unique_ptr<Sources> open_sources(const HostPort& server, std::size_t peers,
                                      const Security& security, const Ids& ids);

}  // namespace msggw::fleet
