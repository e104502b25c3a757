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
  /// The receipt of a part has come or is given up. Returns the number to which its message went;
  /// none if that has ended before.
  using Settled = std::function<std::optional<std::string>(smpp::Ticket)>;

  /// `options` and `registry` must outlive it.
  ReceiptBook(const Options& options, base::HashKey key, base::metrics::Registry& registry,
              Settled settled);

  /// The SMSC has accepted a part under `id`. Its one `settled` may come at once.
  void expect(SmscNo smsc, smpp::Ticket ticket, const std::string& id, base::TimePoint now);
  /// A receipt that can be read in these ways, at least one, the likeliest first; all have a state.
  void received(SmscNo smsc, const std::vector<sms_text::Receipt>& readings, base::TimePoint now);
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
    bool has_ended = false;
  };

  static Outcome outcome_of(const std::vector<sms_text::Receipt>& readings);
  std::optional<std::string> settle(smpp::Ticket ticket, End end);
  /// The awaited receipt has come.
  void settle(SmscNo smsc, smpp::Ticket ticket, std::string key, const Outcome& outcome,
              base::TimePoint now);
  void drop_early();
  std::vector<std::string> keys_of(SmscNo smsc,
                                   const std::vector<sms_text::Receipt>& readings) const;
  void count(End end) { counters_[static_cast<std::size_t>(end)]->Increment(); }

  const Options& options_;
  Settled settled_;
  std::array<base::metrics::Counter*, 8> counters_;
  base::metrics::Gauge& gauge_;
  IdBook<smpp::Ticket> awaited_;
  IdBook<std::shared_ptr<Early>> early_;
  IdBook<std::uint8_t> done_;  ///< a receipt that comes twice is no unknown one
  base::log::Limit undelivered_log_{1};
  base::log::Limit unreadable_log_{1};
};

}  // namespace msggw::sms
