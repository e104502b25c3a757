// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/wire/http/server.h"
#include "gateway/base/metrics.h"
#include "provisioning/client/client.h"

/// What the tests of this room ask: a Provisioning Function over HTTP that does what it is told to.
namespace msggw::client::test {

/// Answers by the Private ID: "s-<private id>" as Service ID. Runs on the loop of the client.
class ScriptedFunction {
 public:
  struct Request {
    bool bulk = false;
    bool release = false;
    std::vector<std::string> private_ids;
    bool has(std::string_view id) const;
  };
  /// What to do with a request other than to answer it well; none: answer it well. `silence`: no
  /// answer at all.
  struct Fault {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    bool silence = false;
    bool hold = false;   ///< answered well by release()
    bool twice = false;  ///< answered well, and once more
  };
  using Script = std::function<std::optional<Fault>(const Request&)>;
  /// The status of one item of a bulk request, and its problem; none: answered well.
  using ItemScript = std::function<std::optional<unsigned>(const std::string& private_id)>;

  explicit ScriptedFunction(boost::asio::io_context& io, std::uint16_t port = 0,
                            std::optional<http::ServerTls> tls = {});

  base::Uri root() const;
  std::uint16_t port() const noexcept { return server_->port(); }
  void release();
  std::size_t asked() const;  ///< Private IDs in all requests
  std::size_t bulks() const;
  bool has_connections(unsigned count) const;  ///< that are open

  Script script = [](const Request&) { return std::nullopt; };
  ItemScript item_script = [](const std::string&) { return std::nullopt; };
  std::vector<Request> requests;

 private:
  void handle(const http::Request& request, const http::Responder& responder);
  http::Response good_answer(const Request& request) const;

  base::Clock clock_;
  base::metrics::Registry metrics_;
  bool tls_ = false;
  std::vector<std::pair<Request, http::Responder>> held_;
  std::optional<http::Server> server_;
};

using Fault = ScriptedFunction::Fault;
using Request = ScriptedFunction::Request;

/// An address that is away is asked again at once.
inline Options hasty() {
  Options options;
  options.probe_first = options.probe_most = std::chrono::milliseconds(20);
  return options;
}
/// `options` without bulk requests.
inline Options one_by_one(Options options = {}) {
  options.bulk_most = 1;
  return options;
}

/// A client with its loop, and what came of each ask.
class World {
 public:
  void start(Options options, std::vector<base::Uri> roots);
  void ask(const std::string& private_id, core::AskKind kind = core::AskKind::provision);
  /// Asks for `count` new Private IDs: prefix0, prefix1, ...
  void ask_many(std::size_t count, const std::string& prefix = "d");
  /// Turns of the loop until `condition`; false after a long time.
  bool until(const std::function<bool()>& condition);
  /// As the core does with what came to nothing, in tests whose time-outs a slow machine may meet.
  void ask_failed_again(const std::string& except = {});
  /// Turns until every ask has ended.
  bool until_done() {
    return until([this] { return ended() == ids_.size(); });
  }
  /// Turns as if `ahead` later, while the loop has something to do.
  void turns(base::Duration ahead, int count = 20);
  std::size_t ended() const {
    return provisioned.size() + released.size() + refused.size() + failed.size();
  }

  boost::asio::io_context io{1};
  base::Clock clock;
  base::metrics::Registry metrics;
  std::optional<Client> client;
  std::map<std::string, std::string> provisioned;  ///< Private ID -> Service ID
  std::vector<std::string> released;
  std::map<std::string, std::string> refused;    ///< -> cause
  std::map<std::string, base::Duration> failed;  ///< -> retry_after
  std::string why_failed;                        ///< of the last of these

 private:
  std::vector<std::string> ids_;
};

}  // namespace msggw::client::test
