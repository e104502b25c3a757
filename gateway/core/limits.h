// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "gateway/base/clock.h"

namespace msggw::core {

/// Whom the gateway serves: any device that shows up, or those that it knows already (from the
/// operator, or from a time when it was open).
enum class FirstContact { open, known };

/// What is done when the lifetime of what the Provisioning Function said has passed.
enum class Renewal {
  keep,       ///< nothing: servers and service information stay as they are
  ask_again,  ///< the Provisioning Function is asked in the background when the device shows itself
};

/// Every limit of the core, with its default; etc/msggw.toml explains each under the same name.
struct Limits {
  std::size_t max_devices = 5'000'000;
  std::size_t max_private_id_octets = 128;
  std::size_t max_info_octets = 512;
  /// Above so many percent of max_devices newcomers give way to new ones (core/newcomers.h).
  unsigned newcomers_give_way_percent = 90;
  /// First contacts a second that one source may make, 0: any number. What it did not use in ten
  /// seconds is saved up.
  std::uint32_t first_contacts_per_address = 500;   ///< over CoAP: an IPv4 address or an IPv6 /64
  std::uint32_t first_contacts_per_broker = 2'000;  ///< all that lies behind a broker is one source
  std::uint32_t first_contacts_per_smsc = 1'000;
  std::size_t max_aliases_per_device = 4;      ///< at most Device::kMostAliases
  std::size_t max_postings_per_device = 4;     ///< at most Device::kMostPostings
  std::size_t max_push_targets = 100'000;      ///< devices that are pushed to
  std::size_t max_waiting_requests = 100'000;  ///< requests of devices left open, in all
  std::size_t max_waiting_requests_per_device = 4;
  std::size_t max_unsaved_devices = 50'000;    ///< new devices whose first commit is still to come
  base::Duration answer_within{2'000};         ///< then a device that waits is told "pending"
  base::Duration pending_retry_after{10'000};  ///< what "pending" tells the device to wait
  std::chrono::seconds default_lifetime{90'000};  ///< RFC 9176 5.3: 25 hours
  std::chrono::seconds min_lifetime{60};
  std::chrono::seconds max_lifetime{2'592'000};  ///< 30 days
  /// How long a device that no connection tells of counts as reachable after it was heard of
  /// (Presences): as long as a NAT keeps a way open at least (RFC 4787, REQ-5).
  std::chrono::seconds reachable_for{120};
  /// How much older registrations and messages are after a restart at most; if the machine's clock
  /// says more they are as old as before.
  std::chrono::seconds longest_outage{2'592'000};
  std::chrono::seconds refused_retry{
      3'600};  ///< a refused device that shows up later is asked for again
  base::Duration provisioning_backoff_first{
      500};  ///< after an answer for this device that is of no use
  base::Duration provisioning_backoff_most{60'000};
  FirstContact first_contact = FirstContact::open;
  Renewal renewal = Renewal::keep;  ///< stands in [provisioning]
};

}  // namespace msggw::core
