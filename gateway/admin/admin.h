// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/wire/http/server.h"
#include "gateway/admin/api.h"
#include "gateway/admin/guard.h"
#include "gateway/admin/status.h"
#include "gateway/base/context.h"

namespace msggw::admin {

/// One thing that the gateway needs, and how it is. A part that is `required` makes the gateway not
/// ready while it is not well: without a store nothing can be promised, while a Provisioning
/// Function that is away only delays.
struct Part {
  std::string name;
  bool well = true;
  bool required = false;
  bool asked = true;  ///< false: it is taken to be well, and nothing has shown it yet
};

/// Who may use the API.
struct ApiAccess {
  std::vector<base::Host> hosts;  ///< by which it may be reached, beside numbers and localhost
  std::string token;
};

/// What came of reading the configuration again, or would come of it.
struct ReloadAnswer {
  bool is_good = false;  ///< false: it is wrong, and nothing has changed
  std::string json;
};
/// How that is done.
struct Reloading {
  std::function<ReloadAnswer()> reload;
  std::function<ReloadAnswer()> preview;  ///< changes nothing
  /// Why the last one was refused; empty: it was not.
  std::function<std::string()> refusal{};
};

/// Where the operator's listener is, and what the configuration calls that (http::ServerOptions).
struct Place {
  boost::asio::ip::address address;
  std::uint16_t port = 0;
  std::string section = "admin";
  std::string port_option = "port";
  bool listens = true;
};

/// The operator's listener: `/metrics` (Prometheus text), `/healthz` (200 while the loop turns) and
/// `/readyz` (200 or 503 with a line of JSON about each part) for everybody, they show and change
/// nothing; and, once opened, the API below `/api` for who has the token. Listens on loopback by
/// default. Loop thread only.
class Admin {
 public:
  using Look = std::function<std::vector<Part>()>;

  /// Throws base::CannotListen.
  Admin(const base::Context& context, const Place& place, Look look);

  /// What is given must outlive this object.
  void open_api(const ApiAccess& access, const ApiDoors& doors, std::function<Status()> status);

  /// Who may use what follows, if there is no API.
  void open_to(const ApiAccess& access);
  /// POST /api/v1/reload, and GET for what that would do, for who may use the API.
  void open_reload(Reloading reloading) { reloading_ = std::move(reloading); }
  /// What GET /api/v1/status answers where there is no API.
  void open_status(std::function<std::string()> json) { status_ = std::move(json); }
  /// By which the API may be reached from now on (ApiAccess).
  void set_hosts(std::vector<base::Host> hosts);

  std::uint16_t port() const noexcept { return server_.port(); }  ///< 0: it does not listen
  // Another place, as http::Server has it.
  http::Place prepare(const Place& place) const;
  void take(http::Place place) { server_.take(std::move(place)); }
  /// Once a turn, before the service offers the changes of the turn to the writer.
  void end_turn(base::TimePoint now);

 private:
  void receive(const http::Request& request, const http::Responder& responder);
  http::Response reload(const http::Request& request) const;
  http::Response status(const http::Request& request) const;
  http::Response answer(const http::Request& request) const;
  http::Response ready() const;

  base::Context context_;
  Look look_;
  std::optional<Guard> guard_;
  std::optional<Api> api_;  // needs the guard, and so do reloading_ and status_
  Reloading reloading_;
  std::function<std::string()> status_;
  boost::asio::steady_timer timer_;
  base::TimePoint timer_at_{base::TimePoint::max()};
  http::Server server_;  // last: it may call from its construction on
};

}  // namespace msggw::admin
