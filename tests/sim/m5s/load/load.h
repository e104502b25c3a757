// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <variant>

#include "tests/sim/m5s/api.h"
#include "tests/sim/m5s/load/book.h"
#include "tests/sim/m5s/load/pipe.h"
#include "tests/sim/traffic/sender.h"

namespace msggw::m5s {

struct LoadOptions {
  std::string ledger{};            ///< file; empty: none
  traffic::Plan plan{};            ///< that begins at once, if it has a count
  std::uint32_t refuse_every = 0;  ///< of the AS's reports, each so-manieth says that it failed
  bool phones = false;             ///< the devices are behind msgg-l3gdelivery
  Span again{50};                  ///< after no answer, or one that means "later"
  Span answer_within{2'000};
};

/// A MSGin5G Server and its Application Server in one, for one gateway: registers its devices,
/// takes what they send and reports it, sends them messages and counts what is reported. It keeps
/// nothing in between: what it says is the AS's own word. One thread, that of `io`.
class Load {
 public:
  Load(boost::asio::io_context& io, const Options& options, const LoadOptions& load);
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  void handle(Request request, const Reply& reply);

 private:
  using Sending = traffic::Sender::Next;
  using Instant = traffic::Instant;
  /// A request under way, or to be made again.
  using Post = std::variant<Sending, Owed>;
  static constexpr std::size_t kMostReports = 256;  ///< under way

  Response take_message(const Request& request);
  Response take_report(const Request& request);
  Response acknowledge(std::string_view device, std::string_view message_id) const;
  void learn(const Asked& asked);
  void learn(const std::string& id);
  void go_on();
  void send(const Sending& what);
  void report(Owed what);
  void answered(std::uint64_t tag, unsigned status);
  void again();
  void plan_again(Instant in);
  std::string_view status_of(const Owed& what) const;
  void read_commands();
  void obey(const boost::json::object& command);
  void count(std::string what) { ++counts_[std::move(what)]; }
  boost::json::object show_counts() const;
  void plan_next();

  boost::asio::io_context& io_;
  LoadOptions options_;
  World world_;
  Api api_;
  Book book_;
  Pipe pipe_;
  traffic::Sender sender_;
  traffic::Arrivals messages_;
  traffic::Arrivals reports_;
  std::map<std::string, std::uint64_t> counts_;
  boost::unordered_flat_map<std::uint64_t, Post> under_way_;
  std::uint64_t last_tag_ = 0;
  std::deque<Owed> owed_;
  std::size_t reporting_ = 0;
  std::deque<std::pair<Instant, Post>> again_;  ///< when, by the clock of traffic
  boost::asio::steady_timer again_timer_;
  boost::asio::steady_timer next_timer_;
  bool is_planned_ = false;
  std::string id_;    ///< scratch
  std::string body_;  ///< scratch
  traffic::Commands commands_;
  boost::asio::posix::stream_descriptor input_;
};

}  // namespace msggw::m5s
