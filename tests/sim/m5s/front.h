// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>

#include "tests/sim/m5s/api.h"
#include "tests/sim/m5s/client.h"

namespace msggw::m5s {

/// What stands between the sockets and the world: answers requests as faults will have it, writes
/// the journal, and makes the requests of the relay. One thread, that of `io`.
class Front {
 public:
  using Restart = std::function<void(Span down)>;

  /// `world` must outlive it, and `io` too.
  Front(boost::asio::io_context& io, World& world);
  Front(const Front&) = delete;
  Front& operator=(const Front&) = delete;

  /// What a fault `restart` does to the listener.
  void on_restart(Restart restart) { restart_ = std::move(restart); }
  /// Called whenever something may have changed that a tester waits for.
  void on_change(std::function<void()> change) { change_ = std::move(change); }

  void handle(Request request, Reply reply);
  /// Makes the requests that are due. To be called when the world was changed from elsewhere.
  void touch();
  void restart(Span down, bool lose_store);

 private:
  struct Answer;

  void finish(Answer answer);
  void ask(Relay::Outgoing outgoing);
  void post(Relay::Outgoing outgoing, bool counts, const std::string& fault);
  void later(Span span, std::function<void()> what);

  boost::asio::io_context& io_;
  World& world_;
  Api api_;
  Client client_;
  boost::asio::steady_timer due_;
  Restart restart_;
  std::function<void()> change_;
};

}  // namespace msggw::m5s
