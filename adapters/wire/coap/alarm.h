// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "gateway/base/clock.h"

namespace msggw::coap {

/// One timer for whoever has many things that fall due. It may ring before anything is: whoever
/// hears it does what is due and sets it again. Loop thread only.
class Alarm {
 public:
  Alarm(boost::asio::io_context& io, const base::Clock& clock, std::function<void()> rings)
      : clock_(clock), rings_(std::move(rings)), timer_(io) {}

  /// It rings at `at` at the latest; none: nothing is due.
  void set(std::optional<base::TimePoint> at) {
    if (!at || (at_ && *at_ <= *at)) return;
    at_ = at;
    timer_.expires_after(*at - clock_.now());
    timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& e) {
      if (e || alive.expired()) return;
      at_.reset();
      rings_();
    });
  }

 private:
  const base::Clock& clock_;
  std::function<void()> rings_;
  std::optional<base::TimePoint> at_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace msggw::coap
