// SPDX-License-Identifier: Apache-2.0
#include "adapters/mqtt/protocol/reasons.h"

#include <algorithm>
#include <iterator>

namespace msggw::mqtt::protocol {

namespace {

constexpr std::uint16_t kConnack = in(Type::connack);
constexpr std::uint16_t kPuback = in(Type::puback) | in(Type::pubrec);
constexpr std::uint16_t kPubrel = in(Type::pubrel) | in(Type::pubcomp);
constexpr std::uint16_t kSuback = in(Type::suback);
constexpr std::uint16_t kUnsuback = in(Type::unsuback);
constexpr std::uint16_t kDisconnect = in(Type::disconnect);

struct Reason {
  std::uint8_t code;
  std::uint16_t types;
  const char* name;
};

// 0x00 has three names; the one of all types is enough here. In ascending order.
constexpr Reason kReasons[] = {
    {0x00, kConnack | kPuback | kPubrel | kSuback | kUnsuback | kDisconnect, "success"},
    {0x01, kSuback, "granted QoS 1"},
    {0x02, kSuback, "granted QoS 2"},
    {0x10, kPuback, "no matching subscribers"},
    {0x11, kUnsuback, "no subscription existed"},
    {0x80, kConnack | kPuback | kSuback | kUnsuback | kDisconnect, "unspecified error"},
    {0x81, kConnack | kDisconnect, "malformed packet"},
    {0x82, kConnack | kDisconnect, "protocol error"},
    {0x83, kConnack | kPuback | kSuback | kUnsuback | kDisconnect, "implementation specific error"},
    {0x84, kConnack, "unsupported protocol version"},
    {0x85, kConnack, "client identifier not valid"},
    {0x86, kConnack, "bad user name or password"},
    {0x87, kConnack | kPuback | kSuback | kUnsuback | kDisconnect, "not authorized"},
    {0x88, kConnack, "server unavailable"},
    {0x89, kConnack | kDisconnect, "server busy"},
    {0x8A, kConnack, "banned"},
    {0x8B, kDisconnect, "server shutting down"},
    {0x8C, kConnack, "bad authentication method"},
    {0x8D, kDisconnect, "keep alive timeout"},
    {0x8E, kDisconnect, "session taken over"},
    {0x8F, kSuback | kUnsuback | kDisconnect, "topic filter invalid"},
    {0x90, kConnack | kPuback | kDisconnect, "topic name invalid"},
    {0x91, kPuback | kSuback | kUnsuback, "packet identifier in use"},
    {0x92, kPubrel, "packet identifier not found"},
    {0x93, kDisconnect, "receive maximum exceeded"},
    {0x94, kDisconnect, "topic alias invalid"},
    {0x95, kConnack | kDisconnect, "packet too large"},
    {0x96, kDisconnect, "message rate too high"},
    {0x97, kConnack | kPuback | kSuback | kDisconnect, "quota exceeded"},
    {0x98, kDisconnect, "administrative action"},
    {0x99, kConnack | kPuback | kDisconnect, "payload format invalid"},
    {0x9A, kConnack | kDisconnect, "retain not supported"},
    {0x9B, kConnack | kDisconnect, "QoS not supported"},
    {0x9C, kConnack | kDisconnect, "use another server"},
    {0x9D, kConnack | kDisconnect, "server moved"},
    {0x9E, kSuback | kDisconnect, "shared subscriptions not supported"},
    {0x9F, kConnack | kDisconnect, "connection rate exceeded"},
    {0xA0, kDisconnect, "maximum connect time"},
    {0xA1, kSuback | kDisconnect, "subscription identifiers not supported"},
    {0xA2, kSuback | kDisconnect, "wildcard subscriptions not supported"},
};

constexpr const char* kOldNames[] = {nullptr,
                                     "unacceptable protocol version",
                                     "identifier rejected",
                                     "server unavailable",
                                     "bad user name or password",
                                     "not authorized"};

}  // namespace

const char* reason_name(Type type, std::uint8_t code) noexcept {
  const auto* const found = std::lower_bound(
      std::begin(kReasons), std::end(kReasons), code,
      [](const Reason& reason, std::uint8_t wanted) { return reason.code < wanted; });
  if (found == std::end(kReasons) || found->code != code || (found->types & in(type)) == 0)
    return nullptr;
  return found->name;
}

const char* old_return_code_name(std::uint8_t code) noexcept {
  return code < std::size(kOldNames) ? kOldNames[code] : nullptr;
}

}  // namespace msggw::mqtt::protocol
