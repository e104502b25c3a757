// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/sms/doors.h"
#include "adapters/sms/numbers.h"
#include "adapters/sms/options.h"
#include "adapters/sms/sending.h"
#include "adapters/sms/smsc.h"
#include "adapters/sms/submissions.h"
#include "gateway/base/context.h"
#include "gateway/base/metrics.h"

namespace msggw::sms {

/// Brings messages of MSGin5G to phones, and the texts of the gateway itself. A phone is reachable
/// while an SMSC is bound; else what is for it waits in the store. What proof is (TS 23.554 8.6.1)
/// is decided here, and nowhere else:
/// - of a message whose sender wants a report, a receipt DELIVRD of each of its parts;
/// - of one whose sender wants none, that the SMSC has accepted all parts: no receipt is asked for.
///
/// A text ends when the SMSC has accepted all parts; what its receipt says is counted and told.
///
/// That a message is being sent is durable before its first submit_sm, and so are the ids of its
/// parts, by which receipts are matched after a restart. Once the SMSC has accepted it the next one
/// to its phone goes. Loop thread only.
class Downlink {
 public:
  /// All references must outlive it. Where messages are not offered only texts go.
  Downlink(const base::Context& context, const Options& options, const Doors& doors,
           Submissions& submissions);

  /// What was under way when the last process ended. Once, before the first turn.
  void start(base::TimePoint now);
  /// messages::Adapter::waited_for().
  void waited_for(core::DeviceNo device);
  /// Gives `submissions` what may go. `smscs`: which of them are bound, and how fast.
  void end_turn(const std::vector<std::unique_ptr<Smsc>>& smscs, base::TimePoint now);
  /// Nothing more is sent: what no SMSC can have waits in its lane again.
  void stop() {
    give_back();
    was_up_ = false;
  }

  /// False: only SMS leads to the device, and no message of at most max_parts parts can say it.
  bool can_bring(core::DeviceNo device, std::string_view content) const;
  /// The number of the batch with which what receipts have said is durable; none: it is.
  std::optional<std::uint64_t> durable_with() const;
  bool is_durable(std::uint64_t batch) const;
  /// Whoever waits for longer is told to try again.
  base::Duration answer_within() const { return messages_.queue().limits.answer_within; }

 private:
  static constexpr std::size_t kRowsATurn = 4'096;

  /// Chosen, and on its way to an SMSC.
  struct Chosen {
    bool wants_report = false;
    bool begins = true;  ///< nothing of `sending` is true any more
    std::string smsc;
    std::size_t parts = 0;
    base::TimePoint expires{};
  };
  /// It is written down, and goes when that is durable.
  struct Ready {
    std::uint64_t batch = 0;
    Outgoing message;
  };
  enum class Outcome : std::uint8_t { accepted, delivered, failed, not_sent, unproven };
  static constexpr std::size_t kOutcomes = 5;

  std::optional<SmscNo> smsc_of(const std::string& name) const;
  std::size_t most_ahead(const std::vector<std::unique_ptr<Smsc>>& smscs) const;
  void call(core::DeviceNo device);
  void follow(bool is_up);
  void give_back();
  void restore(messages::MessageNo no, base::TimePoint now);
  void choose(const messages::Delivery& delivery, base::TimePoint now);
  Outgoing outgoing_for(const messages::Delivery& delivery, const messages::Message& message) const;
  std::optional<Sending> sending_of(messages::MessageNo no) const;
  void write_down(messages::MessageNo no, const Sending& sending,
                  std::optional<base::TimePoint> proof_by = {});
  // Submissions::Owner
  void begun(messages::MessageNo no, SmscNo smsc, std::size_t parts);
  void accepted(messages::MessageNo no, std::size_t part, const std::string& id);
  void ended(messages::MessageNo no, Submissions::End end, std::optional<smpp::Status> status,
             bool may_have_come);
  std::optional<std::string> settled(messages::MessageNo no, std::size_t part,
                                     std::optional<sms_text::MessageState> state);
  bool adopt(const std::string& number, sms_text::MessageState state);
  void fail(messages::MessageNo no, messages::Cause cause, Outcome outcome);
  void count(Outcome outcome) { outcomes_[static_cast<std::size_t>(outcome)]->Increment(); }

  core::Registrations& registrations_;
  messages::DeviceSide& messages_;
  const bool offers_messages_;
  const credentials::Proofs* proofs_;
  boost::asio::io_context& io_;
  const base::Clock& clock_;
  const Options& options_;
  Submissions& submissions_;
  std::array<base::metrics::Counter*, kOutcomes> outcomes_;
  std::vector<Source> sources_;
  std::vector<std::uint32_t> own_;  ///< of `sources_`, as messages know them; empty: there is one
  boost::unordered_flat_map<messages::MessageNo, Chosen> chosen_;
  std::deque<Ready> ready_;
  /// After a crash: those of which it is not known whether they were sent, by their device.
  boost::unordered_flat_map<core::DeviceNo, std::vector<messages::MessageNo>> doubtful_;
  std::size_t again_ = 0;  ///< after a crash
  bool was_up_ = false;
  std::optional<core::DeviceNo> walk_;  ///< the next to be called since an SMSC is there
};

}  // namespace msggw::sms
