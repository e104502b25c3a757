// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "tests/sim/smsc/campaign.h"
#include "tests/sim/smsc/counters.h"
#include "tests/sim/smsc/delivery.h"
#include "tests/sim/smsc/journal.h"
#include "tests/sim/smsc/messages.h"
#include "tests/sim/smsc/options.h"
#include "tests/sim/smsc/phones.h"
#include "tests/sim/smsc/receipts.h"
#include "tests/sim/smsc/wire.h"

namespace msggw::smsc {

class Session;

/// The message centre behind all links: who may bind, what happens to a submit_sm, what waits for
/// whom. No sockets. One thread; whoever enters it calls read_clock() first.
class Centre {
 public:
  static constexpr std::size_t kMostAccounts = 1'000;
  static constexpr std::size_t kMostCampaigns = 100;  ///< kept; the oldest that is over gives way

  explicit Centre(Behaviour behaviour);
  Centre(const Centre&) = delete;
  Centre& operator=(const Centre&) = delete;

  void read_clock();
  Instant now() const { return now_; }
  base::TimePoint wall() const { return wall_; }

  const Behaviour& behaviour() const { return behaviour_; }
  base::Result<> change(const boost::json::object& changes);
  Counters& counters() { return counters_; }
  Journal& journal() { return journal_; }
  Phones& phones() { return phones_; }
  const Messages& messages() const { return messages_; }

  /// Sessions add and remove themselves; numbers are not used twice.
  std::uint32_t add(Session& session);
  void remove(const Session& session);
  const std::map<std::uint32_t, Session*>& sessions() const { return sessions_; }

  /// Whether the ESME may bind; `account` is set when the answer is ok.
  Status bind(const Bind& bind, Account*& account);
  void bound(Session& session);
  /// Whether what waits is to leave before the response to a bind or an unbind.
  bool crosses() { return happens(behaviour_.crossing); }
  /// The session takes nothing more.
  void remove_receiver(const Session& session);
  /// Answers a submit_sm or data_sm that was well formed, now or together with its receipt.
  void submit(Session& from, const Header& header, const Sm& sm);
  /// The views of `out` are of use until the next call.
  void compose(const Delivery& delivery, Sm& out);
  /// `delivery` was written; its attempts count this time.
  void sent(const Delivery& delivery);
  void answered(Account& account, const Delivery& delivery, Instant sent, Status status);
  /// No answer came, the link being lost or the time being up.
  void unanswered(Account& account, const Delivery& delivery);

  /// Gives what waits to the receivers that have room, in turns.
  void pump();
  /// Moves what is due into the queues, ends campaigns that are over.
  void run_due();
  /// When run_due() or pump() has something to do next without an event; none: never.
  std::optional<Instant> next_due() const;

  /// From POST /messages. overloaded: too many wait; others as parse_original().
  base::Result<std::uint32_t> post(const boost::json::object& body);
  /// From POST /campaigns. overloaded: too many are not over.
  base::Result<std::uint32_t> start_campaign(const boost::json::object& body);
  const Campaign* campaign(std::uint32_t id) const;
  /// Called with the number of a phone that has received a message.
  void on_phone(std::function<void(std::string_view)> callback) { on_phone_ = std::move(callback); }

  boost::json::object show_counters() const;
  void reset();

 private:
  /// Lets through as many a second as asked for, a second's worth at once.
  class Rate {
   public:
    bool pass(double rate, Instant now);

   private:
    double used_ = 0;
    Instant last_{0};
  };

  bool happens(double share);
  Account* find_account(std::string_view name);
  Account& account(std::string_view name);
  Status admit(const Sm& sm);
  Campaign* find_campaign(std::uint32_t id);
  bool plan_receipt(Session& from, const Header& header, const Sm& sm, std::uint64_t id,
                    Campaign* campaign, std::uint32_t campaign_id);
  void release(Receipt& receipt);
  void try_later(Account& account, const Delivery& delivery);
  std::optional<Delivery> next_for(Account& account);
  std::optional<Delivery> from_shared(Account& account);
  std::optional<Delivery> from_campaigns(const Account& account);
  void seed();

  Behaviour behaviour_;
  Counters counters_;
  Journal journal_;
  Phones phones_;
  Messages messages_;
  ReceiptTable receipts_;
  std::map<std::uint32_t, Campaign> campaigns_;
  std::vector<std::uint32_t> running_;
  std::uint32_t last_campaign_ = 0;
  std::uint16_t reference_ = 0;

  std::map<std::string, Account, std::less<>> accounts_;  ///< nodes stay where they are
  std::deque<Delivery> shared_;                           ///< for whoever is bound
  Later later_;
  std::map<std::uint32_t, Session*> sessions_;
  std::vector<Session*> receivers_;
  std::size_t turn_ = 0;
  std::uint32_t last_link_ = 0;

  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  base::TimePoint wall_start_;
  Instant now_{0};
  base::TimePoint wall_{};
  std::mt19937_64 random_;
  std::uint64_t last_id_ = 0;
  Rate throttle_, queue_full_;
  std::function<void(std::string_view)> on_phone_;
  ReceiptText receipt_text_;
  std::string number_text_, id_text_;
};

}  // namespace msggw::smsc
