// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>

#include "gateway/base/clock.h"
#include "provisioning/function/call.h"
#include "provisioning/protocol/messages.h"
#include "provisioning/tester/tester.h"

namespace msggw::function {

/// One request that a tester watches: what is to go wrong with it, and where it stands in the
/// journal.
class Trial {
 public:
  /// None of a tester's faults applies.
  bool is_ordinary() const noexcept { return !fate_.action; }
  /// Whether the desk is to see the request.
  bool is_carried_out() const noexcept { return is_ordinary() || fate_.action->carried_out; }
  /// Requires !is_ordinary().
  const tester::Action& action() const noexcept { return *fate_.action; }

 private:
  friend class Trials;
  tester::Fate fate_;
  tester::Operation operation_{};
  std::size_t subjects_ = 0;
};

/// Whom an answer is for, and what a tester wants to be done to it; `trial` is null where nobody
/// watches.
template <class To>
struct Watched {
  To to;
  std::unique_ptr<Trial> trial;
};

/// What a tester's controls make of requests and answers, for all faces. It reads bodies a second
/// time, on both ways: the path of those whom nobody watches stays as short as it is. Loop thread
/// only.
class Trials {
 public:
  /// `tester` must outlive this object.
  Trials(boost::asio::io_context& io, tester::Tester& tester, const protocol::WireLimits& wire)
      : io_(io), tester_(tester), wire_(wire) {}

  boost::asio::io_context& io() const noexcept { return io_; }

  /// Notes a request and decides its fate. `gateway` is the proven name of who asks, or empty.
  Trial begin(const Call& call, std::string_view gateway);

  /// Calls `act` after the delay that the fault asks for, in a later handler of the loop. What
  /// `act` needs must be there then, or be looked for.
  void later(const Trial& trial, std::function<void()> act);

  /// Makes of the desk's reply (or of none) what the fault wants to be said.
  void spoil(const Trial& trial, Reply& reply) const;

  /// Notes what was said.
  void said(const Trial& trial, const Reply& reply);

 private:
  boost::asio::io_context& io_;
  tester::Tester& tester_;
  protocol::WireLimits wire_;
};

}  // namespace msggw::function
