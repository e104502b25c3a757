// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/sms/answers.h"
#include "adapters/sms/doors.h"
#include "adapters/sms/downlink.h"
#include "adapters/sms/inbox.h"
#include "adapters/sms/open_message.h"
#include "adapters/sms/options.h"
#include "adapters/sms/smsc.h"
#include "adapters/sms/submissions.h"
#include "adapters/sms/uplink.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"
#include "gateway/base/metrics.h"
#include "gateway/core/adapter.h"
#include "gateway/core/limits.h"
#include "gateway/core/open_requests.h"
#include "gateway/credentials/gate.h"
#include "gateway/messages/adapter.h"

namespace msggw::sms {

/// Phones and SMS-only modules behind one or more SMSCs, SMPP 3.4: the gateway is an ESME. The
/// number of a phone in E.164 is its Private ID, ueType LEGACY_3GPP; its first SMS, whatever it
/// says, is its registration, which lasts until it says the keyword for stop or the operator
/// removes it. The SMSC gets its deliver_sm_resp when the number is durable, not later: the Service
/// ID comes by the path that all bearers share, and is told by SMS if the configuration has a text
/// for it.
///
/// The answers to deliver_sm:
/// - ESME_ROK: the number is recorded, or there was nothing to record.
/// - ESME_RX_T_APPN, ESME_RTHROTTLED, ESME_RMSGQFUL: not now; the SMSC gives the message again.
/// - ESME_RX_R_APPN: refused by policy, here or at the Provisioning Function, or by an operator.
/// - ESME_RX_P_APPN: there is no number that could be a Private ID.
///
/// Loop thread only.
class SmsAdapter final : public core::Adapter, public messages::Adapter {
 public:
  /// Throws std::runtime_error for files that cannot be used. All references must
  /// outlive the adapter.
  SmsAdapter(const base::Context& context, const Options& options, const Doors& doors);
  SmsAdapter(const SmsAdapter&) = delete;
  SmsAdapter& operator=(const SmsAdapter&) = delete;

  core::Bearer bearer() const noexcept override { return core::Bearer::sms; }
  void start() override;
  void answer(const core::Answer& answer) override;
  void answer(const messages::Answer& answer) override;
  void waited_for(core::DeviceNo device) override { downlink_.waited_for(device); }
  void notice(core::DeviceNo device, bool first) override;
  void decided(core::DeviceNo device) override;
  void gone(core::DeviceNo device) override;
  void end_turn(base::TimePoint now) override;
  void stop() override;

  /// The options have changed in place, all but those of binds (Smsc) and of when they are tried
  /// again; SMSCs are in_their_places(). Those that are new are bound, those that are gone are left
  /// in good order, and those that are others now are made anew.
  void reconfigure();

  /// One message from an SMSC, for the loop and for tests without one.
  void receive(const Smsc::Request& request, const smpp::Message& message);

  /// Returns true if no connection is left; after stop() the SMSCs are told so first.
  bool has_left() const noexcept;
  /// Returns true if at least one SMSC is bound.
  bool is_connected() const noexcept;
  /// False: only SMS leads to the device, and no message of at most max_parts parts can say it.
  bool can_bring(core::DeviceNo device, std::string_view content) const {
    return downlink_.can_bring(device, content);
  }
  const std::vector<std::unique_ptr<Smsc>>& smscs() const noexcept { return smscs_; }
  /// Whether it is not configured any more.
  /// Those that are configured.
  std::vector<SmscNo> by_preference() const { return options_.by_preference(); }
  const Uplink& uplink() const noexcept { return uplink_; }

 private:
  using Readings = std::vector<sms_text::Receipt>;
  static constexpr std::size_t kErrcs = static_cast<std::size_t>(base::Errc::storage) + 1;

  enum class Received : std::uint8_t {
    message,  ///< the first of a device, or one that nobody is there for yet
    part,
    status,
    stop,
    receipt,
    acknowledgement
  };
  /// What an SMSC hears when all that it is about is durable (Smsc::Request::after).
  struct Answered {
    Smsc::Request request;
    smpp::Status status;
    base::TimePoint until;  ///< then the SMSC is told to give it again
  };
  struct Metrics {
    explicit Metrics(base::metrics::Registry& registry);
    std::array<base::metrics::Counter*, 6> received;
    std::array<base::metrics::Counter*, kErrcs> refused;  ///< by Errc
    base::metrics::Counter& refused_sender;
    base::metrics::Counter& refused_policy;
    base::metrics::Counter& refused_information;
    base::metrics::Gauge& open;
  };

  void on_message(const Smsc::Request& request, const smpp::Message& message);
  void on_receipt(const Smsc::Request& request, const smpp::Address& from,
                  const Readings& readings);
  bool is_receipt(SmscNo smsc, const Readings& readings) const;
  Smsc& smsc_of(SmscNo no) noexcept { return *smscs_[static_cast<std::size_t>(no)]; }
  bool is_welcome(const std::string& number) const;
  core::Speaker speaker_of(const std::string& number, SmscNo smsc) const;
  std::optional<core::Denial> why_not(const std::string& number, SmscNo smsc, core::Act act);
  bool is_registered(const std::string& number) const;
  void act_on(OpenMessage message, const Text& text, bool was_parted);
  bool is_own(const Text& text, bool is_first);
  OpenMessage::Wish keyword_of(const Text& text) const;
  OpenMessage::Wish wish_of(const Text& text);
  std::string information_of(const Text& text);
  Uplink::Events uplink_events();
  Smsc::Events smsc_events();
  void restore(const messages::DeviceSide::Restored& one);
  void ask_core(OpenMessage message, std::string_view info, bool info_is_late);
  void tell(OpenMessage& message, bool was_registered);
  void finish(OpenMessage message, const core::Answer& answer);
  void reply(const Smsc::Request& request, smpp::Status status);
  void reply_when_durable(base::TimePoint now);
  void submit(base::TimePoint now);
  void wake(base::TimePoint now);
  void count(Received kind) { metrics_.received[static_cast<std::size_t>(kind)]->Increment(); }

  const Options& options_;
  base::Context context_;
  core::Registrations& registrations_;
  messages::DeviceSide& messages_;
  const core::Limits& limits_;
  const base::Clock& clock_;
  credentials::Gate gate_;
  Metrics metrics_;
  Submissions submissions_;
  Downlink downlink_;
  Answers answers_;
  Uplink uplink_;
  std::deque<Answered> answered_;
  core::OpenRequests<OpenMessage> open_;
  base::log::Limit sender_log_{1};
  base::log::Limit policy_log_{1};
  boost::asio::steady_timer timer_;
  base::TimePoint timer_at_ = base::TimePoint::max();
  bool stopped_ = false;
  std::vector<std::unique_ptr<Smsc>> smscs_;  ///< last: their events use all of the above
};

}  // namespace msggw::sms
