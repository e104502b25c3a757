// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <list>
#include <optional>
#include <string>

#include "tests/sim/m5s/front.h"
#include "tests/sim/smsc/http.h"

namespace msggw::m5s {

/// The tester's HTTP interface below /m5s/v1 (docs/server-double.md). One thread, that of the
/// front.
class Control {
 public:
  static constexpr std::int64_t kMostWait = 300;  ///< seconds that a long poll may take
  static constexpr std::size_t kMostWaiters = 1'000;

  /// Both must outlive it.
  Control(World& world, Front& front);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  void handle(const smsc::HttpRequest& request, const smsc::HttpServer::Reply& reply);
  /// Answers the long polls that have what they wait for, or whose time is up. To be called when
  /// something has changed, and several times a second.
  void check_waiters();

 private:
  using HttpRequest = smsc::HttpRequest;
  using HttpResponse = smsc::HttpResponse;
  /// None: not there yet. With `at_once` there is always one.
  using Look = std::function<std::optional<HttpResponse>(bool at_once)>;
  struct Waiter {
    Look look;
    Instant until;
    smsc::HttpServer::Reply reply;
  };

  HttpResponse route(const HttpRequest& request);
  HttpResponse send(const HttpRequest& request);
  HttpResponse messages(const HttpRequest& request) const;
  HttpResponse journal(const HttpRequest& request);
  HttpResponse registrations(const HttpRequest& request) const;
  HttpResponse deregister(const std::string& service_id);
  HttpResponse groups(const HttpRequest& request) const;
  HttpResponse group(const HttpRequest& request);
  HttpResponse faults(const HttpRequest& request);
  HttpResponse fault(const HttpRequest& request);
  HttpResponse reset();
  HttpResponse restart(const HttpRequest& request);
  void message(const HttpRequest& request, const smsc::HttpServer::Reply& reply);
  void inbox(const HttpRequest& request, const smsc::HttpServer::Reply& reply);
  void answer_or_wait(const HttpRequest& request, Look look, const smsc::HttpServer::Reply& reply);

  World& world_;
  Front& front_;
  std::list<Waiter> waiters_;
};

}  // namespace msggw::m5s
