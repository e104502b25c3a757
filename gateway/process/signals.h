// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>
#include <utility>

#include "gateway/base/log.h"

namespace msggw::process {

/// Calls `stop` on the loop of `io` at the first SIGINT or SIGTERM, and says which it was; a second
/// one ends the process at once.
class StopSignals {
 public:
  StopSignals(boost::asio::io_context& io, std::function<void()> stop)
      : signals_(io, SIGINT, SIGTERM), stop_(std::move(stop)) {
    ::signal(SIGPIPE,
             SIG_IGN);  // a peer that closes is an error of a write, not the end of the process
    signals_.async_wait([this](const boost::system::error_code& error, int number) {
      if (error) return;
      base::log::info("stopping", {{"signal", number == SIGINT ? "SIGINT" : "SIGTERM"}});
      ::signal(SIGINT, SIG_DFL);
      ::signal(SIGTERM, SIG_DFL);
      signals_.clear();
      stop_();
    });
  }

 private:
  boost::asio::signal_set signals_;
  std::function<void()> stop_;
};

/// Calls `reload` on the loop of `io` at every SIGHUP, which otherwise would end the process.
class ReloadSignal {
 public:
  ReloadSignal(boost::asio::io_context& io, std::function<void()> reload)
      : signals_(io, SIGHUP), reload_(std::move(reload)) {
    wait();
  }

 private:
  void wait() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      reload_();
      wait();
    });
  }

  boost::asio::signal_set signals_;
  std::function<void()> reload_;
};

}  // namespace msggw::process
