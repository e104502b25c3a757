// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "gateway/base/result.h"
#include "gateway/core/ids.h"
#include "gateway/core/private_id_kinds.h"

namespace msggw::core {

class Tables;

/// How a bearer knows that it is this device that speaks, the weakest first.
enum class Evidence : std::uint8_t {
  claim,  ///< nothing but what it says of itself: a Private ID in a query, a topic of an open broker
  handle,   ///< the handle that the gateway told it at its registration
  identity  ///< proven by the peer that a trusted broker, an SMSC or a handshake vouches for
};

/// Who speaks. Made in one place of each bearer and asked by every operation (TS 33.501 Y.6: the
/// gateway answers for its devices).
struct Speaker {
  std::optional<DeviceNo> device;  ///< none: no device is called so yet
  Evidence evidence = Evidence::claim;
  bool can_prove = false;  ///< the device could prove it, and this is no proof
  bool is_other = false;   ///< it has proved that it is another device
  /// Of all Private IDs that the device has; of the one that it says, if there is no such device.
  PrivateIdKinds kinds = PrivateIdKinds::all();
};

/// Who calls himself `private_id`, in any spelling, and no more than that is known.
Speaker called(const Tables& tables, std::string_view private_id);
/// Who speaks of the registration of `device`; none: of one that there is not.
Speaker holder(const Tables& tables, std::optional<DeviceNo> device);

/// What a device wants.
enum class Act : std::uint8_t {
  register_device,  ///< a first contact, or once more
  registration,     ///< to renew, read or end its registration
  message           ///< to send, to receive, to report
};

/// Whom one listener, or one broker, serves.
enum class Admission : std::uint8_t {
  open,   ///< whoever comes: a claim is enough for a first contact, the rest takes a handle
  known,  ///< the same, of devices that are in the table
  proven  ///< whoever proves that it is the device
};

struct ListenerPolicy {
  Admission admission = Admission::open;
  /// Whether a claim, or a handle that a claim was enough to get, is enough for messages. Whoever
  /// knows a Private ID could read them otherwise.
  bool open_messages = false;
  /// Whether who can prove it need not.
  bool claims_despite_credentials = false;
  /// What a device that does not prove who it is must be called: one of its Private IDs at least
  /// is of one of these kinds. So a phone number, which anybody may know, is not asked for over a
  /// bearer that it never came by, unless the operator has joined it with another Private ID.
  PrivateIdKinds kinds = PrivateIdKinds::all();
};

/// Why somebody is not served. The error is what he is told, `why` what the operator may know.
struct Denial : base::Error {
  enum class Why : std::uint8_t {
    another,      ///< he has proved to be another device
    unproven,     ///< only who proves who he is is served
    unknown,      ///< only known devices are
    kind,         ///< Private IDs of this kind come by another bearer
    credentials,  ///< the device can prove it, and nobody need be believed who does not
    nobody,       ///< of no registration
    messages      ///< they are for who proves who he is
  };
  Why why{};
};
inline constexpr std::size_t kWhys = 7;
/// "another", ..., as in metrics and events. Static storage.
std::string_view name_of(Denial::Why why) noexcept;

/// None: he may. What is told tells a stranger nothing of who is a device here:
/// - `known` and `proven` say the same of all that they do not serve;
/// - whoever has proved that he is another device hears the same of all devices and of none;
/// - with a handle that does not serve him he hears what he would of one that there is not;
/// - `open` says the same of a kind that comes elsewhere, whether or not there is such a device,
///   and of a device that can prove who it is.
std::optional<Denial> why_not(const Speaker& speaker, Act act, const ListenerPolicy& policy);

}  // namespace msggw::core
