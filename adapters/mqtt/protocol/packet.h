// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/base/result.h"

namespace msggw::mqtt::protocol {

/// The protocol level of CONNECT (MQTT 5, 3.1.2.2).
enum class Version : std::uint8_t { mqtt311 = 4, mqtt5 = 5 };

/// As people write it: "3.1.1" or "5". Static storage.
constexpr const char* name_of(Version version) noexcept {
  return version == Version::mqtt5 ? "5" : "3.1.1";
}

/// MQTT control packet types (MQTT 5, 2.1.2).
enum class Type : std::uint8_t {
  connect = 1,
  connack,
  publish,
  puback,
  pubrec,
  pubrel,
  pubcomp,
  subscribe,
  suback,
  unsubscribe,
  unsuback,
  pingreq,
  pingresp,
  disconnect,
  auth,
};

/// A set of types has a bit for each.
constexpr std::uint16_t in(Type type) noexcept {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(type));
}

/// As the standard writes it, for example "CONNACK". Static storage.
const char* name_of(Type type) noexcept;

/// The fixed header (2.1).
struct Header {
  Type type;
  std::uint8_t flags;
  std::size_t size;  ///< octets of the header itself
  std::size_t body;  ///< octets behind it
  std::size_t total() const noexcept { return size + body; }
};

/// The header at the beginning of `octets`; none: it is not whole yet. Fails with `malformed` for
/// type 0 and for a length that has more octets than it needs or more than four (1.5.5), and with
/// `too_large` if the packet is longer than `most` octets.
base::Result<std::optional<Header>> read_header(std::string_view octets, std::size_t most);

/// Reads the fields of a packet one after the other (1.5). What does not fit into the octets left
/// makes failed() true, for good; the values read then mean nothing. Views point into the packet.
class Reader {
 public:
  explicit Reader(std::string_view octets) noexcept : rest_(octets) {}

  std::uint8_t octet() noexcept;
  std::uint16_t two() noexcept;
  std::uint32_t four() noexcept;
  /// A variable byte integer, in its shortest form.
  std::uint32_t variable() noexcept;
  /// Two octets of length and as many octets: binary data, or a text that is yet to be judged.
  std::string_view counted() noexcept;
  /// The next `octets` octets.
  std::string_view take(std::size_t octets) noexcept;

  std::string_view rest() const noexcept { return rest_; }
  bool failed() const noexcept { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace msggw::mqtt::protocol
