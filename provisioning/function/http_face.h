// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "adapters/wire/http/server.h"
#include "provisioning/function/desk.h"
#include "provisioning/function/parking.h"
#include "provisioning/function/trial.h"

namespace msggw::function {

/// The Provisioning Function over HTTP (docs/provisioning-openapi.yaml): puts requests to the desk
/// and its replies into HTTP. An answer that promises what is not durable yet is parked until the
/// commit. Loop thread only.
class HttpFace {
 public:
  /// Both must outlive this object. Above `max_parked_octets` of answers that await a commit, and
  /// above the share of a source in kMostBegun bulk requests that take more than a turn, the answer
  /// is 503.
  HttpFace(boost::asio::io_context& io, Desk& desk, std::size_t max_parked_octets)
      : io_(io), desk_(desk), max_parked_octets_(max_parked_octets) {}

  /// From now on a tester decides what goes wrong; must outlive this object.
  void watch(Trials& trials) noexcept { trials_ = &trials; }

  /// `channel` is http or https.
  void handle(base::Scheme channel, const http::Request& request, const http::Responder& responder);

  /// Gives the answers that waited for this commit.
  void committed(CommitNo no);

  /// http::ReadsBody of a listener.
  bool reads_body(base::Scheme channel, const http::Request& request, std::uint64_t octets) const;

  void limit_to(std::size_t max_parked_octets) noexcept { max_parked_octets_ = max_parked_octets; }
  /// Forgets what waits: the listeners are closed.
  void drop_parked() noexcept;

 private:
  using To = Watched<http::Responder>;

  /// A bulk request that takes more than a turn, and who asked.
  struct Begun {
    http::Responder to;
    std::unique_ptr<Desk::Bulk> bulk;
    std::vector<std::string> client_names;
    std::string authorization;
    base::Source source;
  };

  /// So that a gateway, which has 32 in hand (`client::Options::max_in_flight`), finds room beside
  /// one source that takes what it can.
  static constexpr std::size_t kMostBegun = 128;

  Call call_of(base::Scheme channel, const http::Request& request) const;
  void answer(const http::Responder& to, Answer&& answer);
  void go_on_later();
  void go_on();
  void try_out(const Call& call, const http::Responder& responder);
  void give(To& to, Reply&& reply);
  void give_spoilt(To& to, Reply&& reply);

  boost::asio::io_context& io_;
  Desk& desk_;
  std::size_t max_parked_octets_;
  std::deque<Begun> begun_;
  base::RoomBySource room_{kMostBegun};
  bool going_on_ = false;
  /// A post that comes too late finds it gone.
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  Trials* trials_ = nullptr;
  Parking<To> parking_;
};

}  // namespace msggw::function
