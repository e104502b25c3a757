// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/core/ids.h"
#include "gateway/core/newcomers.h"
#include "gateway/core/private_id.h"
#include "gateway/core/timeline.h"

namespace msggw::core {

/// A device's registration with this gateway over one bearer: until when, in seconds of Timeline,
/// and for how long each refresh renews it.
///
/// The store holds `stored_until_s`, which lies a quarter of the lifetime behind `until_s` when the
/// row is written. A refresh within that quarter promises nothing that is not durable, so it costs
/// no write; after a restart a registration lives up to that quarter longer, never shorter.
struct Binding {
  static constexpr std::uint32_t kNever = 0;  ///< not registered
  static constexpr std::uint32_t kForever = std::numeric_limits<std::uint32_t>::max();

  std::uint32_t until_s = kNever;
  std::uint32_t lifetime_s = 0;
  /// All that is stored, beside lifetime_s; set when the row is taken to be written.
  std::uint32_t stored_until_s = kNever;

  bool alive() const noexcept { return until_s != kNever; }
  bool operator==(const Binding&) const = default;
};

/// What the Provisioning Function answered beside the Service ID. Devices of one provider share few
/// of these, so they are interned.
struct ServiceProfile {
  std::vector<std::string>
      server_service_ids;    ///< at least one (the contribution, table 6.X.1.4-2)
  std::string service_info;  ///< compact JSON object, or empty

  bool operator==(const ServiceProfile&) const = default;
};

/// How a device takes messages, as it said at its last registration.
struct Manner {
  bool plain : 1 = false;    ///< content alone; else bodies that say all of a message
  bool reports : 1 = false;  ///< it reports each message that it got

  bool operator==(const Manner&) const = default;
};

/// Why the Provisioning Function gives no Service ID, in its own words.
struct Refusal {
  std::string cause;
  std::string detail;
  std::uint32_t at_s = 0;  ///< by Timeline
};

/// One row of the device table. A value; `service_id` and `profile` mean something from state
/// provisioned on.
struct Device {
  static constexpr std::uint32_t kNeverAgain = 0;
  static constexpr std::uint32_t kHeardEvery = 86'400;
  static constexpr std::uint32_t kAskNow = 1;  ///< the operator wants it, whatever the policy
  /// Private IDs beside the one in the row; no configuration may allow more.
  static constexpr std::size_t kMostAliases = 32;
  /// Names under which it is posted; no configuration may allow more.
  static constexpr std::size_t kMostPostings = 16;
  /// Of where it is pushed to, in words of its bearer.
  static constexpr std::size_t kMostPushTargetOctets = 128;
  /// Of who observes what there is for it, in words of its bearer.
  static constexpr std::size_t kMostObserverOctets = 64;
  /// A spelling may be longer than the Private ID that it names, if not much.
  static constexpr std::size_t kMostPostingOctets = 4'096;

  std::string private_id;  ///< canonical; Registry holds the others that it may have
  std::string service_id;
  std::array<Binding, kBearers> bindings{};
  std::uint32_t first_seen_s = 0;  ///< by Timeline, as all of these
  /// When it last gave a sign of life, exactly; the row has it to kHeardEvery, since it is written
  /// only so often for its own sake. 0: not since first_seen_s.
  std::uint32_t heard_s = 0;
  /// Part of the handle of its registrations: when it changes, the handles told before are dead. It
  /// is that of the claim that the device was registered by last (HandleCodec::generation), else
  /// first_seen_s, so that a handle from before a restored backup does not name the next device
  /// that gets the number; older rows hold a random one.
  std::uint32_t generation = 0;
  ProfileNo profile{};
  InfoNo info{};  ///< what the device or the operator said of it; stored as text
  /// Whence its first contact came, if that was open to all.
  SourceMark source{};
  /// When servers and service information are no longer good; kNeverAgain: never.
  std::uint32_t ask_again_s = kNeverAgain;
  PrivateIdKind kind = PrivateIdKind::opaque;
  UeType ue_type = UeType::non_3gpp;
  DeviceState state = DeviceState::recorded;
  /// Made by an open first contact, and not come again since (Newcomers). In state removing: it is
  /// forgotten, to give way or by the operator, and its Service ID stays assigned at the
  /// Provisioning Function.
  bool newcomer = false;
  /// How it stands may be posted under private_id; other names are in Postings.
  bool posted = false;
  bool dirty : 1 = false;      ///< in the list of changed rows; not stored
  bool in_flight : 1 = false;  ///< in the batch that is being committed; not stored
  Manner manner;
  /// A bit for each bearer with an entry in Lifetimes; not stored.
  std::uint8_t lifetime_queued : 4 = 0;
  /// A bit for each bearer whose binding is as it was read from the store; not stored.
  std::uint8_t restored : 4 = 0;
  static_assert(kBearers <= 4);

  Binding& binding(Bearer bearer) noexcept { return bindings[static_cast<std::size_t>(bearer)]; }
  const Binding& binding(Bearer bearer) const noexcept {
    return bindings[static_cast<std::size_t>(bearer)];
  }
  /// Until when the device was told that it is registered. A binding of the store lasts a quarter
  /// longer: then what it was told when the row was written, which a refresh since may have moved.
  std::uint32_t told_until_s(Bearer bearer) const noexcept {
    const Binding& of = binding(bearer);
    const bool exact = (restored & 1U << static_cast<unsigned>(bearer)) == 0;
    if (exact || !of.alive() || of.until_s == Binding::kForever) return of.until_s;
    return of.until_s - std::min(of.lifetime_s / 4, of.until_s - 1);
  }
  bool has_service_id() const noexcept { return !service_id.empty(); }
  /// With this gateway, over any bearer.
  bool is_registered() const noexcept {
    return std::any_of(bindings.begin(), bindings.end(),
                       [](const Binding& of) { return of.alive(); });
  }
  /// When it last gave a sign of life; after a restart to kHeardEvery until it gives the next.
  std::uint32_t asked_s() const noexcept { return std::max(heard_s, first_seen_s); }
};

/// A row with all that belongs to it, as the store has it.
struct StoredDevice {
  /// The marks that are not stored are clear, each registration lasts until `stored_until_s`, and
  /// `device.info` is none: the text is `info`.
  Device device;
  std::string info{};
  std::optional<Refusal> refusal{};
  std::vector<std::string> aliases{};  ///< canonical Private IDs beside `device.private_id`
  /// Names beside `device.posted`; a removed device may have some.
  std::vector<std::string> postings{};
  std::string push_target{};
  std::string observer{};
};

/// What belongs to a row beside the device itself; empty where there is none. Points to what it was
/// made of.
struct DeviceTexts {
  std::string_view info = {};
  const Refusal* refusal = nullptr;
  std::span<const std::string> aliases = {};
  std::span<const std::string> postings = {};
  std::string_view push_target = {};
  std::string_view observer = {};
};

}  // namespace msggw::core
