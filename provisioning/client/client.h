// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/peers/peers.h"
#include "adapters/wire/peers/rate_limit.h"
#include "gateway/base/context.h"
#include "gateway/base/log.h"
#include "gateway/core/journey.h"
#include "provisioning/client/address.h"
#include "provisioning/client/binding.h"
#include "provisioning/client/client_metrics.h"
#include "provisioning/client/options.h"
#include "provisioning/client/verdict.h"
#include "provisioning/protocol/address.h"

namespace msggw::client {

/// Obtains Service IDs from the Provisioning Function on behalf of devices (the
/// contribution 6.X.1.4). The durable queue is the device table; this holds the few asks in hand.
/// Each ask ends in exactly one of the events, or stays in hand while no address of the
/// Provisioning Function answers: an outage is nobody's fault, so it costs no device a back-off,
/// and all are served as soon as one probe gets through.
///
/// The first address that answers serves; one before it that does not is probed now and then, and
/// serves again as soon as it can. One ask alone goes at once; while others are under way asks
/// gather for some milliseconds, and with `bulk_in_flight` under way until one ends; they go
/// together, where the address takes bulk requests.
///
/// Loop thread only; events come from handlers of the loop, never from inside ask().
class Client {
 public:
  struct Events {
    std::function<void(core::DeviceNo, core::Provisioned)> provisioned;
    std::function<void(core::DeviceNo)> released;
    /// The cause ANSWER_USELESS is the client's own, of a release alone.
    std::function<void(core::DeviceNo, std::string cause, std::string detail)> refused;
    /// To be asked again after a back-off of at least `retry_after`. `why` is for people; empty:
    /// the ask was withdrawn.
    std::function<void(core::DeviceNo, base::Duration retry_after, std::string_view why)> failed;
  };

  /// `roots` are the API roots to ask, in order of preference; at least one. Throws
  /// std::runtime_error if a certificate or key of the options cannot be used.
  Client(const base::Context& context, const Options& options, std::vector<base::Uri> roots,
         Events events);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// How many asks may be handed over now.
  std::size_t room() const noexcept;
  /// Requires room() > 0 and that the device is not in hand.
  void ask(const core::ProvisioningAsk& ask);
  /// The asks for these devices, all in hand, are wanted no more: those that wait end as failed,
  /// within this call; those under way are not made again, whatever comes of them.
  void withdraw(std::span<const core::DeviceNo> devices);
  /// Sends what may be sent now; once at the end of a turn.
  void end_turn(base::TimePoint now);

  /// Other options and roots from now on, all but `encoding`; certificates and keys are read again.
  /// Connections stay unless what they are made with, or whereto, is other; what is under way then
  /// ends where it went, what waits goes to the new roots. False, and everything stays as it is, if
  /// files cannot be used. Logs what it did.
  bool reconfigure(const Options& options, std::vector<base::Uri> roots);

  /// Whether some address answered last time it was asked (true before the first request).
  bool available() const noexcept { return addresses_.available(); }
  /// The same of each address, in the order of the roots.
  std::vector<bool> answering() const { return addresses_.answering(); }
  /// When each last answered; none: not yet.
  std::vector<std::optional<base::TimePoint>> last_answers() const {
    return addresses_.last_answers();
  }
  /// Why each does not answer, or what its last answer was of no use for; empty: neither.
  std::vector<std::string> reasons() const { return addresses_.reasons(); }

 private:
  struct Job {
    core::DeviceNo device;
    Call call;
    unsigned tries = 0;  ///< requests of its own without an answer
    /// Of a bulk that it may be in; less after a bulk that came to nothing.
    std::size_t most_company;
    std::string private_id;
    std::string body{};  ///< none of a release
  };
  using Jobs = std::vector<Job>;
  /// A request under way.
  struct Exchange {
    Address& address;
    std::uint64_t number;
    base::TimePoint sent;
    unsigned generation;  ///< of the connections
    bool probe;
  };

  // client.cc
  std::size_t send_all(base::TimePoint now);
  Address* pick(base::TimePoint now);
  std::size_t batch_for(const Address& address, base::TimePoint now);
  Exchange begin(Address& address, base::TimePoint now, std::size_t asks);
  base::TimePoint end(const Exchange& exchange);
  void send(Job job, Address& address, base::TimePoint now);
  void done(Job job, const Exchange& exchange, base::Result<Reply> reply);
  Unavailable strayed(const Exchange& exchange, base::TimePoint now);
  bool renew_connections();
  void settle(const Job& job, Verdict verdict, base::TimePoint now);
  void answered(const Exchange& exchange);
  void failed(const Exchange& exchange, const Unavailable& why, base::TimePoint now);
  void show(const Address& address);
  void unanswered(Job job, const Exchange& exchange, std::string_view why);
  bool end_withdrawn(const Job& job);
  void wake_at(base::TimePoint when);
  void add_addresses();
  void hold_back(std::size_t asks, base::TimePoint now);

  // bulk.cc
  Jobs take(std::size_t most);
  void put_back(Jobs jobs);
  void send_bulk(Jobs jobs, Address& address, base::TimePoint now);
  void bulk_done(Jobs jobs, const Exchange& exchange, base::Result<Reply> reply);
  void judge_items(Jobs jobs, const Exchange& exchange,
                   std::vector<protocol::DecodedBulkItem> items, base::TimePoint now);
  void bulk_useless(Jobs jobs, const Exchange& exchange, std::string_view reason,
                    base::TimePoint now);
  void count_silent_bulk(const Exchange& exchange, base::TimePoint now);
  void no_bulk(Address& address, std::string_view reason, base::TimePoint now);

  /// An ask whose request got no answer this often while others did is handed back: it may be its
  /// own fault.
  static constexpr unsigned kMostTries = 3;

  base::Context context_;
  Options options_;
  std::vector<base::Uri> roots_;
  Events events_;
  ClientMetrics metrics_;
  peers::Peers<Address> addresses_;
  std::deque<Job> queue_;
  std::size_t in_hand_ = 0;
  boost::unordered_flat_set<core::DeviceNo> withdrawn_;  ///< and under way
  std::uint64_t last_exchange_ = 0;
  unsigned generation_ = 0;  ///< of bindings_
  unsigned list_ = 0;        ///< the number of addresses_, which may be others
  peers::RateLimit rate_;
  base::TimePoint held_since_{};  ///< the epoch: not held back
  base::log::Limit log_limit_;
  boost::asio::steady_timer timer_;
  base::TimePoint timer_at_{base::TimePoint::max()};
  std::vector<std::string_view> bodies_;  ///< scratch of send_bulk()
  std::string files_;                     ///< the digest of those that `bindings_` are made with
  std::unique_ptr<Bindings> bindings_;
  std::vector<std::unique_ptr<Bindings>> draining_;  ///< until what is under way has ended
  std::vector<peers::Peers<Address>> left_;  ///< addresses that it may still be under way to
};

}  // namespace msggw::client
