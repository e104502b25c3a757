// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sms/routes.h"
#include "adapters/sms/text/alphabet.h"
#include "adapters/sms/text/parts.h"
#include "gateway/base/address.h"
#include "gateway/base/clock.h"
#include "gateway/core/speaker.h"

namespace msggw::sms {

inline constexpr std::uint16_t kSmppPort = 2'775;  ///< registered for SMPP
/// Octets of each text of an account; smpp::kMostAccountText says why.
inline constexpr std::size_t kMostAccountText = 64;

/// How the gateway is bound at an SMSC (SMPP 3.4 2.2).
enum class BindMode {
  transceiver,               ///< one connection both ways
  transmitter_and_receiver,  ///< one for each, for SMSCs without transceivers
  receiver,                  ///< messages from devices only
  transmitter                ///< messages to devices only
};

/// As the configuration writes it. Static storage.
constexpr std::string_view name_of(BindMode bind) noexcept {
  switch (bind) {
    case BindMode::transceiver: return "transceiver";
    case BindMode::transmitter_and_receiver: return "transmitter+receiver";
    case BindMode::receiver: return "receiver";
    case BindMode::transmitter: return "transmitter";
  }
  return {};
}

/// How an SMSC writes message ids in one place; see text/receipt_id.h.
enum class IdWriting {
  as_is,
  loose,    ///< leading zeros and letter case do not count
  decimal,  ///< a decimal number
  hex       ///< a hexadecimal number
};

/// Which phones the gateway takes in at their first SMS. Devices it knows are always served.
enum class FirstContact {
  open,     ///< all, as far as limits.first_contact allows
  known,    ///< none: only devices that the operator has added
  pattern,  ///< those whose number one of Options::numbers describes
};

/// What a number of TON unknown without a leading '+' or prefix is.
enum class BareNumbers { international, national, refuse };

/// What becomes of a message that was being sent when the process died.
enum class AfterCrash {
  repeat,  ///< it is sent again: a phone may show it twice
  unknown  ///< a receipt may still tell, else nobody knows
};

/// The place of an SMSC in Options::all.
enum class SmscNo : std::size_t {};

/// One SMSC: a [[smsc]] of the file, or the [sms] section itself.
struct SmscOptions {
  std::string name = "smsc";  ///< in events, metrics, status
  /// Tried in their order.
  std::vector<base::Address> addresses = {
      {base::Host(boost::asio::ip::address_v4::loopback()), kSmppPort}};
  // Texts of the account have at most kMostAccountText octets each.
  std::string system_id = "msggw";
  std::string password;
  std::filesystem::path password_file;  ///< holds it instead; read when the configuration is
  std::string system_type;
  BindMode bind = BindMode::transceiver;
  std::string address_range;  ///< of the bind
  std::string service_type;   ///< of messages to devices
  // TON and NPI (SMPP 3.4 5.2.5, 5.2.6). None: of a source what fits it, of a destination 1 and 1
  // (an E.164 number), of the range 0 and 0.
  std::optional<std::uint8_t> source_ton;
  std::optional<std::uint8_t> source_npi;
  std::optional<std::uint8_t> destination_ton;
  std::optional<std::uint8_t> destination_npi;
  std::optional<std::uint8_t> range_ton;
  std::optional<std::uint8_t> range_npi;
  std::string ca;           ///< PEM file; with it the connection is TLS
  std::string crl;          ///< file: what these have revoked
  std::string certificate;  ///< own, PEM file, for mutual TLS
  std::string key;
  std::uint32_t rate = 50;  ///< messages to devices a second
  std::uint32_t burst = 10;
  std::size_t window = 10;  ///< messages to devices without an answer, for each connection
  std::size_t max_unanswered = 1'000;  ///< messages from devices whose answer is not ready yet
  base::Duration connect_within{10'000};
  base::Duration response_within{10'000};
  base::Duration enquire_after{30'000};  ///< of silence
  sms_text::DefaultCoding default_coding = sms_text::DefaultCoding::gsm7_unpacked;
  sms_text::ReferenceForm long_messages = sms_text::ReferenceForm::udh8;
  IdWriting response_ids = IdWriting::as_is;  ///< in submit_sm_resp, and receipts' TLVs
  IdWriting receipt_ids = IdWriting::as_is;   ///< in the texts of receipts
  /// Whether it lets nobody write under another's number.
  bool trusted = true;
  /// Patterns of the numbers for which that is so; empty: for all.
  std::vector<std::string> trusted_numbers;
};

/// The [sms] section of the configuration; etc/msggw.toml explains each under the same name.
struct Options {
  bool enabled = false;
  SmscOptions smsc;                  ///< what [sms] says; the defaults of [[smsc]]
  std::filesystem::path smscs_file;  ///< of [[smsc]]; empty: there is one SMSC, `smsc`
  /// In the order of preference, until a reload; filled when the configuration is loaded, at least
  /// one.
  /// Purpose::look and a gateway without SMS do not read the file and have `smsc` there.
  std::vector<SmscOptions> all;
  const SmscOptions& of(SmscNo smsc) const noexcept { return all[static_cast<std::size_t>(smsc)]; }
  /// By place in `all`, those that are not configured any more, which keep their places as long as
  /// the process runs; may be shorter.
  std::vector<bool> gone;
  bool is_gone(std::size_t place) const noexcept { return place < gone.size() && gone[place]; }
  /// The places of the others in the order of preference; empty: as they stand in `all`.
  std::vector<SmscNo> order;
  std::vector<SmscNo> by_preference() const;
  SmscNo preferred() const noexcept { return order.empty() ? SmscNo{} : order.front(); }

  std::string country_code;                 ///< "49"; without it no national form is understood
  std::string national_prefix = "0";        ///< trunk prefix
  std::string international_prefix = "00";  ///< exit code
  BareNumbers bare_numbers = BareNumbers::international;
  FirstContact first_contact = FirstContact::open;
  std::vector<std::string> numbers;  ///< patterns of numbers with their '+', for `pattern`
  /// open: phones are served also if no SMSC is trusted for their number; proven: they are not.
  core::Admission admission = core::Admission::open;
  /// Whether such phones may send and receive.
  bool open_messages = false;
  /// Whether they may speak for a device that has credentials, or whose number another SMSC is
  /// trusted for by its trusted_numbers.
  bool claims_despite_credentials = false;
  Routes routes;  ///< of what devices write

  std::string source;  ///< of messages to devices; empty: the address that the device wrote to
  /// Of messages from MSGin5G, in place of `source`: each peer of a phone has one for itself, so
  /// that its reply finds the peer.
  std::vector<std::string> sources;
  std::string answer;          ///< the SMS at the end of a first contact; empty: none
  std::string answer_refused;  ///< the same where the device was refused
  std::string keyword_status;  ///< empty: off
  std::string keyword_stop;
  std::string answer_status = "{state} {serviceId}";
  std::string answer_stop;                       ///< empty: none
  std::string answer_unsent;                     ///< where nobody takes a text; empty: none
  base::Duration answer_every{10'000};           ///< SMS to one device that it asked for itself
  bool receipts = true;                          ///< ask the SMSC for them
  std::chrono::seconds receipt_within{608'400};  ///< then a message counts as without a receipt
  /// So much earlier the SMSC shall give up (validity_period).
  std::chrono::seconds receipt_margin{3'600};
  /// What becomes of messages of which it is not known whether they were sent when the process
  /// died.
  AfterCrash after_crash = AfterCrash::repeat;

  std::size_t max_outgoing = 100'000;             ///< messages to devices that wait to be sent
  std::chrono::seconds outgoing_lifetime{3'600};  ///< then one that waits is given up
  std::size_t max_tracked = 1'000'000;            ///< parts that wait for their receipt
  /// Ids of receipts before their submit_sm_resp, and as many of receipts that have come.
  std::size_t max_early_receipts = 10'000;
  std::size_t max_open_requests = 100'000;  ///< messages from devices that wait for the store
  std::size_t max_parts = 10;               ///< of a message to a device
  std::size_t max_partial_messages = 10'000;
  std::size_t max_partial_octets = 16U << 20;
  std::size_t max_partial_per_sender = 16;
  base::Duration partial_timeout{300'000};
  base::Duration held_lifetime{86'400'000};  ///< of a text that waits for a Service ID or for room

  base::Duration reconnect_first{500};  ///< ceiling of the first wait; doubles, full jitter
  base::Duration reconnect_most{30'000};
};

/// `wanted` with its SMSCs in the places that those of the same names have in `before`; others come
/// behind them, and those that are not wanted stay as `gone`, trusted for no number. Its order is
/// that in which they stood in `wanted`.
Options in_their_places(const Options& before, Options wanted);

}  // namespace msggw::sms
