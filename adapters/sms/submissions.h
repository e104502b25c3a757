// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sms/options.h"
#include "adapters/sms/receipt_book.h"
#include "adapters/sms/smpp/session.h"
#include "adapters/sms/text/parts.h"
#include "gateway/base/backoff.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"

namespace msggw::sms {

/// A message to a device.
struct Outgoing {
  enum class Receipt : std::uint8_t {
    none,     ///< is asked for
    told,     ///< what it says is told to the owner, also after a restart
    counted,  ///< and nothing more, by this process alone
  };

  std::string text;  ///< UTF-8, or any octets
  std::string to;    ///< E.164 with its '+'
  smpp::Address from;
  SmscNo smsc{};                           ///< the one that is best for it
  std::optional<sms_text::Ports> ports{};  ///< of applications; none: no port is said
  std::uint64_t no = 0;                    ///< by which the owner knows it
  Receipt receipt = Receipt::none;
  std::uint8_t priority = 0;  ///< SMPP 3.4 5.2.14
  base::TimePoint expires{};  ///< then it is given up
  bool ends_at_smsc = false;  ///< the SMSC is told to give it up then, too
};

/// Messages to devices that their owner, which has them durable, wants to be sent: split into parts
/// for the SMSC that takes them, sent again where the SMSC says "later" or nothing, moved to the
/// next SMSC of the list while theirs is away. Each ends with one word to the owner, at the latest
/// when it expires. No sockets and no clock. Loop thread only.
class Submissions {
 public:
  enum class End : std::uint8_t { sent, expired, refused, unanswered, unsendable, too_large };
  /// Who keeps messages. What it is told may come from any call.
  struct Owner {
    /// It goes to that SMSC in so many parts, whatever was accepted of it before.
    std::function<void(std::uint64_t no, SmscNo, std::size_t parts)> begun;
    std::function<void(std::uint64_t no, SmscNo, std::size_t part, const std::string& id)> accepted;
    /// All that can be said of it now: sent when all parts are accepted. Of a refusal the status; a
    /// part of it that was not answered may have come.
    std::function<void(std::uint64_t no, End, std::optional<smpp::Status>, bool may_have_come)>
        ended;
    /// The number of one whose receipts it is told. Empty: it has ended.
    std::function<std::string(std::uint64_t no)> number;
    /// The receipt of a part of such a one, or none came; as ReceiptBook::Settled.
    std::function<std::optional<std::string>(smpp::Ticket, std::optional<sms_text::MessageState>)>
        settled;
  };
  /// `options` and `registry` must outlive it.
  Submissions(const Options& options, base::HashKey key, std::uint64_t seed,
              base::metrics::Registry& registry);

  void set_owner(Owner owner) { owner_ = std::move(owner); }
  /// There may be more SMSCs in the options than there were.
  void follow_options() { queues_.resize(options_.all.size()); }
  /// The ticket under which a receipt is waited for of which the owner is told.
  static smpp::Ticket told_ticket(std::uint64_t no, std::size_t part) {
    return kTold | no << 8 | part;
  }
  static std::uint64_t number_in(smpp::Ticket told) { return (told & ~kTold) >> 8; }
  static std::size_t part_of(smpp::Ticket ticket) { return ticket & 0xFF; }

  void add(Outgoing message);

  /// Says whether the SMSC can be sent messages at all; at first none can.
  void set_up(SmscNo smsc, bool up);

  /// Returns true if the SMSC is up and next() has something for it.
  bool has_next(SmscNo smsc, base::TimePoint now);
  struct Submit {
    smpp::Ticket ticket;
    smpp::Message message;
  };
  /// Returns the next part for the SMSC. Requires has_next(). It ends with one call of answered()
  /// or unanswered() with its ticket.
  Submit next(SmscNo smsc, base::TimePoint now);

  /// The SMSC has answered a part. Returns true if it is to be sent messages more slowly.
  bool answered(SmscNo smsc, smpp::Ticket ticket, const smpp::Pdu& answer, base::TimePoint now);
  /// The SMSC has not answered a part, which is sent again: it may have arrived, but a message said
  /// twice is better than one not said.
  void unanswered(smpp::Ticket ticket, base::TimePoint now);
  /// A part cannot be written as a PDU, which ends its message.
  void unsendable(smpp::Ticket ticket, const std::string& reason, base::TimePoint now);
  ReceiptBook& receipts() noexcept { return receipts_; }
  const ReceiptBook& receipts() const noexcept { return receipts_; }

  /// Those of which no SMSC can have anything go back to their owner.
  std::vector<std::uint64_t> take_untouched();

  void tick(base::TimePoint now);
  std::optional<base::TimePoint> next_deadline() const;

  /// Not accepted yet.
  std::size_t waiting() const noexcept { return waiting_; }
  /// Of these: how many an SMSC has put off, which must not hold up the others.
  std::size_t put_off() const noexcept { return put_off_; }

 private:
  static constexpr smpp::Ticket kTold = smpp::Ticket{1} << 63;
  static constexpr std::size_t kMostUnanswered = 5;  ///< of a part, on average
  static constexpr std::uint32_t kUseMask = 0xFFFFFF;

  /// A message in a slot that is used again and again; `use` tells its users apart.
  struct Message {
    Outgoing out;
    std::vector<sms_text::Part> parts;  ///< for `smsc`; empty until the first is to be sent
    sms_text::Alphabet alphabet{};      ///< and how the parts were made, as the next two
    sms_text::DefaultCoding coding{};
    sms_text::ReferenceForm form{};
    SmscNo smsc{};
    std::size_t next_part = 0;
    std::size_t accepted = 0;  ///< parts
    std::size_t answers_due = 0;
    std::size_t receipts_due = 0;  ///< that are only counted
    std::uint32_t use = 0;
    std::size_t unanswered = 0;  ///< of all parts, as the next
    std::size_t put_off = 0;     ///< by "later"
    std::size_t delayed = 0;     ///< parts, by that, at present
    bool used = false;
    bool waiting = false;  ///< not accepted yet as a whole; counted in waiting_
    bool failed = false;
    std::optional<smpp::Status> put_off_by;  ///< what an SMSC said last when it did not take it
  };
  struct Delayed {
    base::TimePoint until;
    smpp::Ticket ticket;
    bool operator>(const Delayed& other) const noexcept { return until > other.until; }
  };
  struct Queue {
    std::deque<smpp::Ticket> fresh;  ///< of messages whose parts are still to be sent, part 0
    std::deque<smpp::Ticket> again;  ///< of parts
    bool up = false;
  };
  static constexpr std::size_t kEnds = 6;
  enum class Result : std::uint8_t { accepted, throttled, temporary, permanent, unanswered };
  struct Metrics {
    explicit Metrics(base::metrics::Registry& registry);
    std::array<base::metrics::Counter*, kEnds> ends;
    std::array<base::metrics::Counter*, 5> results;
    base::metrics::Gauge& waiting;
  };

  static smpp::Ticket ticket_of(std::size_t slot, std::uint32_t use, std::size_t part);
  static std::size_t slot_of(smpp::Ticket ticket) { return static_cast<std::size_t>(ticket >> 32); }
  /// Returns null if the message has ended, or is sent anew.
  Message* find(smpp::Ticket ticket);
  Queue& queue_of(SmscNo smsc) noexcept { return queues_[static_cast<std::size_t>(smsc)]; }
  std::optional<SmscNo> first_up() const;
  void reroute(Queue& from);
  void restart(smpp::Ticket ticket, SmscNo smsc);
  bool is_sendable(smpp::Ticket ticket, base::TimePoint now);
  base::Result<> prepare(Message& message);
  smpp::Message pdu_of(const Message& message, std::size_t part, base::TimePoint now) const;
  void send_again(SmscNo smsc, smpp::Ticket ticket);
  void accept(SmscNo smsc, smpp::Ticket ticket, const smpp::Pdu& answer, base::TimePoint now);
  std::string number_of(smpp::Ticket ticket);
  std::optional<std::string> settled(smpp::Ticket ticket,
                                     std::optional<sms_text::MessageState> state);
  void give_up(std::string_view event, smpp::Ticket ticket, End end, const std::string& reason,
               base::TimePoint now);
  void release_if_done(smpp::Ticket ticket);
  /// None of its parts is delayed any more.
  void no_longer_put_off(Message& message);
  /// Returns false if the message has ended before.
  bool stop_waiting(Message& message, End end);
  /// Says how a message ended that was not sent.
  void say_not_sent(std::string_view event, End end, const Outgoing& message,
                    const std::string& reason, base::TimePoint now);
  void count(End end) { metrics_.ends[static_cast<std::size_t>(end)]->Increment(); }
  void count(Result result) { metrics_.results[static_cast<std::size_t>(result)]->Increment(); }

  const Options& options_;
  Metrics metrics_;
  std::mt19937_64 random_;
  std::vector<Message> slots_;
  std::vector<std::size_t> free_;
  std::vector<Queue> queues_;
  std::priority_queue<Delayed, std::vector<Delayed>, std::greater<>> delayed_;
  Owner owner_;
  std::size_t waiting_ = 0;
  std::size_t put_off_ = 0;
  std::uint16_t reference_ = 0;
  std::array<base::log::Limit, kEnds> logs_;
  ReceiptBook receipts_;  ///< its calls come back to all of the above
};

}  // namespace msggw::sms
