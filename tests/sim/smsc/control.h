// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <list>
#include <string>

#include "tests/sim/smsc/centre.h"
#include "tests/sim/smsc/http.h"
#include "tests/sim/smsc/server.h"

namespace msggw::smsc {

/// The tester's HTTP interface below /smsc/v1 (docs/test-smsc.md). One thread, that of the server.
class Control {
 public:
  static constexpr std::int64_t kMostWait = 300;  ///< seconds that a long poll may take

  Control(Centre& centre, Server& server);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  void handle(HttpRequest request, HttpServer::Reply reply);
  /// Answers the long polls whose time is up; to be called several times a second.
  void check_times();

 private:
  /// A GET /phones/NUMBER that waits for a message.
  struct Waiter {
    std::string number;
    std::uint64_t after;
    Instant until;
    HttpServer::Reply reply;
  };

  HttpResponse route(const HttpRequest& request);
  HttpResponse messages(const HttpRequest& request);
  HttpResponse show_message(const std::string& id) const;
  HttpResponse journal(const HttpRequest& request) const;
  HttpResponse options(const HttpRequest& request);
  HttpResponse links() const;
  HttpResponse cut(const HttpRequest& request);
  HttpResponse garbage(const HttpRequest& request);
  HttpResponse campaigns(const HttpRequest& request);
  HttpResponse show_campaign(const std::string& id) const;
  void phones(const HttpRequest& request, const HttpServer::Reply& reply);
  void arrived(std::string_view number);

  Centre& centre_;
  Server& server_;
  std::list<Waiter> waiters_;
};

}  // namespace msggw::smsc
