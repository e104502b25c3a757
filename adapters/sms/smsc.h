#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sms/link.h"
#include "adapters/sms/options.h"
#include "adapters/sms/smpp/pace.h"
#include "gateway/base/log.h"

namespace msggw::sms {

/// One SMSC: its one or two binds, and the pace at which it takes messages. Loop thread only.
class Smsc {
 public:
  struct Request {
    SmscNo smsc{};
    std::size_t link = 0;
    Link::Request request;
  };
  struct Events {
    std::function<void(const Request&, const smpp::Message&)> message;
    std::function<void(SmscNo, smpp::Ticket, const smpp::Pdu&)> answered;
    std::function<void(smpp::Ticket)> unanswered;
  };

  /// The SMSC `no` of `options`. Throws std::runtime_error for a TLS file that cannot be used.
  /// References must outlive it.
  Smsc(boost::asio::io_context& io, const Options& options, SmscNo no, const base::Clock& clock,
       base::metrics::Registry& registry, const Events& events);

  void start();
  void stop();
  /// Reads the TLS files again, for connections to come; the old ones stay if they cannot be used.
  void reload();

  bool is_bound() const noexcept;  ///< every bind it has
  bool may_send() const noexcept;  ///< a bind that messages can be sent over is up
  /// Whether a message may be sent now; it is counted against the pace if so.
  bool take_room(base::TimePoint now);
  /// When the pace lets the next message go; none: the window is full or nothing is bound.
  std::optional<base::TimePoint> room_at(base::TimePoint now);
  base::Result<> send(smpp::Message message, smpp::Ticket ticket);
  bool answer(const Request& request, smpp::Status status);
  /// The SMSC said "not so fast".
  void slow_down(base::TimePoint now);
  void flush();

  /// In the order of the binds; at least one.
  const std::vector<std::unique_ptr<Link>>& links() const noexcept { return links_; }
  SmscNo no() const noexcept { return no_; }
  const SmscOptions& options() const noexcept { return options_; }

 private:
  Link* sender() const noexcept;

  const SmscNo no_;
  const SmscOptions& options_;
  tls::Source tls_;
  smpp::Pace pace_;
  base::log::Limit throttled_log_{1};
  base::metrics::Gauge& rate_;
  std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace msggw::sms
