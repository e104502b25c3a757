// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sms/id_book.h"
#include "adapters/sms/options.h"
#include "adapters/sms/smpp/session.h"
#include "adapters/sms/text/receipt.h"
#include "gateway/base/clock.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"

namespace msggw::sms {

/// Which receipt belongs to which submit_sm, however the SMSC writes ids, and whichever comes
/// first: the receipt or the submit_sm_resp with the id. Counts what receipts say. A call costs as
/// much as there are ids in the readings, tick() as much as is due. Loop thread only.
class ReceiptBook {
 public:
  /// The receipt of a part has come with a final state, or is given up (none). Returns the number
  /// to which its message went; none if that has ended before.
  using Settled = std::function<std::optional<std::string>(smpp::Ticket,
                                                           std::optional<sms_text::MessageState>)>;
  /// A receipt from `number`, in E.164, whose id nobody has claimed within kEarlyFor. Returns true
  /// if it is known after all what it is about.
  using Unclaimed = std::function<bool(SmscNo, const std::string& number, sms_text::MessageState)>;

  /// `options` and `registry` must outlive it.
  ReceiptBook(const Options& options, base::HashKey key, base::metrics::Registry& registry,
              Settled settled);
  void ask_of_unclaimed(Unclaimed unclaimed) { unclaimed_ = std::move(unclaimed); }
  /// The number to which a part went, in E.164; empty: its message has ended. With it receipts are
  /// matched that come by another SMSC than the one that gave the id.
  using NumberOf = std::function<std::string(smpp::Ticket)>;
  void ask_for_numbers(NumberOf number_of) { number_of_ = std::move(number_of); }

  /// The SMSC has accepted a part under `id`. Its one `settled` may come at once.
  void expect(SmscNo smsc, smpp::Ticket ticket, const std::string& id, base::TimePoint now);
  /// A receipt from `number` that can be read in these ways, at least one, the likeliest first; all
  /// have a state.
  void received(SmscNo smsc, const std::vector<sms_text::Receipt>& readings, base::TimePoint now,
                std::string number = {});
  void unreadable(SmscNo smsc, const std::string& reason, base::TimePoint now);
  /// Returns true if one of the readings, with a state or without, is about a message whose receipt
  /// is awaited, or has come a while ago.
  bool knows(SmscNo smsc, const std::vector<sms_text::Receipt>& readings) const;

  void tick(base::TimePoint now);
  std::optional<base::TimePoint> next_deadline() const;
  std::size_t awaited() const noexcept { return awaited_.size(); }
  /// Returns true if knows() is false whatever it is asked.
  bool is_empty() const noexcept {
    return awaited_.size() == 0 && early_.size() == 0 && done_.size() == 0;
  }

 private:
  static constexpr std::chrono::seconds kEarlyFor{60};
  static constexpr std::size_t kMostErrorOctets = 32;  ///< kept and told of what an SMSC wrote

  enum class End : std::uint8_t {
    delivered,
    failed,
    intermediate,
    repeated,
    adopted,  ///< of an id that nobody knows, by the number from which it came
    late,     ///< of a message that was given up, or sent once more since
    unknown,  ///< of nothing that was sent
    missing,  ///< none came within Options::receipt_within
    unreadable
  };

  /// What a receipt says.
  struct Outcome {
    sms_text::MessageState state;
    std::string error;
  };
  /// A receipt before the response: one for all the ids that it may mean.
  struct Early {
    Outcome outcome;
    SmscNo smsc{};
    std::string number;
    bool has_ended = false;
  };

  static Outcome outcome_of(const std::vector<sms_text::Receipt>& readings);
  std::optional<std::string> settle(smpp::Ticket ticket, End end,
                                    std::optional<sms_text::MessageState> state = {});
  /// The awaited receipt has come.
  void settle(SmscNo smsc, smpp::Ticket ticket, std::string key, const Outcome& outcome,
              base::TimePoint now);
  void drop_early();
  std::optional<std::string> key_elsewhere(SmscNo smsc,
                                           const std::vector<sms_text::Receipt>& readings,
                                           const std::string& number) const;
  std::vector<std::string> keys_of(SmscNo smsc,
                                   const std::vector<sms_text::Receipt>& readings) const;
  void count(End end) { counters_[static_cast<std::size_t>(end)]->Increment(); }

  const Options& options_;
  Settled settled_;
  Unclaimed unclaimed_;
  NumberOf number_of_;
  std::array<base::metrics::Counter*, 9> counters_;
  base::metrics::Gauge& gauge_;
  IdBook<smpp::Ticket> awaited_;
  IdBook<std::shared_ptr<Early>> early_;
  IdBook<std::uint8_t> done_;  ///< a receipt that comes twice is no unknown one
  base::log::Limit undelivered_log_{1};
  base::log::Limit unreadable_log_{1};
};

}  // namespace msggw::sms
